"""What a version captured by hand holds, and what its event says. Pure.

The same fields as a harvested version; besides, each attachment has its own name, size and digest,
and an address within the record (`fil:0`) instead of one on a platform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archiver.core.canonical import Json
from archiver.core.changes import State
from archiver.core.channel import MANUAL, Channel
from archiver.registry.capture_files import Measured
from archiver.registry.core import capture as rules
from archiver.registry.core.capture import Way
from archiver.registry.core.letter import READER
from archiver.store.seal import Opened


def words(title: str, sender: str, text: str) -> dict[str, Json]:
    """The words of a version; what is empty is left out."""
    fields = {"title": title, "author_name": sender, "text": text}
    return {name: value for name, value in fields.items() if value}


def circumstances(channel: Channel, now: int) -> dict[str, Json]:
    """Where and when (milliseconds UTC) a version was captured."""
    return {
        "channel": channel.seq,
        "captured_at": now,
        "collection": MANUAL,
        "normaliser": READER,
        "state": State.CAPTURED.value,
    }


def with_files(old: Sequence[Json], files: Sequence[Measured]) -> dict[str, Json]:
    """The attachments of a version: those there were and the new ones, each with an address of its
    own within the record; `media` numbers the new ones."""
    new: list[Json] = [
        {
            "alt": "",
            "digest": one.digest,
            "mime": one.upload.mime,
            "name": one.upload.name,
            "size": one.size,
            "url": f"fil:{number}",
        }
        for number, one in enumerate(files, len(old))
    ]
    attachments = [*old, *new]
    fields: dict[str, Json] = {"media": list(range(len(old), len(attachments)))}
    return fields | {"attachments": attachments} if attachments else fields


def attachments_of(version: Opened) -> list[Json]:
    """The attachments a version shows."""
    found: Any = version.envelope.get("attachments", [])
    return list(found)


def corrected(
    before: Opened, text: str | None, title: str | None, sender: str | None
) -> tuple[dict[str, Json], bytes]:
    """The next version's words and raw bytes. Its legal date is in it only if it is stated anew."""
    kept = ("author_name", "created_at", "kind", "native_id", "text", "title")
    envelope: dict[str, Json] = {n: before.envelope[n] for n in kept if n in before.envelope}
    new = {
        "text": None if text is None else rules.check_text(text),
        "title": None if title is None else rules.check_line(title, "title"),
        "author_name": None if sender is None else rules.check_line(sender, "sender"),
    }
    for name, value in new.items():
        if value is not None:
            envelope.pop(name, None)
            envelope |= {name: value} if value else {}
    same = envelope.get("text") == before.envelope.get("text")
    return envelope, before.raw if same else str(envelope.get("text", "")).encode()


def differs(envelope: Mapping[str, Json], before: Opened) -> bool:
    """Whether a correction says anything that was not said before, files left aside."""
    shown = ("author_name", "text", "title")
    return "legal_at" in envelope or any(
        envelope.get(name) != before.envelope.get(name) for name in shown
    )


def said_of(
    channel: Channel, record: int, version: int, way: Way, why: str, actor: int, problem: str
) -> dict[str, Json]:
    """The payload of a `manual_capture` event; `problem` only where there was one."""
    said: dict[str, Json] = {
        "channel": channel.seq,
        "record": record,
        "version": version,
        "actor": actor,
        "way": way.value,
        "why": why,
    }
    return said | {"problem": problem} if problem else said
