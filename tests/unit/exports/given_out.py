"""A small home with a post and its answers, and what was given out of it. Invented people only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archiver.core import released
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.verdict import Report
from archiver.document.parts import Document, Field, Paragraph, as_pdf
from archiver.document.render import Attachment
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.service import Ledger
from archiver.ledger.verify_copy import verify_copy
from archiver.store.seal import FrameKind, seal
from exports.release.bundle import Disclosed, masked_bundle, selection_digest
from exports.release.receipt import ATTACHMENT, digest, hollow, receipt_of, seal_pdf
from tests.build import NOVEMBER, create_home, make_ledger

TEXT = "Anna Ekström på Storgatan 5 ringde 070-174 06 05 om snön."
ANNA = (0, 12)
MASKED: Mapping[str, Sequence[tuple[int, int]] | None] = {"text": [ANNA], "author_name": None}


def envelope(number: int, **changed: Json) -> dict[str, Json]:
    """A comment's fields."""
    said: dict[str, Json] = {
        "author_id": f"person-{number}",
        "author_name": "Anna Ekström",
        "author_url": f"https://plats.test/anna-{number}",
        "created_at": NOVEMBER + number,
        "kind": "comment",
        "links": [f"https://plats.test/lank-{number}"],
        "native_id": f"nativ-{number}",
        "record": number,
        "text": TEXT,
        "url": f"https://plats.test/nativ-{number}",
    }
    return {**said, **changed}


def add(ledger: Ledger, *fields: dict[str, Json]) -> list[int]:
    """Versions of records, in one batch; their entries."""
    with ledger.writer() as writer:
        cohort = writer.cohort(1, "content")
        return [
            writer.append(
                EventType.VERSION,
                seal(FrameKind.VERSION, one, repr(one).encode(), random=ledger.random),
                cohort,
            )
            for one in fields
        ]


def give_out(
    ledger: Ledger, files: Sequence[tuple[str, str]], /, *, masked: bool = True, **changed: Json
) -> int:
    """Seal a release of these files; its entry."""
    payload: dict[str, Json] = {
        "at": NOVEMBER,
        "authority": 1,
        "files": [list(one) for one in files],
        "masked": masked,
        "masks": "ab" * 32,
        "of": 0,
        "renderer": "prov/1",
        "request": 4711,
    }
    with ledger.writer() as writer:
        return writer.append_event(released.RELEASE, {**payload, **changed}, cohort=HOME_COHORT)


def document(*said: str, at: int = NOVEMBER, files: tuple[Attachment, ...] = ()) -> Document:
    return Document(
        kind="Utlämnande",
        title="Handlingar på begäran",
        issuer="Kommunstyrelsen, Testköpings kommun",
        language="sv",
        made_at=at,
        particulars=(Field("Diarienummer", "KS 2026/118"),),
        parts=tuple(Paragraph(one) for one in said),
        attached=(*files, ATTACHMENT),
    )


def hollow_pdf(*said: str, data: bytes = b'{"text":"[NAMN-7f3a] ringde om sn\xc3\xb6n"}') -> bytes:
    """A PDF that is to be given out, with records as JSON attached."""
    records = Attachment(
        name="handlingar.json", media_type="application/json", data=data, purpose="Data"
    )
    return hollow(as_pdf(document(*said, files=(records,))))


@dataclass
class Desk:
    """A home, its key, and two comments, the second an answer to the first."""

    ledger: Ledger
    key: str
    post: int
    answer: int

    def pdf(self, *said: str, masked: bool = True) -> bytes:
        """A PDF, given out."""
        made = hollow_pdf(*said)
        entry = give_out(self.ledger, [("utlamnande.pdf", digest(made))], masked=masked)
        return seal_pdf(made, receipt_of(self.ledger, entry))

    def bundle(self, *disclosed: Disclosed, masked: bool = True, counted: bool = False) -> bytes:
        """A masked bundle, given out; `counted`: the release says of how many records."""
        named = selection_digest(self.ledger, disclosed)
        more: dict[str, Json] = {"records": len(disclosed)} if counted else {}
        entry = give_out(self.ledger, [("handlingar.zip", named)], masked=masked, **more)
        return masked_bundle(self.ledger, disclosed, entry, "handlingar.zip")

    def check(self, data: bytes, key: str | None = "") -> Report:
        """What whoever got it finds."""
        pinned = self.key if key == "" else key
        return verify_copy("fil", io.BytesIO(data), pinned)[0]


def make_desk(home: Path, **named: Any) -> Desk:
    ledger = make_ledger(home, **named)
    create_home(ledger)
    (post,) = add(ledger, envelope(1))
    (answer,) = add(ledger, envelope(2, parent=["comment", "nativ-1"], root=["post", "inlägg"]))
    return Desk(ledger, str(ledger.verifier_key), post, answer)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
