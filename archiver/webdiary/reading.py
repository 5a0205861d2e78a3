"""What the web diarium's pages ask of its database. Every value from outside is a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archiver.webdiary.database import Office, Row, opened

AT_ONCE = 50
FURTHEST = 2_000  # pages that are turned to; whoever wants more narrows the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a list is narrowed: empty and 0 do not. `since` and `until` are days, YYYY-MM-DD; `words`
    must each stand in the title, in either case; `page` begins with 1."""

    office: str = ""
    number: str = ""
    since: str = ""
    until: str = ""
    record_class: str = ""
    words: tuple[str, ...] = ()
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a list, and how many there are in all."""

    rows: tuple[Row, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // AT_ONCE))


class Diary:
    """The file, read anew for each question: it is swapped, never changed. `sqlite3.Error` where
    there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def offices(self) -> list[Office]:
        """The authorities that publish."""
        with opened(self._path) as connection:
            return [
                Office(**one) for one in connection.execute('SELECT * FROM "office" ORDER BY "id"')
            ]

    def record_classes(self) -> list[str]:
        """Those that occur."""
        query = 'SELECT DISTINCT "record_class" FROM "row" WHERE "record_class" <> \'\' ORDER BY 1'
        with opened(self._path) as connection:
            return [one[0] for one in connection.execute(query)]

    def entry(self, number: int) -> Row | None:
        """One entry."""
        with opened(self._path) as connection:
            query = 'SELECT * FROM "row" WHERE "id" = ?'
            found = connection.execute(query, (number,)).fetchone()
        return Row(**found) if found else None

    def entries(self, asked: Asked) -> Listing:
        """Entries, newest day first."""
        tests, values = _tests(asked)
        where = " AND ".join(tests) or "1"
        with opened(self._path) as connection:
            connection.create_function("folded", 1, _folded, deterministic=True)
            count = f'SELECT count(*) FROM "row" WHERE {where}'  # noqa: S608 our own tests
            total: int = connection.execute(count, values).fetchone()[0]
            page = max(1, min(asked.page, -(-total // AT_ONCE), FURTHEST))
            query = (
                f'SELECT * FROM "row" WHERE {where} '  # noqa: S608 our own tests
                f'ORDER BY "day" DESC, "id" DESC LIMIT {AT_ONCE} OFFSET ?'
            )
            found = connection.execute(query, [*values, (page - 1) * AT_ONCE]).fetchall()
        return Listing(rows=tuple(Row(**one) for one in found), total=total, page=page)


def _tests(asked: Asked) -> tuple[list[str], list[str]]:
    given: Sequence[tuple[str, str]] = [
        ('"office" IN (SELECT "id" FROM "office" WHERE "code" = ?)', asked.office),
        ('instr(folded("number"), folded(?))', asked.number),
        ('"day" >= ?', asked.since),
        ('"day" <> \'\' AND "day" <= ?', asked.until),
        ('"record_class" = ?', asked.record_class),
        *(('instr(folded("title"), folded(?))', word) for word in asked.words),
    ]
    there = [(test, value) for test, value in given if value]
    return [test for test, _ in there], [value for _, value in there]


def _folded(text: str) -> str:
    return text.casefold()
