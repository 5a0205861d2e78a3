"""Records: legal dates, envelopes, and the form whose HMAC tells whether content changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archiver.core import canonical
from archiver.core.agent import Agent
from archiver.core.observation import COMMENT, POST, Attachment, Item, ItemRef, Moderation
from archiver.core.record import (
    CONTENT_FIELDS,
    DateBasis,
    LegalDate,
    clean,
    content_form,
    frame_leaves,
    instant,
    item_envelope,
    legal_date,
    milliseconds,
)
from archiver.errors import NotCanonical

HOUR = 3_600_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAWN, DUSK = milliseconds(datetime(1, 1, 1, tzinfo=UTC)), 253_402_300_799_999
instants = st.integers(DAWN, DUSK)
near = st.integers(1_700_000_000_000, 1_900_000_000_000)
wild = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
moments = st.datetimes(timezones=st.just(UTC))
attachments = st.builds(Attachment, url=wild, alt=wild, mime=wild)
refs = st.builds(ItemRef, st.sampled_from([POST, COMMENT]), wild)
items = st.builds(
    Item,
    ref=refs,
    author=st.builds(Agent, native_id=wild, name=wild, url=wild),
    text=wild,
    title=wild,
    moderation=st.sampled_from(Moderation),
    parent=st.none() | refs,
    root=st.none() | refs,
    created_at=st.none() | moments,
    updated_at=st.none() | moments,
    url=wild,
    links=st.lists(wild, max_size=3).map(tuple),
    attachments=st.lists(attachments, max_size=3).map(tuple),
)


def item(**fields: object) -> Item:
    given_: dict[str, object] = {"ref": ItemRef(COMMENT, "7"), "author": Agent(name="Bo")}
    return Item(**(given_ | {"text": "Hej"} | fields))  # type: ignore[arg-type]


# --- legal dates -----------------------------------------------------------------------------


@given(st.none() | near, st.none() | near, near)
def test_a_legal_date_is_never_later_than_first_seen(
    platform: int | None, last_look: int | None, first_seen: int
) -> None:
    told = None if platform is None else instant(platform)
    at, basis = legal_date(platform=told, last_look=last_look, first_seen=first_seen)
    assert at <= first_seen
    # The three bases are exactly the three cases, and nothing else decides.
    within = platform is not None and platform <= first_seen
    if basis is DateBasis.UNOBSERVED:
        assert within
        assert last_look is None
        assert at == platform
    elif basis is DateBasis.PLATFORM:
        assert within
        assert last_look is not None
        assert last_look <= at == platform
    else:
        assert at == first_seen
        assert not within or (last_look is not None and platform < last_look)  # type: ignore[operator]


@given(near, st.integers(0, 40 * HOUR), st.floats(0, 1))
def test_the_platform_holds_from_the_last_look_to_first_sight(
    last_look: int, gap: int, share: float
) -> None:
    platform, seen = last_look + int(gap * share), last_look + gap
    told = legal_date(platform=instant(platform), last_look=last_look, first_seen=seen)
    assert told == LegalDate(platform, DateBasis.PLATFORM)


@given(near, st.integers(1, 10**12))
def test_a_sender_cannot_date_an_item_back_before_a_look(last_look: int, back: int) -> None:
    told = legal_date(
        platform=instant(last_look - back), last_look=last_look, first_seen=last_look + 5
    )
    assert told == LegalDate(last_look + 5, DateBasis.FIRST_SEEN)


@given(near, st.none() | near, st.integers(1, 10**12))
def test_a_date_to_come_is_first_seen(seen: int, last_look: int | None, ahead: int) -> None:
    told = legal_date(platform=instant(seen + ahead), last_look=last_look, first_seen=seen)
    assert told == LegalDate(seen, DateBasis.FIRST_SEEN)


@given(near, st.sampled_from([-12, -5, 0, 1, 2, 14]))
def test_the_zone_the_platform_writes_in_changes_nothing(at: int, hours: int) -> None:
    local = instant(at).astimezone(timezone(timedelta(hours=hours)))
    args = {"last_look": at - HOUR, "first_seen": at + HOUR}
    assert legal_date(platform=local, **args) == legal_date(platform=instant(at), **args)


@example(1001)
@given(instants)
def test_milliseconds_and_instants_are_inverse(at: int) -> None:
    assert milliseconds(instant(at)) == at


@example(datetime(1969, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
@given(moments)
def test_milliseconds_are_exact_and_round_down(when: datetime) -> None:
    whole = when - timedelta(microseconds=when.microsecond % 1000)
    assert timedelta(milliseconds=milliseconds(when)) == whole - EPOCH


# --- envelopes -------------------------------------------------------------------------------


@given(wild)
def test_cleaned_text_can_be_stored_and_is_otherwise_the_same(text: str) -> None:
    held = clean(text)
    held.encode()
    assert "\x00" not in held
    assert len(held) == len(text)
    assert clean(held) == held
    kept = [(a, b) for a, b in zip(text, held, strict=True) if a != b]
    assert all(a == "\0" or "\ud800" <= a <= "\udfff" for a, _ in kept)


@given(items)
def test_any_item_has_a_canonical_envelope_without_empty_fields(one: Item) -> None:
    envelope = item_envelope(one)
    assert canonical.decode(canonical.encode(envelope)) == envelope
    assert all(value not in ("", []) for value in envelope.values())
    assert frame_leaves(envelope, "00")[0].path == "raw"
    assert {leaf.path for leaf in frame_leaves(envelope, None)} == set(envelope)


@given(items, st.sampled_from(Moderation), wild, st.none() | moments)
def test_content_is_not_moderation_nor_dates_nor_names(
    one: Item, moderation: Moderation, name: str, when: datetime | None
) -> None:
    other = Item(
        **{field: getattr(one, field) for field in ("ref", "text", "title", "parent", "links")},
        attachments=one.attachments,
        author=Agent(name=name),
        moderation=moderation,
        updated_at=when,
        url=name,
    )
    assert content_form(item_envelope(one)) == content_form(item_envelope(other))


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Hej!"},
        {"title": "T"},
        {"links": ("https://a.example/",)},
        {"parent": ItemRef(COMMENT, "6")},
        {"attachments": (Attachment(url="https://a.example/b.png"),)},
    ],
)
def test_each_content_field_counts(changed: dict[str, object]) -> None:
    forms = {content_form(item_envelope(one)) for one in (item(), item(**changed))}
    assert len(forms) == 2
    assert set(changed) <= set(CONTENT_FIELDS)


def test_a_signature_in_an_address_is_no_content() -> None:
    one, other = (
        item(attachments=(Attachment(url=f"https://a.example/b.png?sig={n}", alt="Ett"),))
        for n in (1, 2)
    )
    assert content_form(item_envelope(one)) == content_form(item_envelope(other))


def test_no_field_is_called_as_the_raw_part() -> None:
    with pytest.raises(NotCanonical):
        frame_leaves({"raw": "x"}, "00")
