"""Time stamps from the command line and by the worker: set up, asked for, listed, verified."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from archiver.app import build
from archiver.cli.stamps import authorities, of_stamps
from archiver.clock import SystemClock
from archiver.core.anchor import Anchor
from archiver.ledger.stamping import StampState
from tests.build import FakeClock
from tests.integration.test_cli import Cli, cli
from tests.tsa import Authority, granting, serving
from tests.unit.notify.servers import webhook_receiver

__all__ = ["cli"]
NOW = 1_795_000_000_000
HOUR = 3_600_000


def lights(answer: Any) -> dict[str, str]:
    """What the doctor says of time stamps: words → light."""
    return {
        one["what"]: one["light"]
        for one in answer.json["findings"]
        if "time" in one["what"].lower()
    }


def test_without_an_authority_it_is_said_and_nothing_fails(cli: Cli) -> None:
    cli("init")
    answer = cli("stamp")
    assert (answer.code, "No time-stamp authority is set up" in answer.out) == (0, True)
    assert cli("stamp", "--json").json == {"configured": False, "stamp": None}
    assert cli("stamps", "--json").json == {"stamps": []}
    assert "attention" in lights(cli("doctor", "--json")).values()
    assert "– Tidsstämpel" in cli("verify").out


def test_set_up_asked_for_listed_and_verified(
    cli: Cli, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("init")
    (cli.home / "roots.pem").write_bytes(authority.roots)
    with serving(granting(authority)) as tsa:
        monkeypatch.setenv("DIARKIV_TIMESTAMP_URLS", f"http://127.0.0.1:1/ {tsa.url}")
        wrong = cli("stamp")
        assert (wrong.code, "timestamp_roots" in wrong.err) == (2, True)
        assert cli("verify").code == 0  # whoever verifies goes on without
        monkeypatch.setenv("DIARKIV_TIMESTAMP_ROOTS", "roots.pem")
        answer = cli("stamp", "--json")
        assert (answer.code, answer.json["stamp"]["covers"]) == (0, 2)
        assert '"authority": 1, "reason": "unreachable"' in answer.err
    said = cli("stamp")  # nothing is new: nobody is asked
    assert (said.code, "the first 2 entries" in said.out) == (0, True)
    listed = cli("stamps", "--json").json["stamps"]
    assert [(one["entry"], one["file"]) for one in listed] == [(2, "stamps/2-1.tsr")]
    assert "2-1.tsr" in cli("stamps").out
    verified = cli("verify", "--json").json
    assert (verified["duties"]["stamp"], verified["verdict"]) == (True, "Styrkt")
    roots = str(cli.home / "roots.pem")
    other = cli("verify", str(cli.home), "--tsa-roots", roots, "--json").json
    assert (other["duties"]["stamp"], other["duties"]["key"]) == (True, None)
    report = cli("doctor", "--json")
    assert set(lights(report).values()) == {"ok"}
    assert any("(time stamps)" in host for host in report.json["egress"])
    cli("authority", "add", "KS", "Kommunstyrelsen")
    failed = cli("stamp", "--json")
    assert (failed.code, '"timestamp-unavailable"' in failed.err + failed.out) == (4, True)


def test_the_worker_stamps_by_itself(cli: Cli, authority: Authority) -> None:
    cli("init")
    (cli.home / "roots.pem").write_bytes(authority.roots)
    with serving(granting(authority)) as tsa:
        process = cli.spawn(
            "worker",
            DIARKIV_TIMESTAMP_URLS=tsa.url,
            DIARKIV_TIMESTAMP_ROOTS="roots.pem",
        )
        try:
            deadline = time.monotonic() + 60
            while not cli("stamps", "--json").json["stamps"] and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    assert len(cli("stamps", "--json").json["stamps"]) == 1
    assert cli("verify").code == 0


def test_people_are_told_when_no_stamp_comes(tmp_path: Path, authority: Authority) -> None:
    """Whatever keeps it from coming, wrong settings too; and that it is over."""
    clock, urls = FakeClock(wall=SystemClock().now()), "http://127.0.0.1:1/"
    with webhook_receiver() as receiver, serving(granting(authority)) as tsa:
        environment = {
            "DIARKIV_ALERT_WEBHOOK": receiver.url,
            "DIARKIV_WEBHOOK_SECRET": "hemligt",
            "DIARKIV_TIMESTAMP_URLS": urls,
        }
        app = build(tmp_path / "home", environment=environment, clock=clock)
        app.init(None)
        app.alerts.tick(clock.now())
        clock.advance(25 * HOUR)
        app.alerts.tick(clock.now())
        (tmp_path / "home/roots.pem").write_bytes(authority.roots)
        environment |= {"DIARKIV_TIMESTAMP_URLS": tsa.url, "DIARKIV_TIMESTAMP_ROOTS": "roots.pem"}
        again = build(tmp_path / "home", environment=environment, clock=clock)
        assert again.stamping.stamp_now() is not None
        again.alerts.tick(clock.now())
    told = [json.loads(body) for _, _, body in receiver.requests]
    assert [(one["kind"], one["phase"]) for one in told] == [
        ("unstamped", "raised"),
        ("unstamped", "cleared"),
    ]


def test_settings_from_the_environment_and_the_file(tmp_path: Path) -> None:
    told = build(tmp_path, environment={"DIARKIV_TIMESTAMP_POLICIES": "1.2.3 1.2.4"})
    assert told.settings.timestamp_policies == ("1.2.3", "1.2.4")
    (tmp_path / "diarkiv.toml").write_text('timestamp_urls = ["https://tsa.example/tsr"]\n')
    assert build(tmp_path, environment={}).settings.timestamp_urls == ("https://tsa.example/tsr",)
    assert authorities(["https://tsa.example/tsr"]) == ["https://tsa.example (time stamps)"]


@pytest.mark.parametrize(
    ("waits", "newest", "light"),
    [
        (None, True, "ok"),
        (HOUR, True, "ok"),
        (HOUR, False, "ok"),
        (3 * HOUR, True, "attention"),
        (30 * HOUR, True, "broken"),
        (30 * HOUR, False, "broken"),
    ],
)
def test_what_the_doctor_says(waits: int | None, newest: bool, light: str) -> None:
    anchor = Anchor(seq=7, at=NOW, size=7, number=1, sha256="ab" * 32, time=NOW)
    state = StampState(
        configured=True,
        interval=HOUR,
        newest=anchor if newest else None,
        waiting_since=None if waits is None else NOW - waits,
    )
    [finding] = of_stamps(state, NOW)
    assert finding.light.value == light
    assert bool(finding.remedy) is (light != "ok")
