"""The inbox: what waits, in threads, page by page; what is decided leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.core.channel import Channel
from archiver.db import tables as t
from archiver.ledger.service import Ledger
from archiver.registry.core.triage import Decision, Outcome
from archiver.registry.inbox import Inbox, Item, Place, Waiting, Why, because
from archiver.registry.service import Register
from tests.bench import corpus
from tests.bench.place import Replay, harvest_pages, new_home, the_channel
from tests.databases import rows_of

PAGES = 5  # 500 comments on nine posts that are not in the archive
DAY = 86_400_000
RECEIVED = sum(not corpus.comment(n, "S")["author"] for n in range(1, 501))  # not our own


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    ledger = new_home(tmp_path_factory.mktemp("inbox"))
    harvest_pages(ledger, Replay(PAGES, lambda number: corpus.page(number, "S")))
    return ledger


@pytest.fixture
def inbox(ledger: Ledger) -> Inbox:
    return Inbox(ledger.database)


def everything_of(inbox: Inbox, limit: int) -> list[Waiting]:
    """Every thread, page by page."""
    found: list[Waiting] = []
    after: Place | None = None
    while True:
        page = inbox.page(LOCAL, after=after, limit=limit)
        found += page.threads
        after = page.after
        if after is None:
            return found


def _decide(ledger: Ledger, records: Collection[int]) -> int:
    channel = the_channel(ledger)
    return Register(ledger).decide(
        LOCAL,
        Decision(
            authority=channel.authority, records=tuple(records), outcome=Outcome.KEPT_IN_ORDER
        ),
    )


@pytest.mark.parametrize("limit", [1, 2, 4, 40])
def test_every_thread_is_shown_once_whatever_the_page(inbox: Inbox, limit: int) -> None:
    threads = everything_of(inbox, limit)
    keys = [thread.items[0].thread for thread in threads]
    assert len(keys) == len(set(keys)) == 9
    newest = [thread.items[0].legal_at for thread in threads]
    assert newest == sorted(newest, reverse=True)
    if limit == 40:
        assert sum(len(thread.items) for thread in threads) == RECEIVED


def test_the_oldest_is_told_in_working_days(inbox: Inbox) -> None:
    page = inbox.page(LOCAL, limit=40)
    oldest = min(item.legal_at for thread in page.threads for item in thread.items)
    standing = inbox.standing(LOCAL, now=oldest + 7 * DAY)
    assert standing.waiting == RECEIVED
    assert standing.since == oldest
    assert standing.working_days == 4  # from Monday to Friday


def test_what_is_decided_leaves_and_what_is_new_stays(tmp_path: Path) -> None:
    ledger = new_home(tmp_path)
    edited = {7}

    def pages(number: int) -> bytes:
        shown = [corpus.comment(n, "S") for n in range(1, 101)]
        for one in shown:
            if now and one["id"] in edited:
                one["content"] = {"rendered": "<p>Något helt annat</p>"}
        return corpus.encode(shown)

    now = False
    harvest_pages(ledger, Replay(1, pages))
    inbox = Inbox(ledger.database)
    waiting = [item.seq for thread in inbox.page(LOCAL).threads for item in thread.items]
    _decide(ledger, waiting)
    assert inbox.page(LOCAL).threads == ()
    assert inbox.standing(LOCAL, now=0).waiting == 0
    now = True
    harvest_pages(ledger, Replay(1, pages))
    (thread,) = inbox.page(LOCAL).threads
    (item,) = thread.items
    assert item.why is Why.CHANGED
    assert item.outcome == Outcome.KEPT_IN_ORDER
    assert inbox.page(LOCAL, because(Why.NEW)).threads == ()
    assert len(inbox.page(LOCAL, because(Why.CHANGED)).threads) == 1
    live = rows_of(ledger.database)
    ledger.rebuild()
    assert rows_of(ledger.database) == live


def test_what_was_just_decided_is_left_out(inbox: Inbox) -> None:
    first = inbox.page(LOCAL).threads[0].items
    page = inbox.page(LOCAL, without={item.seq for item in first})
    assert first[0].thread not in {thread.items[0].thread for thread in page.threads}


def test_a_view_stops_where_enough_was_looked_at(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.registry.inbox.LOOKED_AT", 100)
    monkeypatch.setattr("archiver.registry.inbox._CHUNK", 50)
    asked: list[int] = []

    def the_oldest(items: Sequence[Item]) -> Collection[int]:
        asked.append(len(items))
        return [item.seq for item in items if item.legal_at == oldest]

    oldest = inbox.standing(LOCAL, now=0).since
    after, found, rounds = None, [], 0
    while True:
        page = inbox.page(LOCAL, the_oldest, after=after)
        found += page.threads
        rounds += 1
        if page.after is None:
            break
        assert page.cut
        after = page.after
    assert len(found) == 1
    assert rounds == 5
    assert max(asked) == 50


def test_another_authoritys_inbox_is_empty(inbox: Inbox, ledger: Ledger) -> None:
    channel: Channel = the_channel(ledger)
    for viewer in (
        viewer_of(40, [(Role.REGISTRAR, channel.authority + 1)]),
        viewer_of(41, [(Role.AUDITOR, channel.authority)]),
    ):
        assert inbox.page(viewer).threads == ()
        assert inbox.standing(viewer, now=0).waiting == 0
        seqs = [item.seq for item in inbox.page(LOCAL).threads[0].items]
        assert inbox.items(viewer, seqs) == {}
    own = viewer_of(42, [(Role.REGISTRAR, channel.authority)])
    assert len(inbox.page(own).threads) == 9


def test_what_is_decided_costs_nothing(ledger: Ledger) -> None:
    """The first page reads the index of what waits, in its order."""
    from archiver.registry.inbox import _items

    query = _items(LOCAL, None).order_by(t.record.c.legal_at.desc(), t.record.c.seq.desc())
    sql = str(query.limit(10).compile(compile_kwargs={"literal_binds": True}))
    with ledger.database.read() as connection:
        plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
    assert any("record_undecided" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_both_ends_of_what_waits_are_read_by_the_index(ledger: Ledger, inbox: Inbox) -> None:
    """Whatever waits, as many items are read; never all of them to put them in order."""
    from archiver.registry.inbox import _items

    r = t.record.c
    for order in ((r.legal_at, r.seq), (r.legal_at.desc(), r.seq.desc())):
        query = _items(LOCAL, None).order_by(*order).limit(10)
        sql = str(query.compile(compile_kwargs={"literal_binds": True}))
        with ledger.database.read() as connection:
            plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        assert any("record_undecided" in step for step in plan), plan
        assert not any("TEMP B-TREE" in step for step in plan), plan
    items, cut = inbox.ends(LOCAL, most=20)
    assert (len(items), cut) == (20, True)
