"""Read models: what the screens show, from tables and frames.

Every function takes who asks, and shows only what is of the authorities for which they hold the
permission it names: figures and states by `OVERSEE`, records by `READ`. Content passes
`egress.release` field by field; `allow` refuses whoever may see nothing and gives the authorities
to narrow by.
"""

from __future__ import annotations

from archiver.core.access import Authorities, Permission, Viewer
from archiver.core.egress import Purpose, release


def allow(viewer: Viewer, permission: Permission = Permission.OVERSEE) -> Authorities:
    """The authorities whose things the viewer may see so; `AccessRefused` if there are none."""
    release(viewer, Purpose.OVERVIEW, {})
    if not viewer.may_somewhere(permission):
        viewer.require(permission)
    return viewer.authorities(permission)
