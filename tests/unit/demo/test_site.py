"""The state of a demo site, and the script played on it."""

import struct
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from archiver.demo.rounds import CHANNELS, ROUNDS, Event, map_picture, new_sites
from archiver.demo.site import DemoSite, slugify

START = datetime(2026, 2, 2, 7, 0, tzinfo=UTC)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


@pytest.fixture
def site() -> DemoSite:
    return DemoSite(name="Testköping")


@pytest.fixture
def post(site: DemoSite) -> int:
    return site.publish_post(at=minute(0), title="Öppettider på biblioteket", html="<p>10–18</p>")


def test_address_of_a_post_has_no_swedish_letters_and_is_unique(site: DemoSite, post: int) -> None:
    second = site.publish_post(at=minute(1), title="Öppettider på biblioteket", html="<p>nya</p>")
    slugs = [found.slug for found in site.posts()]
    assert slugs == ["oppettider-pa-biblioteket", "oppettider-pa-biblioteket-2"]
    assert second == post + 1
    assert slugify("Så går det – 3 år!") == "sa-gar-det-3-ar"


def test_revision_holds_the_text_after_the_edit(site: DemoSite, post: int) -> None:
    revision = site.edit_post(post, at=minute(5), html="<p>10–16</p>")
    found = site.find_post(post)
    assert found is not None
    assert (found.html, found.modified, found.at) == ("<p>10–16</p>", minute(5), minute(0))
    assert [(r.id, r.html) for r in found.revisions] == [(revision, "<p>10–16</p>")]


def test_trash_takes_the_comments_along_and_restoring_gives_back_their_states(
    site: DemoSite, post: int
) -> None:
    shown = site.comment(post, at=minute(1), name="A", text="hej")
    spam = site.comment(post, at=minute(1), name="B", text="köp", status="spam")
    site.trash_post(post, at=minute(2))
    assert {comment.status for comment in site.comments()} == {"post-trashed"}
    with pytest.raises(ValueError, match="trash"):
        site.comment(post, at=minute(3), name="C", text="för sent")
    site.untrash_post(post, at=minute(4))
    states = {comment.id: comment.status for comment in site.comments()}
    assert states == {shown: "approved", spam: "spam"}


def test_deleting_a_comment_moves_its_replies_up(site: DemoSite, post: int) -> None:
    first = site.comment(post, at=minute(1), name="A", text="1")
    second = site.comment(post, at=minute(2), name="B", text="2", parent=first)
    third = site.comment(post, at=minute(3), name="C", text="3", parent=second)
    site.delete_comment(second, at=minute(4))
    assert site.find_comment(second) is None
    reply = site.find_comment(third)
    assert reply is not None
    assert reply.parent == first


def test_deleting_a_post_deletes_its_comments_and_loosens_its_media(
    site: DemoSite, post: int
) -> None:
    site.comment(post, at=minute(1), name="A", text="1")
    image = site.add_media(at=minute(1), filename="karta.png", data=map_picture(), post=post)
    site.delete_post(post, at=minute(2))
    assert site.posts() == ()
    assert site.comments() == ()
    assert [(item.id, item.post, item.width) for item in site.media()] == [(image, 0, 160)]


def test_ids_are_never_used_twice(site: DemoSite, post: int) -> None:
    gone = site.comment(post, at=minute(1), name="A", text="1")
    site.delete_comment(gone, at=minute(2))
    assert site.comment(post, at=minute(3), name="A", text="1") > gone


def test_time_runs_forward_and_has_a_zone(site: DemoSite, post: int) -> None:
    with pytest.raises(ValueError, match="before"):
        site.trash_post(post, at=minute(-1))
    with pytest.raises(ValueError, match="time zone"):
        site.trash_post(post, at=datetime(2026, 2, 2, 9, 0))
    assert [operation.name for operation in site.history] == ["publish_post"]


def test_an_outage_can_begin_half_way(site: DemoSite) -> None:
    site.outage("500", at=minute(1), after_requests=2)
    assert [site.take_request() for _ in range(4)] == [None, None, "500", "500"]
    site.outage(None, at=minute(2))
    assert site.take_request() is None


def test_only_png_images_are_taken(site: DemoSite) -> None:
    with pytest.raises(ValueError, match="PNG"):
        site.add_media(at=minute(1), filename="karta.png", data=b"<svg/>")


def test_the_map_is_a_whole_png() -> None:
    data, at, kinds = map_picture(), 8, []
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (crc,) = struct.unpack(">I", data[at + 8 + size : at + 12 + size])
        assert crc == zlib.crc32(kind + body)
        if kind == b"IDAT":
            assert len(zlib.decompress(body)) == 90 * 161
        kinds.append(kind)
        at += 12 + size
    assert kinds == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]


# The script


def test_the_script_has_every_kind_of_event() -> None:
    events = [e for r in ROUNDS for site in r.events.values() for e in site]
    done = Counter(event.do for event in events)
    states = Counter(event.fields["status"] for event in events if event.do == "set_comment_status")
    assert len(ROUNDS) >= 6
    assert {channel.authority for channel in CHANNELS} == {"KS", "KFN"}
    assert done["publish_post"] >= 12
    assert done["comment"] >= 40
    assert sum("to" in event.fields for event in events) >= 10
    expected = "edit_post trash_post untrash_post delete_post edit_comment delete_comment add_media"
    assert set(expected.split()) < set(done)
    assert set(states) == {"hold", "trash", "approve"}
    assert "spam" in {event.fields.get("status") for event in events if event.do == "comment"}
    texts = " ".join(event.fields.get("text", "") for event in events)
    assert all(
        piece in texts for piece in ("https://", "19121212-1212", "🚲", "å", "Jag vill ha svar")
    )


def test_rounds_apply_in_order_and_always_give_the_same_sites() -> None:
    first, second = new_sites(), new_sites()
    for number, played in enumerate(ROUNDS):
        assert number == 0 or played.at > ROUNDS[number - 1].at
        assert played.title
        assert played.note
        played.apply(first)
        played.apply(second)
        for site in first.values():
            assert not site.history or site.history[-1].at <= played.at
    for key, site in first.items():
        assert site.posts() == second[key].posts()
        assert site.comments() == second[key].comments()
        assert site.history == second[key].history


def test_what_is_changed_has_been_there_for_an_earlier_harvest() -> None:
    """Otherwise the archive could never show the change; an outage makes the harvest fail."""
    seen: set[str] = set()
    for played in ROUNDS:
        made: set[str] = set()
        for events in played.events.values():
            for event in events:
                made |= {event.fields["ref"]} if "ref" in event.fields else set()
                if event.do in ("edit_comment", "delete_comment", "delete_post", "trash_post"):
                    assert event.fields["of"] in seen, event.fields["of"]
        seen |= made


def test_one_channel_is_down_for_exactly_one_round() -> None:
    sites = new_sites()
    down: list[tuple[int, str]] = []
    for number, played in enumerate(ROUNDS):
        played.apply(sites)
        down += [(number, key) for key, site in sites.items() if site.take_request()]
    assert len(down) == 1
    assert down[0][1] == "kultur"
    assert 0 < down[0][0] < len(ROUNDS) - 1


def test_a_mistake_in_the_script_is_named(site: DemoSite, post: int) -> None:
    with pytest.raises(ValueError, match="burn_post"):
        Event(at=minute(1), do="burn_post", fields={}).apply(site)
    with pytest.raises(KeyError, match="okänd"):
        Event(at=minute(1), do="trash_post", fields={"of": "okänd"}).apply(site)
    with pytest.raises(ValueError, match="flood"):
        Event(at=minute(1), do="outage", fields={"mode": "flood"}).apply(site)
