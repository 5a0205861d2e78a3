"""`diarkiv gdpr processing`, `notice`, `dpia`: the record of processing, the privacy notice, the
impact assessment's template; generated from what is configured."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, say, show, table_of, with_options
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.document.parts import Document, as_pdf, as_text
from gdpr.core.processing import ProcessingRecord
from gdpr.incidents.document import moment
from gdpr.processing import dpia, notice, record
from gdpr.processing.service import Particulars, Processing

_WHO = (
    click.option("--authority", required=True, metavar="CODE", help="Whose (KS)."),
    click.option("--contact", default="", help="How to reach the authority."),
    click.option("--officer", default="", help="How to reach its data protection officer."),
)
_channel = click.option("--channel", metavar="C12", help="Of this channel alone.")
_OUT = (
    click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True),
    click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Into this file."),
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def processing(self) -> Processing: ...

    @property
    def channels(self) -> Channels: ...


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, to be attached to `diarkiv gdpr`."""
    return [_processing(home), _notice(home), _dpia(home)]


def _record(app: Home, given: dict[str, Any], channel: str | None = None) -> ProcessingRecord:
    said = Particulars(given.pop("contact"), given.pop("officer"))
    authority = app.channels.authority(given.pop("authority")).seq
    only = number(channel, "C") if channel else 0
    return app.processing.record(LOCAL, authority, said, channel=only)


def _processing(home: Callable[[], Home]) -> click.Command:
    @click.command("processing")
    @with_options((*_WHO, *_OUT))
    @click.option(
        "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Into this file."
    )
    def processing(
        language: Any, pdf: Path | None, as_json: bool, csv_file: Path | None, **given: Any
    ) -> None:
        """The record of processing activities (art. 30) of an authority. A lawyer confirms it.

        \b
        Examples:
          diarkiv gdpr processing --authority KS > register.txt
          diarkiv gdpr processing --authority KS --officer dso@testkoping.example \\
            --pdf register.pdf --csv register.csv
        """
        made = _record(home(), given)
        if csv_file is not None:
            csv_file.write_text(record.as_csv(made, language), "utf-8", newline="")
            say(f"Wrote {csv_file}.")
        data = record.as_data(made, language)
        _write(record.as_document(made, language), data, pdf, as_json, quiet=csv_file is not None)

    return processing


def _notice(home: Callable[[], Home]) -> click.Group:
    @click.group("notice")
    def group() -> None:
        """The privacy notice (arts. 13-14) of an authority or one of its channels.

        \b
        Example:
          diarkiv gdpr notice show --authority KS
        """

    for one in (_show_notice, _adopt_notice, _list_notices):
        group.add_command(one(home))
    return group


def _show_notice(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @with_options((*_WHO, *_OUT))
    @_channel
    def show_(
        language: Any, pdf: Path | None, as_json: bool, channel: str | None, **given: Any
    ) -> None:
        """The notice as it would read now.

        \b
        Example:
          diarkiv gdpr notice show --authority KS --channel C12 --language en
        """
        made = _record(home(), given, channel)
        data = {"text": notice.as_text(made, language)}
        if pdf is None and not as_json:
            click.echo(data["text"], nl=False)
        else:
            _write(notice.as_document(made, language), data, pdf, as_json)

    return show_


def _adopt_notice(home: Callable[[], Home]) -> click.Command:
    @click.command("adopt")
    @with_options(_WHO)
    @_channel
    @click.option("--decision", default="", help="Under which decision.")
    @json_option
    def adopt(channel: str | None, decision: str, as_json: bool, **given: Any) -> None:
        """Record that the notice was adopted as it reads now, in both languages.

        \b
        Example:
          diarkiv gdpr notice adopt --authority KS --contact ks@testkoping.example \\
            --officer dso@testkoping.example --decision "KS 2026 § 14"
        """
        app = home()
        authority = app.channels.authority(given["authority"]).seq
        said = Particulars(given["contact"], given["officer"])
        only = number(channel, "C") if channel else 0
        seq = app.processing.adopt(LOCAL, authority, said, channel=only, decision=decision)
        (one,) = (each for each in app.processing.adopted(LOCAL, authority) if each.seq == seq)
        data = {"notice": seq, "digest": one.digest}
        show(as_json, data, lambda: f"Notice {seq} was adopted: {one.digest}.")

    return adopt


def _list_notices(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--authority", required=True, metavar="CODE", help="Whose (KS).")
    @json_option
    def list_(authority: str, as_json: bool) -> None:
        """The notices that were adopted, newest first.

        \b
        Example:
          diarkiv gdpr notice list --authority KS
        """
        app = home()
        found = app.processing.adopted(LOCAL, app.channels.authority(authority).seq)
        rows = [
            {
                "notice": one.seq,
                "at": moment(one.at),
                "channel": f"C{one.channel}" if one.channel else "",
                "decision": one.decision,
                "digest": one.digest,
            }
            for one in found
        ]
        show(as_json, rows, lambda: table_of("Notices", rows, "No notice was adopted."))

    return list_


def _dpia(home: Callable[[], Home]) -> click.Command:
    @click.command("dpia")
    @with_options((*_WHO, *_OUT))
    def template(language: Any, pdf: Path | None, as_json: bool, **given: Any) -> None:
        """A template for the impact assessment (art. 35), with the risks that Diarkiv knows of.

        \b
        Example:
          diarkiv gdpr dpia --authority KS --pdf konsekvensbedomning.pdf
        """
        document = dpia.as_document(_record(home(), given), language)
        rows = [
            {
                "risk": one.risk.say(language),
                "done": one.done.say(language),
                "left": one.left.say(language),
            }
            for one in dpia.risks()
        ]
        _write(document, rows, pdf, as_json)

    return template


def _write(
    document: Document, data: Any, pdf: Path | None, as_json: bool, *, quiet: bool = False
) -> None:
    if pdf is not None:
        pdf.write_bytes(as_pdf(document))
        say(f"Wrote {pdf}.")
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
    elif pdf is None and not quiet:
        click.echo(as_text(document), nl=False)
