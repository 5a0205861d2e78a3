"""A-BLOCK (row 7.9): every block has its ground, who decided it, and a day when it is tried again.

No platform tells the archive whom it blocks: where none is logged, nothing can be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.moderation import Block
from archiver.governance.moderation import queries

_LACKS = {
    "ground": Wording("saknar grund", "without a ground"),
    "decider": Wording("saknar beslutsfattare", "without who decided"),
    "review": Wording("saknar omprövningsdag", "without a day of review"),
    "overdue": Wording("skulle ha omprövats", "past their day of review"),
}


class Blocked:
    """The blocks that stand on the subject's accounts."""

    id = "A-BLOCK"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        with archive.ledger.database.read() as connection:
            found = queries.blocks(connection, subject.channels)
        return judge(found, stockholm_date(subject.now))


def judge(blocks: Sequence[Block], today: date) -> Result:
    """What the blocks lack, by what."""
    faults = {name: [one.seq for one in blocks if name in one.lacks(today)] for name in _LACKS}
    lacking = {name: held for name, held in faults.items() if held}
    if not blocks:
        outcome = Outcome.UNKNOWN
        reason = Wording("Ingen blockering är loggad.", "No block is in the log.")
    elif lacking:
        outcome = Outcome.FAIL
        reason = Wording(
            "; ".join(f"{len(held)} {_LACKS[name].sv}" for name, held in lacking.items()) + ".",
            "; ".join(f"{len(held)} {_LACKS[name].en}" for name, held in lacking.items()) + ".",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Varje blockering har grund, beslutsfattare och omprövningsdag.",
            "Every block has its ground, who decided it and a day of review.",
        )
    data: dict[str, Json] = {name: list[Json](held) for name, held in lacking.items()}
    data["blocks"] = len(blocks)
    return Result(check=Blocked.id, outcome=outcome, reason=reason, data=data)


check = Blocked()
