"""`diarkiv gdpr scan`: the recognisers over a file of texts, a line each.

A line in is `{"id": …, "text": "…"}`, a line out `{"id": …, "spans": [{"start", "end", "label",
"score", "source"}]}`, in the same order; offsets count code points of the text. Nothing is held
but the line at hand. A line that cannot be read is told by its number, on standard error and in its
own line of the answer ("error"), and the command ends with exit code 1, after all others. What was
found is never written, only where.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

import click

from archiver.cli.output import say
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock
from gdpr.core.recognizer import Mode
from gdpr.core.span import Span
from gdpr.detector import Detector, detector


def commands(clock: Clock, *more: click.Command) -> Sequence[click.Command]:
    """The commands, and `more` of them; the clock says which year it is."""

    @click.group("gdpr")
    def gdpr() -> None:
        """Find personal data in texts, mask it in records, answer data subjects, record breaches.

        \b
        Example:
          diarkiv gdpr scan --jsonl comments.jsonl > spans.jsonl
        """

    @gdpr.command("scan")
    @click.option(
        "--jsonl",
        "source",
        type=click.File("r", encoding="utf-8", errors="surrogateescape"),
        required=True,
        metavar="IN",
        help='The texts, {"id": …, "text": "…"} a line; - for standard input.',
    )
    @click.option(
        "--mode",
        type=click.Choice([one.value for one in Mode]),
        default=Mode.SUGGEST.value,
        show_default=True,
        help="suggest: precision first. leak-check: recall first.",
    )
    @click.option("--reasons", is_flag=True, help="Also why, in words.")
    @click.option("--json", "as_json", is_flag=True, help="What is said beside the answer as JSON.")
    def scan(source: TextIO, mode: str, *, reasons: bool, as_json: bool) -> int:
        """Say where personal data stands in each text, a JSON line for each.

        Labels that begin with ART9_ or ART10_ are flags for a person's review (GDPR art. 9 and
        10); they mask nothing by themselves.

        \b
        Examples:
          diarkiv gdpr scan --jsonl comments.jsonl > spans.jsonl
          diarkiv gdpr scan --mode leak-check --jsonl release.jsonl > spans.jsonl
          echo '{"id": "1", "text": "Ring Anna Ek, 070-174 06 05"}' | diarkiv gdpr scan --jsonl -
        """
        finder = detector(stockholm_date(clock.now()).year)

        def tell(words: str, **facts: object) -> None:
            say(json.dumps(facts) if as_json else words)

        for less in finder.reduced:
            tell(less, reduced=less)
        bad = 0
        for number, answer in scanned(source, finder, Mode(mode), reasons=reasons):
            if "error" in answer:
                bad += 1
                tell(f'Line {number} is no {{"id": …, "text": "…"}}.', line=number, error="no text")
            sys.stdout.write(json.dumps(answer) + "\n")  # `echo` would flush each line
        if bad:
            tell(f"Lines that could not be read: {bad}. All others are done.", unreadable=bad)
        return 1 if bad else 0

    for one in more:
        gdpr.add_command(one)
    return (gdpr,)


def scanned(
    lines: Iterable[str], finder: Detector, mode: Mode, *, reasons: bool = False
) -> Iterator[tuple[int, dict[str, object]]]:
    """For each line that is not empty its number, from 1, and the answer; `error` in it where the
    line is not as the module's docstring says."""
    less = {"reduced": list(finder.reduced)} if finder.reduced else {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            name, text = data["id"], data["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            name, text = None, None
        if isinstance(text, str):
            spans = [_shown(one, reasons=reasons) for one in finder.detect(text, mode)]
            yield number, {"id": name, "spans": spans, **less}
        else:
            yield number, {"id": name, "spans": [], "line": number, "error": "no text"}


def _shown(span: Span, *, reasons: bool) -> dict[str, object]:
    return {
        "start": span.start,
        "end": span.end,
        "label": str(span.label),
        "score": round(span.score, 3),
        "source": span.source,
        **({"reason": span.reason} if reasons else {}),
    }
