"""Read models: what the screens show, from tables and frames.

Every function takes who asks. Content passes `egress.release` field by field; figures from the
tables pass `allow`, which refuses whoever may see nothing.
"""

from __future__ import annotations

from archiver.core.access import Viewer
from archiver.core.egress import Purpose, release


def allow(viewer: Viewer) -> None:
    """`AccessRefused` unless the viewer may see the archive's figures."""
    release(viewer, Purpose.OVERVIEW, {})
