"""A random script against a real WordPress, and the truth it leaves in the database.

`Script.step` makes one change, as staff or citizens would. `truth` reads every post and comment
from the database's own rows; comparing consecutive readings gives the versions an archive that
looked at those instants must hold.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.servers.wordpress import WordPressServer
from tests.servers.wordpress_admin import WordPressAdmin

STATES = {
    "1": "visible",
    "0": "held",
    "spam": "spam",
    "trash": "trashed",
    "post-trashed": "trashed",
    "publish": "visible",
}
_NAMES = ("Alva Ekbacke", "Bosse Lindgård", "Cilla Åsmark", "Dag Öhrnell", "Elin Sjövik")
_WORDS = (
    *("snö", "väg", "bibliotek", "skola", "cykel", "vatten", "park", "badhus"),
    *("plogning", "öppet", "stängt", "förslag"),
)


class Seen(NamedTuple):
    """An item as the database has it: (kind, id) is its identity."""

    state: str
    title: str
    text: str
    parent: int


Truth = dict[tuple[str, int], Seen]


def truth(server: WordPressServer) -> Truth:
    """Every post that is or was public, and every comment, right now."""
    posts = _rows(
        server,
        "SELECT JSON_OBJECT('id', ID, 'state', post_status, 'title', post_title, 'text',"
        " post_content, 'parent', 0) FROM wp_posts WHERE post_type = 'post'"
        " AND post_status IN ('publish', 'trash')",
    )
    comments = _rows(
        server,
        "SELECT JSON_OBJECT('id', comment_ID, 'state', comment_approved, 'title', '', 'text',"
        " comment_content, 'parent', comment_parent) FROM wp_comments",
    )
    found: Truth = {}
    for kind, rows in (("post", posts), ("comment", comments)):
        for row in rows:
            seen = Seen(STATES[row["state"]], row["title"], row["text"], int(row["parent"]))
            found[kind, int(row["id"])] = seen
    return found


def _rows(server: WordPressServer, statement: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.sql(statement).splitlines() if line]


@dataclass
class Script:
    """Random changes by name; `done` counts each kind."""

    admin: WordPressAdmin
    rng: random.Random
    posts: list[int] = field(default_factory=list)
    trashed: list[int] = field(default_factory=list)
    comments: dict[int, int] = field(default_factory=dict)  # comment → post
    done: dict[str, int] = field(default_factory=dict)
    edits: list[tuple[int, str]] = field(default_factory=list)  # (post, text) since `take_edits`
    said: set[str] = field(default_factory=set)  # every text a post ever had

    def step(self) -> None:
        """One change that the present state allows."""
        weights = {
            self.publish: 6 if len(self.posts) < 25 else 1,
            self.edit_post: 6 if self.posts else 0,
            self.trash_post: 3 if len(self.posts) > 3 else 0,
            self.restore_post: 4 if self.trashed else 0,
            self.delete_post: 1 if len(self.trashed) > 1 else 0,
            self.comment: 16 if self.posts else 0,
            self.edit_comment: 8 if self.comments else 0,
            self.moderate: 20 if self.comments else 0,
            self.delete_comment: 4 if len(self.comments) > 5 else 0,
        }
        actions = list(weights)
        action = self.rng.choices(actions, [weights[one] for one in actions])[0]
        action()
        name = action.__name__
        self.done[name] = self.done.get(name, 0) + 1

    def _words(self) -> str:
        count = self.rng.randint(2, 8)
        return " ".join(self.rng.choices(_WORDS, k=count)) + f" {self.rng.randrange(10**6)}"

    def take_edits(self, before: Truth, now: Truth) -> set[str]:
        """Texts that stood only between the two readings, of posts that were visible at the first
        and are there at the second: all but each post's last."""
        saved: dict[int, list[str]] = {}
        for post, text in self.edits:
            saved.setdefault(post, []).append(text)
        self.edits.clear()
        return {
            text
            for post, texts in saved.items()
            if ("post", post) in now
            and ("post", post) in before
            and before["post", post].state == "visible"
            for text in texts[:-1]
        }

    def publish(self) -> None:
        text = self._words()
        self.posts.append(self.admin.create_post(self._words(), text))
        self.said.add(text)

    def edit_post(self) -> None:
        post = self.rng.choice(self.posts)
        for _ in range(self.rng.choice((1, 1, 3))):  # staff correct what they just wrote
            text = self._words()
            self.admin.edit_post(post, content=text)
            self.edits.append((post, text))
            self.said.add(text)

    def trash_post(self) -> None:
        post = self.rng.choice(self.posts)
        self.admin.trash_post(post)
        self.posts.remove(post)
        self.trashed.append(post)

    def restore_post(self) -> None:
        post = self.rng.choice(self.trashed)
        self.admin.untrash_post(post)
        self.trashed.remove(post)
        self.posts.append(post)

    def delete_post(self) -> None:
        post = self.rng.choice(self.trashed)
        self.admin.delete_post(post)
        self.trashed.remove(post)
        self.comments = {c: p for c, p in self.comments.items() if p != post}

    def comment(self) -> None:
        post = self.rng.choice(self.posts)
        name = self.rng.choice(_NAMES)
        email = f"{name.split()[0].lower()}@testkoping.example"
        siblings = [c for c, p in self.comments.items() if p == post]
        parent = self.rng.choice(siblings) if siblings and self.rng.random() < 0.3 else None
        made = self.admin.create_comment(
            post, self._words(), name, email, parent=parent, as_visitor=False
        )
        self.comments[made] = post

    def _commented(self) -> int:
        """A comment on a post that is not in the trash: staff moderate what they see."""
        free = [c for c, p in self.comments.items() if p in self.posts]
        return self.rng.choice(free or list(self.comments))

    def edit_comment(self) -> None:
        self.admin.edit_comment(self._commented(), self._words())

    def moderate(self) -> None:
        choices = ("approved", "hold", "spam", "trash")
        self.admin.set_comment_status(self._commented(), self.rng.choice(choices))

    def delete_comment(self) -> None:
        comment = self._commented()
        self.admin.delete_comment(comment)
        del self.comments[comment]
