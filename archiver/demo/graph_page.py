"""One Facebook page in memory: what is published, commented, hidden, edited, removed.

`graph.py` decides how Meta's Graph API would show this state; here is only what an operation does
to it. There is no clock and no randomness: time is a parameter, ids are counted. Invariants:

- no id is used twice; a comment's id is `{post}_{comment}`, a post's `{page}_{post}`;
- removing a comment removes its replies, removing a post removes everything under it;
- what a person with a deactivated account wrote is not shown, and is back with the account;
- `changes` is what webhooks tell of it (field `feed`), in order, spelt as inconsistently as Meta
  spells it: `edited` for the page's own posts, `edit` for what others wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

FIRST_POST = 122_100_000_000_001
FIRST_COMMENT = 810_000_000_000_001
FIRST_PERSON = 24_500_000_000_001
FIRST_PHOTO = 909_150_000_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture with its bytes."""

    id: str
    data: bytes
    mime: str = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePost:
    """A post of the page; `id` without the page's number."""

    id: str
    at: datetime
    text: str
    photos: tuple[Photo, ...] = ()
    link: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageComment:
    """A comment, or a reply where `parent` is the id of one. `author` is a person's number or the
    page's own."""

    id: str
    post: str
    at: datetime
    author: str
    text: str
    parent: str = ""
    hidden: bool = False
    private: bool = False
    photo: Photo | None = None


@dataclass(slots=True)
class GraphPage:
    """The page and all under it. `ref` is the script's own name for a thing and is never served;
    who says something is named: "" or the page's name is the page itself."""

    id: str
    name: str
    published: bool = True
    merged_into: str = ""
    posts: dict[str, PagePost] = field(default_factory=dict)
    comments: dict[str, PageComment] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    _refs: dict[str, str] = field(default_factory=dict)
    _made: dict[str, int] = field(default_factory=dict)

    def id_of(self, ref: str) -> str:
        """The id of what the script calls `ref`; KeyError if there is none."""
        return self._refs[ref]

    def publish(
        self,
        *,
        at: datetime,
        text: str,
        ref: str,
        pictures: Sequence[bytes] = (),
        link: str = "",
    ) -> str:
        """Publish a post; its id."""
        number = self._next("post", FIRST_POST)
        photos = tuple(self._photo(data) for data in pictures)
        self.posts[number] = PagePost(id=number, at=at, text=text, photos=photos, link=link)
        self._refs[ref] = number
        item = "photo" if photos else "share" if link else "status"
        self._tell(number, item, "add", at, text=text)
        return number

    def comment(
        self,
        *,
        at: datetime,
        on: str,
        text: str,
        ref: str,
        by: str = "",
        to: str = "",
        private: bool = False,
        picture: bytes = b"",
    ) -> str:
        """Comment on a post, or answer the comment `to`; its id. `on` and `to` are refs."""
        post, parent = self._refs[on], self._refs[to] if to else ""
        number = f"{post}_{self._next('comment', FIRST_COMMENT)}"
        self.comments[number] = PageComment(
            id=number,
            post=post,
            at=at,
            author=self._person(by),
            text=text,
            parent=self.comments[parent].parent or parent if parent else "",
            private=private,
            photo=self._photo(picture) if picture else None,
        )
        self._refs[ref] = number
        self._tell(number, "comment", "add", at)
        return number

    def edit(self, ref: str, text: str, *, at: datetime) -> None:
        """Say something else in its place."""
        number = self._refs[ref]
        if number in self.posts:
            self.posts[number] = replace(self.posts[number], text=text)
            self._tell(number, "status", "edited", at, text=text)
        else:
            self.comments[number] = replace(self.comments[number], text=text)
            self._tell(number, "comment", "edit", at)

    def hide(self, ref: str, *, at: datetime, hidden: bool = True) -> None:
        """Hide something from others, or show it again: the page's doing."""
        number = self._refs[ref]
        verb = "hide" if hidden else "unhide"
        if number in self.posts:
            self.posts[number] = replace(self.posts[number], hidden=hidden)
            self._tell(number, "post", verb, at, by=self.id)
        else:
            self.comments[number] = replace(self.comments[number], hidden=hidden)
            self._tell(number, "comment", verb, at, by=self.id)

    def remove(self, ref: str, *, at: datetime, by: str = "") -> None:
        """Remove something for good, with everything under it; `by` "" is the page itself."""
        number = self._refs[ref]
        who = self._person(by)
        self._tell(number, "comment" if number in self.comments else "post", "remove", at, by=who)
        self.posts.pop(number, None)
        gone = [c.id for c in self.comments.values() if number in (c.id, c.post, c.parent)]
        for one in gone:
            del self.comments[one]

    def set_away(self, who: str, *, away: bool = True) -> None:
        """Deactivate a person's account, or take it up again."""
        (self.away.add if away else self.away.discard)(self._person(who))

    # --- what is there -----------------------------------------------------------------------

    def shown_posts(self) -> Iterator[PagePost]:
        """Newest first."""
        yield from sorted(self.posts.values(), key=lambda p: (p.at, p.id), reverse=True)

    def shown_comments(self, post: str) -> Iterator[PageComment]:
        """Everything under a post, oldest first."""
        here = (c for c in self.comments.values() if c.post == post and self.is_shown(c))
        yield from sorted(here, key=lambda c: (c.at, c.id))

    def is_shown(self, comment: PageComment) -> bool:
        """Whether who wrote it, and who wrote what it answers, has an account."""
        above = self.comments.get(comment.parent)
        return comment.author not in self.away and (above is None or above.author not in self.away)

    def photo(self, number: str) -> Photo | None:
        """A picture by its number."""
        everything = [p for post in self.posts.values() for p in post.photos]
        everything += [c.photo for c in self.comments.values() if c.photo]
        return next((photo for photo in everything if photo.id == number), None)

    def name_of(self, author: str) -> str:
        """The name of a person, or the page's."""
        return self.name if author == self.id else self.people[author]

    # --- inside ------------------------------------------------------------------------------

    def _next(self, kind: str, first: int) -> str:
        self._made[kind] = self._made.get(kind, first - 1) + 1
        return str(self._made[kind])

    def _photo(self, data: bytes) -> Photo:
        return Photo(id=self._next("photo", FIRST_PHOTO), data=data)

    def _person(self, name: str) -> str:
        if name in ("", self.name):
            return self.id
        known = next((number for number, one in self.people.items() if one == name), None)
        if known is None:
            known = self._next("person", FIRST_PERSON)
            self.people[known] = name
        return known

    def _tell(
        self, number: str, item: str, verb: str, at: datetime, *, by: str = "", text: str = ""
    ) -> None:
        comment = self.comments.get(number)
        who = by or (comment.author if comment else self.id)
        post = f"{self.id}_{comment.post if comment else number}"
        value: dict[str, Any] = {"from": {"id": who, "name": self.name_of(who)}}
        value |= {"item": item, "verb": verb, "post_id": post}
        value["created_time"] = int(at.timestamp())
        if comment:
            value |= {"comment_id": comment.id, "parent_id": comment.parent or post}
        message = comment.text if comment else text
        if message and verb != "remove":
            value["message"] = message
        self.changes.append(value)
