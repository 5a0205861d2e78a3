"""Disposal holds (gallringsstopp)."""
