"""Harvesting a Mastodon account that changes, over real HTTP: what the archive must hold after each
change, and what it must say of what it could not see."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from archiver.core.plan import EVERYTHING, RunPlan, Scope
from archiver.db import tables as t
from archiver.db.queries import media_parts
from archiver.demo.mastodon import Fault, MastodonServer, Mode
from archiver.demo.mastodon_instance import Instance
from archiver.demo.mastodon_rounds import ROUNDS, new_instance
from archiver.demo.rounds import map_picture
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.deep import verify_deep
from archiver.harvest.service import RunResult
from archiver.plugins import connectors
from tests.build import FakeClock, tables, verify
from tests.homes import make_home

TOKEN = "kX9vQ2-hemlig_mastodon.token~7f3A"
HOUR = 3_600_000
PRIVATE = "Jag skriver enskilt om min dotter"


class Seen(NamedTuple):
    """A record: its state now, whose it is, the texts and changes of its versions in order."""

    kind: str
    state: str
    origin: str
    root: str
    texts: tuple[str, ...]
    changes: tuple[str, ...]


class Town:
    """An instance on a local server, a home with a channel on it, and one clock for both."""

    def __init__(self, path: Path, *, token: str = TOKEN, instance: Instance | None = None) -> None:
        self.clock = FakeClock()
        self.instance = instance or Instance()
        if instance is None:
            self.instance.join("kommun", "Testköpings kommun", at=self.at)
            self.instance.join("alva", "Alva Ek", at=self.at)
        self.kommun, self.alva = list(self.instance.accounts)[:2]
        self.instance.grant(TOKEN, self.kommun, "read:accounts read:statuses")
        self.server = MastodonServer(self.instance, now=lambda: self.at)
        self.server.start()
        self.home = make_home(path, clock=self.clock)
        login = ("kommun", token) if token else None
        profile = self.server.profile("kommun")
        self.channel = self.home.add_channel("mastodon", profile, self.server.address, login)

    @property
    def at(self) -> datetime:
        self.clock.advance(7)  # no two things happen at once
        return datetime.fromtimestamp(self.clock.wall / 1000, UTC)

    def post(self, text: str = "Badet öppnar i dag.", **what: Any) -> int:
        return self.instance.post(self.kommun, text, at=self.at, **what)

    def answer(self, to: int, text: str = "@kommun Tack!", by: int = 0, **what: Any) -> int:
        return self.instance.post(by or self.alva, text, at=self.at, answers=to, **what)

    def harvest(self, plan: RunPlan = EVERYTHING) -> RunResult:
        """An hour later, a run."""
        self.clock.advance(HOUR)
        return self.home.harvest(self.channel, plan)

    def archived(self) -> dict[str, Seen]:
        """What the archive holds, by native id, read from the sealed frames."""
        with self.home.ledger.database.read() as connection:
            states = {row.seq: row.state for row in connection.execute(select(t.record))}
            rows = connection.execute(select(t.version).order_by(t.version.c.seq)).all()
        opened = self.home.ledger.open([row.seq for row in rows])
        found: dict[str, list[tuple[Any, Mapping[str, Any]]]] = {}
        for row in rows:
            envelope: Mapping[str, Any] = opened[row.seq].envelope
            found.setdefault(str(envelope["native_id"]), []).append((row, envelope))
        return {
            native: Seen(
                kind=str(versions[-1][1]["kind"]),
                state=states[versions[0][0].record],
                origin=str(versions[0][1]["origin"]),
                root=str((versions[0][1].get("root") or ["", ""])[1]),
                texts=tuple(str(envelope.get("text", "")) for _, envelope in versions),
                changes=tuple(row.changes for row, _ in versions),
            )
            for native, versions in found.items()
        }

    def seen(self, native: int) -> Seen:
        return self.archived()[str(native)]

    def every_byte(self) -> bytes:
        """All files of the home, and what every sealed frame in them holds."""
        with self.home.ledger.database.read() as connection:
            seqs = [row.seq for row in connection.execute(select(t.entry)) if row.pack is not None]
        opened = self.home.ledger.open(seqs).values()
        frames = [json.dumps(one.envelope, ensure_ascii=False).encode() + one.raw for one in opened]
        files = [path.read_bytes() for path in self.home.path.rglob("*") if path.is_file()]
        return b"\0".join((*frames, *files))

    def runs(self) -> Iterator[Mapping[str, Any]]:
        """The sealed coverage frames."""
        with self.home.ledger.database.read() as connection:
            seqs = connection.execute(select(t.run.c.seq).order_by(t.run.c.seq)).scalars().all()
        for seq in seqs:
            yield self.home.ledger.open_one(seq).envelope


@contextmanager
def town(path: Path, **how: Any) -> Iterator[Town]:
    one = Town(path, **how)
    try:
        yield one
        assert_sound(one)
    finally:
        one.server.stop()


def assert_sound(it: Town) -> None:
    """It verifies without and with keys, rebuilt tables equal the live ones, no byte of the token
    was kept, and no run names an item."""
    assert verify_deep(it.home.ledger, connectors(), lambda _done, _all: None) == []
    report = verify(it.home.path)
    assert (report.verdict.value, report.unexplained, report.findings) == ("Styrkt", 0, [])
    live = tables(it.home.ledger)
    it.home.ledger.rebuild()
    assert tables(it.home.ledger) == live
    held = it.every_byte()
    for form in (
        TOKEN.encode(),
        base64.b64encode(TOKEN.encode()).rstrip(b"="),
        TOKEN[::-1].encode(),
    ):
        assert form not in held
    for run in it.runs():
        assert not re.search(r"\d{12}", json.dumps([line[2] for line in run["exchanges"]]))


def outcome(result: RunResult) -> tuple[Status, set[Reason]]:
    return result.status, {tally.reason for tally in result.tallies} - {Reason.NONE}


COMPLETE: tuple[Status, set[Reason]] = (Status.COMPLETE, set())


# --- what is written, edited, withdrawn ----------------------------------------------------------


def test_posts_answers_and_boosts_are_kept_each_once(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post("Vi bygger en cykelväg.")
        answer = it.answer(post, "@kommun Blir den upplyst?")
        ours = it.answer(answer, "@alva Ja, hela vägen.", it.kommun)
        theirs = it.instance.post(it.alva, "Loppis på torget!", at=it.at)
        boost = it.instance.boost(it.kommun, theirs, at=it.at)
        result = it.harvest()
        assert outcome(result) == COMPLETE
        assert set(it.archived()) == {str(n) for n in (post, answer, ours, boost)}
        assert it.seen(post)[:4] == ("post", "visible", "drawn_up", "")
        assert it.seen(answer)[:4] == ("reply", "visible", "received", str(post))
        assert it.seen(ours)[:3] == ("reply", "visible", "drawn_up")
        assert it.seen(boost).texts == ("Loppis på torget!",)
        assert it.harvest().count("created") == 0


def test_an_answer_stands_in_its_thread_however_it_was_found(tmp_path: Path) -> None:
    """By a run that reads only what is recent, too: there its thread need not have been read."""
    with town(tmp_path) as it:
        post, elsewhere = it.post("Fråga oss!"), it.instance.post(it.alva, "Vet någon?", at=it.at)
        question = it.answer(post, "@kommun När öppnar badet?")
        it.harvest()
        since = it.clock.wall
        ours = it.answer(question, "@alva Klockan 10.", it.kommun)
        other = it.answer(elsewhere, "@alva Klockan 10.", it.kommun)
        new = it.post("Nytt")
        reply = it.answer(new, "@kommun Hej")
        result = it.harvest(RunPlan(scope=Scope.PART, since=since))
        assert outcome(result) == COMPLETE
        assert it.seen(ours)[:4] == ("reply", "visible", "drawn_up", str(post))
        assert it.seen(other)[:4] == ("reply", "visible", "drawn_up", "")
        assert it.seen(reply)[:4] == ("reply", "visible", "received", str(new))
        it.instance.delete(other, at=it.at)
        it.instance.delete(ours, at=it.at)
        it.harvest()
        assert it.seen(other).state == it.seen(ours).state == "missing_suspected"


def test_nothing_changes_by_itself(tmp_path: Path) -> None:
    """Counts, link previews, copies of files, another reader: none of them is an edit."""
    with town(tmp_path) as it:
        remote = "https://media.elefant.example/original/5f2c.png"
        file = it.instance.upload(b"png", at=it.at, remote_url=remote)
        post = it.post("Se https://testkoping.example/en-ganska-lang-adress")
        answer = it.answer(post, media=(file,))
        it.harvest()
        it.instance.preview(post, "https://testkoping.example/en-ganska-lang-adress", at=it.at)
        it.instance.boost(it.alva, post, at=it.at)
        it.answer(answer, "@alva Hej", it.kommun)
        it.home.credentials._held.clear()  # the channel has lost its login
        for _ in range(3):
            assert it.harvest().count("changed") == 0
        assert len(it.seen(post).texts) == len(it.seen(answer).texts) == 1


def test_every_text_between_two_looks_is_kept(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post, answer = it.post("Den 1 december."), 0
        answer = it.answer(post, "@kommun Fint")
        it.harvest()
        for text in ("Den 15 december.", "Den 20 december.", "Den 31 december."):
            it.clock.advance(60_000)
            it.instance.edit(post, at=it.at, text=text)
        it.instance.edit(answer, at=it.at, text="@kommun Fult")
        result = it.harvest()
        assert outcome(result) == COMPLETE
        assert it.seen(post).texts == ("Den 1 december.", "Den 31 december.")
        assert it.seen(post).changes == ("created", "edited")
        states = [one for one in it.archived().values() if one.kind == "revision"]
        assert [one.texts[0] for one in states if one.root == str(post)] == [
            *("Den 1 december.", "Den 15 december.", "Den 20 december.")
        ]
        assert [one.texts for one in states if one.root == str(answer)] == [("@kommun Fint",)]
        assert it.harvest().count("created") == 0


def test_what_is_gone_is_asked_for_and_never_called_deleted_at_once(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        kept, post = it.post("Kvar"), it.post("Bort")
        answer = it.answer(kept, "@kommun Bort")
        it.harvest()
        it.instance.delete(post, at=it.at)
        it.instance.delete(answer, at=it.at)
        it.harvest()
        assert it.seen(post).state == it.seen(answer).state == "missing_suspected"
        assert it.seen(kept).state == "visible"


def test_an_answer_outlives_what_it_answered(tmp_path: Path) -> None:
    """It leaves the thread when what it answered is deleted; it is still there all the same."""
    with town(tmp_path) as it:
        post = it.post()
        first = it.answer(post, "@kommun Fel person")
        second = it.answer(first, "@alva Nej då", it.kommun)
        third = it.answer(second, "@kommun Jo")
        it.harvest()
        it.instance.delete(first, at=it.at)
        it.harvest()
        assert it.seen(first).state == "missing_suspected"
        assert (it.seen(second).kind, it.seen(second).state) == ("reply", "visible")
        assert (it.seen(third).kind, it.seen(third).state) == ("reply", "visible")
        assert it.seen(third).root == str(post)


def test_what_is_deleted_between_list_and_thread(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post, other = it.post("Ett"), it.post("Två")
        answer = it.answer(other)
        gone = list[int]()

        def meanwhile(path: str) -> None:
            if path.endswith("/statuses") and not gone:
                gone.append(it.instance.delete(post, at=it.at))

        it.server.after_answer = meanwhile
        it.harvest()
        it.server.after_answer = lambda _path: None
        assert it.seen(answer).state == "visible"
        it.harvest()
        assert it.seen(post).state == "missing_suspected"


def test_own_pictures_are_kept_and_no_others(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        own = it.instance.upload(map_picture(), at=it.at, alt="Karta")
        theirs = it.instance.upload(map_picture(8, 8), at=it.at, alt="Katt")
        post = it.post("Karta", media=(own,))
        it.answer(post, media=(theirs,))
        it.instance.boost(
            it.kommun, it.instance.post(it.alva, "Katt", at=it.at, media=(theirs,)), at=it.at
        )
        assert outcome(it.harvest()) == COMPLETE
        with it.home.ledger.database.read() as connection:
            versions = connection.execute(select(t.version.c.seq)).scalars().all()
            parts = [part for seq in versions for part in media_parts(connection, seq, 0)]
        assert [it.home.ledger.open_one(part).raw for part in parts] == [map_picture()]
        assert sum("/system/" in request for request in it.server.requests) == 1


# --- what is not for everybody -------------------------------------------------------------------


def test_nothing_private_is_kept(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post("Fråga oss!")
        direct = it.answer(post, f"@kommun {PRIVATE}", visibility="direct")
        followers = it.post(f"För följare: {PRIVATE}", visibility="private")
        answer = it.answer(post, "@kommun Öppet")
        result = it.harvest()
        assert outcome(result) == COMPLETE
        assert not {str(direct), str(followers)} & set(it.archived())
        assert it.seen(answer).state == "visible"
        assert PRIVATE.encode() not in it.every_byte()
        for _ in range(2):
            it.post("Nytt")
            assert outcome(it.harvest()) == COMPLETE


# --- lists that change and never end -------------------------------------------------------------


def test_what_is_posted_while_the_list_is_read(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        made = [it.post(f"Nr {n}") for n in range(90)]
        new = list[int]()

        def meanwhile(path: str) -> None:
            if path.endswith("/statuses") and len(new) < 3:
                new.append(it.post("Emellan"))
                it.instance.delete(made.pop(), at=it.at)  # from what was just read

        it.server.after_answer = meanwhile
        it.harvest()
        it.server.after_answer = lambda _path: None
        assert {str(n) for n in made} <= set(it.archived())
        assert outcome(it.harvest()) == COMPLETE
        archived = it.archived()
        assert {archived[str(n)].state for n in (*made, *new)} == {"visible"}


@pytest.mark.parametrize("mode", ["link-loop", "repeats"])
def test_a_list_that_leads_back_is_a_gap_with_that_reason(tmp_path: Path, mode: Mode) -> None:
    with town(tmp_path) as it:
        made = [it.post(f"Nr {n}") for n in range(50)]
        it.harvest()
        it.instance.delete(made[0], at=it.at)
        it.server.fault = Fault(mode=mode, path="/statuses")
        status, reasons = outcome(it.harvest())
        assert (status, Reason.LIST_LOOPS in reasons) == (Status.PARTIAL, True)
        assert it.seen(made[0]).state == "visible"  # nothing is concluded from such a list


def test_a_thread_that_is_cut_short_is_said_to_be(tmp_path: Path) -> None:
    with town(tmp_path, token="") as it:
        post = it.post()
        for n in range(65):
            it.answer(post, f"@kommun Nr {n}")
        status, reasons = outcome(it.harvest())
        assert (status, reasons) == (Status.PARTIAL, {Reason.MISSING_RIGHTS})
        assert len(it.archived()) == 61
        states = {one.state for one in it.archived().values()}
        assert states == {"visible"}


# --- what goes wrong -----------------------------------------------------------------------------

Break = Callable[[Town], object]
BREAKS: Mapping[str, tuple[Break, Reason]] = {
    "revoked": (lambda it: it.instance.end_token(TOKEN, "revoked"), Reason.LOGIN_REFUSED),
    "expired": (lambda it: it.instance.end_token(TOKEN, "expired"), Reason.LOGIN_EXPIRED),
    "forgotten": (lambda it: it.instance.tokens.clear(), Reason.LOGIN_REFUSED),
    "under-scoped": (
        lambda it: it.instance.grant(TOKEN, it.kommun, "write:statuses"),
        Reason.MISSING_RIGHTS,
    ),
    "without statuses": (
        lambda it: it.instance.grant(TOKEN, it.kommun, "read:accounts"),
        Reason.MISSING_RIGHTS,
    ),
    "quota": (lambda it: setattr(it.server, "limit", 1), Reason.QUOTA_EXHAUSTED),
    "429": (lambda it: fail(it, "429"), Reason.QUOTA_EXHAUSTED),
    "500": (lambda it: fail(it, "500"), Reason.UNREACHABLE),
    "503": (lambda it: fail(it, "503"), Reason.UNREACHABLE),
    "cut off": (lambda it: fail(it, "cut-off"), Reason.UNREACHABLE),
    "maintenance": (lambda it: fail(it, "maintenance"), Reason.SOURCE_CHANGED),
    "sunset": (lambda it: fail(it, "sunset"), Reason.VERSION_SUNSET),
    "suspended": (lambda it: it.instance.suspend(it.kommun, at=it.at), Reason.ACCOUNT_GONE),
    "moved": (lambda it: it.instance.move(it.kommun, it.alva, at=it.at), Reason.ACCOUNT_MOVED),
    "deleted": (lambda it: it.instance.leave(it.kommun, at=it.at), Reason.LOGIN_REFUSED),
}


def fail(it: Town, mode: Mode, path: str = "/api/") -> None:
    it.server.fault = Fault(mode=mode, path=path)


@pytest.mark.parametrize("broken", BREAKS)
def test_what_keeps_us_from_looking_is_a_gap_and_deletes_nothing(
    tmp_path: Path, broken: str
) -> None:
    with town(tmp_path) as it:
        post = it.post()
        answer = it.answer(post)
        it.harvest()
        do, reason = BREAKS[broken]
        do(it)
        status, reasons = outcome(it.harvest())
        assert status in (Status.GAP, Status.PARTIAL)
        assert reason in reasons
        assert it.seen(post).state == it.seen(answer).state == "visible"


def test_an_account_that_is_deleted_is_gone(tmp_path: Path) -> None:
    with town(tmp_path, token="") as it:
        post = it.post()
        it.harvest()
        it.instance.leave(it.kommun, at=it.at)
        assert outcome(it.harvest()) == (Status.GAP, {Reason.ACCOUNT_GONE})
        assert it.seen(post).state == "visible"


def test_the_quota_says_how_long_to_stay_away(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        it.post()
        it.server.limit = 1
        result = it.harvest()
        assert result.retry_after is not None
        assert 0 < result.retry_after <= 300


def test_a_list_that_breaks_off_half_way_is_partial(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        made = [it.post(f"Nr {n}") for n in range(70)]
        it.harvest()
        it.instance.delete(made[0], at=it.at)
        it.server.fault = Fault(mode="500", path=f"{it.kommun}/statuses", after=1)
        status, reasons = outcome(it.harvest())
        assert (status, Reason.UNREACHABLE in reasons) == (Status.PARTIAL, True)
        assert it.seen(made[0]).state == "visible"


def test_an_account_that_comes_back_has_lost_nothing(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        it.instance.suspend(it.kommun, at=it.at)
        assert it.harvest().status is Status.GAP
        it.instance.unsuspend(it.kommun, at=it.at)
        assert outcome(it.harvest()) == COMPLETE
        assert it.seen(post)[1:2] == ("visible",)
        assert len(it.seen(post).texts) == 1


def test_an_account_that_is_suspended_while_it_is_read(tmp_path: Path) -> None:
    """Its list is empty then, with status 200: the statuses' author tells why."""
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()

        def meanwhile(path: str) -> None:
            if path.endswith("/lookup"):
                it.server.after_answer = lambda _path: None
                it.instance.suspend(it.kommun, at=it.at)

        it.server.after_answer = meanwhile
        it.harvest()
        assert it.seen(post).state == "author_gone"


def test_an_author_who_is_suspended_comes_back(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        answer = it.answer(it.post())
        it.harvest()
        it.instance.suspend(it.alva, at=it.at)
        it.harvest()
        assert it.seen(answer).state == "author_gone"
        it.instance.unsuspend(it.alva, at=it.at)
        it.harvest()
        assert it.seen(answer).state == "visible"
        assert len(it.seen(answer).texts) == 1


def test_a_slow_answer_is_an_answer(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        it.post()
        it.server.fault = Fault(mode="slow", seconds=0.2)
        assert outcome(it.harvest()) == COMPLETE


def test_of_a_thread_that_breaks_off_nothing_is_filed_out_of_place(tmp_path: Path) -> None:
    """Its items do not say what they stand under: the next run reads them in their place."""
    with town(tmp_path) as it:
        post = it.post()
        answers = [it.answer(post, f"@kommun Nr {n}") for n in range(6)]
        private = it.answer(post, "@kommun Enskilt", visibility="direct")
        it.server.fault = Fault(mode="cut-off", path="/context")
        status, reasons = outcome(it.harvest())
        assert (status, Reason.UNREACHABLE in reasons) == (Status.PARTIAL, True)
        assert set(it.archived()) == {str(post)}
        it.server.fault = None
        assert outcome(it.harvest()) == COMPLETE
        assert {it.seen(n).root for n in answers} == {str(post)}
        assert str(private) not in it.archived()


def test_of_a_list_that_breaks_off_nothing_private_is_filed(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post("Nytt")
        private = it.post("Bara för följare", visibility="private")
        for n in range(6):
            it.post(f"Nr {n}")
        newest = it.post("Också för följare", visibility="private")
        it.server.fault = Fault(mode="cut-off", path=f"{it.kommun}/statuses")
        assert it.harvest().status is not Status.COMPLETE
        assert it.archived()  # the whole items of what came
        it.server.fault = None
        assert outcome(it.harvest()) == COMPLETE
        assert it.seen(post).state == "visible"
        assert not {str(private), str(newest)} & set(it.archived())


# --- the demo's story ----------------------------------------------------------------------------


def test_the_story_of_testkoping(tmp_path: Path) -> None:
    with town(tmp_path, instance=new_instance()) as it:
        native = dict[str, str]()
        for number, played in enumerate(ROUNDS):
            played.apply(it.instance)
            native |= {s.ref: str(s.id) for s in it.instance.statuses.values()}
            assert outcome(it.harvest()) == COMPLETE, number
        held = it.archived()
        states = {ref: held[native[ref]].state for ref in native if native[ref] in held}
        assert states == {
            **dict.fromkeys(
                ("hej", "cykel", "alva-cykel", "svar-alva", "svar-birger", "delat"), "visible"
            ),
            **dict.fromkeys(("cissi-cykel", "vatten"), "visible"),
            **dict.fromkeys(("birger-cykel", "enkat"), "missing_suspected"),
        }
        assert held[native["cykel"]].changes == ("created", "edited")
        assert "cissi-enskilt" not in states
        assert "enskilt till er" not in it.every_byte().decode("utf-8", "ignore")
