"""Proof bundles and the program that checks them: what an outsider needs, in one zip file.

Bundles are deterministic: fixed dates, members in a fixed order, nothing compressed twice.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import resources

from archiver.core import bundle, canonical, merkle
from archiver.core.access import LOCAL, Viewer
from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint
from archiver.core.commitment import Opening, hide, open_leaves
from archiver.core.egress import Purpose, release
from archiver.core.enclosed import READ_ME, VERIFIER
from archiver.errors import NotFound
from archiver.ledger.anchor_projector import covering
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, content_leaves, unseal

_DATE = (2020, 1, 1, 0, 0, 0)
_CORE = ("bundle", "canonical", "checkpoint", "commitment", "ed25519", "event", "layout", "merkle")
_COPIES = ("enclosed", "finding", "finding_archive", "receipt", "released", "sentence")
_STAMPS = ("anchor", "der", "timestamp")
_KEYS = ("compaction", "recovery", "rewrap", "runs", "tombstone")
_MODULES = (
    "archiver/__init__.py",
    "archiver/errors.py",
    "archiver/core/__init__.py",
    *(f"archiver/core/{name}.py" for name in (*_CORE, *_COPIES, *_KEYS, *_STAMPS, "verdict")),
    "archiver/ledger/__init__.py",
    "archiver/ledger/verify.py",
    "archiver/ledger/verify_copy.py",
    "archiver/ledger/verify_stamp.py",
)
_MAIN = "from archiver.ledger.verify import main\n\nraise SystemExit(main())\n"

_READ_ME = """\
BEVISPAKET UR DIARKIV

Paketet visar att innehållet i mappen entries/ är just det som arkivet förseglade, och var i
arkivets logg det står. Kontrollera det så här, utan nät, på en dator med Python 3.11 eller senare:

    python3 -I -S verify.pyz {name} --key NYCKEL

NYCKEL är arkivets publika nyckel. Hämta den från myndigheten på annan väg än detta paket: utan den
kan ingen säga vems arkiv det är. Hämta helst också programmet verify.pyz från myndigheten.

Paketet innehåller uppgifterna omaskade. Behandla det som handlingen själv.

  entries/   vad loggposten förseglar, fält för fält, och plattformens egna byte
  proofs/    bevis för loggpostens plats (c2sp.org/tlog-proof@v1) och loggens signerade huvud
  vkey       arkivets publika nyckel, för jämförelse
  stamp.tsr  om den finns: en utomstående tidsstämpel (RFC 3161) över loggens huvud. Underskriften
             kontrolleras om du anger --tsa-roots ROTCERTIFIKAT, och programmet openssl finns

Den här texten och programmet verify.pyz följer med till hjälp, och är inte styrkta av något.
"""
_READ_MES = re.compile(re.escape(_READ_ME).replace(r"\{name\}", r"[\w.-]+"))


def build_zip(files: Mapping[str, bytes], prefix: bytes = b"", *, packed: bool = True) -> bytes:
    """A zip file with these members in this order; the same members give the same bytes."""
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    out = io.BytesIO()
    out.write(prefix)
    with zipfile.ZipFile(out, "a", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = method
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()


@cache
def verifier() -> bytes:
    """`verify.pyz`: the verifier and the core modules it needs, standard library only."""
    package = resources.files("archiver")
    files = {name: (package / name.removeprefix("archiver/")).read_bytes() for name in _MODULES}
    return build_zip({**files, "__main__.py": _MAIN.encode()}, b"#!/usr/bin/env python3\n")


def is_ours(name: str, data: bytes) -> bool:
    """Whether an enclosed file is, byte for byte, what this version encloses in a whole bundle: the
    verifier, or the text for the reader, whatever the bundle's file is called."""
    if name == VERIFIER:
        return data == verifier()
    return name == READ_ME and bool(_READ_MES.fullmatch(data.decode("utf-8", "replace")))


def whole_openings(
    ledger: Ledger, seqs: Sequence[int], viewer: Viewer = LOCAL
) -> dict[int, tuple[list[Opening], bytes]]:
    """Per sealed entry: openings of all that may leave as proof, and the raw bytes.

    A field that the egress gate does not let through is hidden, not left out: the proof holds.
    """
    found = _openings(ledger, seqs, viewer, protected=False)
    if seqs and not found:
        raise NotFound(
            "Nothing of this can be proved here: it is kept apart, or has no content.",
            remedy="What is protected is put back first; what was stopped is handed over.",
        )
    return found


def _openings(
    ledger: Ledger, seqs: Sequence[int], viewer: Viewer, *, protected: bool
) -> dict[int, tuple[list[Opening], bytes]]:
    found = {}
    for seq, frame, dek in ledger.sealed(seqs, protected=protected):
        opened = unseal(frame, dek)
        leaves = content_leaves(opened.kind, opened.envelope, opened.raw)
        raw = b"" if opened.kind is FrameKind.EVENT else opened.raw
        shown = release(viewer, Purpose.PROOF, {leaf.path: leaf for leaf in leaves})
        openings = [one if one.path in shown else hide(one) for one in open_leaves(dek, leaves)]
        found[seq] = (openings, raw if "raw" in shown else b"")
    return found


def stamped_head(ledger: Ledger, seqs: Sequence[int]) -> tuple[bytes | None, bytes]:
    """The first signed head over all these entries that was stamped by an outside authority, and
    its stamp: the earliest instant by which they were there. (None, nothing) if there is none."""
    with ledger.database.read() as connection:
        found = covering(connection, max(seqs, default=0))
    ours = f"{ledger.origin}\n".encode()  # a head of an older generation has another key
    for anchor in found:
        with suppress(NotFound):  # what is lost, `diarkiv verify` finds; the next one will do
            note = ledger.store.get(anchor.note)
            if note.startswith(ours):
                return note, ledger.store.get(anchor.reply)
    return None, b""


def first_head(ledger: Ledger, seqs: Sequence[int]) -> tuple[bytes, bytes]:
    """The head that what is made again is proven under, and its stamp: as `stamped_head`; until
    there is one, the log's head as it was with the newest of these entries, signed again: the same
    bytes each time, however far the log has gone on. `NotFound` for an entry that is not signed."""
    note, stamp = stamped_head(ledger, seqs)
    if note is not None:
        return note, stamp
    log, size = Log(ledger.store), max(seqs, default=0) + 1
    log.load()
    signed = log.published()
    if signed is None or size > signed.size:
        raise NotFound(f"The log has no signed entry {size - 1}.")
    head = Checkpoint(ledger.origin, size, merkle.range_root(0, size, log.node))
    signer = ledger.keys.signer(ledger.origin)
    return head.signed(ledger.verifier_key, signer.sign).encode(), b""


def bundle_members(
    ledger: Ledger, seqs: Sequence[int], viewer: Viewer, *, name: str, protected: bool
) -> Iterator[tuple[str, bytes]]:
    """The members of a proof bundle over these entries, one after the other, but for its manifest;
    `protected` ones too. What may not be opened is left out."""
    note, stamp = stamped_head(ledger, seqs)
    proofs = ledger.prove(seqs, note)
    yield READ_ME, _READ_ME.format(name=name).encode()
    for seq in seqs:
        for openings, raw in _openings(ledger, [seq], viewer, protected=protected).values():
            entry, path = proofs.entries[seq]
            yield f"entries/{seq}.json", bundle.render_entry(entry, openings)
            if raw:
                yield f"entries/{seq}.raw", raw
            yield f"proofs/{seq}.tlog-proof", bundle.render_proof(seq, path, proofs.note)
    if stamp:
        yield bundle.STAMP, stamp
    yield "vkey", f"{ledger.verifier_key}\n".encode()
    yield VERIFIER, verifier()


def bundle_manifest(digests: Mapping[str, str]) -> tuple[str, bytes]:
    """The manifest of a bundle with these members: its name and its bytes."""
    files: dict[str, Json] = dict(digests)
    return bundle.MANIFEST, canonical.encode({"files": files, "format": bundle.FORMAT})


def build_bundle(
    ledger: Ledger, disclosed: Mapping[int, tuple[list[Opening], bytes]], name: str
) -> bytes:
    """A proof bundle over what is disclosed of each entry: openings in order, raw bytes or none."""
    note, stamp = stamped_head(ledger, list(disclosed))
    proofs = ledger.prove(list(disclosed), note)
    files: dict[str, bytes] = {READ_ME: _READ_ME.format(name=name).encode()}
    for seq, (openings, raw) in disclosed.items():
        entry, path = proofs.entries[seq]
        files[f"entries/{seq}.json"] = bundle.render_entry(entry, openings)
        if raw:
            files[f"entries/{seq}.raw"] = raw
        files[f"proofs/{seq}.tlog-proof"] = bundle.render_proof(seq, path, proofs.note)
    if stamp:
        files[bundle.STAMP] = stamp
    files["vkey"] = f"{ledger.verifier_key}\n".encode()
    files[VERIFIER] = verifier()
    return build_zip({bundle.MANIFEST: bundle.render_manifest(files), **files})
