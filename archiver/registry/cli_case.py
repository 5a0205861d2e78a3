"""`diarkiv register case` and `decide`: cases (ärenden), and decisions that are no registration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import click

from archiver.cli.output import json_option, show, table_of
from archiver.cli.when import STOCKHOLM, swedish_time
from archiver.core.access import LOCAL
from archiver.core.record import milliseconds
from archiver.errors import ConfigError
from archiver.registry import shown
from archiver.registry.cli_asked import Home, case_of, record_numbers, series_of, today
from archiver.registry.core.entry import day_number
from archiver.registry.core.triage import Decision, Elsewhere, Handover, HandoverStep, Outcome
from archiver.registry.reading import AT_ONCE

_records = click.argument("records", nargs=-1, required=True, metavar="R4711...")
_note = click.option("--note", default="", help="In words.")
Homes = Callable[[], Home]


def add_commands(group: click.Group, home: Homes) -> None:
    """Attach the commands to `diarkiv register`."""
    group.add_command(_case(home))
    group.add_command(_decide(home))


# --- cases ---------------------------------------------------------------------------------------


def _case(home: Homes) -> click.Group:
    @click.group("case")
    def case() -> None:
        """Cases (ärenden): a number, and documents under it.

        \b
        Example:
          diarkiv register case list
        """

    case.add_command(_open(home))
    case.add_command(_cases(home))
    case.add_command(_show(home))
    case.add_command(_close(home))
    case.add_command(_reopen(home))
    return case


def _open(home: Homes) -> click.Command:
    @click.command("open")
    @click.argument("title")
    @click.option("--authority", required=True, metavar="CODE", help="Whose case (KS).")
    @click.option("--class", "class_code", default="", help="Klass in the scheme (1.7.9).")
    @click.option("--series", metavar="CODE", help="Which series (serie), if there are several.")
    @click.option("--collective", is_flag=True, help="Samlingsärende: kept together for a year.")
    @json_option
    def open_(
        title: str,
        authority: str,
        class_code: str,
        series: str | None,
        collective: bool,
        as_json: bool,
    ) -> None:
        """Open a case (lägg upp ett ärende) about TITLE and give it a number.

        \b
        Examples:
          diarkiv register case open "Snöröjning vid Ekskolan" --authority KS
          diarkiv register case open "Sociala medier 2026" --authority KS --collective
        """
        owner = home().channels.authority(authority).seq
        seq = home().register.open_case(
            LOCAL,
            owner,
            title,
            class_code=class_code,
            series=series_of(home(), owner, series) if series else None,
            collective=collective,
        )
        made = home().register.reader.case(LOCAL, seq)
        row = shown.case_fields(LOCAL, made)
        show(as_json, row, lambda: f"{made.number} (seq {seq})")

    return open_


def _cases(home: Homes) -> click.Command:
    @click.command("list")
    @click.option("--before", type=int, metavar="SEQ", help="Only cases opened before this one.")
    @click.option("--limit", type=click.IntRange(1, 500), default=AT_ONCE, show_default=True)
    @json_option
    def list_(before: int | None, limit: int, as_json: bool) -> None:
        """List cases, newest first.

        \b
        Example:
          diarkiv register case list --limit 10
        """
        found = home().register.reader.cases(LOCAL, before=before, limit=limit)
        rows = [shown.case_fields(LOCAL, one) for one in found]
        flat = [{"seq": row["seq"], "number": row["number"], "title": row["title"]} for row in rows]
        show(as_json, rows, lambda: table_of("Cases", flat, "No case."))

    return list_


def _show(home: Homes) -> click.Command:
    @click.command("show")
    @click.argument("number")
    @json_option
    def show_(number: str, as_json: bool) -> None:
        """Show a case and its documents, newest first.

        \b
        Example:
          diarkiv register case show "KS 2026/141"
        """
        case = case_of(home(), number)
        page = home().register.reader.entries(LOCAL, case=case.seq, limit=500)
        row = {
            **shown.case_fields(LOCAL, case),
            "entries": [shown.entry_fields(LOCAL, one) for one in page.entries],
        }
        flat = [
            {"number": one["number"], "day": one["day"], "title": one["title"]}
            for one in row["entries"]
        ]
        title = f"{case.number}  {case.title}"
        show(as_json, row, lambda: table_of(title, flat, f"{title}\nNo document yet."))

    return show_


def _close(home: Homes) -> click.Command:
    @click.command("close")
    @click.argument("number")
    @click.option("--day", default="", help="The day it was closed on (2026-11-22); else today.")
    @_note
    @json_option
    def close(number: str, day: str, note: str, as_json: bool) -> None:
        """Close a case (avsluta ett ärende). Nothing more is registered in it, and what is kept for
        a time after the case begins to count.

        \b
        Examples:
          diarkiv register case close "KS 2026/141"
          diarkiv register case close "KS 2026/141" --day 2026-11-20 --note Slutredovisat
        """
        case = case_of(home(), number)
        home().register.cases.close(LOCAL, case.seq, day=day, note=note)
        made = home().register.reader.case(LOCAL, case.seq)
        row = shown.case_fields(LOCAL, made)
        show(as_json, row, lambda: f"{made.number} is closed since {made.closed_on}.")

    return close


def _reopen(home: Homes) -> click.Command:
    @click.command("reopen")
    @click.argument("number")
    @click.option("--reason", required=True, help="Why, in words; it is kept.")
    @json_option
    def reopen(number: str, reason: str, as_json: bool) -> None:
        """Take a closed case up again (återuppta).

        \b
        Example:
          diarkiv register case reopen "KS 2026/141" --reason "Ny skrivelse"
        """
        case = case_of(home(), number)
        home().register.cases.reopen(LOCAL, case.seq, reason=reason)
        made = home().register.reader.case(LOCAL, case.seq)
        show(as_json, shown.case_fields(LOCAL, made), lambda: f"{made.number} is open again.")

    return reopen


# --- decisions -----------------------------------------------------------------------------------


def _decide(home: Homes) -> click.Group:
    @click.group("decide")
    def decide() -> None:
        """Decide on records without registering them here: of little importance (ringa betydelse),
        kept in order (hålls ordnad), registered elsewhere, handed over (överlämnad).

        \b
        Example:
          diarkiv register decide waiting
        """

    for one in (_minor, _kept, _elsewhere, _hand_over, _waiting, _receipt, _answer):
        decide.add_command(one(home))
    return decide


def _decided(home: Home, decision: Decision, as_json: bool, words: str) -> None:
    seq = home.register.decide(LOCAL, decision)
    row = shown.decision_fields(LOCAL, seq, decision)
    show(as_json, row, lambda: f"{words} (decision {seq})")


def _plain(home: Home, records: tuple[str, ...], outcome: Outcome, note: str) -> Decision:
    numbers = record_numbers(records)
    authority = home.register.reader.known(LOCAL, numbers).authority
    return Decision(authority=authority, records=numbers, outcome=outcome, note=note)


def _unregistered(
    home: Homes, name: str, outcome: Outcome, words: str, about: str, example: str
) -> click.Command:
    """A command that decides on records, and asks for nothing but a note."""
    text = f"{about}\n\n\b\nExample:\n  diarkiv register decide {name} {example}"

    @click.command(name, help=text)
    @_records
    @_note
    @json_option
    def decided(records: tuple[str, ...], note: str, as_json: bool) -> None:
        _decided(home(), _plain(home(), records, outcome, note), as_json, words)

    return decided


def _minor(home: Homes) -> click.Command:
    about = (
        "The records are obviously of little importance (ringa betydelse): they are not "
        "registered. They are not disposed of for that."
    )
    example = "R4711 R4712 --note Reklam"
    return _unregistered(home, "minor", Outcome.MINOR, "Of little importance", about, example)


def _kept(home: Homes) -> click.Command:
    about = "The records are kept in order (hålls ordnade) in this archive, without numbers."
    words = "Kept in order"
    return _unregistered(home, "kept-in-order", Outcome.KEPT_IN_ORDER, words, about, "R4711")


def _elsewhere(home: Homes) -> click.Command:
    @click.command("elsewhere")
    @_records
    @click.option("--system", required=True, help="The other system.")
    @click.option("--number", required=True, help="Its registration number there.")
    @click.option("--day", metavar="DATE", help="When it was registered there; else today.")
    @_note
    @json_option
    def elsewhere(
        records: tuple[str, ...],
        system: str,
        number: str,
        day: str | None,
        note: str,
        as_json: bool,
    ) -> None:
        """The records are registered in another system.

        \b
        Example:
          diarkiv register decide elsewhere R4711 --system Ärendesystemet --number "BN 2026/88"
        """
        plain = _plain(home(), records, Outcome.ELSEWHERE, note)
        there = Elsewhere(system=system, number=number, day=day or today(home())).checked()
        _decided(home(), replace(plain, elsewhere=there), as_json, f"Registered in {there.system}")

    return elsewhere


def _hand_over(home: Homes) -> click.Command:
    @click.command("hand-over")
    @_records
    @click.option("--to", required=True, help="The unit or function that answers.")
    @click.option("--way", required=True, help="How it is handed over (e-post, telefon).")
    @click.option("--due", metavar="DATE", help="The last day for an answer.")
    @_note
    @json_option
    def hand_over(
        records: tuple[str, ...], to: str, way: str, due: str | None, note: str, as_json: bool
    ) -> None:
        """Hand the records over (överlämna) to somebody who answers.

        \b
        Example:
          diarkiv register decide hand-over R4711 --to Gatukontoret --way e-post --due 2026-11-27
        """
        plain = _plain(home(), records, Outcome.HANDED_OVER, note)
        handover = Handover(to=to, way=way, due=end_of(due) if due else None).checked()
        _decided(
            home(), replace(plain, handover=handover), as_json, f"Handed over to {handover.to}"
        )

    return hand_over


def end_of(day: str) -> int:
    """The instant at which a Swedish day is over, milliseconds UTC."""
    day_number(day)
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except OverflowError:
        raise ConfigError("The day is none.", remedy="Write it as 2026-11-22.") from None
    return milliseconds(datetime.combine(after, time(), STOCKHOLM))


def _waiting(home: Homes) -> click.Command:
    @click.command("waiting")
    @json_option
    def waiting(as_json: bool) -> None:
        """List what was handed over and not answered, the most urgent first.

        \b
        Example:
          diarkiv register decide waiting
        """
        found = home().register.reader.handovers(LOCAL)
        rows = [shown.waiting_fields(LOCAL, one) for one in found]
        flat = [
            {
                "decision": one.seq,
                "to": one.decision.handover.to if one.decision.handover else "",
                "due": swedish_time(one.decision.handover.due if one.decision.handover else None),
                "received": swedish_time(one.received),
                "records": ", ".join(f"R{record}" for record in one.decision.records),
            }
            for one in found
        ]
        show(as_json, rows, lambda: table_of("Waiting", flat, "Nothing waits for an answer."))

    return waiting


def _step(home: Homes, name: str, step: HandoverStep, about: str, example: str) -> click.Command:
    """A command that notes a step of what was handed over."""
    text = f"{about}\n\n\b\nExample:\n  diarkiv register decide {name} {example}"

    @click.command(name, help=text)
    @click.argument("decision", type=int)
    @_note
    @json_option
    def noted(decision: int, note: str, as_json: bool) -> None:
        seq = home().register.note_handover(LOCAL, decision, step, note)
        row = {"seq": seq, "of": decision, "step": step.value}
        show(as_json, row, lambda: f"Decision {decision}: {step.value}.")

    return noted


def _receipt(home: Homes) -> click.Command:
    about = "Note that whoever it was handed over to has it (kvittens)."
    return _step(home, "receipt", HandoverStep.RECEIVED, about, '4711 --note "Kvittens 17"')


def _answer(home: Homes) -> click.Command:
    about = "Note that what was handed over is answered (besvarad)."
    return _step(home, "answer", HandoverStep.ANSWERED, about, "4711")
