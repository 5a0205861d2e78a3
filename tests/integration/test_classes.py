"""Classification schemes over both databases: imported whole, looked up by day, registered by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Role, Viewer, viewer_of
from archiver.core.event import EventType
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.ledger.service import Ledger
from archiver.registry.classes import Classes, in_order, parts
from archiver.registry.core.classification import read_schemes
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.core.phrase import Refused
from archiver.registry.queries import ImportRow
from archiver.registry.service import Register
from tests.build import FakeClock
from tests.databases import rows_of
from tests.homes import TestHome, make_home

pytestmark = pytest.mark.usefixtures("each_database")

NOON = 1_795_345_200_000  # 2026-11-22 12.00 in Sweden
SCHEME = (
    "schema;utgåva;kod;benämning;gäller från;gäller till\n"
    "KLASSA;2.1;1;Ledning;1999-01-01;\n"
    "KLASSA;2.1;1.9;Kansli;1999-01-01;2026-10-31\n"
    "KLASSA;2.1;1.10;Val;2026-11-01;\n"
)


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    home = make_home(tmp_path, clock=FakeClock(NOON))
    for code in ("KS", "BUN"):
        authority = home.channels.add_authority(code, f"Nämnden {code}")
        Register(home.ledger).set_series(LOCAL, authority.seq, code, "{ORG} {ÅÅÅÅ}/{LÖP}")
    return home


@pytest.fixture
def classes(home: TestHome) -> Classes:
    return Classes(home.ledger)


@pytest.fixture
def ks(home: TestHome) -> int:
    return home.channels.authority("KS").seq


@pytest.fixture
def bun(home: TestHome) -> int:
    return home.channels.authority("BUN").seq


def taken(classes: Classes, authority: int, text: str) -> list[ImportRow]:
    done = classes.take_in(LOCAL, authority, text.encode())
    assert not isinstance(done, Refused), [one.say("en") for one in done.problems]
    return done


def asked(authority: int, code: str, day: str = "2026-11-20") -> Registration:
    return Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day=day,
        dated=Dated.STATED,
        title="Synpunkt",
        class_code=code,
    )


def test_a_scheme_is_listed_with_its_labels_and_days(classes: Classes, ks: int) -> None:
    (held,) = taken(classes, ks, SCHEME)
    assert (held.authority, held.scheme, held.version, held.classes) == (ks, "KLASSA", "2.1", 3)
    found = in_order(classes.listed(LOCAL, held.seq))
    assert [(one.code, one.label, one.parent) for one in found] == [
        ("1", "Ledning", ""),
        ("1.9", "Kansli", "1"),
        ("1.10", "Val", "1"),
    ]
    assert (found[1].valid_from, found[1].valid_to) == ("1999-01-01", "2026-10-31")
    on_day = classes.listed(LOCAL, held.seq, day="2026-11-22")
    assert sorted(one.code for one in on_day) == ["1", "1.10"]


def test_an_entry_has_a_class_that_is_valid_on_its_day(
    home: TestHome, classes: Classes, ks: int, bun: int
) -> None:
    register = Register(home.ledger)
    register.register(LOCAL, asked(ks, "hittepå"))  # nothing is imported yet
    taken(classes, ks, SCHEME)
    for code, day in (("1.10", "2026-11-20"), ("1.9", "2026-10-31"), ("", "2026-11-20")):
        register.register(LOCAL, asked(ks, code, day))
    register.register(LOCAL, asked(ks, "9.9", "1998-12-31"))  # no scheme was valid then
    register.register(LOCAL, asked(bun, "9.9"))  # another authority's scheme
    for code, day in (("1.9", "2026-11-20"), ("1.10", "2026-10-31"), ("9.9", "2026-11-20")):
        with pytest.raises(ConfigError, match="no such class"):
            register.register(LOCAL, asked(ks, code, day))
    with pytest.raises(ConfigError, match="no such class"):
        register.open_case(LOCAL, ks, "Ett ärende", class_code="1.9")
    register.open_case(LOCAL, ks, "Ett ärende", class_code="1.10")


def test_a_class_is_corrected_only_to_one_there_is(
    home: TestHome, classes: Classes, ks: int
) -> None:
    taken(classes, ks, SCHEME)
    register = Register(home.ledger)
    seq = register.register(LOCAL, asked(ks, "1"))
    with pytest.raises(ConfigError, match="no such class"):
        register.correct(LOCAL, seq, "class_code", "1.9", reason="Fel klass")
    register.correct(LOCAL, seq, "class_code", "1.10", reason="Fel klass")
    assert register.reader.entry(LOCAL, seq).fields.class_code == "1.10"


def test_a_later_import_of_the_same_version_holds(classes: Classes, ks: int) -> None:
    taken(classes, ks, SCHEME)
    (held,) = taken(classes, ks, SCHEME + "KLASSA;2.1;2;Stöd;;\n")
    assert held.classes == 4
    assert len(taken(classes, ks, SCHEME.replace("2.1", "3.0"))) == 2


def test_a_broken_file_gives_nothing_but_its_problems(
    home: TestHome, classes: Classes, ks: int
) -> None:
    before = home.ledger.checkpoint()
    done = classes.take_in(LOCAL, ks, (SCHEME + "KLASSA;2.1;1;Igen;;\n").encode())
    assert isinstance(done, Refused)
    assert [one.row for one in done.problems] == [5]
    assert home.ledger.checkpoint() == before


def test_a_large_scheme_is_sealed_in_parts_that_count_together(
    home: TestHome, classes: Classes, ks: int
) -> None:
    rows = "".join(f"KLASSA;2.1;{n};{'Å😀' * 240};;\n" for n in range(1, 30))
    (held,) = taken(classes, ks, SCHEME.partition("\n")[0] + "\n" + rows)
    assert held.classes == 29
    assert classes.listed(LOCAL, held.seq)[0].label == "Å😀" * 240
    live = rows_of(home.ledger.database)
    home.ledger.rebuild()
    assert rows_of(home.ledger.database) == live


def test_an_import_without_its_last_part_counts_for_nothing(
    home: TestHome, classes: Classes, ks: int
) -> None:
    rows = "".join(f"KLASSA;2.1;{n};{'Å' * 490};;\n" for n in range(1, 30))
    schemes = read_schemes((SCHEME.partition("\n")[0] + "\n" + rows).encode())
    assert not isinstance(schemes, Refused)
    first, *_ = parts(schemes[0], authority=ks, actor=0)
    _seal(home.ledger, ks, first)
    assert classes.schemes(LOCAL) == []
    Register(home.ledger).register(LOCAL, asked(ks, "vad som helst"))


def _seal(ledger: Ledger, authority: int, payload: object) -> None:
    with ledger.writer() as writer:
        cohort = writer.cohort(authority, "register")
        writer.append_event(EventType.CLASSES_IMPORTED, payload, cohort=cohort)  # type: ignore[arg-type]


def test_another_authoritys_scheme_is_not_there(classes: Classes, ks: int, bun: int) -> None:
    (held,) = taken(classes, ks, SCHEME)
    other = viewer_of(40, [(Role.REGISTRAR, bun)])
    assert classes.schemes(other) == []
    with pytest.raises(NotFound):
        classes.listed(other, held.seq)
    with pytest.raises(AccessRefused):
        classes.take_in(other, ks, SCHEME.encode())


def test_what_is_stale_changes_nothing(home: TestHome, ks: int) -> None:
    from archiver.registry.service import StaleEntry

    register = Register(home.ledger)
    seq = register.register(LOCAL, replace(asked(ks, ""), level=4))
    read = register.reader.entry(LOCAL, seq).newest
    register.correct(LOCAL, seq, "title", "Ett", reason="x", seen=read)
    with pytest.raises(StaleEntry):
        register.correct(LOCAL, seq, "title", "Två", reason="x", seen=read)
    auditor = Viewer(41, viewer_of(41, [(Role.COMMUNICATOR, ks)]).grants)
    public = register.reader.entry(auditor, seq).newest
    register.correct(LOCAL, seq, "sender", "Alva", reason="x", secret=True)
    assert register.reader.entry(auditor, seq).newest == public
    assert register.reader.entry(LOCAL, seq).newest > public


def test_a_number_is_found_as_people_write_it(home: TestHome, ks: int, bun: int) -> None:
    register = Register(home.ledger)
    seq = register.register(LOCAL, asked(ks, ""))
    (series,) = register.series_of(ks)
    register.set_series(LOCAL, ks, "KSX", "{ÅÅ}-{LÖP:04}/{HANDL}", series=series.seq)
    case = register.open_case(LOCAL, ks, "Ett ärende")
    document = register.register(LOCAL, replace(asked(ks, ""), case=case, level=3))
    reader = register.reader

    def found(text: str, viewer: Viewer = LOCAL) -> list[int]:
        return [one.seq for one in reader.find(viewer, text, this_year=2026)]

    assert found("ks  2026/1") == [seq]  # as it was written before the series was set anew
    assert found("26-0002") == [case]
    assert found("26-0002/1") == [document]
    assert found("26-0009") == found("hej") == found("26-0002/9") == []
    assert found("KS 2026/1", viewer_of(40, [(Role.REGISTRAR, bun)])) == []
