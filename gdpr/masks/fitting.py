"""Whether a record's masks fit as they would stand: looked up here, judged in `checking`.

Files are measured only where a box lies on one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from archiver.core.access import Viewer
from gdpr.core.mask import Mask, Measure, TextSpan, WholeField, place
from gdpr.masks import checking, queries
from gdpr.masks.own_grounds import OwnGrounds
from gdpr.masks.queries import Place
from gdpr.masks.reading import Kept, MaskReader, below_apart
from gdpr.masks.suggesting import Fields

_OF_TEXT = (TextSpan, WholeField)


class Fitting:
    """Refuses what does not fit; `RuleViolation` with places and rules."""

    def __init__(self, reader: MaskReader, grounds: OwnGrounds, today: Callable[[], date]) -> None:
        self._reader, self._grounds, self._today = reader, grounds, today

    def check(
        self,
        connection: Connection,
        viewer: Viewer,
        at: Place,
        kept: Sequence[Kept],
        changed: Mapping[int, Mask],
        until: date | None,
    ) -> dict[int, Fields]:
        """Refuse masks of a record that may not be as they would be; else the texts of the versions
        they lie on. `changed`: by number, -1 for a new one."""
        checking.check_until(until, self._today())
        own = queries.activities(connection, at.authority)
        listed = self._grounds.held_in(connection, at.authority).picklist
        for mask in changed.values():
            checking.check_note(mask.note)
            checking.check_grounds(place(mask.target), mask.citations, listed, own)
        after = [changed.get(one.seq, one.mask) for one in kept]
        after += [mask for number, mask in changed.items() if number < 0]
        versions = {mask.version for mask in changed.values()}
        return {
            version: self._version(connection, viewer, at, version, kept, after)
            for version in versions
        }

    def fit(
        self,
        connection: Connection,
        viewer: Viewer,
        at: Place,
        kept: Sequence[Kept],
        then: Sequence[Kept],
    ) -> None:
        """Refuse masks of a record that do not fit as they would stand."""
        for version in {one.mask.version for one in kept}:
            after = [one.mask for one in then]
            self._version(connection, viewer, at, version, kept, after)

    def _version(
        self,
        connection: Connection,
        viewer: Viewer,
        at: Place,
        version: int,
        kept: Sequence[Kept],
        after: Sequence[Mask],
    ) -> Fields:
        before = [one.mask for one in kept if one.mask.version == version]
        then = [one for one in after if one.version == version]
        envelope = self._reader.envelope(connection, at, version)
        below = below_apart(connection, [at.record])
        texts = self._reader.text_fields(viewer, at.record, envelope, below)
        boxes = any(one.hides and not isinstance(one.target, _OF_TEXT) for one in then)
        components = self._reader.components(connection, at, version, envelope)[0] if boxes else ()
        checking.check_fit(before, then, Measure(fields=texts, components=components))
        return texts
