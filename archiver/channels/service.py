"""Authorities and channels: added as events, never as settings, and never taken away.

Names and addresses live in sealed frames; the tables hold numbers. A channel gets its HMAC key
before its event, so that no channel without a key can exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from archiver.core.canonical import Json
from archiver.core.channel import Authority, Channel
from archiver.core.connector import Connector, Credential
from archiver.core.event import EventType
from archiver.core.ports import CredentialStore
from archiver.core.record import clean
from archiver.db import tables as t
from archiver.errors import ConfigError, NotFound
from archiver.harvest.address import AllowedAddress
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.service import Ledger
from archiver.store.keys import channel_key_name

MIN_INTERVAL = 60  # seconds
MAX_INTERVAL = 366 * 86_400
DEFAULT_INTERVAL = 3600
_MAX_TEXT = 200


class Channels:
    """Use-cases around authorities and channels."""

    def __init__(
        self,
        ledger: Ledger,
        connectors: Mapping[str, Connector],
        credentials: CredentialStore,
    ) -> None:
        self._ledger = ledger
        self._connectors = connectors
        self._credentials = credentials

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

    def add_authority(self, code: str, name: str) -> Authority:
        """Record an authority; its code is unique within the home, regardless of case."""
        code, name = _short(code, "code"), _short(name, "name")
        with self._ledger.writer() as writer:  # rules run inside: two may ask at once
            if any(code.casefold() == one.code.casefold() for one in self.authorities()):
                raise ConfigError(f"There is already an authority with the code {code}.")
            payload: dict[str, Json] = {"code": code, "name": name}
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
        """Every channel, in the order they were added."""
        with self._ledger.database.read() as connection:
            rows = connection.execute(select(t.channel)).all()
        opened = self._ledger.open([row.seq for row in rows])
        return [_channel(row.seq, opened[row.seq].envelope) for row in rows]

    def channel(self, name: str) -> Channel:
        """The channel of that number ("C17" or "17"); `NotFound` if there is none."""
        digits = name.upper().removeprefix("C")
        for channel in self.channels():
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
    ) -> Channel:
        """Record a channel. `interval` is in seconds; `allow` opens private IP:PORT addresses."""
        connector, owner = self.connector(platform), self.authority(authority)
        url = connector.normalise_target(target)
        if not MIN_INTERVAL <= interval <= MAX_INTERVAL:
            raise ConfigError(f"The interval must be {MIN_INTERVAL} to {MAX_INTERVAL} seconds.")
        for address in allow:
            AllowedAddress.parse(address)  # a wrong one could not be harvested, nor taken back
        if credential is not None:
            _guard_login(url, allow)
        payload: dict[str, Json] = {
            "authority": owner.seq,
            "platform": platform,
            "url": url,
            "title": _short(title or url[:_MAX_TEXT], "title"),
            "interval": interval,
            "allow": list(allow),
        }
        with self._ledger.writer() as writer:
            if any((c.platform, c.url) == (platform, url) for c in self.channels()):
                raise ConfigError(
                    "This channel is already there.", remedy="`diarkiv channel list` shows it."
                )
            cohort = writer.cohort(owner.seq, "register")
            seq = writer.next_seq
            writer.new_secret(channel_key_name(seq))
            writer.append_event(EventType.CHANNEL_ADDED, payload, cohort=cohort)
        if credential is not None:
            self._credentials.put(seq, credential)
        return _channel(seq, payload)

    def set_credential(self, channel: Channel, credential: Credential) -> None:
        """Replace a channel's credential; the old one is forgotten."""
        _guard_login(channel.url, channel.allow)
        self._credentials.put(channel.seq, credential)


def _guard_login(url: str, allow: Sequence[str]) -> None:
    """A login goes in clear over http: only to an address that was opened on purpose."""
    if url.startswith("http://") and not allow:
        raise ConfigError(
            "A login would be sent in clear to an http address.",
            remedy="Use the site's https address, or add the channel without a login.",
        )


def _channel(seq: int, payload: Mapping[str, Any]) -> Channel:
    return Channel(
        seq=seq,
        authority=payload["authority"],
        platform=payload["platform"],
        url=payload["url"],
        title=payload["title"],
        interval=payload["interval"],
        allow=tuple(payload["allow"]),
    )


def _short(text: str, what: str) -> str:
    text = clean(text.strip())
    if not text or len(text) > _MAX_TEXT or "\n" in text:
        raise ConfigError(f"The {what} must be one line of 1 to {_MAX_TEXT} characters.")
    return text
