"""What a platform showed at one instant: items and their references. Not yet records.

Kinds are an open enumeration: a connector may bring a kind this release does not know, and it is
stored, listed and searched like the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from archiver.core.agent import Agent

Kind = NewType("Kind", str)

POST = Kind("post")
COMMENT = Kind("comment")
REPLY = Kind("reply")
REVIEW = Kind("review")
STORY = Kind("story")
MESSAGE = Kind("message")
PROFILE_PAGE = Kind("profile_page")
SHARE = Kind("share")  # somebody else's post, shown to one's own readers
REVISION = Kind("revision")  # an earlier state of another item, which is its parent and root


class Moderation(StrEnum):
    """State an item is shown in, as the platform itself names it."""

    VISIBLE = "visible"
    HELD = "held"
    SPAM = "spam"
    HIDDEN = "hidden"
    TRASHED = "trashed"


class ItemRef(NamedTuple):
    """An item's identity within its channel."""

    kind: Kind
    native_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Media an item shows. `url` may be signed and expire; it is no part of the content hash."""

    url: str
    alt: str = ""
    mime: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as normalised from its fragment by a versioned, pure function.

    `text` and `title` are plain text; mark-up lives in the raw fragment. `url` is the permalink.
    Instants are UTC; None where the platform gives none. `own`: said by the authority itself
    (drawn up) rather than to it (received). `private`: not for everybody to see; such an item is
    never filed.
    """

    ref: ItemRef
    author: Agent
    text: str
    own: bool = False
    private: bool = False
    title: str = ""
    moderation: Moderation = Moderation.VISIBLE
    parent: ItemRef | None = None
    root: ItemRef | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def placed(item: Item, under: ItemRef | None) -> Item:
    """The item where its page says that it stands: an earlier state is one of `under`; any other
    item that names no root has `under` for root."""
    if under is None or item.root is not None:
        return item
    if item.ref.kind == REVISION:
        return replace(item, parent=under, root=under)
    return replace(item, root=under)


class Access(StrEnum):
    """Outcome of asking for one item directly (connectors.md's probe)."""

    PRESENT = "present"
    HIDDEN = "hidden"  # the platform says it is there, and not shown
    NOT_FOUND = "not_found"
    ABSENT = "absent"  # not there, and the account's own signature says so
    AUTHOR_GONE = "author_gone"  # whoever wrote it is deactivated, suspended or deleted
    REMOVED = "removed"  # the platform says that it took it away
    NO_ACCESS = "no_access"
    FAILED = "failed"
