"""`diarkiv retention petition` and `description`: filled from the plan, counts and decisions.

As text, PDF or JSON; they decide nothing, and nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from archiver.cli.output import json_option, say, with_options
from archiver.core.access import LOCAL
from archiver.core.form import as_json as canonical
from archiver.document.parts import Document, as_pdf, as_text
from archiver.plugins import connectors
from retention.cli_asked import Home, owner_option, today
from retention.core.words import Language
from retention.documents.description import description_document
from retention.documents.drafting import Ground, Told, description_of, petition_of
from retention.documents.petition import petition_document
from retention.schedule import shipped

_OUT = (
    owner_option,
    click.option("--number", default="", help="Its own registration number."),
    click.option("--contact", default="", help="Who answers questions about it."),
    click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True),
    click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Into this file."),
    json_option,
)
_PETITION = (
    click.option("--to", default="", help="The archival authority that it is made to."),
    click.option("--background", default="", help="What led to it."),
    click.option("--rules", default="", help="What the local archive rules demand."),
    click.option("--search", default="", help="What is lost for those who search."),
    click.option("--compilation", default="", help="What is lost for those who compile."),
    click.option("--sign", "signers", multiple=True, metavar="LINE", help="Who signs it."),
)
_DESCRIPTION = (
    click.option("--organisation", default="", help="The authority and what it does."),
    click.option("--order", default="", help="How the archive is organised."),
    click.option("--public-aid", "public_aids", multiple=True, help="What individuals may use."),
    click.option("--secrecy", multiple=True, help="A provision that is often applied."),
    click.option("--exchange", "exchanges", multiple=True, help="What is got from or given away."),
    click.option("--sale", default="", help="Any right to sell personal data."),
)


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, to be attached to `diarkiv retention`."""
    return [_petition(home), _description(home)]


def _petition(home: Callable[[], Home]) -> click.Command:
    @click.command("petition")
    @with_options((*_OUT, *_PETITION))
    def petition(
        authority: str, language: Language, pdf: Path | None, as_json: bool, **told: Any
    ) -> None:
        """Draft the petition to the archival authority (gallringsframställan): each class with its
        period, grounds, conditions, and how much there is today.

        \b
        Examples:
          diarkiv retention petition --authority KS --to Kommunarkivet --pdf framstallan.pdf
          diarkiv retention petition --authority KS --json
        """
        app = home()
        with app.ledger.database.read() as connection:
            made = petition_of(connection, _ground(app, authority), Told(**told), language)
        _write(petition_document(made, language=language), canonical(made), pdf, as_json)

    return petition


def _description(home: Callable[[], Home]) -> click.Command:
    @click.command("description")
    @with_options((*_OUT, *_DESCRIPTION))
    def description(
        authority: str, language: Language, pdf: Path | None, as_json: bool, **told: Any
    ) -> None:
        """Draft the part about social media of the description of the archive (arkivbeskrivning).

        \b
        Examples:
          diarkiv retention description --authority KS > arkivbeskrivning.txt
          diarkiv retention description --authority KS --pdf arkivbeskrivning.pdf
        """
        app = home()
        with app.ledger.database.read() as connection:
            made = description_of(connection, _ground(app, authority), Told(**told), language)
        _write(description_document(made, language=language), canonical(made), pdf, as_json)

    return description


def _ground(app: Home, code: str) -> Ground:
    authority, day = app.channels.authority(code), today(app)
    schedule = app.retention.schedule_in_force(authority.seq, day)
    own = frozenset({authority.seq})
    return Ground(
        authority=authority,
        schedule=schedule or shipped.proposal(day, authority.seq).schedule,
        decisions=app.retention.decisions(authority.seq),
        holds=[one.hold for one in app.holds.list(LOCAL, authorities=own)],
        channels=[one for one in app.channels.all() if one.authority == authority.seq],
        platforms={name: one.title for name, one in connectors().items()},
        today=day,
        at=app.clock.now(),
    )


def _write(document: Document, data: bytes, pdf: Path | None, wants_json: bool) -> None:
    if pdf is not None:
        pdf.write_bytes(as_pdf(document))
        say(f"Wrote {pdf}.")
    if wants_json:
        click.echo(data.decode())
    elif pdf is None:
        click.echo(as_text(document), nl=False)
