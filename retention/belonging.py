"""Whose the records and channels are that somebody names, where all must be one authority's."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from archiver.core.access import Permission, Viewer
from archiver.db.among import among
from archiver.db.apart import ApartState
from archiver.db.tables import apart, channel, record
from archiver.errors import ConfigError, NotFound
from retention.links import in_parts


def owner_of(
    connection: Connection,
    viewer: Viewer,
    *,
    records: Collection[int] = (),
    channels: Collection[int] = (),
    or_stopped: Collection[int] = (),
) -> int:
    """The authority that these are of; `or_stopped`: records that may have been stopped, but are
    not destroyed yet. `NotFound` for what is not there, or not for who asks; `ConfigError` if there
    are none, or they are of several authorities."""
    found = dict[tuple[str, int], int]()
    for part in in_parts({*records, *or_stopped}):
        query = select(record.c.seq, channel.c.authority).join_from(
            record, channel, channel.c.seq == record.c.channel
        )
        for row in connection.execute(query.where(among(record.c.seq, part))):
            found["record", row.seq] = row.authority
    still = apart.c.state.in_((ApartState.STOPPED.value, ApartState.HANDED_OVER.value))
    for part in in_parts(or_stopped):
        query = select(apart.c.record, apart.c.authority).where(still, among(apart.c.record, part))
        for row in connection.execute(query):
            found["record", row.record] = row.authority
    for part in in_parts(channels):
        query = select(channel.c.seq, channel.c.authority).where(among(channel.c.seq, part))
        for row in connection.execute(query):
            found["channel", row.seq] = row.authority
    mine = {one for one in found.values() if viewer.may(Permission.READ, one)}
    if len(found) < len({*records, *or_stopped}) + len(set(channels)) or mine != set(
        found.values()
    ):
        raise NotFound(
            "There is no such record or channel.",
            remedy="`diarkiv records list` and `diarkiv channel list` show them.",
        )
    if len(mine) != 1:
        raise ConfigError(
            "Records and channels of one authority are named at a time.",
            remedy="Name some, and take each authority's alone.",
        )
    return mine.pop()
