"""Reads of what was captured by hand: how each version came, and what was said of its files."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver.db import tables as t


class ManualRow(NamedTuple):
    """A capture or a correction; `at` in milliseconds UTC. Its words are in the event's frame."""

    seq: int
    version: int
    at: int
    way: str
    actor: int


def manual_captures(connection: Connection, record: int) -> list[ManualRow]:
    """How a record and its corrections were captured by hand, in order; none of a harvested one."""
    c = t.manual_capture.c
    query = select(c.seq, c.version, c.at, c.way, c.actor).where(c.record == record)
    return [ManualRow._make(row) for row in connection.execute(query.order_by(c.seq))]


class ScanRow(NamedTuple):
    """The newest look at a file; `at` in milliseconds UTC."""

    seq: int
    version: int
    number: int
    at: int
    verdict: str


def newest_scans(
    connection: Connection, versions: Collection[int]
) -> dict[tuple[int, int], ScanRow]:
    """(version, number) → the newest look at that file; a file that was never looked at, nor said
    not to have been, is left out: it was harvested."""
    c = t.file_scan.c
    query = select(c.seq, c.version, c.number, c.at, c.verdict).where(c.version.in_(versions))
    rows = (ScanRow._make(row) for row in connection.execute(query.order_by(c.seq)))
    return {(row.version, row.number): row for row in rows}


def captured_files(connection: Connection, versions: Collection[int]) -> set[tuple[int, int]]:
    """(version, number) of files that were captured by hand."""
    c = t.captured_file.c
    query = select(c.version, c.number).where(c.version.in_(versions))
    return {(row.version, row.number) for row in connection.execute(query)}
