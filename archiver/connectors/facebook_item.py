"""What Facebook's JSON says: from one post or comment of the Graph API to one item. Pure.

Shapes after the documentation of Page Post and Comment and public fixtures. What decides:

- A post's id is `{page}_{post}`; the part after the page is its native id, because a comment names
  its post by that alone. A reply is a comment with a `parent`.
- Content must not differ between two looks at the same thing: no counts, no `updated_time` (it
  moves when somebody comments), no `story` (a generated line in the reader's language).
- Media lie on a CDN whose host, path and signature change from answer to answer. An attachment's
  address is that of the object on facebook.com, which stays; where to fetch it rides along in the
  query, which is no part of the content. See `fetchable`.
- Links come wrapped (`l.facebook.com/l.php?u=…`) and with a click id: both are taken off.
- `from` is missing where the token may not see who it was. Then nobody is named, and it is no
  other version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from archiver.connectors.graph import load
from archiver.core.agent import Agent
from archiver.core.observation import (
    COMMENT,
    POST,
    REPLY,
    Attachment,
    Item,
    ItemRef,
    Moderation,
)
from archiver.errors import SourceChanged

_PLACE = "https://www.facebook.com/"
_ID = re.compile(r"[0-9]{1,40}(_[0-9]{1,40}){0,2}")
_ACCOUNT = re.compile(r"[0-9A-Za-z_.:-]{1,80}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_POSTED = re.compile(r"/posts/([0-9]{1,40})(?:[/?#]|$)")
# What an attachment shows itself; any other kind (share, event, ...) leads to somebody's page.
_SHOWN = re.compile(r"photo|video|cover_photo|profile_media|animated_image|sticker|album|avatar")
_HOSTS = ("l.facebook.com", "lm.facebook.com")


def read_post(fragment: bytes) -> Item:
    """A post of the page. `SourceChanged` if it is none."""
    row = _object(load(fragment))
    links, attachments = _attached(_parts(row, "attachments"))
    return Item(
        ref=ItemRef(POST, post_id(_id(row))),
        author=_author(row),
        text=_text(row, "message"),
        own=True,
        moderation=Moderation.HIDDEN if _flag(row, "is_hidden") else Moderation.VISIBLE,
        created_at=_instant(row),
        url=_address(_text(row, "permalink_url")),
        links=links,
        attachments=attachments,
    )


def read_comment(fragment: bytes) -> Item:
    """A comment, or a reply to one. `SourceChanged` if it is none."""
    row = _object(load(fragment))
    native, above = _place(row)
    attached = _part(row, "attachment")
    links, attachments = _attached([attached] if attached else [])
    hidden = _flag(row, "is_hidden") or _flag(row, "is_private")
    return Item(
        ref=ItemRef(REPLY if above else COMMENT, native),
        author=_author(row),
        text=_text(row, "message"),
        moderation=Moderation.HIDDEN if hidden else Moderation.VISIBLE,
        parent=ItemRef(COMMENT, above) if above else None,
        root=ItemRef(POST, _root(row, native)),
        created_at=_instant(row),
        url=_address(_text(row, "permalink_url")),
        links=links,
        attachments=attachments,
    )


def post_id(given: str) -> str:
    """The part of a post's id that is its own: `{page}_{post}` without the page."""
    parts = given.split("_")
    return parts[1] if len(parts) > 1 else given


def fetchable(address: str) -> str:
    """Where the file behind an attachment's address lies; empty if the address is not of ours."""
    return _query(address).get("media", "") if address.startswith(_PLACE) else ""


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    """A comment's id and that of the comment it answers, empty if it answers none. Some tokens are
    given no ids; the permalink tells them all the same."""
    link = _text(row, "permalink_url")
    linked = _POSTED.search(link)
    post = linked[1] if linked else ""
    query = _query(link)
    upon, answer = query.get("comment_id", ""), query.get("reply_comment_id", "")
    parent = _part(row, "parent")
    if "id" in row or not post:
        native = _id(row)
        answered = f"{native.partition('_')[0]}_{upon}" if answer else ""
    else:
        native = _id({"id": f"{post}_{answer or upon}"})
        answered = f"{post}_{upon}" if answer else ""
    if parent:
        return native, _id(parent)
    return native, answered if _ID.fullmatch(answered) else ""


def _root(row: Mapping[str, Any], native: str) -> str:
    """The post a comment stands under: as its permalink says, else the object it was made on, else
    the first half of its id (which is that of a photo where the post shows several)."""
    linked = _POSTED.search(_text(row, "permalink_url"))
    if linked:
        return linked[1]
    upon = _part(row, "object")
    named = _id(upon) if upon else ""
    return post_id(named) if "_" in named else native.partition("_")[0]


def _attached(
    parts: list[Mapping[str, Any]],
) -> tuple[tuple[str, ...], tuple[Attachment, ...]]:
    """The links and the media of attachments, in order, each once."""
    links: dict[str, None] = {}
    media: dict[str, Attachment] = {}
    for part in parts:
        parts_of_it = _parts(part, "subattachments") or [part]
        if _SHOWN.match(_text(part, "type")):
            for one in _media(parts_of_it):
                media.setdefault(one.url.partition("?")[0], one)
            continue
        for one_part in parts_of_it:
            link = _link(_text(one_part, "unshimmed_url") or _text(one_part, "url"))
            links |= {link: None} if link else {}
    return tuple(links), tuple(media.values())


def _media(parts: list[Mapping[str, Any]]) -> Iterator[Attachment]:
    for part in parts:
        media = _part(part, "media") or {}
        address = _text(media, "source") or _text(_part(media, "image") or {}, "src")
        if not _address(address):
            continue
        target = _part(part, "target")
        name = _text(target, "id") if target else ""
        if not _ID.fullmatch(name):  # the file's own name holds the photo's id
            name = "media/" + quote(_path(address).rpartition("/")[2])
        yield Attachment(url=f"{_PLACE}{name}?{urlencode({'media': address})}")


def _link(address: str) -> str:
    """A link as it was given by whoever shared it."""
    try:
        parts = urlsplit(address)
        if parts.hostname in _HOSTS and parts.path == "/l.php":
            address = parse_qs(parts.query).get("u", [""])[0]
            parts = urlsplit(address)
    except ValueError:  # brackets that hold no IPv6 address
        return ""
    kept = [one for one in parts.query.split("&") if not one.startswith("fbclid=")]
    return _address(parts._replace(query="&".join(kept)).geturl())


def _address(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""


def _query(address: str) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(urlsplit(address).query))
    except ValueError:
        return {}


def _path(address: str) -> str:
    try:
        return unquote(urlsplit(address).path)
    except ValueError:
        return ""


def _author(row: Mapping[str, Any]) -> Agent:
    who = _part(row, "from")
    if not who:
        return Agent()
    native = _text(who, "id")
    return Agent(native_id=native if _ACCOUNT.fullmatch(native) else "", name=_text(who, "name"))


def _instant(row: Mapping[str, Any]) -> datetime | None:
    value = _text(row, "created_time")
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _id(row: Mapping[str, Any]) -> str:
    value = row.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise SourceChanged("An item's id is not one.")
    return value


def _flag(row: Mapping[str, Any], key: str) -> bool:
    value = row.get(key, False)
    if type(value) is not bool:
        raise SourceChanged(f"An item's {key} is neither true nor false.")
    return value


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SourceChanged(f"An item's {key} is not text.")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)


def _part(row: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = row.get(key)
    return None if value is None else _object(value)


def _parts(row: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list that the platform wraps as `{"data":[…]}`."""
    wrapped = _part(row, key)
    found = wrapped.get("data", []) if wrapped else []
    if not isinstance(found, list):
        raise SourceChanged(f"An item's {key} is no list.")
    return [_object(one) for one in found]


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SourceChanged("A part of the answer is not an object.")
    return value
