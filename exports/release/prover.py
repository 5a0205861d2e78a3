"""The proofs that go with a release, over one home's log: what the release asks for them by.

A release is made in two steps: its files are rendered, and named in its entry by digest; then what
rests on that entry is made, and put where its place was kept. Rules are in `bundle` and `receipt`.
"""

from __future__ import annotations

from collections.abc import Sequence

from archiver.core.access import LOCAL, Viewer
from archiver.core.egress import Purpose
from archiver.document.render import Attachment
from archiver.ledger.service import Ledger
from exports.release.bundle import Disclosed, Gate, masked_bundle, selection_digest
from exports.release.receipt import ATTACHMENT, digest, hollow, receipt_of, seal_pdf


class Prover:
    """Makes proofs for releases. `purpose`: what the egress gate lets out for it."""

    attachment: Attachment = ATTACHMENT  # what a PDF is set with, among its files

    def __init__(self, ledger: Ledger, purpose: Purpose, viewer: Viewer = LOCAL) -> None:
        self._ledger = ledger
        # What was kept apart and then assessed may be given out; who may, is asked before.
        self._gate = Gate(viewer=viewer, purpose=purpose, protected=True)

    def prepared(self, pdf: bytes) -> bytes:
        """A PDF that was set with `attachment`, with room for its receipt."""
        return hollow(pdf)

    def digest(self, pdf: bytes) -> str:
        """The digest by which a release names the PDF, SHA-256 hex."""
        return digest(pdf)

    def sealed(self, pdf: bytes, release: int) -> bytes:
        """The PDF with the receipt of the release that names its digest."""
        return seal_pdf(pdf, receipt_of(self._ledger, release))

    def selection(self, disclosed: Sequence[Disclosed]) -> str:
        """The digest by which a release names its masked bundle, SHA-256 hex."""
        return selection_digest(self._ledger, disclosed, self._gate)

    def bundle(self, disclosed: Sequence[Disclosed], release: int | None, name: str) -> bytes:
        """The masked bundle; with `release`, once its entry names the selection's digest."""
        return masked_bundle(self._ledger, disclosed, release, name, self._gate)
