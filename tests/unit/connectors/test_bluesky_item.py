"""What a record of Bluesky's says: text, links, files, and whose it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archiver.connectors.bluesky import connector
from archiver.connectors.bluesky_item import THREADGATE, parse_uri, web_address
from archiver.core.observation import POST, REPLY, SHARE, Attachment, Item, ItemRef
from archiver.errors import SourceChanged

DID = "did:plc:" + "t" * 24
HERS = "did:plc:" + "a" * 24
CID = "bafkreidlp6sdj6jkroakvmbntpy2clsj77foijheae5byt3iwz7d2k542a"
FIXTURES = Path(__file__).parents[2] / "contract" / "fixtures" / "bluesky"


def uri(rkey: str = "3n2w4zotn3k2w", did: str = DID, collection: str = "app.bsky.feed.post") -> str:
    return f"at://{did}/{collection}/{rkey}"


def blob(mime: str = "image/png") -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": CID}, "mimeType": mime, "size": 70}


def post(**record: Any) -> Item:
    value = {"$type": "app.bsky.feed.post", "text": "Hej", "createdAt": "2026-11-22T10:00:00Z"}
    return read({"uri": uri(), "cid": "bafy", "value": value | record})


def read(row: Mapping[str, Any], collection: str = "posts") -> Item:
    return connector.normalise(collection, json.dumps(row).encode())


def embed(kind: str, **more: Any) -> Item:
    return post(embed={"$type": f"app.bsky.embed.{kind}", **more})


def test_a_post() -> None:
    item = post()
    assert item.ref == ItemRef(POST, uri())
    assert (item.text, item.own, item.parent, item.root) == ("Hej", True, None, None)
    assert item.created_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert item.url == f"https://bsky.app/profile/{DID}/post/3n2w4zotn3k2w"
    assert (item.author.native_id, item.author.url) == (DID, f"https://bsky.app/profile/{DID}")


def test_an_answer_is_a_reply_to_what_it_answers() -> None:
    root, parent = uri("a", HERS), uri("b", HERS)
    item = post(reply={"root": {"uri": root}, "parent": {"uri": parent}})
    assert item.ref.kind == REPLY
    assert (item.parent, item.root) == (ItemRef(REPLY, parent), ItemRef(POST, root))
    item = post(reply={"root": {"uri": root}, "parent": {"uri": root}})
    assert item.parent == ItemRef(POST, root)
    for odd in (7, {}, {"root": {"uri": root}}, {"root": {"uri": "x"}, "parent": {"uri": root}}):
        assert post(reply=odd).ref.kind == POST


def test_links_are_where_the_text_leads() -> None:
    features = [
        {"$type": "app.bsky.richtext.facet#link", "uri": "https://www.testkoping.example/a?b"},
        {"$type": "app.bsky.richtext.facet#mention", "did": HERS},
        {"$type": "app.bsky.richtext.facet#tag", "tag": "vatten"},
        {"$type": "app.bsky.richtext.facet#link", "uri": "javascript:alert(1)"},
        {"$type": "app.bsky.richtext.facet#link", "uri": "mailto:anna@example.invalid"},
    ]
    item = post(facets=[{"index": {}, "features": features}, 7, {"features": None}])
    assert item.links == (
        *("https://www.testkoping.example/a?b", f"https://bsky.app/profile/{HERS}"),
    )


def test_a_link_card_is_read_with_the_text() -> None:
    card = {
        "uri": "https://x.example/",
        "title": "Rubrik",
        "description": "Ingress",
        "thumb": blob(),
    }
    item = embed("external", external=card)
    assert item.text == "Hej\n\nRubrik\nIngress"
    assert item.links == ("https://x.example/",)
    assert item.attachments == (Attachment(url=f"at://{DID}/{CID}", mime="image/png"),)


def test_pictures_films_and_their_words() -> None:
    pictures = [{"alt": "Karta", "image": blob()}, {"alt": "Samma", "image": blob()}, 7, {}]
    found = Attachment(url=f"at://{DID}/{CID}", alt="Karta", mime="image/png")
    assert embed("images", images=pictures).attachments == (found,)
    film = embed(
        "video", video=blob("video/mp4"), alt="Torget", captions=[{"lang": "sv", "file": {}}]
    )
    assert film.attachments == (
        Attachment(url=f"at://{DID}/{CID}", alt="Torget", mime="video/mp4"),
    )
    old = {"cid": CID, "mimeType": "image/jpeg"}
    assert embed("images", images=[{"alt": "", "image": old}]).attachments[0].mime == "image/jpeg"
    for odd in ({"ref": {"$link": "../x"}}, {"ref": 7}, {"ref": {}}, 7):
        assert embed("images", images=[{"alt": "", "image": odd}]).attachments == ()


def test_a_quote_leads_to_what_it_quotes() -> None:
    there = f"https://bsky.app/profile/{HERS}/post/x"
    assert embed("record", record={"uri": uri("x", HERS)}).links == (there,)
    both = embed(
        "recordWithMedia",
        record={"record": {"uri": uri("x", HERS)}},
        media={"$type": "app.bsky.embed.images", "images": [{"alt": "B", "image": blob()}]},
    )
    assert (both.links, len(both.attachments)) == ((there,), 1)
    listed = uri("x", HERS, "app.bsky.graph.list")
    assert embed("record", record={"uri": listed}).links == (listed,)


@pytest.mark.parametrize(
    "when", [None, 7, "i går", "2026-11-22", "2026-11-22T10:00:00", "0001-01-01T00:00:00+23:00"]
)
def test_a_time_that_is_none_is_none(when: object) -> None:
    assert post(createdAt=when).created_at is None


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"uri": "x", "cid": "b", "value": {"text": ""}},
        {"uri": uri(did="did:key:z"), "cid": "b", "value": {"text": ""}},
        {"uri": uri(), "value": {"text": ""}},
        {"uri": uri(), "cid": "b"},
        {"uri": uri(), "cid": "b", "value": {}},
        {"uri": uri(), "cid": "b", "value": {"text": 7}},
        {"uri": uri(collection="app.bsky.feed.like"), "cid": "b", "value": {}},
    ],
)
def test_what_is_no_record_is_source_changed(row: Mapping[str, Any]) -> None:
    with pytest.raises(SourceChanged):
        read(row)


def test_posts_that_are_not_shown_are_no_items() -> None:
    for view in (
        {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri(), "notFound": True},
        {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri(), "blocked": True},
    ):
        with pytest.raises(SourceChanged):
            read(view, "threads")


def gate(**record: Any) -> Item:
    return read(
        {"uri": uri(collection="app.bsky.feed.threadgate"), "cid": "b", "value": record}, "gates"
    )


def test_a_threadgate_says_who_may_answer_and_what_is_hidden() -> None:
    rules = [{"$type": "app.bsky.feed.threadgate#mentionRule"}, {"$type": "x#followingRule"}]
    item = gate(post=uri(), allow=rules, hiddenReplies=[uri("b", HERS), "skräp"])
    assert item.ref.kind == THREADGATE
    assert (item.text, item.root) == ("mentionRule\nfollowingRule", ItemRef(POST, uri()))
    assert item.links == (f"https://bsky.app/profile/{HERS}/post/b",)
    assert gate(post=uri(), allow=[]).text == "nobody"
    assert gate(post=uri()).text == "everybody"
    with pytest.raises(SourceChanged):
        gate(post="x")


def test_a_share_leads_to_what_was_shared() -> None:
    row = {
        "uri": uri(collection="app.bsky.feed.repost"),
        "cid": "b",
        "value": {"subject": {"uri": uri("x", HERS)}},
    }
    item = read(row, "reposts")
    assert (item.ref.kind, item.text) == (SHARE, "")
    assert item.links == (f"https://bsky.app/profile/{HERS}/post/x",)


def test_addresses() -> None:
    assert parse_uri(uri()) == (DID, "app.bsky.feed.post", "3n2w4zotn3k2w")
    for text in ("", "at://x", f"at://{DID}", f"at://{DID}/a", f"at://{DID}/a/b/c", 7, None):
        assert parse_uri(text) is None
        assert web_address(text) == ""


def test_the_real_servers_posts_are_read() -> None:
    rows = json.loads((FIXTURES / "posts.json").read_text())["records"]
    items = {item.text.split("\n")[0]: item for item in map(read, rows)}
    assert items["Gammal bildform, utan tid"].created_at is None
    assert items["Biblioteket stänger kl 15 i dag"].ref.kind == POST
    assert items["Ja, den är öppen till kl 20."].ref.kind == REPLY
    assert len(items[""].attachments) == 2
    assert items["Så firade vi Sveriges nationaldag 🇸🇪 — teckentolkat"].attachments[1].alt == "sv"
