"""`diarkiv checklist`: the rows, their answers and evidence, and what is mandatory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from archiver.cli.output import json_option, show, with_options
from archiver.cli.person import person, user_option
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.governance import cli_acts
from archiver.governance.cli_asked import NUMBER, Day, Home, command, tell
from archiver.governance.core.acts import Evidenced
from archiver.governance.core.answers import ANSWER_STATES, Answer
from archiver.governance.core.checklist import (
    CONFIDENCE,
    PHASES,
    PROVENANCE,
    GateClass,
    Reclassing,
    Row,
)

_FILE = click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What it is."
)


def group(home: Callable[[], Home]) -> click.Group:
    """The commands of `diarkiv checklist`."""

    @click.group("checklist")
    def checklist() -> None:
        """The checklist: E-delegationens rows of 2010 and Diarkiv's additions, and their answers.

        \b
        Examples:
          diarkiv checklist show --authority KS
          diarkiv checklist answer 5120 1.4 --state uppfyllt --motivation "Arkivrutin KS 2026/12"
        """

    for doing in cli_acts.CHECKLIST:
        checklist.add_command(command(home, doing))
    for one in (_show, _evidence, _verify, _reclass):
        checklist.add_command(one(home))
    return checklist


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @click.option("--authority", metavar="CODE", help="With what it has made mandatory.")
    @click.option("--initiative", type=int, help="With its answers.")
    @json_option
    def show_(authority: str | None, initiative: int | None, as_json: bool) -> None:
        """Show the rows: question, ground then and now, class, phase, and whose words they are.

        \b
        Examples:
          diarkiv checklist show --authority KS
          diarkiv checklist show --initiative 5120 --json
        """
        it = home()
        if initiative is not None:
            one = it.initiatives.get(LOCAL, initiative)
            list_, answers = one.bearings.checklist, one.standing.answers
        else:
            seq = it.channels.authority(authority).seq if authority else 0
            list_, answers = it.initiatives.checklist(seq), {}
        rows = [_fields(row, answers.get(row.id)) for row in list_.rows]
        data = {"version": list_.version, "rows": rows}
        show(as_json, data, lambda: "\n".join([list_.version, *map(_line, rows)]))

    return show_


def _evidence(home: Callable[[], Home]) -> click.Command:
    @click.command("evidence")
    @NUMBER
    @click.argument("row")
    @with_options(
        (
            _FILE,
            click.option("--name", default="", help="What it is called; the file's name if not."),
            click.option("--link", default="", help="Where it is."),
            click.option(
                "--sha256", default="", help="Of what the link held, if there is no file."
            ),
            click.option("--valid-until", type=Day(), help="Its last day."),
            user_option,
            json_option,
        )
    )
    def evidence(
        initiative: int,
        row: str,
        file: Path | None,
        name: str,
        link: str,
        sha256: str,
        valid_until: date | None,
        user: str | None,
        as_json: bool,
    ) -> None:
        """Give a row evidence: its SHA-256 is kept, the file stays where it is.

        \b
        Example:
          diarkiv checklist evidence 5120 3.1 --file riktlinje.pdf --valid-until 2027-12-31
        """
        it = home()
        said = Evidenced(
            row=row,
            name=name or (file.name if file else ""),
            sha256=_digest(file) if file else sha256,
            link=link,
            valid_until=valid_until,
        )
        tell(it.initiatives.take(person(it.sign_in, user), initiative, said), as_json=as_json)

    return evidence


def _verify(home: Callable[[], Home]) -> click.Command:
    @click.command("verify")
    @NUMBER
    @click.argument("row")
    @with_options(
        (
            _FILE,
            click.option("--name", default="", help="What it is called; the file's name if not."),
            click.option("--digest", default="", help="Of which underlag; the newest if not said."),
            json_option,
        )
    )
    def verify(
        initiative: int, row: str, file: Path | None, name: str, digest: str, as_json: bool
    ) -> None:
        """Say whether a file is the evidence that an underlag was sent with; exit code 5 if not.

        \b
        Example:
          diarkiv checklist verify 5120 3.1 --file riktlinje.pdf
        """
        if file is None:
            raise ConfigError("Name the file.", remedy="--file riktlinje.pdf")
        held, called = _digest(file), name or file.name
        home().initiatives.check_evidence(
            LOCAL, initiative, row=row, name=called, sha256=held, digest=digest
        )
        told = f"{row}: {called} är det underlag som skickades."
        show(as_json, {"row": row, "name": called, "sha256": held}, lambda: told)

    return verify


def _reclass(home: Callable[[], Home]) -> click.Command:
    @click.command("reclass")
    @click.option("--authority", required=True, metavar="CODE", help="Whose decision it is (KS).")
    @click.option(
        "--row", "rows", multiple=True, required=True, metavar="1.5=M", help="Row and M or V."
    )
    @click.option("--decision", required=True, help='"KS 2026-11-02 § 201".')
    @click.option("--reason", required=True, help="Why.")
    @with_options((user_option, json_option))
    def reclass(
        authority: str,
        rows: tuple[str, ...],
        decision: str,
        reason: str,
        user: str | None,
        as_json: bool,
    ) -> None:
        """Record what an authority has decided to be mandatory (M) or conditional (V).

        \b
        Example:
          diarkiv checklist reclass --authority KS --row 1.5=M --decision "KS 2026-11-02 § 201" \\
            --reason "Gallring ska vara beslutad före start"
        """
        it = home()
        change = Reclassing(classes=dict(map(_class, rows)), decision=decision, reason=reason)
        seq = it.initiatives.reclass(
            person(it.sign_in, user), it.channels.authority(authority).seq, change
        )
        told = "Beslutet är antecknat: " + ", ".join(rows)
        show(as_json, {"entry": seq, "classes": list(rows)}, lambda: told)

    return reclass


def _class(text: str) -> tuple[str, GateClass]:
    row, _, kind = text.partition("=")
    if kind not in {one.value for one in GateClass}:
        raise ConfigError(f"{text} is no row and class.", remedy="Write it as 1.5=M or 1.5=V.")
    return row, GateClass(kind)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _fields(row: Row, answer: Answer | None) -> dict[str, Any]:
    return {
        "row": row.id,
        "section": row.section,
        "question": {"sv": row.question.sv, "en": row.question.en},
        "then": row.then,
        "now": row.now,
        "gate": row.gate.value,
        "phase": PHASES[row.phase].sv,
        "evidence": row.evidence.sv,
        "checks": list(row.checks),
        "provenance": PROVENANCE[row.provenance].sv,
        "confidence": [CONFIDENCE[one].sv for one in row.confidence],
        "often_inapplicable": row.often_inapplicable,
        "state": ANSWER_STATES[answer.state].sv if answer else None,
        "motivation": answer.motivation if answer else None,
        "attested": str(answer.attested) if answer and answer.attested else None,
        "files": [one.name for one in answer.evidence] if answer else [],
    }


def _line(row: dict[str, Any]) -> str:
    state = f" – {row['state']}" if row["state"] else ""
    dagger = " †" if row["often_inapplicable"] else ""
    return (
        f"{row['row']:<5} {row['gate']}{dagger} {row['question']['sv']}{state}\n"
        f"      {row['now']} · {row['phase']} · {row['provenance']}"
    )
