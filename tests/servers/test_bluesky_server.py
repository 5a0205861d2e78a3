"""The Bluesky connector against the AT Protocol's own servers: what the archive holds after each
thing that can happen to an account, a post or a reply."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from archiver.connectors.bluesky import connector
from archiver.connectors.bluesky_did import identity_from_log
from archiver.connectors.bluesky_proof import blob_digest, verify_record_proof
from archiver.core.changes import State
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.db.queries import media_parts
from archiver.harvest.completeness import Reason, Status
from archiver.ledger.verify import verify_archive
from tests.servers import atproto
from tests.servers.atproto import GATE, POST, Account, AtprotoServer, ask
from tests.servers.bluesky_home import BlueskyHome, Held, home_of
from tests.servers.wordpress import ServerNotInstalled

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
NUMBERS = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[AtprotoServer]:
    with AtprotoServer() as running:
        yield running


@pytest.fixture(scope="module")
def network() -> Iterator[AtprotoServer]:
    with AtprotoServer(appview=True) as running:
        yield running


def somebody(server: AtprotoServer, name: str = "kommun") -> Account:
    return server.account(f"{name}{next(NUMBERS)}")


def state(home: BlueskyHome, address: str, kind: str = "post") -> str:
    return home.held()[kind, address].state


def reasons(result: Any) -> dict[str, tuple[str, str]]:
    return {t.collection.name: (t.status.value, t.reason.value) for t in result.tallies}


# The servers themselves.


def test_everything_listens_on_the_loopback_only(network: AtprotoServer) -> None:
    told = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True).stdout
    for port in network.ports.values():
        places = [
            line.split()[3] for line in told.splitlines() if line.split()[3].endswith(f":{port}")
        ]
        assert places == [f"127.0.0.1:{port}"]


def test_nothing_outlives_the_tests() -> None:
    code = (
        "import os, signal\n"
        "from tests.servers.atproto import AtprotoServer\n"
        "server = AtprotoServer()\n"
        "server.start()\n"
        "print(server._directory, server._node.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    directory, pid = done.stdout.split()
    for _ in range(100):
        if not Path(directory).exists() and not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
    pytest.fail("the server is still there")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atproto.shutil, "which", lambda _program: None)
    with pytest.raises(ServerNotInstalled, match=r"node.*redis-server.*tests/servers/install"):
        AtprotoServer(appview=True).start()


# The account's own records.


def test_a_post_is_created_edited_and_proved_deleted(server: AtprotoServer, tmp_path: Path) -> None:
    kommun = somebody(server)
    stays, goes = kommun.post("Badet öppnar 🏊"), kommun.post("Felaktig uppgift")
    home = home_of(tmp_path, server, kommun)
    assert home.harvest().status is Status.COMPLETE
    kommun.put(stays, {"text": "Badet öppnar i morgon 🏊"})
    kommun.delete(goes)
    assert home.harvest().status is Status.COMPLETE
    held = home.held()
    assert held["post", stays].texts == ("Badet öppnar 🏊", "Badet öppnar i morgon 🏊")
    assert held["post", goes].state == State.GONE_CONFIRMED
    (end,) = home.transitions()
    assert (end["why"], end["by"], end["reason"][:4]) == ("proof", "unknown", "rev:")
    assert end["last_seen"] < end["first_missed"]
    assert all(e["author_id"] == kommun.did for e in home.envelopes(stays))
    assert all(e.get("origin", "drawn_up") == "drawn_up" for e in home.envelopes(goes))


def test_the_proof_lies_in_the_archive_and_holds_without_us(
    server: AtprotoServer, tmp_path: Path
) -> None:
    kommun = somebody(server)
    for number in range(12):
        last = kommun.post(f"Inlägg {number}")
    home = home_of(tmp_path, server, kommun)
    home.harvest()
    kommun.delete(last)
    home.harvest()
    with home.home.ledger.database.read() as connection:
        seqs = connection.scalars(
            select(t.entry.c.seq).where(t.entry.c.type == EventType.CAPTURE.value)
        ).all()
    kept = [held.raw for held in home.home.ledger.open(list(seqs)).values()]
    (log,) = [raw for raw in kept if b"verificationMethods" in raw]
    (car,) = [raw for raw in kept if raw[1:].startswith(b"\xa2eroots")]
    identity = identity_from_log(kommun.did, log)
    did, collection, rkey = last.removeprefix("at://").split("/")
    proof = verify_record_proof(
        car, did=did, did_key=identity.key, collection=collection, rkey=rkey
    )
    assert proof.record is None
    assert proof.did == kommun.did
    report = verify_archive(tmp_path, str(home.home.ledger.verifier_key))
    assert report.verdict.value == "Styrkt", report


def test_a_record_comes_back_under_its_old_address(server: AtprotoServer, tmp_path: Path) -> None:
    kommun = somebody(server)
    post = kommun.post("Ett")
    home = home_of(tmp_path, server, kommun)
    home.harvest()
    kommun.delete(post)
    home.harvest()
    assert state(home, post) == State.GONE_CONFIRMED
    kommun.put(post, {"text": "Två"})
    home.harvest()
    assert home.held()["post", post][:2] == ("visible", ("Ett", "Två"))


def test_files_are_fetched_from_the_data_server(server: AtprotoServer, tmp_path: Path) -> None:
    kommun = somebody(server)
    blob = kommun.upload(PNG, "image/png")
    picture = {"alt": "Karta", "image": blob}
    post = kommun.post("", embed={"$type": "app.bsky.embed.images", "images": [picture]})
    home = home_of(tmp_path, server, kommun)
    assert home.harvest().status is Status.COMPLETE
    (envelope,) = home.envelopes(post)
    (shown,) = envelope["attachments"]
    assert shown == {
        "url": f"at://{kommun.did}/{blob['ref']['$link']}",
        "alt": "Karta",
        "mime": "image/png",
    }
    with home.home.ledger.database.read() as connection:
        version = connection.scalars(select(t.version.c.seq)).one()
        parts = media_parts(connection, version, 0)
    pieces = home.home.ledger.open(list(parts))
    assert b"".join(pieces[part].raw for part in parts) == PNG
    assert blob_digest(blob["ref"]["$link"]) == sha256(PNG).hexdigest()
    assert connector.media_digest(shown["url"]) == sha256(PNG).hexdigest()  # type: ignore[attr-defined]


def test_profile_shares_and_rules_are_records_too(server: AtprotoServer, tmp_path: Path) -> None:
    kommun, other = somebody(server), somebody(server, "anna")
    theirs = other.post("Tack för badet!")
    share = kommun.create("app.bsky.feed.repost", {"subject": other.pointer(theirs)})
    profile = kommun.create("app.bsky.actor.profile", {"displayName": "Testköping"}, "self")
    post = kommun.post("Ingen kan svara")
    gate = post.replace(POST, GATE)
    kommun.put(gate, {"post": post, "allow": []})
    home = home_of(tmp_path, server, kommun)
    home.harvest()
    held = home.held()
    assert held["threadgate", gate].texts == ("nobody",)
    assert home.envelopes(profile)[0]["title"] == "Testköping"
    assert home.envelopes(share)[0]["links"] == [
        f"https://bsky.app/profile/{other.did}/post/{theirs.rpartition('/')[2]}"
    ]
    kommun.delete(gate)
    kommun.delete(share)
    home.harvest()
    assert state(home, gate, "threadgate") == state(home, share, "share") == State.GONE_CONFIRMED


def test_an_own_answer_to_somebody_else_is_missed_when_it_is_gone(
    server: AtprotoServer, tmp_path: Path
) -> None:
    kommun, other = somebody(server), somebody(server, "anna")
    answer = kommun.reply("Ja, till kl 20.", other.post("Är badet öppet?"))
    home = home_of(tmp_path, server, kommun)
    home.harvest()
    (envelope,) = home.envelopes(answer)
    assert (envelope["kind"], envelope["origin"]) == ("reply", "drawn_up")
    kommun.delete(answer)
    home.harvest()
    assert state(home, answer, "reply") == State.GONE_CONFIRMED


def test_long_lists_come_whole_while_they_grow(server: AtprotoServer, tmp_path: Path) -> None:
    kommun = somebody(server)
    record = {"$type": POST, "text": "Många", "createdAt": atproto.now()}
    for _ in range(2):
        writes = [
            {"$type": "com.atproto.repo.applyWrites#create", "collection": POST, "value": record}
        ] * 120
        kommun.call("com.atproto.repo.applyWrites", {"repo": kommun.did, "writes": writes})
    home = home_of(tmp_path, server, kommun)
    before = connector.pages

    def growing(*asked: Any) -> Iterator[Any]:
        for page in before(*asked):
            kommun.post("Ett till")
            yield page

    connector.__dict__["pages"] = growing
    try:
        result = home.harvest()
    finally:
        del connector.__dict__["pages"]
    assert result.status is Status.COMPLETE
    assert len([key for key in home.held() if key[0] == "post"]) >= 240
    result = home.harvest()
    assert result.status is Status.COMPLETE
    listed = ask(
        server.pds,
        "com.atproto.repo.listRecords",
        {"repo": kommun.did, "collection": POST, "limit": "1"},
    )
    assert ("post", listed["records"][0]["uri"]) in home.held()


# The account.


def test_an_account_that_is_switched_off_is_a_gap_and_no_deletion(
    server: AtprotoServer, tmp_path: Path
) -> None:
    kommun = somebody(server)
    posts = [kommun.post(f"Inlägg {n}") for n in range(3)]
    home = home_of(tmp_path, server, kommun)
    home.harvest()
    kommun.deactivate()
    for _ in range(3):
        result = home.harvest()
        assert result.status is Status.GAP
        assert set(reasons(result).values()) == {("gap", Reason.ACCOUNT_GONE.value)}
    assert {state(home, post) for post in posts} == {"visible"}
    assert home.transitions() == []
    kommun.activate()
    assert home.harvest().status is Status.COMPLETE
    assert {len(home.held()["post", post].texts) for post in posts} == {1}


def test_another_handle_is_the_same_account(server: AtprotoServer, tmp_path: Path) -> None:
    kommun = somebody(server)
    post = kommun.post("Samma som förut")
    by_did, by_handle = (
        home_of(tmp_path / "did", server, kommun),
        BlueskyHome(tmp_path / "handle", server, kommun.handle, {"pds": server.pds, "appview": ""}),
    )
    for home in (by_did, by_handle):
        assert home.harvest().status is Status.COMPLETE
    kommun.rename(f"nytt{next(NUMBERS)}")
    assert by_did.harvest().status is Status.COMPLETE
    result = by_handle.harvest()
    assert set(reasons(result).values()) == {("gap", Reason.ACCOUNT_MOVED.value)}
    for home in (by_did, by_handle):
        assert home.held()["post", post].state == "visible"


def test_a_data_server_that_is_down_is_a_gap(tmp_path: Path) -> None:
    with AtprotoServer() as server:
        kommun = somebody(server)
        post = kommun.post("Kvar")
        home = home_of(tmp_path, server, kommun)
        home.harvest()
        server.command("stop-pds")
        result = home.harvest()
        assert set(reasons(result).values()) == {("gap", Reason.UNREACHABLE.value)}
        server.command("start-pds")
        kommun.put(post, {"text": "Kvar, ändrad"})
        assert home.harvest().status is Status.COMPLETE
        assert home.held()["post", post][:2] == ("visible", ("Kvar", "Kvar, ändrad"))


def test_the_servers_limit_is_a_gap_and_heeded(tmp_path: Path) -> None:
    with AtprotoServer(options={"rateLimitsEnabled": True}) as server:
        kommun = somebody(server)
        kommun.post("Ett")
        home = home_of(tmp_path, server, kommun)
        assert home.harvest().status is Status.COMPLETE
        asked = {"repo": kommun.did, "collection": POST}
        with httpx.Client() as client:
            for _ in range(3200):
                answer = client.get(f"{server.pds}/xrpc/com.atproto.repo.listRecords", params=asked)
                if answer.status_code == 429:
                    break
        assert answer.status_code == 429
        result = home.harvest()
        assert set(reasons(result).values()) == {("gap", Reason.QUOTA_EXHAUSTED.value)}
        assert result.retry_after is not None
        assert 0 < result.retry_after <= 300
        assert state(home, next(iter(home.held()))[1]) == "visible"


# What others answer.


def settle(network: AtprotoServer) -> None:
    network.command("settle")


def test_answers_are_read_and_their_changes_named(network: AtprotoServer, tmp_path: Path) -> None:
    kommun, anna, bosse = (somebody(network, n) for n in ("kommun", "anna", "bosse"))
    post = kommun.post("Vad tycker ni?")
    first = anna.reply("Bra!", post)
    nested = bosse.reply("Håller med", first, post)
    own = kommun.reply("Tack båda", nested, post)
    rude = bosse.reply("Fult", post)
    withdrawn = anna.reply("Ångrar mig", post)
    deep = own
    for number in range(18):
        deep = (anna, bosse)[number % 2].reply(f"Djupt {number}", deep, post)
    settle(network)
    home = home_of(tmp_path, network, kommun)
    result = home.harvest()
    assert result.status is Status.COMPLETE, reasons(result)
    held = home.held()
    assert len([key for key in held if key[0] == "reply"]) == 23
    assert held["reply", deep].texts == ("Djupt 17",)
    origins = {a: home.envelopes(a)[0]["origin"] for a in (first, nested, own)}
    assert origins == {first: "received", nested: "received", own: "drawn_up"}
    assert home.envelopes(nested)[0]["parent"] == ["reply", first]
    assert home.envelopes(first)[0]["author_id"] == anna.did

    kommun.hide(post, [rude])
    anna.delete(withdrawn)
    anna.put(first, {"text": "Mycket bra!", "reply": ask_reply(network, first)})
    settle(network)
    result = home.harvest()
    assert result.status is Status.COMPLETE, reasons(result)
    held = home.held()
    assert held["reply", rude].state == "hidden"
    assert held["reply", withdrawn].state == State.GONE_CONFIRMED
    assert held["reply", first].texts == ("Bra!", "Mycket bra!")
    assert [one["why"] for one in home.transitions()] == ["proof"]
    kommun.hide(post, [])
    settle(network)
    home.harvest()
    assert home.held()["reply", rude] == Held(
        "visible", ("Fult",) * 3, ("visible", "hidden", "visible")
    )


def ask_reply(network: AtprotoServer, address: str) -> object:
    did, collection, rkey = address.removeprefix("at://").split("/")
    asked = {"repo": did, "collection": collection, "rkey": rkey}
    return ask(network.pds, "com.atproto.repo.getRecord", asked)["value"]["reply"]


def test_a_citizen_who_leaves_and_comes_back_has_deleted_nothing(
    network: AtprotoServer, tmp_path: Path
) -> None:
    kommun, anna, bosse = (somebody(network, n) for n in ("kommun", "anna", "bosse"))
    post = kommun.post("Fråga oss")
    question = anna.reply("När öppnar badet?", post)
    below = bosse.reply("Undrar jag med", question, post)
    settle(network)
    home = home_of(tmp_path, network, kommun)
    home.harvest()
    anna.deactivate()
    settle(network)
    gone_from_view(network, question)
    for _ in range(3):
        assert home.harvest().status is Status.COMPLETE
        assert state(home, question, "reply") == State.AUTHOR_GONE
        assert state(home, below, "reply") == "visible"  # though its branch is not shown
    assert home.transitions()[0]["reason"] == "deactivated"
    anna.activate()
    settle(network)
    for _ in range(50):
        if question in shown(network, [question]):
            break
        time.sleep(0.1)
    home.harvest()
    assert home.held()["reply", question] == ("visible", ("När öppnar badet?",), ("visible",))


def shown(network: AtprotoServer, addresses: list[str]) -> set[str]:
    answer = httpx.get(
        f"{network.appview}/xrpc/app.bsky.feed.getPosts", params={"uris": addresses}
    ).json()
    return {post["uri"] for post in answer["posts"]}


def gone_from_view(network: AtprotoServer, address: str) -> None:
    for _ in range(100):
        if address not in shown(network, [address]):
            return
        time.sleep(0.1)
    pytest.fail("the AppView still shows it")


def test_an_account_that_is_deleted_for_good_is_its_author_s_doing(
    network: AtprotoServer, tmp_path: Path
) -> None:
    kommun, anna = somebody(network), somebody(network, "anna")
    post = kommun.post("Fråga oss")
    question = anna.reply("När öppnar badet?", post)
    settle(network)
    home = home_of(tmp_path, network, kommun)
    home.harvest()
    httpx.post(
        f"{network.pds}/xrpc/com.atproto.admin.deleteAccount",
        json={"did": anna.did},
        auth=("admin", "admin-pass"),
    ).raise_for_status()
    settle(network)
    gone_from_view(network, question)
    home.harvest()
    assert state(home, question, "reply") == State.AUTHOR_GONE
    assert home.transitions()[0]["reason"] in ("RepoNotFound", "plc_tombstone")


def test_what_moderation_takes_away_is_hidden_not_deleted(
    network: AtprotoServer, tmp_path: Path
) -> None:
    """The AppView shows it no more; its author's own server still has it, and says so."""
    kommun, anna = somebody(network), somebody(network, "anna")
    post = kommun.post("Fråga oss")
    question = anna.reply("Olagligt", post)
    settle(network)
    home = home_of(tmp_path, network, kommun)
    home.harvest()
    subject = {"$type": "com.atproto.repo.strongRef", **anna.pointer(question)}
    httpx.post(
        f"{network.appview}/xrpc/com.atproto.admin.updateSubjectStatus",
        json={"subject": subject, "takedown": {"applied": True, "ref": "test"}},
        auth=("admin", "admin-pass"),
    ).raise_for_status()
    gone_from_view(network, question)
    assert home.harvest().status is Status.COMPLETE
    assert state(home, question, "reply") == "hidden"
    assert home.transitions()[0]["reason"] == "not-in-appview"


def test_an_old_copy_in_the_appview_changes_nothing(network: AtprotoServer, tmp_path: Path) -> None:
    """The account's own server is the authority on what the account wrote."""
    kommun, anna = somebody(network), somebody(network, "anna")
    post = kommun.post("Ursprunglig text")
    own = kommun.reply("Svar", anna.reply("Hej", post), post)
    settle(network)
    home = home_of(tmp_path, network, kommun)
    home.harvest()
    network.command("pause-appview")
    try:
        kommun.put(post, {"text": "Ändrad text"})
        kommun.delete(own)
        for _ in range(2):
            assert home.harvest().status is Status.COMPLETE
    finally:
        network.command("resume-appview")
    assert home.held()["post", post].texts == ("Ursprunglig text", "Ändrad text")
    assert state(home, own, "reply") == State.GONE_CONFIRMED
    settle(network)
    home.harvest()
    assert home.held()["post", post].texts == ("Ursprunglig text", "Ändrad text")
    assert state(home, own, "reply") == State.GONE_CONFIRMED


def test_no_secret_and_no_address_of_a_person_is_in_the_clear(
    network: AtprotoServer, tmp_path: Path
) -> None:
    kommun, anna = somebody(network), somebody(network, "anna")
    post = kommun.post("Rubrik om gräsmattor")
    reply = anna.reply("Svar om pepparkakor", post)
    settle(network)
    home = home_of(tmp_path, network, kommun)
    home.harvest()
    anna.delete(reply)
    settle(network)
    home.harvest()
    secrets = [
        anna.did,
        reply.rpartition("/")[2],
        "pepparkak",
        anna.handle,
        anna.token,
        kommun.token,
    ]
    for folder, _, files in os.walk(tmp_path):
        for name in files:
            data = (Path(folder) / name).read_bytes()
            for secret in secrets:
                assert secret.encode() not in data, (folder, name, secret)
                assert secret not in name
