"""A proof bundle in the hands of someone without the signing key: nothing forged is proven.

The attacker recomputes all that is unsigned and signs with a key of his own where that could help.
Zip files and archive folders: test_verify_tampering_files.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archiver.core import bundle, merkle
from archiver.core.bundle import parse_entry, parse_proof, render_entry, render_proof
from archiver.core.checkpoint import Checkpoint, VerifierKey
from archiver.core.commitment import Hidden, Opening, Shown, ShownText
from archiver.core.event import SealedEntry, parse
from archiver.core.verdict import Verdict
from archiver.ledger.verify import verify_bundle
from tests.build import (
    add_mixed,
    bundle_files,
    create_home,
    head_in,
    make_ledger,
    pinned,
    published,
    with_manifest,
    zip_bytes,
)

Files = dict[str, bytes]
MASKED = {"raw": None, "author_name": None, "text": [1, 3]}


class Case:
    """A home, two genuine bundles from it, and the attacker's key."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ledger = make_ledger(home)
        create_home(self.ledger)
        add_mixed(self.ledger)
        self.old_note = published(home)
        add_mixed(self.ledger, 5)
        self.seqs = [
            seq
            for seq, data in enumerate(self.ledger.log.entries(0, self.ledger.log.size))
            if parse(data).type == "version"
        ]
        self.one, self.two = self.seqs[0], self.seqs[5]
        self.whole = bundle_files(self.ledger, [self.one, self.two])
        self.masked = bundle_files(self.ledger, [self.one], MASKED)
        self.key = pinned(home)
        self.own = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))

    def own_key(self, name: str) -> VerifierKey:
        return VerifierKey(name, self.own.public_key().public_bytes_raw())

    def openings(self, files: Files) -> list[Opening]:
        return parse_entry(files[f"entries/{self.one}.json"])[1]

    def entry(self, files: Files) -> bytes:
        return parse_entry(files[f"entries/{self.one}.json"])[0]


@pytest.fixture(scope="module")
def case() -> Case:
    folder = tempfile.mkdtemp()
    return Case(Path(folder) / "home")


def _verdict(data: bytes, key: str | None) -> tuple[Verdict, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bevis.zip"
        path.write_bytes(data)
        report, _ = verify_bundle(path, key)
    return report.verdict, report.findings


def _check(files: Files, key: str | None) -> tuple[Verdict, list[str]]:
    return _verdict(zip_bytes(files.items()), key)


def test_genuine_bundles_are_proven(case: Case) -> None:
    assert _check(case.whole, case.key) == (Verdict.PROVEN, [])
    assert _check(case.masked, case.key) == (Verdict.PROVEN_MASKED, [])


def test_without_a_pinned_key_nothing_is_proven(case: Case) -> None:
    assert _check(case.whole, None) == (Verdict.UNPROVEN, [])


# --- forgeries of the contents ---------------------------------------------------------------


def _reopened(case: Case, files: Files, change: Callable[[list[Opening]], list[Opening]]) -> Files:
    """The bundle with the first entry's openings changed."""
    name = f"entries/{case.one}.json"
    return {**files, name: render_entry(case.entry(files), change(case.openings(files)))}


def _at(openings: list[Opening], path: str) -> int:
    return next(i for i, opening in enumerate(openings) if opening.path == path)


def _with(path: str, new: Callable[[Opening], Opening]) -> Callable[[list[Opening]], list[Opening]]:
    def change(openings: list[Opening]) -> list[Opening]:
        i = _at(openings, path)
        return [*openings[:i], new(openings[i]), *openings[i + 1 :]]

    return change


def _value(value: str) -> Callable[[Opening], Opening]:
    return lambda o: Opening(o.path, Shown(o.content.salt, value))  # type: ignore[union-attr]


def _word(opening: Opening) -> Opening:
    assert isinstance(opening.content, ShownText)
    salt, parts = opening.content.salt, opening.content.tokens
    assert isinstance(parts[0], Shown)
    return Opening(opening.path, ShownText(salt, (Shown(parts[0].salt, "aldrig "), *parts[1:])))


def _tokens(
    change: Callable[[tuple[Shown | Hidden, ...]], tuple[Shown | Hidden, ...]],
) -> Callable[[Opening], Opening]:
    def new(opening: Opening) -> Opening:
        assert isinstance(opening.content, ShownText)
        return Opening(
            opening.path, ShownText(opening.content.salt, change(opening.content.tokens))
        )

    return new


def _boundary(opening: Opening) -> Opening:
    """Two letters of the field's name become part of the salt: author_url reads as url."""
    assert isinstance(opening.content, Shown)
    return Opening(opening.path[2:], Shown(opening.content.salt + b"na", opening.content.value))


def _guess(opening: Opening) -> Opening:
    return Opening(opening.path, Shown(bytes(16), "Person 7"))


def _json_as_string(opening: Opening) -> Opening:
    assert isinstance(opening.content, Shown)
    return Opening(opening.path, Shown(opening.content.salt, opening.content.value, False))


def _merged(openings: list[Opening]) -> list[Opening]:
    """Two hidden leaves as one of 64 bytes: one field fewer to be seen."""
    one, two = openings[0], openings[1]
    return [Opening("raw", Hidden(one.digest() + two.digest())), *openings[2:]]


FIELDS: dict[str, Callable[[list[Opening]], list[Opening]]] = {
    "a value changed": _with("native_id", _value("9999")),
    "a word changed": _with("text", _word),
    "a word removed": _with("text", _tokens(lambda parts: parts[1:])),
    "a word added": _with("text", _tokens(lambda parts: (*parts, Shown(bytes(16), "!")))),
    "two words in another order": _with("text", _tokens(lambda p: (p[2], p[1], p[0], *p[3:]))),
    "the mask moved": _with("text", _tokens(lambda p: (p[1], p[0], p[3], p[2], *p[4:]))),
    "the mask lifted by a guess": _with("author_name", _guess),
    "an empty mask added in a text": _with("text", _tokens(lambda p: (Hidden(b""), *p))),
    "a mask added in a text": _with("text", _tokens(lambda p: (Hidden(bytes(32)), *p))),
    "two masks merged in a text": _with(
        "text",
        _tokens(lambda p: (p[0], Hidden(p[1].digest + bytes(32)), *p[2:])),  # type: ignore[union-attr]
    ),
    "a hidden leaf added": lambda o: [*o, Opening("secret", Hidden(bytes(32)))],
    "an empty hidden leaf added": lambda o: [*o, Opening("secret", Hidden(b""))],
    "a hidden leaf removed": lambda o: o[1:],
    "a shown leaf removed": lambda o: o[:-1],
    "two hidden leaves merged": _merged,
    "leaves in another order": lambda o: [*o[:-2], o[-1], o[-2]],
    "a leaf twice": lambda o: [*o, o[-1]],
    "a field under another name": _with("url", lambda o: Opening("links", o.content)),
    "salt and name with another boundary": _with("native_id", _boundary),
    "a list shown as a string": _with("links", _json_as_string),
    "a name that is not ASCII": _with("url", lambda o: Opening("ürl", o.content)),
    "no openings": lambda _: [],
}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_forged_field(case: Case, kind: str) -> None:
    forged = with_manifest(_reopened(case, case.masked, FIELDS[kind]))
    verdict, findings = _check(forged, case.key)
    assert (verdict, len(findings)) == (Verdict.UNPROVEN, 1)


# --- forgeries of entries, proofs, heads and the bundle itself -------------------------------


def _own_log(case: Case, *, vkey: bytes | None = None, name: str | None = None) -> Files:
    """The attacker's own log over an altered entry, whole and well-formed."""
    files = dict(case.whole)
    key = case.own_key(name or case.ledger.origin)
    document = json.loads(files[f"entries/{case.one}.json"])
    entry = parse(document["entry"].encode())
    assert isinstance(entry, SealedEntry)
    leaf = entry._replace(at=entry.at - 86_400_000).encode()
    openings = case.openings(files)
    root = merkle.leaf_hash(leaf)
    note = Checkpoint(key.name, 1, root).signed(key, case.own.sign).encode()
    return {
        "vkey": vkey or f"{key}\n".encode(),
        "entries/0.json": render_entry(leaf, openings),
        "proofs/0.tlog-proof": render_proof(0, [], note),
    }


def _proof(case: Case, change: Callable[[int, list[bytes], bytes], bytes]) -> Files:
    name = f"proofs/{case.one}.tlog-proof"
    return {**case.whole, name: change(*parse_proof(case.whole[name]))}


def _second_signature(case: Case, note: bytes) -> bytes:
    head, key = head_in(note), case.own_key("vittne.exempel")
    return note + head.signed(key, case.own.sign).encode().partition(b"\n\n")[2]


def _other_head(case: Case, note: bytes) -> bytes:
    """The genuine signature under another size."""
    return note.replace(f"\n{head_in(note).size}\n".encode(), b"\n9\n")


def _resigned(case: Case, note: bytes) -> bytes:
    """The attacker's signature in the log's own name, with the log's key id."""
    genuine, head = VerifierKey.parse(case.key), head_in(note)
    return head.signed(genuine, case.own.sign).encode()


def _without(files: Files, *names: str) -> Files:
    return {name: data for name, data in files.items() if name not in names}


def _renumbered(case: Case) -> Files:
    """Another number in the file names: leading zero."""
    one = str(case.one)
    return {name.replace(f"/{one}.", f"/0{one}."): data for name, data in case.whole.items()}


BUNDLES: dict[str, Callable[[Case], Files]] = {
    "own log under his own key": _own_log,
    "own log, genuine public key": lambda c: _own_log(c, vkey=c.whole["vkey"]),
    "own log of another name": lambda c: _own_log(c, name="diarkiv/annan/1"),
    "own public key in a genuine bundle": lambda c: {
        **c.whole,
        "vkey": f"{c.own_key(c.ledger.origin)}\n".encode(),
    },
    "public key with something behind it": lambda c: {**c.whole, "vkey": c.whole["vkey"] + b"\n"},
    "no public key": lambda c: _without(c.whole, "vkey"),
    "an entry's time changed": lambda c: {
        **c.whole,
        f"entries/{c.one}.json": c.whole[f"entries/{c.one}.json"].replace(b'"at\\":1', b'"at\\":2'),
    },
    "two entries change places": lambda c: {
        **c.whole,
        f"entries/{c.one}.json": c.whole[f"entries/{c.two}.json"],
        f"entries/{c.two}.json": c.whole[f"entries/{c.one}.json"],
    },
    "another entry's proof": lambda c: {
        **c.whole,
        f"proofs/{c.one}.tlog-proof": c.whole[f"proofs/{c.two}.tlog-proof"],
    },
    "another entry's proof, renumbered": lambda c: _proof(
        c,
        lambda _i, _h, note: render_proof(
            c.one, parse_proof(c.whole[f"proofs/{c.two}.tlog-proof"])[1], note
        ),
    ),
    "no proof": lambda c: _without(c.whole, f"proofs/{c.one}.tlog-proof"),
    "a proof with a hash changed": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, [bytes(32), *h[1:]], n)
    ),
    "a proof with a hash too many": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, [*h, bytes(32)], n)
    ),
    "a proof with a hash too few": lambda c: _proof(c, lambda i, h, n: render_proof(i, h[:-1], n)),
    "a proof with a short hash": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, [h[0][:31], *h[1:]], n)
    ),
    "a proof with an old head": lambda c: _proof(c, lambda i, h, _: render_proof(i, h, c.old_note)),
    "a proof with the magic changed": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, h, n).replace(b"@v1", b"@v2", 1)
    ),
    "a proof with an index of 5000 digits": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, h, n).replace(b"index ", b"index " + b"1" * 5000)
    ),
    "a head with a second signature": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, h, _second_signature(c, n))
    ),
    "a head of another size": lambda c: _proof(
        c, lambda i, h, n: render_proof(i, h, _other_head(c, n))
    ),
    "a head signed anew": lambda c: _proof(c, lambda i, h, n: render_proof(i, h, _resigned(c, n))),
    "a head of 5000 digits": lambda c: _proof(
        c,
        lambda i, h, n: render_proof(
            i, h, n.replace(f"\n{head_in(n).size}\n".encode(), b"\n" + b"1" * 5000 + b"\n")
        ),
    ),
    "raw bytes changed": lambda c: {**c.whole, f"entries/{c.one}.raw": b"{}"},
    "raw bytes of another entry": lambda c: {
        **c.whole,
        f"entries/{c.one}.raw": c.whole[f"entries/{c.two}.raw"],
    },
    "raw bytes beside a masked digest": lambda c: {
        **c.masked,
        f"entries/{c.one}.raw": c.whole[f"entries/{c.one}.raw"],
    },
    "raw bytes of an entry that is not there": lambda c: {**c.whole, "entries/9999.raw": b"x"},
    "an enclosure that nothing proves": lambda c: {**c.whole, "bilaga.txt": b"beslut"},
    "a path out of the folder": lambda c: {**c.whole, "../../.profile": b"x"},
    "an absolute path": lambda c: {**c.whole, "/etc/cron.d/x": b"x"},
    "an entry below another folder": lambda c: {
        **c.whole,
        f"entries/../{c.one}.json": c.whole[f"entries/{c.one}.json"],
    },
    "a number with a leading zero": _renumbered,
    "no entry": lambda c: {"vkey": c.whole["vkey"]},
    "an entry document with a space": lambda c: {
        **c.whole,
        f"entries/{c.one}.json": c.whole[f"entries/{c.one}.json"] + b" ",
    },
    "a document of a thousand levels": lambda c: {
        **c.whole,
        f"entries/{c.one}.json": b"[" * 100_000 + b"]" * 100_000,
    },
    "a token that is an object": lambda c: {
        **c.whole,
        f"entries/{c.one}.json": c.whole[f"entries/{c.one}.json"].replace(
            b'"t":[[', b'"t":[{},[', 1
        ),
    },
}


@pytest.mark.parametrize("kind", BUNDLES)
def test_a_forged_bundle(case: Case, kind: str) -> None:
    forged = BUNDLES[kind](case)
    assert forged != case.whole
    verdict, findings = _check(with_manifest(_without(forged, bundle.MANIFEST)), case.key)
    assert verdict is Verdict.UNPROVEN
    assert findings


def test_a_clear_entry_discloses_nothing(case: Case) -> None:
    """A genuine entry without content, with invented content beside it."""
    proofs = case.ledger.prove([0])
    entry, path = proofs.entries[0]
    openings = [Opening("text", Shown(bytes(16), "påhittat"))]
    files = {
        "vkey": case.whole["vkey"],
        "entries/0.json": render_entry(entry, openings),
        "proofs/0.tlog-proof": render_proof(0, path, proofs.note),
    }
    assert _check(with_manifest(files), case.key)[0] is Verdict.UNPROVEN
