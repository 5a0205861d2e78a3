"""Fragments and the skeleton between them: how a cut body is held, and how it becomes whole again.

`skeleton` and `splice` are each other's inverse. A skeleton holds what is structure only; it may
outlive single items, so it tells nothing about them, not even their length.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from archiver.core import canonical
from archiver.errors import IntegrityError

ArrayPath: TypeAlias = tuple[str | None, ...]
Span: TypeAlias = tuple[int, int]


class Fragment(NamedTuple):
    """One item of a body.

    `data` is the item; items nested in it (replies within a comment) are cut out of it and are
    fragments of their own. `spans` are the [start, end) byte ranges of the body that `data` is put
    together from: one, or several where nested items were cut out; none if `data` was re-encoded.
    `path` is the layout's array it came from, () in a feed. `derived`: the body is sealed whole.
    """

    data: bytes
    spans: tuple[Span, ...] = ()
    path: ArrayPath = ()
    derived: bool = False

    @property
    def start(self) -> int:
        """Where in the body the item begins; -1 if it was re-encoded."""
        return self.spans[0][0] if self.spans else -1


class Segments(NamedTuple):
    """A body cut into fragments, in the order they begin.

    `whole`: the body must be sealed under one key. `problem` says what was wrong with it, for a
    `SourceChanged` fact, and names no content; it is empty where a body is whole for an innocent
    reason (a feed in UTF-16) and always empty where it is not whole.
    """

    fragments: tuple[Fragment, ...]
    whole: bool = False
    problem: str = ""


def skeleton(body: bytes, fragments: Sequence[Fragment]) -> bytes:
    """What stands between the fragments, and where each of them goes.

    One line of canonical JSON, `{"holes":[[at,fragment,from],…],"v":1}`, then the bytes outside
    all fragments. `at` counts those bytes; `from` is where in the fragment this piece begins (0
    unless items were cut out of it); a piece ends where the fragment's next piece begins. There
    are no lengths: they would outlive the items, and a length is a hint at a disposed comment.
    """
    pieces: list[tuple[int, int, int, int]] = []
    for index, fragment in enumerate(fragments):
        done = 0
        for start, end in fragment.spans:
            pieces.append((start, end, index, done))
            done += end - start
    pieces.sort()
    holes, literal, last, outside = list[list[int]](), [], 0, 0
    for start, end, index, done in pieces:
        literal.append(body[last:start])
        outside += start - last
        holes.append([outside, index, done])
        last = end
    literal.append(body[last:])
    head = canonical.encode({"holes": holes, "v": 1})
    return head + b"\n" + b"".join(literal)


def splice(skeleton: bytes, holes: Sequence[bytes]) -> bytes:
    """Put fragments back: the inverse of `skeleton`. `IntegrityError` if they do not belong.

    Give b"" for a fragment that is elided or disposed of; the result is then not the body.
    """
    head, newline, literal = skeleton.partition(b"\n")
    try:
        plan = json.loads(head)["holes"]
        ends: dict[int, int] = {}
        pieces: list[bytes] = []
        tail = len(literal)
        for at, index, start in reversed(plan):
            if not 0 <= at <= tail or index < 0 or not 0 <= start <= ends.get(index, start):
                raise IndexError
            pieces += (literal[at:tail], holes[index][start : ends.get(index)])
            ends[index] = start
            tail = at
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise IntegrityError("The skeleton of a capture is damaged.") from error
    if not newline or len(ends) != len(holes) or any(ends.values()):
        raise IntegrityError("The skeleton of a capture does not fit its fragments.")
    pieces.append(literal[:tail])
    return b"".join(reversed(pieces))


def whole(fragments: Iterable[Fragment], problem: str = "") -> Segments:
    """A body that must be sealed whole, with the items that could be told in it."""
    derived = tuple(fragment._replace(derived=True) for fragment in fragments)
    return Segments(derived, whole=True, problem=problem)
