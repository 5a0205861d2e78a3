"""`diarkiv retention decision`: disposal decisions (gallringsbeslut), recorded and revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from archiver.cli.output import json_option, say, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from archiver.registry.core.phrase import Refused
from retention.cli_asked import (
    Home,
    code_of,
    confirm_option,
    decision_fields,
    only_shown,
    owner_of,
    owner_option,
    refuse,
    standing,
    today,
)
from retention.core import vocabulary as words
from retention.core.binding import changed_codes, may_run
from retention.core.decision import Decision, MinorCondition
from retention.core.schedule import DecisionLevel
from retention.schedule.reading import HeldDecision

_OPTIONS = (
    owner_option,
    click.option("--number", required=True, metavar="NUMBER", help="Its registration number."),
    click.option("--body", required=True, help="Who decided (Kommunstyrelsen)."),
    click.option(
        "--level", required=True, help="council, archival_authority, authority or application."
    ),
    click.option("--date", "decided", required=True, metavar="DAY", help="When it was decided."),
    click.option("--paragraph", required=True, help='Which paragraph ("§ 117").'),
    click.option(
        "--rule", "rules", multiple=True, required=True, metavar="CODE", help="A record class."
    ),
    click.option("--channel", "channels", multiple=True, metavar="C12", help="Only this channel."),
    click.option("--records-from", metavar="DAY", help="Also older records, from this day."),
    click.option("--records-until", metavar="DAY", help="Only records to this day."),
    click.option("--grounds", default="", help="Why, in words."),
    click.option(
        "--condition", "conditions", multiple=True, help="A condition that was weighed, or `all`."
    ),
    click.option("--valid-from", metavar="DAY", help="From when it holds; else its own day."),
    click.option("--valid-until", metavar="DAY", help="The first day it no longer holds."),
    click.option("--early-reason", default="", help="Why it holds from before it was decided."),
    click.option("--replaces", type=int, metavar="SEQ", help="The decision it takes the place of."),
    click.option("--running", is_flag=True, help="Löpande: it asks for no confirmation each time."),
    click.option("--no-key-destruction", is_flag=True, help="Destroying keys is not enough."),
    click.option("--keep-one-of", type=int, default=0, metavar="N", help="Keep one of N."),
    click.option("--waiting-days", type=int, default=7, show_default=True),
    user_option,
    confirm_option,
    json_option,
)
_seq = click.argument("seq", type=int)


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv retention`."""

    @click.group("decision")
    def decision() -> None:
        """Disposal decisions (gallringsbeslut): without one, nothing is disposed of.

        \b
        Example:
          diarkiv retention decision list --authority KS
        """

    for one in (_record, _list, _show, _confirm, _revoke):
        decision.add_command(one(home))
    return decision


def _record(home: Callable[[], Home]) -> click.Command:
    @click.command("record")
    @with_options(_OPTIONS)
    @click.pass_context
    def record(
        context: click.Context, /, confirm: bool, as_json: bool, user: str | None, **asked: Any
    ) -> None:
        """Record a decision that was taken, and see how many records its scope takes.

        It reaches back to records older than the day it holds from only with --records-from. The
        conditions are those for disposing of what is of minor importance. Running disposal is
        recorded by a user, and counts once another has confirmed it.

        \b
        Examples:
          diarkiv retention decision record --authority KS --number "KS 2026/41" \\
            --body Kommunstyrelsen --level authority --date 2026-11-03 --paragraph "§ 117" \\
            --rule SM05 --rule SM11 --condition all --records-from 2015-01-01
          (the same with --confirm records it)
        """
        decision = _asked(home(), **asked)
        refused = home().retention.would_refuse(LOCAL, decision)
        if refused is not None:
            refuse(context, "recorded", refused, as_json)
            return
        counted = home().retention.scope_count(decision, today(home()))
        held = HeldDecision(decision=decision, at=0)
        if confirm:
            done = home().retention.decide(person(home().entrance, user), decision)
            if isinstance(done, Refused):
                refuse(context, "recorded", done, as_json)
                return
            held = done
        scope = {"total": counted.total, "by_code": counted.by_code, "kept": counted.kept}
        fields = {"recorded": confirm, **decision_fields(held), "scope": scope}
        told = f"{decision.number} {decision.paragraph}"
        what = f"{told} is recorded as {held.decision.seq}." if confirm else f"{told}:"
        show(as_json, fields, lambda: f"{what} Its scope takes {counted.total} records today.")
        if counted.kept and not as_json:
            say(f"Of them {counted.kept} are kept by another row of the schedule.")
        only_shown(confirm)

    return record


def _asked(home: Home, **asked: Any) -> Decision:
    """The decision that the options describe."""
    decided, channels = _day(asked["decided"]), asked["channels"]
    conditions = [one for text in asked["conditions"] for one in _conditions(text)]
    return Decision(
        seq=0,
        authority=owner_of(home, asked["authority"]),
        number=asked["number"].strip(),
        body=asked["body"].strip(),
        level=DecisionLevel(code_of(words.LEVELS, asked["level"])),
        decided_on=decided,
        paragraph=asked["paragraph"].strip(),
        rules=frozenset(asked["rules"]),
        channels=frozenset(number(one, "C") for one in channels) if channels else None,
        records_from=day_of(asked["records_from"]),
        records_until=day_of(asked["records_until"]),
        grounds=asked["grounds"].strip(),
        conditions=frozenset(conditions),
        valid_from=day_of(asked["valid_from"]) or decided,
        valid_until=day_of(asked["valid_until"]),
        replaces=asked["replaces"],
        early_reason=asked["early_reason"].strip(),
        asks_running=asked["running"],
        accepts_key_destruction=not asked["no_key_destruction"],
        keep_one_of=asked["keep_one_of"],
        waiting_days=asked["waiting_days"],
    )


def _day(text: str) -> date:
    found = day_of(text)
    if found is None:
        raise ConfigError("The day is missing.", remedy="Write it as 2026-11-22.")
    return found


def _conditions(text: str) -> list[MinorCondition]:
    if text == "all":
        return list(MinorCondition)
    return [MinorCondition(code_of(words.CONDITIONS, text))]


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @owner_option
    @json_option
    def list_(authority: str, as_json: bool) -> None:
        """List every decision of an authority, in force or not.

        \b
        Example:
          diarkiv retention decision list --authority KS
        """
        held = home().retention.held_decisions(LOCAL, owner_of(home(), authority))
        day = today(home())
        rows = [
            {
                "seq": one.decision.seq,
                "number": one.decision.number,
                "paragraph": one.decision.paragraph,
                "level": one.decision.level.value,
                "rules": ", ".join(sorted(one.decision.rules)),
                "from": one.decision.valid_from,
                "until": one.decision.ends(),
                "": standing(one.decision, day),
            }
            for one in held
        ]
        data = [decision_fields(one) for one in held]
        show(as_json, data, lambda: table_of("Decisions", rows, "No decision is recorded."))

    return list_


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @_seq
    @json_option
    def show_(seq: int, as_json: bool) -> None:
        """Show the decision SEQ, and how many records its scope takes today.

        \b
        Example:
          diarkiv retention decision show 4711
        """
        held, day = home().retention.decision(LOCAL, seq), today(home())
        authority, begins = held.decision.authority, max(day, held.decision.valid_from)
        schedule = home().retention.schedule_in_force(authority, begins)
        changed = list(changed_codes(held.decision, schedule))
        counted = home().retention.scope_count(held.decision, day)
        scope = {"total": counted.total, "by_code": counted.by_code, "kept": counted.kept}
        runs = held.decision.running and may_run(held.decision, schedule)
        fields = {**decision_fields(held), "runs": runs, "changed_rules": changed, "scope": scope}
        title = f"{held.decision.number} {held.decision.paragraph}"
        rows = [{"": name, title: value} for name, value in fields.items()]
        show(as_json, fields, lambda: table_of("", rows, ""))

    return show_


def _confirm(home: Callable[[], Home]) -> click.Command:
    @click.command("confirm")
    @_seq
    @click.option("--user", required=True, metavar="LOGIN", help="Who confirms it.")
    @confirm_option
    @json_option
    def confirm(seq: int, user: str, confirm: bool, as_json: bool) -> None:
        """Confirm, as another user than who recorded it, that disposal under the decision SEQ is
        running (löpande). The password is asked for with --confirm, or read from standard input.

        \b
        Examples:
          diarkiv retention decision confirm 4711 --user bo
          diarkiv retention decision confirm 4711 --user bo --confirm
        """
        service, entrance = home().retention, home().entrance
        if confirm:
            held = service.confirm_running(person(entrance, user), seq)
        else:
            actor = entrance.people.user(user).seq
            held = service.running_confirmable(LOCAL, seq, actor)
        verb = "is" if confirm else "would be"
        words = f"Disposal under decision {seq} {verb} running: each run needs no confirmation."
        show(as_json, {"confirmed": confirm, **decision_fields(held)}, lambda: words)
        only_shown(confirm)

    return confirm


def _revoke(home: Callable[[], Home]) -> click.Command:
    @click.command("revoke")
    @_seq
    @click.option("--reason", required=True, help="Why, in words; it is kept.")
    @click.option("--day", metavar="DAY", help="From when; else today. Never before today.")
    @confirm_option
    @json_option
    def revoke(seq: int, reason: str, day: str | None, confirm: bool, as_json: bool) -> None:
        """Revoke the decision SEQ from a day on, and see what that changes. What was disposed of
        under it stays so.

        \b
        Examples:
          diarkiv retention decision revoke 4711 --reason "Nytt beslut"
          diarkiv retention decision revoke 4711 --reason "Nytt beslut" --confirm
        """
        service, on = home().retention, day_of(day)
        if confirm:
            effect = service.revoke(LOCAL, seq, reason=reason, day=on)
        else:
            effect = service.effect_of_revoking(LOCAL, seq, day=on)
        fields = {
            "revoked": confirm,
            "seq": seq,
            "day": effect.day.isoformat(),
            "pending": list(effect.pending),
            "records": effect.records,
            "uncovered": sorted(effect.uncovered),
        }
        verb = "no longer holds" if confirm else "would no longer hold"
        told = [f"Decision {seq} {verb} from {effect.day}."]
        told += [f"Its scope takes {effect.records} records today."]
        if effect.uncovered:
            told += [
                f"No other decision of its level covers {', '.join(sorted(effect.uncovered))}."
            ]
        if effect.pending:
            told += [f"Proposals that wait under it: {', '.join(map(str, effect.pending))}."]
        show(as_json, fields, lambda: "\n".join(told))
        only_shown(confirm)

    return revoke
