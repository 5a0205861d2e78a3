"""Diarkiv: records management and compliance archive for public bodies' social media."""

__version__ = "0.1.0"
