"""RSS and Atom feeds: a window on the newest entries of a site, read politely.

Source: RSS 2.0 (https://www.rssboard.org/rss-specification), RSS 1.0, Atom (RFC 4287); conditional
requests by RFC 9110 §13. What decides how this file reads:

- A feed shows the last few entries only. An entry that is not there tells nothing, so the
  collection is not exhaustive and no entry is ever reported as gone.
- The cursor holds ETag and Last-Modified. A 304 means only what the server means by it: WordPress
  does not change either when a comment is edited. A run with an empty cursor reads regardless.
- The identity of an entry is its guid or id, else its link, else a digest of title and text; with
  the last, an edited entry is a new one.
- A feed does not say what its entries are. They are posts, and the authority's own, except those
  that point at a place called "#comment-…", as WordPress' comment feeds do.
- A fragment is one element without the feed around it. It is read in a minimal envelope that
  declares the usual namespace prefixes; the base address and language of the feed are not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeAlias

import feedparser  # type: ignore[import-untyped]

from archiver.connectors.markup import Reading, absolute, plain, read_html
from archiver.connectors.target import canonical, same_origin, text_of
from archiver.core.agent import Agent
from archiver.core.connector import (
    Blind,
    Capabilities,
    Collection,
    Connector,
    Control,
    ControlStatus,
    FeedLayout,
    Option,
    Page,
    Probe,
    Scan,
    Target,
    Usage,
    Wanted,
)
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import COMMENT, POST, Access, Attachment, Item, ItemRef
from archiver.errors import (
    SourceChanged,
    SourceRefusedAddress,
    SourceRefusedLogin,
    SourceUnavailable,
)

# What feedparser says of an entry, in a plain dict: its own lookup answers for other keys at times.
Entry: TypeAlias = Mapping[str, Any]

_ENTRIES = Collection(name="entries", shows=(POST, COMMENT), layout=FeedLayout(), exhaustive=False)
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"
_FEED = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|feed|RDF)[\s>]")
_ENTRY = re.compile(r"\s*<(?:(?P<prefix>[\w.-]{1,40}):)?(?P<name>item|entry)(?P<rest>[\s/>][^>]*)")
_PREFIX = re.compile(r"[<\s/]([A-Za-z_][\w.-]{0,39}):[A-Za-z_]")
# feedparser looks for a mail address in an author's name, in time quadratic in its length.
_ENDLESS_NAME = re.compile(
    r"<(?:[\w.-]{1,40}:)?(?:author|contributor|creator|name|owner|publisher)\b[^>]{0,999}>"
    r"\s{0,99}(?:<!\[CDATA\[)?[^<]{2000}"
)
_COMMENT = re.compile(r"#comment-\d+$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACES = {
    "atom": _ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
# RFC 822 knows the zones of America only; feeds from here write these.
_ZONES = {"CET": "+0100", "MET": "+0100", "CEST": "+0200", "MEST": "+0200"}


class Feed:
    """The connector; see `archiver.core.connector.Connector` for what each method promises."""

    platform = "feed"
    title = "RSS/Atom"
    normaliser = 1
    capabilities = Capabilities(edits="hash", deletes="none", moderation=False, history=False)
    options: Sequence[Option] = ()

    def normalise_target(self, target: str) -> str:
        """The feed's own address; a query is part of it."""
        parts = canonical(target)
        return text_of(parts._replace(path=parts.path or "/"))

    def api(self, target: Target) -> str:
        """The feed's own address."""
        return target.url

    def blind(self, target: Target) -> frozenset[Blind]:
        """A window shows what is public now, and that only for a while."""
        del target
        return frozenset(
            {Blind.DELETIONS, Blind.HELD, Blind.PRIVATE, Blind.BETWEEN_LOOKS, Blind.OLDER}
        )

    def usage(self, exchange: Exchange) -> Usage | None:
        """Nothing: a feed tells of no limits."""
        del exchange
        return None

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """Whether the address still gives a feed."""
        try:
            exchange = _get(target, {}, http)
            _check(exchange)
        except SourceRefusedLogin:
            return Control(status=ControlStatus.LOGIN_REFUSED, detail=f"http:{exchange.status}")
        except SourceChanged:
            return Control(status=ControlStatus.CHANGED, detail=f"http:{exchange.status}")
        except (SourceUnavailable, SourceRefusedAddress) as error:
            return Control.failed(error)
        return Control(status=ControlStatus.OK)

    def collections(self, target: Target) -> Sequence[Collection]:
        """The one window there is."""
        del target
        return (_ENTRIES,)

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        """The feed, in one page; `unchanged` if the server says so."""
        cursor = scan.cursor
        exchange = _get(target, cursor, http)
        if exchange.status == 304 and cursor:
            yield Page(exchange=exchange, cursor={**cursor, **_cursor(exchange)}, unchanged=True)
            return
        _check(exchange)
        yield Page(exchange=exchange, cursor=_cursor(exchange))

    def probe(
        self, target: Target, wanted: Sequence[Wanted], http: RecordedHttp
    ) -> Iterator[Probe]:
        """Whether the window shows an entry; if not, that says nothing: `FAILED`."""
        if not wanted:
            return
        exchange = _get(target, {}, http)
        shown = {_ref(entry) for entry in _parse(exchange.body)}
        for ref in (one.ref for one in wanted):
            if exchange.status == 200 and ref in shown:
                access, collection, reason = Access.PRESENT, _ENTRIES, ""
            else:
                access, collection, reason = Access.FAILED, None, "outside-window"
            yield Probe(
                ref=ref, access=access, exchange=exchange, collection=collection, reason=reason
            )

    def history_collection(self, target: Target) -> Collection | None:
        """None: a feed shows things as they are."""
        del target
        return None

    def history(
        self, target: Target, refs: Sequence[ItemRef], since: datetime, http: RecordedHttp
    ) -> Iterator[Page]:
        """Nothing."""
        del target, refs, since, http
        return iter(())

    def normalise(self, collection: str, fragment: bytes) -> Item:
        """One entry; `SourceChanged` if it is none. Pure."""
        del collection
        entries = _parse(_envelope(fragment))
        if len(entries) != 1:
            raise SourceChanged("A fragment of the feed is not one entry.")
        entry = entries[0]
        link = absolute(_text(entry, "link"), "")
        body = _body(entry, link)
        is_atom = "entry" in fragment[:64].decode("latin-1").partition(">")[0]
        published, updated = _instant(entry, "published"), _instant(entry, "updated")
        # RSS has one date; Dublin Core's, which RSS 1.0 uses, comes under the name of "updated".
        created = published or _instant(entry, "created") or (None if is_atom else updated)
        return Item(
            ref=_ref(entry),
            author=_author(entry, link),
            text=body.text,
            own=_ref(entry).kind == POST,
            title=plain(_text(entry, "title")),
            created_at=created,
            updated_at=updated if updated != created else None,
            url=link,
            links=body.links,
            attachments=_attachments(entry, body, link),
        )

    def owns_media(self, target: Target, url: str) -> bool:
        """Whether the file lies on the server the feed comes from."""
        return same_origin(target.url, url)

    def media_url(self, target: Target, url: str) -> str:
        """The address as it is."""
        del target
        return url


connector: Connector = Feed()


def _get(target: Target, cursor: Mapping[str, str], http: RecordedHttp) -> Exchange:
    headers = {"Accept": _ACCEPT}
    if etag := cursor.get("etag"):
        headers["If-None-Match"] = etag
    if modified := cursor.get("last_modified"):
        headers["If-Modified-Since"] = modified
    return http.get(target.url, headers=headers, template="/")


def _check(exchange: Exchange) -> None:
    """Raise unless the exchange holds something like a feed; ill-formed ones pass."""
    if exchange.status in (401, 403):
        raise SourceRefusedLogin(f"The site refuses the feed ({exchange.status}).")
    head = exchange.body[:8192].replace(b"\0", b"")  # a feed in UTF-16 is read as if in ASCII
    if exchange.status != 200 or not _FEED.search(head):
        raise SourceChanged(f"The address gives no feed ({exchange.status}).")


def _cursor(exchange: Exchange) -> dict[str, str]:
    told = {
        "etag": exchange.header("ETag"),
        "last_modified": exchange.header("Last-Modified"),
    }
    # One that no request may carry (RFC 9110 §5.5 advises ASCII) is left: the feed is read anew.
    return {
        name: value
        for name, value in told.items()
        if value and value.isascii() and value.isprintable()
    }


def _parse(document: bytes) -> Sequence[Entry]:
    """Parse bytes, and only bytes: given a name, feedparser would open the file or address."""
    try:
        feed = feedparser.parse(BytesIO(document), sanitize_html=False, resolve_relative_uris=False)
        return [dict(entry) for entry in feed["entries"]]
    except Exception as error:  # its loose parser raises all kinds of them on junk
        raise SourceChanged("The feed cannot be read.") from error


def _envelope(fragment: bytes) -> bytes:
    """A feed around one entry. It holds no document type, so that there is no entity to expand."""
    try:
        text = fragment.decode()
    except UnicodeDecodeError:
        text = fragment.decode("windows-1252", "replace")  # as cut: see harvest/segment_feed.py
    found = _ENTRY.match(text)
    if not found:
        raise SourceChanged("A fragment of the feed is neither item nor entry.")
    if _ENDLESS_NAME.search(text):
        raise SourceChanged("An entry of the feed has an author longer than any name.")
    used = sorted(set(_PREFIX.findall(text)) - {"xml", "xmlns"})
    spaces = {prefix: _NAMESPACES.get(prefix, f"urn:undeclared:{prefix}") for prefix in used}
    if found["name"] == "entry":
        opening, closing, default = "<feed", "</feed>", _ATOM
    elif "rdf:about" in found["rest"]:
        opening, closing, default = "<rdf:RDF", "</rdf:RDF>", "http://purl.org/rss/1.0/"
        spaces["rdf"] = _NAMESPACES["rdf"]
    else:
        opening, closing, default = '<rss version="2.0"', "</channel></rss>", ""
    if found["prefix"]:
        spaces[found["prefix"]] = default or _NAMESPACES["atom"]
    declared = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in spaces.items())
    declared += f' xmlns="{default}"' if default else ""
    channel = "<channel>" if opening.startswith("<rss") else ""
    head = f'<?xml version="1.0" encoding="utf-8"?>{opening}{declared}>{channel}'
    return f"{head}{text}{closing}".encode("utf-8", "replace")


def _text(part: Entry, key: str) -> str:
    """A string of feedparser's."""
    value = part.get(key)
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else ""


def _part(entry: Entry, key: str) -> Entry:
    value = entry.get(key)
    return dict(value) if isinstance(value, dict) else {}


def _parts(entry: Entry, key: str) -> list[Entry]:
    values = entry.get(key)
    return [dict(value) for value in values or () if isinstance(value, dict)]


def _ref(entry: Entry) -> ItemRef:
    kind = COMMENT if _COMMENT.search(_text(entry, "link")) else POST
    return ItemRef(kind, _native_id(entry))


def _native_id(entry: Entry) -> str:
    known = _text(entry, "id").strip() or _text(entry, "link").strip()
    if known:
        return known
    body = _body(entry, "")
    if not (body.text or _text(entry, "title")):
        raise SourceChanged("An entry of the feed has neither identity nor content.")
    return "sha256:" + sha256(f"{_text(entry, 'title')}\0{body.text}".encode()).hexdigest()


def _author(entry: Entry, base: str) -> Agent:
    """The author's name: RSS asks for "address (name)", and a mail address is nobody's name."""
    name = " ".join(word for word in _text(entry, "author").split() if "@" not in word)
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1].strip()
    return Agent(name=name, url=absolute(_text(_part(entry, "author_detail"), "href"), base))


def _body(entry: Entry, base: str) -> Reading:
    """The full content where the entry has it, else its summary."""
    parts = [*(_parts(entry, "content")), _part(entry, "summary_detail")]
    for part in parts:
        value = _text(part, "value")
        if value.strip():
            if _text(part, "type") == "text/plain":
                return Reading(text=value.strip())
            return read_html(value, base)
    return Reading()


def _attachments(entry: Entry, body: Reading, base: str) -> tuple[Attachment, ...]:
    """Enclosures, Media RSS contents, and the pictures in the text."""
    enclosed = [link for link in _parts(entry, "links") if _text(link, "rel") == "enclosure"]
    offered = [(_text(link, "href"), _text(link, "type")) for link in enclosed]
    media = _parts(entry, "media_content")
    offered += [(_text(content, "url"), _text(content, "type")) for content in media]
    found = {
        address: Attachment(url=address, mime=mime)
        for url, mime in offered
        if (address := absolute(url, base, frozenset({"http", "https"})))
    }
    for attachment in body.attachments:  # these come with a description of the picture
        found[attachment.url] = attachment
    return tuple(found.values())


def _instant(entry: Entry, key: str) -> datetime | None:
    """A date of RFC 822 or RFC 3339; None without a time zone, for that would be a guess.

    Not feedparser's own reading, which fills in what is missing from today's date.
    """
    value = _text(entry, key).strip()
    words = value.split()
    if words and words[-1] in _ZONES:
        value = " ".join((*words[:-1], _ZONES[words[-1]]))
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(value)
            if at.tzinfo is None and value.endswith(" -0000"):  # RFC 5322: UTC, place unknown
                at = at.replace(tzinfo=UTC)
            return at.astimezone(UTC) if at.tzinfo is not None else None
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
