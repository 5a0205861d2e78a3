"""A-SYFTE (row 1.1): every channel has a goal that says what it is for.

A goal's purpose is one of the survey's; that its words say something is all a program can see.
"""

from __future__ import annotations

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase

LEAST = 15  # characters


class Syfte:
    """The goals of step 1, against the channels and platforms."""

    id = "A-SYFTE"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        del archive
        return judge(subject)


def judge(subject: Subject) -> Result:
    """UNKNOWN while no goal is set: nobody has said anything that could be wrong."""

    def result(outcome: Outcome, sv: str, en: str, without: list[str]) -> Result:
        data: dict[str, Json] = {"goals": len(subject.goals), "without": list(without)}
        return Result(check=Syfte.id, outcome=outcome, reason=Wording(sv, en), data=data)

    if not subject.goals:
        return result(Outcome.UNKNOWN, "Inga mål är satta ännu.", "No goals are set yet.", [])
    said = [one for one in subject.goals if len(one.text.strip()) >= LEAST]
    without = [
        f"C{channel}" if channel is not None else platform
        for channel, platform in subject.places
        if not any(one.is_for(channel, platform) for one in said)
    ]
    if without:
        what = ", ".join(without)
        return result(
            Outcome.FAIL,
            f"Mål med ändamål saknas för {what}.",
            f"There is no goal with its purpose for {what}.",
            without,
        )
    return result(
        Outcome.PASS,
        "Varje kanal har ett mål med ändamål.",
        "Every channel has a goal with its purpose.",
        [],
    )


check = Syfte()
