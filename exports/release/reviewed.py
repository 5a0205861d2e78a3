"""The masks of a home (`gdpr.masks`), and what may be cited, as a release asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from archiver.core.access import Viewer
from exports.core.masked import Kept
from gdpr.core.ground import Citation
from gdpr.core.mask import MaskState
from gdpr.masks.service import Masks


class ReviewedMasks:
    """Adapts the service of masks to `exports.release.neighbours.MaskSource`."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks

    def suggest(self, viewer: Viewer, records: Collection[int], request: int) -> int:
        """Let the recognisers look at the records, for a request."""
        return self._masks.suggest(viewer, records, matter=request)

    def in_force(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, Sequence[Kept]]:
        """Record → the masks that hide something of any of its versions."""
        found = self._masks.in_force(viewer, records)
        return {of: [Kept(one.seq, one.mask) for one in kept] for of, kept in found.items()}

    def pending(self, viewer: Viewer, records: Collection[int]) -> Sequence[Kept]:
        """Suggestions that nobody has looked at."""
        found = self._masks.pending(viewer, records)
        return [Kept(one.seq, one.mask) for kept in found.values() for one in kept]

    def rejected(self, viewer: Viewer, records: Collection[int]) -> Sequence[Kept]:
        """What a person looked at and did not mask."""
        found = self._masks.masks(viewer, records)
        return [
            Kept(one.seq, one.mask)
            for kept in found.values()
            for one in kept
            if one.mask.state is MaskState.REJECTED
        ]

    def confirm(self, viewer: Viewer, masks: Sequence[Kept], request: int) -> None:
        """Note that they were part of a release; those that somebody decided on anew since are left
        as they are."""
        wanted = {one.seq: one.mask.record for one in masks}
        if not wanted:
            return
        held = self._masks.in_force(viewer, set(wanted.values()))
        standing = {one.seq for kept in held.values() for one in kept}
        if numbers := sorted(standing & set(wanted)):
            self._masks.confirm(viewer, numbers, matter=request)


class CitableGrounds:
    """What an authority may cite: its list of grounds, by the activities it carries on."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks

    def faults(self, viewer: Viewer, authority: int, citation: Citation) -> Iterator[str]:
        """Why the authority cannot cite so; nothing if it can."""
        held = self._masks.activities(viewer, authority)
        return self._masks.picklist(authority).faults(citation, held)
