"""The files of a set, rendered: first time and again, bit for bit.

What varies between two renderings is a parameter that the release's entry keeps: the instant, the
authority's name, the log's head. PDF and bundle get their proofs when there is an entry to prove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from archiver.core.access import Viewer
from archiver.core.canonical import Json
from archiver.core.checkpoint import open_checkpoint
from archiver.core.merkle import leaf_hash
from archiver.core.ports import Clock
from archiver.document.parts import as_pdf
from archiver.errors import DigestMismatch, RenderFailed
from archiver.ledger.service import Ledger
from exports.core.release import Item, ReleaseSet
from exports.release import document as files
from exports.release import queries
from exports.release.document import BUNDLE, CSV, JSON, PDF, Head, Made
from exports.release.files import StoredFile, stored_files
from exports.release.frozen import Frozen, renderer
from exports.release.given import Progress, disclosed, given
from exports.release.neighbours import Prover, Redactor
from gdpr.leak import Output


def silent(_done: int, _total: int) -> None:
    """A `Progress` that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The files of a set before there is an entry of its release, the PDF with room for its receipt
    first; what they are made from, and [name, SHA-256] of each as the entry names them."""

    made: Made
    outputs: tuple[Output, ...]
    hashes: tuple[tuple[str, str], ...]

    @property
    def named(self) -> list[Json]:
        """The hashes as they are sealed."""
        return [list(one) for one in self.hashes]


class Renderer:
    """Renders sets. `authority`: its name by its number."""

    def __init__(
        self,
        ledger: Ledger,
        redact: Redactor,
        prover: Prover,
        authority: Callable[[int], str],
        clock: Clock,
    ) -> None:
        self._ledger, self._redact, self._prover = ledger, redact, prover
        self._authority, self._clock = authority, clock

    def now(self, frozen: Frozen) -> Made:
        """What the files of a set are made from now, but for the records."""
        head = open_checkpoint(self._ledger.checkpoint(), self._ledger.verifier_key)
        return self._made(
            frozen,
            self._authority(frozen.row.authority),
            Head(origin=head.origin, size=head.size, root=head.root.hex()),
            self._clock.now() // 1000 * 1000,
        )

    def then(self, frozen: Frozen, said: Mapping[str, Any]) -> Made:
        """What the files of a release that was made were made from."""
        head = said["head"]
        return self._made(
            frozen,
            str(said["issuer"]),
            Head(origin=str(head["origin"]), size=int(head["size"]), root=str(head["root"])),
            int(said["at"]),
        )

    def render(self, viewer: Viewer, frozen: Frozen, made: Made, progress: Progress) -> Rendered:
        """The files."""
        records = given(viewer, frozen, self._files, self._redact, progress)
        made = replace(made, given=tuple(records))
        beside = [
            Output(JSON, files.as_json(made)),
            Output(CSV, files.as_table(made)),
            *(file.output for one in records for file in one.files),
        ]
        document = files.document(made, beside, self._prover.attachment)
        pdf = self._prover.prepared(as_pdf(document))
        hashes = [
            (PDF, self._prover.digest(pdf)),
            *((one.name, sha256(one.content).hexdigest()) for one in beside),
            (BUNDLE, self._prover.selection(disclosed(frozen))),
        ]
        return Rendered(made=made, outputs=(Output(PDF, pdf), *beside), hashes=tuple(hashes))

    def bundle(self, frozen: Frozen, seq: int | None) -> Output:
        """The masked bundle, over the release in that entry too."""
        return Output(BUNDLE, self._prover.bundle(disclosed(frozen), seq, BUNDLE))

    def sealed(self, rendered: Rendered, seq: int) -> Output:
        """The PDF with the receipt of the release in that entry."""
        pdf = rendered.outputs[0]
        return Output(pdf.name, self._prover.sealed(pdf.content, seq))

    def _made(self, frozen: Frozen, authority: str, head: Head, at: int) -> Made:
        return Made(
            set=frozen.set,
            release=frozen.row.seq,
            authority=authority,
            given=(),
            leaves=self._leaf_hashes(frozen.set),
            head=head,
            made_at=at,
        )

    def _leaf_hashes(self, release_set: ReleaseSet) -> dict[int, str]:
        proofs = self._ledger.prove([one.version for one in release_set.leaving])
        return {seq: leaf_hash(entry).hex() for seq, (entry, _) in proofs.entries.items()}

    def _files(self, item: Item) -> list[StoredFile]:
        with self._ledger.database.read() as connection:
            known = queries.versions(connection, [item.record])
            seqs = [one.seq for one in known if one.seq <= item.version]
            opened = self._ledger.open(seqs, protected=True)
            envelopes = {seq: one.envelope for seq, one in opened.items()}
            return stored_files(self._ledger, connection, item.record, item.version, envelopes)


def refuse_other(recorded: Sequence[Any], rendered: Rendered, rendered_with: str) -> None:
    """Refuse files that are not those that were released, and say why: `RenderFailed` if the
    program is another, `DigestMismatch` if it is not."""
    then = [(str(name), str(digest)) for name, digest in recorded]
    if then == list(rendered.hashes):
        return
    if renderer() != rendered_with:
        raise RenderFailed(
            "The same files cannot be made: they were rendered with another release of the "
            f"program ({rendered_with}), and this is {renderer()}.",
            remedy="Use that release of the program over a copy of the home.",
        )
    names = sorted({name for name, _ in set(then) ^ set(rendered.hashes)})
    raise DigestMismatch(
        f"What is rendered is not what was released: {', '.join(names) or 'another order'}.",
        remedy="Run `diarkiv verify --deep`, and keep the files that were given out.",
    )
