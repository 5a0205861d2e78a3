"""What the commands of governance need of the application, and how they read and tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, with_options
from archiver.cli.person import person, user_option
from archiver.core.canonical import Json
from archiver.governance.accounts.service import Accounts
from archiver.governance.audit.service import Audits
from archiver.governance.core import acts as a
from archiver.governance.core.approval import OUTCOMES
from archiver.governance.core.check import OUTCOMES as FOUND
from archiver.governance.core.gate import GATE_STATES
from archiver.governance.core.lifecycle import step_remains
from archiver.governance.core.standing import Deviation
from archiver.governance.core.steps import STEPS
from archiver.governance.core.upkeep import PageVisited
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiative, Initiatives
from archiver.governance.upkeep.service import Upkeep
from archiver.people.sign_in import SignIn
from archiver.people.trail import Trail

NUMBER = click.argument("initiative", type=int)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def initiatives(self) -> Initiatives: ...

    @property
    def moderation(self) -> Moderation: ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def upkeep(self) -> Upkeep: ...

    def visited(self, address: str, *, listing: bool, allow: Sequence[str]) -> PageVisited: ...

    @property
    def audits(self) -> Audits: ...

    def trail(self) -> Trail: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def sign_in(self) -> SignIn: ...


class Day(click.ParamType[date]):
    """A day as 2026-11-23."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no day; write it as 2026-11-23.", param, ctx)


class Member(click.Choice[str]):
    """A member of an enumeration, by its value."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([one.value for one in kind])
        self._kind = kind

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return self._kind(super().convert(value, param, ctx))


class Channel(click.ParamType[int]):
    """A channel as C17."""

    name = "C17"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        text = str(value).upper().removeprefix("C")
        if not text.isdecimal():
            self.fail(f"{value} is no channel; write it as C17.", param, ctx)
        return int(text)


class Doing(NamedTuple):
    """A command that does one thing to an initiative. `make`: what is said, of the options."""

    name: str
    help: str
    options: tuple[Any, ...]
    make: Callable[..., a.Said]


def command(home: Callable[[], Home], doing: Doing) -> click.Command:
    """The command, which answers where the initiative stands then."""

    @click.command(doing.name, help=doing.help)
    @NUMBER
    @with_options((*doing.options, user_option, json_option))
    def do(initiative: int, user: str | None, as_json: bool, **given: Any) -> None:
        it = home()
        viewer = person(it.sign_in, user)
        tell(it.initiatives.take(viewer, initiative, doing.make(**given)), as_json=as_json)

    return do


def tell(one: Initiative, *, as_json: bool) -> None:
    """Where an initiative stands."""
    row = told(one)
    show(as_json, row, lambda: words(row))


def told(one: Initiative) -> dict[str, Any]:
    """An initiative as data: codes, and what remains in both languages."""
    standing, verdict = one.standing, one.verdict
    step = [each.words for each in step_remains(standing, one.bearings)]
    return {
        "initiative": one.seq,
        "title": standing.opened.title,
        "authority": standing.opened.authority,
        "platforms": list(standing.opened.platforms),
        "channels": [f"C{channel}" for channel in standing.channels],
        "live_since": str(standing.opened.live_since or "") or None,
        "cycle": standing.cycle,
        "step": standing.step,
        "step_name": STEPS[standing.step - 1].name.sv,
        "finished": standing.finished,
        "closed": standing.closed is not None,
        "gate": verdict.state.value,
        "gate_words": GATE_STATES[verdict.state].sv,
        "remaining": [_both(each.words) for each in verdict.remaining],
        "step_remaining": [_both(each) for each in step],
        "goals": [each.text for each in standing.goals],
        "checks": [
            {
                "check": each.check,
                "outcome": each.outcome.value,
                "words": FOUND[each.outcome].sv,
                "reason": _both(each.reason),
                "data": dict(each.data),
            }
            for each in one.bearings.results.values()
        ],
        "deviations": [_deviation(each) for each in standing.deviations],
        "observed": [_both(each) for each in one.observed],
        "decisions": [
            {
                "decision": each.approval.reference,
                "outcome": each.approval.outcome.value,
                "words": OUTCOMES[each.approval.outcome].sv,
                "ready": each.ready,
                "final_on": str(each.final_on or "") or None,
                "appeal_until": str(each.appeal_until or "") or None,
            }
            for each in standing.decisions
        ],
        "sent": [
            {"digest": each.digest, "day": str(each.day), "cycle": each.cycle}
            for each in standing.sent
        ],
    }


def _both(wording: Any) -> dict[str, str]:
    return {"sv": wording.sv, "en": wording.en}


def _deviation(one: Deviation) -> dict[str, Json]:
    return {
        "number": one.number,
        "text": one.said.text,
        "category": one.said.category.value,
        "row": one.said.row,
        "check": one.said.check,
        "handled": one.handled is not None,
        "open": one.is_open,
    }


def words(row: Mapping[str, Any]) -> str:
    """An initiative in Swedish."""
    lines = [
        f"Initiativ {row['initiative']}: {row['title']}",
        f"Omgång {row['cycle']}, steg {row['step']}: {row['step_name']}",
    ]
    if row["closed"]:
        lines.append("Avslutat.")
    left = len(row["remaining"])
    more = f" – {left} {'sak' if left == 1 else 'saker'} återstår" if left else ""
    lines.append(f"{row['gate_words']}{more}")
    lines += [f"  – {one['sv']}" for one in row["remaining"]]
    if row["step_remaining"] and row["step"] != 5:
        lines.append(f"Innan steg {row['step']} är klart:")
        lines += [f"  – {one['sv']}" for one in row["step_remaining"]]
    if row["checks"]:
        lines.append("Kontroller:")
        lines += [f"  {c['check']} {c['words']}: {c['reason']['sv']}" for c in row["checks"]]
    if row["observed"]:
        lines.append("Avvikelser:")
        lines += [f"  – {one['sv']}" for one in row["observed"]]
    for one in row["deviations"]:
        state = "hanterad" if one["handled"] else "öppen"
        lines.append(f"  {one['number']}. {one['text']} ({state if one['open'] else 'åtgärdad'})")
    for one in row["decisions"]:
        final = f", laga kraft {one['final_on']}" if one["final_on"] else ""
        lines.append(f"Beslut: {one['decision']}, {one['words']}{final}")
    return "\n".join(lines)
