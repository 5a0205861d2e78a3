"""Harvesting Bluesky over real HTTP: what the archive says after each thing that can happen.

The network is one of memory with real keys and proofs; `tests/servers` has the real servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import libipld
import pytest
from sqlalchemy import select

from archiver.connectors.bluesky_did import identity_from_log
from archiver.connectors.bluesky_proof import verify_record_proof
from archiver.core.disappearance import Policy
from archiver.core.event import EventType
from archiver.core.plan import EVERYTHING, RunPlan, Scope
from archiver.db import tables as t
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.deep import verify_deep
from archiver.harvest.service import RunResult
from archiver.ledger.verify import verify_archive
from archiver.plugins import connectors
from tests.build import FakeClock
from tests.fakes import Answer
from tests.homes import make_home
from tests.unit.connectors.bluesky_network import GATE, START, Network, refused

HOUR = 3_600_000


class Square:
    """The network, an account on it, and a home that harvests it."""

    def __init__(self, path: Path, network: Network, place: str) -> None:
        self.network, self.path = network, path
        self.kommun = network.join("testkoping.example")
        self.anna = network.join("anna-ek.example")
        self.clock = FakeClock()
        self.home = make_home(path, clock=self.clock)
        self.home.channels.add_authority("KS", "Kommunstyrelsen")
        self.channel = self.home.channels.add_channel(
            "bluesky", self.kommun.did, authority="KS", allow=[place]
        )
        self.options = {"plc": network.base, "pds": "", "appview": network.base}

    def harvest(self, plan: RunPlan = EVERYTHING) -> RunResult:
        """An hour later, a run; the network's clock is ours."""
        self.network.now += HOUR
        self.clock.wall = self.network.now
        return self.home.harvest(self.channel, plan, Policy(), self.options)

    def states(self) -> dict[str, str]:
        """Text of the newest version → state now."""
        with self.home.ledger.database.read() as connection:
            rows = connection.execute(select(t.record)).all()
        opened = self.home.ledger.open([row.latest for row in rows])
        return {str(opened[row.latest].envelope.get("text", "")): row.state for row in rows}

    def texts(self, address: str) -> list[str]:
        """What an item has said, version by version."""
        with self.home.ledger.database.read() as connection:
            seqs = connection.scalars(select(t.version.c.seq).order_by(t.version.c.seq)).all()
        opened = [held.envelope for held in self.home.ledger.open(list(seqs)).values()]
        return [str(e.get("text", "")) for e in opened if e["native_id"] == address]

    def transitions(self) -> list[dict[str, Any]]:
        with self.home.ledger.database.read() as connection:
            rows = connection.execute(select(t.transition).order_by(t.transition.c.seq))
            return [dict(row._asdict()) for row in rows]

    def kept(self) -> list[bytes]:
        """The bodies of answers that were kept."""
        with self.home.ledger.database.read() as connection:
            seqs = connection.scalars(
                select(t.entry.c.seq).where(t.entry.c.type == EventType.CAPTURE.value)
            ).all()
        return [held.raw for held in self.home.ledger.open(list(seqs)).values()]


@contextmanager
def square(path: Path) -> Iterator[Square]:
    network = Network(now=START)
    with network.served() as place:
        it = Square(path, network, place)
        yield it
        report = verify_archive(path, str(it.home.ledger.verifier_key))
        assert report.verdict.value == "Styrkt", report
        assert verify_deep(it.home.ledger, connectors(), lambda _done, _all: None) == []


def told(result: RunResult) -> set[tuple[str, str]]:
    return {(one.status.value, one.reason.value) for one in result.tallies}


def test_a_year_of_an_account(tmp_path: Path) -> None:
    """Edits, hides, deletions and departures, each named for what it is."""
    with square(tmp_path) as it:
        post = it.kommun.post("Badet öpnar")
        gone = it.kommun.post("Fel uppgift")
        praise, rude = it.anna.reply("Bra!", post), it.anna.reply("Fult", post)
        sorry = it.anna.reply("Ångrar mig", post)
        thanks = it.kommun.reply("Tack", praise, post)
        assert it.harvest().status is Status.COMPLETE
        it.kommun.records[post.partition(f"{it.kommun.did}/")[2]]["text"] = "Badet öppnar"
        it.kommun.delete(gone)
        it.kommun.delete(thanks)
        it.anna.delete(sorry)
        it.kommun.write(GATE, {"post": post, "hiddenReplies": [rude]}, post.rpartition("/")[2])
        assert it.harvest().status is Status.COMPLETE
        assert it.texts(post) == ["Badet öpnar", "Badet öppnar"]
        assert it.states() == {
            "Badet öppnar": "visible",
            "Fel uppgift": "gone_confirmed",
            "Bra!": "visible",
            "Fult": "hidden",
            "Ångrar mig": "gone_confirmed",
            "Tack": "gone_confirmed",
            "everybody": "visible",
        }
        assert {one["why"] for one in it.transitions()} == {"proof"}
        assert {one["by"] for one in it.transitions()} == {"unknown"}
        it.anna.status = "deactivated"
        assert it.harvest().status is Status.COMPLETE
        assert (it.states()["Bra!"], it.states()["Fult"]) == ("author_gone", "author_gone")
        it.anna.status = ""
        assert it.harvest().status is Status.COMPLETE
        assert (it.states()["Bra!"], it.states()["Fult"]) == ("visible", "hidden")
        assert it.states()["Tack"] == "gone_confirmed"


def test_the_proof_is_kept_whole_with_the_log_of_keys(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        posts = [it.kommun.post(f"Inlägg {number}") for number in range(20)]
        it.harvest()
        it.kommun.delete(posts[7])
        it.harvest()
        (log,) = [body for body in it.kept() if b"verificationMethods" in body]
        (car,) = [body for body in it.kept() if b"eroots" in body[:8]]
        key = identity_from_log(it.kommun.did, log).key
        did, collection, rkey = posts[7].removeprefix("at://").split("/")
        proof = verify_record_proof(car, did=did, did_key=key, collection=collection, rkey=rkey)
        assert proof.record is None


@pytest.mark.parametrize(
    ("method", "answer", "reason"),
    [
        ("com.atproto.sync.getRepoStatus", Answer(status=429), Reason.QUOTA_EXHAUSTED),
        (
            "com.atproto.sync.getRepoStatus",
            refused("MethodNotImplemented", 404),
            Reason.VERSION_SUNSET,
        ),
        ("com.atproto.sync.getRepoStatus", refused("AuthMissing", 401), Reason.LOGIN_REFUSED),
        ("com.atproto.sync.getRepoStatus", Answer(body=b"<html>"), Reason.SOURCE_CHANGED),
        ("com.atproto.sync.getRepoStatus", refused("RepoTakendown"), Reason.ACCOUNT_GONE),
        ("log", Answer(status=503), Reason.UNREACHABLE),
    ],
)
def test_whatever_keeps_us_from_reading_is_a_gap_with_its_name(
    tmp_path: Path, method: str, answer: Answer, reason: Reason
) -> None:
    with square(tmp_path) as it:
        post = it.kommun.post("Kvar")
        it.anna.reply("Svar", post)
        it.harvest()
        it.network.faults[method] = answer
        for _ in range(2):
            assert told(it.harvest()) == {("gap", reason.value)}
        assert set(it.states().values()) == {"visible"}
        assert it.transitions() == []
        it.network.faults.clear()
        assert it.harvest().status is Status.COMPLETE


def test_a_moved_account_is_the_same_one(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        post = it.kommun.post("Kvar")
        it.harvest()
        it.kommun.operate(
            alsoKnownAs=["at://nytt.example"],
            services={
                "atproto_pds": {"endpoint": it.network.base.replace("127.0.0.1", "localhost")}
            },
        )
        assert it.harvest().status is Status.COMPLETE
        assert it.texts(post) == ["Kvar"]


def test_a_list_that_loops_is_part_of_the_truth(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        posts = [it.kommun.post(f"Inlägg {number}") for number in range(3)]
        it.harvest()
        first = it.network._list(it.kommun, {"collection": "app.bsky.feed.post", "limit": "2"})
        it.network.faults["com.atproto.repo.listRecords"] = lambda asked: (
            first if asked["collection"] == "app.bsky.feed.post" else None
        )
        result = it.harvest()
        lists = {one.collection.name: one.reason for one in result.tallies}
        assert lists["posts"] is Reason.LIST_LOOPS
        assert lists["reposts"] is Reason.NONE
        assert set(it.states().values()) == {"visible"}
        assert len(posts) == len(it.states())


def test_an_appview_that_is_down_costs_the_answers_and_nothing_else(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        post, gone = it.kommun.post("Fråga oss"), it.kommun.post("Fel")
        it.anna.reply("Svar", post)
        it.harvest()
        it.kommun.delete(gone)
        for method in ("getPostThread", "getPosts"):
            it.network.faults[f"app.bsky.feed.{method}"] = Answer(status=503)
        result = it.harvest()
        lists = {one.collection.name: one.status for one in result.tallies}
        assert lists["threads"] is Status.GAP
        assert lists["posts"] is Status.COMPLETE
        assert it.states() == {"Fråga oss": "visible", "Fel": "gone_confirmed", "Svar": "visible"}


def test_an_old_copy_is_neither_an_edit_nor_a_return(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        post = it.kommun.post("Gammal text")
        praise = it.anna.reply("Bra!", post)
        it.kommun.reply("Tack", praise, post)
        it.harvest()
        it.kommun.records[post.partition(f"{it.kommun.did}/")[2]]["text"] = "Ny text"
        it.network.copies[post] = "Gammal text"
        for _ in range(2):
            assert it.harvest().status is Status.COMPLETE
        assert it.texts(post) == ["Gammal text", "Ny text"]


def test_a_proof_that_does_not_hold_leaves_doubt_and_no_deletion(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        post = it.kommun.post("Kvar?")
        it.kommun.post("Kvar")
        it.harvest()
        it.kommun.delete(post)
        it.network.faults["com.atproto.sync.getRecord"] = Answer(body=b"\x00" * 40)
        result = it.harvest()
        assert ("partial", Reason.PROBE_FAILED.value) in told(result)
        assert it.states()["Kvar?"] == "visible"
        it.network.faults.clear()
        it.harvest()
        assert it.states()["Kvar?"] == "gone_confirmed"


def test_a_word_without_a_signature_takes_three_days(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        post = it.kommun.post("Borta")
        it.kommun.post("Kvar")
        it.harvest()
        it.kommun.delete(post)
        rkey = post.rpartition("/")[2]
        it.network.faults["com.atproto.sync.getRecord"] = lambda asked: (
            refused("RecordNotFound") if asked["rkey"] == rkey else None
        )
        for hours in (1, 1, 24, 48):
            it.network.now += (hours - 1) * HOUR
            it.harvest()
            states = it.states()["Borta"]
            assert states == ("gone_confirmed" if hours == 48 else "missing_suspected")
        assert it.transitions()[-1]["why"] == "probes"


def test_own_answers_are_missed_wherever_they_stood(tmp_path: Path) -> None:
    """Under somebody else's post, and under an own one that is gone: no thread shows them then."""
    with square(tmp_path) as it:
        post = it.kommun.post("Fråga oss")
        there = it.kommun.reply("Svar hos Anna", it.anna.post("Är badet öppet?"))
        here = it.kommun.reply("Eget svar", post)
        it.anna.reply("Annas svar", post)
        it.harvest()
        for address in (post, there, here):
            it.kommun.delete(address)
        assert it.harvest().status is Status.COMPLETE
        assert it.states() == {
            "Fråga oss": "gone_confirmed",
            "Svar hos Anna": "gone_confirmed",
            "Eget svar": "gone_confirmed",
            "Annas svar": "visible",  # it still is, on her own page
        }


def test_a_file_is_the_one_that_its_address_names(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        cids = []
        for data in (b"en bild", b"en annan"):
            cid = libipld.encode_cid(b"\x01\x55\x12\x20" + sha256(data).digest())
            blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/png", "size": 7}
            it.kommun.post("", embed={"images": [{"alt": "Bild", "image": blob}]})
            it.network.files[cid] = data
            cids.append(cid)
        it.network.files[cids[1]] = b"nagot helt annat"
        result = it.harvest()
        lists = {one.collection.name: one for one in result.tallies}
        assert (lists["media"].seen, lists["media"].missing) == (1, 1)
        assert lists["media"].reason is Reason.MEDIA_MISSING
        it.network.files[cids[1]] = b"en annan"
        assert it.harvest().status is Status.COMPLETE


def test_a_part_of_the_account_may_be_read(tmp_path: Path) -> None:
    with square(tmp_path) as it:
        old = it.kommun.post("Gammalt")
        it.harvest()
        it.anna.reply("Sent svar", old)
        new = it.kommun.post("Nytt")
        it.anna.reply("Första svaret", new)
        with it.home.ledger.database.read() as connection:
            (record,) = connection.scalars(select(t.record.c.seq)).all()
        plan = RunPlan(scope=Scope.PART, since=it.network.now, threads=(record,))
        result = it.harvest(plan)
        assert result.status is Status.COMPLETE
        assert set(it.states()) == {"Gammalt", "Nytt", "Sent svar", "Första svaret"}


def test_what_a_lying_neighbour_answers_stays_out_of_the_run_s_frame(tmp_path: Path) -> None:
    """Native ids live in sealed versions only, never in a run's lines or in the clear."""
    with square(tmp_path) as it:
        post = it.kommun.post("Fråga oss")
        reply = it.anna.reply("Pepparkakor", post)
        it.harvest()
        it.anna.delete(reply)
        it.harvest()
        with it.home.ledger.database.read() as connection:
            runs = connection.scalars(
                select(t.entry.c.seq).where(t.entry.c.type == EventType.RUN.value)
            ).all()
        for number in runs:
            frame = repr(it.home.ledger.event(number))
            for secret in (it.anna.did, it.kommun.did, reply.rpartition("/")[2]):
                assert secret not in frame
        for folder, _, files in os.walk(tmp_path):
            for name in files:
                data = (Path(folder) / name).read_bytes()
                for secret in (it.anna.did, "anna-ek", "Pepparkak", reply.rpartition("/")[2]):
                    assert secret.encode() not in data, (folder, name)
