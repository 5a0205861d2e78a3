"""What a version would look like given out with its masks as they stand: for whoever reviews. Pure.

The same rules as a release's (`exports.core.masked`); a release puts a token of its own where here
the kind of what is hidden stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archiver.core.canonical import Json
from exports.core.masked import Kept, hidden, shown
from gdpr.core.mask import Mask
from gdpr.core.pseudonym import word


def preview(fields: Mapping[str, Json], masks: Iterable[tuple[int, Mask]]) -> dict[str, Json]:
    """The fields, which may leave, with what the masks of this version hide left out."""
    hiding = hidden(fields, [Kept(*one) for one in masks])
    return shown(fields, hiding, {one.key: f"[{word(one.category)}]" for one in hiding})
