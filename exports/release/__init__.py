"""Releases: what is given out on a request, and how whoever gets it can check it."""
