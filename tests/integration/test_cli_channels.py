"""`diarkiv channel …` end to end, against a real server: check, add, change, show, credentials."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archiver.app import Application
from archiver.channels.service import Channels
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from tests.integration.test_cli import Answer, Cli
from tests.integration.test_cli import cli as _cli
from tests.unit.channels.invented import Invented
from tests.unit.channels.sites import demo_site

TOKEN = "pat-KANARIE-0815"
cli = _cli  # the fixture


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(demo_site(posts=3, comments=2)) as server:
        yield server


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def place(server: DemoServer) -> tuple[str, ...]:
    host, port = server.address
    return ("--allow-address", f"{host}:{port}")


def added(home: Cli, server: DemoServer, *more: str) -> str:
    words = ("channel", "add", "wordpress", server.url, "--authority", "KS", *place(server))
    answer = home(*words, "--json", *more)
    assert answer.code == 0, answer
    return str(answer.json["id"])


def changes(home: Cli, channel: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = home("channel", "show", channel, "--json").json["changes"]
    return rows


def test_a_check_says_what_is_seen_and_stores_nothing(home: Cli, server: DemoServer) -> None:
    answer = home("channel", "check", "wordpress", server.url, *place(server))
    assert answer.code == 0
    for words in (
        "Can it be read?\n  Yes.",
        "posts:publish: 3 of 3, 3 post",
        "comments:approve: 2 of 2, 2 comment",
        "in the trash (seen with a login)",
        "interval: 72; the platform names no limit",
    ):
        assert words in answer.out
    found = home("channel", "check", "wordpress", server.url, *place(server), "--json").json
    assert (found["readable"], found["control"], found["requests"]) == (True, "ok", 3)
    assert found["lists"][0]["expected"] == 3
    assert home("channel", "list", "--json").json == []


def test_an_account_that_cannot_be_read_is_added_only_on_purpose(home: Cli) -> None:
    with DemoServer(demo_site()) as server:
        pass
    words = ("channel", "add", "wordpress", server.url, "--authority", "KS", *place(server))
    answer = home(*words)
    assert answer.code == 4
    assert "Nothing" not in answer.out
    assert "No: nothing usable answers" in answer.err
    assert "--anyway" in answer.err
    told = home(*words, "--json")
    assert (told.code, told.json["added"], told.json["check"]["control"]) == (
        4,
        False,
        "unreachable",
    )
    assert home("channel", "list", "--json").json == []
    assert home(*words, "--anyway").code == 0
    assert home("harvest", "--all", "--json").json[0]["status"] == "gap"
    other = (*words[:3], f"{server.url}/annan", *words[4:])
    assert home(*other, "--no-check", "--json").code == 0


def test_a_channel_can_be_checked_again(home: Cli, server: DemoServer) -> None:
    channel = added(home, server)
    assert home("channel", "check", channel).code == 0
    assert home("channel", "check", "C999").code == 2
    assert home("channel", "check", "nonsense").code == 2


def test_changes_are_shown_with_what_was(home: Cli, server: DemoServer) -> None:
    channel = added(home, server, "--title", "Nytt")
    assert home("channel", "set", channel, "--title", "Nyheter", "--interval", "7200").code == 0
    assert "was so already" in home("channel", "set", channel, "--title", "Nyheter").err
    crisis = home("channel", "crisis", channel, "--days", "14", "--json").json
    assert crisis["crisis_until"] > 0
    assert home("channel", "crisis", channel, "--days", "0").code == 0
    assert home("channel", "pause", channel, "--json").json["state"] == "paused"
    assert home("harvest", "--due", "--json").json == []
    assert home("channel", "crisis", channel, "--days", "1").code == 2
    assert home("channel", "resume", channel, "--json").json["state"] == "active"
    assert home("channel", "end", channel, "--yes").code == 0
    assert home("harvest", "--due", "--json").json[0]["status"] == "complete"
    assert home("harvest", "--due", "--json").json == []
    rows = changes(home, channel)
    assert [set(row["fields"]) for row in rows[:-1]] == [
        {"state"},
        {"state"},
        {"state"},
        {"crisis_until"},
        {"crisis_until"},
        {"interval", "title"},
    ]
    assert rows[-1]["what"] == "added"
    assert "title = Nyheter" in home("channel", "show", channel).out
    assert home("verify").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("set", "{c}"),
        ("set", "{c}", "--schedule", "often"),
        ("set", "{c}", "--interval", "1"),
        ("set", "{c}", "--option", "x=1"),
        ("set", "{c}", "--option", "x"),
        ("set", "C999", "--title", "x"),
        ("crisis", "{c}", "--days", "99"),
        ("credential", "{c}", "finns-inte.txt"),
    ],
)
def test_mistakes_change_nothing(home: Cli, server: DemoServer, words: tuple[str, ...]) -> None:
    channel = added(home, server)
    answer = home("channel", *(word.replace("{c}", channel) for word in words))
    assert answer.code == 2, answer
    assert len(changes(home, channel)) == 1


def test_an_end_asks_first(home: Cli, server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = added(home, server)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert home("channel", "end", channel).code == 130
    assert len(changes(home, channel)) == 1


def test_the_platforms_say_what_they_offer(home: Cli) -> None:
    data = home("channel", "platforms", "--json").json
    rows = {row["platform"]: row for row in data["platforms"]}
    assert rows["wordpress"]["login"] == "basic"
    assert rows["feed"]["deletes"] == "none"
    assert data["schedules"][0] == "interval"
    assert "WordPress" in home("channel", "platforms").out


# --- logins --------------------------------------------------------------------------------------


@pytest.fixture
def with_invented(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Application.channels.func  # type: ignore[attr-defined]

    def channels(app: Application) -> Channels:
        made = known(app)
        made._connectors = {**made._connectors, "invented": Invented()}
        return made  # type: ignore[no-any-return]

    monkeypatch.setattr(Application, "channels", property(channels))


def test_a_token_is_a_line_of_a_file_or_of_standard_input_and_never_shown(
    home: Cli, with_invented: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Answer] = []
    file = tmp_path / "token.txt"
    file.write_text(f"{TOKEN}\nsigneras-{TOKEN}\n")
    words = ("channel", "add", "invented", "https://x.example", "--authority", "KS", "--no-check")
    said.append(home(*words, "--credential", str(file), "--option", "depth=3", "--json"))
    channel = said[-1].json["id"]
    assert said[-1].json["options"] == {"depth": "3"}
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    said.append(home("channel", "credential", channel, "-"))
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _prompt: TOKEN)
    said.append(home("channel", "credential", channel, "--json"))
    said.append(home("channel", "show", channel, "--json"))
    file.write_text(f"Bearer {TOKEN}")
    said.append(home("channel", "credential", channel, str(file)))
    assert [answer.code for answer in said] == [0, 0, 0, 0, 2]
    assert said[3].json["login"]["entered_at"] > 0
    for answer in said:
        assert TOKEN not in answer.out + answer.err
    for path in home.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


def test_a_user_name_and_password_are_asked_for(
    home: Cli, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = added(home, server)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{LOGIN[0]}\n"))
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _prompt: LOGIN[1])
    answer = home("channel", "credential", channel)
    assert answer.code == 0
    assert LOGIN[1] not in answer.out + answer.err
    found = home("channel", "check", channel, "--json").json
    assert (found["authenticated"], len(found["lists"])) == (True, 7)
    feed = ("channel", "add", "feed", f"{server.url}/feed/", "--authority", "KS", *place(server))
    of_feed = home(*feed, "--json").json["id"]
    refused = home("channel", "credential", of_feed)
    assert (refused.code, "takes no login" in refused.err) == (2, True)


def test_help_holds_examples_that_are_commands(home: Cli) -> None:
    for name in ("add", "check", "set", "crisis", "pause", "resume", "end", "credential", "show"):
        answer = home("channel", name, "--help")
        assert answer.code == 0
        assert re.search(rf"diarkiv channel {name}", answer.out), name


def test_json_is_json(home: Cli, server: DemoServer) -> None:
    channel = added(home, server)
    for words in (("list",), ("show", channel), ("platforms",), ("pause", channel)):
        assert json.loads(home("channel", *words, "--json").out) is not None
