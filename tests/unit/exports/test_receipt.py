"""A released PDF: it says by itself that it was given out, and every other file says no."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pikepdf
import pypdf
import pytest

from archiver.core import receipt as core
from archiver.core.verdict import Duty, Verdict
from archiver.document.parts import as_pdf
from archiver.errors import NotFound, ProofInvalid, RenderFailed
from archiver.ledger.proof import verifier
from archiver.ledger.verify_copy import verify_copy
from exports.release.receipt import ATTACHMENT, digest, hollow, receipt_of, seal_pdf
from tests.build import DAY, NOVEMBER
from tests.tsa import Authority
from tests.unit.exports.given_out import Desk, document, give_out, hollow_pdf, make_desk

SAID = "En huvudledning gick sönder på Kvarngatan."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("kvitto") / "home")


@pytest.fixture(scope="module")
def pdf(desk: Desk) -> bytes:
    return desk.pdf(SAID)


# --- what is right -----------------------------------------------------------------------------


def test_a_released_pdf_is_proven_and_says_whether_it_is_masked(desk: Desk, pdf: bytes) -> None:
    report = desk.check(pdf)
    assert (report.verdict, report.findings) == (Verdict.PROVEN_MASKED, [])
    assert [report.duties[one] for one in (Duty.KEY, Duty.HEAD, Duty.LOG, Duty.CONTENT)] == [
        True
    ] * 4
    assert report.duties[Duty.STAMP] is None
    assert "Utlämnandet är post" in report.notes[0]
    assert desk.check(desk.pdf(SAID, masked=False)).verdict is Verdict.PROVEN


def test_without_a_pinned_key_nothing_is_proven(desk: Desk, pdf: bytes) -> None:
    report = desk.check(pdf, None)
    assert (report.verdict, report.exit_code) == (Verdict.UNPROVEN, 1)
    assert (report.duties[Duty.KEY], report.duties[Duty.CONTENT]) == (None, True)
    assert "nyckeln inte jämförd" in report.notes[0]


def test_the_digest_is_the_same_before_and_after_and_each_time(desk: Desk) -> None:
    made = hollow_pdf(SAID)
    assert hollow_pdf(SAID) == made
    entry = give_out(desk.ledger, [("a.pdf", digest(made))])
    sealed = seal_pdf(made, receipt_of(desk.ledger, entry))
    assert digest(sealed) == digest(made)
    assert len(sealed) == len(made)
    at = made.index(core.HEAD) + len(core.HEAD)
    assert (sealed[:at], sealed[at + core.HOLE :]) == (made[:at], made[at + core.HOLE :])


def test_the_pdf_is_what_it_was_but_for_its_receipt(pdf: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    about = reader.xmp_metadata
    assert about is not None
    xmp = about.stream.get_data().decode()
    for said in ("part>3</pdfaid", "conformance>A</pdfaid", "<pdfuaid:part>1"):
        assert said in xmp
    assert SAID in "".join(page.extract_text() for page in reader.pages).replace("\u00ad", "")
    held = dict(reader.attachments.items())
    assert json.loads(held["handlingar.json"][0]) == {"text": "[NAMN-7f3a] ringde om snön"}
    told = json.loads(held["kvitto.json"][0])
    assert told["format"] == "diarkiv-receipt/1"
    assert set(told["receipt"]) == {"entry", "proof", "vkey"}
    assert pdf.count(b"startxref") == 1


def test_what_pdf_a_3a_and_pdf_ua_1_ask_of_a_released_pdf(desk: Desk) -> None:
    """With a mask's token, and records as JSON attached; pictures go beside the PDF. What can be
    asked without veraPDF of ISO 19005-3 and ISO 14289-1."""
    made = hollow_pdf("[NAMN-7f3a] ringde om snön")
    entry = give_out(desk.ledger, [("utlamnande.pdf", digest(made))])
    data = seal_pdf(made, receipt_of(desk.ledger, entry))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not pdf.is_encrypted
        assert "/ID" in pdf.trailer
        root = pdf.Root
        assert [str(one.S) for one in root.OutputIntents] == ["/GTS_PDFA1"]
        assert root.OutputIntents[0].DestOutputProfile.read_bytes()[36:40] == b"acsp"
        assert not {"/AA", "/OpenAction", "/AcroForm"} & set(root.keys())
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        assert (str(root.Lang), bool(root.ViewerPreferences.DisplayDocTitle)) == ("sv", True)
        assert {str(one.UF) for one in root.AF} == {"handlingar.json", "kvitto.json"}
        for one in root.AF:
            assert "/AFRelationship" in one
            assert "/Subtype" in one.EF.F
            assert "/ModDate" in one.EF.F.Params
            assert str(one.Desc)
        fonts = [
            kept
            for kept in pdf.objects
            if isinstance(kept, pikepdf.Dictionary) and kept.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all({"/FontFile2", "/FontFile3"} & set(one.keys()) for one in fonts)
        filters = {str(one.get("/Filter")) for one in pdf.objects if _is_stream(one)}
        assert "/LZWDecode" not in filters


def _is_stream(kept: object) -> bool:
    return isinstance(kept, pikepdf.Stream)


def test_another_reader_finds_no_fault_with_it(pdf: bytes) -> None:
    """qpdf: every offset and length is right, before and after the hole was filled."""
    for data in (hollow_pdf(SAID), pdf):
        with pikepdf.open(io.BytesIO(data)) as read:
            assert read.check_pdf_syntax() == []
            kept = read.attachments["kvitto.json"]
            assert kept.get_file().size == len(core.EMPTY)
            assert kept.get_file().mime_type == "application/json"
            assert "/Filter" not in kept.obj.EF.F
            assert kept.obj.EF.F.read_raw_bytes()[: len(core.HEAD)] == core.HEAD
            assert len(read.Root.AF) == 2


def test_the_receipt_tells_nothing_but_files_and_masked(desk: Desk, pdf: bytes) -> None:
    receipt = json.loads(pypdf.PdfReader(io.BytesIO(pdf)).attachments["kvitto.json"][0])["receipt"]
    shown = [one["p"] for one in receipt["entry"]["openings"] if "d" not in one]
    assert shown == ["files", "masked"]
    assert "4711" not in json.dumps(receipt["entry"]["openings"])  # the request


def test_the_offline_program_says_the_same(desk: Desk, pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "verify.pyz").write_bytes(verifier())
    (tmp_path / "u.pdf").write_bytes(pdf)
    words = [sys.executable, "-I", "-S", "verify.pyz", "u.pdf"]
    for more, code, verdict in (
        (["--key", desk.key], 0, "u.pdf: Styrkt med maskning"),
        ([], 1, "u.pdf: Kan inte styrkas"),
    ):
        done = subprocess.run(
            [*words, *more], cwd=tmp_path, capture_output=True, check=False, encoding="utf-8"
        )
        assert (done.returncode, done.stdout.splitlines()[-1]) == (code, verdict)
        assert len(re.findall(r"(?m)^[✓✗–] [A-ZÅÄÖ]", done.stdout)) == 5


def test_a_stamp_in_the_receipt(desk: Desk, pdf: bytes, authority: Authority) -> None:
    """Green only under roots that are given; over another head, or older than the release, red."""
    said = json.loads(_receipt(pdf))
    note = said["proof"].partition("\n\n")[2].encode()

    def stamped(over: bytes, at: int) -> bytes:
        stamp = base64.b64encode(authority.says(over, at)).decode()
        text = json.dumps(
            said | {"stamp": stamp}, separators=(",", ":"), sort_keys=True, ensure_ascii=False
        )
        return core.fill(pdf, text.encode())

    good = stamped(note, NOVEMBER + 60_000)
    assert desk.check(good).duties[Duty.STAMP] is None
    report, _ = verify_copy("u.pdf", io.BytesIO(good), desk.key, authority.roots)
    assert (report.verdict, report.duties[Duty.STAMP]) == (Verdict.PROVEN_MASKED, True)
    for bad in (stamped(b"another head", NOVEMBER + 60_000), stamped(note, NOVEMBER - DAY)):
        report = desk.check(bad)
        assert (report.verdict, report.duties[Duty.STAMP]) == (Verdict.UNPROVEN, False)
        assert report.duties[Duty.CONTENT] is True


# --- what is wrong -----------------------------------------------------------------------------


def _restreamed(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """The PDF with other text in one of its packed streams, at the same length."""
    for match in re.finditer(rb"/FlateDecode[^>]*>>+\nstream\n", pdf):
        end = pdf.index(b"\nendstream", match.end())
        try:
            plain = zlib.decompress(pdf[match.end() : end])
        except zlib.error:
            continue
        if old in plain:
            packed = zlib.compress(plain.replace(old, new, 1), 9)
            room = end - match.end()
            if len(packed) <= room:
                return pdf[: match.end()] + packed.ljust(room, b"\0") + pdf[end:]
    raise AssertionError("nowhere in the file")


def test_every_changed_letter_is_found(desk: Desk, pdf: bytes) -> None:
    """In a page, in the attached records, in the metadata, in the names, in the table at the end:
    what is not the receipt lies under the digest."""
    at = pdf.index(core.HEAD) + len(core.HEAD)
    changed = {
        "records": pdf.replace(b"[NAMN-7f3a] ringde", b"[NAMN-7f3b] ringde"),
        "metadata": pdf.replace(b"KS 2026", b"KS 2025").replace(b"Kommun", b"Kammun"),
        "name": pdf.replace(b"handlingar.json", b"handlingor.json"),
        "date": pdf.replace(b"/CreationDate(D:2026", b"/CreationDate(D:2025"),
        "cross-reference": pdf[:-30] + pdf[-30:].replace(b"startxref", b"startxreg"),
        "head of the receipt": pdf.replace(b"diarkiv-receipt/1", b"diarkiv-receipt/2"),
        "page": _restreamed(pdf, b"BT", b"bt"),
        "end of the hole": pdf[: at + core.HOLE - 1] + b"x" + pdf[at + core.HOLE :],
        "after the hole": pdf[: at + core.HOLE] + b"]" + pdf[at + core.HOLE + 1 :],
    }
    for where, data in changed.items():
        assert data != pdf, where
        report = desk.check(data)
        assert (report.verdict, report.exit_code) == (Verdict.UNPROVEN, 5), where
        assert report.duties[Duty.CONTENT] is False, where
    report = desk.check(changed["page"])
    assert "not the one that was given out" in report.findings[0]
    assert (report.duties[Duty.HEAD], report.duties[Duty.LOG]) == (True, True)


def test_every_byte_counts(desk: Desk, pdf: bytes) -> None:
    for place in range(0, len(pdf), 911):
        broken = bytearray(pdf)
        broken[place] ^= 0x20
        assert desk.check(bytes(broken)).verdict is Verdict.UNPROVEN, place


def test_a_moved_mask_is_another_file(desk: Desk, pdf: bytes) -> None:
    moved = hollow_pdf("[NAMN-7f3a] gick sönder på Kvarngatan.")
    found = desk.check(core.fill(moved, _receipt(pdf)))
    assert "not the one that was given out" in found.findings[0]


def _receipt(pdf: bytes) -> bytes:
    at = core.hole(pdf)
    return pdf[at : at + core.HOLE].rstrip()


def test_another_releases_receipt(desk: Desk, pdf: bytes) -> None:
    other = desk.pdf("Något annat.")
    found = desk.check(core.fill(pdf, _receipt(other)))
    assert (found.verdict, found.duties[Duty.LOG]) == (Verdict.UNPROVEN, True)
    assert "the receipt is another file's" in found.findings[0]
    made = hollow_pdf(SAID, data=b'{"text":"annat"}')
    with pytest.raises(ProofInvalid, match="another file's"):
        seal_pdf(made, _receipt(other))


def test_a_receipt_of_another_log(desk: Desk, pdf: bytes, tmp_path: Path) -> None:
    other = make_desk(tmp_path / "home", key=bytes(reversed(range(32))))
    foreign = other.pdf(SAID)
    assert other.check(foreign).verdict is Verdict.PROVEN_MASKED
    found = desk.check(foreign)
    assert (found.verdict, found.duties[Duty.KEY]) == (Verdict.UNPROVEN, False)
    assert "not the pinned one" in found.findings[0]
    mixed = json.loads(_receipt(foreign)) | {"vkey": json.loads(_receipt(pdf))["vkey"]}
    said = json.dumps(mixed, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    found = desk.check(core.fill(pdf, said.encode()))
    assert found.duties[Duty.KEY] is True
    assert "signature" in found.findings[0]


def test_a_proof_of_another_entry(desk: Desk, pdf: bytes) -> None:
    said = json.loads(_receipt(pdf))
    for name in ("entry", "proof"):
        forged = said | {name: json.loads(_receipt(desk.pdf("Annat")))[name]}
        text = json.dumps(forged, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        assert desk.check(core.fill(pdf, text.encode())).verdict is Verdict.UNPROVEN, name


def test_a_release_that_is_said_not_to_be_masked(desk: Desk, pdf: bytes) -> None:
    """Whether anything is masked is sealed: it can neither be turned nor left out."""
    said = json.loads(_receipt(pdf))
    for openings in (
        [one | {"j": "false"} if one["p"] == "masked" else one for one in _openings(said)],
        [one for one in _openings(said) if one["p"] != "masked"],
    ):
        entry = said["entry"] | {"openings": openings}
        text = json.dumps(
            said | {"entry": entry}, separators=(",", ":"), sort_keys=True, ensure_ascii=False
        )
        found = desk.check(core.fill(pdf, text.encode()))
        assert "not what was sealed" in found.findings[0]


def _openings(said: dict[str, dict[str, list[dict[str, str]]]]) -> list[dict[str, str]]:
    return said["entry"]["openings"]


def test_what_is_appended_or_cut_off(desk: Desk, pdf: bytes) -> None:
    update = b"\n9 0 obj\n<</Type/Catalog>>\nendobj\nstartxref\n0\n%%EOF\n"
    for data in (pdf + update, pdf + b"\n", pdf + pdf, pdf[:-1], pdf[: len(pdf) // 2], pdf[:6]):
        report = desk.check(data)
        assert report.verdict is Verdict.UNPROVEN
        assert report.findings


def test_something_else_in_the_hole(desk: Desk, pdf: bytes) -> None:
    whole = _receipt(pdf)
    for said in (
        b"",
        b"null",
        b"{}",
        b" " + whole,
        whole + b" %PDF-1.7",
        whole.replace(b'"vkey"', b'"v2ey"'),
        whole[:-1] + b',"x":1}',
        b'{"entry":[],"proof":"","vkey":""}',
        b"[" * core.HOLE,
    ):
        report = desk.check(core.fill(pdf, said))
        assert (report.verdict, len(report.findings)) == (Verdict.UNPROVEN, 1)
    with pytest.raises(ProofInvalid, match="more than"):
        core.fill(pdf, b"x" * (core.HOLE + 1))


def test_files_that_were_never_given_out(desk: Desk) -> None:
    for data, why in (
        (hollow_pdf(SAID), "is empty"),
        (b"%PDF-1.7\n%%EOF", "no receipt"),
        (b"%PDF-" + core.EMPTY * 2, "more than one"),
        (b"%PDF-" + core.HEAD, "not whole"),
        (b"", "neither a whole zip file nor a PDF"),
        (b"PK\x03\x04", "prove nothing by themselves"),
    ):
        assert why in desk.check(data).findings[0]


def test_a_receipt_of_what_is_no_release(desk: Desk) -> None:
    made = hollow_pdf(SAID)
    with desk.ledger.writer() as writer:
        other = writer.append_event(
            "case_opened", {"files": [["a.pdf", digest(made)]], "masked": False}, cohort=0
        )
    with pytest.raises(ProofInvalid, match="no release"):
        seal_pdf(made, receipt_of(desk.ledger, other))
    with pytest.raises(NotFound):
        receipt_of(desk.ledger, 10**9)


def test_a_release_of_another_form(desk: Desk) -> None:
    made = hollow_pdf(SAID)
    good = [["a.pdf", digest(made)]]
    for changed in (
        {"files": []},
        {"files": "a.pdf"},
        {"files": [["a.pdf"]]},
        {"files": [["a.pdf", "AB"]]},
        {"files": [[1, digest(made)]]},
        {"files": good, "masked": 1},
    ):
        entry = give_out(desk.ledger, [], **changed)  # type: ignore[arg-type]
        with pytest.raises(ProofInvalid):
            seal_pdf(made, receipt_of(desk.ledger, entry))


def test_a_pdf_has_one_hole() -> None:
    plain = document(SAID)
    with pytest.raises(RenderFailed, match="room"):
        hollow(b"%PDF-1.7")
    with pytest.raises(RenderFailed, match="room"):
        hollow(as_pdf(plain) + ATTACHMENT.data)
