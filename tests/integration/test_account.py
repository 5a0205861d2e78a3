"""A cohort whose key was taken out of the secret store: who has no keys sees it too."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from archiver.core.verdict import Duty
from archiver.errors import IntegrityError
from archiver.ledger.account import account
from archiver.ledger.apart import Apart
from archiver.ledger.verify import without_key
from retention.cli_audit import command
from tests.build import verify
from tests.homes import TestHome
from tests.unit.registry.desk import make_desk


class _Home:
    """What the command needs."""

    def __init__(self, home: TestHome) -> None:
        self.ledger = home.ledger


def test_a_key_that_was_taken_out_is_told_by_the_audit_and_by_verify(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.capture("Ett brev")
    home = desk.home
    secrets = home.ledger.keys.secrets
    before, report = account(home.ledger), verify(home.path)
    assert (before.keyless, before.unexplained, report.unexplained) == (0, 0, 0)
    assert report.duties[Duty.KEYS]
    name = next(one for one in secrets.names() if one.startswith("kek/"))
    secrets.remove([name])
    after, report = account(home.ledger), verify(home.path)
    assert (after.keyless, after.live + after.unexplained) == (1, before.live)
    assert after.unexplained > 0
    number = int(name.removeprefix("kek/").partition(".")[0])
    said = without_key({number: after.unexplained})
    assert said in after.findings
    assert said in report.findings
    assert report.unexplained == after.unexplained
    assert not report.duties[Duty.KEYS]
    done = CliRunner().invoke(command(lambda: _Home(home)))  # type: ignore[arg-type,return-value]
    assert isinstance(done.exception, IntegrityError)
    assert said in done.output
    assert "1  cohorts without a key" in done.output


def test_what_is_said_of_several() -> None:
    assert without_key({4: 2, 7: 3}).startswith("2 cohorts have no key (4, 7): 5 entries cannot")
    assert "…" in without_key(dict.fromkeys(range(11), 1))


def test_a_quarantine_has_its_key_elsewhere(tmp_path: Path) -> None:
    """`stop` closes a key under one that is not in the home: that is no loss."""
    desk = make_desk(tmp_path)
    record = desk.capture("Ett brev").record
    Apart(desk.home.ledger, desk.home.path).stop(record, reason="Misstänkt brott")
    assert account(desk.home.ledger).keyless == 0
    assert verify(desk.home.path).unexplained == 0
