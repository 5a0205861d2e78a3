"""File packages: what is in them, for whom, what is noted, and the receipts that come back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.access import LOCAL, Permission, Role, Viewer, viewer_of
from archiver.core.bundle import check_bundle
from archiver.db import tables as t
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.ledger.apart import Apart
from archiver.people.trail import Happened
from archiver.registry.core.entry import Dated, Direction, Registration, Secret
from archiver.registry.core.handover import Standing
from archiver.registry.core.package import MANIFEST, MAX_RECEIPT, RECEIPT_FORMAT, parse_receipt
from archiver.registry.core.triage import Decision, Handover, Outcome
from archiver.registry.handovers import Handovers
from archiver.registry.package import Package, Packages
from archiver.registry.package_zip import stream
from tests.unit.registry.test_web_apart import noting
from tests.unit.web.served import CANARY, Browser, Web

SENDER, SECRET = "Alva Ekbacke", "Cilla Myrberg"


def packages(web: Web) -> Packages:
    return web.office().packages


def ks(web: Web) -> int:
    return web.home.channels.authority("KS").seq


def registered(web: Web, *records: int, secret: str = "") -> int:
    asked = Registration(
        authority=ks(web),
        direction=Direction.RECEIVED,
        day="2026-02-06",
        dated=Dated.STATED,
        title="En synpunkt <b>",
        sender=SENDER,
        records=records,
        secret=Secret(sender=secret),
        level=4 if secret else 2,
    )
    return web.register_desk.register.register(LOCAL, asked)


def handed_over(web: Web, *records: int) -> int:
    to = Handover(to="Gatukontoret", way="filpaket", due=web.home.clock.now() + 10**9)
    decision = Decision(
        authority=ks(web), records=records, outcome=Outcome.HANDED_OVER, handover=to
    )
    return web.register_desk.register.decide(LOCAL, decision)


def made(web: Web, package: Package, viewer: Viewer = LOCAL) -> dict[str, bytes]:
    data = b"".join(packages(web).stream(viewer, package))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def receipt(manifest: bytes, number: str = "TN 2026/88") -> bytes:
    digest = sha256(manifest).hexdigest()
    fields = {"format": RECEIPT_FORMAT, "manifest": digest, "number": number}
    return json.dumps(fields).encode()


def test_a_package_holds_the_entry_its_records_and_their_proof(web: Web) -> None:
    picture, hostile = web.record("Samråd"), web.record(CANARY)
    files = made(web, packages(web).of_entry(LOCAL, registered(web, picture, hostile)))
    manifest = json.loads(files[MANIFEST])
    digests = {name: sha256(data).hexdigest() for name, data in files.items() if name != MANIFEST}
    assert manifest == {"files": digests, "format": "diarkiv-package/1"}
    about = json.loads(files["paket.json"])
    assert about["entry"]["sender"] == SENDER
    assert about["records"] == [f"R{picture}", f"R{hostile}"]
    assert any(name.startswith(f"handlingar/R{picture}/filer/1-0") for name in files)
    page = files["LAS-MIG.html"].decode()
    assert "En synpunkt &lt;b&gt;" in page
    assert "<script" not in page
    assert CANARY in page
    assert not any(word in "".join(files) for word in (CANARY, "Ekbacke", "Samr"))
    for record in (picture, hostile):
        place = f"handlingar/R{record}/"
        assert json.loads(files[place + "handling.json"])["versions"]
        assert files[place + "underlag/version-1.bin"]
        with zipfile.ZipFile(io.BytesIO(files[place + "bevis.zip"])) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        key = str(web.home.ledger.verifier_key)
        report, disclosed = check_bundle("bevis.zip", members, key)
        assert report.exit_code == 0, list(report.lines())
        assert disclosed


@pytest.mark.parametrize("stopped", [False, True])
def test_what_stands_below_it_does_not_quote_what_is_kept_apart(web: Web, stopped: bool) -> None:
    """Platforms build a comment's address from its post's heading."""
    with web.home.ledger.database.read() as connection:
        rows = {row.seq: row for row in connection.execute(t.record.select())}
    post, below = next(
        (top.seq, one.seq)
        for one in rows.values()
        for top in rows.values()
        if (one.kind, one.channel, one.root) == ("comment", top.channel, top.native)
        and one.channel == web.channels["nyheter"].seq
    )
    address = str(web.home.ledger.open_one(rows[below].latest).envelope["url"]).encode()
    seq = handed_over(web, below)
    apart = Apart(web.home.ledger, web.home.path, [])
    (apart.stop if stopped else apart.protect)(post, reason="x")
    archivist = viewer_of(7, [(Role.ARCHIVIST, ks(web))])
    if not stopped:
        with pytest.raises(AccessRefused):
            packages(web).of_handover(archivist, seq)
        assert packages(web).of_handover(LOCAL, seq).apart == (post,)
        return
    members = made(web, packages(web).of_handover(archivist, seq), archivist)
    words = b"".join(members.values()).replace(b"\\/", b"/")
    assert address not in words
    assert not any(name.endswith((".zip", ".bin")) for name in members)
    assert json.loads(members["paket.json"])["without_evidence"] == [f"R{below}"]


def test_what_breaks_off_is_in_the_log_too(web: Web) -> None:
    picture = web.record("Samråd")
    package = packages(web).of_handover(LOCAL, handed_over(web, picture))
    before = web.home.ledger.log.size
    pieces = packages(web).stream(LOCAL, package)
    assert web.home.ledger.log.size == before + 1  # before the first byte
    assert next(iter(pieces))
    event = web.home.ledger.event(before)
    assert (event["of"], event["records"]) == (package.of, [picture])


def test_its_making_is_in_the_log_before_it_can_be_read(web: Web) -> None:
    seq = handed_over(web, web.record("Samråd"))
    pieces = packages(web).stream(LOCAL, packages(web).of_handover(LOCAL, seq))
    some = b"".join(piece for piece, _ in zip(pieces, range(3), strict=False))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(some))
    with web.home.ledger.database.read() as connection:
        query = "SELECT count(*) FROM file_package"
        assert connection.exec_driver_sql(query).scalar() == 0
        rest = b"".join(pieces)
    with zipfile.ZipFile(io.BytesIO(some + rest)) as archive:
        digest = sha256(archive.read(MANIFEST)).hexdigest()
    with web.home.ledger.database.read() as connection:
        found = connection.exec_driver_sql("SELECT of, digest FROM file_package").all()
    assert [tuple(row) for row in found] == [(seq, digest)]


def test_what_is_protected_is_in_it_only_for_who_may_read_it(web: Web, browser: Browser) -> None:
    record = web.record("Samråd")
    seq = registered(web, record, secret=SECRET)  # at level 4, and so the record is kept apart
    archivist = viewer_of(40, [(Role.ARCHIVIST, ks(web))])
    with pytest.raises(AccessRefused, match="possibly secret"):
        packages(web).of_entry(archivist, seq)
    assert web.browser(viewer=archivist).post(f"/diarium/{seq}/paket").status_code == 403
    files = made(web, packages(web).of_entry(LOCAL, seq))
    assert SECRET in files["paket.json"].decode()
    assert files[f"handlingar/R{record}/text.txt"]
    trail = noting(web, browser)
    answer = browser.post(f"/diarium/{seq}/paket")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="paket-{seq}.zip"'
    assert zipfile.ZipFile(io.BytesIO(answer.get_data())).testzip() is None
    lines = trail.lines(None, before=None, limit=9)
    trail.close()
    assert {line.fields["record"] for line in lines} == {seq, record}
    assert {line.what for line in lines} == {Happened.PROTECTED_READ}


def test_an_entry_without_its_secret_fields_for_who_may_not_read_them(web: Web) -> None:
    seq = registered(web, secret=SECRET)
    archivist = viewer_of(40, [(Role.ARCHIVIST, ks(web))])
    files = made(web, packages(web).of_entry(archivist, seq), archivist)
    assert not any(SECRET.encode() in data for data in files.values())


def test_what_was_stopped_is_not_in_it(web: Web) -> None:
    one, two = web.record("Samråd"), web.record("Vattenläcka")
    seq, alone = handed_over(web, one, two), handed_over(web, two)
    Apart(web.home.ledger, web.home.path).stop(two, reason="")
    files = made(web, packages(web).of_handover(LOCAL, seq))
    assert json.loads(files["paket.json"])["missing"] == [f"R{two}"]
    assert not any(f"R{two}/" in name for name in files)
    with pytest.raises(RuleViolation, match="stopped"):
        packages(web).of_handover(LOCAL, alone)


def test_a_receipt_closes_the_handover_once(web: Web, browser: Browser) -> None:
    seq, other = handed_over(web, web.record("Samråd")), handed_over(web)
    answer = browser.post(f"/diarium/overlamnat/{seq}/paket")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        data = receipt(archive.read(MANIFEST))

    def sent(to: int, content: bytes) -> int:
        upload = {"kvittensfil": (io.BytesIO(content), "kvittens.json")}
        return browser.post(f"/diarium/overlamnat/{to}/kvittensfil", data=upload).status_code

    assert [sent(seq, b""), sent(seq, b"{}"), sent(other, data)] == [400, 400, 400]
    handovers = Handovers(web.home.ledger)
    assert handovers.one(LOCAL, seq, now=0).notes == ()
    assert sent(seq, data) == 303
    found = handovers.one(LOCAL, seq, now=web.home.clock.now())
    assert (found.standing, found.number) == (Standing.DONE, "TN 2026/88")
    assert found.notes[0].manifest == json.loads(data)["manifest"]
    assert "Kvitterat filpaket" in browser.get(f"/diarium/overlamnat/{seq}").text
    assert sent(seq, data) == 400  # again: it waits for nothing
    assert len(handovers.one(LOCAL, seq, now=0).notes) == 2


def test_a_receipt_is_another_authority_s_or_of_no_package(web: Web) -> None:
    seq = handed_over(web)
    files = made(web, packages(web).of_handover(LOCAL, seq))
    theirs = web.home.channels.authority("KFN").seq
    with pytest.raises(NotFound):
        packages(web).take_receipt(
            viewer_of(40, [(Role.REGISTRAR, theirs)]), receipt(files[MANIFEST])
        )
    with pytest.raises(NotFound):
        packages(web).take_receipt(LOCAL, receipt(b"no manifest"))
    entry = made(web, packages(web).of_entry(LOCAL, registered(web)))
    with pytest.raises(NotFound):
        packages(web).take_receipt(LOCAL, receipt(entry[MANIFEST]))
    reader = Viewer(41, {ks(web): frozenset({Permission.READ})})
    for ask in (packages(web).of_handover, packages(web).of_entry):
        with pytest.raises((AccessRefused, NotFound)):
            ask(reader, seq)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format":"diarkiv-receipt/2","manifest":"' + b"a" * 64 + b'","number":"1"}',
        b'{"format":"diarkiv-receipt/1","manifest":"' + b"a" * 63 + b'","number":"1"}',
        b'{"format":"diarkiv-receipt/1","manifest":7,"number":"1"}',
        b'{"format":"diarkiv-receipt/1","manifest":"' + b"a" * 64 + b'","number":" "}',
        b'{"format":"diarkiv-receipt/1","manifest":"' + b"a" * 64 + b'","number":7}',
        b'{"format":"diarkiv-receipt/1","manifest":"' + b"a" * 64 + b'"}',
        b"[" * 100_000,
        b" " * (MAX_RECEIPT + 1),
    ],
)
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"no receipt|number is missing"):
        parse_receipt(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_receipt_or_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        parse_receipt(data)


def test_a_package_is_sent_while_it_is_made() -> None:
    """A member of 64 MiB passes in pieces: never more than one waits."""
    taken = [0]

    def pieces() -> Iterator[bytes]:
        for number in range(64):
            taken[0] = number
            yield bytes([number]) * 2**20

    seen, ended = list[int](), list[str]()
    size = 0
    for piece in stream([("stor.bin", pieces())], ended.append):
        size += len(piece)
        seen.append(taken[0])
        assert len(piece) < 2**22
    assert seen[0] < 63  # the first was given before the last was made
    assert len(ended) == 1
    assert size < 2**22
