"""What an import would change: every code counted once."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as some

from archiver.registry.core.classification import ClassificationScheme, SchemeClass
from archiver.registry.core.scheme_change import Change, compared
from archiver.registry.core.table_file import Validity


def one(code: str, label: str = "Kansli", end: date | None = None) -> SchemeClass:
    return SchemeClass(code=code, label=label, validity=Validity(None, end))


def scheme(*classes: SchemeClass) -> ClassificationScheme:
    return ClassificationScheme(name="KLASSA", version="2", classes=classes)


def test_new_changed_ended_and_the_same() -> None:
    before = [one("1"), one("2"), one("3"), one("1.9"), one("1.10", end=date(2026, 12, 31))]
    after = scheme(
        one("1"),
        one("2", "Arkiv"),
        one("1.9", end=date(2026, 6, 30)),
        one("1.10"),
        one("1.2"),
    )
    found = compared(after, before, against="1")
    assert [(each.code, each.what) for each in found.changes] == [
        ("1.2", Change.NEW),
        ("1.9", Change.ENDED),
        ("1.10", Change.CHANGED),  # its end was taken away
        ("2", Change.CHANGED),
        ("3", Change.ENDED),
    ]
    assert (found.same, found.replaces, found.count("ended")) == (1, False, 2)
    assert compared(after, (), against="").count(Change.NEW) == 5


classes = some.dictionaries(
    some.sampled_from(["1", "1.1", "2", "10"]),
    some.tuples(
        some.sampled_from(["a", "b"]), some.none() | some.dates(date(2026, 1, 1), date(2026, 1, 3))
    ),
).map(lambda found: [one(code, label, end) for code, (label, end) in found.items()])


@given(classes, classes)
def test_every_code_is_counted_once(before: list[SchemeClass], after: list[SchemeClass]) -> None:
    found = compared(scheme(*after), before, against="2")
    codes = [each.code for each in found.changes]
    assert len(set(codes)) == len(codes)
    assert len(codes) + found.same == len({each.code for each in (*before, *after)})
    assert found.replaces
