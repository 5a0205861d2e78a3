"""One WordPress-like site in memory: what is published, commented, moderated, removed.

The demo and the connector tests need a source whose every state is known. This file decides what
an operation does to the state; `server.py` decides how WordPress would show that state over HTTP.
There is no clock and no randomness: time is a parameter, ids are counted as MySQL counts them.

Follows WordPress 6 (REST API Handbook, https://developer.wordpress.org/rest-api/reference/, and
the behaviour of wp_trash_post, wp_delete_post and wp_delete_comment). Invariants:
- posts, revisions and media share one id series, comments have their own; no id is used twice;
- comments have no time of change, so an edit leaves no trace but the text itself;
- a revision holds the text *after* an edit: the text first published is nowhere on the site;
- while a post lies in the trash its comments are `post-trashed`; restoring it restores them;
- deleting a comment for good moves its replies one level up, deleting a post deletes its comments;
- operations come in time order, and `history` is the ground truth to hold an archive against.
"""

import re
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Outage = Literal["500", "503-retry-after", "429", "html-instead-of-json", "cut-off-body", "401"]
Moderation = Literal["approve", "hold", "spam", "trash"]
PostStatus = Literal["publish", "trash"]
CommentStatus = Literal["approved", "hold", "spam", "trash", "post-trashed"]

_STORED: Mapping[Moderation, CommentStatus] = {
    "approve": "approved",
    "hold": "hold",
    "spam": "spam",
    "trash": "trash",
}
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account on the site; without an application password it cannot log in over HTTP."""

    id: int
    login: str
    name: str
    application_password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The text of a post as it became by one edit."""

    id: int
    at: datetime
    title: str
    html: str
    author: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post; `{home}` in `html` stands for the address the site is served at.

    `ref` is the script's own name for it and is never served.
    """

    id: int
    at: datetime
    modified: datetime
    title: str
    html: str
    slug: str
    author: int
    featured_media: int = 0
    status: PostStatus = "publish"
    revisions: tuple[Revision, ...] = ()
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment; `author` is a user id, 0 for everybody without an account."""

    id: int
    post: int
    parent: int
    at: datetime
    name: str
    text: str
    email: str
    ip: str
    author: int = 0
    status: CommentStatus = "approved"
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file in the media library, stored at `/wp-content/uploads/<path>`."""

    id: int
    at: datetime
    path: str
    data: bytes
    mime: str
    width: int
    height: int
    alt: str
    title: str
    post: int
    author: int
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that was done to the site: the ground truth."""

    at: datetime
    name: str
    target: int
    detail: str = ""


def slugify(title: str) -> str:
    """Return a title's form in addresses, as sanitize_title: `Ny cykelväg` → `ny-cykelvag`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


class DemoSite:
    """The whole state of one site. Every operation takes `at`; identifiers come back as ints."""

    def __init__(
        self,
        *,
        name: str,
        description: str = "",
        guid_base: str = "https://testkoping.example",
        users: Sequence[User] = (User(id=1, login="redaktion", name="Testköpings kommun"),),
        feed_size: int = 10,
    ) -> None:
        """`guid_base` is the address at first publication: WordPress never changes a guid
        afterwards, so feed ids stay the same whichever port the demo is served on."""
        self.name = name
        self.description = description
        self.guid_base = guid_base.rstrip("/")
        self.feed_size = feed_size
        self.timezone = ZoneInfo("Europe/Stockholm")
        self.users: Mapping[str, User] = {user.login: user for user in users}
        self.history: list[Operation] = []
        self._posts: dict[int, Post] = {}
        self._comments: dict[int, Comment] = {}
        self._media: dict[int, Media] = {}
        self._last_id = 3  # a fresh WordPress has used 1-3 for its sample post, page and policy
        self._last_comment_id = 1
        self._outage: Outage | None = None
        self._requests_left = 0

    # What is there: snapshots, so that a request being answered never sees half an operation.

    def posts(self) -> tuple[Post, ...]:
        """All posts, trashed ones too, oldest id first."""
        return tuple(self._posts.values())

    def comments(self) -> tuple[Comment, ...]:
        """All comments, each with the status WordPress would store, oldest id first."""
        return tuple(self._seen(comment) for comment in tuple(self._comments.values()))

    def media(self) -> tuple[Media, ...]:
        """All media, oldest id first."""
        return tuple(self._media.values())

    def find_post(self, post_id: int) -> Post | None:
        """The post, also when trashed; None when it never was or is deleted."""
        return self._posts.get(post_id)

    def find_comment(self, comment_id: int) -> Comment | None:
        """The comment in whatever state; None when it never was or is deleted."""
        comment = self._comments.get(comment_id)
        return self._seen(comment) if comment else None

    def user(self, user_id: int) -> User:
        """The account with this id. Raises KeyError."""
        return {user.id: user for user in self.users.values()}[user_id]

    def id_of(self, ref: str) -> int:
        """Return the id of what the script calls `ref`. Raises KeyError when it is gone."""
        known: Sequence[Post | Comment | Media] = [*self.posts(), *self.comments(), *self.media()]
        for thing in known:
            if thing.ref == ref:
                return thing.id
        raise KeyError(f"nothing on {self.name} is called {ref!r}")

    def _seen(self, comment: Comment) -> Comment:
        post = self._posts.get(comment.post)
        trashed = post is not None and post.status == "trash"
        return replace(comment, status="post-trashed") if trashed else comment

    # Posts

    def publish_post(
        self,
        *,
        at: datetime,
        title: str,
        html: str,
        author: int = 1,
        featured_media: int = 0,
        ref: str = "",
    ) -> int:
        """Publish a post; a second post with the same title gets `-2` in its address."""
        at = self._tick(at)
        wanted, taken = slugify(title), {post.slug for post in self._posts.values()}
        slug = next(
            s for n in range(1, 1000) if (s := f"{wanted}-{n}" if n > 1 else wanted) not in taken
        )
        post = Post(
            id=self._new_id(),
            at=at,
            modified=at,
            title=title,
            html=html,
            slug=slug,
            author=author,
            featured_media=featured_media,
            ref=ref,
        )
        self._posts[post.id] = post
        return self._note(at, "publish_post", post.id, ref)

    def edit_post(
        self, post_id: int, *, at: datetime, title: str | None = None, html: str | None = None
    ) -> int:
        """Change title or text; returns the id of the revision that holds the new text."""
        at, post = self._tick(at), self._published(post_id)
        text = html if html is not None else post.html
        heading = title if title is not None else post.title
        revision = Revision(id=self._new_id(), at=at, title=heading, html=text, author=post.author)
        self._posts[post_id] = replace(
            post, title=heading, html=text, modified=at, revisions=(*post.revisions, revision)
        )
        self._note(at, "edit_post", post_id, post.ref)
        return revision.id

    def trash_post(self, post_id: int, *, at: datetime) -> int:
        """Move a post, and with it its comments, to the trash; it can be restored."""
        at, post = self._tick(at), self._published(post_id)
        self._posts[post_id] = replace(post, status="trash", modified=at)
        return self._note(at, "trash_post", post_id, post.ref)

    def untrash_post(self, post_id: int, *, at: datetime) -> int:
        """Restore and publish again under the same id, comments in the state they had."""
        at, post = self._tick(at), self._posts[post_id]
        if post.status != "trash":
            raise ValueError(f"post {post_id} is not in the trash")
        self._posts[post_id] = replace(post, status="publish", modified=at)
        return self._note(at, "untrash_post", post_id, post.ref)

    def delete_post(self, post_id: int, *, at: datetime) -> int:
        """Delete for good: revisions and comments go too, media stay but hang loose."""
        at, post = self._tick(at), self._posts[post_id]
        self._comments = {c.id: c for c in self._comments.values() if c.post != post_id}
        self._media = {
            m.id: replace(m, post=0) if m.post == post_id else m for m in self._media.values()
        }
        del self._posts[post_id]
        return self._note(at, "delete_post", post_id, post.ref)

    # Comments

    def comment(
        self,
        post_id: int,
        *,
        at: datetime,
        name: str,
        text: str,
        parent: int = 0,
        status: Moderation = "approve",
        email: str = "",
        ip: str = "192.0.2.1",
        author: int = 0,
        ref: str = "",
    ) -> int:
        """Write a comment, or a reply to the comment `parent` on the same post."""
        at, _ = self._tick(at), self._published(post_id)
        if parent and self._comments[parent].post != post_id:
            raise ValueError(f"comment {parent} is on another post than {post_id}")
        self._last_comment_id += 1
        comment = Comment(
            id=self._last_comment_id,
            post=post_id,
            parent=parent,
            at=at,
            name=name,
            text=text,
            email=email,
            ip=ip,
            author=author,
            status=_STORED[status],
            ref=ref,
        )
        self._comments[comment.id] = comment
        return self._note(at, "comment", comment.id, ref or status)

    def edit_comment(self, comment_id: int, *, at: datetime, text: str) -> int:
        """Change the text; WordPress keeps neither the old text nor the time of the change."""
        at, comment = self._tick(at), self._comments[comment_id]
        self._comments[comment_id] = replace(comment, text=text)
        return self._note(at, "edit_comment", comment_id, comment.ref)

    def set_comment_status(self, comment_id: int, status: Moderation, *, at: datetime) -> int:
        """Moderate: approve, hold for review, mark as spam, or move to the trash."""
        at, comment = self._tick(at), self._comments[comment_id]
        self._published(comment.post)
        self._comments[comment_id] = replace(comment, status=_STORED[status])
        return self._note(at, "set_comment_status", comment_id, status)

    def delete_comment(self, comment_id: int, *, at: datetime) -> int:
        """Delete for good; replies move up to the deleted comment's own parent."""
        at, gone = self._tick(at), self._comments[comment_id]
        self._comments = {
            c.id: replace(c, parent=gone.parent) if c.parent == comment_id else c
            for c in self._comments.values()
            if c.id != comment_id
        }
        return self._note(at, "delete_comment", comment_id, gone.ref)

    # Media, and the site as a whole

    def add_media(
        self,
        *,
        at: datetime,
        filename: str,
        data: bytes,
        alt: str = "",
        title: str = "",
        post: int = 0,
        author: int = 1,
        ref: str = "",
    ) -> int:
        """Upload a PNG image, attached to `post` or (0) to nothing. Raises ValueError if no PNG."""
        at = self._tick(at)
        if not data.startswith(_PNG):
            raise ValueError(f"{filename} is not a PNG image")
        width, height = struct.unpack(">II", data[16:24])
        item = Media(
            id=self._new_id(),
            at=at,
            path=f"{at.astimezone(self.timezone):%Y/%m}/{filename}",
            data=data,
            mime="image/png",
            width=width,
            height=height,
            alt=alt,
            title=title or filename.rsplit(".", 1)[0],
            post=post,
            author=author,
            ref=ref,
        )
        self._media[item.id] = item
        return self._note(at, "add_media", item.id, ref)

    def outage(self, mode: Outage | None, *, at: datetime, after_requests: int = 0) -> None:
        """Fail every request from now on in this way (None: work again); `after_requests` are
        still answered first, so that a harvest can be made to break off half-way."""
        at = self._tick(at)
        self._outage, self._requests_left = mode, after_requests
        self._note(at, "outage", 0, mode or "")

    def take_request(self) -> Outage | None:
        """Count one request against `after_requests`; returns how it must fail, None if not."""
        if self._outage is not None and self._requests_left > 0:
            self._requests_left -= 1
            return None
        return self._outage

    def _published(self, post_id: int) -> Post:
        post = self._posts[post_id]
        if post.status != "publish":
            raise ValueError(f"post {post_id} lies in the trash")
        return post

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _tick(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("the time of an operation needs a time zone")
        if self.history and at < self.history[-1].at:
            raise ValueError(f"{at.isoformat()} is before the latest operation on {self.name}")
        return at.astimezone(UTC).replace(microsecond=0)

    def _note(self, at: datetime, name: str, target: int, detail: str) -> int:
        self.history.append(Operation(at=at, name=name, target=target, detail=detail))
        return target
