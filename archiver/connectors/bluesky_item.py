"""What AT Protocol's JSON says: from one record, or one post as an AppView shows it, to one item.
Pure.

Shapes after the lexicons app.bsky.feed.* and com.atproto.repo.listRecords. A record is
`{uri, cid, value}` in its account's own repository, and `{uri, cid, author, record, …}` where an
AppView shows it. Content is always taken from the record: what an AppView adds (counts, addresses
of pictures, the text of a quoted post) is another's or passing, and the record is the same in both
views, so that neither makes a version of its own.

An item's id is its record's address (`at://did/collection/key`), and holds through every edit. A
post that answers another is a reply, whoever wrote it and wherever it is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from archiver.connectors.bluesky_did import is_did
from archiver.connectors.markup import absolute
from archiver.core.agent import Agent
from archiver.core.observation import (
    POST,
    PROFILE_PAGE,
    REPLY,
    SHARE,
    Attachment,
    Item,
    ItemRef,
    Kind,
    Moderation,
)
from archiver.errors import SourceChanged

THREADGATE = Kind("threadgate")  # who may answer a post, and which replies its author has hidden

FEED_POST = "app.bsky.feed.post"
FEED_REPOST = "app.bsky.feed.repost"
FEED_THREADGATE = "app.bsky.feed.threadgate"
ACTOR_PROFILE = "app.bsky.actor.profile"

HIDING_LABELS = frozenset({"!hide", "!takedown"})
_WEB = frozenset({"http", "https"})
_URI = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9.:-]+)/([A-Za-z0-9.-]{1,317})/([A-Za-z0-9._:~-]{1,512})"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class RecordAddress(NamedTuple):
    """Where a record stands: account, collection and key."""

    did: str
    collection: str
    rkey: str

    @property
    def uri(self) -> str:
        """As AT Protocol writes it."""
        return f"at://{self.did}/{self.collection}/{self.rkey}"


def parse_uri(uri: object) -> RecordAddress | None:
    """The parts of an `at://` address of a record; None if it is none."""
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if found is None or not is_did(found[1]):
        return None
    return RecordAddress(found[1], found[2], found[3])


def load(data: bytes) -> Mapping[str, Any]:
    """A JSON object; `SourceChanged` if it is none."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise SourceChanged("The server answered with something that is not JSON.") from error
    return part(value)


def part(value: object) -> Mapping[str, Any]:
    """`value` as an object; `SourceChanged` if it is none."""
    if not isinstance(value, dict):
        raise SourceChanged("A part of the answer is not an object.")
    return value


def rows(value: object) -> list[Mapping[str, Any]]:
    """The objects of an array; none if it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def record_item(row: Mapping[str, Any], *, own: bool) -> Item:
    """The item of a record as its account's data server gives it."""
    address = _address(row)
    return _item(
        address, part(row.get("value")), Agent(native_id=address.did, url=_page(address)), own
    )


def view_item(row: Mapping[str, Any]) -> Item:
    """The item of a record as an AppView shows it, by itself or within its thread."""
    row = part(row.get("post", row))
    address = _address(row)
    shown = row.get("author")
    author: Mapping[str, Any] = shown if isinstance(shown, dict) else {}
    name = _text(author, "displayName").strip() or _text(author, "handle")
    agent = Agent(native_id=address.did, name=name, url=_page(address))
    hidden = any(
        label.get("val") in HIDING_LABELS and label.get("neg") is not True
        for label in rows(row.get("labels"))
    )
    return _item(address, part(row.get("record")), agent, own=False, hidden=hidden)


def ref_of(address: RecordAddress, record: Mapping[str, Any]) -> ItemRef:
    """The identity of the item that a record is; `SourceChanged` for a kind nobody asked for."""
    match address.collection:
        case "app.bsky.feed.post":
            return ItemRef(REPLY if _answered(record) else POST, address.uri)
        case "app.bsky.feed.repost":
            return ItemRef(SHARE, address.uri)
        case "app.bsky.feed.threadgate":
            return ItemRef(THREADGATE, address.uri)
        case "app.bsky.actor.profile":
            return ItemRef(PROFILE_PAGE, address.uri)
    raise SourceChanged("A record is of a collection that was not asked for.")


def view_ref(view: Mapping[str, Any]) -> ItemRef:
    """The same of a post as an AppView shows it."""
    return ref_of(_address(view), part(view.get("record")))


def root_of(record: Mapping[str, Any]) -> RecordAddress | None:
    """The post at the top of the thread that a reply stands in; None if it answers nothing."""
    answered = _answered(record)
    return parse_uri(answered[1].native_id) if answered is not None else None


def hidden_replies(gate: object) -> frozenset[str]:
    """Addresses of the replies that a threadgate (record or view) says its author has hidden."""
    record = gate.get("record", gate) if isinstance(gate, dict) else {}
    listed = record.get("hiddenReplies") if isinstance(record, dict) else None
    return (
        frozenset(uri for uri in listed or () if parse_uri(uri))
        if isinstance(listed, list)
        else frozenset()
    )


def web_address(uri: object) -> str:
    """Where readers find what an `at://` address names; the address itself if that is unknown."""
    address = parse_uri(uri)
    if address is None:
        return ""
    if address.collection == FEED_POST:
        return f"{_page(address)}/post/{address.rkey}"
    return address.uri


# Items.


def _item(
    address: RecordAddress,
    record: Mapping[str, Any],
    author: Agent,
    own: bool,
    hidden: bool = False,
) -> Item:
    ref = ref_of(address, record)
    parent = root = None
    title, text = "", ""
    links: tuple[str, ...] = ()
    files: tuple[Attachment, ...] = ()
    url = web_address(address.uri)
    match ref.kind:
        case "post" | "reply":
            parent, root = _answered(record) or (None, None)
            text, links, files = _words(record), _links(record), _files(address, record)
        case "share":
            links, url = _distinct([web_address(_uri(record, "subject"))]), _page(address)
        case "threadgate":
            post = parse_uri(record.get("post"))
            if post is None:
                raise SourceChanged("A threadgate is of no post.")
            root = parent = ItemRef(POST, post.uri)
            text, url = _rules(record), web_address(post.uri)
            links = _distinct([web_address(uri) for uri in sorted(hidden_replies(record))])
        case _:
            title, text, url = (
                _text(record, "displayName"),
                _text(record, "description"),
                _page(address),
            )
            links = _distinct([web_address(_uri(record, "pinnedPost"))])
            files = tuple(_blobs(address, ((record.get(key), "") for key in ("avatar", "banner"))))
    return Item(
        ref=ref,
        author=author,
        text=text,
        own=own,
        title=title,
        moderation=Moderation.HIDDEN if hidden else Moderation.VISIBLE,
        parent=parent,
        root=root,
        created_at=_instant(record.get("createdAt")),
        url=url,
        links=links,
        attachments=files,
    )


def _answered(record: Mapping[str, Any]) -> tuple[ItemRef, ItemRef] | None:
    """What a post answers: its parent and the root of the thread."""
    reply = record.get("reply")
    if not isinstance(reply, dict):
        return None
    parent, root = parse_uri(_uri(reply, "parent")), parse_uri(_uri(reply, "root"))
    if parent is None or root is None:
        return None
    kind = POST if parent == root else REPLY
    return ItemRef(kind, parent.uri), ItemRef(POST, root.uri)


def _words(record: Mapping[str, Any]) -> str:
    """What readers see: the post's own text, and beneath it what a link card says."""
    if not isinstance(record.get("text"), str):
        raise SourceChanged("A post has no text.")
    words = [_text(record, "text")]
    for embed in _embeds(record):
        card = embed.get("external")
        if isinstance(card, dict):
            words.append(
                "\n".join(filter(None, (_text(card, "title"), _text(card, "description"))))
            )
    return "\n\n".join(filter(None, words))


def _links(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the text leads: links and mentions in it, the link card, the quoted post."""
    found: list[str] = []
    for facet in rows(record.get("facets")):
        for feature in rows(facet.get("features")):
            did = _text(feature, "did")
            found.append(
                f"https://bsky.app/profile/{did}" if is_did(did) else _text(feature, "uri")
            )
    for embed in _embeds(record):
        card, quoted = embed.get("external"), embed.get("record")
        found.append(_text(card, "uri") if isinstance(card, dict) else "")
        if isinstance(quoted, dict):  # within recordWithMedia it stands one step deeper
            quoted = quoted.get("record", quoted)
            found.append(web_address(quoted.get("uri")) if isinstance(quoted, dict) else "")
    return _distinct([one if one.startswith("at://") else absolute(one, "", _WEB) for one in found])


def _files(address: RecordAddress, record: Mapping[str, Any]) -> tuple[Attachment, ...]:
    def named() -> Iterator[tuple[object, str]]:
        for embed in _embeds(record):
            for image in rows(embed.get("images")):
                yield image.get("image"), _text(image, "alt")
            yield embed.get("video"), _text(embed, "alt")
            for caption in rows(embed.get("captions")):
                yield caption.get("file"), _text(caption, "lang")
            card = embed.get("external")
            yield card.get("thumb") if isinstance(card, dict) else None, ""

    return tuple(_blobs(address, named()))


def _embeds(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is shown with the text; a quote with pictures is both."""
    embed = record.get("embed")
    if isinstance(embed, dict):
        yield embed
        media = embed.get("media")
        if isinstance(media, dict):
            yield media


def _blobs(address: RecordAddress, named: Iterator[tuple[object, str]]) -> Iterator[Attachment]:
    """Files by content: `at://<account>/<CID>`. Their web address depends on the data server."""
    seen: set[str] = set()
    for blob, alt in named:
        if not isinstance(blob, dict):
            continue
        ref = blob.get("ref")
        cid = _text(ref, "$link") if isinstance(ref, dict) else _text(blob, "cid")  # before 2023
        if re.fullmatch(r"[a-z2-7]{20,100}", cid) and cid not in seen:
            seen.add(cid)
            mime = _text(blob, "mimeType")
            yield Attachment(url=f"at://{address.did}/{cid}", alt=alt, mime=mime)


def _rules(record: Mapping[str, Any]) -> str:
    """Who may answer, in the lexicon's words: "everybody", "nobody", or one rule a line."""
    allowed = record.get("allow")
    if not isinstance(allowed, list):
        return "everybody"
    names = [_text(rule, "$type").rpartition("#")[2] for rule in rows(allowed)]
    return "\n".join(filter(None, names)) or "nobody"


# Parts.


def _address(row: Mapping[str, Any]) -> RecordAddress:
    address = parse_uri(row.get("uri"))
    if address is None or not isinstance(row.get("cid"), str):
        raise SourceChanged("A record has no address.")
    return address


def _page(address: RecordAddress) -> str:
    return f"https://bsky.app/profile/{address.did}"


def _uri(record: Mapping[str, Any], key: str) -> object:
    pointer = record.get(key)
    return pointer.get("uri") if isinstance(pointer, dict) else None


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else ""


def _distinct(addresses: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, addresses)))


def _instant(value: object) -> datetime | None:
    """When the author's app says it was written; None without a time zone."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
