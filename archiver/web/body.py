"""A captured response as it was, with what is not kept marked.

A capture's raw part is a skeleton: one line of JSON, `{"holes":[[at,fragment,from],…],"v":1}`, then
the bytes outside all fragments (docs/data-format.md). `at` counts those bytes; `from` is where in
the fragment a piece begins; a piece ends where the fragment's next piece begins.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from archiver.errors import IntegrityError


class Stretch(NamedTuple):
    """Part of a body: structure (`fragment` is None, `data` its bytes), or a piece of a fragment
    from `start` to `end` (None = its end)."""

    fragment: int | None
    data: bytes
    start: int
    end: int | None


def stretches(skeleton: bytes) -> list[Stretch]:
    """The parts of a body in order; `IntegrityError` if the skeleton is damaged."""
    head, newline, literal = skeleton.partition(b"\n")
    try:
        plan = orjson.loads(head)["holes"]
        if not newline:
            raise IndexError
        found: list[Stretch] = []
        ends: dict[int, int] = {}
        tail = len(literal)
        for at, index, start in reversed(plan):
            if not 0 <= at <= tail or index < 0:
                raise IndexError
            found.append(Stretch(None, literal[at:tail], 0, None))
            found.append(Stretch(index, b"", start, ends.get(index)))
            ends[index], tail = start, at
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise IntegrityError("The skeleton of a capture is damaged.") from error
    found.append(Stretch(None, literal[:tail], 0, None))
    return [one for one in reversed(found) if one.fragment is not None or one.data]
