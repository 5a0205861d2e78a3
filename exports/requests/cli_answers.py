"""`diarkiv exports request decide, package, log …`: the written answer, and what follows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.records import UserNumber, number
from archiver.core.access import LOCAL
from archiver.document.parts import as_pdf, as_text
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from exports.core.ruling import OtherGround, Ruling, Used
from exports.requests.answers import Answers
from exports.requests.decisions import Signing
from exports.requests.paper import PaperKind, read
from exports.requests.service import Requests
from gdpr.core.ground import Clause

_number = click.argument("request", type=int)
_out = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file."
)
_SIGNING = (
    click.option("--day", metavar="DAY", help="When it was decided; today if not said."),
    click.option(
        "--signer", type=UserNumber(), default=0, metavar="U9", help="Who decides: `user list`."
    ),
    click.option("--mandate", default="", help="Under which provision, if they hold several."),
    click.option("--body", default="", help="Or the body's own decision: KS 2026-11-24 § 12."),
)
_DECIDE = (
    _number,
    click.option("--reasons", required=True, help="Why, in words."),
    *_SIGNING,
    click.option("--clause", "clauses", multiple=True, help="21:1; only if nothing was released."),
    click.option(
        "--other",
        "other",
        multiple=True,
        type=click.Choice([one.value for one in OtherGround]),
        help="Another ground; only if nothing was released.",
    ),
    click.option("--condition", default="", help="What the applicant may not do with it."),
    click.option("--title", default="", help="Of whoever decides."),
    click.option("--rapporteur", default="", help="Föredragande."),
    click.option("--with", "others", multiple=True, help="Who took part without deciding."),
    click.option("--leave-names-out", default="", metavar="WHY", help="Of the party's copy."),
    click.option("--draft", is_flag=True, help="Show the text; decide nothing."),
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def requests(self) -> Requests: ...

    @property
    def answers(self) -> Answers: ...


def commands(home: Callable[[], Home]) -> list[click.Command]:
    """The commands, to be attached to `diarkiv exports request`."""
    made = (_decide, _dismiss, _hand_over, _file, _papers, _package, _log)
    return [one(home) for one in (*made, _search, _ask, _register)]


def _decide(home: Callable[[], Home]) -> click.Command:
    @click.command("decide")
    @with_options(_DECIDE)
    def decide(**given: Any) -> None:
        """Decide on a refusal in writing. The sections are those that the release rests on; how to
        appeal is attached.

        \b
        Examples:
          diarkiv exports request decide 4812 --reasons "Uppgifterna rör hälsa." --draft
          diarkiv exports request decide 4812 --reasons "Uppgifterna rör hälsa." --signer U9
          diarkiv exports request decide 4812 --reasons "…" --body "KS 2026-11-24 § 12"
        """
        ruling = Ruling(
            reasons=given["reasons"],
            used=tuple(Used(clause=Clause.parse(one), withheld=1) for one in given["clauses"]),
            other=tuple((OtherGround(one), 1) for one in given["other"]),
            condition=given["condition"],
            title=given["title"],
            rapporteur=given["rapporteur"],
            others=given["others"],
            names_left_out=given["leave_names_out"],
        )
        decisions, signing = home().answers.decisions, _signing(home(), given)
        if given["draft"]:
            text = as_text(decisions.draft(LOCAL, given["request"], ruling, signing))
            show(given["as_json"], {"draft": text}, lambda: text)
            return
        decisions.decide(LOCAL, given["request"], ruling, signing)
        _told(home(), given["request"], as_json=given["as_json"])

    return decide


def _dismiss(home: Callable[[], Home]) -> click.Command:
    @click.command("dismiss")
    @with_options((_number, *_SIGNING, click.option("--reasons", default=""), json_option))
    def dismiss(**given: Any) -> None:
        """Dismiss an appeal that came too late, with the decision that says so.

        \b
        Example:
          diarkiv exports request dismiss 4812 --signer U9
        """
        signing = _signing(home(), given)
        home().answers.decisions.dismiss(LOCAL, given["request"], signing, reasons=given["reasons"])
        _told(home(), given["request"], as_json=given["as_json"])

    return dismiss


def _hand_over(home: Callable[[], Home]) -> click.Command:
    @click.command("hand-over")
    @_number
    @click.option("--day", metavar="DAY", help="When it is sent; today if not said.")
    @click.option("--opinion", default="", help="The authority's own, if it has one.")
    @click.option("--where", default="", help="Where the appeal lies, if it is not filed here.")
    @json_option
    def hand_over(request: int, day: str | None, opinion: str, where: str, as_json: bool) -> None:
        """Hand an appeal that came in time to the court, with a letter. `package` makes the files.

        The appeal itself goes along: `file` it first, or say where it lies.

        \b
        Examples:
          diarkiv exports request file 4812 overklagande.pdf --kind appeal
          diarkiv exports request hand-over 4812
          diarkiv exports request hand-over 4812 --where "KS 2026/77, handling 3"
        """
        on = day_of(day) or home().requests.today()
        home().answers.decisions.hand_over(LOCAL, request, day=on, opinion=opinion, where=where)
        _told(home(), request, as_json=as_json)

    return hand_over


def _file(home: Callable[[], Home]) -> click.Command:
    @click.command("file")
    @_number
    @click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option(
        "--kind", required=True, type=click.Choice([one.value for one in PaperKind]), help="What."
    )
    @click.option("--day", metavar="DAY", help="Its day; today if not said.")
    @json_option
    def file(request: int, path: Path, kind: str, day: str | None, as_json: bool) -> None:
        """Keep a paper with a request: the letter, the appeal, the judgment. Its name is not kept.

        \b
        Example:
          diarkiv exports request file 4812 overklagande.pdf --kind appeal --day 2026-12-02
        """
        on = day_of(day) or home().requests.today()
        paper = read(PaperKind(kind), path.name, path.read_bytes(), on)
        seq = home().answers.notes.file(LOCAL, request, paper)
        show(as_json, {"paper": seq, "sha256": paper.digest}, lambda: f"Paper {seq} is kept.")

    return file


def _papers(home: Callable[[], Home]) -> click.Command:
    @click.command("papers")
    @_number
    @click.option("--get", type=int, metavar="PAPER", help="Write this one to --out.")
    @_out
    @json_option
    def papers(request: int, get: int | None, out: Path | None, as_json: bool) -> None:
        """List the papers of a request, or write one of them to a file.

        \b
        Examples:
          diarkiv exports request papers 4812
          diarkiv exports request papers 4812 --get 4920 --out beslut.pdf
        """
        found = home().answers.notes.papers(LOCAL, request)
        if get is not None:
            one = next((paper for paper in found if paper.seq == get), None)
            if one is None or out is None:
                raise ConfigError("Name a paper of the request, and a file with --out.")
            _unused(out).write_bytes(one.content)
        rows = [
            {
                "paper": one.seq,
                "kind": one.kind.value,
                "day": one.day.isoformat(),
                "type": one.media_type,
                "sha256": one.digest,
            }
            for one in found
        ]
        show(as_json, rows, lambda: table_of("Papers", rows, "There are no papers."))

    return papers


def _package(home: Callable[[], Home]) -> click.Command:
    @click.command("package")
    @_number
    @click.option("--sealed", is_flag=True, help="What is masked, as it is: sealed, and noted.")
    @_out
    @json_option
    def package(request: int, sealed: bool, out: Path | None, as_json: bool) -> None:
        """Make the package for the court: an index with digests, and the papers of the matter. With
        --sealed, the records without masks in a package of their own.

        \b
        Examples:
          diarkiv exports request package 4812 --out overklagande.zip
          diarkiv exports request package 4812 --sealed --out sekretess.zip
        """
        packages = home().answers.packages
        made = (packages.make_sealed if sealed else packages.make)(LOCAL, request)
        place = out or Path(made.name)
        _unused(place).write_bytes(made.content)
        row = {"file": str(place), "files": made.files, "sealed": sealed, "sha256": made.sha256}
        show(as_json, row, lambda: f"{place}: {made.files} files, SHA-256 {made.sha256}")

    return package


def _log(home: Callable[[], Home]) -> click.Command:
    @click.command("log")
    @_number
    @_out
    @json_option
    def log(request: int, out: Path | None, as_json: bool) -> None:
        """Show what became of a request, without who asked or what for. With --out as a PDF.

        \b
        Examples:
          diarkiv exports request log 4812 --json
          diarkiv exports request log 4812 --out logg.pdf
        """
        logs = home().answers.logs
        if out is not None:
            _unused(out).write_bytes(as_pdf(logs.document(LOCAL, request)))
        row = logs.of(LOCAL, request)
        show(as_json, row, lambda: as_text(logs.document(LOCAL, request)))

    return log


def _search(home: Callable[[], Home]) -> click.Command:
    @click.command("searched")
    @_number
    @click.option("--query", required=True, help="What was searched for.")
    @click.option("--record", "records", multiple=True, metavar="R4711", help="What was found.")
    @json_option
    def searched(request: int, query: str, records: tuple[str, ...], as_json: bool) -> None:
        """Note a search that was made for a request. It holds nothing.

        \b
        Example:
          diarkiv exports request searched 4812 --query Storgatan --record R311 --record R312
        """
        found = [number(one, "R") for one in records]
        seq = home().answers.notes.searched(LOCAL, request, query, found)
        row = {"entry": seq, "found": len(set(found))}
        show(as_json, row, lambda: f"Noted: {len(set(found))} records.")

    return searched


def _ask(home: Callable[[], Home]) -> click.Command:
    @click.command("ask")
    @_number
    @click.option("--clause", required=True, help="The section whose test needs it (21:7).")
    @click.option("--why", required=True, help="Why it must be asked.")
    @click.option("--said", required=True, help="What they answered.")
    @json_option
    def ask(request: int, clause: str, why: str, said: str, as_json: bool) -> None:
        """Note what somebody answered when asked who they are or what for: only where the test of a
        section is of the recipient.

        \b
        Example:
          diarkiv exports request ask 4812 --clause 21:7 --why "Massuttag" --said "Forskning"
        """
        parsed = Clause.parse(clause)
        seq = home().answers.notes.ask(LOCAL, request, parsed, why=why, said=said)
        show(as_json, {"entry": seq, "clause": str(parsed)}, lambda: f"Noted under {parsed}.")

    return ask


def _register(home: Callable[[], Home]) -> click.Command:
    @click.command("register")
    @_number
    @json_option
    def register(request: int, as_json: bool) -> None:
        """Register what is not registered yet of a request. It is done with each step; this is for
        what failed, or for an authority that has a series since.

        \b
        Example:
          diarkiv exports request register 4812
        """
        registering, one = home().answers.registering, home().requests.get(LOCAL, request)
        registering.follow(LOCAL, one)
        _told(home(), one.seq, as_json=as_json)

    return register


def _told(home: Home, seq: int, *, as_json: bool) -> None:
    """Where a request stands, and how it is registered: also that it is not."""
    one, registering = home.requests.get(LOCAL, seq), home.answers.registering
    until = one.standing.appeal_until
    entries = {entry.part: entry.number for entry in registering.entries(seq)}
    has_series = registering.has_series(one.received.authority)
    row = {
        "request": seq,
        "state": one.standing.state.value,
        "appeal_until": until.isoformat() if until else None,
        "registered": entries,
        "unregistered": registering.missing(one),
        "has_series": has_series,
    }
    numbers = ", ".join(entries.values()) or "nothing"
    why = "" if has_series else " (the authority has no series of numbers)"
    told = f"Request {seq} is now {one.standing.state.value}. Registered: {numbers}{why}."
    show(as_json, row, lambda: told)


def _signing(home: Home, given: dict[str, Any]) -> Signing:
    return Signing(
        day=day_of(given["day"]) or home.requests.today(),
        user=given["signer"],
        provision=given["mandate"],
        body=given["body"],
    )


def _unused(place: Path) -> Path:
    """The place, if nothing is there: what was written before is never written over."""
    if place.exists():
        raise ConfigError(f"{place.name} is there already.", remedy="Name a file that is not.")
    return place
