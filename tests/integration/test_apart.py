"""Records kept apart, over a site that is really harvested: what can still be read, and by whom.

A secret is planted in a comment; after each act every frame that opens without asking for protected
ones, every table and every file of the home is searched for it. `town` ends each test with a
keyless and a deep verification and a rebuild that equals the live tables.
"""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.core.access import NOBODY, Role, viewer_of
from archiver.core.event import EventType
from archiver.core.exchange import Exchange
from archiver.core.skeleton import Segments
from archiver.db import tables as t
from archiver.db.apart import ApartState, belongs
from archiver.errors import AccessRefused, NotFound, RuleViolation, SealBroken
from archiver.harvest.completeness import Status
from archiver.harvest.evidence import seal_capture
from archiver.ledger.apart import KEYS, Apart
from archiver.ledger.belonging import belonging
from archiver.ledger.verify import verify_bundle
from archiver.store.box import new_pair, parse_private
from archiver.store.seal import FrameKind, seal
from tests.build import ROOT, openable, seeded, tables, verify
from tests.integration.test_harvest import Town, assert_sound, rows_of, town

pytestmark = pytest.mark.usefixtures("each_database")

SECRET = "Vilhelmina-7731 bor gömd på Tallvägen 4"
MARK = b"Vilhelmina-7731"
LATER = "Vilhelmina-7731 har flyttat till Granvägen 9"
CONTACT = new_pair(seeded(3))
# The address itself would do to search with: no other comment has it.


class Forgotten:
    """A `Derivative` that keeps a note of what it was told to forget."""

    def __init__(self) -> None:
        self.purged: list[int] = []

    def purge(self, records: Collection[int]) -> None:
        self.purged += records


def apart_of(it: Town, derivative: Forgotten | None = None) -> Apart:
    derivatives = [derivative] if derivative else []
    return Apart(it.home.ledger, it.home.path, derivatives)


def record_of(it: Town, text: str) -> int:
    """The record of which a version holds these words."""
    rows = rows_of(it.home, t.version)
    opened = it.home.ledger.open([row.seq for row in rows], protected=True)
    found = {r.record for r in rows if r.seq in opened and text in str(opened[r.seq].envelope)}
    assert len(found) == 1
    return int(found.pop())


def _everything(it: Town) -> list[int]:
    return [row.seq for row in rows_of(it.home, t.entry) if row.cohort is not None]


def readable(it: Town, *, protected: bool = False) -> set[str]:
    """Types of the entries in which the secret can be read, by whoever asks so."""
    types = {row.seq: row.type for row in rows_of(it.home, t.entry)}
    opened = it.home.ledger.open(_everything(it), protected=protected)
    return {
        types[seq]
        for seq, one in opened.items()
        if MARK in one.raw or MARK.decode() in json.dumps(one.envelope, ensure_ascii=False)
    }


def digests(it: Town, text: str) -> int:
    """How many answers whose digest can be read without asking for protected ones showed a text."""
    opened = it.home.ledger.open(_everything(it))
    bodies = {body for _, body in it.sent if text.encode() in body or _escaped(text) in body}
    from hashlib import sha256

    known = {sha256(body).hexdigest() for body in bodies}
    return sum(str(one.envelope.get("digest")) in known for one in opened.values())


def kept_in(it: Town, problem: str) -> str:
    """The family in which the newest answer lies that a state rests on."""
    entries = {row.seq: row for row in rows_of(it.home, t.entry)}
    families = {row.number: row.family for row in rows_of(it.home, t.cohort)}
    opened = it.home.ledger.open(_everything(it), protected=True)
    seqs = [s for s, one in opened.items() if one.envelope.get("problem") == problem]
    return str(families[entries[max(seqs)].key_cohort])


def _escaped(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()


def spoil(it: Town) -> Callable[[], None]:
    """From now on every list of comments also holds something that cannot be read: such an answer
    is kept whole. Ends when called."""
    inner: Callable[..., Any] = it.server._server.app

    def app(environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if not environ["PATH_INFO"].endswith("/comments") or "status=approve" not in str(
            environ["QUERY_STRING"]
        ):
            return inner(environ, start)  # type: ignore[no-any-return]
        held: dict[str, Any] = {}
        body = b"".join(inner(environ, lambda s, h: held.update(status=s, headers=h)))
        if body.startswith(b"[{"):
            body = b'[{"id":"trasig"},' + body[1:]
        headers = [(k, v) for k, v in held["headers"] if k.lower() != "content-length"]
        start(held["status"], [*headers, ("Content-Length", str(len(body)))])
        it.sent[-1:] = [(it.sent[-1][0], body)]
        return [body]

    it.server._server.app = app  # type: ignore[method-assign,assignment]

    def end() -> None:
        it.server._server.app = inner  # type: ignore[method-assign,assignment]

    return end


def planted(it: Town) -> tuple[int, int]:
    """A secret that has left all the traces it can: in versions, beside neighbours, in an answer
    kept whole, unchanged among what is new. (Its comment on the site, its record.)"""
    post = it.post()
    it.comment(post, "Tack för beskedet, det var bra")
    comment = it.comment(post, "Ett första ord om saken")
    it.harvest()
    it.site.edit_comment(comment, at=it.at, text=SECRET)
    it.harvest()
    it.comment(post, "En granne som kom senare till samma sida")
    it.harvest()
    end = spoil(it)
    it.comment(post, "Och en till, i ett svar som inte går att läsa helt")
    it.harvest()
    end()
    assert readable(it) == {"version", "capture"}
    assert digests(it, SECRET) >= 2
    return comment, record_of(it, MARK.decode())


# --- protected -----------------------------------------------------------------------------------


# Tables that every event changes.
_MOVING = ("entry", "cohort", "log", "meta")


def test_a_protected_record_is_read_only_by_who_asks_for_it(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        before, forgotten = tables(it.home.ledger), Forgotten()
        done = apart_of(it, forgotten).protect(record, reason="Skyddad adress")
        assert (done.state, forgotten.purged) == (ApartState.PROTECTED, [record])
        assert readable(it) == set()
        assert digests(it, SECRET) == 0
        assert readable(it, protected=True) == {"version", "capture"}
        others = it.home.ledger.open([r.latest for r in rows_of(it.home, t.record)])
        assert len(others) == len(rows_of(it.home, t.record)) - 1
        assert {row.record for row in rows_of(it.home, t.apart)} == {record}
        apart_of(it).unprotect(record, reason="Uppgiften var ett påhitt")
        assert readable(it) == {"version", "capture"}
        assert [row.state for row in rows_of(it.home, t.apart)] == ["open"]
        assert apart_of(it).all() == []
        after = [row for row in tables(it.home.ledger) if row[0] not in _MOVING]
        kept = [row for row in before if row[0] not in _MOVING]
        assert [row for row in after if row in kept] == kept


def test_what_a_protected_record_says_later_is_protected_from_the_start(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        comment, record = planted(it)
        apart_of(it).protect(record, reason="Skyddad adress")
        it.site.edit_comment(comment, at=it.at, text=LATER)
        it.harvest()
        it.comment(it.site.posts()[0].id, "En granne till, och nu syns den skyddade oförändrad")
        assert it.harvest().status is Status.COMPLETE
        assert (readable(it), digests(it, LATER)) == (set(), 0)
        end = spoil(it)
        it.site.edit_comment(comment, at=it.at, text=SECRET)
        it.harvest()
        end()
        it.site.set_comment_status(comment, "spam", at=it.at)
        it.harvest()
        it.site.delete_comment(comment, at=it.at)
        it.harvest()
        assert readable(it) == set()
        assert [kept_in(it, "missing_suspected")] == ["protected"]
        assert next(r for r in rows_of(it.home, t.record) if r.seq == record).versions == 5
        apart_of(it).unprotect(record, reason="Inte längre")
        assert readable(it) == {"version", "capture"}


def test_two_protected_records_of_one_answer(tmp_path: Path) -> None:
    """What both share stays with the one that is still protected."""
    with town(tmp_path) as it:
        _, record = planted(it)
        other = record_of(it, "granne som kom senare")
        service = apart_of(it)
        service.protect(record, reason="Skyddad adress")
        service.protect(other, reason="Samma familj")
        service.unprotect(other, reason="Fel person")
        assert (readable(it), digests(it, SECRET)) == (set(), 0)
        service.unprotect(record, reason="Klart")
        assert readable(it) == {"version", "capture"}
        assert all(row.key_cohort == row.cohort for row in rows_of(it.home, t.entry))


def test_an_own_post_takes_its_media_and_earlier_texts_along(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        picture = b"\x89PNG\r\n\x1a\n" + MARK * 100_000
        it.site.add_media(at=it.at, filename="karta.png", data=picture)
        path = it.site.media()[0].path
        post = it.post("Karta", f'<p>{SECRET}</p><img src="{{home}}/wp-content/uploads/{path}">')
        it.harvest()
        it.site.edit_post(post, at=it.at, html=f"<p>Mellan: {LATER}</p>")
        it.clock.advance(1000)
        it.site.edit_post(post, at=it.at, html="<p>Rättat</p>")
        it.harvest()
        assert readable(it) == {"version", "component"}
        assert {r.kind for r in rows_of(it.home, t.record)} == {"post", "revision"}
        record = next(r.seq for r in rows_of(it.home, t.record) if r.kind == "post")
        apart_of(it).protect(record, reason="Adress på kartan")
        assert readable(it) == set()
        assert readable(it, protected=True) == {"version", "component"}
        it.site.add_media(at=it.at, filename="karta-2.png", data=picture + b"2")
        new = it.site.media()[1].path
        shown = f'<p>Ny karta</p><img src="{{home}}/wp-content/uploads/{new}">'
        it.site.edit_post(post, at=it.at, html=shown)
        before = len(rows_of(it.home, t.component))
        it.harvest()
        assert len(rows_of(it.home, t.component)) > before
        assert readable(it) == set()
        it.site.edit_post(post, at=it.at, html=f"<p>Ytterligare mellan: {LATER}</p>")
        it.clock.advance(1000)
        it.site.edit_post(post, at=it.at, html="<p>Rättat igen</p>")
        it.harvest()
        assert readable(it) == set()
        apart_of(it).stop(record, reason="Misstänkt")
        it.site.edit_post(post, at=it.at, html=f"<p>Och igen: {LATER}</p>")
        it.clock.advance(1000)
        it.site.edit_post(post, at=it.at, html="<p>Rättat för sista gången</p>")
        it.harvest()
        assert readable(it, protected=True) == set()
        assert rows_of(it.home, t.record) == []


def test_answers_that_show_no_item_are_searched_or_named(tmp_path: Path) -> None:
    """An answer about one item is kept whole and refers to nothing: what it says is looked at, and
    whether a run rests a state of the record on it."""
    with town(tmp_path) as it:
        _, record = planted(it)
        ledger = it.home.ledger
        bodies = {
            "its text, escaped": json.dumps({"content": f"<p>{SECRET}</p>", "n": 1}).encode(),
            "its text in another alphabet": b"<p>Vilhelmina</p>",
            "nothing of it": b"{}",
        }
        captures = dict(zip(bodies, (_keep(it, body) for body in bodies.values()), strict=True))
        pushed = seal(
            FrameKind.PUSH,
            {"channel": it.channel.seq, "received_at": 1, "signature": []},
            bodies["its text, escaped"],
            random=ledger.random,
        )
        with ledger.writer() as writer:
            cohort = writer.cohort(it.channel.authority, "content")
            push = writer.append(EventType.PUSH_RECEIVED, pushed, cohort)
        _rest_on(it, record, captures["its text in another alphabet"])
        with ledger.writer() as writer:
            found = belonging(ledger, writer.connection, [record]).entries
        assert {name: seq in found for name, seq in captures.items()} == {
            "its text, escaped": True,
            "its text in another alphabet": True,
            "nothing of it": False,
        }
        assert {name: seq - 1 in found for name, seq in captures.items()}["its text, escaped"]
        assert push in found


def _keep(it: Town, body: bytes) -> int:
    """Keep an answer whole, as one to a question about a single item is kept; its capture."""
    exchange = Exchange(
        number=99,
        method="GET",
        url="https://testkoping.example/x",
        template="x",
        status=200,
        request_headers=(),
        response_headers=(),
        body=body,
        started_at=it.clock.wall,
        ended_at=it.clock.wall,
    )
    random = it.home.ledger.random
    whole = Segments((), whole=True)
    made = seal_capture(
        exchange, it.channel.seq, whole, (), collection="", random=random, problem="hidden"
    )
    with it.home.ledger.writer() as writer:
        cohort = writer.cohort(it.channel.authority, "content")
        writer.append(EventType.EXCHANGE, made.exchange, cohort)
        return writer.append(EventType.CAPTURE, made.capture, cohort)


def _rest_on(it: Town, record: int, capture: int) -> None:
    """A run like the last one, with a state of the record that rests on that capture."""
    ledger, last = it.home.ledger, rows_of(it.home, t.run)[-1].seq
    line = {"record": record, "state": "hidden", "exchange": 99, "reason": "x", "by": "unknown"}
    payload = {
        **ledger.open_one(last).envelope,
        "states": [line],
        "exchanges": [[99, "GET", "x", 200, 1, capture]],
    }
    sealed = seal(FrameKind.EVENT, payload, random=ledger.random)
    with ledger.writer() as writer:
        cohort = writer.cohort(it.channel.authority, "register")
        writer.append(EventType.RUN, sealed, cohort, 2)


# --- stopped -------------------------------------------------------------------------------------


@pytest.mark.parametrize("protected_first", [False, True])
def test_a_stopped_record_is_out_of_reach_at_once(tmp_path: Path, protected_first: bool) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        service, forgotten = apart_of(it), Forgotten()
        service.set_contact(CONTACT.private, contact="Tf. säkerhetschef Alva Ekbacke")
        if protected_first:
            service.protect(record, reason="Skyddad adress")
        apart_of(it, forgotten).stop(record, reason="Misstänkt brottsligt innehåll")
        assert forgotten.purged == [record]
        assert (readable(it, protected=True), digests(it, SECRET)) == (set(), 0)
        held = openable(it.home.path)
        for row in rows_of(it.home, t.entry):
            if row.cohort is not None and row.key_cohort is not None:
                family = next(
                    c.family for c in rows_of(it.home, t.cohort) if c.number == row.key_cohort
                )
                frame = (it.home.path / f"packs/{row.cohort}-{row.pack}.pack").read_bytes()
                frame_id = frame[row.offset + 4 : row.offset + 20].hex()
                assert (frame_id in held) == (family != "quarantine")
        assert service.left_keys() == []
        assert record not in {r.seq for r in rows_of(it.home, t.record)}
        (kept,) = service.all()
        assert (kept.state, kept.kind, kept.versions) == (ApartState.STOPPED, "comment", 2)
        assert not any(MARK in str(row).encode() for row in tables(it.home.ledger))


def test_a_stopped_record_that_is_met_again_is_not_stored(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        comment, record = planted(it)
        apart_of(it).stop(record, reason="Misstänkt brottsligt innehåll")
        it.site.edit_comment(comment, at=it.at, text=LATER)
        it.comment(it.site.posts()[0].id, "En ny granne bredvid det stoppade")
        assert it.harvest().status is Status.COMPLETE
        end = spoil(it)
        it.comment(it.site.posts()[0].id, "Och en i ett svar som inte går att läsa helt")
        it.harvest()
        end()
        it.site.set_comment_status(comment, "spam", at=it.at)
        it.harvest()
        it.site.delete_comment(comment, at=it.at)
        it.harvest()
        assert readable(it, protected=True) == set()
        assert digests(it, LATER) == 0
        assert record_of(it, "En ny granne")
        assert record_of(it, "Och en i ett svar")
        files = [p for p in it.home.path.rglob("*") if p.is_file()]
        assert not any(MARK in p.read_bytes() for p in files)


def test_without_a_contact_the_stop_still_works_and_the_key_lies_in_the_home(
    tmp_path: Path,
) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        service = apart_of(it)
        service.stop(record, reason="Misstänkt brottsligt innehåll")
        (path,) = service.left_keys()
        assert path.parent == it.home.path / KEYS
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        private = parse_private(path.read_text())
        bundle = service.hand_over(record, recipient="Polismyndigheten, K 1-26", private=private)
        assert bundle
        service.destroy(record, instruction="Åklagarens beslut 2026-11-20, AM-1-26")
        with pytest.raises(RuleViolation):
            service.hand_over(record, recipient="X", private=private)


def test_what_is_handed_over_proves_itself_and_is_logged(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        service = apart_of(it)
        service.set_contact(CONTACT.private, contact="")
        service.stop(record, reason="Misstänkt brottsligt innehåll")
        with pytest.raises(SealBroken):
            service.hand_over(record, recipient="Polisen", private=new_pair(seeded(8)).private)
        data = service.hand_over(record, recipient="Polisen, K 1-26", private=CONTACT.private)
        path = tmp_path / "over.zip"
        path.write_bytes(data)
        report, disclosed = verify_bundle(path, str(it.home.ledger.verifier_key))
        assert (report.verdict.value, report.findings) == ("Styrkt", [])
        assert any(SECRET in text for one in disclosed for _, text in one.fields)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert sum(name.endswith(".raw") for name in archive.namelist()) >= 2
        path.unlink()
        said = [r.seq for r in rows_of(it.home, t.entry) if r.type == EventType.RECORD_HANDED_OVER]
        assert it.home.ledger.open_one(said[0]).envelope["recipient"] == "Polisen, K 1-26"
        assert service.all()[0].state is ApartState.HANDED_OVER


def test_destroyed_is_destroyed(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        service = apart_of(it)
        service.set_contact(CONTACT.private, contact="")
        service.stop(record, reason="Misstänkt brottsligt innehåll")
        before = verify(it.home.path)
        with pytest.raises(RuleViolation):
            service.destroy(record, instruction="  ")
        done = service.destroy(record, instruction="Åklagarens beslut AM-1-26")
        after = verify(it.home.path)
        assert (before.destroyed, after.destroyed) == (0, done.entries)
        assert (before.moved, after.moved, after.unexplained) == (done.entries, 0, 0)
        assert [name for name in it.home.ledger.keys.secrets.names() if "quarantine" in name] == []
        assert service.all()[0].state is ApartState.DESTROYED
        with it.home.ledger.database.read() as connection:
            assert len(belongs(connection, it.channel.seq, ()).stopped) == 1
        it.harvest()
        assert record_of(it, "Tack för beskedet")


def test_a_post_is_stopped_and_its_answers_stay(tmp_path: Path) -> None:
    """Threads of others are as they were, in rebuilt tables too; what is under it is there."""
    with town(tmp_path) as it:
        post = it.post(html=f"<p>{SECRET}</p>")
        other = it.post("Annat")
        it.comment(post, "Ett svar under det stoppade")
        it.comment(other, SECRET)
        it.harvest()
        it.harvest()
        service = apart_of(it)
        record = next(
            r.seq
            for r in rows_of(it.home, t.record)
            if r.kind == "post"
            and MARK.decode() in it.home.ledger.open_one(r.latest).envelope["text"]  # type: ignore[operator]
        )
        service.stop(record, reason="Misstänkt")
        service.stop(record_of(it, MARK.decode()), reason="Misstänkt, det också")
        assert readable(it, protected=True) == set()
        assert any(row.activity_seq for row in rows_of(it.home, t.thread))
        assert_sound(it.home)
        it.comment(other, "Ännu ett svar")
        it.harvest()
        assert record_of(it, "Ett svar under det stoppade")


# --- rules ---------------------------------------------------------------------------------------


def test_who_may_do_what(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        service, authority = apart_of(it), it.channel.authority
        auditor = viewer_of(7, [(Role.AUDITOR, authority)])
        registrar = viewer_of(8, [(Role.REGISTRAR, authority)])
        elsewhere = viewer_of(9, [(Role.LAWYER, authority + 1)])
        for viewer in (auditor, elsewhere, NOBODY):
            with pytest.raises(AccessRefused):
                service.protect(record, reason="x", viewer=viewer)
            with pytest.raises(AccessRefused):
                service.stop(record, reason="x", viewer=viewer)
        service.stop(record, reason="x", viewer=registrar)
        for viewer in (registrar, elsewhere):
            with pytest.raises(AccessRefused):
                service.destroy(record, instruction="x", viewer=viewer)
            with pytest.raises(AccessRefused):
                service.hand_over(record, recipient="x", private=bytes(32), viewer=viewer)
        assert service.all(elsewhere) == []
        assert [one.actor for one in service.all(registrar)] == [8]


def test_what_is_not_so_is_refused_and_nothing_is_done(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        service, size = apart_of(it), it.home.ledger.log.size
        refused: list[tuple[type[Exception], Callable[[], object]]] = [
            (NotFound, lambda: service.protect(999_999, reason="x")),
            (NotFound, lambda: service.stop(999_999, reason="x")),
            (RuleViolation, lambda: service.unprotect(record, reason="x")),
            (RuleViolation, lambda: service.destroy(record, instruction="x")),
            (RuleViolation, lambda: service.hand_over(record, recipient="x", private=ROOT)),
        ]
        for error, act in refused:
            with pytest.raises(error):
                act()
        assert it.home.ledger.log.size == size
        service.stop(record, reason="x")
        for again in (service.protect, service.stop):
            with pytest.raises(RuleViolation):
                again(record, reason="x")


def test_events_hold_no_word_of_it(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        apart_of(it).stop(record, reason="Misstänkt brottsligt innehåll")
        seqs = [row.seq for row in rows_of(it.home, t.entry) if row.type.startswith("record_")]
        payload = it.home.ledger.open_one(seqs[0]).envelope
        assert payload["reason"] == "Misstänkt brottsligt innehåll"
        assert MARK not in json.dumps(payload, ensure_ascii=False).encode()
        with it.home.ledger.database.read() as connection:
            query = select(t.entry.c.cohort).where(t.entry.c.seq == seqs[0])
            number = connection.scalar(query)
            family = connection.scalar(select(t.cohort.c.family).where(t.cohort.c.number == number))
        assert family == "register"
