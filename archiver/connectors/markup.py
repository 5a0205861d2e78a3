"""Reads HTML that a platform gives as an item's text: the words, the links, the media.

The result is for reading, searching and comparing; the mark-up itself stays in the raw fragment.
What holds: any string gives an answer in time linear in its length, script and style give nothing,
and no address is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import nh3

from archiver.core.observation import Attachment

_PARAGRAPHS = frozenset(
    {"address", "article", "aside", "blockquote", "details", "dl", "fieldset", "figcaption"}
    | {"figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main"}
    | {"nav", "ol", "p", "pre", "section", "summary", "table", "ul"}
)
_LINES = frozenset({"br", "caption", "dd", "div", "dt", "li", "tr"})
_MEDIA = frozenset({"img", "video", "audio", "source"})
_FRAMES = frozenset({"iframe", "embed"})
_LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SPACE = re.compile(r"[ \t\r\n\f]+")  # HTML's white space; a no-break space is kept as written
# The parser of browsers brings order into the mark-up first: in linear time, where `html.parser`
# takes minutes for 60 kB of "<a ". noscript holds, for those without JavaScript, what is there
# already; it goes because nh3 gives its mark-up as if it were words.
_order = nh3.Cleaner(
    tags=set(_PARAGRAPHS | _LINES | _MEDIA | _FRAMES | {"a", "td", "th", "tbody", "thead"}),
    clean_content_tags={"script", "style", "template", "noscript"},
    attributes={
        "a": {"href"},
        "img": {"src", "alt", "class", "data-src", "data-lazy-src"},
        "source": {"src", "type"},
        **{tag: {"src"} for tag in ("video", "audio", "iframe", "embed")},
    },
    link_rel=None,
).clean
# What most comments are: paragraphs, line breaks, and signs that a typesetter writes as references.
# Both ways of reading give the same words for them; without a parser it costs a tenth.
_simple = re.compile(
    r"(?:[^<&\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]++|</?p>|<br ?/?>"
    r"|&(?:amp|lt|gt|quot|nbsp|hellip|#0?39|#82[0-9]{2});)*+"
).fullmatch
_LINE_BREAK = re.compile(r"<br ?/?> ?")
_PARAGRAPH_EDGE = re.compile(r"</?p> ?")
_GAP = re.compile(r"\n{3,}")
_UPLOADS = "/wp-content/uploads/"
_SUFFIX = re.compile(r"\.\w{1,5}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a piece of HTML says: plain text with paragraphs set apart by an empty line, links in
    order, and the media it shows or offers as files."""

    text: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def read_html(html: str, base: str = "") -> Reading:
    """Read `html`; relative addresses are resolved against `base` where that is given."""
    if "<" not in html and "&" not in html:
        return Reading(text=_tidy(_SPACE.sub(" ", html)))
    if _simple(html):
        return Reading(text=_tidy(_simple_text(html)))
    reader = _Reader(base)
    reader.feed(_order(html))
    reader.close()
    return Reading(
        text=_tidy("".join(reader.words)),
        links=tuple(dict.fromkeys(reader.links)),
        attachments=tuple(reader.media.values()),
    )


def plain(html: str) -> str:
    """The words of a short piece of HTML, such as a title, on one line."""
    return " ".join(read_html(html).text.split())


def absolute(address: str, base: str, schemes: frozenset[str] = _LINK_SCHEMES) -> str:
    """The address resolved against `base`, or an empty string if it is none of `schemes`."""
    address = address.strip()
    if not address or address.startswith("#"):
        return ""
    try:
        joined = urljoin(base, address)
        return joined if urlsplit(joined).scheme in schemes else ""
    except ValueError:  # brackets that hold no IPv6 address
        return ""


def _simple_text(markup: str) -> str:
    """The words of mark-up that `_simple` knows. Replacing is quicker than a pattern."""
    for blank in "\t\r\n\f":
        markup = markup.replace(blank, " ")
    while "  " in markup:
        markup = markup.replace("  ", " ")
    return unescape(_PARAGRAPH_EDGE.sub("\n\n", _LINE_BREAK.sub("\n", markup)))


def _tidy(text: str) -> str:
    lines = (line.rstrip(" \t\r\f") for line in text.split("\n"))
    return _GAP.sub("\n\n", "\n".join(lines)).strip(" \t\r\n\f")


class _Reader(HTMLParser):
    """Collects words, links and media while the parser goes through the mark-up."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.words: list[str] = []
        self.links: list[str] = []
        self.media: dict[str, Attachment] = {}
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        self._verbatim += tag == "pre"
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._link(given.get("href", ""))
        elif tag in _MEDIA:
            self._show(tag, given)
        elif tag in _FRAMES and (address := absolute(given.get("src", ""), self.base)):
            self.links.append(address)

    def handle_endtag(self, tag: str) -> None:
        self._verbatim -= tag == "pre"
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._verbatim:
            self.words.append(data)
            return
        words = _SPACE.sub(" ", data)
        if words.startswith(" ") and (self._at_line_start() or self.words[-1][-1:] == " "):
            words = words[1:]
        if words:
            self.words.append(words)

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.words.append("\n\n")
        elif tag == "br" or (tag in _LINES and not self._at_line_start()):
            self.words.append("\n")
        elif tag in ("td", "th") and not self._at_line_start():
            self.words.append(" " if self.words[-1][-1:] != " " else "")

    def _at_line_start(self) -> bool:
        return not self.words or self.words[-1].endswith("\n")

    def _link(self, href: str) -> None:
        address = absolute(href, self.base)
        if not address:
            return
        self.links.append(address)
        path = urlsplit(address).path
        if _UPLOADS in path and _SUFFIX.search(path):  # a file offered for download, not a page
            self.media.setdefault(address, Attachment(url=address))

    def _show(self, tag: str, given: dict[str, str]) -> None:
        alt = given.get("alt", "")
        if tag == "img" and {"wp-smiley", "emoji"} & set(given.get("class", "").split()):
            self.words.append(alt)  # WordPress writes emoji as pictures in its feeds
            return
        for name in ("src", "data-src", "data-lazy-src"):  # the latter two where pictures load late
            address = absolute(given.get(name, ""), self.base, frozenset({"http", "https"}))
            if address:
                mime = given.get("type", "") if tag == "source" else ""
                self.media.setdefault(address, Attachment(url=address, alt=alt, mime=mime))
                return
