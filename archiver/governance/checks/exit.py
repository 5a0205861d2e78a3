"""A-EXIT (row 7.12): an account that is closed was read wholly once more before it went.

A closing account is read to its end before it is harvested no more (arkivlagen 3 and 6 §§). One
that was gone from the platform before that has left without its final capture.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.db.queries import channel_settings
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.harvest.facts import last_whole


class Closing(NamedTuple):
    """Accounts that are closed, by what is known of their final capture: `verified`, not yet made
    (`waiting`), or never to be made (`gone`)."""

    verified: tuple[int, ...]
    waiting: tuple[int, ...]
    gone: tuple[int, ...]


class Exit:
    """The subject's accounts that are closed."""

    id = "A-EXIT"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Closing:
    """Which accounts are closed, and which of them were read wholly since that was said."""
    with archive.ledger.database.read() as connection:
        settings, whole = channel_settings(connection), last_whole(connection)
    closing = {
        one: settings[one]
        for one in subject.channels
        if one in settings and (settings[one].ended or settings[one].waits_for_last)
    }
    read = [
        one
        for one, said in closing.items()
        if one in whole and (whole[one].seq or 0) > said.state_seq
    ]
    waiting = [one for one, said in closing.items() if said.waits_for_last and one not in read]
    gone = closing.keys() - {*read, *waiting}
    return Closing(tuple(read), tuple(waiting), tuple(sorted(gone)))


def judge(held: Closing) -> Result:
    """UNKNOWN where no account is closed, or its final capture is still to be made."""
    data: dict[str, Json] = {name: list(of) for name, of in held._asdict().items()}
    if held.gone:
        which = ", ".join(f"C{one}" for one in held.gone)
        outcome = Outcome.FAIL
        reason = Wording(
            f"{which} försvann innan en slutlig insamling var gjord.",
            f"{which} went before a final capture was made.",
        )
    elif held.waiting:
        which = ", ".join(f"C{one}" for one in held.waiting)
        outcome = Outcome.UNKNOWN
        reason = Wording(
            f"Slutlig insamling återstår för {which}.",
            f"The final capture of {which} is still to be made.",
        )
    elif held.verified:
        outcome = Outcome.PASS
        reason = Wording(
            "Varje avslutat konto är insamlat i sin helhet.",
            "Every closed account was captured wholly.",
        )
    else:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget konto avslutas.", "No account is closed.")
    return Result(check=Exit.id, outcome=outcome, reason=reason, data=data)


check = Exit()
