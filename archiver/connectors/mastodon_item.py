"""Reads what a Mastodon instance answers: statuses, their earlier states, accounts. Pure.

Source: REST API 4.7 (https://docs.joinmastodon.org/entities/), the serializers of Mastodon 4.x, and
traffic recorded from a real instance. What decides how this file reads:

- A status is a post, a share (a boost) or, if it answers anybody, a reply. The id of what it
  answers goes when that is deleted, but the id of whose it was stays: both are looked at, so that
  an item's kind outlives what it answers.
- A status does not say whether what it answers is itself an answer. Its parent is named as a reply
  in every view; what answers the post itself is known by its root.
- The same status must read the same in every list. Hence no counts, no link preview (it comes
  seconds after the post), no state of a quotation, and of a file the address where it was first
  published: that of the instance's copy changes whenever the copy is made anew.
- A share is what the authority showed its readers, so it holds the words that were boosted, with
  whose they are in the title. The files of others are not listed with it.
- What is not for everybody (followers only, or those it mentions) is `private`, and never filed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from archiver.connectors.markup import absolute, read_html
from archiver.core.agent import Agent
from archiver.core.observation import POST, REPLY, REVISION, SHARE, Attachment, Item, ItemRef
from archiver.errors import SourceChanged

PUBLIC = frozenset({"public", "unlisted"})
_WEB = frozenset({"http", "https"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_ID = re.compile(r"[\w.~:-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an instance says of an account. `limited`: the instance shows it to few."""

    native_id: str
    suspended: bool = False
    limited: bool = False
    moved: bool = False


def load(data: bytes) -> object:
    """The JSON value; `SourceChanged` if it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise SourceChanged("The instance answered with something that is not JSON.") from error


def account(value: object) -> Account:
    """An account, or `SourceChanged`."""
    row = _object(value)
    _text(row, "acct")  # a status has none
    if "acct" not in row:
        raise SourceChanged("The instance answered with no account.")
    return Account(
        native_id=_id(row, "id"),
        suspended=row.get("suspended") is True,
        limited=row.get("limited") is True,
        moved=isinstance(row.get("moved"), dict),
    )


def ref(value: object) -> ItemRef:
    """The identity of a status."""
    row = _object(value)
    answers = any(row.get(key) is not None for key in ("in_reply_to_id", "in_reply_to_account_id"))
    kind = SHARE if row.get("reblog") is not None else REPLY if answers else POST
    return ItemRef(kind, _id(row, "id"))


def status(value: object, *, own: bool = False) -> Item:
    """A status. `own`: it comes from a list of the authority's own."""
    row = _object(value)
    boosted = row.get("reblog")
    shown = row if boosted is None else _object(boosted)
    warning, words = _text(shown, "spoiler_text").strip(), read_html(_markup(shown))
    text = "\n\n".join(part for part in (words.text, _options(shown)) if part)
    title, links = warning, words.links
    if boosted is not None:
        title = f"RT @{_text(_object(shown.get('account')), 'acct')}"
        text = "\n\n".join(part for part in (warning, text) if part)
        links = tuple(dict.fromkeys((*filter(None, (_address(shown),)), *links)))
    answered = row.get("in_reply_to_id")
    return Item(
        ref=ref(row),
        author=_author(row),
        text=text,
        own=own,
        private=is_restricted(row),
        title=title,
        parent=None if answered is None else ItemRef(REPLY, _id(row, "in_reply_to_id")),
        created_at=_instant(row, "created_at"),
        updated_at=_instant(shown, "edited_at") if boosted is None else None,
        url=_address(row),
        links=links,
        attachments=_attachments(row),
    )


def is_restricted(value: object) -> bool:
    """Whether a status, or what it shares, is for some readers only; `SourceChanged` if it does not
    say."""
    row = _object(value)
    shown = [_object(one) for one in (row, row.get("reblog")) if one is not None]
    if not all(isinstance(one.get("visibility"), str) for one in shown):
        raise SourceChanged("A status does not say who may see it.")
    return any(one["visibility"] not in PUBLIC for one in shown)


def refs(rows: Iterable[object]) -> list[ItemRef]:
    """Identities of the statuses of a list; what has none is met by `status`."""
    found = []
    for row in rows:
        with suppress(SourceChanged):
            found.append(ref(row))
    return found


def edit(value: object) -> Item:
    """One state of a status, from its history. It says neither which status it is a state of, nor
    has it an id of its own: author, instant and content make one, and the page tells the status.

    Shown like any other: whoever reads a status that was edited may look at what it said before."""
    row = _object(value)
    author, markup = _author(row), _markup(row)
    at = _text(row, "created_at")
    if not at or "visibility" in row:
        raise SourceChanged("An earlier state has no instant, or is none.")
    words = read_html(markup)
    said = sha256(f"{_text(row, 'spoiler_text')}\0{markup}".encode()).hexdigest()[:16]
    return Item(
        ref=ItemRef(REVISION, f"{author.native_id}:{at}:{said}"),
        author=author,
        text="\n\n".join(part for part in (words.text, _options(row)) if part),
        title=_text(row, "spoiler_text").strip(),
        created_at=_instant(row, "created_at"),
        links=words.links,
        attachments=_attachments(row),
    )


def instant_of(value: object) -> datetime | None:
    """When a status was published; None if it does not say."""
    try:
        return _instant(_object(value), "created_at")
    except SourceChanged:
        return None


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SourceChanged("A part of the answer is not an object.")
    return value


def _id(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise SourceChanged(f"An item's {key} is no id.")
    return value


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SourceChanged(f"An item's {key} is not text.")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)


def _markup(row: Mapping[str, Any]) -> str:
    if not isinstance(row.get("content"), str):
        raise SourceChanged("A status has no content.")
    return _text(row, "content")


def _author(row: Mapping[str, Any]) -> Agent:
    who = _object(row.get("account"))
    name = _text(who, "display_name").strip() or _text(who, "username")
    return Agent(native_id=_id(who, "id"), name=name, url=_web(_text(who, "url")))


def _options(row: Mapping[str, Any]) -> str:
    """What a poll lets its readers choose from; the votes are counts, and no part of the item."""
    poll = row.get("poll")
    if poll is None:
        return ""
    options = _object(poll).get("options")
    if not isinstance(options, list):
        raise SourceChanged("A poll has no options.")
    return "\n".join(f"• {_text(_object(option), 'title')}" for option in options)


def _attachments(row: Mapping[str, Any]) -> tuple[Attachment, ...]:
    files = row.get("media_attachments")
    if files is None:
        return ()
    if not isinstance(files, list):
        raise SourceChanged("A status' files are no list.")
    found = {}
    for file in map(_object, files):
        address = _web(_text(file, "remote_url")) or _web(_text(file, "url"))
        if address:  # a file that is still being worked on has none
            found[address] = Attachment(url=address, alt=_text(file, "description"))
    return tuple(found.values())


def _address(row: Mapping[str, Any]) -> str:
    return _web(_text(row, "url")) or _web(_text(row, "uri"))


def _web(address: str) -> str:
    return absolute(address, "", _WEB)


def _instant(row: Mapping[str, Any], key: str) -> datetime | None:
    """An instant of ISO 8601; None without a time zone, for that would be a guess."""
    try:
        at = datetime.fromisoformat(_text(row, key))
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
