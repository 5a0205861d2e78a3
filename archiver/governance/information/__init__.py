"""Texts of information: what a channel shows of them, and what they must say as data."""
