"""`diarkiv gdpr incident`: personal data breaches from the terminal (GDPR arts. 33–34)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.matter import Told, in_words
from archiver.cli.output import json_option, show, with_options
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.core.calendar import STOCKHOLM
from archiver.core.record import milliseconds
from archiver.document.parts import as_pdf
from archiver.errors import ConfigError
from gdpr.core.incident import Content, NotTold, Risk, Step, Taken, light, possible
from gdpr.incidents.document import incident_document, moment
from gdpr.incidents.service import Incident, Incidents
from gdpr.incidents.steps import Noticed

_number = click.argument("incident", type=int)
_RECORD = (
    click.option("--authority", required=True, metavar="CODE", help="Whose data they are (KS)."),
    click.option("--text", required=True, help="What happened."),
    click.option("--known", metavar="TIME", help="When you became aware; now if not said."),
    click.option("--began", metavar="TIME", help="When it began, if that is known."),
    click.option("--ended", metavar="TIME", help="When it ended, if that is known."),
    click.option("--record", "records", multiple=True, metavar="R4711", help="Is held meanwhile."),
    json_option,
)
_STEP = (
    _number,
    click.argument("step", type=click.Choice([one.value for one in Step])),
    click.option("--at", metavar="TIME", help="When it was done; now if not said."),
    click.option("--risk", type=click.Choice([one.value for one in Risk])),
    click.option("--reason", default="", help="Why, or what was done."),
    click.option("--reference", default="", help="IMY's number."),
    click.option("--delay", default="", help="Why the notification is late."),
    click.option(
        "--not-told",
        type=click.Choice([one.value for one in NotTold]),
        help="Which of art. 34.3 holds.",
    ),
    click.option("--nature", help="What happened (33.3 a)."),
    click.option("--subject-categories", help="Kinds of people."),
    click.option("--subjects", type=click.IntRange(0), help="How many people, about."),
    click.option("--record-categories", help="Kinds of data."),
    click.option("--posts", "records", type=click.IntRange(0), help="How many records, about."),
    click.option("--contact", help="Whom IMY may ask (33.3 b)."),
    click.option("--consequences", help="What may come of it (33.3 c)."),
    click.option("--measures", help="What was done about it (33.3 d)."),
    json_option,
)
_CONTENT = (
    "nature",
    "subject_categories",
    "subjects",
    "record_categories",
    "records",
    "contact",
    "consequences",
    "measures",
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def incidents(self) -> Incidents: ...

    @property
    def channels(self) -> Channels: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv gdpr`."""

    @click.group("incident")
    def incident() -> None:
        """Personal data breaches (personuppgiftsincidenter): recorded always, 72 hours to IMY.

        \b
        Examples:
          diarkiv gdpr incident record --authority KS --text "Utdrag skickat till fel person"
          diarkiv gdpr incident step 5120 assess --risk risk --reason "Namn och adress"
          diarkiv gdpr incident list
        """

    told = Told("incident", "gdpr incident", lambda: home().incidents, _fields, _words, _LISTED)
    incident.add_command(_record(home, told))
    incident.add_command(_step(home, told))
    incident.add_command(told.list_command("with the hours that are left."))
    incident.add_command(told.show_command(5120))
    incident.add_command(_document(home))
    return incident


def _record(home: Callable[[], Home], told: Told[Incidents]) -> click.Command:
    @click.command("record")
    @with_options(_RECORD)
    def record(**given: Any) -> None:
        """Record a breach. The 72 hours run from when you became aware of it; the records that
        are named are held from disposal until it is closed.

        \b
        Example:
          diarkiv gdpr incident record --authority KS --known "2026-11-22 09:30" \\
            --text "Ett utdrag skickades till fel person." --record R311
        """
        incidents = home().incidents
        noticed = Noticed(
            authority=home().channels.authority(given["authority"]).seq,
            known_at=_instant(given["known"]) or incidents.now(),
            text=given["text"],
            began_at=_instant(given["began"]),
            ended_at=_instant(given["ended"]),
            records=tuple(number(one, "R") for one in given["records"]),
        )
        seq = incidents.record(LOCAL, noticed)
        words = "Incident {incident} was recorded; notify IMY until {due}, if there is a risk."
        told.tell(given["as_json"], seq, words)

    return record


def _step(home: Callable[[], Home], told: Told[Incidents]) -> click.Command:
    @click.command("step")
    @with_options(_STEP)
    def step(**given: Any) -> None:
        """Take a step of an incident. What a notification does not say stays as it was said.

        \b
        Examples:
          diarkiv gdpr incident step 5120 notify --nature "Fel mottagare" --contact DSO \\
            --reference IMY-2026-1
          diarkiv gdpr incident step 5120 supplement --subjects 1 --measures "Återkallat"
          diarkiv gdpr incident step 5120 decide_not_to_tell --not-told averted --reason "Raderat"
        """
        incidents = home().incidents
        one = incidents.get(LOCAL, given["incident"])
        name = Step(given["step"])
        said = {key: given[key] for key in _CONTENT if given[key] is not None}
        content = Content(**{**_known(one.content), **said})
        taken = Taken(
            step=name,
            at=_instant(given["at"]) or incidents.now(),
            actor=LOCAL.actor,
            risk=Risk(given["risk"]) if given["risk"] else None,
            content=content if name in (Step.NOTIFY, Step.SUPPLEMENT) else None,
            not_told=NotTold(given["not_told"]) if given["not_told"] else None,
            **{key: given[key] for key in ("reason", "reference", "delay")},
        )
        incidents.take(LOCAL, given["incident"], taken)
        told.tell(given["as_json"], given["incident"])

    return step


def _known(content: Content) -> dict[str, Any]:
    return {name: getattr(content, name) for name in _CONTENT}


def _document(home: Callable[[], Home]) -> click.Command:
    @click.command("document")
    @_number
    @click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), required=True)
    @click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True)
    @json_option
    def document(incident: int, pdf: Path, language: Any, as_json: bool) -> None:
        """Write all that is recorded of an incident as a PDF (art. 33.5).

        \b
        Example:
          diarkiv gdpr incident document 5120 --pdf incident.pdf
        """
        app = home()
        one = app.incidents.get(LOCAL, incident)
        names = {each.seq: each.name for each in app.channels.authorities()}
        made = incident_document(
            one, authority=names[one.noticed.authority], now=app.incidents.now(), language=language
        )
        pdf.write_bytes(as_pdf(made))
        show(as_json, {"incident": incident, "file": str(pdf)}, lambda: f"Wrote {pdf}.")

    return document


_LISTED = ("incident", "known", "risk", "light", "hours_left", "closed")


def _fields(incidents: Incidents, one: Incident) -> dict[str, Any]:
    standing, now = one.standing, incidents.now()
    return {
        "incident": one.seq,
        "authority": one.noticed.authority,
        "text": one.noticed.text,
        "known": moment(one.noticed.known_at),
        "due": moment(standing.due_at),
        "light": light(standing, now).value,
        "hours_left": standing.hours_left(now) if standing.clock_runs else None,
        "risk": standing.risk.value if standing.risk else None,
        "notified": moment(standing.notified_at) if standing.notified_at else None,
        "phases": standing.phases,
        "missing": standing.content.missing(),
        "subjects_told": standing.subjects_told,
        "records": [f"R{record}" for record in one.noticed.records],
        "closed": standing.closed,
        "steps": [{"step": taken.step.value, "at": moment(taken.at)} for taken in one.steps],
        "next": [step.value for step in possible(standing)],
    }


def _words(row: Mapping[str, Any]) -> str:
    lines = [f"Incident {row['incident']}, known {row['known']}.", row["text"]]
    if row["hours_left"] is not None:
        lines.append(f"Notify IMY until {row['due']}: {row['hours_left']} hours left.")
    if row["notified"]:
        lines.append(
            f"Notified {row['notified']}; not said yet: {', '.join(row['missing']) or '–'}."
        )
    return in_words(lines, row, "at")


def _instant(text: str | None) -> int | None:
    """Swedish time as milliseconds UTC; of an hour that comes twice, the first."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError("The time is none.", remedy="Write it as 2026-11-22 09:30.") from None
    return milliseconds(
        (local if local.tzinfo else local.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
    )
