"""A spreadsheet (xlsx) as rows of text, and rows as a spreadsheet.

What comes in is a stranger's file: how large it becomes is looked at before anything is unpacked,
formulas are told and never evaluated, and what the reader trips over is one problem. What goes out
holds text only: a cell that a spreadsheet would take for a formula begins with an apostrophe, in
CSV too, and loses it when it is read. Pure: bytes in, rows out, and the other way round.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font

from archiver.registry.core.phrase import Refused
from retention.core.plan_phrase import problem

MOST_UNPACKED = 25_000_000
_MOST_ELSE = 2_000_000  # of a part that is neither a sheet nor its texts
MOST_ROWS = 2_000
_LAST_ROW = 20_000  # the reader makes every row up to the number that one claims to have
_MOST_PARTS = 500
_MOST_COLUMNS = 64
_MOST_CELLS = _LAST_ROW * _MOST_COLUMNS
_FORMULA = "=+-@"
_LARGE = re.compile(rb"<(?:\w+:)?(?:worksheet|sst)[\s>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell[\s/>]")
FORMULA = "=formula"  # stands in a cell for one whose text is not to be looked at

Cells = list[tuple[int, list[str]]]


def is_formula(value: str) -> bool:
    """Whether a spreadsheet would evaluate a cell's text."""
    return len(value) > 1 and value[0] in _FORMULA


def guarded(value: str) -> str:
    """A text as no spreadsheet evaluates it."""
    return f"'{value}" if value[:1] in (*_FORMULA, "'") and value else value


def unguarded(value: str) -> str:
    """The text that `guarded` was given."""
    return value[1:] if len(value) > 1 and value[0] == "'" and value[1] in f"{_FORMULA}'" else value


def read_sheet(data: bytes) -> Cells | Refused:
    """The rows of a workbook's first sheet that hold anything, with their numbers."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            sizes = [part.file_size for part in parts.infolist()]
            names = set(parts.namelist())
            is_odd = any(_is_odd(parts, part) for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError):
        return Refused((problem(0, "sheet_broken"),))
    if "content.xml" in names:
        return Refused((problem(0, "plan_ods"),))
    if sum(sizes) > MOST_UNPACKED or len(sizes) > _MOST_PARTS or is_odd:
        most = _MOST_ELSE if is_odd else MOST_UNPACKED
        return Refused((problem(0, "sheet_bomb", limit=most // 1_000_000),))
    try:
        return _rows(data)
    # The reader raises what it happens to trip over; whatever that is, the file cannot be read.
    except Exception:  # noqa: BLE001
        return Refused((problem(0, "sheet_broken"),))


def _is_odd(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part is larger than what is no sheet and no list of texts ever is."""
    if not _MOST_ELSE < part.file_size <= MOST_UNPACKED:
        return False
    with parts.open(part) as opened:
        return not _LARGE.search(opened.read(1_000))


def _flaw(sheet: object, data: bytes) -> str:
    """The code of what is wrong with a sheet before its rows are made; "" if nothing is. Of merged
    cells all but the first would read as empty, and an empty scope is a wide one."""
    with (
        zipfile.ZipFile(io.BytesIO(data)) as parts,
        parts.open(sheet._worksheet_path) as opened,  # type: ignore[attr-defined]
    ):
        text = opened.read()
    if sum(1 for _ in islice(_CELL.finditer(text), _MOST_CELLS + 1)) > _MOST_CELLS:
        return "sheet_far"
    return "sheet_merged" if _MERGED.search(text) else ""


def _rows(data: bytes) -> Cells | Refused:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    sheet = book.worksheets[0]
    if code := _flaw(sheet, data):
        return Refused((problem(0, code, limit=_LAST_ROW),))
    sheet.reset_dimensions()
    found: Cells = []
    for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
        if number > _LAST_ROW:
            return Refused((problem(0, "sheet_far", limit=_LAST_ROW),))
        cells = [_text(cell.value, cell.data_type) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(found) > MOST_ROWS:
            return Refused((problem(number, "too_many_rules", limit=MOST_ROWS),))
        found.append((number, cells))
    width = len(found[0][1]) if found else 0
    return [(number, cells + [""] * (width - len(cells))) for number, cells in found]


def _text(value: object, kind: str) -> str:
    match value:
        case None:
            return ""
        case _ if kind in {"f", "e"}:
            return FORMULA
        case bool():
            return "ja" if value else "nej"
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()


def write_sheet(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of one sheet, with the headings above the rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Plan"
    for number, cells in enumerate((headings, *rows), start=1):
        for place, value in enumerate(cells, start=1):
            cell = sheet.cell(number, place)
            if value:
                cell.value = guarded(value)
                cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == 1)
    for place, name in enumerate(headings, start=1):
        letters = sheet.cell(1, place).column_letter
        sheet.column_dimensions[letters].width = max(12, min(40, 2 * len(name)))
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
