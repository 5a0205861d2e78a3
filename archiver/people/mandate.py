"""What somebody may do to other users. Pure.

Nobody gives what they lack: a role may be given by who holds every right in it, for that authority,
and so may what amounts to giving it: a way to sign in as somebody, letting somebody back in, or
sending their alerts elsewhere. Taking away, locking and ending sessions need no more than managing
users. And among those who manage the users of the whole home at least one is left who can sign in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from archiver.core.access import GRANTED, Permission, Role, Viewer
from archiver.errors import ConfigError
from archiver.people.projector import Roles
from archiver.people.service import User


class NotYoursToGive(ConfigError):
    """Somebody gives more than they have."""

    code = "not-yours-to-give"


class LastOne(ConfigError):
    """Afterwards nobody could manage the users."""

    code = "last-one"


def may_give(who: Viewer, role: Role, authority: int) -> bool:
    """Whether `who` holds all that the role grants for the authority."""
    return all(who.may(permission, authority) for permission in GRANTED[role])


def check_given(who: Viewer, roles: Roles) -> None:
    """`NotYoursToGive` for a role that grants what `who` lacks."""
    if not all(may_give(who, role, authority) for role, authority in roles):
        raise NotYoursToGive(
            "You cannot give a right that you do not have.",
            remedy="Ask somebody who has it, or use `diarkiv user` at the machine.",
        )


def managers(users: Iterable[User], able: Collection[int]) -> set[int]:
    """Who of the users can manage all others: the role, not locked, and a way to sign in."""
    found = (one for one in users if one.viewer.may(Permission.SET_USERS))
    return {one.seq for one in found if one.seq in able}


def check_left(before: Collection[int], after: Collection[int]) -> None:
    """`LastOne` if there were managers before and there would be none."""
    if before and not after:
        raise LastOne(
            "Nobody would be left who can manage the users.", remedy="Give somebody else the role."
        )
