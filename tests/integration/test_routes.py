"""An authority's own routing table: set whole or not at all, read back, told who and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.errors import AccessRefused
from archiver.registry import routes as service
from archiver.registry.core.phrase import Refused
from archiver.registry.core.routing import Level, Pace
from archiver.registry.routes import LONGEST, Held, Routes
from archiver.registry.shipped import routing_table
from tests.build import FakeClock
from tests.databases import rows_of
from tests.homes import TestHome, make_home

pytestmark = pytest.mark.usefixtures("each_database")

NOON = 1_795_345_200_000  # 2026-11-22 12.00 in Sweden
OWN = """version = "ks-1"

[recipient.faults]
address = "felanmalan@testkoping.example"

[route.fault_report]
levels = [2]

[[route.fault_report.clock]]
pace = "working_days"
count = 2
act = { sv = "Svara", en = "Answer" }
"""


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    home = make_home(tmp_path, clock=FakeClock(NOON))
    for code in ("KS", "BUN"):
        home.channels.add_authority(code, f"Nämnden {code}")
    return home


@pytest.fixture
def routes(home: TestHome) -> Routes:
    return Routes(home.ledger)


@pytest.fixture
def ks(home: TestHome) -> int:
    return home.channels.authority("KS").seq


@pytest.fixture
def bun(home: TestHome) -> int:
    return home.channels.authority("BUN").seq


def done(routes: Routes, authority: int, text: str) -> Held:
    held = routes.set(LOCAL, authority, text.encode())
    assert not isinstance(held, Refused), [one.say("en") for one in held.problems]
    return held


def test_what_was_set_holds_for_that_authority_alone(routes: Routes, ks: int, bun: int) -> None:
    shipped = routing_table()
    assert routes.table(ks) == shipped
    held = done(routes, ks, OWN)
    assert held.own is not None
    assert (held.own.version, held.own.actor) == ("ks-1", 0)
    row = routes.table(ks).routes["fault_report"]
    assert (row.level, row.clocks[0].pace) == (Level.REGISTERED, Pace.WORKING_DAYS)
    assert routes.table(ks).recipients["faults"].address == "felanmalan@testkoping.example"
    assert held.changed(shipped) == {"fault_report"}
    assert routes.table(bun) == shipped


def test_every_table_that_held_is_told(home: TestHome, routes: Routes, ks: int) -> None:
    done(routes, ks, OWN)
    assert isinstance(home.clock, FakeClock)
    home.clock.advance(1000)
    registrar = viewer_of(41, [(Role.REGISTRAR, ks)])
    routes.set(registrar, ks, b'version = "ks-2"\n')
    assert routes.table(ks).routes == routing_table().routes
    newest, oldest = routes.history(LOCAL, ks)
    assert (newest.version, newest.actor, oldest.version) == ("ks-2", 41, "ks-1")
    assert newest.at > oldest.at
    before = home.ledger.checkpoint()
    done(routes, ks, 'version = "ks-2"\r\n')  # the same again
    assert home.ledger.checkpoint() == before


def test_another_process_is_heard(home: TestHome, routes: Routes, ks: int) -> None:
    assert routes.table(ks).version == routing_table().version
    done(Routes(home.ledger), ks, OWN)
    assert routes.table(ks).version.endswith("+ks-1")


@pytest.mark.parametrize(
    ("text", "row", "code"),
    [
        (OWN.replace("felanmalan@testkoping.example", ""), 3, "not_text"),
        (OWN.replace("count = 2", "count = 0"), 9, "not_count"),
        (OWN.replace("faults", "nowhere", 1) + "[route.nothing]\n", 13, "route_unknown"),
        ('version = "1"\n[route.secrecy]\nactive = false\n', 3, "fixed"),
        (f'version = "{"v" * 101}"', 1, "value_long"),
        ("x = = 1", 1, "not_toml"),
        ("[", 0, "not_toml"),
        ("", 0, "key_missing"),
        (f'version = "1"\n# {"x" * LONGEST}', 0, "text_long"),
    ],
)
def test_a_bad_file_changes_nothing(
    home: TestHome, routes: Routes, ks: int, text: str, row: int, code: str
) -> None:
    before = home.ledger.checkpoint()
    found = routes.set(LOCAL, ks, text.encode())
    assert isinstance(found, Refused)
    assert (row, code) in [(one.row, one.reason.code) for one in found.problems]
    assert isinstance(routes.check(text.encode()), Refused)
    assert home.ledger.checkpoint() == before


def test_bytes_that_are_no_text_are_refused(routes: Routes, ks: int) -> None:
    found = routes.set(LOCAL, ks, OWN.encode("utf-16"))
    assert isinstance(found, Refused)
    assert [one.reason.code for one in found.problems] == ["text_not_utf8"]


def test_a_long_file_comes_back_as_it_was(home: TestHome, routes: Routes, ks: int) -> None:
    text = OWN + "".join(f"# rad {n}: ”åäö” \\ 😀\n" for n in range(900))
    assert done(routes, ks, text).text == text
    live = rows_of(home.ledger.database)
    home.ledger.rebuild()
    assert rows_of(home.ledger.database) == live
    assert Routes(home.ledger).held(LOCAL, ks).text == text


def test_half_a_file_counts_for_nothing(home: TestHome, routes: Routes, ks: int) -> None:
    first = next(service._parts(OWN + "# x\n" * 400, authority=ks, actor=0, table=routing_table()))
    with home.ledger.writer() as writer:
        writer.append_event("routes_set", first, cohort=writer.cohort(ks, "register"))
    assert routes.held(LOCAL, ks).own is None
    assert routes.history(LOCAL, ks) == []


def test_a_file_that_a_release_cannot_read_is_told_and_not_used(
    home: TestHome, routes: Routes, ks: int
) -> None:
    done(routes, ks, OWN)
    fewer = {key: one for key, one in routing_table().routes.items() if key != "fault_report"}
    later = Routes(
        home.ledger,
        type(routing_table())(
            version="2027.1", routes=fewer, recipients=routing_table().recipients
        ),
    )
    held = later.held(LOCAL, ks)
    assert held.table.version == "2027.1"
    assert [one.reason.code for one in held.problems] == ["route_unknown"]
    assert held.text == OWN


def test_who_may_set_and_who_may_read(routes: Routes, ks: int, bun: int) -> None:
    for role in (Role.REGISTRAR, Role.ARCHIVIST):
        assert not isinstance(routes.set(viewer_of(40, [(role, ks)]), ks, OWN.encode()), Refused)
        with pytest.raises(AccessRefused):
            routes.set(viewer_of(40, [(role, bun)]), ks, OWN.encode())
    auditor = viewer_of(41, [(Role.AUDITOR, ks)])
    assert routes.held(auditor, ks).text == OWN
    with pytest.raises(AccessRefused):
        routes.set(auditor, ks, OWN.encode())
    for one in (viewer_of(42, [(Role.AUDITOR, bun)]), viewer_of(43, [(Role.OPERATOR, ks)])):
        with pytest.raises(AccessRefused):
            routes.held(one, ks)
        with pytest.raises(AccessRefused):
            routes.history(one, ks)
