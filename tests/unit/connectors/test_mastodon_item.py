"""What a status says, whichever list shows it and whatever has become of what it answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.connectors import mastodon_item as shape
from archiver.core.observation import POST, REPLY, SHARE, Attachment, ItemRef
from archiver.demo.mastodon_json import Writer
from archiver.errors import SourceChanged
from tests.unit.connectors.mastodon_site import Site

HOME = "https://social.testkoping.example"
Json = dict[str, Any]


@pytest.fixture
def site() -> Site:
    return Site()


def row(site: Site, status: int, reader: int = 0) -> Json:
    return Writer(site.instance, HOME, reader).status(site.instance.statuses[status])


def test_a_post_is_read_whole(site: Site) -> None:
    text = "Vi bygger & gräver.\nSe https://nyheter.testkoping.example/en-lang-adress/om-agatan"
    media = site.instance.upload(b"png", at=site.now(), alt="Karta över Ågatan")
    native = site.post(f"{text}\n\n#Testköping", warning="Trafik", media=(media,))
    item = shape.status(row(site, native), own=True)
    assert item.ref == ItemRef(POST, str(native))
    assert item.text == f"{text}\n\n#Testköping"
    assert item.title == "Trafik"
    assert item.own
    assert (item.parent, item.root) == (None, None)
    assert (item.author.native_id, item.author.name) == (str(site.kommun), "Testköpings kommun")
    assert item.url == f"{HOME}/@kommun/{native}"
    assert item.links[0] == "https://nyheter.testkoping.example/en-lang-adress/om-agatan"
    assert item.attachments[0].alt == "Karta över Ågatan"
    assert item.created_at == site.instance.statuses[native].at
    assert item.updated_at is None


def test_an_edit_is_told(site: Site) -> None:
    native = site.post()
    at = site.now()
    site.instance.edit(native, at=at, text="Hej igen!")
    item = shape.status(row(site, native))
    assert (item.text, item.updated_at) == ("Hej igen!", at)


def test_what_the_reader_or_the_crowd_does_changes_nothing(site: Site) -> None:
    post = site.post("Se https://testkoping.example")
    before = shape.status(row(site, post))
    site.answer(post)
    site.instance.boost(site.alva, post, at=site.now())
    site.instance.preview(post, "https://testkoping.example", at=site.now())
    assert shape.status(row(site, post, site.kommun)) == before


def test_an_answer_stays_one_when_what_it_answers_is_deleted(site: Site) -> None:
    first = site.answer(site.post())
    second = site.answer(first, "@alva Varför då?")
    assert shape.status(row(site, second)).parent == ItemRef(REPLY, str(first))
    site.instance.delete(first, at=site.now())
    item = shape.status(row(site, second))
    assert (item.ref, item.parent) == (ItemRef(REPLY, str(second)), None)


def test_a_boost_holds_the_words_and_whose_they_are(site: Site) -> None:
    media = site.instance.upload(b"png", at=site.now())
    theirs = site.post("Bra gjort!", site.alva, warning="Beröm", media=(media,))
    boost = site.instance.boost(site.kommun, theirs, at=site.now())
    item = shape.status(row(site, boost), own=True)
    assert item.ref == ItemRef(SHARE, str(boost))
    assert (item.title, item.text) == ("RT @alva", "Beröm\n\nBra gjort!")
    assert item.author.native_id == str(site.kommun)
    assert item.links == (f"{HOME}/@alva/{theirs}",)
    assert item.attachments == ()


def test_a_poll_is_what_one_may_choose_from(site: Site) -> None:
    native = site.post("Vad ska det bli?", options=("Gunga", "Vattenlek"))
    assert shape.status(row(site, native)).text == "Vad ska det bli?\n\n• Gunga\n• Vattenlek"
    state = site.instance.statuses[native].now
    again = Writer(site.instance, HOME).edit(site.instance.statuses[native], state)
    assert shape.edit(again).text == "Vad ska det bli?\n\n• Gunga\n• Vattenlek"


def test_a_file_from_elsewhere_has_its_first_address(site: Site) -> None:
    remote = "https://media.elefant.example/original/5f2c.png"
    media = site.instance.upload(b"png", at=site.now(), remote_url=remote)
    status = row(site, site.post(media=(media,)))
    assert shape.status(status).attachments == (Attachment(url=remote),)
    status["media_attachments"][0]["url"] = f"{HOME}/media_proxy/1/original"  # the copy is old
    assert shape.status(status).attachments == (Attachment(url=remote),)


def test_a_file_that_is_not_ready_has_no_address(site: Site) -> None:
    media = site.instance.upload(b"png", at=site.now())
    status = row(site, site.post(media=(media,)))
    status["media_attachments"][0]["url"] = None
    assert shape.status(status).attachments == ()


@pytest.mark.parametrize("visibility", ["private", "direct", "limited", ""])
def test_what_is_not_for_all_is_restricted(site: Site, visibility: object) -> None:
    status = row(site, site.post())
    assert not shape.status(status).private
    status["visibility"] = visibility
    assert shape.status(status).private


def test_a_boost_of_what_is_not_for_all_is_restricted(site: Site) -> None:
    theirs = site.post("Hej", site.alva)
    boost = row(site, site.instance.boost(site.kommun, theirs, at=site.now()))
    boost["reblog"]["visibility"] = "private"
    assert shape.status(boost).private


def test_a_row_without_identity_is_left_for_normalise(site: Site) -> None:
    status = row(site, site.post())
    assert shape.refs([{"id": None}, status, "junk", None]) == [shape.ref(status)]


def test_states_of_one_instant_are_told_apart(site: Site) -> None:
    native = site.post("Ett")
    status = site.instance.statuses[native]
    writer = Writer(site.instance, HOME)
    first = writer.edit(status, status.now)
    second = first | {"content": "<p>Två</p>"}
    assert shape.edit(first).ref != shape.edit(second).ref
    assert shape.edit(first).ref == shape.edit(json.loads(json.dumps(first))).ref


def test_a_name_may_be_empty(site: Site) -> None:
    status = row(site, site.post())
    status["account"]["display_name"] = ""
    assert shape.status(status).author.name == "kommun"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("id", 117),
        ("id", "a/b"),
        ("content", None),
        ("account", None),
        ("in_reply_to_id", 5),
        ("media_attachments", {}),
        ("poll", {"options": None}),
        ("reblog", []),
        ("visibility", None),
        ("spoiler_text", 1),
    ],
)
def test_an_unknown_shape_is_told(site: Site, key: str, value: object) -> None:
    status = row(site, site.post()) | {key: value}
    with pytest.raises(SourceChanged):
        shape.status(status)


def test_a_status_is_no_earlier_state(site: Site) -> None:
    with pytest.raises(SourceChanged):
        shape.edit(row(site, site.post()))


@pytest.mark.parametrize("junk", [None, [], {}, {"id": "1"}, {"acct": "alva"}, {"error": "x"}])
def test_what_is_no_account_is_told(junk: object) -> None:
    with pytest.raises(SourceChanged):
        shape.account(junk)


def test_a_time_without_zone_is_no_instant() -> None:
    assert shape.instant_of({"created_at": "2026-08-01T13:50:00"}) is None
    found = shape.instant_of({"created_at": "2026-08-01T13:50:00.104Z"})
    assert found == datetime(2026, 8, 1, 13, 50, 0, 104_000, UTC)
