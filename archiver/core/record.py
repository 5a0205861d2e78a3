"""Records, versions and components: what a captured unit consists of, and its legal dates.

A *record* is one captured item; each observed state of it is a *version*; media are *components*.
The envelope is our normalised statement about a version's raw bytes, within the canonical JSON
profile; it is what the disclosure commitment commits to, field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from archiver.core import canonical
from archiver.core.canonical import Json
from archiver.core.commitment import Form, Leaf
from archiver.core.observation import Item
from archiver.errors import ConfigError, NotCanonical

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Free text that may be masked word by word: committed in two levels.
TEXT_FIELDS = frozenset({"text", "title"})

# What makes two states of an item different content. Moderation state is the other half of a
# version; counts, signed addresses, avatars and platform "updated" stamps are no content.
CONTENT_FIELDS = ("attachments", "links", "parent", "text", "title")


def frame_leaves(envelope: Mapping[str, Json], raw_digest: str | None) -> list[Leaf]:
    """The ordered leaves a frame's commitment covers: `raw` first (hex SHA-256 of the raw part,
    left out for events), then each envelope field by name. No field may be called `raw`."""
    if "raw" in envelope:
        raise NotCanonical("An envelope has a field of the raw part's name.")
    leaves = [] if raw_digest is None else [Leaf("raw", raw_digest)]
    for key in sorted(envelope):
        value = envelope[key]
        if isinstance(value, str):
            leaves.append(Leaf(key, value, Form.TEXT if key in TEXT_FIELDS else Form.STRING))
        else:
            leaves.append(Leaf(key, canonical.encode(value).decode(), Form.JSON))
    return leaves


def content_form(envelope: Mapping[str, Json]) -> bytes:
    """The canonical bytes whose HMAC tells whether an item's content changed.

    Attachments count by address without its query (signatures in it expire), alt text and type.
    """
    content = {key: envelope[key] for key in CONTENT_FIELDS if key in envelope}
    shown = content.get("attachments")
    if isinstance(shown, list | tuple):
        content["attachments"] = [
            {**one, "url": address_of(one)} if isinstance(one, Mapping) else one for one in shown
        ]
    return canonical.encode(content)


def address_of(attachment: Mapping[str, Json]) -> str:
    """An attachment's address without its query: what tells it from another."""
    return str(attachment.get("url", "")).partition("?")[0]


def clean(text: str) -> str:
    """Text as an envelope may hold it: lone surrogates become U+FFFD and NUL U+2400. The raw
    bytes keep what the platform sent."""
    text = text.replace("\x00", "\u2400")
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def lines(text: str, name: str, most: int) -> str:
    """A text of any number of lines without blanks at its ends, "" if there is none; `ConfigError`
    names what is wrong with it."""
    text = clean(text.replace("\r\n", "\n").strip())
    if len(text) > most:
        raise ConfigError(f"The {name} has at most {most} characters.", remedy="Shorten it.")
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise ConfigError(f"The {name} holds characters that are no text.", remedy="Remove them.")
    return text


def milliseconds(instant: datetime) -> int:
    """An aware instant as milliseconds since 1970 UTC."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def instant(value: int) -> datetime:
    """Milliseconds since 1970 UTC as an aware instant."""
    return _EPOCH + timedelta(milliseconds=value)


class Origin(StrEnum):
    """TF 2:4: an official document is received or drawn up."""

    RECEIVED = "received"
    DRAWN_UP = "drawn_up"


class DateBasis(StrEnum):
    """Where a legal date comes from; shown beside the date."""

    PLATFORM = "platform"  # the platform's time, and we looked before and after it
    FIRST_SEEN = "first_seen"  # the platform's time is missing or outside what we saw
    UNOBSERVED = "unobserved"  # "enligt plattformen, ej observerat": nobody looked before
    STATED = "stated"  # "enligt den som fångade handlingen", who says according to whom


class LegalDate(NamedTuple):
    """When a record was received or drawn up: milliseconds UTC and its basis."""

    at: int
    basis: DateBasis


def legal_date(*, platform: datetime | None, last_look: int | None, first_seen: int) -> LegalDate:
    """When an item was received (TF 2:9: technically available to the authority) or drawn up
    (TF 2:10: dispatched by being published).

    The platform's time holds if it lies within [last look without the item, first seen]; otherwise
    first seen, since on some platforms the sender sets the time. On the first look at a channel
    there is no earlier one: the platform's time stands, marked as unobserved.
    """
    if platform is None:
        return LegalDate(first_seen, DateBasis.FIRST_SEEN)
    at = milliseconds(platform)
    if at > first_seen:
        return LegalDate(first_seen, DateBasis.FIRST_SEEN)
    if last_look is None:
        return LegalDate(at, DateBasis.UNOBSERVED)
    if at < last_look:
        return LegalDate(first_seen, DateBasis.FIRST_SEEN)
    return LegalDate(at, DateBasis.PLATFORM)


def item_envelope(item: Item) -> dict[str, Json]:
    """An item's normalised fields as an envelope: absent fields are left out, never null."""
    fields: dict[str, Json] = {
        "kind": item.ref.kind,
        "native_id": clean(item.ref.native_id),
        "state": item.moderation.value,
        "text": clean(item.text),
        "title": clean(item.title),
        "url": clean(item.url),
        "author_id": clean(item.author.native_id),
        "author_name": clean(item.author.name),
        "author_url": clean(item.author.url),
        "links": [clean(link) for link in item.links],
        "attachments": [
            {"alt": clean(a.alt), "mime": clean(a.mime), "url": clean(a.url)}
            for a in item.attachments
        ],
    }
    for name, ref in (("parent", item.parent), ("root", item.root)):
        if ref is not None:
            fields[name] = [ref.kind, clean(ref.native_id)]
    for name, when in (("created_at", item.created_at), ("updated_at", item.updated_at)):
        if when is not None:
            fields[name] = milliseconds(when)
    return {key: value for key, value in fields.items() if value not in ("", [])}
