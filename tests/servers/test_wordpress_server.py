"""The WordPress the other tests lean on does what its methods say, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import wordpress
from tests.servers.wordpress import ServerNotInstalled, WordPressServer
from tests.servers.wordpress_admin import CommentStatus, WordPressAdmin

pytestmark = pytest.mark.server

ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def server() -> Iterator[WordPressServer]:
    with WordPressServer() as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: WordPressServer) -> Iterator[WordPressAdmin]:
    with WordPressAdmin(server) as hand:
        yield hand


def read(server: WordPressServer, path: str, **params: object) -> httpx.Response:
    """Read as the harvester does."""
    auth = (server.user, server.app_password)
    query = {"context": "edit"} | {key: str(value) for key, value in params.items()}
    return httpx.get(f"{server.url}/wp-json/wp/v2{path}", params=query, auth=auth)


def read_publicly(server: WordPressServer, path: str) -> httpx.Response:
    return httpx.get(f"{server.url}/wp-json/wp/v2{path}")


def comment_on(admin: WordPressAdmin, post: int, text: str = "Hej!", **more: Any) -> int:
    return admin.create_comment(post, text, "Åsa Öberg", "asa@example.invalid", **more)


def test_new_site_is_empty_and_open_to_readers(server: WordPressServer) -> None:
    with WordPressServer() as fresh:
        assert fresh.address != server.address
        for kind in ("posts", "comments", "media", "pages"):
            response = read_publicly(fresh, f"/{kind}")
            assert (response.status_code, response.json()) == (200, [])


def test_post_is_created_and_edited(server: WordPressServer, admin: WordPressAdmin) -> None:
    post = admin.create_post("Badplatsen öppnar", "<p>Välkomna.</p>")
    admin.edit_post(post, title="Badplatsen stänger", content="<p>Adjö.</p>")
    seen = read(server, f"/posts/{post}").json()
    assert seen["title"]["raw"] == "Badplatsen stänger"
    assert seen["content"]["raw"] == "<p>Adjö.</p>"
    assert read_publicly(server, f"/posts/{post}").status_code == 200
    assert httpx.get(seen["link"]).status_code == 200
    assert len(read(server, f"/posts/{post}/revisions").json()) == 1


def test_local_time_is_not_gmt(server: WordPressServer, admin: WordPressAdmin) -> None:
    seen = read(server, f"/posts/{admin.create_post('Tid', 'Text')}").json()
    assert seen["date"] != seen["date_gmt"]


def test_trashed_post_returns_with_its_comments(
    server: WordPressServer, admin: WordPressAdmin
) -> None:
    post = admin.create_post("Fram och åter", "Text")
    comment = comment_on(admin, post)
    admin.trash_post(post)
    assert read(server, f"/posts/{post}").json()["status"] == "trash"
    assert read_publicly(server, f"/posts/{post}").status_code == 401
    state = admin.comment_state(comment)
    assert state is not None
    assert state.status == "post-trashed"

    admin.untrash_post(post)
    assert read_publicly(server, f"/posts/{post}").json()["slug"] == "fram-och-ater"
    assert read_publicly(server, f"/comments/{comment}").json()["status"] == "approved"


def test_deleted_post_is_gone_with_its_comments(
    server: WordPressServer, admin: WordPressAdmin
) -> None:
    post = admin.create_post("Borta", "Text")
    comment = comment_on(admin, post)
    admin.delete_post(post)
    assert read(server, f"/posts/{post}").json()["code"] == "rest_post_invalid_id"
    assert read(server, f"/comments/{comment}").json()["code"] == "rest_comment_invalid_id"
    assert admin.post_state(post) is None
    assert admin.comment_state(comment) is None


@pytest.mark.parametrize("as_visitor", [False, True])
def test_comment_has_the_author_given(
    server: WordPressServer, admin: WordPressAdmin, as_visitor: bool
) -> None:
    post = admin.create_post("Fråga oss", "Text")
    question = comment_on(admin, post, as_visitor=as_visitor)
    answer = comment_on(admin, post, parent=question, as_visitor=as_visitor)
    seen = read(server, f"/comments/{answer}").json()
    assert seen["author"] == 0
    assert seen["author_name"] == "Åsa Öberg"
    assert seen["author_email"] == "asa@example.invalid"
    assert seen["parent"] == question


def test_comment_is_edited(server: WordPressServer, admin: WordPressAdmin) -> None:
    comment = comment_on(admin, admin.create_post("Inlägg", "Text"))
    admin.edit_comment(comment, "Ändrad & rättad")
    assert "Ändrad" in read(server, f"/comments/{comment}").json()["content"]["raw"]


def test_comment_is_moderated(server: WordPressServer, admin: WordPressAdmin) -> None:
    comment = comment_on(admin, admin.create_post("Modererat", "Text"))
    moderation: tuple[CommentStatus, ...] = ("hold", "spam", "approved", "trash", "approved")
    for status in moderation:
        admin.set_comment_status(comment, status)
        admin.set_comment_status(comment, status)  # being there already is no error
        assert read(server, f"/comments/{comment}").json()["status"] == status
        state = admin.comment_state(comment)
        assert state is not None
        assert state.status == status
        public = read_publicly(server, f"/comments/{comment}")
        assert public.status_code == (200 if status == "approved" else 401)
    admin.delete_comment(comment)
    assert read(server, f"/comments/{comment}").status_code == 404


def test_visitor_may_write_many_comments_quickly(
    server: WordPressServer, admin: WordPressAdmin
) -> None:
    post = admin.create_post("Storm", "Text")
    for _ in range(10):
        comment_on(admin, post, "Samma länkar http://a.example http://b.example", as_visitor=True)
    assert read(server, "/comments", post=post, status="approve").headers["X-WP-Total"] == "10"


def test_media_is_served_as_uploaded(server: WordPressServer, admin: WordPressAdmin) -> None:
    media = admin.upload_media("badplats.png", ONE_PIXEL, "image/png")
    post = admin.create_post("Bild", "<p>Se.</p>")
    admin.set_featured_media(post, media)
    admin.insert_media(post, media)
    seen = read(server, f"/media/{media}").json()
    file = httpx.get(seen["source_url"])
    assert file.content == ONE_PIXEL
    assert file.headers["Content-Type"] == "image/png"
    shown = read(server, f"/posts/{post}").json()
    assert shown["featured_media"] == media
    assert seen["source_url"] in shown["content"]["rendered"]
    admin.delete_media(media)
    assert read(server, f"/media/{media}").status_code == 404
    assert httpx.get(seen["source_url"]).status_code == 404


def test_revoked_password_is_refused_until_a_new_one(
    server: WordPressServer, admin: WordPressAdmin
) -> None:
    admin.revoke_application_password()
    assert read(server, "/posts").status_code == 401
    admin.issue_application_password()
    assert read(server, "/posts").status_code == 200


def test_database_dies_and_comes_back(server: WordPressServer, admin: WordPressAdmin) -> None:
    post = admin.create_post("Kvar", "Skrivet strax före haveriet")
    admin.kill_database()
    assert read(server, f"/posts/{post}").status_code == 500
    admin.restart_database()
    assert read(server, f"/posts/{post}").status_code == 200


def test_nothing_outlives_tests_that_are_killed(tmp_path: Path) -> None:
    script = (
        "from tests.servers.wordpress import WordPressServer\n"
        "server = WordPressServer()\n"
        "server.start()\n"
        "print(server.address, server.uploads.parents[2], flush=True)\n"
        "input()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert tests.stdout is not None
    address, directory = tests.stdout.readline().split()
    assert httpx.get(f"http://{address}/wp-json/").status_code == 200
    os.kill(tests.pid, signal.SIGKILL)
    tests.communicate()

    deadline = time.monotonic() + 20
    while Path(directory).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(directory).exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{address}/wp-json/")


def test_missing_package_names_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress, "_PROGRAMS", ("php", "mariadbd-of-another-world"))
    with pytest.raises(
        ServerNotInstalled, match=r"mariadbd-of-another-world.*tests/servers/install"
    ):
        WordPressServer().start()
