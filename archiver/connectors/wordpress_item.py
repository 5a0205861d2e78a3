"""What WordPress' JSON says: from one object of `wp/v2` to one item. Pure.

Shapes after the REST API Handbook's schemas of posts and comments. Fields an item does not need
may be missing or odd; those it rests on (id, type of content, status) must be as documented, else
`SourceChanged`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

import orjson

from archiver.connectors.markup import plain, read_html
from archiver.core.agent import Agent
from archiver.core.exchange import Exchange
from archiver.core.observation import (
    COMMENT,
    POST,
    REVISION,
    Attachment,
    Item,
    ItemRef,
    Moderation,
)
from archiver.errors import SourceChanged

POST_STATES: Mapping[str, Moderation] = {
    "publish": Moderation.VISIBLE,
    "private": Moderation.HIDDEN,
    "trash": Moderation.TRASHED,
}
# `post-trashed` is WordPress' own state for a comment whose post lies in the trash.
COMMENT_STATES: Mapping[str, Moderation] = {
    "approved": Moderation.VISIBLE,
    "hold": Moderation.HELD,
    "spam": Moderation.SPAM,
    "trash": Moderation.TRASHED,
    "post-trashed": Moderation.TRASHED,
}
_NEVER_NAMED = re.compile(r"(__trashed(-\d+)?)?")
_SURROGATE = re.compile("[\ud800-\udfff]")


def load(data: bytes) -> object:
    """The value of JSON as sites send it: a byte order mark before it, half a surrogate pair or a
    broken character within it do not make the rest unreadable. `SourceChanged` if it is no JSON."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise SourceChanged("The site answered with something that is not JSON.") from error


def error_code(exchange: Exchange) -> str:
    """WordPress' own code in an error answer ("rest_forbidden"), else an empty string."""
    if exchange.status < 400:
        return ""
    try:
        answer = load(exchange.body)
    except SourceChanged:
        return ""
    code = answer.get("code") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[\w-]{1,64}", code) else ""


def count(exchange: Exchange, header: str) -> int | None:
    """The number in a response header, None if there is none."""
    value = exchange.header(header).strip()
    return int(value) if value.isdecimal() and len(value) < 10 else None


def was_public(row: Mapping[str, Any]) -> bool:
    """Whether a post in the trash had been published. In doubt yes: losing one is the worse error.

    A post gets its address when it is first published, so one without was not (the trash adds
    "__trashed" to every address); nor was one trashed before the day it was scheduled for.
    """
    slug, due, changed = (row.get(key) for key in ("slug", "date_gmt", "modified_gmt"))
    if isinstance(slug, str) and _NEVER_NAMED.fullmatch(slug):
        return False
    return not (isinstance(due, str) and isinstance(changed, str) and due > changed)


def shown_between(
    row: Mapping[str, Any], revisions: Iterable[Mapping[str, Any]], since: datetime
) -> list[int]:
    """Ids of a post's revisions that readers were shown between `since` and now, in rising order.

    A revision holds the text as one save left it, and its date is that save's (measured on
    WordPress 6.1, `_wp_post_revision_data`): the newest one is the text of today, and one from
    before the post's own date is a draft. An autosave was not saved by anybody, and stays as it is
    in the editor. What cannot be told is a draft again: a post that was withdrawn, rewritten and
    published anew under its old date, all after `since`.
    """
    published, stem = _instant(row, "date_gmt"), f"{row['id']}-revision"
    saved = {
        one["id"]: _instant(one, "date_gmt")
        for one in revisions
        if one.get("parent") == row["id"] and _text(one, "slug").startswith(stem)
    }
    if published is None or not saved:
        return []
    first, newest = max(published, since), max(saved)
    return sorted(n for n, at in saved.items() if at and at >= first and n != newest)


def revision(value: object) -> Item:
    """An earlier text of a post. Hidden: it is on the site, and readers see another instead."""
    row = _object(value)
    parent = ItemRef(POST, str(_id(row, "parent")))
    body = read_html(_rendered(row, "content"), _root(_parent_link(row)))
    return Item(
        ref=ItemRef(REVISION, str(_id(row, "id"))),
        author=Agent(native_id=_account(row)),
        text=body.text,
        own=True,
        title=plain(_rendered(row, "title")),
        moderation=Moderation.HIDDEN,
        parent=parent,
        root=parent,
        created_at=_instant(row, "date_gmt"),
        links=body.links,
        attachments=body.attachments,
    )


def post(value: object) -> Item:
    """A post. One with a password counts as hidden: the public does not see its text."""
    row = _object(value)
    status = _known(row, POST_STATES)
    content = _object(row.get("content"))
    link = _text(row, "link")
    body = read_html(_rendered(row, "content"), _root(link))
    if status is Moderation.VISIBLE and content.get("protected") is True:
        status = Moderation.HIDDEN
    media = {attachment.url: attachment for attachment in (*_lead(row), *body.attachments)}
    return Item(
        ref=ItemRef(POST, str(_id(row, "id"))),
        author=Agent(native_id=_account(row)),
        text=body.text,
        own=True,
        title=plain(_rendered(row, "title")),
        moderation=status,
        created_at=_instant(row, "date_gmt"),
        updated_at=_instant(row, "modified_gmt"),
        url=link,
        links=body.links,
        attachments=tuple(media.values()),
    )


def comment(value: object) -> Item:
    """A comment. Its kind is `COMMENT` at every depth: when a comment is deleted its replies move
    up, and an identity that changed with that would be a deletion and a new item.

    One with an account on the site is the authority's own: visitors have none unless the site
    lets anybody register, and nothing in a comment tells that."""
    row = _object(value)
    parent, root = _id(row, "parent", least=0), _id(row, "post", least=0)
    link = _text(row, "link")
    body = read_html(_rendered(row, "content"), _root(link))
    account = _account(row)
    return Item(
        ref=ItemRef(COMMENT, str(_id(row, "id"))),
        author=Agent(
            native_id=account,
            name=html.unescape(_text(row, "author_name")),
            url=_text(row, "author_url"),
        ),
        text=body.text,
        own=bool(account),
        moderation=_known(row, COMMENT_STATES),
        parent=ItemRef(COMMENT, str(parent)) if parent else None,
        root=ItemRef(POST, str(root)) if root else None,
        created_at=_instant(row, "date_gmt"),
        url=link,
        links=body.links,
        attachments=body.attachments,
    )


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SourceChanged("A part of the answer is not an object.")
    return value


def _id(row: Mapping[str, Any], key: str, least: int = 1) -> int:
    value = row.get(key)
    if type(value) is not int or value < least:
        raise SourceChanged(f"An item's {key} is not a number.")
    return value


def _account(row: Mapping[str, Any]) -> str:
    author = row.get("author")
    return str(author) if type(author) is int and author > 0 else ""


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SourceChanged(f"An item's {key} is not text.")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)


def _rendered(row: Mapping[str, Any], key: str) -> str:
    part = _object(row.get(key))
    if not isinstance(part.get("rendered"), str):
        raise SourceChanged(f"An item's {key} has no rendered text.")
    return _text(part, "rendered")


def _known(row: Mapping[str, Any], states: Mapping[str, Moderation]) -> Moderation:
    status = row.get("status")
    if not isinstance(status, str) or status not in states:
        raise SourceChanged("An item's status is not one this connector knows.")
    return states[status]


def _instant(row: Mapping[str, Any], key: str) -> datetime | None:
    """A `*_gmt` field, which is UTC without saying so; None for WordPress' zero date."""
    value = _text(row, key)
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where UTC is before year 1 or after 9999
        return None


def _root(link: str) -> str:
    """What relative addresses are resolved against: the site, not the page, because the address of
    a page changes when the post goes to the trash, and its links must not."""
    if not link.startswith(("http://", "https://")):
        return ""
    return _site("/".join(link.split("/", 3)[:3]))  # what comes after the host does not matter


@lru_cache(maxsize=64)
def _site(link: str) -> str:
    try:
        return urljoin(link, "/")
    except ValueError:
        return ""


def _parent_link(row: Mapping[str, Any]) -> str:
    """A revision has no address of its own; that of its post in the API lies on the same host."""
    links = row.get("_links")
    up = links.get("parent") if isinstance(links, dict) else None
    first = up[0] if isinstance(up, list) and up else None
    return _text(first, "href") if isinstance(first, dict) else ""


def _lead(row: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The post's lead picture, where the site lets us see it."""
    embedded = row.get("_embedded")
    pictures = embedded.get("wp:featuredmedia") if isinstance(embedded, dict) else None
    picture = pictures[0] if isinstance(pictures, list) and pictures else None
    if not isinstance(picture, dict) or not isinstance(picture.get("source_url"), str):
        return ()
    return (
        Attachment(
            url=_text(picture, "source_url"),
            alt=_text(picture, "alt_text"),
            mime=_text(picture, "mime_type"),
        ),
    )
