"""Cuts a response body into items, so that each item lives once, under a key of its own.

A capture is kept as skeleton + fragments (docs/data-format.md, "Splitting a body"). This file
decides where the cuts go. What holds, and is property-tested:

- `splice(skeleton(body, fragments), [f.data for f in fragments]) == body`, byte for byte, whenever
  `split` says `whole=False`: a cut that does not re-splice is never handed out.
- Nothing of an item stays outside the fragments: every key outside items is on the layout's list
  of structural keys, else the body is sealed whole.
- Any bytes at all give an answer. What cannot be cut is sealed whole, and its fragments are then
  *derived*: good for reading the items, no part of the evidence.

JSON (RFC 8259) is decoded as Latin-1 and walked with `json`'s own scanner: one character is one
byte, and every byte that JSON gives a meaning is ASCII, so offsets are exact. Values are never
taken from this walk. Feeds are walked with expat, which tells the byte index of each tag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NoReturn

import orjson

from archiver.core.connector import JsonLayout, Layout
from archiver.core.skeleton import ArrayPath, Fragment, Segments, Span, skeleton, splice, whole
from archiver.harvest.segment_feed import split_feed

__all__ = ["Fragment", "Segments", "skeleton", "splice", "split"]

_BOM = b"\xef\xbb\xbf"


def split(body: bytes, layout: Layout) -> Segments:
    """Cut `body` into its items as `layout` says. Never raises for what the bytes are."""
    cut = _split_json(body, layout) if isinstance(layout, JsonLayout) else split_feed(body)
    if cut.whole:
        return cut
    holes = [fragment.data for fragment in cut.fragments]
    if splice(skeleton(body, cut.fragments), holes) != body:
        return whole(cut.fragments, "The parts of the body do not make up the body.")
    return cut


class _Node:
    """One place in a layout: what may follow it, and whether it is an array of items or an item."""

    __slots__ = ("alone", "each", "keys", "path")

    def __init__(self) -> None:
        self.keys: dict[str, _Node] = {}
        self.each: _Node | None = None
        self.path: ArrayPath | None = None  # of the array of items that stands here
        self.alone: ArrayPath | None = None  # of the single item that stands here


@lru_cache
def _plan(layout: JsonLayout) -> tuple[_Node, _Node | None]:
    """The layout as two trees: of a body, and of a body that is itself a single item."""
    root, single = _Node(), None
    for path in layout.arrays:
        node, rest = root, path
        if path[:1] == (None,):
            node = single = single or _Node()
            rest = path[1:]
            if not rest:
                continue
        for part in rest:
            if part == "*":
                node.each = node.each or _Node()
                node = node.each
            elif part is not None:
                node = node.keys.setdefault(part, _Node())
        if rest[-1:] == (None,):
            node.alone = path
        else:
            node.path = path
    return root, single


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_scan: Callable[[str, int], tuple[object, int]] = vars(_decoder)["scan_once"]
# An escaped high surrogate that no low one follows, or a low one that no high one precedes. It may
# suspect text that only looks like an escape (an escaped backslash before a "u"), never overlook.
_half_pair = re.compile(
    rb"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<![^\\]\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F])"
).search
_space = re.compile(r"[ \t\n\r]*").match


def _split_json(body: bytes, layout: JsonLayout) -> Segments:
    root, single = _plan(layout)
    walk = _Walk(body, layout.structural)
    problem = ""
    try:
        walk.document(root, single)
    except RecursionError:
        problem = "The answer is nested too deeply."
    except (ValueError, StopIteration):  # the scanner's way to say that no value begins here
        problem = "The answer is not JSON."
    if not problem:
        problem = walk.problem or _encoding_problem(body.removeprefix(_BOM))
    fragments = tuple(fragment for fragment in walk.fragments if fragment is not None)
    return whole(fragments, problem) if problem else Segments(fragments)


def _encoding_problem(body: bytes) -> str:
    """What is wrong with the characters of a body that is JSON otherwise."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "The answer is not valid UTF-8."
    if _half_pair(body):  # no character, and not to be written as UTF-8; orjson refuses it
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError:
            return "The answer holds half a surrogate pair."
    return ""


class _Walk:
    """One walk over a JSON body. `fragments` holds None for an item whose end was not reached."""

    def __init__(self, body: bytes, structural: frozenset[str]) -> None:
        self.body = body
        self.text = body.decode("latin-1")
        self.structural = structural
        self.fragments: list[Fragment | None] = []
        self.problem = ""

    def document(self, root: _Node, single: _Node | None) -> None:
        """The whole text: a container of items or, where the layout has one, a single item.

        `ValueError` if it is not JSON; other findings are left in `problem`.
        """
        start = self._skip(3 if self.body.startswith(_BOM) else 0)  # a BOM is no part of JSON
        if single is not None and self.text[start : start + 1] == "{" and not root.keys:
            end = self._item(start, single, (None,))
        else:
            end = self._outside(start, root)
        if self._skip(end) != len(self.text):
            raise ValueError("something follows the JSON text")

    def _skip(self, at: int) -> int:
        found = _space(self.text, at)
        return found.end() if found else at

    def _comma(self, at: int) -> int:
        if self.text[at : at + 1] != ",":
            raise ValueError("an array or object is not closed")
        return self._skip(at + 1)

    def _outside(self, at: int, node: _Node) -> int:
        """A value that is no part of an item; returns where it ends."""
        first = self.text[at : at + 1]
        if first == "[" and node.path is not None:
            return self._items(at, node, node.path)[0]
        if first == "[" and node.each is not None:
            each = node.each
            return self._array(at, lambda i: self._outside(i, each))[0]
        if first == "{" and node.alone is not None:
            return self._item(at, node, node.alone)
        if first == "{" and node.keys:
            return self._object(at, lambda key, i: self._member(key, i, node))
        value, end = _scan(self.text, at)
        if value is not None:
            self.problem = "The answer has no items where they are expected."
        return end

    def _member(self, key: str, at: int, node: _Node) -> int:
        if key in node.keys:
            return self._outside(at, node.keys[key])
        value, end = _scan(self.text, at)
        if not (key in self.structural and self._is_structural(value)):
            self.problem = "The answer has keys outside its items that are not known."
        return end

    def _is_structural(self, value: object) -> bool:
        if isinstance(value, dict):
            return all(k in self.structural and self._is_structural(v) for k, v in value.items())
        return not isinstance(value, list) or all(map(self._is_structural, value))

    def _items(self, at: int, node: _Node, path: ArrayPath) -> tuple[int, int, int]:
        """An array of items; returns its end, and where its first item begins and last one ends."""
        each = node.each
        if each is not None:
            return self._array(at, lambda i: self._item(i, each, path))
        text, body, keep = self.text, self.body, self.fragments.append
        at = first = last = self._skip(at + 1)
        if text[at : at + 1] == "]":
            return at + 1, first, last
        while True:  # every record passes here: no call that is not needed
            last = _scan(text, at)[1]
            keep(Fragment(body[at:last], ((at, last),), path))
            if text.startswith(",{", last):
                at = last + 1
                continue
            at = self._skip(last)
            if text[at : at + 1] == "]":
                return at + 1, first, last
            at = self._comma(at)

    def _item(self, at: int, node: _Node, path: ArrayPath) -> int:
        """An item that may have items nested in it."""
        place = len(self.fragments)
        self.fragments.append(None)
        holes: list[Span] = []
        end = self._inside(at, node, holes)
        edges = [at, *(edge for hole in holes for edge in hole), end]
        spans = tuple(zip(edges[::2], edges[1::2], strict=True))
        data = b"".join(self.body[i:j] for i, j in spans)
        self.fragments[place] = Fragment(data, spans, path)
        return end

    def _inside(self, at: int, node: _Node, holes: list[Span]) -> int:
        """A value within an item; what lies between the first and the last nested item of an
        array goes to `holes`, so that an item without its nested ones is still JSON."""
        first = self.text[at : at + 1]
        if first == "[" and node.path is not None:
            end, *hole = self._items(at, node, node.path)
            holes.append((hole[0], hole[1]))
            return end
        if first == "[" and node.each is not None:
            each = node.each
            return self._array(at, lambda i: self._inside(i, each, holes))[0]
        if first == "{" and node.keys:
            keys = node.keys
            return self._object(
                at,
                lambda key, i: (
                    self._inside(i, keys[key], holes) if key in keys else _scan(self.text, i)[1]
                ),
            )
        return _scan(self.text, at)[1]

    def _array(self, at: int, element: Callable[[int], int]) -> tuple[int, int, int]:
        text = self.text
        at = first = last = self._skip(at + 1)
        if text[at : at + 1] == "]":
            return at + 1, first, last
        while True:
            last = element(at)
            at = self._skip(last)
            if text[at : at + 1] == "]":
                return at + 1, first, last
            at = self._comma(at)

    def _object(self, at: int, member: Callable[[str, int], int]) -> int:
        text = self.text
        at = self._skip(at + 1)
        if text[at : at + 1] == "}":
            return at + 1
        while True:
            key, at = _scan(text, at)
            at = self._skip(at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                raise ValueError("a member of an object has no name")
            at = self._skip(member(key, self._skip(at + 1)))
            if text[at : at + 1] == "}":
                return at + 1
            at = self._comma(at)
