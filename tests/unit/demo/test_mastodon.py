"""The demo's Mastodon instance behaves as Mastodon does, the parts that surprise included."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from archiver.demo.mastodon import Fault, MastodonServer
from archiver.demo.mastodon_instance import Instance
from archiver.demo.mastodon_rounds import ACCOUNT, ROUNDS, TOKEN, Event, new_instance

START = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)


class Played:
    """An instance with two accounts, served."""

    def __init__(self) -> None:
        self.at = START
        self.instance = Instance()
        self.kommun = self.instance.join("kommun", "Testköpings kommun", at=START)
        self.alva = self.instance.join("alva", "Alva Ek", at=START)
        self.instance.grant("token", self.kommun, "read:accounts read:statuses")
        self.server = MastodonServer(self.instance, now=lambda: START)

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def get(self, path: str, token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"{self.server.url}/api/v1{path}", headers=headers, timeout=5)


@pytest.fixture
def played() -> Iterator[Played]:
    played = Played()
    with played.server:
        yield played


def error_of(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json().get("error")


def test_pages_are_linked_and_go_back_in_time(played: Played) -> None:
    made = [played.instance.post(played.kommun, f"{n}", at=played.now()) for n in range(45)]
    path = f"/accounts/{played.kommun}/statuses"
    first = played.get(f"{path}?limit=99")
    assert [row["id"] for row in first.json()] == [str(n) for n in made[:4:-1]]
    rest = httpx.get(first.links["next"]["url"])
    assert [row["id"] for row in rest.json()] == [str(n) for n in made[4::-1]]
    assert "next" not in rest.links


def test_a_token_nobody_knows_is_an_error_only_where_one_is_needed(played: Played) -> None:
    assert played.get("/accounts/lookup?acct=KOMMUN", "okand").status_code == 200
    refused = played.get("/accounts/verify_credentials", "okand")
    assert error_of(refused) == (401, "The access token is invalid")
    assert "invalid_token" in refused.headers["WWW-Authenticate"]


def test_a_token_that_ended_is_refused_everywhere(played: Played) -> None:
    played.instance.end_token("token", "revoked")
    refused = played.get("/accounts/lookup?acct=kommun", "token")
    assert error_of(refused) == (401, "The access token was revoked")


def test_a_token_without_the_scope_is_refused(played: Played) -> None:
    played.instance.grant("write", played.kommun, "write:statuses")
    refused = played.get("/accounts/lookup?acct=kommun", "write")
    assert error_of(refused) == (403, "This action is outside the authorized scopes")


def test_a_suspended_account_has_an_empty_list(played: Played) -> None:
    status = played.instance.post(played.kommun, "Hej", at=played.now())
    played.instance.suspend(played.kommun, at=played.now())
    assert played.get(f"/accounts/{played.kommun}").json()["suspended"] is True
    listed = played.get(f"/accounts/{played.kommun}/statuses")
    assert (listed.status_code, listed.json()) == (200, [])
    assert error_of(played.get(f"/statuses/{status}")) == (404, "Record not found")


def test_a_thread_is_cut_for_those_without_a_login(played: Played) -> None:
    post = played.instance.post(played.kommun, "Hej", at=played.now())
    for n in range(61):
        played.instance.post(played.alva, f"{n}", at=played.now(), answers=post)
    path = f"/statuses/{post}/context"
    assert len(played.get(path).json()["descendants"]) == 60
    assert len(played.get(path, "token").json()["descendants"]) == 61
    assert "favourited" not in played.get(path).json()["descendants"][0]
    assert "favourited" in played.get(path, "token").json()["descendants"][0]


def test_an_answer_keeps_whose_status_it_answered(played: Played) -> None:
    post = played.instance.post(played.kommun, "Hej", at=played.now())
    answer = played.instance.post(played.alva, "Hej!", at=played.now(), answers=post)
    played.instance.delete(post, at=played.now())
    row = played.get(f"/statuses/{answer}").json()
    assert (row["in_reply_to_id"], row["in_reply_to_account_id"]) == (None, str(played.kommun))


def test_history_has_every_text(played: Played) -> None:
    post = played.instance.post(played.kommun, "Ett", at=played.now())
    played.instance.edit(post, at=played.now(), text="Två")
    states = played.get(f"/statuses/{post}/history").json()
    assert [state["content"] for state in states] == ["<p>Ett</p>", "<p>Två</p>"]
    assert states[0]["created_at"] == played.get(f"/statuses/{post}").json()["created_at"]
    assert states[1]["created_at"] == played.get(f"/statuses/{post}").json()["edited_at"]


def test_who_is_blocked_sees_nothing(played: Played) -> None:
    status = played.instance.post(played.alva, "Hej", at=played.now())
    played.instance.block(played.alva, played.kommun, at=played.now())
    assert played.get(f"/statuses/{status}").status_code == 200
    assert played.get(f"/statuses/{status}", "token").status_code == 404


def test_the_limit_counts_and_resets_on_the_clock(played: Played) -> None:
    played.server.limit = 2
    first = played.get("/accounts/lookup?acct=kommun")
    assert first.headers["X-RateLimit-Remaining"] == "1"
    assert first.headers["X-RateLimit-Reset"] == "2026-09-01T06:05:00.000Z"
    played.get("/accounts/lookup?acct=kommun")
    assert error_of(played.get("/accounts/lookup?acct=kommun")) == (429, "Too many requests")


def test_a_file_is_served_as_it_is(played: Played) -> None:
    media = played.instance.upload(b"\x89PNG", at=played.now(), alt="Karta")
    post = played.instance.post(played.kommun, "", at=played.now(), media=(media,))
    shown = played.get(f"/statuses/{post}").json()["media_attachments"][0]
    assert httpx.get(shown["url"]).content == b"\x89PNG"
    assert httpx.get(f"{played.server.url}/system/media_attachments/files/1/x").status_code == 404


FAULTS: Mapping[str, tuple[int, str]] = {
    "500": (500, "text/html"),
    "502": (502, "text/html"),
    "503": (503, "text/html"),
    "maintenance": (200, "text/html"),
    "429": (429, "application/json"),
    "sunset": (410, "application/json"),
}


@pytest.mark.parametrize("mode", FAULTS)
def test_it_fails_as_told(played: Played, mode: str) -> None:
    played.server.fault = Fault(mode=mode, path="/lookup", after=1)  # type: ignore[arg-type]
    assert played.get("/accounts/lookup?acct=kommun").status_code == 200
    assert played.get(f"/accounts/{played.alva}").status_code == 200
    answer = played.get("/accounts/lookup?acct=kommun")
    status, kind = FAULTS[mode]
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_body_may_break_off(played: Played) -> None:
    played.server.fault = Fault(mode="cut-off")
    with pytest.raises(httpx.RemoteProtocolError):
        played.get("/accounts/lookup?acct=kommun")


def test_an_answer_may_be_slow(played: Played) -> None:
    played.server.fault = Fault(mode="slow", seconds=0.2)
    begun = time.monotonic()
    assert played.get("/accounts/lookup?acct=kommun").status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_operations_come_in_time_order(played: Played) -> None:
    played.instance.post(played.kommun, "Hej", at=played.now())
    with pytest.raises(ValueError, match="before"):
        played.instance.post(played.kommun, "Hej", at=START - timedelta(days=1))
    with pytest.raises(ValueError, match="time zone"):
        played.instance.post(played.kommun, "Hej", at=datetime(2030, 1, 1))


# The script.


def test_the_script_is_played_from_beginning_to_end() -> None:
    instance = new_instance()
    for played in ROUNDS:
        played.apply(instance)
        assert instance.history[-1].at <= played.at
    done = {operation.name for operation in instance.history}
    assert {"post", "answer", "edit", "delete", "boost", "suspend", "unsuspend"} <= done
    assert instance.find(ACCOUNT)
    assert instance.tokens[TOKEN].account == instance.accounts[min(instance.accounts)].id


def test_the_same_rounds_give_the_same_instance() -> None:
    one, two = new_instance(), new_instance()
    for played in ROUNDS:
        played.apply(one)
        played.apply(two)
    assert one == two


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="no instance can do"):
        Event(at=START, do="dansa", fields={}).apply(new_instance())
