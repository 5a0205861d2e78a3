"""Recognisers: one file for each kind of personal data, found by folder."""
