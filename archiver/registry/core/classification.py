"""Classification schemes (klassificeringsstrukturer) and record classes (handlingstyper), from CSV.

A scheme is the authority's own (KLASSA and its many local variants): no code is built in, and none
is assumed for social media. It is imported by version, and stays valid for what was classified
under it: the class of a record is looked up by date. Record classes are mapped to codes by each
authority for itself (arkivlagen 6 §: the archive is described and kept in order).

Invariants of a scheme that was read: codes are unique within it; every parent exists; no class is
its own ancestor; no class is valid when its parent is not. Of record classes: each code exists and
is valid as long as the record class is; the same record class never has two codes on one day. A
file with one broken row gives nothing but its problems. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from archiver.registry.core.phrase import Problem, Refused, phrase
from archiver.registry.core.table_file import (
    ALWAYS,
    VALID_FROM,
    VALID_TO,
    Column,
    Row,
    Validity,
    in_row_order,
    read_table,
    validity_of,
)

_CODE = re.compile(r"[^\W_]+(?:[ ]?[.\-/][ ]?[^\W_]+)*")
_SHOWN = 8  # codes of a circle that a problem names
_PART = re.compile(r"(\d+)|([^\W\d_]+)")

_SCHEME_COLUMNS = (
    Column(name="scheme", others=("schema", "struktur", "klassificeringsstruktur"), limit=100),
    Column(name="version", others=("utgåva",), limit=100),
    Column(name="code", others=("kod", "klasskod", "klass", "beteckning"), limit=64),
    Column(
        name="parent",
        others=("överordnad", "överordnad kod", "förälder"),
        needed=False,
        filled=False,
        limit=64,
    ),
    Column(name="label", others=("benämning", "rubrik", "namn")),
    VALID_FROM,
    VALID_TO,
)
_RECORD_CLASS_COLUMNS = (
    Column(name="record_class", others=("handlingstyp", "nyckel", "key"), limit=100),
    Column(name="label", others=("benämning", "rubrik", "namn")),
    Column(name="code", others=("kod", "klasskod", "klass"), limit=64),
    VALID_FROM,
    VALID_TO,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeClass:
    """One class of a scheme. `parent` is its parent's code, "" at the top."""

    code: str
    label: str
    parent: str = ""
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationScheme:
    """One version of a scheme: its classes in tree order, 1.10 after 1.9."""

    name: str
    version: str
    classes: tuple[SchemeClass, ...]
    _by_code: Mapping[str, SchemeClass] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {one.code: one for one in self.classes})

    def get(self, code: str) -> SchemeClass | None:
        """The class of a code, valid or not; None if there is none."""
        return self._by_code.get(code)

    def class_on(self, code: str, day: date) -> SchemeClass | None:
        """The class of a code if it is valid on a day."""
        found = self._by_code.get(code)
        return found if found is not None and found.validity.holds(day) else None

    def valid_on(self, day: date) -> tuple[SchemeClass, ...]:
        """All classes that are valid on a day, in tree order: what may be chosen then."""
        return tuple(one for one in self.classes if one.validity.holds(day))

    def path(self, code: str) -> tuple[SchemeClass, ...]:
        """A class and its ancestors, from the top down; empty if there is no such code."""
        found = []
        one = self._by_code.get(code)
        while one is not None:
            found.append(one)
            one = self._by_code.get(one.parent)
        return tuple(reversed(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordClass:
    """A record class (handlingstyp) of an authority and the code it has for a time. `key` is what
    records point to; the same key may follow with another code or scheme later."""

    authority: int
    key: str
    label: str
    scheme: str
    version: str
    code: str
    validity: Validity = ALWAYS


def code_order(code: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts codes as a reader expects: by parts, numbers by size, letters after numbers."""
    return tuple(
        (0, int(number), "") if number else (1, 0, letters.casefold())
        for number, letters in _PART.findall(code)
    )


def read_schemes(data: bytes) -> tuple[ClassificationScheme, ...] | Refused:
    """The schemes in a CSV file, one for each name and version in it, in the order they come.

    Columns: scheme, version, code, label; and, where the file has them, parent, valid_from and
    valid_to (Swedish headings too). A file without a parent column takes parents from the codes:
    the longest code that this one continues. `Refused` with every problem if there is one.
    """
    table = read_table(data, _SCHEME_COLUMNS)
    if isinstance(table, Refused):
        return table
    problems = list(table.problems)
    groups: dict[tuple[str, str], dict[str, tuple[int, SchemeClass]]] = {}
    for row in table.rows:
        read = _scheme_class(row)
        if not isinstance(read, SchemeClass):
            problems += read
            continue
        group = groups.setdefault((row["scheme"], row["version"]), {})
        if read.code in group:
            first = group[read.code][0]
            problems.append(Problem(row.number, phrase("code_twice", code=read.code, row=first)))
            continue
        group[read.code] = (row.number, read)
    if "parent" not in table.columns:
        groups = {name: _with_parents(group) for name, group in groups.items()}
    for group in groups.values():
        problems += _tree_problems(group)
    if problems:
        return Refused(in_row_order(problems))
    return tuple(
        ClassificationScheme(
            name=name, version=version, classes=_tree_order(one for _, one in group.values())
        )
        for (name, version), group in groups.items()
    )


def _scheme_class(row: Row) -> SchemeClass | tuple[Problem, ...]:
    problems = []
    for column in ("code", "parent"):
        if row[column] and not _CODE.fullmatch(row[column]):
            problems.append(Problem(row.number, phrase("code_form", code=row[column])))
    validity = validity_of(row)
    if not isinstance(validity, Validity):
        return (*problems, *validity)
    if problems or not row["code"]:  # that it is empty is told already
        return tuple(problems)
    return SchemeClass(
        code=row["code"], label=row["label"], parent=row["parent"], validity=validity
    )


_Numbered = tuple[int, SchemeClass]


def _with_parents(group: Mapping[str, _Numbered]) -> dict[str, _Numbered]:
    """The classes with the parents that their codes tell."""

    def parent(code: str) -> str:
        ends = [found.start() for found in re.finditer(r"[ ]?[.\-/]", code)]
        return next((code[:end] for end in reversed(ends) if code[:end] in group), "")

    return {
        code: (
            row,
            SchemeClass(code=code, label=one.label, parent=parent(code), validity=one.validity),
        )
        for code, (row, one) in group.items()
    }


def _tree_problems(group: Mapping[str, _Numbered]) -> Iterator[Problem]:
    for row, one in group.values():
        if not one.parent:
            continue
        if one.parent not in group:
            yield Problem(row, phrase("parent_missing", parent=one.parent))
        elif not group[one.parent][1].validity.covers(one.validity):
            words = phrase("outlives_parent", code=one.code, parent=one.parent)
            yield Problem(row, words)
    yield from _cycles(group)


def _cycles(group: Mapping[str, _Numbered]) -> Iterator[Problem]:
    """One problem for each circle of parents. Each class is walked through once."""
    done: set[str] = set()
    for code in group:
        path: dict[str, int] = {}
        at = code
        while at in group and at not in done and at not in path:
            path[at] = len(path)
            at = group[at][1].parent
        if at in path:
            circle = [one for one, place in path.items() if place >= path[at]]
            shown = (*circle[:_SHOWN], "…") if len(circle) > _SHOWN else (*circle, at)
            words = phrase("cycle", code=at, path=" → ".join(shown))
            yield Problem(max(group[one][0] for one in circle), words)
        done |= path.keys()


def _tree_order(classes: Iterable[SchemeClass]) -> tuple[SchemeClass, ...]:
    """Parents before their children, siblings by code."""
    children: dict[str, list[SchemeClass]] = {}
    for one in sorted(classes, key=lambda c: (code_order(c.code), c.code), reverse=True):
        children.setdefault(one.parent, []).append(one)
    ordered = []
    waiting = children.get("", [])
    while waiting:
        one = waiting.pop()
        ordered.append(one)
        waiting += children.get(one.code, [])
    return tuple(ordered)


def read_record_classes(
    data: bytes, authority: int, scheme: ClassificationScheme
) -> tuple[RecordClass, ...] | Refused:
    """The record classes of one authority, from a CSV file, with codes of one scheme.

    Columns: record_class, label, code; and, where the file has them, valid_from and valid_to
    (Swedish headings too). `Refused` with every problem if there is one.
    """
    table = read_table(data, _RECORD_CLASS_COLUMNS)
    if isinstance(table, Refused):
        return table
    problems = list(table.problems)
    taken: list[tuple[int, RecordClass]] = []
    for row in table.rows:
        validity = validity_of(row)
        if not isinstance(validity, Validity):
            problems += validity
            continue
        one = RecordClass(
            authority=authority,
            key=row["record_class"],
            label=row["label"],
            scheme=scheme.name,
            version=scheme.version,
            code=row["code"],
            validity=validity,
        )
        problems += _code_problems(row.number, one, scheme)
        taken.append((row.number, one))
    problems += _overlaps(taken)
    if problems:
        return Refused(in_row_order(problems))
    return tuple(one for _, one in taken)


def _overlaps(taken: Sequence[tuple[int, RecordClass]]) -> Iterator[Problem]:
    """A problem for each row that begins before an earlier time of the same record class ends."""
    last: dict[str, tuple[int, RecordClass]] = {}
    for row, one in sorted(taken, key=lambda pair: pair[1].validity.start or date.min):
        before = last.get(one.key)
        if before is not None and before[1].validity.meets(one.validity):
            later, earlier = max(row, before[0]), min(row, before[0])
            yield Problem(later, phrase("overlaps", key=one.key, row=earlier))
        if before is None or not before[1].validity.covers(one.validity):
            last[one.key] = (row, one)


def _code_problems(row: int, one: RecordClass, scheme: ClassificationScheme) -> Iterator[Problem]:
    found = scheme.get(one.code)
    if found is None:
        if one.code:  # an empty one is told already
            words = phrase(
                "code_unknown", code=one.code, scheme=scheme.name, version=scheme.version
            )
            yield Problem(row, words)
    elif not found.validity.covers(one.validity):
        yield Problem(row, phrase("code_not_valid", code=one.code))


def record_class_on(
    classes: Sequence[RecordClass], authority: int, key: str, day: date
) -> RecordClass | None:
    """An authority's record class of that key, as it is valid on a day; None if it is not."""
    return next(
        (
            one
            for one in classes
            if one.authority == authority and one.key == key and one.validity.holds(day)
        ),
        None,
    )
