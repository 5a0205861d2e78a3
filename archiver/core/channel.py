"""A channel: one account on one platform, owned by one authority."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The legal holder: a nämnd, board or company. `seq` is its number in the log, shown `A12`;
    `code` a short unique alias ("KS")."""

    seq: int
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An account to harvest. `seq` is shown `C17`; `interval` is in seconds; `allow` lists the
    IP:PORT addresses a harvester may visit although they are private (a recorded decision)."""

    seq: int
    authority: int
    platform: str
    url: str
    title: str
    interval: int
    allow: tuple[str, ...] = ()
