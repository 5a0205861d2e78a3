"""Requests for public records, refusals, appeals and fees: pure rules."""
