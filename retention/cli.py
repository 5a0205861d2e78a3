"""`diarkiv retention`: schedules, decisions and record classes from the terminal. Whoever is at
this machine and holds its key acts as actor 0, which is nobody in particular: what takes two
persons is not done here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from archiver.cli.output import json_option, show
from archiver.core.access import LOCAL
from archiver.registry.cli_asked import record_numbers
from retention import cli_audit
from retention.cli_asked import confirm_option, only_shown
from retention.disposal import cli as disposal_cli
from retention.disposal.asked import DisposalHome
from retention.documents import cli as document_cli
from retention.due import cli as due_cli
from retention.holds import cli as hold_cli
from retention.notes import cli as note_cli
from retention.schedule import cli as schedule_cli
from retention.schedule import cli_decision


def commands(home: Callable[[], DisposalHome]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("retention")
    def group() -> None:
        """Retention (bevarande och gallring): schedules, disposal decisions, record classes.

        \b
        Example:
          diarkiv retention plan show --authority KS
        """

    group.add_command(schedule_cli.group(home))
    group.add_command(cli_decision.group(home))
    group.add_command(_classify(home))
    group.add_command(hold_cli.group(home))
    group.add_command(note_cli.group(home))
    for one in (*due_cli.commands(home), *document_cli.commands(home)):
        group.add_command(one)
    group.add_command(disposal_cli.group(home))
    group.add_command(cli_audit.command(home))
    return (group,)


def _classify(home: Callable[[], DisposalHome]) -> click.Command:
    @click.command("classify")
    @click.argument("records", nargs=-1, required=True, metavar="R4711...")
    @click.option("--class", "code", required=True, metavar="CODE", help="A record class (SM01).")
    @click.option("--note", default="", help="Why, in words.")
    @click.option("--take-back", is_flag=True, help="They are not in that class after all.")
    @confirm_option
    @json_option
    def classify(
        records: tuple[str, ...],
        code: str,
        note: str,
        take_back: bool,
        confirm: bool,
        as_json: bool,
    ) -> None:
        """Put records in a record class (handlingstyp) of their authority's schedule.

        \b
        Examples:
          diarkiv retention classify R4711 R4712 --class SM07 --confirm
          diarkiv retention classify R4711 --class SM07 --take-back --note Felförd --confirm
        """
        seqs, service = record_numbers(records), home().retention
        if confirm:
            count = service.classify(LOCAL, seqs, code, note=note, taken_back=take_back)
        else:
            count = service.would_classify(LOCAL, seqs, code, taken_back=take_back)
        where = f"out of {code}" if take_back else f"in {code}"
        fields = {"classified": confirm, "class": code, "taken_back": take_back, "records": count}
        verb = "were put" if confirm else "would be put"
        show(as_json, fields, lambda: f"{count} records {verb} {where}.")
        only_shown(confirm)

    return classify
