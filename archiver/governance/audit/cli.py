"""`diarkiv audit`: the auditor's report, samples, assessments and trail from the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.core.access import LOCAL, Permission, Viewer
from archiver.document.parts import as_pdf, as_text
from archiver.governance.audit import told
from archiver.governance.audit.questions import questions
from archiver.governance.audit.service import FRAMES, MOST, Audits, said_json
from archiver.governance.core import audit
from archiver.people.sign_in import SignIn
from archiver.people.trail import Trail

_DAY = click.DateTime(["%Y-%m-%d"])
_OF = (
    click.option("--authority", required=True, metavar="CODE", help="Whose (KS)."),
    click.option("--from", "since", type=_DAY, help="The first day; of last year if not said."),
    click.option("--to", "until", type=_DAY, help="The last day; of last year if not said."),
)
_WHO = (user_option, json_option)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def audits(self) -> Audits: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def sign_in(self) -> SignIn: ...

    def trail(self) -> Trail: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, over what the composition root gives."""

    @click.group("audit")
    def audit_() -> None:
        """The auditor's report (granskning): figures, samples, and the auditor's own verdicts.

        \b
        Examples:
          diarkiv audit report --authority KS --from 2026-01-01 --to 2026-12-31 --pdf granskning.pdf
          diarkiv audit sample --authority KS --seed revision-2026 --size 25
        """

    for one in (_report, _sample, _assess, _trail):
        audit_.add_command(one(home))
    return audit_


def _report(home: Callable[[], Home]) -> click.Command:
    @click.command("report")
    @with_options(_OF)
    @click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write PDF/A.")
    @click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True)
    @with_options(_WHO)
    def report(
        pdf: Path | None, language: Any, user: str | None, as_json: bool, **given: Any
    ) -> None:
        """Make the report: what the archive says of each question, and the verdicts there are.

        \b
        Examples:
          diarkiv audit report --authority KS
          diarkiv audit report --authority KS --from 2026-01-01 --to 2026-12-31 --pdf granskning.pdf
        """
        it, viewer, authority, period = _asked(home, user, given)
        made = it.audits.report(viewer, authority, period)
        paper = told.document(made, language)
        if pdf:
            pdf.write_bytes(as_pdf(paper))
        data = told.as_json(made) | ({"file": str(pdf)} if pdf else {})
        show(as_json, data, lambda: f"Wrote {pdf}." if pdf else as_text(paper))

    return report


def _sample(home: Callable[[], Home]) -> click.Command:
    @click.command("sample")
    @with_options(_OF)
    @click.option("--frame", type=click.Choice(FRAMES), default=FRAMES[0], show_default=True)
    @click.option("--seed", required=True, help="Published before; the same seed draws the same.")
    @click.option("--size", type=click.IntRange(1, MOST), default=25, show_default=True)
    @click.option(
        "--frame-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the frame too, a number a line.",
    )
    @with_options(_WHO)
    def sample(
        frame: str,
        seed: str,
        size: int,
        frame_file: Path | None,
        user: str | None,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Draw a random sample that anybody can draw again: each number of the frame is set in
        order by the SHA-256 of `seed:number`, and the first are taken.

        \b
        Example:
          diarkiv audit sample --authority KS --seed revision-2026 --size 25 --json
        """
        it, viewer, authority, period = _asked(home, user, given)
        made = it.audits.sample(viewer, authority, period, frame=frame, seed=seed, size=size)
        if frame_file:
            numbers = it.audits.frame(viewer, authority, period, frame)
            frame_file.write_text("".join(f"{one}\n" for one in numbers), "ascii")
        data = told.sample_json(made)
        rows = [{"number": one} for one in made.numbers]
        title = f"{frame}: {len(rows)} / {made.population}, {seed}, {made.digest}"
        show(as_json, data, lambda: table_of(title, rows, "Urvalsramen är tom."))

    return sample


def _assess(home: Callable[[], Home]) -> click.Command:
    @click.command("assess")
    @with_options(_OF)
    @click.argument("question", type=click.Choice(list(questions())))
    @click.argument("verdict", type=click.Choice([one.value for one in audit.Verdict]))
    @click.option("--text", required=True, help="Why; name no person.")
    @with_options(_WHO)
    def assess(
        question: str, verdict: str, text: str, user: str | None, as_json: bool, **given: Any
    ) -> None:
        """Record an auditor's verdict on a question. It stays: a new one is recorded beside it,
        and next year's report shows it.

        \b
        Example:
          diarkiv audit assess gallring delvis --authority KS --text "Två handlingstyper saknar beslut." \\
            --user revisor@testkoping.example
        """  # noqa: E501 one command
        it, viewer, authority, period = _asked(home, user, given)
        said = audit.Assessed(
            question=question,
            since=period.since,
            until=period.until,
            verdict=audit.Verdict(verdict),
            text=text,
            seen=it.audits.seen(viewer, authority, period, question),
        )
        seq = it.audits.assess(viewer, authority, said)
        show(as_json, {"noted": seq, "question": question}, lambda: f"{question}: {verdict}.")

    return assess


def _trail(home: Callable[[], Home]) -> click.Command:
    @click.command("trail")
    @click.option("--authority", required=True, metavar="CODE", help="Whose (KS).")
    @click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
    @with_options(_WHO)
    def trail(authority: str, limit: int, user: str | None, as_json: bool) -> None:
        """List assessments, and who saw what is protected (the access log), newest first.

        \b
        Example:
          diarkiv audit trail --authority KS --limit 20
        """
        it = home()
        viewer = person(it.sign_in, user)
        seq = it.channels.authority(authority).seq
        assessed = [
            {"seq": number, "what": "assessment", "actor": note.actor, "said": said_json(note)}
            for number, note in it.audits.assessments(viewer, seq)
        ]
        viewer.require(Permission.AUDIT, seq)
        lines = it.trail().lines(frozenset({seq}), before=None, limit=limit)
        seen: list[Mapping[str, Any]] = [
            {"seq": one.seq, "what": one.what, "actor": one.actor, "at": told.moment(one.at)}
            for one in lines
        ]
        rows = sorted([*assessed, *seen], key=lambda row: -int(row["seq"]))[:limit]
        table = [{name: row[name] for name in ("seq", "what", "actor")} for row in rows]
        show(as_json, rows, lambda: table_of("Spår", table, "Inget är noterat."))

    return trail


def _asked(
    home: Callable[[], Home], user: str | None, given: Mapping[str, Any]
) -> tuple[Home, Viewer, int, audit.Period]:
    """The home, who asks, the authority's number and the period, of the options of `_OF`."""
    it = home()
    viewer = person(it.sign_in, user) if user else LOCAL
    known = it.audits.last_year()
    days: list[date] = [
        given[name].date() if given[name] else default
        for name, default in zip(("since", "until"), known, strict=True)
    ]
    return it, viewer, it.channels.authority(given["authority"]).seq, audit.Period(*days)
