"""All that a release rests on, as one value: it is taken when the files are begun, and again in the
writer, and nothing leaves if the two differ.

Not only the set that was reviewed, then: while the files are rendered somebody may keep a record
apart, answer the request, let be what was suggested, or take a waiver. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from archiver.errors import SetChanged
from exports.core.access_request import Taken
from exports.core.masked import Kept
from exports.release.frozen import Frozen

RestsOn: TypeAlias = Mapping[str, object]


def rests_on(
    frozen: Frozen, steps: Iterable[Taken], waived: Collection[str], looked_at: Iterable[Kept]
) -> RestsOn:
    """What it is called → what it is now. `looked_at`: what a person saw and did not mask."""
    return {
        "an item, a mask, a version or the program": frozen.digest,
        "what is hidden": frozen.secrets(),
        "what is kept apart as possibly secret": frozen.apart,
        "the request's steps": tuple(steps),
        "what was let pass": frozenset(waived),
        "what was looked at and not masked": frozenset(one.seq for one in looked_at),
    }


def refuse_changed(before: RestsOn, now: RestsOn) -> None:
    """`SetChanged` that says what differs; nothing if nothing does."""
    refuse([name for name, value in before.items() if now[name] != value])


def refuse_other_set(frozen: Frozen, digest: str) -> None:
    """`SetChanged` if it is another set than the one that was reviewed."""
    if frozen.digest != digest:
        refuse(["an item, a mask, a version or the program"])


def refuse(changed: Collection[str]) -> None:
    """`SetChanged` that names what was changed; nothing if nothing was."""
    if changed:
        raise SetChanged(
            f"It was changed since it was reviewed: {'; '.join(changed)}.",
            remedy="Nothing left. Look at it again, and release what you see then.",
        )
