"""A-BEMANNING (row 1.3): somebody supervises at the hours that are promised, and somebody steps in.

A roster holds for twelve months. A user who is named in it and has left is no supervision.
"""

from __future__ import annotations

from collections.abc import Mapping

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.supervision import Roster, roster
from archiver.governance.upkeep.queries import plan_of, supervised
from archiver.people.projector import standings


class Bemanning:
    """The rosters of the subject's channels."""

    id = "A-BEMANNING"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Mapping[str, Roster | None]:
    """What the roster of each place lacks; None where there is none."""
    with archive.ledger.database.read() as connection:
        plans = supervised(archive.ledger, connection, subject.authority)
        people = standings(connection)
    active = {seq for seq, (roles, disabled) in people.items() if roles and not disabled}
    today = stockholm_date(subject.now)
    found = dict[str, Roster | None]()
    for channel, platform in subject.places:
        plan = plan_of(plans, channel)
        name = f"C{channel}" if channel is not None else platform
        found[name] = roster(plan.said, plan.day, today, active) if plan else None
    return found


def judge(places: Mapping[str, Roster | None]) -> Result:
    """What the rosters lack, by place."""
    lacking = {name: one for name, one in places.items() if one and one.faults}
    without = [name for name, one in places.items() if one is None]
    old = [name for name, one in places.items() if one and one.old]
    if lacking:
        outcome = Outcome.FAIL
        told = [_lacks(name, one) for name, one in lacking.items()]
        reason = Wording(" ".join(one.sv for one in told), " ".join(one.en for one in told))
    elif without or not places:
        outcome = Outcome.UNKNOWN
        which = ", ".join(without)
        reason = Wording(
            f"Inget bemanningsschema är antecknat för {which}: `diarkiv lifecycle upkeep "
            "supervise`.",
            f"No roster is noted for {which}: `diarkiv lifecycle upkeep supervise`.",
        )
    elif old:
        outcome = Outcome.STALE
        reason = Wording(
            f"Schemat för {', '.join(old)} är äldre än tolv månader.",
            f"The roster of {', '.join(old)} is more than twelve months old.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Schemat täcker de utlovade tiderna, och varje pass har en ersättare.",
            "The roster covers the promised hours, and every turn has a deputy.",
        )
    data: dict[str, Json] = {
        "uncovered": {name: one.uncovered for name, one in lacking.items()},
        "alone": {name: one.alone for name, one in lacking.items()},
        "away": {name: [f"U{user}" for user in one.away] for name, one in lacking.items()},
        "without": list[Json](without),
    }
    return Result(check=Bemanning.id, outcome=outcome, reason=reason, data=data)


def _lacks(name: str, one: Roster) -> Wording:
    sv, en = list[str](), list[str]()
    if one.uncovered:
        hours, minutes = divmod(one.uncovered, 60)
        sv.append(f"{hours} tim {minutes} min i veckan utan bemanning")
        en.append(f"{hours} h {minutes} min of the week without anybody")
    if one.alone:
        sv.append(f"{one.alone} pass utan ersättare")
        en.append(f"{one.alone} turns without a deputy")
    if one.away:
        sv.append(f"{len(one.away)} i schemat har slutat eller är spärrade")
        en.append(f"{len(one.away)} in it have left or are locked")
    return Wording(f"{name}: {', '.join(sv)}.", f"{name}: {', '.join(en)}.")


check = Bemanning()
