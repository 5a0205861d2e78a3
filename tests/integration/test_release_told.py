"""What releases tell a decision and the court, over both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from archiver.core.access import LOCAL
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.ledger.apart import Apart
from archiver.store.seal import FrameKind, seal
from exports.core.access_request import Answer, Step
from exports.core.release import Because, Delivery, ItemDecision
from exports.core.ruling import OtherGround
from exports.release.told import ToldByReleases
from gdpr.leak import Kind, Output
from tests.integration.test_releases import CANARY, PNG, SECRET, Office
from tests.integration.test_releases import office as _office
from tests.unit.exports.neighbours import streams

pytestmark = pytest.mark.usefixtures("each_database")
office = _office  # the fixture


def test_a_release_tells_what_it_rests_on_and_gives_its_files(office: Office) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    release = office.masked_draft()
    assert told.handed(LOCAL, office.requests.list(LOCAL)[0].seq) == []
    made = office.make(release)
    office.drafts.deliver(LOCAL, release, Delivery.EMAIL)
    request = made.set.request
    (used,) = told.used(LOCAL, request)
    assert (str(used.clause), used.masks, used.withheld) == ("21:1", 3, 0)
    assert told.other(LOCAL, request) == []
    (handed,) = told.handed(LOCAL, request)
    assert (handed.seq, handed.way, handed.records, handed.masks) == (made.seq, "email", 2, 3)
    assert handed.files[0][0] == "utlamnande.pdf"
    masked = told.masked(LOCAL, request)
    assert masked[0].name == f"{release}-utlamnande.pdf"
    assert CANARY.encode() not in b"".join(one.content for one in masked)
    whole = {one.name: one.content for one in told.whole(LOCAL, request)}
    said = json.loads(whole[f"{release}-omaskat-utlamnande.json"])
    assert CANARY in said["records"][0]["fields"]["text"]
    assert PNG in whole.values()


@pytest.mark.parametrize("made", [True, False])
def test_what_people_write_is_searched_for_what_is_hidden(office: Office, made: bool) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    release = office.masked_draft()
    if made:
        office.make(release)
    (request,) = [one.seq for one in office.requests.list(LOCAL)]
    texts = [
        Output("reasons.txt", f"Det rör\nPetra {CANARY}.".encode()),
        Output("b.txt", b"Inget."),
    ]
    leaks = told.leaks(LOCAL, request, texts)
    assert {(one.output, one.kind) for one in leaks} == {("reasons.txt", Kind.VALUE)}
    assert told.leaks(LOCAL, request, texts, known=f"Allt om Petra {CANARY}") == []


def test_what_is_withheld_is_searched_for_too(office: Office) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    request = office.asked(office.one)
    release = office.drafts.add(LOCAL, request, [office.one])
    whole = str(office.fields(office.versions(office.one)[-1])["text"])
    written = [Output("reasons.txt", f"Brevet lyder: {whole}".encode())]
    assert told.leaks(LOCAL, request, written) == []
    office.drafts.decide(
        LOCAL, release, ItemDecision.WITHHELD, records=[office.one], citations=SECRET
    )
    assert {one.kind for one in told.leaks(LOCAL, request, written)} == {Kind.VALUE}


def test_where_all_is_refused_the_draft_tells_it(office: Office) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    request = office.asked(office.one, office.two)
    assert told.used(LOCAL, request) == []
    release = office.drafts.add(LOCAL, request, [office.one, office.two])
    withheld = ItemDecision.WITHHELD
    office.drafts.decide(LOCAL, release, withheld, records=[office.one], citations=SECRET)
    office.drafts.decide(
        LOCAL, release, withheld, records=[office.two], because=Because.NOT_OFFICIAL
    )
    office.step(request, Step.ANSWER, answer=Answer.REFUSED, told=True)
    (used,) = told.used(LOCAL, request)
    assert (str(used.clause), used.masks, used.withheld) == ("21:1", 0, 1)
    assert told.other(LOCAL, request) == [(OtherGround.NOT_OFFICIAL, 1)]
    names = [one.name for one in told.whole(LOCAL, request)]
    assert names == [f"R{office.one}-1.json", f"R{office.one}-1-1.png", f"R{office.two}-1.json"]


def test_what_is_withheld_after_a_part_was_released_counts_too(office: Office) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    request = office.asked(office.one, office.two)
    part = office.drafts.add(LOCAL, request, [office.two])
    office.drafts.decide(LOCAL, part, ItemDecision.GIVEN, records=[office.two])
    office.make(part, Step.RELEASE_PART)
    rest = office.drafts.add(LOCAL, request, [office.one])
    office.drafts.decide(LOCAL, rest, ItemDecision.WITHHELD, records=[office.one], citations=SECRET)
    office.step(request, Step.ANSWER, answer=Answer.MASKED, told=True)
    (used,) = told.used(LOCAL, request)
    assert (str(used.clause), used.withheld) == ("21:1", 1)
    names = [one.name for one in told.whole(LOCAL, request)]
    assert names == [f"R{office.one}-1.json", f"R{office.one}-1-1.png"]


def under_a_post(office: Office) -> str:
    """Record two answers record one, and its address quotes it; the address."""
    url = f"https://testkoping.example/petra-{CANARY}/#svar-2".casefold()
    ledger = office.desk.home.ledger
    fields = office.fields(office.versions(office.two)[-1])
    said = {**fields, "record": office.two, "n": 2, "url": url, "links": [url]}
    with ledger.writer() as writer:
        frame = seal(FrameKind.VERSION, said, b"{}", random=ledger.random)
        writer.append(EventType.VERSION, frame, writer.cohort(office.desk.authority.seq, "content"))
        r = t.record
        natives = select(r.c.native).where(r.c.seq == office.one).scalar_subquery()
        writer.connection.execute(update(r).where(r.c.seq == office.two).values(root=natives))
    return url


@pytest.mark.parametrize("decision", [ItemDecision.WITHHELD, ItemDecision.MASKED])
@pytest.mark.parametrize("when", ["before", "after"])
def test_not_even_a_court_is_told_what_was_stopped(
    office: Office, decision: ItemDecision, when: str
) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    url = under_a_post(office)
    apart = Apart(office.desk.home.ledger, office.desk.home.path)
    request = office.asked(office.two)
    if when == "before":
        apart.stop(office.one, reason="Misstänkt brott")
    release = office.drafts.add(LOCAL, request, [office.two])
    cited = SECRET if decision is ItemDecision.WITHHELD else ()
    office.drafts.decide(LOCAL, release, decision, records=[office.two], citations=cited)
    if decision is ItemDecision.MASKED:
        office.mask(office.two, "plogas")
        office.make(release, Step.RELEASE_PART)
    if when == "after":
        given = [text for one in told.whole(LOCAL, request) for _, text in streams(Output(*one))]
        assert any(url in text for text in given)
        apart.stop(office.one, reason="Misstänkt brott")
    files = told.whole(LOCAL, request)
    assert files
    for one in files:
        for place, text in streams(Output(*one)):
            assert url not in text, (one.name, place)


def test_who_sent_what_is_withheld_is_told_by_nobody(office: Office) -> None:
    told = ToldByReleases(office.desk.home.ledger, office.releases)
    sender = {"sender": "Zelda Korpnäbb", "when": "2026-11-04 10:00"}
    apart = office.desk.capture("Ja", **sender).record
    request = office.asked(office.two, apart)
    release = office.drafts.add(LOCAL, request, [office.two, apart])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    written = [Output("reasons.txt", "Zelda Korpnäbbs uppgifter".encode())]
    outside: dict[str, Any] = {"because": Because.NOT_OFFICIAL}
    for how, found in ((outside, set()), ({"citations": SECRET}, {Kind.VALUE})):
        office.drafts.decide(LOCAL, release, ItemDecision.WITHHELD, records=[apart], **how)
        assert {one.kind for one in told.leaks(LOCAL, request, written)} == found
    also = office.desk.capture("Tack", **sender).record  # what is given out names its sender
    office.step(request, Step.MAKE_PRECISE, also)
    office.drafts.add(LOCAL, request, [also])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[also])
    assert told.leaks(LOCAL, request, written) == []
