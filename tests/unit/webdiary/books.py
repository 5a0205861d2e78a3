"""A web diarium's file for tests: two authorities in Testköping, more entries than a page has."""

from __future__ import annotations

from pathlib import Path

from archiver.webdiary.database import Book, Office, Position, Row, write

KS, BUN = 3, 4
MANY = 120


def book(entries: int = MANY) -> Book:
    """Entries 1 … n; every tenth shows only that it exists, every fifth is of BUN."""
    offices = tuple(
        Office(
            id=number,
            code=code,
            name=name,
            decision=f"{code} 2026/1, 2026-11-01, {name}",
            days=365,
            fields="case,day,direction,number,record_class,title",
            contact=f"registrator.{code.lower()}@testkoping.example",
            description="Om handlingarna.\n\nFråga registratorn.",
            description_en="About the documents." if code == "KS" else "",
        )
        for number, code, name in (
            (KS, "KS", "Kommunstyrelsen"),
            (BUN, "BUN", "Barn- och utbildningsnämnden"),
        )
    )
    rows = tuple(_row(number) for number in range(1, entries + 1))
    return Book(
        position=Position(origin="diarkiv/test/1", size=1, day="2026-11-22"),
        offices=offices,
        rows=rows,
    )


def _row(number: int) -> Row:
    bare = number % 10 == 0
    code = "BUN" if number % 5 == 0 else "KS"
    day = f"2026-{1 + number // 20:02}-{1 + number % 20:02}"
    return Row(
        id=number,
        office=BUN if code == "BUN" else KS,
        number=f"{code} 2026/{number}",
        day=day,
        direction="" if bare else "received",
        title="" if bare else f"Synpunkt på <ÅTERVINNING> {number}",
        case_number="" if bare else "KS 2026/500",
        record_class="" if bare else ("Fråga" if number % 2 else "Synpunkt"),
        bare=int(bare),
    )


def make(path: Path, entries: int = MANY) -> Path:
    """The file."""
    write(path, book(entries))
    return path
