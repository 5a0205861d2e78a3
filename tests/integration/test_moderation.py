"""The moderation log against a site that is really harvested: both checks, refusals, a rebuild."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.governance.archive import Archive
from archiver.governance.checks import block, modlogg
from archiver.governance.core import moderation as m
from archiver.governance.core.check import Outcome, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.moderation.service import Moderation
from retention.schedule.service import Retention
from tests.databases import rows_of
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_harvest import Town, archived, town

pytestmark = pytest.mark.usefixtures("each_database")
cli = _cli  # the fixture
DAY = 86_400_000
READER = viewer_of(19, [(Role.AUDITOR, HOME)])


class Desk:
    """The log of a harvested site, and its checks."""

    def __init__(self, it: Town) -> None:
        self.it, home = it, it.home
        self.log = Moderation(home.ledger, home.clock)
        self.archive = Archive(home.ledger, Retention(home.ledger, home.clock))
        self.channel = it.channel

    @property
    def today(self) -> date:
        return stockholm_date(self.it.home.clock.now())

    def subject(self) -> Subject:
        places = ((self.channel.seq, "wordpress"),)
        now = self.it.home.clock.now()
        authority = self.channel.authority
        return Subject(authority=authority, places=places, goals=(), phase=Phase.DRIFT, now=now)

    def modlogg(self) -> Outcome:
        return modlogg.check.run(self.subject(), self.archive).outcome

    def block(self) -> Outcome:
        return block.check.run(self.subject(), self.archive).outcome

    def causes(self) -> list[tuple[int, m.Cause]]:
        found = self.log.reconcile(READER, self.channel.seq)
        return [(one.episode.record, one.cause) for one in found]

    def hidden(self, record: int, **more: object) -> m.Taken:
        said = m.Taken(channel=self.channel.seq, measure=m.Measure.HIDE, on=self.today,
                       records=(record,), ground="regel", decider="Alva")  # fmt: skip
        return replace(said, **more)  # type: ignore[arg-type]


def test_what_the_platform_shows_against_the_log(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk = Desk(it)
        assert desk.modlogg() is Outcome.UNKNOWN, "nothing came in"
        post = it.post()
        ours, gone = it.comment(post), it.comment(post)
        it.harvest()
        assert desk.modlogg() is Outcome.PASS
        it.site.set_comment_status(ours, "hold", at=it.at)
        it.harvest()
        [(record, cause)] = desk.causes()
        assert (cause, desk.modlogg()) == (m.Cause.UNLOGGED, Outcome.FAIL), "shown, then unapproved"
        it.site.set_comment_status(ours, "trash", at=it.at)
        it.harvest()
        [(record, cause)] = desk.causes()
        assert (cause, desk.modlogg()) == (m.Cause.UNLOGGED, Outcome.FAIL)
        with pytest.raises(ConfigError, match="we hid or removed it"):
            desk.log.attest(
                LOCAL, m.Attested(records=(record,), cause=m.Cause.AUTHOR, reason="Sade det.")
            )
        seq = desk.log.take(LOCAL, desk.hidden(record, ground=""))
        assert desk.modlogg() is Outcome.FAIL, "an entry without a ground"
        desk.log.review(LOCAL, m.Reviewed(of=seq, reason="Grunden angavs inte.", ground="regel"))
        assert (desk.causes(), desk.modlogg()) == ([(record, m.Cause.LOGGED)], Outcome.PASS)

        it.site.delete_comment(gone, at=it.at)
        missed = desk.today
        for _ in range(6):
            it.harvest()
            it.home.clock.advance(2 * DAY)  # type: ignore[attr-defined]
        assert it.state("comment", gone) == "gone_confirmed"
        [other] = [one for one, cause in desk.causes() if cause is m.Cause.UNKNOWN]
        [lost] = [
            one.episode
            for one in desk.log.reconcile(READER, desk.channel.seq)
            if one.episode.record == other
        ]
        assert stockholm_date(lost.at) == missed < desk.today, "not the day it was confirmed"
        assert desk.modlogg() is Outcome.UNKNOWN, "somebody is asked to attest"
        desk.log.limit(LOCAL, desk.channel.authority, m.Limited(most=1, decision="KS § 1"))
        assert desk.modlogg() is Outcome.PASS
        desk.log.limit(LOCAL, desk.channel.authority, m.Limited(most=0, decision="KS § 2"))
        said = m.Attested(records=(other,), cause=m.Cause.AUTHOR, reason="Sade det i telefon.")
        desk.log.attest(LOCAL, said)
        assert (dict(desk.causes())[other], desk.modlogg()) == (m.Cause.AUTHOR, Outcome.PASS)

        before = rows_of(it.home.ledger.database)
        it.home.ledger.rebuild()
        assert rows_of(it.home.ledger.database) == before
        assert archived(it.home)


def test_blocks_and_what_is_refused(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk = Desk(it)
        it.comment(it.post())
        it.harvest()
        assert desk.block() is Outcome.UNKNOWN
        blocked = m.Taken(channel=desk.channel.seq, measure=m.Measure.BLOCK, on=desk.today,
                          account="@troll")  # fmt: skip
        seq = desk.log.take(LOCAL, blocked)
        assert desk.block() is Outcome.FAIL
        soon = desk.today + timedelta(days=30)
        whole = m.Reviewed(of=seq, reason="Nu helt", ground="regel", decider="Alva", review=soon)
        desk.log.review(LOCAL, whole)
        assert desk.block() is Outcome.PASS
        it.home.clock.advance(31 * DAY)  # type: ignore[attr-defined]
        assert desk.block() is Outcome.FAIL, "its review is past"
        desk.log.lift(LOCAL, m.Lifted(of=seq, reason="Tiden är ute."))
        assert desk.block() is Outcome.UNKNOWN
        [(row, said)] = desk.log.list(READER)
        assert (row.lifted is not None, said) == (True, blocked)

        size = it.home.ledger.log.size
        for wrong in (
            replace(blocked, account=""),
            replace(blocked, ground="humör"),
            replace(blocked, on=desk.today + timedelta(days=1)),
            replace(blocked, review=blocked.on),
            replace(blocked, records=(1,)),
            replace(blocked, measure=m.Measure.HIDE),
            desk.hidden(1),
        ):
            with pytest.raises(ConfigError):
                desk.log.take(LOCAL, wrong)
        for late in (
            lambda: desk.log.lift(LOCAL, m.Lifted(of=seq, reason="Igen")),
            lambda: desk.log.attest(
                LOCAL, m.Attested(records=(1,), cause=m.Cause.AUTHOR, reason="Nej")
            ),
            lambda: desk.log.limit(LOCAL, desk.channel.authority, m.Limited(most=1, decision="")),
        ):
            with pytest.raises(ConfigError):
                late()
        with pytest.raises(NotFound):
            desk.log.take(LOCAL, replace(blocked, channel=999_999))
        with pytest.raises(NotFound):
            desk.log.review(LOCAL, replace(whole, of=999_999, review=None))
        with pytest.raises(AccessRefused):
            desk.log.take(READER, blocked)
        assert it.home.ledger.log.size == size


def test_from_the_terminal(cli: Cli) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    base = ("lifecycle", "moderation")
    assert cli(*base, "list").out.strip() == "Loggen är tom."
    limit = (*base, "limit", "3", "--authority", "KS", "--decision", "KS § 1", "--json")
    assert cli(*limit).json["noted"] > 0
    codes = {row["ground"] for row in cli(*base, "grounds", "--json").json}
    assert {"bbs-hot", "personuppgifter", "regel", "annan-lag"} <= codes
    assert "no channel C99" in cli(*base, "reconcile", "C99").err
    log = (*base, "log", "C99", "--measure", "blockerat", "--account", "@troll")
    assert "no channel C99" in cli(*log).err
    assert "no measure 1" in cli(*base, "lift", "1", "--reason", "Klart").err
    assert "no measure 1" in cli(*base, "review", "1", "--reason", "Klart").err
    attest = (*base, "attest", "--record", "1", "--cause", "anvandaren_sjalv", "--reason", "Nej")
    answer = cli(*attest)
    assert (answer.code, "ones that came in" in answer.err) == (2, True)
