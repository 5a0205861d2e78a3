"""Fixtures that several suites share."""

from __future__ import annotations

from flask import Flask
from hypothesis import settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from tests.databases import each_database
from tests.postgres import postgres
from tests.servers.seaweed import weed, weed_bucket
from tests.tsa import authority


class _Compiled(BytecodeCache):
    """Templates as they were compiled, over all the applications that a process of tests makes."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


settings.register_profile("any machine", deadline=None)  # a busy one is no fault of the code's
settings.load_profile("any machine")

Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}

__all__ = ["authority", "each_database", "postgres", "weed", "weed_bucket"]
