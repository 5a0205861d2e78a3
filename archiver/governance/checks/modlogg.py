"""A-MODLOGG (row 3.3): what came in and is no longer shown is in the moderation log, or explained.

Only our own moderation that the platform shows without an entry in the log contradicts the row. An
unknown cause is counted; above the authority's limit a person attests, and until then the check
cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.moderation import Cause, counts
from archiver.governance.moderation import queries


class Known(NamedTuple):
    """`received`: how many records came in; the cause of each episode; the authority's limit; the
    records of our own moderation without an entry."""

    received: int
    causes: Sequence[Cause]
    limit: int
    unlogged: tuple[int, ...] = ()


class Modlogg:
    """Episodes of the subject's accounts, against the log."""

    id = "A-MODLOGG"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Known:
    """What came in, what was no longer shown, and why."""
    with archive.ledger.database.read() as connection:
        found = queries.reconciled(connection, subject.channels)
        received = queries.received(connection, subject.channels)
        limit = queries.limit(connection, subject.authority)
    unlogged = tuple(one.episode.record for one in found if one.cause is Cause.UNLOGGED)
    return Known(received, [one.cause for one in found], limit, unlogged)


def judge(known: Known) -> Result:
    """UNKNOWN where nothing came in, or more is unexplained than the authority lets stand."""
    count = counts(known.causes)
    unknown = count[Cause.UNKNOWN.value]
    if known.unlogged:
        many = len(known.unlogged)
        outcome = Outcome.FAIL
        reason = Wording(
            f"{many} {'handling' if many == 1 else 'handlingar'} är dolda eller borttagna av oss "
            "utan loggpost med grund.",
            f"{many} were hidden or removed by us without an entry in the log with its ground.",
        )
    elif not known.received:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget har kommit in ännu.", "Nothing has come in yet.")
    elif unknown > known.limit:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            f"{unknown} har slutat visas av okänd orsak (gräns {known.limit}): intyga.",
            f"{unknown} are out of sight for an unknown cause (limit {known.limit}): attest.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Det som inte längre visas är loggat eller förklarat.",
            "What is out of sight is in the log, or explained.",
        )
    data: dict[str, Json] = {
        **count,
        "received": known.received,
        "limit": known.limit,
        "unlogged": list[Json](known.unlogged),
    }
    return Result(check=Modlogg.id, outcome=outcome, reason=reason, data=data)


check = Modlogg()
