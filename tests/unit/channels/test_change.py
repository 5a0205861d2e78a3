"""What may be changed of a channel, and what it is after its changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.channels import change as rules
from archiver.channels.change import Change
from archiver.core.channel import Channel, ChannelState
from archiver.errors import ConfigError
from archiver.plugins import connectors
from tests.unit.channels.invented import Invented

CHANNEL = Channel(
    seq=5, authority=2, platform="feed", url="https://x.example/", title="Nytt", interval=3600
)
CHANGES = st.builds(
    Change,
    title=st.none() | st.sampled_from(["Nytt", "Nyheter", "Kultur"]),
    interval=st.none() | st.sampled_from([3600, 7200]),
    schedule=st.none() | st.sampled_from(["interval", "full", "eco"]),
    crisis_until=st.none() | st.sampled_from([0, 9, 10]),
    state=st.none() | st.sampled_from(ChannelState),
    options=st.none()
    | st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["", "1", "2"])),
)


@given(st.lists(CHANGES, max_size=8))
def test_events_hold_what_differs_and_fold_to_what_was_asked_for(changes: list[Change]) -> None:
    now = CHANNEL
    for change in changes:
        fields = rules.differing(now, change)
        after = rules.changed(now, fields)
        for name in ("title", "interval", "schedule", "crisis_until", "state"):
            asked = getattr(change, name)
            assert getattr(after, name) == (getattr(now, name) if asked is None else asked)
            assert (name in fields) == (getattr(after, name) != getattr(now, name))
        assert all(after.options.values())
        assert rules.differing(after, change) == {}
        assert (after.seq, after.url, after.authority) == (5, CHANNEL.url, 2)
        now = after


def test_a_field_of_a_later_release_says_nothing() -> None:
    assert rules.changed(CHANNEL, {"colour": "blue", "title": "B"}) == replace(CHANNEL, title="B")


def test_options_are_those_the_platform_declares() -> None:
    invented = Invented()
    assert rules.options_of(invented, {"language": " sv ", "depth": ""}) == {
        "language": "sv",
        "depth": "",
    }
    assert rules.filled(invented, {"language": "fi"}) == {"language": "fi", "depth": "2"}
    with pytest.raises(ConfigError, match="no option 'tone'") as told:
        rules.options_of(invented, {"tone": "x"})
    assert told.value.remedy == "It has: language, depth."
    with pytest.raises(ConfigError) as told:
        rules.options_of(connectors()["feed"], {"tone": "x"})
    assert told.value.remedy == "It has none."
    with pytest.raises(ConfigError):
        rules.options_of(invented, {"language": "s\nv"})


@pytest.mark.parametrize("text", ["", "  ", "x" * 201, "a\nb", "a\x1bb", "a\tb"])
def test_a_title_is_one_line(text: str) -> None:
    with pytest.raises(ConfigError):
        rules.one_line(text, "title")


def test_bounds() -> None:
    assert rules.check_interval(60) == 60
    assert rules.check_schedule("eco", {"eco"}) == "eco"
    assert rules.crisis_until(1000, 14) == 1000 + 14 * 86_400_000
    assert rules.crisis_until(1000, 0) == 0
    for days in (-1, 32):
        with pytest.raises(ConfigError):
            rules.crisis_until(0, days)
    for seconds in (59, rules.MAX_INTERVAL + 1):
        with pytest.raises(ConfigError):
            rules.check_interval(seconds)
    with pytest.raises(ConfigError) as told:
        rules.check_schedule("often", {"full", "eco"})
    assert told.value.remedy == "There are: eco, full."
