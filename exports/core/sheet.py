"""A table for spreadsheets: comma-separated values that nobody's program takes for a formula. Pure.

RFC 4180: commas, quotes doubled, lines ended by CR LF, a header first; UTF-8. A cell that a
spreadsheet would take for a formula begins with an apostrophe (what others wrote must run nowhere).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: str) -> str:
    """The cell with an apostrophe before what could be a formula."""
    begins = cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if begins else cell


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The table's bytes. ValueError if a row has not a cell for each column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        if len(row) != len(header):
            raise ValueError("a row has not a cell for each column")
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue().encode("utf-8")
