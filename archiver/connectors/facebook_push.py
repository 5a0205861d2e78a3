"""What a webhook of a Facebook page says has happened: hints, never facts. Pure.

Source: Meta's "Webhooks for Pages", field `feed`, and public fixtures. What decides:

- Verbs are spelt in more than one way (`edit` and `edited`); they are told as `add`, `edited`,
  `hide`, `unhide` and `remove` where they mean that.
- Likes and reactions are about nothing that is archived; other fields than `feed` say nothing here.
- A comment directly under a post has the post as its `parent_id`; another parent is a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archiver.connectors.facebook_item import post_id
from archiver.connectors.graph import load
from archiver.core.observation import COMMENT, POST, REPLY, ItemRef
from archiver.core.push import Hint
from archiver.errors import SourceChanged

_SPELT: Mapping[str, str] = {"edit": "edited", "delete": "remove"}
_NO_ITEMS = frozenset({"like", "reaction"})


def read_hints(body: bytes, *, page: str = "") -> Sequence[Hint]:
    """The hints in a message whose signature has been checked, of the page of that number where it
    is known: an app has one address for all its pages. `SourceChanged` if the shape is unknown."""
    message = load(body)
    entries = message.get("entry") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(entries, list):
        raise SourceChanged("A push message has no entries.")
    if message.get("object") != "page":
        raise SourceChanged("A push message is not about a page.")
    told: list[Hint] = []
    for entry in entries:
        changes = entry.get("changes", []) if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            raise SourceChanged("An entry of a push message is in an unknown shape.")
        if page and str(entry.get("id", page)) != page:
            continue
        told += [
            hint
            for change in changes
            if isinstance(change, dict) and change.get("field") == "feed"
            for hint in _hint(str(entry.get("id", "")), change.get("value"))
        ]
    return told


def _hint(page: str, value: object) -> Iterator[Hint]:
    """What one change says, if it is about something that is archived."""
    if not isinstance(value, dict) or value.get("item") in _NO_ITEMS:
        return
    verb = str(value.get("verb", "")).lower()[:20]
    who = value.get("from")
    author = who.get("id") if isinstance(who, dict) else value.get("sender_id", "")
    given, upon = value.get("post_id"), value.get("comment_id")
    post = ItemRef(POST, post_id(given)) if isinstance(given, str) and given else None
    ref = post
    if isinstance(upon, str) and upon:
        above = value.get("parent_id")
        ref = ItemRef(REPLY if isinstance(above, str) and above != given else COMMENT, upon)
    yield Hint(
        ref=ref, root=post, verb=_SPELT.get(verb, verb), by_owner=bool(page) and str(author) == page
    )
