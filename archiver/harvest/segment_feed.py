"""Cuts an RSS or Atom feed into its items.

RSS 2.0 and RSS 1.0 have `item`, Atom (RFC 4287) has `entry`. expat tells the byte index of each
tag, so a fragment is exactly the bytes of its element. The document may be anybody's: nothing is
fetched for it and no entity is expanded.
"""

from __future__ import annotations

import re
from typing import NoReturn
from xml.parsers import expat

from archiver.core.skeleton import Fragment, Segments, whole

_BOM = b"\xef\xbb\xbf"
_ROOTS = frozenset({"rss", "feed", "RDF"})
_PARENTS = _ROOTS | {"channel"}
_ITEMS = frozenset({"item", "entry"})
_ENCODING = re.compile(rb"""\s{0,99}<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""")
# In these a fragment can be read by itself: valid UTF-8 is UTF-8, anything else is Windows-1252,
# the superset of ISO 8859-1. A fragment in any other encoding would have lost its declaration.
_SELF_EVIDENT = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "cp1252"})
_KNOWN = re.compile(r"utf-(16|32)(le|be)?|iso-8859-\d{1,2}|(windows-|cp)125\d|macintosh")
_NAME = re.compile(rb"[^\s/>]+")
_AFTER = re.compile(rb"[\s>]")
_TAG = re.compile(rb"<((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])")


class _Refused(Exception):
    """The document declares entities: a feed needs none, and an expansion bomb does."""


def split_feed(body: bytes) -> Segments:
    """Cut a feed into its items; whatever the bytes are, there is an answer."""
    encoding = _encoding(body)
    if encoding not in _SELF_EVIDENT:
        return _recoded(body, encoding)
    try:
        return Segments(tuple(_FeedWalk(body).fragments))
    except _Refused:
        problem = "The feed declares entities."
    except (expat.ExpatError, ValueError, LookupError):
        problem = "The feed is not well-formed XML."
    return whole(_scan(body), problem)


def _encoding(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    declared = None if body.startswith(_BOM) else _ENCODING.match(body)
    return declared[1].decode("latin-1").lower() if declared else "utf-8"


def _recoded(body: bytes, encoding: str) -> Segments:
    """A feed whose fragments cannot be read by themselves: whole, its items as UTF-8."""
    try:
        if not _KNOWN.fullmatch(encoding):
            raise LookupError(encoding)
        text = body.decode(encoding).encode()
        fragments = _FeedWalk(text, "utf-8").fragments
    except _Refused:
        return whole((), "The feed declares entities.")
    except (expat.ExpatError, ValueError, LookupError):
        return whole(_scan(body), "The feed cannot be read in the encoding it declares.")
    return whole(fragment._replace(spans=()) for fragment in fragments)


class _FeedWalk:
    """One walk over a feed: `item` (RSS) and `entry` (Atom) elements in their usual places.

    Nothing is ever fetched, and no entity expanded: a declaration of one ends the walk with
    `_Refused`. `ExpatError` if the XML is ill-formed, `ValueError` if it is no feed.
    """

    def __init__(self, body: bytes, encoding: str | None = None) -> None:
        self.body = body
        self.fragments: list[Fragment] = []
        self._around: list[str] = []
        self._depth = self._start = 0
        self._parser = expat.ParserCreate(encoding, " ")  # with namespaces: "uri name"
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.EntityDeclHandler = self._refuse
        self._parser.Parse(body, True)
        del self._parser  # it and this object hold each other

    def _refuse(self, *_: object) -> NoReturn:
        raise _Refused

    def _open(self, name: str, _: object) -> None:
        local = name.rpartition(" ")[2]
        if self._depth:
            self._depth += 1
        elif local in _ITEMS and self._around and self._around[-1] in _PARENTS:
            self._depth, self._start = 1, self._parser.CurrentByteIndex
        elif not self._around and local not in _ROOTS:
            raise ValueError("not a feed")
        else:
            self._around.append(local)

    def _close(self, _: str) -> None:
        if not self._depth:
            self._around.pop()
            return
        self._depth -= 1
        if self._depth:
            return
        end = self._parser.CurrentByteIndex  # where its end tag begins; of <item/>, where it ends
        name = _NAME.match(self.body, self._start + 1)
        closing = b"</" + name[0] if name else b""
        if self.body.startswith(closing, end) and _AFTER.match(self.body, end + len(closing)):
            end = self.body.index(b">", end) + 1
        data = self.body[self._start : end]
        self.fragments.append(Fragment(data, ((self._start, end),)))


def _scan(body: bytes) -> list[Fragment]:
    """The items of an ill-formed feed as far as they can be told; each from its tag to its end."""
    fragments, at = [], 0
    while found := _TAG.search(body, at):
        closing = b"</" + found[1] + b">"
        end = body.find(closing, found.end())
        if end < 0:
            break
        at = end + len(closing)
        fragments.append(Fragment(body[found.start() : at], ((found.start(), at),)))
    return fragments
