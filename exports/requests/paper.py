"""Papers of a request: a letter that came in, a decision, a judgment. Sealed as they are, whole.

What came in is kept as it came; what we made is kept as it was signed, and not made anew. A paper
stands in the request's own frames and nowhere else, for it may name whoever asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from archiver.core.canonical import Json
from archiver.core.ports import Random
from archiver.core.reason import Wording
from archiver.errors import ConfigError
from archiver.store.seal import FrameKind, Sealed, seal

MAX_PAPER = 8 * 2**20  # bytes
MAX_NAME = 100
_TYPES: Mapping[str, str] = {  # what a paper may be, and how its file's name ends
    "application/pdf": "pdf",
    "text/plain": "txt",
    "message/rfc822": "eml",
    "image/png": "png",
    "image/jpeg": "jpg",
}


# The types of files by how their names end.
ENDINGS: Mapping[str, str] = {f".{end}": kind for kind, end in _TYPES.items()} | {
    ".jpeg": "image/jpeg"
}
_BEGINS: Mapping[str, bytes] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}


class PaperKind(StrEnum):
    """What a paper is."""

    REQUEST = "request"
    ANSWER = "answer"
    DECISION = "decision"
    NOTICE = "notice"  # the decision as the party gets it, with how to appeal
    APPEAL = "appeal"
    DISMISSAL = "dismissal"
    LETTER = "letter"  # to the court, with the appeal
    JUDGMENT = "judgment"
    OTHER = "other"


PAPERS: Mapping[PaperKind, Wording] = {
    PaperKind.REQUEST: Wording("Begäran", "Request"),
    PaperKind.ANSWER: Wording("Svar", "Answer"),
    PaperKind.DECISION: Wording("Beslut", "Decision"),
    PaperKind.NOTICE: Wording("Underrättelse om beslut", "Notice of the decision"),
    PaperKind.APPEAL: Wording("Överklagande", "Appeal"),
    PaperKind.DISMISSAL: Wording("Avvisningsbeslut", "Dismissal"),
    PaperKind.LETTER: Wording("Överlämnande till domstol", "Letter to the court"),
    PaperKind.JUDGMENT: Wording("Dom", "Judgment"),
    PaperKind.OTHER: Wording("Annan handling", "Other paper"),
}


# What a paper's file is called before its ending: Swedish, in letters that every program takes.
FILE_NAMES: Mapping[PaperKind, str] = {
    PaperKind.REQUEST: "begaran",
    PaperKind.ANSWER: "svar",
    PaperKind.DECISION: "beslut",
    PaperKind.NOTICE: "underrattelse",
    PaperKind.APPEAL: "overklagande",
    PaperKind.DISMISSAL: "avvisning",
    PaperKind.LETTER: "overlamnande",
    PaperKind.JUDGMENT: "dom",
    PaperKind.OTHER: "annan-handling",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper, of a Swedish day. `clauses`: what a decision of ours rests on; `text`: the same in
    plain text, of what we made; `by`: who filed it."""

    kind: PaperKind
    content: bytes
    media_type: str
    day: date
    clauses: tuple[str, ...] = ()
    text: str = ""
    seq: int = 0
    by: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of it, in hex."""
        return sha256(self.content).hexdigest()

    @property
    def suffix(self) -> str:
        """How its file's name ends."""
        return _TYPES[self.media_type]


def read(kind: PaperKind, name: str, content: bytes, day: date) -> Paper:
    """A paper from a file; its name says of which type it is and is not kept. `ConfigError` for
    another type."""
    ending = f".{name.rpartition('.')[2].lower()}"
    if ending not in ENDINGS:
        raise ConfigError(
            "A paper is a PDF, a plain text, a letter by e-mail or a picture.",
            remedy=f"Give a file that ends in {', '.join(ENDINGS)}.",
        )
    return Paper(kind=kind, content=content, media_type=ENDINGS[ending], day=day)


def appeals(papers: Sequence[Paper], decided: date) -> list[Paper]:
    """The appeals among papers of a decision of that day: an earlier one was of another."""
    return [one for one in papers if one.kind is PaperKind.APPEAL and one.day >= decided]


def sealed(of: int, authority: int, paper: Paper, *, actor: int, random: Random) -> Sealed:
    """A paper as it is sealed. `ConfigError` for an empty one, a large one, or another type."""
    if paper.media_type not in _TYPES:
        raise ConfigError(
            "A paper is a PDF, a plain text, a letter by e-mail or a picture.",
            remedy=f"Give one of {', '.join(sorted(_TYPES))}.",
        )
    if not 0 < len(paper.content) <= MAX_PAPER:
        raise ConfigError(f"A paper has from 1 to {MAX_PAPER} bytes.")
    if not paper.content.startswith(_BEGINS.get(paper.media_type, b"")):
        raise ConfigError(
            "The paper is not what it is said to be.", remedy="Give the file as it was received."
        )
    said: dict[str, Json] = {
        "of": of,
        "authority": authority,
        "kind": paper.kind.value,
        "media_type": paper.media_type,
        "sha256": paper.digest,
        "day": paper.day.isoformat(),
        "actor": actor,
    }
    if paper.clauses:
        said["clauses"] = list[Json](paper.clauses)
    if paper.text:
        said["text"] = paper.text
    return seal(FrameKind.EVENT, said, paper.content, random=random)


def paper_of(seq: int, said: Mapping[str, Any], content: bytes) -> Paper:
    """A paper from its frame."""
    return Paper(
        seq=seq,
        kind=PaperKind(said["kind"]),
        content=content,
        media_type=str(said["media_type"]),
        day=date.fromisoformat(said["day"]),
        clauses=tuple(said.get("clauses", ())),
        text=str(said.get("text", "")),
        by=int(said["actor"]),
    )
