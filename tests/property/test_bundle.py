"""Proof bundles: what a recipient is shown is what was sealed, whatever a forger tries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core import bundle, canonical, merkle
from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint, VerifierKey, to_base64
from archiver.core.commitment import (
    Form,
    Hidden,
    Leaf,
    Opening,
    Shown,
    ShownText,
    commit,
    hide,
    open_leaves,
    recompute,
)
from archiver.core.event import ClearEntry, SealedEntry
from archiver.core.record import TEXT_FIELDS, frame_leaves
from archiver.core.verdict import Duty, Report, Verdict
from archiver.errors import NotCanonical, ProofInvalid

DEK = bytes(range(32))
ORIGIN = "diarkiv/5f0c2a/1"
SIGNER = Ed25519PrivateKey.from_private_bytes(sha256(b"signer").digest())
KEY = VerifierKey(ORIGIN, SIGNER.public_key().public_bytes_raw())
FORGER = Ed25519PrivateKey.from_private_bytes(sha256(b"forger").digest())
REFUSED = (ProofInvalid, NotCanonical)


def flips(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        yield (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


# --- from an envelope to leaves --------------------------------------------------------------

ALIKE: list[Json] = [True, "true", False, "false", 0, "0", 1, "1", "", [], "[]", {}, "{}", [True],
                     ["true"], [1], "[true]", '"true"', {"a": 1}, '{"a":1}', "\x00"]  # fmt: skip
field_names = st.sampled_from(["a", "b", "ab", "text", "title", "raw2"]) | st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=6
).filter("raw".__ne__)
field_values = st.sampled_from(ALIKE) | st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(field_names, inner, max_size=3),
    max_leaves=4,
)
envelopes = st.dictionaries(field_names, field_values, max_size=4)
raw_digests = st.sampled_from([None, "0f" * 32, "f0" * 32])


@given(envelopes, raw_digests)
def test_leaves_give_the_envelope_back(envelope: dict[str, Json], raw: str | None) -> None:
    """So no two envelopes have equal leaves."""
    leaves = frame_leaves(envelope, raw)
    assert [leaf.path for leaf in leaves] == ["raw"] * (raw is not None) + sorted(envelope)
    if raw is not None:
        assert leaves.pop(0) == Leaf("raw", raw, Form.STRING)
    back: dict[str, Json] = {}
    for path, value, form in leaves:
        back[path] = canonical.decode(value.encode()) if form is Form.JSON else value
        assert (form is Form.TEXT) == (path in TEXT_FIELDS and isinstance(envelope[path], str))
    assert canonical.encode(back) == canonical.encode(envelope)


@given(envelopes, envelopes, raw_digests, raw_digests)
@settings(max_examples=300)
def test_unequal_envelopes_have_unequal_leaves(
    one: dict[str, Json], two: dict[str, Json], raw: str | None, other_raw: str | None
) -> None:
    same = (canonical.encode(one), raw) == (canonical.encode(two), other_raw)
    first, second = frame_leaves(one, raw), frame_leaves(two, other_raw)
    assert (first == second) == same
    assert (commit(DEK, first) == commit(DEK, second)) == same


@pytest.mark.parametrize("field", ["edited", "text"])
def test_no_value_passes_for_one_that_looks_alike(field: str) -> None:
    """True for "true", say."""
    assert len({commit(DEK, frame_leaves({field: value}, None)) for value in ALIKE}) == len(ALIKE)


def test_no_field_stands_in_for_the_raw_part() -> None:
    with pytest.raises(NotCanonical):
        frame_leaves({"raw": "0f" * 32}, None)


# --- a small log and a bundle from it ---------------------------------------------------------

ENVELOPE: dict[str, Json] = {"kind": "comment", "text": "Hej Ture!", "edited": True, "n": "1"}
RAW = b'{"id":17}'
LEAVES = frame_leaves(ENVELOPE, sha256(RAW).hexdigest())
OPENINGS = open_leaves(DEK, LEAVES)


def sealed(c: bytes) -> bytes:
    return SealedEntry("version", 1, 1795353955123, 3, "0f" * 16, c.hex(), "2d" * 32).encode()


CLEAR = ClearEntry("run", 1, 1795353955124, {}).encode()
ENTRIES = [CLEAR, sealed(commit(DEK, LEAVES)), sealed(commit(DEK, LEAVES[:1])), CLEAR, CLEAR]


def make(
    disclosed: Mapping[int, list[Opening]],
    entries: list[bytes] = ENTRIES,
    signer: Ed25519PrivateKey = SIGNER,
    raw: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    def read(level: int, index: int) -> bytes:
        hashes = [merkle.leaf_hash(entry) for entry in entries]
        for _ in range(level):
            hashes = merkle.fold(hashes)
        return hashes[index]

    size, key = len(entries), VerifierKey(ORIGIN, signer.public_key().public_bytes_raw())
    head = Checkpoint(ORIGIN, size, merkle.Frontier.at(size, read).root())
    note = head.signed(key, signer.sign).encode()
    files = {"vkey": f"{key}\n".encode(), "LAS-MIG.txt": b"Hej"}
    for seq, openings in disclosed.items():
        path = merkle.inclusion_proof(seq, size, read)
        files[f"entries/{seq}.json"] = bundle.render_entry(entries[seq], openings)
        files[f"proofs/{seq}.tlog-proof"] = bundle.render_proof(seq, path, note)
    return again({**files, **(raw or {})})


def again(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """With a manifest that fits, as any forger makes one."""
    rest = {name: data for name, data in files.items() if name != bundle.MANIFEST}
    return {**rest, bundle.MANIFEST: bundle.render_manifest(rest)}


def check(files: Mapping[str, bytes], pinned: str | None = str(KEY)) -> Report:
    return bundle.check_bundle("bundle", files, pinned)[0]


def refused(files: Mapping[str, bytes]) -> bool:
    report = check(files)
    return report.verdict is Verdict.UNPROVEN and not report.intact and report.exit_code == 5


GOOD = make({1: OPENINGS}, raw={"entries/1.raw": RAW})


def test_an_honest_bundle_is_proven() -> None:
    report, [shown] = bundle.check_bundle("bundle", GOOD, str(KEY))
    assert (report.verdict, report.entries, report.findings) == (Verdict.PROVEN, 1, [])
    assert dict(shown.fields) == {"raw": sha256(RAW).hexdigest(), "kind": "comment", "n": "1",
                                  "text": "Hej Ture!", "edited": "true"}  # fmt: skip
    assert (shown.seq, shown.type, shown.raw) == (1, "version", RAW)
    unpinned = check(GOOD, None)
    assert (unpinned.verdict, unpinned.duties[Duty.KEY]) == (Verdict.UNPROVEN, None)
    assert unpinned.intact


@given(st.sets(st.integers(0, len(LEAVES) - 1)), st.sets(st.integers(0, 2), min_size=1))
@settings(max_examples=20)
def test_a_masked_bundle_is_proven_with_mask(whole: set[int], cut: set[int]) -> None:
    at = [leaf.path for leaf in LEAVES].index("text")
    masked = [hide(o) if i in whole else o for i, o in enumerate(OPENINGS)]
    if at not in whole:
        masked[at] = hide(masked[at], cut)
    report, [shown] = bundle.check_bundle("bundle", make({1: masked}), str(KEY))
    assert report.verdict is Verdict.PROVEN_MASKED
    assert "█" in dict(shown.fields)["text"]


def test_every_altered_byte_of_a_bundle_is_refused() -> None:
    """One bit of each byte, with the old manifest and with one that fits."""
    for name in GOOD.keys() - {"LAS-MIG.txt", bundle.MANIFEST}:
        for at in range(len(GOOD[name])):
            bad = bytearray(GOOD[name])
            bad[at] ^= 1 << at % 8
            assert refused(again({**GOOD, name: bytes(bad)})), (name, at)
            if at % 8 == 0:
                assert refused({**GOOD, name: bytes(bad)})
    assert all(refused({**GOOD, bundle.MANIFEST: bad}) for bad in flips(GOOD[bundle.MANIFEST]))
    assert all(refused({n: d for n, d in GOOD.items() if n != name}) for name in GOOD)


# --- forged copies ---------------------------------------------------------------------------


def forgeries() -> Iterator[tuple[str, list[Leaf], list[Opening]]]:
    """What was sealed, and what somebody would like it to have been: same bytes under a hash."""
    author, title = [Leaf("reply/by", "Ture")], [Leaf("title", "Ja\0nej")]
    shown, *_ = open_leaves(DEK, author)
    assert isinstance(shown.content, Shown)
    salt = shown.content.salt
    yield "moved boundary", author, [Opening("by", Shown(salt + b"reply/", "Ture"))]
    yield "NUL in path", title, [Opening("title\0Ja", Shown(salt, "nej"))]
    yield "hidden part of nothing", author, [shown, Opening("by", Hidden(b""))]
    both = [Leaf("a", "1"), Leaf("b", "2")]
    one, two = open_leaves(DEK, both)
    joined = one.digest() + two.digest()
    yield "merged", both, [Opening("a", Hidden(joined))]
    yield "split", both, [Opening("a", Hidden(joined[:8])), Opening("b", Hidden(joined[8:]))]
    text = [Leaf("text", "ja nej", Form.TEXT)]
    content = hide(open_leaves(DEK, text)[0], [0, 1]).content
    assert isinstance(content, ShownText)
    words = b"".join(part.digest for part in content.tokens if isinstance(part, Hidden))
    yield "merged words", text, [Opening("text", replace(content, tokens=(Hidden(words),)))]
    spare = (*content.tokens, Hidden(b""))
    yield "hidden word of nothing", text, [Opening("text", replace(content, tokens=spare))]
    for form, value in ((Form.JSON, "true"), (Form.STRING, "true"), (Form.JSON, "[]")):
        [real] = open_leaves(DEK, [Leaf("edited", value, form)])
        assert isinstance(real.content, Shown)
        confused = replace(real, content=replace(real.content, json=form is Form.STRING))
        yield f"type confusion, {form.name} {value}", [Leaf("edited", value, form)], [confused]
    yield "other order", both, [two, one]
    yield "left out", both, [one]
    yield "twice", both, [one, two, two]
    yield "renamed", both, [replace(one, path="c"), two]


FORGED = {name: (leaves, openings) for name, leaves, openings in forgeries()}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_copy_is_refused(name: str) -> None:
    leaves, openings = FORGED[name]
    entry = sealed(commit(DEK, leaves))
    assert check(make({0: open_leaves(DEK, leaves)}, [entry])).verdict is Verdict.PROVEN
    assert refused(make({0: openings}, [entry]))


def test_a_text_leaf_cannot_be_read_as_a_plain_one() -> None:
    """A salt that swallows everything up to a NUL inside the word's digest."""
    for n in range(10_000):
        leaves = [Leaf("text", "ja", Form.TEXT)]
        [opening] = open_leaves(dek := n.to_bytes(32, "big"), leaves)
        content = hide(opening, [0]).content
        assert isinstance(content, ShownText)
        assert isinstance(content.tokens[0], Hidden)
        inside = content.salt + b"text\x01" + content.tokens[0].digest
        at = inside.rfind(b"\x00")
        if at > 20 and inside[at + 1 :].isalnum():
            break
    else:
        pytest.fail("no suitable key in reach")
    forged = [Opening("", Shown(inside[:at], inside[at + 1 :].decode()))]
    with pytest.raises(ProofInvalid):
        recompute(forged)
    assert refused(make({0: forged}, [sealed(commit(dek, leaves))]))


def test_proofs_and_raw_bytes_cannot_be_exchanged() -> None:
    other = make({2: OPENINGS[:1]})
    both = make({1: OPENINGS, 2: OPENINGS[:1]})
    assert check(both).verdict is Verdict.PROVEN
    entry, proof, raw = "entries/{}.json", "proofs/{}.tlog-proof", "entries/1.raw"
    hidden = make({1: [hide(OPENINGS[0]), *OPENINGS[1:]]}, raw={raw: RAW})
    for bad in (
        {**GOOD, proof.format(1): other[proof.format(2)]},
        {**GOOD, entry.format(1): other[entry.format(2)]},
        {**both, entry.format(1): both[entry.format(2)], entry.format(2): both[entry.format(1)]},
        {name.replace("/1.", "/01."): data for name, data in GOOD.items()},
        {**GOOD, raw: RAW + b" "},
        {**GOOD, raw: b""},
        hidden,
        make({0: []}),
        make({}),
        make({1: OPENINGS}, signer=FORGER),
        {**make({1: OPENINGS}, signer=FORGER), "vkey": GOOD["vkey"]},
        {**GOOD, "vkey": make({}, signer=FORGER)["vkey"]},
        {**GOOD, "vkey": GOOD["vkey"][:-1]},
    ):
        assert refused(again(bad))


@pytest.mark.parametrize("name", ["entries/9.raw", "entries/1.pdf", "proofs/9.tlog-proof"])
def test_a_member_that_nothing_proves_is_refused(name: str) -> None:
    assert refused(again({**GOOD, name: b"Avslag"}))


# --- one byte form ---------------------------------------------------------------------------

salt_bytes = st.binary(min_size=16, max_size=16)
shown_parts = st.builds(Shown, salt_bytes, st.text(max_size=9))
hidden_parts = st.builds(Hidden, st.binary(min_size=32, max_size=32))
some_openings = st.builds(
    Opening,
    st.text(max_size=9),
    st.builds(Shown, salt_bytes, st.text(max_size=9), st.booleans())
    | hidden_parts
    | st.builds(ShownText, salt_bytes, st.lists(shown_parts | hidden_parts, max_size=4).map(tuple)),
)


@given(st.text(max_size=40).map(str.encode), st.lists(some_openings, max_size=4))
def test_entry_documents_round_trip(entry: bytes, openings: list[Opening]) -> None:
    data = bundle.render_entry(entry, openings)
    assert bundle.parse_entry(data) == (entry, openings)


def test_every_flipped_bit_of_an_entry_document_is_refused_or_another_one() -> None:
    openings = [hide(OPENINGS[0]), *OPENINGS[1:-1], hide(OPENINGS[-1], [1])]
    for bad in flips(bundle.render_entry(ENTRIES[1], openings)):
        with suppress(*REFUSED):
            parsed = bundle.parse_entry(bad)
            assert parsed != (ENTRIES[1], openings)
            assert bundle.render_entry(*parsed) == bad


D, S = "0f" * 32, "0f" * 16
NO_HEX: tuple[Any, ...] = ("0", "å", f"{S} ", S[:-1] + "F", 1, [], {})
NO_TEXT: tuple[Any, ...] = (1, True, [], {})
FIELDS: list[Any] = [
    *({"d": d} for d in NO_HEX),
    *({"s": s, "v": ""} for s in NO_HEX),
    *({"s": S, "v": v} for v in NO_TEXT),
    *({"s": S, "j": j} for j in NO_TEXT),
    *({"s": S, "v": "", "p": p} for p in NO_TEXT),
    *({"s": S, "t": t} for t in ("", D, 1, True, {}, {"a": D})),
    *({"s": S, "t": [t]} for t in (*NO_HEX, [S], [S, 1], [S, "a", 1], {"ab": "c", S: 1})),
    *({}, {"s": S}, {"v": ""}, {"d": D, "s": S}, {"s": S, "v": "", "j": ""}),
]
BAD_OPENINGS: list[Any] = [1, "p", [], {}, {"d": D}, *({"p": "a", **fields} for fields in FIELDS)]


@pytest.mark.parametrize("opening", BAD_OPENINGS, ids=str)
def test_malformed_openings_are_refused(opening: Json) -> None:
    with pytest.raises(REFUSED):
        bundle.parse_entry(canonical.encode({"entry": "{}", "openings": [opening]}))


def test_malformed_entry_documents_are_refused() -> None:
    fine: Any = {"entry": "{}", "openings": []}
    wrong: Any = ({"entry": 1}, {"entry": []}, {"more": 1}, {"openings": {}}, {"openings": ""})
    for document in ([], {}, {"entry": "{}"}, {"openings": []}, *(fine | one for one in wrong)):
        with pytest.raises(REFUSED):
            bundle.parse_entry(canonical.encode(document))


nodes = st.lists(st.binary(min_size=32, max_size=32), max_size=5)


@given(st.integers(0, 2**70), nodes, st.binary(max_size=40))
def test_proofs_round_trip(index: int, hashes: list[bytes], note: bytes) -> None:
    assert bundle.parse_proof(bundle.render_proof(index, hashes, note)) == (index, hashes, note)


def test_every_flipped_bit_of_a_proof_is_refused_or_another_one() -> None:
    good = GOOD["proofs/1.tlog-proof"]
    for bad in flips(good):
        with suppress(*REFUSED):
            parsed = bundle.parse_proof(bad)
            assert parsed != bundle.parse_proof(good)
            assert bundle.render_proof(*parsed) == bad


NODE = to_base64(bytes(range(32)))
SPARE = f"{NODE[:-2]}{chr(ord(NODE[-2]) + 1)}="
HEADS = [
    *("", "index 1", "{m}", "{m}\n1", "{m}\r\nindex 1", "{m}0\nindex 1", "\n{m}\nindex 1"),
    *("{m}\nindex", f"{{m}}\n{NODE}\nindex 1", "{m}\nindex 1\nAAAA", "{m}\nIndex 1"),
    *(f"{{m}}\nindex {n}" for n in ("", "01", "+1", "-1", "-0", "1_0", "1 ", " 1", "1.0", "1\r")),
    *(f"{{m}}\nindex {n}" for n in ("\uff11", "9" * 5000)),
    *(f"{{m}}\nindex 1\n{n}" for n in (NODE[:-1], SPARE, f" {NODE}", f"{NODE}\r", f"{NODE}=")),
]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: ascii(head[:40]))
def test_second_spellings_of_a_proof_are_refused(head: str) -> None:
    data = head.replace("{m}", bundle.PROOF_MAGIC).encode()
    for whole in (data + b"\n\nnote", data + b"\n", data):
        with pytest.raises(REFUSED):
            bundle.parse_proof(whole)


files = st.dictionaries(st.sampled_from(["vkey", "a", "b/c", "LAS-MIG.txt"]), st.binary(max_size=9))


@given(files, files)
def test_a_manifest_fits_its_own_files_only(one: dict[str, bytes], two: dict[str, bytes]) -> None:
    mixed = {**two, bundle.MANIFEST: bundle.render_manifest(one)}
    if one and one == two:
        bundle.check_manifest(mixed)
        return
    with pytest.raises(ProofInvalid):
        bundle.check_manifest(mixed)
    with pytest.raises(ProofInvalid):
        bundle.check_manifest(two)
