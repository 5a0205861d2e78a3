"""Coverage lines that were not complete, joined into gaps: a plain reading of the tables. Pure.

Lines of one list until it was next seen completely are one gap; it begins when the list was last
seen completely before.
"""

from __future__ import annotations

from collections.abc import Iterable

from archiver.channels.desk import Gap
from archiver.web.rows import CoverageRow


def joined(channel: int, lines: Iterable[tuple[CoverageRow, int | None]]) -> list[Gap]:
    """The gaps that the lines make up, newest first; each line comes with when the list was next
    seen completely, None if it was not yet."""
    groups: dict[tuple[str, int | None], list[CoverageRow]] = {}
    for line, closed in lines:
        groups.setdefault((line.collection, closed), []).append(line)
    found = [
        Gap(
            channel=channel,
            collection=collection,
            since=_since(rows),
            until=closed,
            reasons=tuple(dict.fromkeys(row.reason for row in rows if row.reason)),
        )
        for (collection, closed), rows in groups.items()
    ]
    return sorted(found, key=lambda g: (g.until is None, g.until or 0, g.since or 0), reverse=True)


def _since(rows: Iterable[CoverageRow]) -> int | None:
    began = [row.since for row in rows]
    known = [at for at in began if at is not None]
    return min(known) if len(known) == len(began) else None
