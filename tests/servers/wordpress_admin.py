"""The hand that changes a test's WordPress, and the eye that sees what it really holds.

Changes go through the REST API, as a municipality's staff and its citizens would make them. The
truth is read from the database's own rows: a test that asked the API what is true would only
compare the harvester with the interface the harvester used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import httpx

from tests.servers.wordpress import WordPressServer

CommentStatus = Literal["approved", "hold", "spam", "trash"]
PostStatus = Literal["publish", "private", "draft", "pending", "future"]

# As wp_comments.comment_approved has it, and as the API calls it.
_STATUS_IN_DATABASE = {"1": "approved", "0": "hold"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentState:
    """A comment as the database has it. `status` may also be 'post-trashed', which no API says."""

    id: int
    post: int
    parent: int
    status: str
    text: str
    author_name: str
    author_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostState:
    """A post, page or attachment as the database has it. Texts are unrendered."""

    id: int
    kind: str
    status: str
    slug: str
    title: str
    content: str
    modified_gmt: str


class WordPressAdmin:
    """Every change a test makes to the site, one method each. Any refusal is an exception."""

    def __init__(self, server: WordPressServer) -> None:
        self._server = server
        api = f"{server.url}/wp-json/wp/v2"
        self._client = httpx.Client(
            base_url=api, auth=(server.user, server.admin_password), timeout=30, trust_env=False
        )
        self._visitor = httpx.Client(base_url=api, timeout=30, trust_env=False)

    def __enter__(self) -> WordPressAdmin:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()
        self._visitor.close()

    def create_post(self, title: str, content: str, status: PostStatus = "publish") -> int:
        """Write a post, published at once unless another status is asked for."""
        return self._post("/posts", {"title": title, "content": content, "status": status})

    def edit_post(
        self,
        post: int,
        *,
        title: str | None = None,
        content: str | None = None,
        status: PostStatus | None = None,
    ) -> None:
        """Change what is given and leave the rest."""
        changes = {"title": title, "content": content, "status": status}
        self._post(f"/posts/{post}", {k: v for k, v in changes.items() if v is not None})

    def trash_post(self, post: int) -> None:
        """Put a post, with its comments, in the trash: reversible, and no longer public."""
        self._delete(f"/posts/{post}", force=False)

    def untrash_post(self, post: int, status: PostStatus = "publish") -> None:
        """Take a post out of the trash as the administration's Restore link does.

        Restoring gives a draft and brings its comments back. Setting the status over the API
        instead would publish the post and leave its comments behind as 'post-trashed'.
        """
        self._server.run_php(f"wp_untrash_post({post}) || exit(1);")
        if status != "draft":
            self.edit_post(post, status=status)

    def delete_post(self, post: int, *, force: bool = True) -> None:
        """Delete a post for good, its comments and revisions with it; unforced, trash it."""
        self._delete(f"/posts/{post}", force=force)

    def create_comment(
        self,
        post: int,
        text: str,
        author_name: str,
        author_email: str,
        *,
        parent: int | None = None,
        as_visitor: bool = False,
    ) -> int:
        """Comment, or answer `parent`; approved at once.

        A visitor sends no credentials; otherwise the administrator enters the comment on the
        named person's behalf. WordPress gives both `author` 0, since a name is given.
        """
        fields: dict[str, object] = {
            "post": post,
            "content": text,
            "author_name": author_name,
            "author_email": author_email,
        }
        if parent is not None:
            fields["parent"] = parent
        return self._post("/comments", fields, self._visitor if as_visitor else self._client)

    def edit_comment(self, comment: int, text: str) -> None:
        """Change a comment's text, of which WordPress keeps neither time nor former wording."""
        self._post(f"/comments/{comment}", {"content": text})

    def set_comment_status(self, comment: int, status: CommentStatus) -> None:
        """Moderate a comment, or put it in or take it out of the trash."""
        self._post(f"/comments/{comment}", {"status": status})

    def delete_comment(self, comment: int, *, force: bool = True) -> None:
        """Delete a comment for good; unforced, trash it."""
        self._delete(f"/comments/{comment}", force=force)

    def upload_media(self, filename: str, content: bytes, mime: str) -> int:
        """Put a file in the media library, attached to no post."""
        headers = {
            "Content-Type": mime,
            "Content-Disposition": f'attachment; filename="{filename}"',
        }
        return _id(self._client.post("/media", content=content, headers=headers))

    def set_featured_media(self, post: int, media: int) -> None:
        """Make an uploaded picture the post's own."""
        self._post(f"/posts/{post}", {"featured_media": media})

    def insert_media(self, post: int, media: int) -> None:
        """Add an uploaded picture last in the post's text, as the editor would."""
        address = _object(self._client.get(f"/media/{media}"))["source_url"]
        raw = _object(self._client.get(f"/posts/{post}", params={"context": "edit"}))
        block = (
            f'<!-- wp:image {{"id":{media}}} -->\n<figure class="wp-block-image">'
            f'<img src="{address}" alt="" class="wp-image-{media}"/></figure>\n<!-- /wp:image -->'
        )
        self.edit_post(post, content=f"{raw['content']['raw']}\n\n{block}")

    def delete_media(self, media: int) -> None:
        """Remove a file and its row. Media knows no trash, and posts keep their dead links."""
        self._delete(f"/media/{media}", force=True)

    def revoke_application_password(self) -> None:
        """Revoke the harvester's password; the one this class uses goes on working."""
        listed = self._client.get("/users/me/application-passwords").raise_for_status().json()
        for entry in listed:
            if entry["name"] == "harvester":
                self._delete(f"/users/me/application-passwords/{entry['uuid']}", force=None)

    def issue_application_password(self) -> str:
        """Give the harvester a new password, which the server's `app_password` then is."""
        created = self._client.post("/users/me/application-passwords", json={"name": "harvester"})
        self._server.app_password = str(_object(created)["password"])
        return self._server.app_password

    def kill_database(self) -> None:
        """Crash the database; WordPress then answers 500 with a page in HTML."""
        self._server.kill_database()

    def restart_database(self) -> None:
        """Bring the database back after `kill_database`."""
        self._server.restart_database()

    def comment_state(self, comment: int) -> CommentState | None:
        """Give what the database holds of a comment: None when the row is gone."""
        row = self._row(
            "SELECT JSON_OBJECT('id', comment_ID, 'post', comment_post_ID,"
            " 'parent', comment_parent, 'status', comment_approved, 'text', comment_content,"
            " 'author_name', comment_author, 'author_email', comment_author_email)"
            f" FROM wp_comments WHERE comment_ID = {int(comment)}"
        )
        if row is None:
            return None
        row["status"] = _STATUS_IN_DATABASE.get(row["status"], row["status"])
        return CommentState(**row)

    def post_state(self, post: int) -> PostState | None:
        """Give what the database holds of a post, page or attachment: None when it is gone."""
        row = self._row(
            "SELECT JSON_OBJECT('id', ID, 'kind', post_type, 'status', post_status,"
            " 'slug', post_name, 'title', post_title, 'content', post_content,"
            " 'modified_gmt', DATE_FORMAT(post_modified_gmt, '%Y-%m-%dT%H:%i:%s'))"
            f" FROM wp_posts WHERE ID = {int(post)}"
        )
        return None if row is None else PostState(**row)

    def _row(self, statement: str) -> dict[str, Any] | None:
        answer = self._server.sql(statement)
        return json.loads(answer) if answer else None

    def _post(self, path: str, fields: object, client: httpx.Client | None = None) -> int:
        return _id((client or self._client).post(path, json=fields))

    def _delete(self, path: str, *, force: bool | None) -> None:
        params = {} if force is None else {"force": "true" if force else "false"}
        _object(self._client.delete(path, params=params))


def _id(response: httpx.Response) -> int:
    return int(_object(response)["id"])


def _object(response: httpx.Response) -> dict[str, Any]:
    """Give the answer's object. A refusal's body is in the message, since it says why."""
    if not response.is_success:
        request = response.request
        raise RuntimeError(
            f"{request.method} {request.url}: {response.status_code} {response.text[:500]}"
        )
    parsed = response.json()
    assert isinstance(parsed, dict)
    return parsed
