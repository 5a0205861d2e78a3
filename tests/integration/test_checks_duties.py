"""The automatic checks of personal data and accessibility, each PASS, FAIL and UNKNOWN over what an
archive, its users and its searches really hold."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import orjson
import pytest
from sqlalchemy import insert, select

from archiver.core.access import HOME, LOCAL, Role
from archiver.db import saved_searches
from archiver.db import tables as t
from archiver.db.saved_searches import SavedSearches
from archiver.governance.archive import Archive
from archiver.governance.checks import alt, incid, soksp
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.check import Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.ledger.apart import Apart
from archiver.search.reader import TantivySearch
from gdpr.core.incident import Risk, Step, Taken
from gdpr.incidents.service import Incidents
from gdpr.incidents.steps import Noticed
from retention.holds.service import Holds
from retention.schedule.service import Retention
from tests.homes import operations_of, people_of
from tests.integration.test_checks import Town
from tests.integration.test_harvest import Town as Site
from tests.integration.test_harvest import town as site

pytestmark = pytest.mark.usefixtures("each_database")

HOUR = 3_600_000


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def found_of(it: Site, module: ModuleType) -> Result:
    """What a check finds of a site that is really harvested."""
    subject = Subject(
        authority=it.channel.authority,
        places=((it.channel.seq, it.channel.platform),),
        goals=(),
        phase=Phase.DRIFT,
        now=it.clock.now(),
    )
    archive = Archive(it.home.ledger, Retention(it.home.ledger, it.clock))
    result: Result = module.check.run(subject, archive)
    return result


# --- searches -------------------------------------------------------------------------------------


def test_soksp_nothing_that_narrows_a_search_is_of_persons(town: Town) -> None:
    assert town.finds(soksp) is Found.UNKNOWN, "a process without searches"
    operations = operations_of(town.home)
    saved = SavedSearches(operations, town.clock)
    index = TantivySearch(town.home.ledger, town.home.path / "index")
    town.archive = town.archive._replace(search=index, saved=saved)
    saved.save(17, "Bygglov", "Bo Ek", {"riktning": "received"})
    assert town.finds(soksp) is Found.PASS, "words are nobody's to judge"
    fields = {"name": "Tro", "query": "", "filters": {"trosuppfattning": "islam"}}
    sealed = operations.seal(saved_searches._bound_to(18), orjson.dumps(fields))
    row = {"actor": 18, "sealed": sealed, "created_at": 0}
    with operations.database.write() as connection:
        connection.execute(insert(saved_searches.saved_search).values(row))
    barred = town.run(soksp)
    assert (barred.outcome, barred.data["saved"]) == (Found.FAIL, ["trosuppfattning"])
    assert "islam" not in str(barred)


def test_soksp_an_index_that_can_be_asked_for_persons() -> None:
    found = soksp.judge(soksp.Barred(["query", "persons"], [], []))
    assert (found.outcome, found.data["asked"]) == (Found.FAIL, ["persons"])


# --- breaches -------------------------------------------------------------------------------------


def test_incid_somebody_answers_and_no_clock_has_run_out(town: Town) -> None:
    assert town.finds(incid) is Found.UNKNOWN
    people = people_of(town.home)
    people.add("eva", "Eva Lind", ((Role.REGISTRAR, HOME),))
    assert town.finds(incid) is Found.FAIL, "a registrar may not"
    officer = people.add("bo", "Bo Berg", ((Role.DPO, town.ks),))
    assert town.finds(incid) is Found.PASS
    people.change(officer, disabled=True)
    assert town.finds(incid) is Found.FAIL, "who has left"
    people.change(officer, disabled=False)
    holds = Holds(town.home.ledger, town.archive.plans)
    incidents = Incidents(town.home.ledger, holds, town.clock)
    now = town.clock.now()
    seq = incidents.record(LOCAL, Noticed(authority=town.ks, known_at=now, text="Fel mottagare"))
    town.clock.advance(72 * HOUR)
    assert town.finds(incid) is Found.PASS
    town.clock.advance(HOUR)
    late = town.run(incid)
    assert (late.outcome, late.data["late"]) == (Found.FAIL, [seq])
    step = Taken(step=Step.ASSESS, at=town.clock.now(), actor=0, risk=Risk.UNLIKELY,
                 reason="Mottagaren är kollega och har raderat det.")  # fmt: skip
    incidents.take(LOCAL, seq, step)
    assert town.finds(incid) is Found.PASS


# --- pictures and films ---------------------------------------------------------------------------


def test_alt_pictures_of_a_harvested_site(tmp_path: Path) -> None:
    with site(tmp_path) as it:

        def post(*alts: str) -> None:
            pictures = (f'<img src="{it.server.url}/bild-{n}.png" alt="{one}" />'
                        for n, one in enumerate(alts))  # fmt: skip
            it.post(html=f"<p>Badet</p>{''.join(pictures)}")
            it.harvest()

        it.post()
        it.harvest()
        assert found_of(it, alt).outcome is Found.UNKNOWN, "no pictures"
        post("En brygga", "Karta över badplatsen")
        assert found_of(it, alt).outcome is Found.PASS
        post("")
        lacking = found_of(it, alt)
        assert (lacking.outcome, lacking.data["bare"]) == (Found.FAIL, 1)
        with it.home.ledger.database.read() as connection:
            record = connection.scalars(select(t.record.c.seq).order_by(t.record.c.seq)).all()[-1]
        apart = Apart(it.home.ledger, tmp_path)
        apart.protect(record, reason="Skyddad adress")
        assert found_of(it, alt).outcome is Found.PASS, "what is kept apart is not looked at"
        apart.unprotect(record, reason="Ett misstag")
        post(*["En bild till"] * 8)
        assert found_of(it, alt).outcome is Found.PASS, "one of eleven may be decoration"
        it.clock.advance(366 * 24 * HOUR)
        assert found_of(it, alt).outcome is Found.UNKNOWN, "what is older is no longer judged"


@pytest.mark.parametrize(
    ("platform", "files", "links", "outcome"),
    [
        ("facebook", [{"url": "https://x.test/a.png"}], [], Found.UNKNOWN),
        ("wordpress", [{"url": "https://x.test/a.mp4"}], [], Found.UNKNOWN),
        ("bluesky", [{"url": "at://a/b", "mime": "video/mp4"}], [], Found.FAIL),
        ("bluesky", [{"url": "at://a/b", "mime": "video/mp4"},
                     {"url": "at://a/c", "mime": "text/vtt", "alt": "sv"}], [], Found.PASS),
        ("bluesky", [{"url": "at://a/b", "mime": "image/png"}], ["https://x.test"], Found.UNKNOWN),
        ("bluesky", [{"url": "at://a/b", "mime": "image/png"}], [], Found.FAIL),
        ("mastodon", [{"url": "https://x.test/a.png?s=1", "alt": "Karta"}], [], Found.PASS),
    ],
)  # fmt: skip
def test_alt_says_nothing_of_what_a_platform_does_not_tell(
    platform: str, files: list[dict[str, str]], links: list[str], outcome: Found
) -> None:
    envelope = {"attachments": files, "links": links}
    assert alt.judge(alt.counted([(platform, envelope)])).outcome is outcome
