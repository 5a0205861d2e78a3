"""The masked proof bundle: what is given out of records, in a form that proves itself.

Of each entry the bundle shows a salt and a value for what is shown, and a salted digest for what is
hidden, so that whoever has it can compute the commitment in the log (`archiver.core.commitment`).
What it hides, of every entry:

* what the egress gate does not let out, and always the platform's own bytes and their digest:
  nobody has reviewed them, and a digest without salt can be compared with a guess;
* what a mask hides: the whole of every committed token that it touches; the whole field where it is
  not divided into tokens, or where the structure is to be hidden too;
* where anything is masked, also what repeats it or leads back to it at the platform; and every
  mention, anywhere in the bundle, of the item that it is masked in;
* where one thing that names the author is masked, all that names the author.
What is hidden only because it never leaves counts as no mask.

The release's own entry shows its list of files and whether anything was masked, and nothing else.
Invariants: the same entries, masks and log head give the same bytes; a mask that would hide nothing
is refused; no length in the file depends on what is hidden, but for the number of hidden tokens.
Rests on OSL 2009:400 and TF 2:16; what a bundle can tell all the same is in docs/threat-model.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from archiver.core import bundle
from archiver.core.access import LOCAL, Viewer
from archiver.core.canonical import Json
from archiver.core.commitment import Form, Leaf, Opening, hide, open_leaves
from archiver.core.egress import Purpose, release
from archiver.core.enclosed import READ_ME, VERIFIER
from archiver.core.event import parse
from archiver.core.released import RELEASE, SHOWN, contents, parse_release
from archiver.errors import NotFound, RuleViolation
from archiver.ledger.proof import build_zip, first_head, verifier
from archiver.ledger.service import Ledger, Proofs
from archiver.store.seal import content_leaves, unseal
from exports.core.leads import LEADS_BACK, leading_back
from gdpr.core.mask import hidden_tokens

Spans: TypeAlias = Sequence[tuple[int, int]]

# One of them tells the others.
_AUTHOR = frozenset({"author_id", "author_name", "author_url"})
# Digests without salt and exact lengths, which can be compared with a guess.
_PRINTS = frozenset({"digest", "size"})
_RAW = "raw"


class Disclosed(NamedTuple):
    """An entry of a record's version that is given out. `hidden`: field, or a place in one
    (`attachments/0/alt`) → spans of code points, None for all of it. `hide_structure`: not even how
    many tokens of a text are hidden is shown. `ways`: its fields that lead to what is withheld."""

    seq: int
    hidden: Mapping[str, Spans | None]
    hide_structure: bool = False
    ways: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry with its fields, its leaves, all of them opened, and what is to be hidden: leaf →
    indexes of its tokens, None for all of it. `masked`: the leaves that would leave, and that a
    mask touches."""

    seq: int
    fields: Mapping[str, Json]
    openings: Sequence[Opening]
    cut: dict[str, frozenset[int] | None]
    masked: frozenset[str]

    def shown(self) -> list[Opening]:
        """The openings as they are given out."""
        return [
            hide(one, self.cut[one.path]) if one.path in self.cut else one for one in self.openings
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who gives out, and for what purpose of the egress gate. `protected`: entries that are kept
    apart as possibly secret may be among them."""

    viewer: Viewer = LOCAL
    purpose: Purpose = Purpose.PROOF
    protected: bool = False


_GATE = Gate()


def selection_digest(ledger: Ledger, disclosed: Sequence[Disclosed], gate: Gate = _GATE) -> str:
    """The digest under which a release names this selection, masked so, among its files (SHA-256
    hex). Raises as `masked_bundle`."""
    prepared = _prepared(ledger, disclosed, gate)
    proofs = ledger.prove([one.seq for one in prepared])
    return contents(_entries(prepared, proofs))


def masked_bundle(
    ledger: Ledger,
    disclosed: Sequence[Disclosed],
    files: int | None,
    name: str,
    gate: Gate = _GATE,
) -> bytes:
    """The bundle, a zip file, over these entries; `files` is the entry of the release that gave
    them out, `name` what the file will be called: it names no person.

    `NotFound` if an entry cannot be opened; `RuleViolation` for a mask that would hide nothing, an
    entry that is named twice, or a release that does not name just this selection.
    """
    prepared = _prepared(ledger, disclosed, gate)
    seqs = [one.seq for one in prepared] + ([] if files is None else [files])
    note, stamp = first_head(ledger, seqs)
    proofs = ledger.prove(seqs, note)
    members = _entries(prepared, proofs)
    if files is not None:
        members |= _release_entry(ledger, files, proofs, contents(members))
    for seq in seqs:
        path = proofs.entries[seq][1]
        members[f"proofs/{seq}.tlog-proof"] = bundle.render_proof(seq, path, proofs.note)
    if stamp:
        members[bundle.STAMP] = stamp
    members["vkey"] = f"{ledger.verifier_key}\n".encode()
    members[READ_ME] = _read_me(prepared, files, name).encode()
    members[VERIFIER] = verifier()
    manifest = bundle.render_manifest(members)
    # Stored, not packed: what a member is packed to tells of what stands beside it.
    return build_zip({bundle.MANIFEST: manifest, **members}, packed=False)


def _entries(prepared: Sequence[_Entry], proofs: Proofs) -> dict[str, bytes]:
    return {
        f"entries/{one.seq}.json": bundle.render_entry(proofs.entries[one.seq][0], one.shown())
        for one in prepared
    }


def _prepared(ledger: Ledger, disclosed: Sequence[Disclosed], gate: Gate) -> list[_Entry]:
    """The entries in the order of the log, with all that is to be hidden of each."""
    wanted = {one.seq: one for one in disclosed}
    if len(wanted) != len(disclosed) or not disclosed:
        raise RuleViolation("Each entry is given out once, and at least one is.")
    found = []
    for seq, frame, dek in ledger.sealed(sorted(wanted), protected=gate.protected):
        opened = unseal(frame, dek)
        leaves = content_leaves(opened.kind, opened.envelope, opened.raw)
        let_out = release(gate.viewer, gate.purpose, {leaf.path: leaf for leaf in leaves})
        cut = dict(_cuts(wanted[seq], {leaf.path: leaf for leaf in leaves}))
        masked = frozenset(cut) & let_out.keys()  # what never leaves is no mask
        beside = {leaf.path for leaf in leaves if leaf.path not in let_out} | {_RAW}
        if masked:
            beside |= LEADS_BACK | _PRINTS
        if masked & _AUTHOR:
            beside |= _AUTHOR
        cut |= {leaf.path: None for leaf in leaves if leaf.path in beside}
        found.append(_Entry(seq, opened.envelope, open_leaves(dek, leaves), cut, masked))
    if missing := wanted.keys() - {one.seq for one in found}:
        raise NotFound(
            f"Entry {min(missing)} cannot be opened: it is kept apart, gone, or has no content.",
            remedy="Take it out of the release.",
        )
    named = leading_back({one.seq: one.fields for one in found}, [o.seq for o in found if o.masked])
    for one in found:
        one.cut.update(dict.fromkeys(wanted[one.seq].ways | named.get(one.seq, frozenset())))
    return found


def _cuts(
    disclosed: Disclosed, leaves: Mapping[str, Leaf]
) -> Iterator[tuple[str, frozenset[int] | None]]:
    """What the masks of one entry hide, by leaf."""
    whole = {path.partition("/")[0] for path, spans in disclosed.hidden.items() if spans is None}
    for place, spans in disclosed.hidden.items():
        path = place.partition("/")[0]
        leaf = leaves.get(path)
        if leaf is None:
            raise _hides_nothing(disclosed.seq, place)
        if spans is None or path in whole or leaf.form is not Form.TEXT:
            if spans is not None and not spans:
                raise _hides_nothing(disclosed.seq, place)
            yield path, None
            continue
        inside = all(0 <= start < end <= len(leaf.value) for start, end in spans)
        if not spans or not inside:
            raise _hides_nothing(disclosed.seq, place)
        yield path, None if disclosed.hide_structure else hidden_tokens(leaf.value, spans)


def _hides_nothing(seq: int, place: str) -> RuleViolation:
    return RuleViolation(
        f"Entry {seq}: a mask of {place} lies outside what the entry has, and would hide nothing.",
        remedy="Look at the record's masks again.",
    )


def _release_entry(ledger: Ledger, seq: int, proofs: Proofs, digest: str) -> dict[str, bytes]:
    """The release's own entry, opened at what its recipients are shown."""
    data = proofs.entries[seq][0]
    openings = release_openings(ledger, seq)
    shown = {one.path: one.text() for one in openings if not one.masked}
    said = parse_release(shown) if parse(data).type == RELEASE else None
    if said is None or digest not in said.files:
        raise RuleViolation(
            f"Entry {seq} is no release of just these entries, masked so.",
            remedy="Seal the selection's digest among the release's files.",
        )
    return {f"entries/{seq}.json": bundle.render_entry(data, openings)}


def release_openings(ledger: Ledger, seq: int) -> list[Opening]:
    """A release's sealed entry as its recipients see it. `NotFound` if it cannot be opened."""
    for _, frame, dek in ledger.sealed([seq]):
        opened = unseal(frame, dek)
        leaves = content_leaves(opened.kind, opened.envelope, opened.raw)
        return [one if one.path in SHOWN else hide(one) for one in open_leaves(dek, leaves)]
    raise NotFound(f"Entry {seq} cannot be opened.", remedy="Name the entry of a release.")


# --- what the recipient reads ------------------------------------------------------------------


_READ_ME = """\
UTLÄMNADE HANDLINGAR MED BEVIS

Paketet innehåller det som myndigheten har lämnat ut, i den form det står i arkivet, och bevis för
att det är just det som förseglades där. Kontrollera det så här, utan nät, på en dator med Python
3.11 eller senare:

    python3 -I -S verify.pyz {name} --key NYCKEL

NYCKEL är arkivets publika nyckel. Hämta den från myndigheten på annan väg än detta paket: utan den
kan ingen säga vems arkiv det är. Hämta helst också programmet verify.pyz från myndigheten.

{masked}
Det som är dolt visas som █. Paketet innehåller inte det dolda, bara en kontrollsumma som inte kan
räknas om till det. Plattformens egna byte ingår aldrig, och därför svarar programmet "Styrkt med
maskning" även när inget annat är dolt.
{parts}
  entries/   vad som lämnas ut av varje loggpost, fält för fält
  proofs/    bevis för loggpostens plats (c2sp.org/tlog-proof@v1) och loggens signerade huvud
  vkey       arkivets publika nyckel, för jämförelse
  stamp.tsr  om den finns: en utomstående tidsstämpel (RFC 3161) över loggens huvud
{release}
Den här texten och programmet verify.pyz följer med till hjälp, och är inte styrkta av något.
"""


def _read_me(prepared: Sequence[_Entry], files: int | None, name: str) -> str:
    masked = [one for one in prepared if one.masked]
    said = (
        "UTLÄMNANDET ÄR MASKAT. Delar av handlingarna omfattas av sekretess och är dolda."
        if masked
        else "Inget i handlingarna är maskat."
    )
    parts = "".join(f"  post {one.seq}: {', '.join(_hidden_parts(one))}\n" for one in prepared)
    own = "" if files is None else f"\nPost {files} är själva utlämnandet: vad som lämnades ut.\n"
    return _READ_ME.format(name=name, masked=said, parts=f"\n{parts}", release=own)


def _hidden_parts(entry: _Entry) -> Iterator[str]:
    """What is hidden of an entry, in words: masked parts first."""
    for path, cut in sorted(entry.cut.items()):
        if path in entry.masked:
            yield f"{path} maskat" if cut is None else f"{path} maskat på {len(cut)} ställen"
    if rest := sorted(path for path in entry.cut if path not in entry.masked):
        yield f"utelämnat {' '.join(rest)}"
