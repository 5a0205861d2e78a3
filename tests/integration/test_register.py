"""The register over both databases: numbers without gaps, nothing altered, three ways to read."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, Permission, Role, Viewer, viewer_of
from archiver.errors import AccessRefused, ConfigError, DiarkivError, NotFound
from archiver.registry.batch import AlreadyVoided
from archiver.registry.core.entry import (
    Dated,
    Direction,
    Marking,
    Registration,
    Relation,
    Secret,
)
from archiver.registry.core.triage import Decision, Elsewhere, Handover, HandoverStep, Outcome
from archiver.registry.numbering import GivenAlready, StaleSetting
from archiver.registry.service import Register
from tests.build import FakeClock
from tests.databases import rows_of
from tests.homes import TestHome, make_home

pytestmark = pytest.mark.usefixtures("each_database")

MASK = "{ORG} {ÅÅÅÅ}/{LÖP}"
NOON = 1_795_345_200_000  # 2026-11-22 12.00 in Sweden


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    home = make_home(tmp_path, clock=FakeClock(NOON))
    home.channels.add_authority("KS", "Kommunstyrelsen")
    home.channels.add_authority("BUN", "Barn- och utbildningsnämnden")
    return home


@pytest.fixture
def register(home: TestHome) -> Register:
    return Register(home.ledger)


@pytest.fixture
def ks(home: TestHome, register: Register) -> int:
    seq = home.channels.authority("KS").seq
    register.set_series(LOCAL, seq, "KS", MASK)
    return seq


@pytest.fixture
def bun(home: TestHome, register: Register) -> int:
    seq = home.channels.authority("BUN").seq
    register.set_series(LOCAL, seq, "BUN", "{ÅÅÅÅ}-{KLASS}-{LÖP}/{HANDL}")
    return seq


def asked(authority: int, title: str = "Synpunkt på snöröjningen", **more: object) -> Registration:
    given = Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day="2026-11-20",
        dated=Dated.STATED,
        title=title,
    )
    return replace(given, **more)  # type: ignore[arg-type]


def registrar(authority: int) -> Viewer:
    return viewer_of(40, [(Role.REGISTRAR, authority)])


def _register_some(home: Path, authority: int, worker: int, each: int) -> list[str]:
    """Several registrations from one process, by two threads at once, each with its own objects."""

    def some(thread: int) -> list[str]:
        opened = make_home(home, create=False)
        register, written = Register(opened.ledger), list[str]()
        for number in range(each // 2):
            seq = register.register(LOCAL, asked(authority, f"Nummer {number} från {worker}"))
            written.append(register.reader.entry(LOCAL, seq).number)
        opened.ledger.database.close()
        return written

    with ThreadPoolExecutor(2) as threads:
        return [number for written in threads.map(some, range(2)) for number in written]


def test_fifty_at_once_get_numbers_without_gap(home: TestHome, ks: int) -> None:
    workers, each = 5, 10
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        given = pool.starmap(
            _register_some, [(home.path, ks, worker, each) for worker in range(workers)]
        )
    numbers = [number for some in given for number in some]
    year = Register(home.ledger).reader.entry(LOCAL, _newest(home)).number[3:7]
    assert sorted(numbers, key=lambda n: int(n.split("/")[1])) == [
        f"KS {year}/{n}" for n in range(1, workers * each + 1)
    ]
    for some in given:  # each process saw its own grow: numbers are in the order of asking
        assert len(some) == each
    page = Register(home.ledger).reader.entries(LOCAL, limit=100)
    in_order = [int(one.number.split("/")[1]) for one in page.entries]
    assert in_order == sorted(in_order, reverse=True)


def _newest(home: TestHome) -> int:
    return Register(home.ledger).reader.entries(LOCAL, limit=1).entries[0].seq


def test_each_series_and_year_has_numbers_of_its_own(
    home: TestHome, register: Register, ks: int, bun: int
) -> None:
    first = register.register(LOCAL, asked(ks))
    other = register.register(LOCAL, asked(bun, class_code="1.9"))
    clock = home.clock
    assert isinstance(clock, FakeClock)
    clock.wall = 1_798_758_000_000 - 1  # one millisecond before the year begins in Sweden
    last = register.register(LOCAL, asked(ks))
    clock.wall += 1
    new = register.register(LOCAL, asked(ks))
    numbers = [register.reader.entry(LOCAL, seq).number for seq in (first, other, last, new)]
    assert numbers == ["KS 2026/1", "2026-1.9-1", "KS 2026/2", "KS 2027/1"]


def test_an_authority_goes_on_from_the_system_it_leaves(register: Register, ks: int) -> None:
    series = register.set_series(LOCAL, ks, "KSD", MASK, first=(2026, 1312))
    seqs = [register.register(LOCAL, asked(ks, series=series.seq)) for _ in range(2)]
    written = [register.reader.entry(LOCAL, seq).number for seq in seqs]
    assert written == ["KSD 2026/1312", "KSD 2026/1313"]


def test_a_number_stays_as_it_was_written(register: Register, ks: int) -> None:
    before = register.register(LOCAL, asked(ks))
    (series,) = register.series_of(ks)
    register.set_series(LOCAL, ks, "KS", "{ÅÅ}-{LÖP:04}", series=series.seq)
    after = register.register(LOCAL, asked(ks))
    written = [register.reader.entry(LOCAL, seq).number for seq in (before, after)]
    assert written == ["KS 2026/1", "26-0002"]


def test_two_series_cannot_give_the_same_number(register: Register, ks: int, bun: int) -> None:
    with pytest.raises(ConfigError, match="just these numbers"):
        register.set_series(LOCAL, bun, "KS", MASK)


def test_the_four_facts_and_the_number(register: Register, ks: int) -> None:
    seq = register.register(
        LOCAL, asked(ks, sender="Alva Ekbacke", recipient="", class_code="2.1", level=2)
    )
    entry = register.reader.entry(LOCAL, seq)
    assert (entry.number, entry.fields.day, entry.fields.sender, entry.fields.title) == (
        "KS 2026/1",
        "2026-11-20",
        "Alva Ekbacke",
        "Synpunkt på snöröjningen",
    )
    assert (entry.actor, entry.at) == (0, NOON)


def test_documents_of_a_case_are_numbered_in_it(register: Register, ks: int, bun: int) -> None:
    case = register.open_case(LOCAL, bun, "Snöröjning vid Ekskolan", class_code="1.9")
    seqs = [
        register.register(LOCAL, asked(bun, f"Handling {n}", level=3, case=case)) for n in (1, 2)
    ]
    alone = register.register(LOCAL, asked(bun, class_code="1.9"))
    written = [register.reader.entry(LOCAL, seq).number for seq in (*seqs, alone)]
    assert register.reader.case(LOCAL, case).number == "2026-1.9-1"
    assert written == ["2026-1.9-1/1", "2026-1.9-1/2", "2026-1.9-2"]
    page = register.reader.entries(LOCAL, case=case)
    assert [one.part for one in page.entries] == [2, 1]
    with pytest.raises(NotFound):
        register.register(LOCAL, asked(ks, level=3, case=case))


def test_documents_share_no_number_where_the_mask_does_not_number_them(
    register: Register, ks: int
) -> None:
    case = register.open_case(LOCAL, ks, "Snöröjning vid Ekskolan")
    seqs = [register.register(LOCAL, asked(ks, level=3, case=case)) for _ in range(2)]
    alone = register.register(LOCAL, asked(ks))
    written = [register.reader.entry(LOCAL, seq).number for seq in (*seqs, alone)]
    assert written == ["KS 2026/1-1", "KS 2026/1-2", "KS 2026/2"]
    for seq, number in zip((case, *seqs, alone), ("KS 2026/1", *written), strict=True):
        (found,) = register.reader.find(LOCAL, number.lower(), this_year=2026)
        assert found.seq == seq


@pytest.mark.parametrize("mask", ["{ORG} {ÅÅÅÅ}/{LÖP}-2", "{ORG} {ÅÅÅÅ}/{LÖP}-{HANDL}"])
def test_no_series_gives_what_could_be_read_as_anothers_document(
    register: Register, ks: int, mask: str
) -> None:
    with pytest.raises(GivenAlready, match="Another series"):
        register.set_series(LOCAL, ks, "KS", mask)
    assert len(register.series(LOCAL)) == 1


def test_what_a_series_gives_next_is_foretold(register: Register, ks: int) -> None:
    def said() -> list[tuple[str, str]]:
        return [(up.number, up.document) for _, up in register.upcoming(LOCAL, NOON)]

    assert said() == [("KS 2026/1", "KS 2026/1-1")]
    case = register.open_case(LOCAL, ks, "Snöröjning vid Ekskolan")
    register.register(LOCAL, asked(ks, level=3, case=case))
    assert said() == [("KS 2026/2", "KS 2026/2-1")]
    (one,) = register.series(LOCAL)
    told = register.foretell(LOCAL, ks, "KS", "{KLASS} {ÅÅ}-{LÖP:03}", series=one.seq, at=NOON)
    assert (told.number, told.document) == ("{KLASS} 26-002", "{KLASS} 26-002-1")
    told = register.foretell(LOCAL, ks, "T", MASK, first=(2026, 90), at=NOON)
    assert told.number == "T 2026/90"
    assert register.series(LOCAL) == [one]


def test_another_mask_keeps_the_number_that_a_series_begins_with(
    register: Register, ks: int
) -> None:
    made = register.set_series(LOCAL, ks, "KSD", MASK, first=(2026, 1312))
    told = register.foretell(LOCAL, ks, "KSD", "{ORG}-{LÖP}/{ÅÅ}", series=made.seq, at=NOON)
    assert told.number == "KSD-1312/26"
    register.set_series(LOCAL, ks, "KSD", "{ORG}-{LÖP}/{ÅÅ}", series=made.seq)
    entry = register.register(LOCAL, asked(ks, series=made.seq))
    assert register.reader.entry(LOCAL, entry).number == "KSD-1312/26"


def test_what_was_set_anew_meanwhile_is_not_set_unseen(register: Register, ks: int) -> None:
    (one,) = register.series(LOCAL)
    made = register.set_series(LOCAL, ks, "KS", "{ORG}-{LÖP}/{ÅÅ}", series=one.seq, seen=one.set_at)
    assert made.set_at > one.set_at
    with pytest.raises(StaleSetting):
        register.set_series(LOCAL, ks, "KS", MASK, series=one.seq, seen=one.set_at)
    assert register.series(LOCAL) == [made]


def test_a_correction_shows_what_stood_there(register: Register, ks: int) -> None:
    seq = register.register(LOCAL, asked(ks, "Synpunkt på snörojningen"))
    register.correct(LOCAL, seq, "title", "Synpunkt på snöröjningen", reason="Felskrivet")
    register.correct(LOCAL, seq, "day", "2026-11-19", reason="Kom in dagen före")
    entry = register.reader.entry(LOCAL, seq)
    assert (entry.fields.title, entry.fields.day) == ("Synpunkt på snöröjningen", "2026-11-19")
    told = [(one.field, one.old, one.new, one.reason) for one in entry.corrections]
    assert told == [
        ("title", "Synpunkt på snörojningen", "Synpunkt på snöröjningen", "Felskrivet"),
        ("day", "2026-11-20", "2026-11-19", "Kom in dagen före"),
    ]


def test_a_voided_entry_keeps_its_number_for_ever(register: Register, ks: int) -> None:
    seq = register.register(LOCAL, asked(ks))
    register.void(LOCAL, seq, reason="Registrerad två gånger")
    with pytest.raises(AlreadyVoided):
        register.correct(LOCAL, seq, "title", "Annat", reason="x")
    with pytest.raises(ConfigError, match="reason"):
        register.void(LOCAL, register.register(LOCAL, asked(ks)), reason=" ")
    entry = register.reader.entry(LOCAL, seq)
    assert entry.number == "KS 2026/1"
    assert entry.voided is not None
    assert entry.voided.reason == "Registrerad två gånger"
    assert register.reader.entry(LOCAL, register.register(LOCAL, asked(ks))).number == "KS 2026/3"


def test_what_is_secret_never_comes_the_publics_way(register: Register, ks: int) -> None:
    secret = Secret(title="Oro för Bosse Granlund", sender="Cilla Myrberg")
    marking = Marking(clause="OSL 26:1", day="2026-11-22", authority="Kommunstyrelsen")
    seq = register.register(
        LOCAL,
        asked(ks, "Uppgift som kan omfattas av sekretess", level=4, secret=secret, marking=marking),
    )
    register.correct(LOCAL, seq, "sender", "Cilla Myrberg-Ek", reason="Nytt namn", secret=True)
    register.correct(LOCAL, seq, "title", "Orosanmälan", reason="Pekade ut", conceals=True)
    full = register.reader.entry(LOCAL, seq)
    assert full.fields.secret == replace(secret, sender="Cilla Myrberg-Ek")
    assert full.marking == marking
    auditor = viewer_of(41, [(Role.AUDITOR, ks)])
    for open_ in (
        register.reader.entry(LOCAL, seq, full=False),
        register.reader.entry(auditor, seq),
        register.reader.entries(auditor).entries[0],
    ):
        said = repr(open_)
        assert not any(word in said for word in ("Granlund", "Myrberg", "kan omfattas"))
        assert open_.number == "KS 2026/1"
        assert open_.fields.title == "Orosanmälan"
        assert [one.field for one in open_.corrections] == ["title"]


def test_a_marking_is_put_on_and_taken_off_and_its_history_is_kept(
    register: Register, ks: int
) -> None:
    seq = register.register(LOCAL, asked(ks))
    marking = Marking(clause="OSL 21:7", day="2026-11-22", authority="Kommunstyrelsen")
    register.mark(LOCAL, seq, marking, reason="Misstänkt")
    register.mark(LOCAL, seq, None, reason="Prövad, gäller inte")
    entry = register.reader.entry(LOCAL, seq)
    assert entry.marking is None
    assert [(one.marking, one.reason) for one in entry.markings] == [
        (marking, "Misstänkt"),
        (None, "Prövad, gäller inte"),
    ]
    with pytest.raises(ConfigError, match="provision"):
        register.mark(LOCAL, seq, replace(marking, clause=""), reason="x")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"title": " "}, "title is missing"),
        ({"title": "x" * 301}, "longer than 300"),
        ({"title": "a\x07b"}, "no text"),
        ({"day": "2026-11-23"}, "future"),
        ({"day": "2026-02-30"}, "none"),
        ({"day": "20261120"}, "none"),
        ({"level": 1}, "levels 2 to 4"),
        ({"secret": Secret(title="x")}, "level 4"),
        ({"sender": "å" * 201}, "longer than 200"),
        ({"records": (1, 1)}, "different records"),
        ({"series": 4711}, "no such series"),
        ({"case": 4711}, "no such case"),
        ({"records": (4711,)}, "no such record"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_takes_no_number(
    register: Register, ks: int, wrong: dict[str, object], reason: str
) -> None:
    with pytest.raises(DiarkivError, match=reason):
        register.register(LOCAL, asked(ks, **wrong))
    assert register.reader.entry(LOCAL, register.register(LOCAL, asked(ks))).number == "KS 2026/1"


def test_one_that_is_wrong_keeps_none_of_the_others(register: Register, ks: int) -> None:
    marking = Marking(clause="😀" * 100, day="2026-11-22", authority="😀" * 200)
    names = {"sender": "😀" * 200, "recipient": "😀" * 200}
    too_long = asked(ks, "😀" * 300, level=4, marking=marking, **names)
    made = register.seal(LOCAL, [asked(ks, "Ett"), asked(ks, ""), too_long, asked(ks, "Två")])
    assert [type(one) for one in made] == [int, ConfigError, ConfigError, int]
    page = register.reader.entries(LOCAL)
    assert [(one.number, one.fields.title) for one in page.entries] == [
        ("KS 2026/2", "Två"),
        ("KS 2026/1", "Ett"),
    ]


def test_asking_twice_does_nothing_twice(register: Register, ks: int) -> None:
    draft = bytes(range(16))
    first = register.register(LOCAL, asked(ks, draft=draft))
    assert register.register(LOCAL, asked(ks, draft=draft)) == first
    other = asked(ks, "Ett annat", draft=bytes(16))
    assert len(set(register.seal(LOCAL, [other, other]))) == 1
    assert len(register.reader.entries(LOCAL).entries) == 2


def test_a_class_that_the_mask_wants_must_be_there(register: Register, bun: int) -> None:
    with pytest.raises(ConfigError, match="class"):
        register.register(LOCAL, asked(bun))


def test_what_one_may_not_do_or_see_for_another_authority(
    register: Register, ks: int, bun: int
) -> None:
    seq = register.register(LOCAL, asked(ks))
    case = register.open_case(LOCAL, ks, "Ett ärende")
    other = registrar(bun)
    for refused in (
        lambda: register.register(other, asked(ks)),
        lambda: register.open_case(other, ks, "Ett ärende"),
        lambda: register.set_series(other, ks, "X", MASK),
        lambda: register.void(other, seq, reason="x"),
        lambda: register.correct(other, seq, "title", "x", reason="x"),
        lambda: register.mark(other, seq, None, reason="x"),
        lambda: register.reader.entry(other, seq),
        lambda: register.reader.case(other, case),
    ):
        with pytest.raises((AccessRefused, NotFound)):
            refused()
    assert register.reader.entries(other).entries == ()
    assert register.reader.cases(other) == []
    assert register.series(other) != []
    assert {one.authority for one in register.series(other)} == {bun}
    auditor = viewer_of(41, [(Role.AUDITOR, HOME)])
    assert not auditor.may_somewhere(Permission.REGISTER)
    with pytest.raises(AccessRefused):
        register.void(auditor, seq, reason="x")


def test_entries_are_related(register: Register, ks: int, bun: int) -> None:
    one, two = (register.register(LOCAL, asked(ks)) for _ in range(2))
    register.relate(LOCAL, two, one, Relation.ANSWERS)
    (relation,) = register.reader.entry(LOCAL, two).relations
    assert (relation.other, relation.relation) == (one, Relation.ANSWERS)
    with pytest.raises(ConfigError):
        register.relate(LOCAL, one, one, Relation.ANSWERS)
    elsewhere = register.register(LOCAL, asked(bun, class_code="1"))
    with pytest.raises(NotFound):
        register.relate(LOCAL, one, elsewhere, Relation.ANSWERS)


def test_a_rebuilt_register_equals_the_live_one(
    home: TestHome, register: Register, ks: int, bun: int
) -> None:
    case = register.open_case(LOCAL, bun, "Ett ärende", class_code="1.9")
    secret = Secret(sender="Dagny Sundelöf")
    seqs = register.seal(
        LOCAL,
        [
            asked(ks, draft=bytes(16)),
            asked(bun, level=3, case=case),
            asked(bun, level=4, case=case, secret=secret),
        ],
    )
    register.correct(LOCAL, int(str(seqs[0])), "title", "Annat", reason="Fel")
    register.void(LOCAL, int(str(seqs[1])), reason="Dubbel")
    live = rows_of(home.ledger.database)
    home.ledger.rebuild()
    assert rows_of(home.ledger.database) == live
    assert register.reader.entry(LOCAL, int(str(seqs[2]))).fields.secret == secret


def test_a_handover_waits_until_it_is_answered(register: Register, ks: int) -> None:
    to = Handover(to="Gatukontoret", way="säker e-post", due=NOON + 86_400_000)
    seq = register.decide(
        LOCAL, Decision(authority=ks, records=(), outcome=Outcome.HANDED_OVER, handover=to)
    )
    register.note_handover(LOCAL, seq, HandoverStep.RECEIVED, "Kvittens 17")
    register.note_handover(LOCAL, seq, HandoverStep.ANSWERED, "")
    with pytest.raises(NotFound):
        register.note_handover(LOCAL, seq, HandoverStep.ANSWERED, "")


def test_what_another_system_registered_takes_no_number(register: Register, ks: int) -> None:
    there = Elsewhere(system="Ciceron", number="KS 2026/900", day="2026-11-21")
    register.decide(
        LOCAL, Decision(authority=ks, records=(), outcome=Outcome.ELSEWHERE, elsewhere=there)
    )
    assert register.reader.entry(LOCAL, register.register(LOCAL, asked(ks))).number == "KS 2026/1"


def test_what_was_concealed_is_not_told_by_the_correction_that_put_it_there(
    register: Register, ks: int
) -> None:
    seq = register.register(LOCAL, asked(ks))
    register.correct(LOCAL, seq, "title", "Om Alva Ekbacke", reason="Tydligare")
    register.correct(LOCAL, seq, "title", "En uppgift", reason="Pekade ut", conceals=True)
    assert "Ekbacke" not in repr(register.reader.entry(LOCAL, seq, full=False))
    assert "Ekbacke" in repr(register.reader.entry(LOCAL, seq))


def test_a_number_that_was_ever_written_so_is_given_by_no_other_series(
    register: Register, ks: int, bun: int
) -> None:
    (series,) = register.series_of(ks)
    register.set_series(LOCAL, ks, "KSA", MASK, series=series.seq)
    for authority, code, mask in (
        (ks, "KS", MASK),
        (bun, "KS", MASK),
        (ks, "XX", "KS {ÅÅÅÅ}/{LÖP}"),
        (bun, "XX", "KSA {ÅÅÅÅ}/{LÖP}"),
    ):
        with pytest.raises(ConfigError, match="just these numbers"):
            register.set_series(LOCAL, authority, code, mask)
    register.set_series(LOCAL, ks, "KS", MASK, series=series.seq)  # its own is its own


def test_a_series_in_use_makes_no_leap(register: Register, ks: int) -> None:
    (series,) = register.series_of(ks)
    register.register(LOCAL, asked(ks))
    with pytest.raises(ConfigError, match="gap"):
        register.set_series(LOCAL, ks, "KS", MASK, series=series.seq, first=(2026, 500))
    assert register.reader.entry(LOCAL, register.register(LOCAL, asked(ks))).number == "KS 2026/2"


def test_only_entries_are_corrected_and_marked(register: Register, ks: int) -> None:
    case = register.open_case(LOCAL, ks, "Ett ärende")
    marking = Marking(clause="OSL 21:7", day="2026-11-22", authority="Kommunstyrelsen")
    with pytest.raises(NotFound):
        register.correct(LOCAL, case, "title", "Annat", reason="x")
    with pytest.raises(NotFound):
        register.mark(LOCAL, case, marking, reason="x")
    register.void(LOCAL, case, reason="Fel")


def test_a_week_is_no_day(register: Register, ks: int) -> None:
    with pytest.raises(ConfigError, match="none"):
        register.register(LOCAL, asked(ks, day="2026-W46-7"))


def test_a_day_is_not_corrected_into_the_future(register: Register, ks: int) -> None:
    seq = register.register(LOCAL, asked(ks))
    with pytest.raises(ConfigError, match="future"):
        register.correct(LOCAL, seq, "day", "2999-01-01", reason="x")


def test_anothers_handover_is_not_noted(register: Register, ks: int, bun: int) -> None:
    to = Handover(to="Gatukontoret", way="post")
    decision = Decision(authority=ks, records=(), outcome=Outcome.HANDED_OVER, handover=to)
    seq = register.decide(LOCAL, decision)
    with pytest.raises(NotFound):
        register.note_handover(registrar(bun), seq, HandoverStep.RECEIVED, "")
    register.note_handover(registrar(ks), seq, HandoverStep.RECEIVED, "")
