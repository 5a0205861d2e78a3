"""The register of accounts over a site that is really harvested: three checks, refusals, a rebuild,
and the commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.connector import Control, ControlStatus, Credential
from archiver.core.token import TokenState, token_health
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.governance.accounts.service import Accounts
from archiver.governance.archive import Archive
from archiver.governance.checks import behorig, konto, privat
from archiver.governance.core import account as a
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from retention.schedule.service import Retention
from tests.databases import rows_of
from tests.homes import operations_of
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_harvest import Town, town

pytestmark = pytest.mark.usefixtures("each_database")
cli = _cli  # the fixture
DAY = 86_400_000
READER = viewer_of(19, [(Role.AUDITOR, HOME)])
STRANGER = viewer_of(20, [])


class Desk:
    """The register of a harvested site, and what checks find of it."""

    def __init__(self, it: Town) -> None:
        self.it, self.home, self.channel = it, it.home, it.channel
        self.ks = it.channel.authority
        home = it.home
        self.operations = operations_of(home)
        self.accounts = Accounts(
            home.ledger,
            home.clock,
            home.channels.all,
            lambda now: token_health(now, self.operations.tokens()),
        )
        self.archive = Archive(home.ledger, Retention(home.ledger, home.clock))

    @property
    def today(self) -> date:
        return self.accounts.today()

    def run(self, module: ModuleType) -> Result:
        now, channel = self.home.clock.now(), self.channel
        places = ((channel.seq, channel.platform),)
        subject = Subject(authority=self.ks, places=places, goals=(), phase=Phase.DRIFT, now=now)
        found: Result = module.check.run(subject, self.archive)
        return found

    def finds(self, module: ModuleType) -> Outcome:
        return self.run(module).outcome

    def describe(self, **more: object) -> None:
        said = a.Described(channel=self.channel.seq, **more)  # type: ignore[arg-type]
        self.accounts.describe(LOCAL, said)

    def person(self, name: str) -> int:
        return self.accounts.name(LOCAL, self.ks, a.Named(name=name))

    def right(self, person: int, **more: object) -> a.Appointed:
        said = a.Appointed(person=person, channel=self.channel.seq, right=a.Right.ADMIN,
                           since=self.today)  # fmt: skip
        return replace(said, **more)  # type: ignore[arg-type]


def test_who_keeps_an_account_and_who_has_left(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk = Desk(it)
        assert (desk.finds(konto), desk.finds(privat)) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
        eva, bo = desk.person("Eva Lind"), desk.person("Bo Berg")
        desk.accounts.appoint(LOCAL, desk.right(eva))
        assert desk.finds(konto) is Outcome.FAIL, "one alone"
        held = desk.accounts.appoint(LOCAL, desk.right(bo))
        assert desk.finds(konto) is Outcome.UNKNOWN, "MFA was not noted"
        desk.describe(unit="Kommunikationsenheten", mfa=a.Mfa.YES, recovery="IT-support")
        assert desk.finds(konto) is Outcome.PASS

        [left] = desk.accounts.leave(LOCAL, a.Left(person=bo, on=desk.today))
        assert left.seq == held
        assert desk.finds(konto) is Outcome.PASS, "their last day"
        desk.home.clock.advance(DAY)  # type: ignore[attr-defined]
        assert desk.run(konto).data["left"] == [desk.channel.seq]
        [row] = desk.accounts.list(READER)
        assert ([who.name for _, who in row.held], row.lacks) == (
            ["Eva Lind", "Bo Berg"],
            ("admins", "left"),
        )
        desk.accounts.end(LOCAL, a.Ended(of=held, on=desk.today))
        assert desk.accounts.to_end(READER, bo) == []
        assert set(desk.run(konto).data) == {"admins", "accounts"}
        desk.accounts.appoint(LOCAL, desk.right(desk.person("Alva Ek")))
        assert desk.finds(konto) is Outcome.PASS
        desk.describe(mfa=a.Mfa.NO)
        assert desk.finds(konto) is Outcome.FAIL
        assert desk.accounts.list(READER)[0].known.unit == "Kommunikationsenheten", "it stays"

        desk.describe(kind=a.Kind.PERSONAL, owner="Kommunalrådet")
        assert desk.finds(privat) is Outcome.FAIL, "without a decision"
        desk.describe(decision="KS § 9")
        assert desk.finds(privat) is Outcome.PASS

        before = rows_of(it.home.ledger.database)
        it.home.ledger.rebuild()
        assert rows_of(it.home.ledger.database) == before
        assert desk.finds(privat) is Outcome.PASS


def test_who_published_on_a_site_that_names_them(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk = Desk(it)
        assert desk.finds(behorig) is Outcome.UNKNOWN, "nothing is published"
        it.post()
        it.harvest()
        assert desk.finds(behorig) is Outcome.UNKNOWN, "nobody is listed"
        eva = desk.person("Eva Lind")
        first = desk.today - timedelta(days=3)
        said = desk.right(eva, right=a.Right.SPEAKER, since=first, handle="1")
        held = desk.accounts.appoint(LOCAL, said)
        assert desk.finds(behorig) is Outcome.PASS
        it.site.publish_post(at=it.at, title="Snö", html="<p>Vi plogar.</p>", author=2)
        it.harvest()
        strange = desk.run(behorig)
        assert (strange.outcome, strange.data["strangers"]) == (Outcome.FAIL, 1)
        desk.accounts.appoint(LOCAL, replace(said, person=desk.person("Bo Berg"), handle="2"))
        assert desk.finds(behorig) is Outcome.PASS
        desk.accounts.end(LOCAL, a.Ended(of=held, on=first + timedelta(days=1)))
        assert desk.finds(behorig) is Outcome.FAIL, "not on that day"


def test_how_the_login_stands_is_what_the_platform_told(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk = Desk(it)
        [row] = desk.accounts.list(READER)
        assert row.token is None, "no login is stored"
        desk.operations.put(desk.channel.seq, Credential(user="diarkiv", secret="hemligt"))
        [row] = desk.accounts.list(READER)
        assert row.token
        assert (row.token.state, row.token.days_left) == (TokenState.NEVER_TRIED, None)
        until = it.home.clock.now() + 9 * DAY
        told = Control(status=ControlStatus.OK, authenticated=True, expires_at=until)
        desk.operations.note_control(desk.channel.seq, told)
        [row] = desk.accounts.list(READER)
        assert row.token
        assert (row.token.state, row.token.days_left) == (TokenState.EXPIRING, 9)


def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk = Desk(it)
        it.home.clock.advance(9 * DAY)  # type: ignore[attr-defined]
        eva, bo = desk.person("Eva Lind"), desk.person("Bo Berg")
        held = desk.accounts.appoint(LOCAL, desk.right(eva))
        url = "https://facebook.com/testkoping.inofficiell"
        page = a.Reported(url=url, platform="facebook", way=a.Way.REPORTED)
        seen = desk.accounts.report(LOCAL, desk.ks, page)
        settled = a.Settled(of=seen, settlement=a.Settlement.CLOSE, decider="Alva", reason="Gammal")
        desk.accounts.settle(LOCAL, settled)
        assert desk.accounts.register(READER, desk.ks).shadows[seen].settled == settled
        desk.accounts.leave(LOCAL, a.Left(person=bo, on=desk.today - timedelta(days=2)))
        size, day = it.home.ledger.log.size, timedelta(days=1)
        it_is = desk.accounts
        for wrong in (
            lambda: it_is.describe(LOCAL, a.Described(channel=desk.channel.seq)),
            lambda: it_is.name(LOCAL, desk.ks, a.Named(name=" ")),
            lambda: it_is.appoint(LOCAL, desk.right(eva)),
            lambda: it_is.appoint(LOCAL, desk.right(bo)),
            lambda: it_is.appoint(LOCAL, desk.right(held)),
            lambda: it_is.appoint(LOCAL, desk.right(eva, since=desk.today, until=desk.today - day)),
            lambda: it_is.end(LOCAL, a.Ended(of=held, on=desk.today + day)),
            lambda: it_is.end(LOCAL, a.Ended(of=held, on=desk.today - day)),
            lambda: it_is.end(LOCAL, a.Ended(of=eva, on=desk.today)),
            lambda: it_is.leave(LOCAL, a.Left(person=bo, on=desk.today)),
            lambda: it_is.leave(LOCAL, a.Left(person=held, on=desk.today)),
            lambda: it_is.report(LOCAL, desk.ks, replace(page, url="facebook.com/x")),
            lambda: it_is.report(LOCAL, desk.ks, replace(page, url=f"{url}/")),
            lambda: it_is.report(LOCAL, desk.ks, replace(page, url=desk.channel.url)),
            lambda: it_is.settle(LOCAL, replace(settled, of=held)),
            lambda: it_is.settle(LOCAL, replace(settled, reason="")),
        ):
            with pytest.raises(ConfigError):
                wrong()
        for unseen in (
            lambda: it_is.describe(LOCAL, a.Described(channel=999_999, unit="IT")),
            lambda: it_is.end(LOCAL, a.Ended(of=999_999, on=desk.today)),
            lambda: it_is.end(STRANGER, a.Ended(of=held, on=desk.today)),
            lambda: it_is.appoint(STRANGER, desk.right(eva, right=a.Right.SPEAKER)),
        ):
            with pytest.raises(NotFound):
                unseen()
        for barred in (
            lambda: it_is.end(READER, a.Ended(of=held, on=desk.today)),
            lambda: it_is.name(READER, desk.ks, a.Named(name="Alva")),
            lambda: it_is.register(STRANGER, desk.ks),
        ):
            with pytest.raises(AccessRefused):
                barred()
        assert it_is.list(STRANGER) == []
        assert it.home.ledger.log.size == size


def test_from_the_terminal(cli: Cli) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    cli("channel", "add", "feed", "http://nyheter.test/flode", "--authority", "KS", "--no-check")
    [channel] = [row["id"] for row in cli("channel", "list", "--json").json]
    base = ("lifecycle", "account")
    add = (*base, "person", "add", "Eva Lind", "--authority", "KS", "--json")
    eva = str(cli(*add).json["noted"])
    cli(*base, "describe", channel, "--mfa", "ja", "--unit", "Kommunikation")
    given = ("--right", "administrator", "--since", "2020-01-01", "--json")
    right = cli(*base, "appoint", channel, eva, *given).json["noted"]
    [row] = cli(*base, "list", "--json").json
    assert (row["mfa"], row["unit"], row["lacks"]) == (
        "ja",
        "Kommunikation",
        ["admins", "no_recovery"],
    )
    assert [one["name"] for one in row["people"]] == ["Eva Lind"]
    assert "har färre än två administratörer" in " ".join(cli(*base, "list").out.split())
    [one] = cli(*base, "leave", eva, "--on", "2030-01-01", "--json").json
    assert (one["right"], one["channel"]) == (right, channel)
    assert cli(*base, "end", str(right)).code == 0
    assert cli(*base, "leave", eva).out.strip() == "Inget återstår att avsluta."
    [person] = cli(*base, "person", "list", "--authority", "KS", "--json").json
    assert person == {"person": int(eva), "name": "Eva Lind", "title": "", "left": "2030-01-01"}
    report = (*base, "shadow", "report", "https://x.test/testkoping", "--platform", "x")
    page = cli(*report, "--authority", "KS", "--json").json["noted"]
    settle = (*base, "shadow", "settle", str(page), "inte_var", "--decider", "Alva")
    assert cli(*settle, "--reason", "En privatperson").code == 0
    [shadow] = cli(*base, "shadow", "list", "--authority", "KS", "--json").json
    assert (shadow["page"], shadow["settlement"]) == (page, "inte_var")
    assert "holds nothing as 999999" in cli(*base, "end", "999999").err
