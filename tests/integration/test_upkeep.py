"""Upkeep over an archive: terms, the record of processing and texts of information, with each check
PASS, FAIL and UNKNOWN; what is refused; a rebuild; the commands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.canonical import encode
from archiver.db import tables as t
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.governance.archive import Archive
from archiver.governance.checks import (
    altkanal,
    art30,
    bemanning,
    hanvis,
    info1,
    info2,
    info3,
    uppsikt,
    villkor,
)
from archiver.governance.core import acts as a
from archiver.governance.core import upkeep as u
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.check import Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.governance.upkeep.processing import adopted
from archiver.governance.upkeep.service import Upkeep
from gdpr.core.processing import ProcessingRecord
from gdpr.processing.record import as_data
from gdpr.processing.service import Processing
from retention.schedule.service import Retention
from tests.databases import rows_of
from tests.homes import people_of
from tests.integration.test_bluesky import square
from tests.integration.test_checks import DAY, Town
from tests.integration.test_checks_duties import found_of
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_harvest import town as site
from tests.unit.governance.test_information import PRIVACY, RULES

cli = _cli  # the fixture
pytestmark = pytest.mark.usefixtures("each_database")
AUDITOR = viewer_of(19, [(Role.AUDITOR, HOME)])
TERMS = u.TermsReviewed(platform="feed", version="2026-01-01", reviewer="Kommunjuristen",
                        text="Godtagbara", name="villkor.pdf", sha256="ab" * 32)  # fmt: skip


class Kept(Town):
    """A home with its upkeep."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.upkeep = Upkeep(self.home.ledger, self.clock)
        channels = self.home.channels
        self.processing = Processing(
            self.home.ledger, self.clock, authorities=channels.authorities, channels=channels.all,
            platforms={}, periods=lambda _authority: (),
        )  # fmt: skip
        self.archive = self.archive._replace(processing=self.record_of)

    def record_of(self, authority: int) -> ProcessingRecord:
        return self.processing.record(LOCAL, authority)

    def shows(self, place: str, text: str = "", **more: object) -> int:
        said = u.TextShown(channel=self.channel, place=place, text=text)
        return self.upkeep.shown(LOCAL, replace(said, **more))  # type: ignore[arg-type]

    def months(self, count: int) -> None:
        self.clock.advance(count * 31 * DAY)


@pytest.fixture
def town(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


# --- terms and the record of processing -----------------------------------------------------------


def test_villkor_are_read_a_copy_is_kept_and_they_are_read_again(town: Kept) -> None:
    assert town.finds(villkor) is Found.UNKNOWN
    town.upkeep.reviewed(LOCAL, town.ks, replace(TERMS, platform="facebook"))
    assert town.finds(villkor) is Found.UNKNOWN, "another platform's"
    town.upkeep.reviewed(LOCAL, town.ks, replace(TERMS, sha256="", name=""))
    assert (town.finds(villkor), "copyless" in town.run(villkor).data) == (Found.FAIL, True)
    town.upkeep.reviewed(LOCAL, town.ks, replace(TERMS, accepted=False))
    assert town.finds(villkor) is Found.FAIL
    town.upkeep.reviewed(LOCAL, town.ks, TERMS)
    assert (town.finds(villkor), town.run(villkor).data["copies"]) == (Found.PASS, ["ab" * 32])
    initiatives = Initiatives(town.archive, town.clock, checklist, lambda: {})
    day = initiatives.today()
    opened = a.Opened(authority=town.ks, title="Sidan", platforms=("feed",), day=day)
    seq = initiatives.open(LOCAL, opened)
    initiatives.take(LOCAL, seq, a.TermsChanged(platform="facebook", text="2026-06"))
    assert town.finds(villkor) is Found.PASS
    initiatives.take(LOCAL, seq, a.TermsChanged(platform="feed", text="2026-06"))
    assert (town.finds(villkor), "changed" in town.run(villkor).data) == (Found.STALE, True)
    town.upkeep.reviewed(LOCAL, town.ks, replace(TERMS, version="2026-06"))
    assert town.finds(villkor) is Found.PASS
    town.months(12)
    assert (town.finds(villkor), "old" in town.run(villkor).data) == (Found.STALE, True)


def test_art30_what_was_adopted_is_what_is_configured(town: Kept) -> None:
    assert town.finds(art30) is Found.UNKNOWN
    for language in ("sv", "en"):
        data = encode(as_data(town.record_of(town.ks), language))  # type: ignore[arg-type]
        town.upkeep.adopted(LOCAL, town.ks, adopted("register.json", data))
        town.clock.advance(DAY)
        assert town.finds(art30) is Found.PASS, "another day, either language"
    channel = town.home.add_channel("feed", "http://bibliotek.test/flode", "127.0.0.1:1").seq
    changed = town.run(art30)
    assert (changed.outcome, changed.data["added"]) == (Found.FAIL, [f"channel.C{channel}"])
    said = json.loads(data)
    said["channels"] = [{"channel": "C1", "platform": "x", "title": "x"}]
    said["purposes"][0]["legal_basis"] = "samtycke"
    town.upkeep.adopted(LOCAL, town.ks, adopted("register.json", encode(said)))
    other = town.run(art30).data
    assert (other["gone"], other["changed"]) == (["channel.C1"], ["purpose.channel"])


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"controller":1,"channels":[1]}'])
def test_art30_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match="no record of processing"):
        adopted("bild.png", data)


# --- texts of information -------------------------------------------------------------------------


def test_texts_that_people_saw(town: Kept) -> None:
    every = (info1, info2, info3, hanvis, altkanal)
    assert {town.finds(one) for one in every} == {Found.UNKNOWN}
    town.shows("om", "Testköpings kommun")
    assert {town.finds(one) for one in every} == {Found.FAIL}
    town.shows("regler", RULES)
    assert {town.finds(one) for one in every if one is not info3} == {Found.PASS}
    assert town.finds(info3) is Found.FAIL
    town.shows("integritet", PRIVACY)
    assert town.finds(info3) is Found.PASS
    assert {town.finds(one, town.empty) for one in every} == {Found.UNKNOWN}, "another account"
    town.shows("regler", RULES.replace("- uppvigling\n", ""))
    less = town.run(info1)
    assert (less.outcome, less.data["gone"]) == (Found.FAIL, {f"C{town.channel}": ["uppvigling"]})
    town.upkeep.judge(LOCAL, town.channel, "uppvigling", met=True, reason="Står i bilden")
    judged = town.run(info1)
    assert (judged.outcome, judged.data["by_hand"]) == (
        Found.PASS, {f"C{town.channel}": ["uppvigling"]}
    )  # fmt: skip
    town.shows("regler", RULES.replace("- uppvigling\n", "").replace("- olaga hot\n", ""))
    again = town.run(info1).data["missing"]
    assert again == {f"C{town.channel}": ["hot", "uppvigling"]}, "judged of another text"
    town.shows("regler")
    assert town.run(info1).outcome is Found.FAIL, "it is gone"
    town.shows("regler", RULES)
    assert town.finds(info1) is Found.PASS
    town.months(13)
    assert town.finds(info1) is Found.STALE
    rows, ledger = rows_of(town.home.ledger.database), town.home.ledger
    ledger.rebuild()
    assert rows_of(ledger.database) == rows


def test_a_harvested_text_that_changes_or_goes_between_two_harvests(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        upkeep = Upkeep(it.home.ledger, it.clock)
        html = "".join(f"<p>{line}</p>" for line in RULES.replace("mot\n", "mot ").splitlines())
        page = it.post("Regler för sidan", html)
        it.harvest()
        assert found_of(it, info1).outcome is Found.UNKNOWN, "nobody has said where it stands"
        with it.home.ledger.database.read() as connection:
            [seq] = connection.scalars(select(t.record.c.seq))
        shown = u.TextShown(channel=it.channel.seq, place="fäst inlägg", record=seq)
        upkeep.shown(LOCAL, shown)
        assert found_of(it, info1).outcome is Found.PASS
        it.clock.advance(400 * DAY)
        assert found_of(it, info1).outcome is Found.PASS, "what is harvested is not seen long ago"
        it.site.edit_post(page, at=it.at, html=html.replace("<p>- olaga hot</p>", ""))
        it.harvest()
        less = found_of(it, info1)
        assert (less.outcome, less.data["gone"]) == (Found.FAIL, {f"C{it.channel.seq}": ["hot"]})
        it.site.edit_post(page, at=it.at, html=html)
        it.harvest()
        assert found_of(it, info1).outcome is Found.PASS
        it.site.trash_post(page, at=it.at)
        for _ in range(4):
            it.harvest()
            it.clock.advance(DAY)
        away = found_of(it, info1)
        assert (away.outcome, len(str(away.data["gone"]).split(","))) == (Found.FAIL, 8)


def test_an_account_s_own_description_is_read_by_itself(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        told = {
            "displayName": "Testköpings kommun",
            "description": "Kontakt: tk@testkoping.example",
        }
        it.kommun.write("app.bsky.actor.profile", told, "self")
        it.harvest()
        places = ((it.channel.seq, "bluesky"),)
        subject = Subject(authority=it.channel.authority, places=places, goals=(),
                          phase=Phase.DRIFT, now=it.clock.now())  # fmt: skip
        archive = Archive(it.home.ledger, Retention(it.home.ledger, it.clock))
        assert altkanal.check.run(subject, archive).outcome is Found.PASS
        lacking = hanvis.check.run(subject, archive)
        assert lacking.data["missing"] == {f"C{it.channel.seq}": ["hanvisning"]}


# --- supervision ----------------------------------------------------------------------------------


def test_bemanning_somebody_is_there_and_somebody_steps_in(town: Kept) -> None:
    assert town.finds(bemanning) is Found.UNKNOWN
    people = people_of(town.home)
    eva = people.add("eva", "Eva Lind", ((Role.COMMUNICATOR, HOME),))
    hours = "mån-fre 08:00-17:00"

    def plan(*turns: u.Turn, channels: tuple[int, ...] = ()) -> None:
        said = u.Supervised(channels=channels, hours=(hours,), turns=turns, looks=3)
        town.upkeep.supervised(LOCAL, town.ks, said)

    whole = u.Turn(hours=hours, who=f"U{eva.seq}", deputy="Kontaktcenter")
    plan(whole)
    assert town.finds(bemanning) is Found.PASS
    planned = Subject(authority=town.ks, places=((None, "facebook"),), goals=(), phase=Phase.PLAN,
                      now=town.clock.now())  # fmt: skip
    assert bemanning.check.run(planned, town.archive).outcome is Found.PASS, "no account yet"
    people.change(eva, disabled=True)
    left = town.run(bemanning)
    assert (left.outcome, left.data["away"]) == (
        Found.FAIL, {f"C{town.channel}": [f"U{eva.seq}"]}
    )  # fmt: skip
    assert "Eva" not in str(left)
    plan(replace(whole, who="Receptionen", deputy=""), channels=(town.channel,))
    alone = town.run(bemanning)
    assert (alone.outcome, alone.data["alone"]) == (Found.FAIL, {f"C{town.channel}": 1})
    plan(replace(whole, who="Receptionen", hours="mån-fre 08:00-16:00"))
    short = town.run(bemanning)
    assert (short.outcome, short.data["uncovered"]) == (Found.FAIL, {f"C{town.channel}": 300})
    plan(replace(whole, who="Receptionen"))
    assert town.finds(bemanning) is Found.PASS
    town.months(13)
    assert town.finds(bemanning) is Found.STALE


def test_uppsikt_somebody_looked_as_often_as_promised(town: Kept) -> None:
    turn = u.Turn(hours="mån-fre 08:00-17:00", who="Receptionen", deputy="Växeln")
    plan = u.Supervised(channels=(), hours=(turn.hours,), turns=(turn,), looks=2)
    assert town.finds(uppsikt) is Found.UNKNOWN
    town.upkeep.supervised(LOCAL, town.ks, plan)  # on Sunday the 22nd
    assert town.finds(uppsikt) is Found.UNKNOWN, "no working day has passed"
    for _ in range(3):
        town.clock.advance(DAY)
        town.upkeep.looked(LOCAL, u.Looked(channels=(town.channel, town.empty)))
        town.upkeep.looked(LOCAL, u.Looked(channels=(town.channel,)))
    seldom = town.run(uppsikt, town.empty)
    assert (seldom.outcome, town.finds(uppsikt)) == (Found.FAIL, Found.PASS)
    assert seldom.data[f"C{town.empty}"] == {"days": 2, "few": ["2026-11-24", "2026-11-23"]}
    town.clock.advance(2 * DAY)
    assert town.finds(uppsikt) is Found.FAIL, "nobody on Thursday"
    before = rows_of(town.home.ledger.database)
    town.home.ledger.rebuild()
    assert rows_of(town.home.ledger.database) == before


# --- what is refused ------------------------------------------------------------------------------


def test_what_cannot_be_noted_is_refused_and_nothing_is_noted(town: Kept) -> None:
    upkeep = town.upkeep
    before = upkeep.list(LOCAL)
    for lacking in ("platform", "version", "reviewer", "text"):
        with pytest.raises(ConfigError, match="A review says"):
            upkeep.reviewed(LOCAL, town.ks, replace(TERMS, **{lacking: " "}))
    with pytest.raises(ConfigError, match="SHA-256"):
        upkeep.reviewed(LOCAL, town.ks, replace(TERMS, sha256="AB"))
    with pytest.raises(ConfigError, match="stands somewhere"):
        town.shows(" ", "x")
    with pytest.raises(ConfigError, match="not both"):
        town.shows("om", "x", record=town.record)
    with pytest.raises(ConfigError, match="no record of the authority"):
        town.shows("om", record=town.channel)
    with pytest.raises(ConfigError, match="at most"):
        town.shows("om", "x" * (u.MAX_TEXT + 1))
    with pytest.raises(NotFound):
        town.shows("om", "x", channel=99_999)
    with pytest.raises(ConfigError, match="no topic"):
        upkeep.judge(LOCAL, town.channel, "hat", met=True, reason="x")
    with pytest.raises(ConfigError, match="shows no text"):
        upkeep.judge(LOCAL, town.channel, "hot", met=True, reason="x")
    turn = u.Turn(hours="mån 08:00-09:00", who="Växeln")
    plan = u.Supervised(channels=(), hours=(turn.hours,), turns=(turn,), looks=1)
    for wrong in (
        replace(plan, hours=("alltid",)),
        replace(plan, hours=()),
        replace(plan, turns=()),
        replace(plan, turns=(replace(turn, who=" "),)),
        replace(plan, turns=(replace(turn, hours="natt"),)),
        replace(plan, looks=0),
    ):
        with pytest.raises(ConfigError):
            upkeep.supervised(LOCAL, town.ks, wrong)
    with pytest.raises(ConfigError, match="channels of one authority"):
        upkeep.looked(LOCAL, u.Looked(channels=()))
    with pytest.raises(AccessRefused):
        upkeep.looked(AUDITOR, u.Looked(channels=(town.channel,)))
    with pytest.raises(AccessRefused):
        upkeep.reviewed(AUDITOR, town.ks, TERMS)
    other = town.home.channels.add_authority("BUN", "Barn- och utbildningsnämnden").seq
    with pytest.raises(ConfigError, match="another authority's"):
        upkeep.supervised(LOCAL, other, replace(plan, channels=(town.channel,)))
    stranger = viewer_of(20, [(Role.LAWYER, other)])
    with pytest.raises(AccessRefused):
        upkeep.reviewed(stranger, town.ks, TERMS)
    with pytest.raises(AccessRefused):
        upkeep.texts(stranger, town.channel)
    assert upkeep.list(LOCAL) == before == []
    upkeep.reviewed(LOCAL, town.ks, TERMS)
    assert (upkeep.list(stranger), len(upkeep.list(AUDITOR, "terms"))) == ([], 1)


def test_what_was_read_once_holds_for_twelve_months_to_the_day() -> None:
    assert not u.outdated(date(2025, 11, 23), date(2026, 11, 23))
    assert u.outdated(date(2025, 11, 23), date(2026, 11, 24))
    assert not u.outdated(date(2024, 2, 29), date(2025, 2, 28))


# --- the commands ---------------------------------------------------------------------------------


def test_from_the_terminal(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    base = ("lifecycle", "upkeep")
    assert cli(*base, "list").out.strip() == "Inget är noterat."
    register, copy, about = (tmp_path / name for name in ("r.json", "v.pdf", "om.txt"))
    register.write_text(cli("gdpr", "processing", "--authority", "KS", "--json").out)
    copy.write_bytes(b"%PDF-")
    about.write_bytes(b"\xe5")
    noted = cli(*base, "processing", "--authority", "KS", "--file", str(register), "--json")
    assert noted.json["noted"] > 0
    terms = (*base, "terms", "--authority", "KS", "--platform", "facebook", "--version", "2026",
             "--reviewer", "Juristen", "--text", "Ja", "--file", str(copy))  # fmt: skip
    assert cli(*terms).code == 0
    kinds = [row["kind"] for row in cli(*base, "list", "--json").json]
    assert kinds == ["processing", "terms"]
    opened = cli("lifecycle", "open", "--authority", "KS", "--title", "Sidan",
                 "--platform", "facebook", "--json").json  # fmt: skip
    found = {one["check"]: one["outcome"] for one in opened["checks"]}
    assert (found["A-ART30"], found["A-VILLKOR"]) == ("pass", "pass")
    assert (found["A-INFO1"], found["A-SOKSP"]) == ("not_yet", "pass")
    topics = {row["topic"]: row["check"] for row in cli(*base, "topics", "--json").json}
    assert topics["hets"] == "A-INFO1"
    assert "no channel C99" in cli(*base, "texts", "C99").err
    assert "one of them" in cli(*base, "text", "C99", "--place", "om").err
    assert "no text in UTF-8" in cli(*base, "text", "C9", "--place", "o", "--file", str(about)).err
    assert "no channel C99" in cli(*base, "text", "C99", "--place", "om", "--gone").err
    assert "no channel C99" in cli(*base, "judge", "C99", "hets", "--met", "--reason", "x").err
    plan = (*base, "supervise", "--authority", "KS", "--hours", "mån-fre 08:00-17:00", "--turn")
    assert cli(*plan, "mån-fre 08:00-17:00;Receptionen;Växeln").code == 0
    assert "is no turn" in cli(*plan, "mån-fre 08:00-17:00").err
    assert "no channel C99" in cli(*base, "look", "C99").err
    shown = cli("lifecycle", "show", str(opened["initiative"]), "--json").json
    found = {one["check"]: one["outcome"] for one in shown["checks"]}
    assert (found["A-BEMANNING"], found["A-UPPSIKT"]) == ("pass", "not_yet")
