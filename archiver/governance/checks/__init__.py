"""Automatic checks, a module each: facts from the archive, judged by a pure function."""
