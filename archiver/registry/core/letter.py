"""Reads an e-mail as mail programs save it (`.eml`, RFC 5322 with MIME): words and attachments.

Pure and bounded: a letter comes from anybody. Before it is parsed its bytes are counted (lines,
boundaries, enclosed letters), because the standard library's parser costs lines times depth;
whatever the parser then does not manage makes the letter unreadable, never an exception. The exact
bytes are kept beside what is read here, so nothing is lost by a limit.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from archiver.core.record import clean
from archiver.registry.core.capture import (
    MAX_FILES,
    MAX_LINE,
    MAX_TEXT,
    check_text,
    file_name,
    media_type,
)

READER = 1  # of this module's reading; goes into the version as its normaliser
MAX_BYTES = 64 * 2**20
MAX_DEPTH = 20
MAX_PARTS = 200
MAX_WORK = 20_000_000  # lines times possible depth
_MAX_HEADER = 4000  # characters of a header that is decoded
_MAX_HEADERS = 2**20  # bytes of a letter's own headers
_MAX_FIELD = 2**14  # bytes of a header that the parser itself takes apart
_FIELD = re.compile(rb"^content-[a-z-]+:[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE)
_ENCLOSED = "message/rfc822"
# What a hostile letter makes the standard library raise, besides its own errors.
_FAULTS = (
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError),
    *(RecursionError, ArithmeticError, binascii.Error, MemoryError),
)
_SPACE = re.compile(r"\s+")
_BLANK = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file in a letter."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter says. `html` is its body where it has no plain one; whoever shows it reads
    the words out of it. `sent_at` is the sender's word. `problem` is a code, empty if all of it
    was read: `too_large`, `too_deep`, `unreadable`, `no_letter`, or `too_many` (the rest was)."""

    title: str = ""
    sender: str = ""
    text: str = ""
    html: str = ""
    sent_at: datetime | None = None
    enclosures: tuple[Enclosure, ...] = ()
    problem: str = ""


def read_letter(data: bytes) -> Letter:
    """The letter in these bytes."""
    if len(data) > MAX_BYTES:
        return Letter(problem="too_large")
    lowered = data.lower()
    nests = lowered.count(b"multipart/") + lowered.count(b"message/")
    if data.count(b"\n") * (1 + nests) > MAX_WORK or nests > MAX_PARTS:
        return Letter(problem="too_deep")
    end = re.search(rb"\r?\n\r?\n", data)
    if (end.start() if end else len(data)) > _MAX_HEADERS or any(
        len(found[0]) > _MAX_FIELD for found in _FIELD.finditer(lowered)
    ):
        return Letter(problem="unreadable")
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(data)
        if not message.keys():
            return Letter(problem="no_letter")
        return _read(message)
    except _FAULTS:
        return Letter(problem="unreadable")


def _read(message: Message[Any, Any]) -> Letter:
    plain, html = list[str](), list[str]()
    enclosures, problem = list[Enclosure](), ""
    for number, part in enumerate(_leaves(message)):
        if part is None:
            problem = "too_deep"
            continue
        if number >= MAX_PARTS or len(enclosures) >= MAX_FILES - 1:
            problem = "too_many"
            break
        kind, name = part.get_content_type(), _name(part)
        stands_alone = name or part.get_content_disposition() == "attachment"
        if not stands_alone and kind == "text/plain":
            plain.append(_words(part))
        elif not stands_alone and kind == "text/html":
            html.append(_words(part))
        else:
            enclosures.append(_enclosure(part, kind, name, len(enclosures) + 1))
    text = _BLANK.sub("\n\n", "\n\n".join(one.strip("\n") for one in plain if one.strip()))
    if len(text) > MAX_TEXT:
        text, problem = text[:MAX_TEXT], "too_large"
    name, address = parseaddr(_header(message, "From"))
    return Letter(
        title=_line(_header(message, "Subject")),
        sender=_line(f"{name} <{address}>" if name and address else name or address),
        text=check_text(text),
        html="" if text else clean("\n".join(html))[:MAX_TEXT],
        sent_at=_sent(_header(message, "Date")),
        enclosures=tuple(enclosures),
        problem=problem,
    )


def _leaves(message: Message[Any, Any], depth: int = 0) -> Iterator[Message[Any, Any] | None]:
    """Parts that hold no parts, in order; an enclosed letter is one, whatever is in it. None for
    what lies too deep."""
    if message.get_content_type() == _ENCLOSED or not message.is_multipart():
        yield message
    elif depth >= MAX_DEPTH:
        yield None
    else:
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)


def _words(part: Message[Any, Any]) -> str:
    """A text part's words, by the encoding it names; what does not fit it becomes U+FFFD."""
    data = _bytes(part)
    charset = part.get_content_charset("utf-8")
    try:
        return clean(data.decode(charset, "replace")).replace("\r\n", "\n")
    except (LookupError, ValueError):
        return clean(data.decode("utf-8", "replace")).replace("\r\n", "\n")


def _bytes(part: Message[Any, Any]) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _enclosure(part: Message[Any, Any], kind: str, name: str, number: int) -> Enclosure:
    if kind == _ENCLOSED:
        inner = part.get_payload()
        held = inner[0] if isinstance(inner, list) and inner else None
        data = held.as_bytes() if isinstance(held, Message) else _bytes(part)
        title = _line(_header(held, "Subject")) if isinstance(held, Message) else ""
        return Enclosure(name=file_name(name or f"{title or 'brev'}.eml"), mime=kind, data=data)
    named = file_name(name) if name else f"bilaga-{number}"
    return Enclosure(name=named, mime=media_type(kind), data=_bytes(part))


def _name(part: Message[Any, Any]) -> str:
    return _decoded(str(part.get_filename("") or ""))


def _header(message: Message[Any, Any], name: str) -> str:
    return _decoded(str(message.get(name, "")))


def _decoded(value: str) -> str:
    """A header's words: RFC 2047 encoded parts decoded, folding undone."""
    value = value[:_MAX_HEADER]
    parts = list[str]()
    for found, charset in decode_header(value):
        if isinstance(found, str):
            parts.append(found)
            continue
        try:
            parts.append(found.decode(charset or "utf-8", "replace"))
        except LookupError:
            parts.append(found.decode("utf-8", "replace"))
    return _SPACE.sub(" ", clean("".join(parts))).strip()


def _line(text: str) -> str:
    """One line within its limit, without what is not seen."""
    return "".join(c for c in text if c.isprintable())[:MAX_LINE].strip()


def _sent(value: str) -> datetime | None:
    """When the sender says that it was sent; None if that makes no sense."""
    try:
        found = parsedate_to_datetime(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except _FAULTS:
        return None
    return found if 1970 <= found.year < 2200 else None
