"""Authorities and channels: added and changed as events, never as settings, and never taken away.

Names, addresses and options live in sealed frames; the tables hold numbers and codes. A channel
gets its HMAC key before its event, so that no channel without a key can exist. Who did it is sealed
with it: their number, or 0, the operator at the machine itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from archiver.channels import change as rules
from archiver.channels.change import MAX_INTERVAL, MAX_TEXT, MIN_INTERVAL, Change, one_line
from archiver.core.access import LOCAL
from archiver.core.canonical import Json
from archiver.core.channel import INTERVAL, MANUAL, Authority, Channel, ChannelState
from archiver.core.connector import Connector, Credential, Login, Target
from archiver.core.event import EventType
from archiver.core.ports import CredentialStore
from archiver.db import queries
from archiver.db import tables as t
from archiver.errors import ConfigError, NotFound
from archiver.harvest.address import AllowedAddress
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.service import Ledger
from archiver.store.keys import channel_key_name

__all__ = ["DEFAULT_INTERVAL", "MAX_INTERVAL", "MIN_INTERVAL", "Channels", "Happening", "Proposal"]

DEFAULT_INTERVAL = 3600
BY_HAND = "Manuell fångst"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A channel that is not there yet: what is needed to look at it. `allow` opens private
    IP:PORT addresses; `options` are the platform's own settings."""

    platform: str
    target: str
    credential: Credential | None = None
    allow: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event in a channel's history: what it was set to, and what stood there before. `at` is
    milliseconds UTC; `actor` the number of who did it, 0 = the operator."""

    seq: int
    at: int
    actor: int
    added: bool
    fields: Mapping[str, Any]
    before: Mapping[str, Any]


class Channels:
    """Use-cases around authorities and channels. `schedules` are the names a channel may choose
    between."""

    def __init__(
        self,
        ledger: Ledger,
        connectors: Mapping[str, Connector],
        credentials: CredentialStore,
        schedules: Collection[str] = (INTERVAL,),
    ) -> None:
        self._ledger = ledger
        self._connectors = connectors
        self._credentials = credentials
        self._schedules = schedules

    def authorities(self) -> list[Authority]:
        """Every authority, in the order they were added."""
        with self._ledger.database.read() as connection:
            seqs = [row.seq for row in connection.execute(select(t.authority))]
        opened = self._ledger.open(seqs)
        return [
            Authority(seq=s, code=str(o.envelope["code"]), name=str(o.envelope["name"]))
            for s, o in sorted(opened.items())
        ]

    def authority(self, code: str) -> Authority:
        """The authority of that code ("KS") or number ("A12"); `NotFound` names those there are."""
        found = self.authorities()
        for one in found:
            if code.casefold() in (one.code.casefold(), f"a{one.seq}"):
                return one
        known = ", ".join(one.code for one in found) or "none yet"
        raise NotFound(
            f"There is no authority {code!r}. Known: {known}.",
            remedy="Add it with `diarkiv authority add CODE NAME`.",
        )

    def add_authority(self, code: str, name: str, *, actor: int = LOCAL.actor) -> Authority:
        """Record an authority; its code is unique within the home, regardless of case."""
        code, name = one_line(code, "code"), one_line(name, "name")
        with self._ledger.writer() as writer:  # rules run inside: two may ask at once
            if any(code.casefold() == one.code.casefold() for one in self.authorities()):
                raise ConfigError(f"There is already an authority with the code {code}.")
            payload: dict[str, Json] = {"code": code, "name": name, **_by(actor)}
            seq = writer.append_event(EventType.AUTHORITY_ADDED, payload, cohort=HOME_COHORT)
        return Authority(seq=seq, code=code, name=name)

    def connector(self, platform: str) -> Connector:
        """The connector of a platform; `ConfigError` names those there are."""
        found = self._connectors.get(platform)
        if found is None:
            known = ", ".join(sorted(self._connectors))
            raise ConfigError(f"There is no connector for {platform!r}. There are: {known}.")
        return found

    def channels(self) -> list[Channel]:
        """Every account as it is now, in the order they were added: what harvests, schedules,
        coverage, gaps and alerts are about. Places of manual capture are none of them."""
        return [one for one in self.all() if one.platform != MANUAL]

    def all(self) -> list[Channel]:
        """Every channel that records can be of: the accounts, and the places of manual capture."""
        with self._ledger.database.read() as connection:
            seqs = [row.seq for row in connection.execute(select(t.channel))]
            changes = queries.channel_changes(connection)
        opened = self._ledger.open([*seqs, *changes])
        found = {seq: _channel(seq, opened[seq].envelope) for seq in seqs}
        for seq in changes:
            fields: Mapping[str, Any] = opened[seq].envelope
            found[fields["channel"]] = rules.changed(found[fields["channel"]], fields)
        return list(found.values())

    def platforms(self) -> list[Connector]:
        """The connectors there are, by name."""
        return [self._connectors[name] for name in sorted(self._connectors)]

    def target(self, channel: Channel) -> Target:
        """What a run of the channel reads: its address, login and every option of its platform."""
        options = rules.filled(self.connector(channel.platform), channel.options)
        credential = self._credentials.get(channel.seq)
        return Target(url=channel.url, credential=credential, options=options)

    def channel(self, name: str) -> Channel:
        """The channel of that number ("C17" or "17"); `NotFound` if there is none."""
        digits = name.upper().removeprefix("C")
        for channel in self.all():
            if digits == str(channel.seq) and channel.platform == MANUAL:
                raise NotFound(
                    f"C{channel.seq} is no account: what was captured by hand is filed there.",
                    remedy=f"`diarkiv records list --channel C{channel.seq}` shows it.",
                )
            if digits == str(channel.seq):
                return channel
        raise NotFound(
            f"There is no channel {name!r}.", remedy="`diarkiv channel list` shows them."
        )

    def add_channel(
        self,
        platform: str,
        target: str,
        *,
        authority: str,
        title: str = "",
        interval: int = DEFAULT_INTERVAL,
        credential: Credential | None = None,
        allow: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
        schedule: str = INTERVAL,
        actor: int = LOCAL.actor,
    ) -> Channel:
        """Record a channel. `interval` is in seconds; `allow` opens private IP:PORT addresses;
        `options` are the platform's own settings."""
        owner = self.authority(authority)
        proposal = Proposal(
            platform=platform,
            target=target,
            credential=credential,
            allow=tuple(allow),
            options=options or {},
        )
        url, given = self.proposed(proposal)
        payload: dict[str, Json] = {
            "authority": owner.seq,
            "platform": platform,
            "url": url,
            "title": one_line(title or url[:MAX_TEXT], "title"),
            "interval": rules.check_interval(interval),
            "allow": list(allow),
            **_by(actor),
        }
        if rules.check_schedule(schedule, self._schedules) != INTERVAL:
            payload["schedule"] = schedule
        if stated := rules.stated(given):
            payload["options"] = dict(stated)
        with self._ledger.writer() as writer:
            self.not_there(platform, url)
            cohort = writer.cohort(owner.seq, "register")
            seq = writer.next_seq
            writer.new_secret(channel_key_name(seq))
            writer.append_event(EventType.CHANNEL_ADDED, payload, cohort=cohort)
        if credential is not None:
            self._credentials.put(seq, credential)
        return _channel(seq, payload)

    def by_hand(self, authority: Authority) -> Channel:
        """Where an authority's manual capture is filed: made at the first use."""
        if found := self._by_hand(authority.seq):
            return found
        payload: dict[str, Json] = {
            "authority": authority.seq,
            "platform": MANUAL,
            "url": "",
            "title": f"{BY_HAND} {authority.code}"[:MAX_TEXT],
            "interval": 0,
            "allow": [],
        }
        with self._ledger.writer() as writer:
            if found := self._by_hand(authority.seq):  # somebody was quicker
                return found
            cohort = writer.cohort(authority.seq, "register")
            seq = writer.next_seq
            writer.new_secret(channel_key_name(seq))
            writer.append_event(EventType.CHANNEL_ADDED, payload, cohort=cohort)
        return _channel(seq, payload)

    def _by_hand(self, authority: int) -> Channel | None:
        found = (one for one in self.all() if one.platform == MANUAL)
        return next((one for one in found if one.authority == authority), None)

    def proposed(self, proposal: Proposal) -> tuple[str, dict[str, str]]:
        """The canonical address and options of a channel that is about to be added or checked;
        `ConfigError` for what can never be one."""
        connector = self.connector(proposal.platform)
        url = connector.normalise_target(proposal.target)
        for address in proposal.allow:
            AllowedAddress.parse(address)  # a wrong one could not be harvested, nor taken back
        given = rules.options_of(connector, proposal.options)
        if proposal.credential is not None:
            options = rules.filled(connector, given)
            target = Target(url=url, credential=proposal.credential, options=options)
            _guard_login(connector, target, proposal.allow)
        return url, given

    def not_there(self, platform: str, url: str) -> None:
        """`ConfigError` if the account is a channel already."""
        for one in self.channels():
            if (one.platform, one.url) == (platform, url):
                raise ConfigError(
                    f"This channel is already there: C{one.seq}.",
                    remedy=f"`diarkiv channel show C{one.seq}` shows it.",
                )

    def change(self, channel: Channel, change: Change, *, actor: int = LOCAL.actor) -> Channel:
        """Record what is to be different; the channel afterwards. Nothing is recorded if nothing
        differs. `ConfigError` for what cannot be."""
        if change.options is not None:
            connector = self.connector(channel.platform)
            change = replace(change, options=rules.options_of(connector, change.options))
        if change.title is not None:
            change = replace(change, title=one_line(change.title, "title"))
        if change.interval is not None:
            rules.check_interval(change.interval)
        if change.schedule is not None:
            rules.check_schedule(change.schedule, self._schedules)
        with self._ledger.writer() as writer:
            now = self.channel(str(channel.seq))
            if change.crisis_until and now.state is not ChannelState.ACTIVE:
                raise ConfigError(
                    f"C{now.seq} is not harvested.", remedy=f"`diarkiv channel resume C{now.seq}`"
                )
            fields = rules.differing(now, change)
            self._guard_move(now, rules.changed(now, fields))
            if fields:
                cohort = writer.cohort(now.authority, "register")
                payload: dict[str, Json] = {"channel": now.seq, "actor": actor, **fields}
                writer.append_event(EventType.CHANNEL_CHANGED, payload, cohort=cohort)
        return rules.changed(now, fields)

    def _guard_move(self, before: Channel, after: Channel) -> None:
        """A login goes nowhere but where whoever gave it sent it: an option leads no stored one to
        another server."""
        connector, old = self.connector(before.platform), self.target(before)
        new = replace(old, options=rules.filled(connector, after.options))
        if old.credential is not None and connector.api(old) != connector.api(new):
            raise ConfigError(
                f"C{before.seq} has a login that was given for another address.",
                remedy="End the channel, and add the account anew with a login for the new one.",
            )

    def history(self, channel: Channel) -> list[Happening]:
        """Everything that was ever set of a channel, newest first."""
        with self._ledger.database.read() as connection:
            seqs = [channel.seq, *queries.channel_changes(connection, channel.seq)]
            query = select(t.entry.c.seq, t.entry.c.at).where(t.entry.c.seq.in_(seqs))
            at = {row.seq: row.at for row in connection.execute(query)}
        opened = self._ledger.open(seqs)
        return _happenings([(seq, at[seq], opened[seq].envelope) for seq in seqs])[::-1]

    def set_credential(self, channel: Channel, credential: Credential) -> None:
        """Replace a channel's credential; the old one is forgotten."""
        connector = self.connector(channel.platform)
        options = rules.filled(connector, channel.options)
        target = Target(url=channel.url, credential=credential, options=options)
        _guard_login(connector, target, channel.allow)
        self._credentials.put(channel.seq, credential)


def _by(actor: int) -> dict[str, Json]:
    """Who did it; not said of the operator."""
    return {"actor": actor} if actor != LOCAL.actor else {}


def _guard_login(connector: Connector, target: Target, allow: Sequence[str]) -> None:
    """A login goes in clear over http: only to an address that was opened on purpose; and a
    platform that takes none is given none."""
    if connector.capabilities.login is Login.NONE:
        raise ConfigError(
            f"{connector.title} takes no login.", remedy="Add the channel without one."
        )
    if connector.api(target).startswith("http://") and not allow:
        raise ConfigError(
            "A login would be sent in clear to an http address.",
            remedy="Use the site's https address, or add the channel without a login.",
        )


def _happenings(events: Iterable[tuple[int, int, Mapping[str, Any]]]) -> list[Happening]:
    """The events of one channel with what each of them changed, in order."""
    found: list[Happening] = []
    now: Channel | None = None
    for seq, at, envelope in events:
        payload = dict(envelope)
        actor = int(payload.pop("actor", LOCAL.actor))
        if now is None:
            now, before = _channel(seq, payload), {}
        else:
            payload.pop("channel")
            before = {name: getattr(now, name, "") for name in payload}
            now = rules.changed(now, payload)
        found.append(
            Happening(seq=seq, at=at, actor=actor, added=not found, fields=payload, before=before)
        )
    return found


def _channel(seq: int, payload: Mapping[str, Any]) -> Channel:
    return Channel(
        seq=seq,
        authority=payload["authority"],
        platform=payload["platform"],
        url=payload["url"],
        title=payload["title"],
        interval=payload["interval"],
        allow=tuple(payload["allow"]),
        options=rules.stated(payload.get("options", {})),
        schedule=payload.get("schedule", INTERVAL),
    )
