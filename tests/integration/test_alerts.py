"""Alerts of a whole home: real runs against a site that is down, real servers at the other end, and
no canary of what the home holds in anything that leaves."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

from archiver.app import Application, build
from archiver.channels import token_cli
from archiver.cli import alerts as alerts_cli
from archiver.cli import duty as duty_cli
from archiver.cli.home import Light
from archiver.core.channel import Channel
from archiver.core.connector import Control, ControlStatus, Credential
from archiver.core.token import DAY, TokenState
from archiver.errors import ConfigError, NotFound
from archiver.notify.service import Ticked
from tests.build import FakeClock
from tests.unit.notify.servers import Mailbox, Receiver, mail_server, webhook_receiver

HOUR = 3_600_000
CANARY = "KANARIEFAGELN"
RECIPIENT, DUTY = "registrator@testkoping.example", "jour@testkoping.example"


class Rig:
    """A home with one channel whose site is down."""

    def __init__(self, path: Path, box: Mailbox, receiver: Receiver, logs: list[Any]) -> None:
        self.clock, self.box, self.receiver, self.logs = FakeClock(), box, receiver, logs
        environment = {
            "DIARKIV_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
            "DIARKIV_SMTP_FROM": "diarkiv@testkoping.example",
            "DIARKIV_ALERT_WEBHOOK": receiver.url,
            "DIARKIV_WEBHOOK_SECRET": f"{CANARY}-secret",
        }
        self.path = path
        self.app: Application = build(
            path, environment=environment, clock=self.clock, rng=os.urandom,
            sleep=lambda _seconds: None,
        )  # fmt: skip
        self.app.init(None)
        self.app.add_authority("KS", f"{CANARY}-nämnden")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.channel: Channel = self.app.channels.add_channel(
            "wordpress",
            f"http://{self.address}/{CANARY.lower()}-sida",
            authority="KS",
            title=f"{CANARY}-konto",
            credential=Credential(user=f"{CANARY}-user", secret=f"{CANARY}-password"),
            allow=[self.address],
        )

    def tick(self) -> Ticked:
        return self.app.alerts.tick(self.clock.now())

    def run(self, group: click.Command, *words: str) -> Result:
        return CliRunner().invoke(group, words, catch_exceptions=False)

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.box.parsed()]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with mail_server() as box, webhook_receiver() as receiver, capture_logs() as logs:
        yield Rig(tmp_path / "home", box, receiver, logs)


def command(rig: Rig, name: str) -> click.Command:
    (group,) = {"alert": alerts_cli, "duty": duty_cli}[name].commands(lambda: rig.app)  # type: ignore[attr-defined]
    assert isinstance(group, click.Command)
    return group


def test_from_a_site_that_is_down_to_an_all_clear_and_no_canary_leaves(
    rig: Rig,
) -> None:
    rig.run(command(rig, "alert"), "add", RECIPIENT)
    for _ in range(5):
        rig.app.harvest(rig.channel)
        rig.tick()
        rig.clock.advance(HOUR)
    assert rig.subjects() == [f"[Diarkiv] Lucka i arkivet – KS, wordpress, C{rig.channel.seq}"]
    rig.app.operations.note_control(
        rig.channel.seq,
        Control(status=ControlStatus.LOGIN_REFUSED, detail=f"{CANARY}-detail"),
    )
    rig.clock.advance(30 * HOUR)
    rig.tick()
    rig.app.gaps.acknowledge(rig.channel, f"{CANARY}-åtgärd")
    rig.app.operations.put(rig.channel.seq, Credential(user="ny", secret="ny"))
    rig.clock.advance(40 * HOUR)
    rig.tick()
    subjects = " | ".join(rig.subjects())
    assert "Inloggningen godtas inte – KS" in subjects
    assert "Insamlaren står stilla" in subjects
    assert "Inloggningen godtas inte (avhjälpt)" in subjects
    assert len(rig.receiver.requests) == len(rig.box.messages)
    left = b"".join(raw for _, raw, _ in rig.box.messages)
    left += b"".join(repr(one).encode() for one in rig.receiver.requests)
    assert {"alert.delivered"} <= {entry["event"] for entry in rig.logs}
    left += repr(rig.logs).encode()
    for secret in (CANARY, CANARY.lower(), rig.address):
        assert secret.encode() not in left
    assert RECIPIENT.encode() not in left


def test_the_doctor_and_the_list_of_logins(rig: Rig) -> None:
    findings, _ = rig.app.doctor()
    said = " ".join(one.what for one in findings)
    assert "never tried" in said
    assert "Alerts by e-mail have no recipient." in said
    control = Control(
        status=ControlStatus.OK,
        authenticated=True,
        expires_at=rig.clock.now() + 5 * DAY,
        scopes=("read",),
    )
    rig.app.operations.note_control(rig.channel.seq, control)
    rig.app.harvest(rig.channel)
    rig.clock.advance(HOUR)
    rig.app.harvest(rig.channel)
    findings, _ = rig.app.doctor()
    worst = {one.what for one in findings if one.light is Light.RED}
    assert f"The login of C{rig.channel.seq}: runs out in 4 days." in worst
    gaps = [one for one in findings if "open gaps" in one.what]
    assert [one.light for one in gaps] == [Light.AMBER]
    assert "gap acknowledge" in gaps[0].remedy
    tokens = token_cli.command(lambda: rig.app)
    (row,) = json.loads(rig.run(tokens, "--json").stdout)
    assert (row["state"], row["days_left"]) == (TokenState.EXPIRING_SOON.value, 4)
    text = rig.run(tokens)
    assert "runs out in 4 days" in text.stdout
    assert CANARY not in text.output + json.dumps(row)


def test_recipients_are_added_tried_listed_and_removed(rig: Rig) -> None:
    group = command(rig, "alert")
    rig.run(group, "add", RECIPIENT)
    for wrong in ("inte en adress", RECIPIENT):
        with pytest.raises(ConfigError):
            rig.run(group, "add", wrong)
    done = rig.run(group, "test")
    assert (done.exit_code, rig.subjects()) == (0, ["[Diarkiv] Prov av larm"])
    data: dict[str, Any] = json.loads(rig.run(group, "list", "--json").stdout)
    assert data["recipients"] == [{"id": 1, "address": RECIPIENT}]
    assert data["ways"] == ["email", "webhook"]
    rig.box.answer = "554 no"
    assert rig.run(group, "test").exit_code == 1
    rig.run(group, "remove", "1")
    with pytest.raises(NotFound):
        rig.run(group, "remove", "1")
    assert "No recipient yet." in rig.run(group, "list").stdout


def test_a_check_without_a_worker_tells_that_it_is_silent(rig: Rig) -> None:
    group = command(rig, "alert")
    rig.run(group, "add", RECIPIENT)
    rig.clock.advance(10 * HOUR)  # nobody ever harvested the channel
    assert rig.run(group, "check").exit_code == 0
    (subject,) = [one for one in rig.subjects() if "Insamlaren" in one]
    assert "BRÅDSKANDE" in subject
    rig.receiver.status = 500
    rig.app.harvest(rig.channel)
    done = rig.run(group, "check", "--json")
    assert (done.exit_code, json.loads(done.stdout)["failed"]) == (1, 1)
    listed = rig.run(group, "list")
    assert "webhook-http-500" in listed.stderr
    assert any("could not be sent" in one.what for one in rig.app.doctor()[0])


def test_nobody_is_told_without_a_way(tmp_path: Path) -> None:
    app = build(tmp_path, environment={}, clock=FakeClock())
    app.init(None)
    assert any("Nobody is told" in one.what for one in app.doctor()[0])
    (group,) = alerts_cli.commands(lambda: app)
    for words in (["test"], ["check"]):
        with pytest.raises(ConfigError, match="smtp_url"):
            CliRunner().invoke(group, words, catch_exceptions=False)
    assert "smtp_url" in CliRunner().invoke(group, ["list"]).stderr


def test_the_roster_is_set_shown_and_imported(rig: Rig, tmp_path: Path) -> None:
    group = command(rig, "duty")
    assert "nobody" in rig.run(group, "show").stderr
    rig.run(group, "set", "mån 00:00", "mån 00:00", DUTY)
    rig.run(group, "set", "2026-12-24 16:00", "2026-12-25 07:00")
    shown = json.loads(rig.run(group, "show", "--json").stdout)
    assert shown["on_duty"] == [DUTY]
    assert [line["address"] for line in shown["lines"]] == [DUTY, ""]
    assert "nobody" in rig.run(group, "show", "--at", "2026-12-24 20:00").stderr
    rig.run(command(rig, "alert"), "test", "--urgent")
    assert rig.box.messages[-1][0] == [DUTY]
    for words in (("mån 00:00", "tis 00:00"), ("x", "y", DUTY)):
        with pytest.raises(ConfigError):
            rig.run(group, "set", *words)
    file = tmp_path / "jour.csv"
    file.write_text("från;till;adress\nmån 08:00;fre 17:00;ny@testkoping.example\n", "utf-8")
    rig.run(group, "import", str(file))
    assert json.loads(rig.run(group, "show", "--json").stdout)["lines"] == [
        {"from": "mån 08:00", "to": "fre 17:00", "address": "ny@testkoping.example"}
    ]
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        rig.run(group, "import", str(file))


def test_a_log_that_was_tampered_with_is_told(rig: Rig) -> None:
    rig.run(command(rig, "alert"), "add", RECIPIENT)
    assert rig.app.watch.facts(rig.clock.now()).integrity == ""
    checkpoint = rig.path / "log" / "checkpoint"
    good = checkpoint.read_bytes()
    checkpoint.write_bytes(good[:-20] + b"A" * 19 + b"\n")
    rig.tick()
    assert rig.subjects() == ["[Diarkiv] BRÅDSKANDE: Arkivet stämmer inte"]
    checkpoint.write_bytes(good)
    rig.tick()
    assert rig.subjects()[1:] == ["[Diarkiv] Arkivet stämmer inte (avhjälpt)"]
