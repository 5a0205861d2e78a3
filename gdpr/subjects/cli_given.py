"""`diarkiv gdpr subject extract` and `answer`: what the person is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, say, show
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.core.ports import Clock
from archiver.document.parts import as_pdf
from archiver.errors import ConfigError, RuleViolation
from archiver.ledger.search_log import LedgerSearchLog
from gdpr.core.extract import Wishes
from gdpr.processing.service import Particulars, Processing
from gdpr.subjects.document import answer_document, extract_data, extract_document
from gdpr.subjects.finding import Finder
from gdpr.subjects.service import Subjects

_number = click.argument("request", type=int)
_pdf = click.option(
    "--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Into this file."
)
_language = click.option(
    "--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def subjects(self) -> Subjects: ...

    @property
    def subject_finder(self) -> Finder: ...

    @property
    def processing(self) -> Processing: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def clock(self) -> Clock: ...

    def search_log(self) -> LedgerSearchLog: ...


def extract(home: Callable[[], Home]) -> click.Command:
    """The command, to be attached to `diarkiv gdpr subject`."""

    @click.command("extract")
    @_number
    @_pdf
    @_language
    @click.option("--show", "shown", multiple=True, help="A word that was masked wrongly.")
    @click.option("--hide", "hidden", multiple=True, help="A word of others that was missed.")
    @click.option("--withhold", multiple=True, metavar="R4711=CLAUSE", help="Secret (5:1).")
    @click.option("--contact", default="", help="How to reach the authority.")
    @click.option("--officer", default="", help="How to reach its data protection officer.")
    @json_option
    def make(request: int, pdf: Path | None, language: Any, as_json: bool, **given: Any) -> None:
        """Make the extract (art. 15) of the records that were named, with others masked. Read it
        before it is given: recognisers miss names.

        \b
        Examples:
          diarkiv gdpr subject extract 4812 --json
          diarkiv gdpr subject extract 4812 --pdf utdrag.pdf --withhold "R311=OSL 21:3"
        """
        app = home()
        wishes = Wishes(
            show=given["shown"], hide=given["hidden"], withheld=_withheld(given["withhold"])
        )
        one, made = app.subject_finder.extract(LOCAL, request, wishes)
        said = Particulars(given["contact"], given["officer"])
        record = app.processing.record(LOCAL, one.asked.authority, said)
        if pdf is not None:
            pdf.write_bytes(as_pdf(extract_document(one, made, record, language)))
            say(f"Wrote {pdf}.")
        if as_json or pdf is None:
            click.echo(json.dumps(extract_data(one, made, record), ensure_ascii=False))

    return make


def _withheld(named: Sequence[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for one in named:
        record, is_there, clause = one.partition("=")
        if not is_there or not clause.strip():
            raise ConfigError("A record is withheld under a provision.", remedy="R4711=OSL 21:3")
        found[number(record, "R")] = clause.strip()
    return found


def answer(home: Callable[[], Home]) -> click.Command:
    """The command, to be attached to `diarkiv gdpr subject`."""

    @click.command("answer")
    @_number
    @click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), required=True)
    @_language
    @json_option
    def write(request: int, pdf: Path, language: Any, as_json: bool) -> None:
        """Write the answer as a decision or letter, with how to appeal where it is a refusal.

        \b
        Example:
          diarkiv gdpr subject answer 4812 --pdf beslut.pdf
        """
        app = home()
        one = app.subjects.get(LOCAL, request)
        names = {each.seq: each.name for each in app.channels.authorities()}
        if one.standing.answer is None:
            raise RuleViolation("There is no answer yet.", remedy="Take the step `answer` first.")
        document = answer_document(
            one,
            authority=names[one.asked.authority],
            today=app.subjects.today(),
            made_at=app.clock.now(),
            language=language,
        )
        pdf.write_bytes(as_pdf(document))
        show(as_json, {"request": request, "file": str(pdf)}, lambda: f"Wrote {pdf}.")

    return write
