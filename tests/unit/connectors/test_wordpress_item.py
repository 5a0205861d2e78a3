"""What the WordPress connector makes of one post or comment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.connectors.wordpress import connector
from archiver.connectors.wordpress_item import was_public
from archiver.core.agent import Agent
from archiver.core.observation import COMMENT, POST, Attachment, Item, ItemRef, Moderation
from archiver.errors import SourceChanged
from tests.unit.connectors.wordpress_rows import HOME, comment, post


def read(collection: str, row: dict[str, Any]) -> Item:
    return connector.normalise(collection, json.dumps(row).encode())


def test_a_comment_is_read() -> None:
    assert read("comments:approve", comment(21, parent=20)) == Item(
        ref=ItemRef(COMMENT, "21"),
        author=Agent(name="Bo Ek & Co", url="https://bo.example/"),
        text="Fråga 21",
        parent=ItemRef(COMMENT, "20"),
        root=ItemRef(POST, "11"),
        created_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
        url=f"{HOME}/2026/11/badet/#comment-21",
    )


def test_address_and_device_of_a_visitor_are_no_part_of_the_item() -> None:
    item = repr(read("comments:hold", comment(1, status="hold")))
    assert not [secret for secret in ("bo@", "192.0.2.7", "Mozilla") if secret in item]


def test_an_account_of_the_site_speaks_for_the_authority() -> None:
    answer = read("comments:approve", comment(1, author=3))
    assert (answer.own, answer.author.native_id) == (True, "3")
    assert not read("comments:approve", comment(1)).own


@pytest.mark.parametrize(
    ("status", "moderation"),
    [
        ("approved", Moderation.VISIBLE),
        ("hold", Moderation.HELD),
        ("spam", Moderation.SPAM),
        ("trash", Moderation.TRASHED),
        ("post-trashed", Moderation.TRASHED),
    ],
)
def test_the_state_of_a_comment_has_its_name(status: str, moderation: Moderation) -> None:
    assert read("comments:trash", comment(1, status=status)).moderation is moderation


def test_a_post_is_read() -> None:
    html = (
        "<h2>Nu!</h2>\n<p>Se <a href='/karta/'>kartan</a><br />\noch <b>kom</b> 😀.</p>"
        "<script>x</script><p><img src='/wp-content/uploads/k.png' alt='Karta'></p>"
        f"<a href='{HOME}/wp-content/uploads/plan.pdf'>Planen</a> <a href='javascript:x'>nej</a>"
    )
    lead = {"source_url": f"{HOME}/l.jpg", "alt_text": "Badet", "mime_type": "image/jpeg"}
    row = post(
        11,
        content={"rendered": html, "protected": False},
        _embedded={"wp:featuredmedia": [lead]},
    )
    pdf = f"{HOME}/wp-content/uploads/plan.pdf"
    assert read("posts:publish", row) == Item(
        ref=ItemRef(POST, "11"),
        author=Agent(native_id="3"),
        own=True,
        text="Nu!\n\nSe kartan\noch kom 😀.\n\nPlanen nej",
        title="Badet – öppnar",
        created_at=datetime(2026, 11, 20, 8, 15, tzinfo=UTC),
        updated_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        url=f"{HOME}/2026/11/badet/",
        links=(f"{HOME}/karta/", pdf),
        attachments=(
            Attachment(url=f"{HOME}/l.jpg", alt="Badet", mime="image/jpeg"),
            Attachment(url=f"{HOME}/wp-content/uploads/k.png", alt="Karta"),
            Attachment(url=pdf),
        ),
    )


def test_login_and_trash_change_nothing_that_is_compared() -> None:
    html = {"rendered": "<p>Se <a href='/karta/'>kartan</a></p>", "protected": False}
    public = read("posts:publish", post(1, content=html))
    staff = read("posts:publish", post(1, content={**html, "raw": "Se [karta]"}, password=""))
    trashed = read("posts:trash", post(1, content=html, status="trash", link=f"{HOME}/?p=1"))
    assert public == staff
    assert (trashed.text, trashed.links) == (public.text, public.links)
    assert trashed.moderation is Moderation.TRASHED


@pytest.mark.parametrize("rendered", ["", "<p>Internt</p>"])
def test_a_post_with_a_password_is_hidden(rendered: str) -> None:
    item = read("posts:publish", post(1, content={"rendered": rendered, "protected": True}))
    assert item.moderation is Moderation.HIDDEN


def test_a_private_post_is_hidden() -> None:
    assert read("posts:publish", post(1, status="private")).moderation is Moderation.HIDDEN


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "1"},
        {"id": True},
        {"id": 0},
        {"id": 1.0},
        {"status": "draft"},
        {"status": None},
        {"content": "text"},
        {"content": {"raw": "text"}},
        {"title": None},
        {"link": 7},
        {"date_gmt": 7},
    ],
)
def test_a_post_of_another_shape_is_source_changed(changed: dict[str, Any]) -> None:
    with pytest.raises(SourceChanged):
        read("posts:publish", post(1) | changed)


@pytest.mark.parametrize("changed", [{"parent": "1"}, {"post": -1}, {"status": "okänd"}])
def test_a_comment_of_another_shape_is_source_changed(changed: dict[str, Any]) -> None:
    with pytest.raises(SourceChanged):
        read("comments:approve", comment(1) | changed)


@pytest.mark.parametrize("zero", ["0000-00-00T00:00:00", "", None])
def test_no_date_is_no_date(zero: str | None) -> None:
    assert read("comments:approve", comment(1, date_gmt=zero)).created_at is None


def test_half_a_character_does_not_lose_the_comment() -> None:
    fragment = json.dumps(comment(1)).encode()
    for broken in (rb"\ud83d", b"\xff"):
        item = connector.normalise("comments:approve", fragment.replace(rb"Fr\u00e5ga", broken))
        assert item.text == "\N{REPLACEMENT CHARACTER} 1"


@pytest.mark.parametrize(
    ("changed", "public"),
    [
        ({"slug": "badet__trashed"}, True),
        ({"slug": "__trashed"}, False),
        ({"slug": "__trashed-2"}, False),
        ({"slug": ""}, False),
        ({"slug": "jul__trashed", "date_gmt": "2026-12-24T00:00:00"}, False),
        ({"slug": None, "date_gmt": None}, True),
    ],
)
def test_a_post_in_the_trash_was_public_or_not(changed: dict[str, Any], public: bool) -> None:
    assert was_public(post(1, status="trash", **changed)) is public
