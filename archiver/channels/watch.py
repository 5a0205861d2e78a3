"""How the home stands, for those who are not looking: gaps, logins, the worker, the log's head.

Gathers the facts that alerts and the doctor judge. A channel that cannot be asked makes the facts
less than whole, never false: nothing is then taken to have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archiver.channels.service import Channels
from archiver.core.channel import Channel, ChannelState
from archiver.core.checkpoint import open_checkpoint
from archiver.core.reason import remedy
from archiver.core.token import Health, TokenState, token_health
from archiver.db import queries
from archiver.db.operations import Operations
from archiver.errors import CheckpointForked, DiarkivError
from archiver.harvest.gap import Gap
from archiver.harvest.gap_register import GapRegister
from archiver.harvest.timetable import longest_pause
from archiver.ledger.service import Ledger
from archiver.notify.alert import ChannelFacts, Facts, OpenGap


class Watch:
    """The facts of one home. `worker_runs` says whether its worker does right now."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        channels: Channels,
        operations: Operations,
        gaps: GapRegister,
        worker_runs: Callable[[], bool],
    ) -> None:
        self._ledger, self._channels, self._operations = ledger, channels, operations
        self._gaps, self._worker_runs = gaps, worker_runs

    def facts(self, now: int) -> Facts:
        """How the home stands at `now` (milliseconds UTC)."""
        integrity = self._integrity()
        try:
            tokens = {one.channel: one for one in token_health(now, self._operations.tokens())}
            channels = self._channels.channels()
        except DiarkivError as error:
            return Facts(
                worker_runs=self._worker_runs(), integrity=integrity or error.code, whole=False
            )
        found, whole = list[ChannelFacts](), True
        for channel in channels:
            if channel.state is not ChannelState.ACTIVE:
                continue  # nobody is to look: there is nothing to wonder at
            try:
                found.append(self._facts_of(channel, tokens.get(channel.seq)))
            except DiarkivError as error:
                whole, integrity = False, integrity or error.code
        return Facts(
            channels=tuple(found),
            worker_runs=self._worker_runs(),
            integrity=integrity,
            whole=whole,
        )

    def _facts_of(self, channel: Channel, token: Health | None) -> ChannelFacts:
        return ChannelFacts(
            channel=channel.seq,
            interval=longest_pause(channel) or channel.interval,
            added_at=self._gaps.added_at(channel),
            last_seen=self._gaps.last_seen(channel),
            gaps=tuple(_open_gap(gap) for gap in self._gaps.open(channel)),
            token=token,
        )

    def _integrity(self) -> str:
        """What is wrong with the log's head as it is published; a code, empty if it is sound."""
        try:
            self._ledger.log.refuse_forked()
            head = open_checkpoint(self._ledger.checkpoint(), self._ledger.verifier_key)
            with self._ledger.database.read() as connection:
                if queries.projected(connection) > head.size:
                    return CheckpointForked.code
        except DiarkivError as error:  # not as it was signed, or not to be read at all
            return error.code
        return ""

    def place(self, channel: int) -> tuple[str, str]:
        """The code of a channel's authority and its platform; empty where they cannot be read."""
        try:
            one = self._channels.channel(str(channel))
            code = next(a.code for a in self._channels.authorities() if a.seq == one.authority)
        except (DiarkivError, StopIteration):
            return "", ""
        return code, one.platform

    def tokens(self, now: int) -> list[Health]:
        """How the login of each channel that has one stands."""
        return token_health(now, self._operations.tokens())

    def open_gaps(self) -> list[Gap]:
        """Every open gap of the channels that are harvested, by channel."""
        every = self._channels.channels()
        looked_at = [one for one in every if one.state is ChannelState.ACTIVE]
        return [gap for one in looked_at for gap in self._gaps.open(one)]


def _open_gap(gap: Gap) -> OpenGap:
    return OpenGap(
        collection=gap.collection,
        since=gap.since,
        reasons=gap.reasons,
        acknowledged=gap.acknowledged is not None,
    )


_STATES: Mapping[TokenState, str] = {
    TokenState.OK: "ok",
    TokenState.NO_EXPIRY_TOLD: "accepted; the platform does not say until when",
    TokenState.NEVER_TRIED: "never tried",
    TokenState.EXPIRING: "runs out in {days} days",
    TokenState.EXPIRING_SOON: "runs out in {days} days",
    TokenState.EXPIRED: "has run out",
    TokenState.REFUSED: "refused",
}


def token_words(health: Health) -> str:
    """A login's state in English."""
    words = _STATES[health.state].format(days=health.days_left)
    return words.replace("in 1 days", "in 1 day").replace("in 0 days", "today")


def token_row(health: Health) -> dict[str, Any]:
    """A login's health as a row: numbers, codes and instants in milliseconds UTC."""
    return {
        "channel": f"C{health.channel}",
        "state": health.state.value,
        "days_left": health.days_left,
        "since": health.since,
        "reason": health.reason,
        "last_ok": health.last_ok_at,
        "scopes": list(health.scopes),
    }


def token_remedies(found: Sequence[Health]) -> list[str]:
    """What to do about logins that need it, each once."""
    said = []
    for one in found:
        if one.state is TokenState.REFUSED:
            said.append(remedy(one.reason))
        elif one.state in (TokenState.EXPIRED, TokenState.EXPIRING, TokenState.EXPIRING_SOON):
            said.append(remedy("login_expired"))
        elif one.state is TokenState.NEVER_TRIED:
            said.append(f"Try it: `diarkiv harvest C{one.channel}`.")
    return list(dict.fromkeys(text for text in said if text))
