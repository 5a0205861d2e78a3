"""Masked bundles: they prove what they show, and tell nothing of what they hide."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archiver.core import bundle
from archiver.core.canonical import Json
from archiver.core.commitment import Form, tokens
from archiver.core.egress import Purpose
from archiver.core.enclosed import READ_ME, VERIFIER, Extent, Own, Standing, none_own
from archiver.core.verdict import Duty, Verdict
from archiver.errors import NotFound, RuleViolation
from archiver.ledger.proof import is_ours, verifier
from archiver.ledger.verify_copy import verify_copy
from exports.release.bundle import Disclosed, Gate, masked_bundle, selection_digest
from gdpr.core.mask import hidden_tokens
from tests.build import with_manifest, zip_bytes
from tests.unit.exports.given_out import (
    ANNA,
    MASKED,
    TEXT,
    Desk,
    add,
    envelope,
    give_out,
    make_desk,
    members,
)

# `d_text` and `d` of a token, as a guesser would compute them who has everything but the salt.
_SALT = re.compile(rb'"s":"([0-9a-f]{32})"|\["([0-9a-f]{32})","')
_DIGEST = re.compile(rb'"([0-9a-f]{64})"')


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("paket") / "home")


@pytest.fixture(scope="module")
def given_out(desk: Desk) -> bytes:
    return desk.bundle(Disclosed(desk.post, MASKED), Disclosed(desk.answer, {}))


def said(data: bytes, seq: int) -> dict[str, Any]:
    """The openings of an entry by path."""
    document = json.loads(members(data)[f"entries/{seq}.json"])
    return {one["p"]: one for one in document["openings"]}


def text_of(data: bytes, seq: int) -> str:
    _, openings = bundle.parse_entry(members(data)[f"entries/{seq}.json"])
    return next(one.text() for one in openings if one.path == "text")


# --- what is right -----------------------------------------------------------------------------


def test_a_masked_bundle_is_proven_with_masks(desk: Desk, given_out: bytes) -> None:
    report = desk.check(given_out)
    assert (report.verdict, report.findings) == (Verdict.PROVEN_MASKED, [])
    assert "Utlämnandet är post" in report.notes[0]
    assert text_of(given_out, desk.post) == TEXT.replace("Anna Ekström ", "██")
    assert desk.check(given_out, None).verdict is Verdict.UNPROVEN


def test_the_offline_program_shows_the_masks(desk: Desk, given_out: bytes, tmp_path: Path) -> None:
    (tmp_path / "verify.pyz").write_bytes(verifier())
    (tmp_path / "u.zip").write_bytes(given_out)
    words = [sys.executable, "-I", "-S", "verify.pyz", "u.zip", "--key", desk.key]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "u.zip: Styrkt med maskning"
    assert "text: ██på Storgatan 5 ringde" in done.stdout
    assert "Ekström" not in done.stdout.partition(f"[{desk.answer} ")[0]


def test_the_same_masks_are_the_same_bytes(desk: Desk) -> None:
    chosen = [Disclosed(desk.answer, {}), Disclosed(desk.post, MASKED)]
    first = masked_bundle(desk.ledger, chosen, None, "a.zip")
    assert masked_bundle(desk.ledger, chosen[::-1], None, "a.zip") == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}


def test_what_is_never_let_out(desk: Desk, given_out: bytes) -> None:
    """The platform's bytes and their digest, of no record."""
    for seq in (desk.post, desk.answer):
        assert f"entries/{seq}.raw" not in members(given_out)
        assert "d" in said(given_out, seq)["raw"]
        raw = repr(envelope(1 if seq == desk.post else 2)).encode()
        assert sha256(raw).hexdigest().encode() not in given_out
    narrow = Gate(purpose=Purpose.INDEX)
    data = masked_bundle(desk.ledger, [Disclosed(desk.answer, {})], None, "a.zip", narrow)
    shown = {path for path, one in said(data, desk.answer).items() if "d" not in one}
    assert shown == {"author_name", "text"}
    assert desk.check(data).verdict is Verdict.PROVEN_MASKED


def test_what_leads_back_to_the_masked(desk: Desk, given_out: bytes) -> None:
    """Neither the masked item nor what answers it names it at the platform."""
    masked = said(given_out, desk.post)
    for path in ("url", "native_id", "links", "author_name", "author_id", "author_url"):
        assert "d" in masked[path], path
    answer = said(given_out, desk.answer)
    for path in ("parent", "root", "url", "native_id"):
        assert "d" in answer[path], path
    assert "v" in answer["author_name"]
    for word in (b"nativ-1", b"anna-1", b"person-1", b"lank-1"):
        assert word not in given_out
    alone = masked_bundle(desk.ledger, [Disclosed(desk.answer, {})], None, "a.zip")
    assert b"nativ-1" in alone


def test_what_never_leaves_is_no_mask(desk: Desk) -> None:
    chosen = Disclosed(desk.answer, {"raw": None})
    data = masked_bundle(desk.ledger, [chosen], None, "a.zip", Gate(purpose=Purpose.INDEX))
    assert "Inget i handlingarna är maskat" in members(data)["LAS-MIG.txt"].decode()
    whole = masked_bundle(desk.ledger, [chosen], None, "a.zip")
    assert "UTLÄMNANDET ÄR MASKAT" in members(whole)["LAS-MIG.txt"].decode()


def test_the_structure_too_can_be_hidden(desk: Desk) -> None:
    """Then not even the number of hidden words shows."""
    texts = ["Anna ringde.", "Anna Maria Ek ringde."]
    seqs = add(desk.ledger, *(envelope(9, text=one) for one in texts))
    for structure in (False, True):
        sizes = set()
        for seq, one in zip(seqs, texts, strict=True):
            chosen = Disclosed(seq, {"text": [(0, one.index(" ringde"))]}, structure)
            data = masked_bundle(desk.ledger, [chosen], None, "a.zip")
            sizes.add(len(members(data)[f"entries/{seq}.json"]))
            assert desk.check(data).verdict is Verdict.PROVEN_MASKED
        assert (len(sizes) == 1) is structure


def test_the_readme_says_what_is_masked(desk: Desk, given_out: bytes) -> None:
    told = members(given_out)["LAS-MIG.txt"].decode()
    assert "UTLÄMNANDET ÄR MASKAT" in told
    assert f"post {desk.post}: author_name maskat, text maskat på 2 ställen, utelämnat" in told
    assert "python3 -I -S verify.pyz handlingar.zip --key NYCKEL" in told
    whole = masked_bundle(desk.ledger, [Disclosed(desk.answer, {})], None, "a.zip")
    assert "Inget i handlingarna är maskat" in members(whole)["LAS-MIG.txt"].decode()


def test_the_release_shows_its_files_and_no_more(desk: Desk, given_out: bytes) -> None:
    (entry,) = {
        int(name[8:-5])
        for name in members(given_out)
        if name.startswith("entries/") and name.endswith(".json")
    } - {desk.post, desk.answer}
    shown = {path for path, one in said(given_out, entry).items() if "d" not in one}
    assert shown == {"files", "masked"}


# --- what is wrong -----------------------------------------------------------------------------


def _rezipped(files: Mapping[str, bytes]) -> bytes:
    return zip_bytes(with_manifest(files).items())


def test_a_moved_mask_is_found(desk: Desk, given_out: bytes) -> None:
    """A forger who has the whole record, masked in another way, and says it was released so."""
    other = masked_bundle(desk.ledger, [Disclosed(desk.post, {"text": [(16, 27)]})], None, "a.zip")
    name = f"entries/{desk.post}.json"
    found = desk.check(_rezipped({**members(given_out), name: members(other)[name]}))
    assert found.verdict is Verdict.UNPROVEN
    assert "masked in another way" in found.findings[0]
    assert found.duties[Duty.LOG] is True


def test_a_word_of_ones_own_is_found(desk: Desk, given_out: bytes) -> None:
    name = f"entries/{desk.post}.json"
    files = members(given_out)
    for old, new in ((b"Storgatan ", b"Lillgatan "), (b'"comment"', b'"review"')):
        assert old in files[name]
        found = desk.check(_rezipped({**files, name: files[name].replace(old, new)}))
        assert "not what was sealed" in found.findings[0]


def test_a_token_shown_elsewhere_is_found(desk: Desk, given_out: bytes) -> None:
    """Two tokens of a text change places, a hidden one with a shown one."""
    name = f"entries/{desk.post}.json"
    document = json.loads(members(given_out)[name])
    opening = next(one for one in document["openings"] if one["p"] == "text")
    opening["t"][1], opening["t"][2] = opening["t"][2], opening["t"][1]
    forged = json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    found = desk.check(_rezipped({**members(given_out), name: forged.encode()}))
    assert "not what was sealed" in found.findings[0]


def test_a_record_that_is_added_taken_away_or_exchanged(desk: Desk, given_out: bytes) -> None:
    files = members(given_out)
    of_answer = {name for name in files if f"/{desk.answer}." in name}
    (third,) = add(desk.ledger, envelope(3))
    more = members(masked_bundle(desk.ledger, [Disclosed(third, {})], None, "a.zip"))
    new = {name: data for name, data in more.items() if f"/{third}." in name}
    fewer = {name: data for name, data in files.items() if name not in of_answer}
    for forged in ({**files, **new}, fewer, {**fewer, **new}):
        found = desk.check(_rezipped(forged))
        assert found.verdict is Verdict.UNPROVEN
        assert "added, taken away or exchanged" in found.findings[0]
    swapped = files | {f"entries/{desk.post}.json": files[f"entries/{desk.answer}.json"]}
    assert desk.check(_rezipped(swapped)).verdict is Verdict.UNPROVEN


def test_a_file_that_rides_along_or_is_missing(desk: Desk, given_out: bytes) -> None:
    files = members(given_out)
    for forged, why in (
        ({**files, "omaskat.txt": b"Anna"}, "no part of it"),
        ({**files, f"entries/{desk.post}.raw": b"Anna"}, "raw bytes"),
        ({n: d for n, d in files.items() if n != f"proofs/{desk.post}.tlog-proof"}, "tlog-proof"),
        ({n: d for n, d in files.items() if n != "vkey"}, "key"),
    ):
        report = desk.check(_rezipped(forged))
        assert report.verdict is Verdict.UNPROVEN
        assert why in report.findings[0]
    without = {n: d for n, d in files.items() if n != "LAS-MIG.txt"}
    assert "files are not those" in desk.check(zip_bytes(without.items())).findings[0]


def test_another_releases_entry(desk: Desk, given_out: bytes) -> None:
    other = desk.bundle(Disclosed(desk.answer, {}), masked=False)
    files = members(given_out)
    own = {n: d for n, d in members(other).items() if f"/{desk.answer}." not in n}
    mine = {n: d for n, d in files.items() if n.split("/")[-1].split(".")[0].isdigit()}
    release = max(int(n.split("/")[1].split(".")[0]) for n in mine)
    rest = {n: d for n, d in files.items() if f"/{release}." not in n}
    found = desk.check(_rezipped({**rest, **{n: d for n, d in own.items() if "/" in n}}))
    assert "gave out something else" in found.findings[0]


def test_a_release_that_says_nothing_is_masked_does_not_make_it_so(desk: Desk) -> None:
    data = desk.bundle(Disclosed(desk.post, MASKED), masked=False)
    assert desk.check(data).verdict is Verdict.PROVEN_MASKED


def test_a_bundle_that_is_cut_off(desk: Desk, given_out: bytes) -> None:
    for length in range(0, len(given_out), len(given_out) // 40):
        assert desk.check(given_out[:length]).verdict is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("before", "after"), [(b"%!PS-", b""), (b"", b"x"), (b"", b"%PDF-1.7\n" + bytes(99_000))]
)
def test_nothing_lies_beside_the_bundle(
    desk: Desk, given_out: bytes, before: bytes, after: bytes
) -> None:
    assert desk.check(before + given_out + after).verdict is Verdict.UNPROVEN


def test_bombs_and_masses_are_not_unpacked(desk: Desk, given_out: bytes) -> None:
    files = [(f"{n}", b"") for n in range(50)]
    many = verify_copy("a.zip", io.BytesIO(zip_bytes(files)), most_members=49)
    large = verify_copy("a.zip", io.BytesIO(zip_bytes([("a", bytes(10**6))])), most=10**5)
    pdf = verify_copy("a.pdf", io.BytesIO(b"%PDF-" + bytes(10**6)), most=10**5)
    for report, found in (many, large, pdf):
        assert "too large" in report.findings[0]
        assert (report.verdict, found) == (Verdict.UNPROVEN, [])


@pytest.mark.parametrize(
    "hidden",
    [
        {"text": [(0, 0)]},
        {"text": []},
        {"text": [(0, len(TEXT) + 1)]},
        {"text": [(-1, 3)]},
        {"author_name": []},
        {"saknas": None},
        {"attachments/0/alt": None},
    ],
)
def test_a_mask_that_hides_nothing_is_refused(desk: Desk, hidden: Any) -> None:
    with pytest.raises(RuleViolation, match="would hide nothing"):
        selection_digest(desk.ledger, [Disclosed(desk.post, hidden)])


def test_what_cannot_be_given_out(desk: Desk) -> None:
    with pytest.raises(RuleViolation, match="Each entry"):
        selection_digest(desk.ledger, [Disclosed(desk.post, {}), Disclosed(desk.post, MASKED)])
    with pytest.raises(RuleViolation, match="at least one"):
        masked_bundle(desk.ledger, [], None, "a.zip")
    with pytest.raises(NotFound, match="cannot be opened"):
        masked_bundle(desk.ledger, [Disclosed(0, {})], None, "a.zip")
    chosen = [Disclosed(desk.post, MASKED)]
    other = give_out(desk.ledger, [("a.zip", "ab" * 32)])
    with pytest.raises(RuleViolation, match="no release of just these"):
        masked_bundle(desk.ledger, chosen, other, "a.zip")
    with pytest.raises(RuleViolation, match="no release of just these"):
        masked_bundle(desk.ledger, chosen, desk.answer, "a.zip")


def test_a_place_in_a_field_hides_the_field(desk: Desk) -> None:
    pictures: Json = [
        {"alt": "Anna vid snövallen", "mime": "image/jpeg", "url": "https://x.test/a"}
    ]
    (seq,) = add(desk.ledger, envelope(4, attachments=pictures))
    for hidden in ({"attachments/0/alt": None}, {"attachments/0/alt": [(0, 4)]}):
        data = masked_bundle(desk.ledger, [Disclosed(seq, hidden)], None, "a.zip")
        assert "d" in said(data, seq)["attachments"]
        assert b"sn\xc3\xb6vallen" not in data
    whole: dict[str, Any] = {"text": None, "text/0": [ANNA]}
    data = masked_bundle(desk.ledger, [Disclosed(seq, whole)], None, "a.zip")
    assert "d" in said(data, seq)["text"]


# --- what is known of each file, and how much is shown ---------------------------------------


def _standings(desk: Desk, data: bytes, own: Own = is_ours) -> dict[str, Standing]:
    report, _ = verify_copy("a.zip", io.BytesIO(data), desk.key, own=own)
    return {one.name: one.standing for one in report.members}


def test_every_file_is_named_with_what_is_known_of_it(desk: Desk, given_out: bytes) -> None:
    found = _standings(desk, given_out)
    assert found.keys() == members(given_out).keys()
    assert found[f"entries/{desk.post}.json"] is Standing.PROVED
    assert found[f"proofs/{desk.post}.tlog-proof"] is Standing.PROOF
    assert (found["vkey"], found["manifest.json"]) == (Standing.KEY, Standing.LISTING)
    assert found[VERIFIER] is Standing.OWN
    assert found[READ_ME] is Standing.BESIDE  # it tells of just this release: nobody's known text
    assert _standings(desk, given_out, none_own)[VERIFIER] is Standing.BESIDE


def test_a_text_or_program_that_was_exchanged_is_never_taken_for_proved(
    desk: Desk, given_out: bytes
) -> None:
    """The manifest is nobody's secret: whoever changes them makes another."""
    forged = _rezipped({**members(given_out), READ_ME: b"annat", VERIFIER: b"annat"})
    report = desk.check(forged)
    assert report.verdict is Verdict.PROVEN_MASKED  # what the log says, is what it says
    found = _standings(desk, forged)
    assert found[READ_ME] is found[VERIFIER] is Standing.BESIDE
    told = "\n".join(report.lines())
    assert f"{READ_ME}: följer med, inte styrkt\n" in told
    assert f"{VERIFIER}: följer med, inte styrkt\n" in told


def test_of_a_copy_that_is_not_proved_no_file_is(desk: Desk, given_out: bytes) -> None:
    name = f"entries/{desk.post}.json"
    files = members(given_out)
    forged = _rezipped({**files, name: files[name].replace(b"Storgatan ", b"Lillgatan ")})
    assert set(_standings(desk, forged).values()) <= {
        Standing.UNPROVED,
        Standing.OWN,
        Standing.BESIDE,
    }
    report = desk.check(given_out, None)  # no key to compare with
    assert {one.standing for one in report.members} <= {Standing.UNPROVED, Standing.BESIDE}


def test_how_much_of_the_release_is_shown(desk: Desk) -> None:
    data = desk.bundle(Disclosed(desk.post, MASKED), Disclosed(desk.answer, {}), counted=True)
    files = members(data)
    release = max(int(n[8:-5]) for n in files if n.startswith("entries/"))
    whole, part, alone, bare = (
        desk.check(_rezipped({n: d for n, d in files.items() if not _of(n, *without)}))
        for without in (
            (),
            (desk.answer,),
            (desk.answer, desk.post),
            (release,),
        )
    )
    assert (whole.verdict, whole.extent) == (Verdict.PROVEN_MASKED, Extent.WHOLE)
    assert (whole.shown, whole.released) == (2, 2)
    assert (part.verdict, part.extent) == (Verdict.UNPROVEN, Extent.PART)
    assert (part.shown, part.released) == (1, 2)
    assert "av 2 handlingar finns 1 här" in "\n".join(part.lines())
    assert (alone.verdict, alone.extent) == (Verdict.PROVEN_MASKED, Extent.RELEASE_ALONE)
    assert "ingen handling ur det (av 2)" in "\n".join(alone.lines())
    assert (bare.verdict, bare.extent) == (Verdict.PROVEN_MASKED, Extent.RECORDS_ALONE)
    assert "Det visar inget utlämnande" in "\n".join(bare.lines())


def _of(name: str, *seqs: int) -> bool:
    """Whether a member is of one of these entries."""
    return any(f"/{seq}." in name for seq in seqs)


# --- what the hidden tells ---------------------------------------------------------------------

WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzåäö", min_size=1, max_size=9), min_size=3, max_size=8
)


@given(WORDS, st.data())
@settings(max_examples=12, deadline=None)
def test_two_records_that_differ_in_what_is_hidden_cannot_be_told_apart(
    desk: Desk, words: list[str], data: st.DataObject
) -> None:
    """The same shown, other hidden words of any length: members of the same lengths, no salt and
    no digest in common, and the number of hidden tokens is what shows."""
    at = data.draw(st.integers(0, len(words) - 1))
    other = data.draw(st.text("abcdefghijklmnopqrstuvwxyzåäö", min_size=1, max_size=30))
    structure = data.draw(st.booleans())
    made, found = [], []
    texts = [words, [*words[:at], other, *words[at + 1 :]]]
    seqs = add(desk.ledger, *(envelope(9, text=" ".join(one)) for one in texts))
    assume(len(str(seqs[0])) == len(str(seqs[1])))  # which is shown
    for seq, one in zip(seqs, texts, strict=True):
        start = sum(len(word) + 1 for word in one[:at])
        span = (start, start + len(one[at]))
        chosen = Disclosed(seq, {"text": [span]}, structure)
        made.append(masked_bundle(desk.ledger, [chosen], None, "a.zip"))
        found.append(members(made[-1])[f"entries/{seq}.json"])
        assert desk.check(made[-1]).verdict is Verdict.PROVEN_MASKED
        opening = said(made[-1], seq)["text"]
        if structure:
            assert set(opening) == {"p", "d"}
        else:
            assert [isinstance(one, str) for one in opening["t"]] == [
                n == at for n in range(len(words))
            ]
    # A proof's length depends on where in the log the entry stands, and on nothing else.
    first, second = ({n: len(d) for n, d in members(one).items() if n[0] != "p"} for one in made)
    assert list(first.values()) == list(second.values())
    for pattern in (_SALT, _DIGEST):
        ours, theirs = (set(pattern.findall(one)) for one in found)
        assert ours
        assert not ours & theirs


@given(st.sampled_from(["", " "]), st.sampled_from(["Anna", "Ekström", "nej"]))
@settings(max_examples=12, deadline=None)
def test_a_guess_cannot_be_compared(desk: Desk, end: str, guess: str) -> None:
    """Who guesses the hidden word, and takes every salt in the bundle, or none: no digest fits."""
    data = masked_bundle(desk.ledger, [Disclosed(desk.post, {"text": [ANNA]})], None, "a.zip")
    entry = members(data)[f"entries/{desk.post}.json"]
    salts = [bytes.fromhex((a or b).decode()) for a, b in _SALT.findall(entry)]
    digests = {bytes.fromhex(one.decode()) for one in _DIGEST.findall(entry)}
    assert len(digests) > 4
    for salt in (*salts, b"", bytes(16)):
        for form in Form:
            tried = salt + b"text" + bytes((form,)) + (guess + end).encode()
            assert sha256(tried).digest() not in digests
    assert sha256((guess + end).encode()).digest() not in digests


def test_no_salt_of_a_hidden_token_is_in_the_bundle(desk: Desk) -> None:
    whole = masked_bundle(desk.ledger, [Disclosed(desk.post, {})], None, "a.zip")
    masked = masked_bundle(desk.ledger, [Disclosed(desk.post, {"text": [ANNA]})], None, "a.zip")
    hidden = hidden_tokens(TEXT, [ANNA])
    parts = said(whole, desk.post)["text"]["t"]
    assert len(parts) == len(tokens(TEXT))
    for n, (salt, token) in enumerate(parts):
        assert (salt.encode() in masked) == (n not in hidden)
        assert (json.dumps(token, ensure_ascii=False).encode() in masked) == (n not in hidden)


def _packed(data: bytes, method: int, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members(data).items():
            archive.writestr(name, content)
        archive.comment = comment
    return made.getvalue()


def test_nothing_rides_along_in_the_zip_file(desk: Desk, given_out: bytes) -> None:
    """Another program would open what lies before, between or after as the file that was given."""
    assert desk.check(given_out).verdict is Verdict.PROVEN_MASKED
    assert desk.check(_packed(given_out, zipfile.ZIP_DEFLATED)).verdict is Verdict.PROVEN_MASKED
    for forged in (
        b"\n%PDF-1.7 another decision %%EOF\n" + given_out,
        b"<html>another decision</html>" + given_out,
        _packed(given_out, zipfile.ZIP_DEFLATED) + given_out,
        _packed(given_out, zipfile.ZIP_DEFLATED, b"another decision"),
        _packed(given_out, zipfile.ZIP_BZIP2),  # which unpacks more than it says
        _packed(given_out, zipfile.ZIP_LZMA),
    ):
        report = desk.check(forged)
        assert report.verdict is Verdict.UNPROVEN
        assert not report.intact
