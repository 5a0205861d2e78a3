"""Fixtures that several suites share."""

from __future__ import annotations

from tests.databases import each_database
from tests.postgres import postgres

__all__ = ["each_database", "postgres"]
