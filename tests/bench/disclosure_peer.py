"""One peer of B9 in a process of its own: `disclosure_peer.py WHO RECORDS`, prints JSON.

It sets the records once to be warm, on a few of them, and then all of them on the clock.
"""

from __future__ import annotations

import io
import json
import sys
import time
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

_FIELDS = (
    ("Avsändare", "author_name"),
    ("Skapad enligt plattformen", "created_at"),
    ("Fångad av myndigheten", "captured_at"),
    ("Adress", "url"),
)


def said(record: dict[str, Any], name: str) -> str:
    value = record[name]
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    return str(value)


def weasyprint(records: list[dict[str, Any]]) -> bytes:
    from weasyprint import HTML

    parts = [
        "<html lang=sv><head><title>Utlämnande</title><style>@page{size:A4;margin:2.5cm}"
        "body{font:10pt 'Noto Sans',sans-serif}dt{float:left;width:4.5cm}dd{margin-left:4.7cm}"
        "</style></head><body><h1>Utlämnande av allmän handling</h1>"
    ]
    for number, record in enumerate(records, 1):
        rows = "".join(
            f"<dt>{label}</dt><dd>{escape(said(record, name))}</dd>" for label, name in _FIELDS
        )
        parts.append(f"<h2>Handling {number}</h2><dl>{rows}</dl><p>{escape(record['text'])}</p>")
    return HTML(string="".join(parts)).write_pdf(pdf_variant="pdf/ua-1")


def fpdf2(records: list[dict[str, Any]]) -> bytes:
    from fpdf import FPDF

    pdf = FPDF()
    folder = Path(str(files("manimgx_fonts")))
    font = next(folder.rglob("NotoSans-Regular.ttf"), None) or next(folder.rglob("NotoSans*.ttf"))
    pdf.add_font("Noto", fname=str(font))
    pdf.set_margin(25)
    pdf.add_page()
    pdf.set_font("Noto", size=17)
    pdf.multi_cell(0, 10, "Utlämnande av allmän handling", new_x="LMARGIN", new_y="NEXT")
    for number, record in enumerate(records, 1):
        pdf.set_font("Noto", size=12)
        pdf.multi_cell(0, 9, f"Handling {number}", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Noto", size=10)
        for label, name in _FIELDS:
            pdf.multi_cell(0, 5.5, f"{label}: {said(record, name)}", new_x="LMARGIN", new_y="NEXT")
        pdf.multi_cell(0, 5.5, str(record["text"]), new_x="LMARGIN", new_y="NEXT")
        pdf.ln(5)
    return bytes(pdf.output())


def main() -> None:
    who, path = sys.argv[1:]
    records = json.loads(Path(path).read_text("utf-8"))
    make = {"weasyprint": weasyprint, "fpdf2": fpdf2}[who]
    make(records[:5])
    used, wall = time.process_time(), time.perf_counter()
    made = make(records)
    used, wall = time.process_time() - used, time.perf_counter() - wall
    from pypdf import PdfReader

    pages = len(PdfReader(io.BytesIO(made)).pages)
    print(json.dumps({"cpu": used, "wall": wall, "pages": pages}))


if __name__ == "__main__":
    main()
