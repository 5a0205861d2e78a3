"""Disposals over the other platforms: what went leaves no trace, and no later run brings it back.

Long words stand in what goes, and short ones that no digest of a longer text would give away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retention.core.disposal import State
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    Period,
    Rounding,
    Rule,
    TriggerName,
)
from tests.build import DAY, verify
from tests.integration import test_harvest_mastodon as mastodon
from tests.integration.test_bluesky import square
from tests.integration.test_disposal import EVA, Office, plaintext
from tests.integration.test_facebook import TOKEN, Side, graph

LONG, SHORT = "Zorkelby-7731-QX sjunger på Björkgatan 7", "Zq77kx!"
MONTH = AfterPeriod(Period(days=30), Rounding.EXACT)
RECEIVED = Rule(
    code="SM05",
    label="Enkel fråga",
    retention=MONTH,
    trigger=TriggerName.RECEIVED,
    applies=Applies(origins=frozenset({"received"})),
)
DRAWN = Rule(
    code="SM02",
    label="Eget inlägg",
    retention=MONTH,
    trigger=TriggerName.DRAWN_UP,
    applies=Applies(origins=frozenset({"drawn_up"})),
)


def disposed(it: Any, *codes: str) -> None:
    """All of these classes that is due goes; `it` is a home over a platform, with its clock."""
    office = Office(it)
    office.adopt(RECEIVED, DRAWN)
    office.decide(*codes)
    for seq in office.disposals.propose(EVA, office.authority):
        office.confirm(seq)
        it.clock.advance(8 * DAY)
        assert office.execution.execute(EVA, seq).state is State.COMPLETED
    assert_gone(it)


def assert_gone(it: Any) -> None:
    data = plaintext(it)
    assert b"Zorkelby-7731" not in data
    assert b"Zq77kx" not in data
    assert verify(it.home.path).unexplained == 0


def test_answers_on_bluesky(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        post = it.kommun.post("Badet öppnar i dag för alla")
        it.anna.reply(LONG, post)
        short, deleted = it.anna.reply(SHORT, post), it.anna.reply(f"{SHORT} två", post)
        it.harvest()
        it.anna.delete(deleted)
        it.harvest()
        it.clock.advance(40 * DAY)
        disposed(it, "SM05")
        it.network.now = it.clock.wall
        it.harvest()
        it.anna.delete(short)
        for _ in range(2):
            it.harvest()
        assert_gone(it)


def test_own_posts_on_bluesky_that_were_answered_and_deleted(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        asked, short = it.kommun.post(LONG), it.kommun.post(SHORT)
        deleted = [it.kommun.post(f"{SHORT} c"), it.kommun.post(f"{LONG} d")]
        it.anna.reply("Vad menar ni med detta", asked)
        it.harvest()
        for one in deleted:
            it.kommun.delete(one)
        it.harvest()
        it.clock.advance(40 * DAY)
        disposed(it, "SM05", "SM02")
        it.network.now = it.clock.wall
        it.harvest()
        it.kommun.delete(short)
        for _ in range(2):
            it.harvest()
        assert_gone(it)


def test_comments_on_facebook_that_are_edited_and_moderated_afterwards(tmp_path: Path) -> None:
    it = Side(tmp_path, graph(), TOKEN)
    try:
        it.publish("bad")
        for ref, text in (("x", LONG), ("y", SHORT), ("z", "vanlig kommentar")):
            it.comment("bad", ref, text)
        it.harvest()
        it.clock.advance(40 * DAY)
        disposed(it, "SM05")
        it.page.edit("x", at=it.at, text=f"{LONG} ändrad")
        it.page.hide("y", at=it.at)
        it.harvest()
        it.page.remove("x", at=it.at)
        for later in (1, 50):
            it.harvest(later * 3_600_000)
        assert_gone(it)
    finally:
        it.server.stop()


def test_answers_on_mastodon(tmp_path: Path) -> None:
    it = mastodon.Town(tmp_path)
    try:
        post = it.post()
        long = it.answer(post, f"@kommun {LONG}")
        it.answer(post, f"@kommun {SHORT}")
        it.harvest()
        it.clock.advance(40 * DAY)
        disposed(it, "SM05")
        it.harvest()
        it.answer(long, "@kommun ett svar på det")
        for _ in range(2):
            it.harvest()
        assert_gone(it)
    finally:
        it.server.stop()
