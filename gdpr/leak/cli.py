"""`diarkiv gdpr leak-check`: is anything in these files that was masked, or should have been?

A line of the secrets is `{"value": "…", "ref": "mask 17", "category": "name"}`; without `ref` the
line's number names it, and without `category` nothing is known of what it is. What is answered
names file, place and mask, never a value. Exit code 0 if nothing was found, 3 if anything was, 2 if
a file or a line cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock
from archiver.errors import ConfigError
from gdpr.core.recognizer import Mode
from gdpr.detector import detector
from gdpr.leak.secret import Leak, Output, Secret

LEAKS = 3  # a rule says no


def command(clock: Clock) -> click.Command:
    """The command; the clock says which year it is."""

    @click.command("leak-check")
    @click.argument(
        "files",
        nargs=-1,
        required=True,
        metavar="FILE...",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
    )
    @click.option(
        "--secrets",
        type=click.File("r", encoding="utf-8"),
        metavar="FILE",
        help='What was masked, {"value": "…", "ref": "mask 17", "category": "name"} a line; '
        "- for standard input.",
    )
    @click.option(
        "--names/--no-names",
        default=True,
        show_default=True,
        help="Let the recognisers look for what nobody masked, too.",
    )
    @click.option(
        "--waive", multiple=True, metavar="DIGEST", help="A suspect that you answer for; many."
    )
    @json_option
    def leak_check(
        files: Sequence[Path],
        secrets: TextIO | None,
        waive: Sequence[str],
        *,
        names: bool,
        as_json: bool,
    ) -> int:
        """Say whether anything in the files was masked, or should have been.

        Every byte is read: names, archives and what is in them, all revisions, metadata and
        attachments of PDFs, pictures. A digest names a suspect as long as the secrets are the same.

        \b
        Examples:
          diarkiv gdpr leak-check answer.pdf records.json --secrets masks.jsonl
          diarkiv gdpr leak-check bundle.zip --secrets masks.jsonl --no-names --json
          diarkiv gdpr leak-check answer.pdf --secrets masks.jsonl --waive 5d2f0c1be7a94410aa31c0de
        """
        from gdpr.leak.checker import check
        from gdpr.redaction.reader import reader

        known = read_secrets(secrets)
        outputs = [Output(one.name, _content(one)) for one in files]
        finder = detector(stockholm_date(clock.now()).year)
        for less in finder.reduced if names else ():
            say(less)
        if reader() is None:
            say("pixels: not read (tesseract with Swedish is not installed)")
        detect = partial(finder.detect, mode=Mode.LEAK_CHECK) if names else None
        leaks = check(outputs, known, suspects=detect, waived=waive)
        rows = [_row(one) for one in leaks]
        show(as_json, rows, lambda: table_of("What leaks", rows, "Nothing was found."))
        return LEAKS if leaks else 0

    return leak_check


def read_secrets(lines: TextIO | None) -> list[Secret]:
    """The secrets of a file; `ConfigError` names the line that is none, and not what it holds."""
    found: list[Secret] = []
    for number, line in enumerate(lines or (), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            value, ref = data["value"], data.get("ref", f"line {number}")
            category = data.get("category", "")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            value = ref = category = None
        if not all(isinstance(one, str) for one in (value, ref, category)) or not value.strip():
            raise ConfigError(
                f"Line {number} of the secrets is none.",
                remedy='Each is {"value": "…", "ref": "mask 17"}, and nothing was checked.',
            )
        found.append(Secret(value, ref, category))
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"A file cannot be read: {error.strerror}.", remedy="Nothing was checked."
        ) from None


def _row(leak: Leak) -> dict[str, str]:
    return {
        "file": leak.output,
        "place": leak.place,
        "kind": leak.kind.value,
        "ref": leak.ref,
        "digest": leak.digest,
    }
