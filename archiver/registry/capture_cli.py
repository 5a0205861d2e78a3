"""`diarkiv capture`: file what came in beside the harvested lists, correct it, look for malware."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, progress_bar, say, show, with_options
from archiver.cli.records import number
from archiver.core.access import LOCAL, Permission
from archiver.core.ports import Clock
from archiver.core.record import Origin
from archiver.core.scan import ScanVerdict
from archiver.errors import ConfigError
from archiver.registry.capture import Captured, Captures
from archiver.registry.capture_files import TEXT, Upload, from_path
from archiver.registry.core.capture import MAX_TEXT, AccordingTo, Received, Way, received

_INFECTED = 1  # exit code
_files = click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
_why = click.option("--why", required=True, help="Why it is captured, in one or two sentences.")
_according = click.option(
    "--according-to",
    type=click.Choice([one.value for one in AccordingTo]),
    default=AccordingTo.CAPTURER.value,
    show_default=True,
    help="Whose word it is that it came then.",
)
_ASKED = (  # of what is captured
    click.option("--authority", required=True, metavar="CODE", help="Who received it (KS)."),
    click.option(
        "--way", required=True, type=click.Choice([one.value for one in Way]), help="How it came."
    ),
    click.option(
        "--received",
        "stated",
        required=True,
        metavar="WHEN",
        help='When it came: 2026-11-20 or "2026-11-20 14:05", Swedish time.',
    ),
    _according,
    _why,
    click.option("--from", "sender", default="", metavar="TEXT", help="Who it is from."),
    click.option("--title", default="", metavar="TEXT", help="Its heading."),
    click.option("--text", is_flag=True, help="Read a text too, where files are given."),
    click.option(
        "--origin",
        type=click.Choice([one.value for one in Origin]),
        help="Received, or drawn up; else by the way it came: a note of what was said is drawn up.",
    ),
)


class Desk(Protocol):
    """What the commands need of the application."""

    clock: Clock

    @property
    def captures(self) -> Captures: ...

    @property
    def channels(self) -> Channels: ...


def commands(desk: Callable[[], Desk]) -> Sequence[click.Command]:
    """The commands, over the application that the composition root gives."""

    @click.group("capture")
    def group() -> None:
        """Capture by hand what came in beside the harvested lists."""

    group.add_command(_add(desk))
    group.add_command(_correct(desk))
    group.add_command(_scan(desk))
    return (group,)


def _add(desk: Callable[[], Desk]) -> click.Command:
    @click.command("add")
    @_files
    @with_options(_ASKED)
    @json_option
    def add(
        files: tuple[Path, ...],
        authority: str,
        way: str,
        stated: str,
        according_to: str,
        why: str,
        sender: str,
        title: str,
        text: bool,
        origin: str | None,
        as_json: bool,
    ) -> None:
        """Capture a message, a call, a letter or a file as a record.

        Files are arguments; without any, or with --text, a text is read from standard input. A
        letter saved by a mail program (.eml) gives title, sender, text and enclosures itself, and
        is kept byte for byte. Of a file only its name goes along, not its folder.

        \b
        Examples:
          echo "Lampan utanför nr 7 är trasig." | diarkiv capture add --authority KS --way phone
            --received "2026-11-20 14:05" --from "Okänd, ville inte säga namn" --why "Felanmälan"
          diarkiv capture add brev.eml --authority KS --way email --received 2026-11-20
            --according-to system --why "Hör till ärendet om Ängsgatan"
          diarkiv capture add bild.png --authority KS --way screenshot --received 2026-11-20
            --why "Svar i en tråd som inte går att läsa" --json
        """
        LOCAL.require(Permission.REGISTER)
        owner = desk().channels.authority(authority)
        with progress_bar("capture", quiet=as_json) as tell:
            done = desk().captures.capture(
                owner,
                way=Way(way),
                received=_received(desk(), stated, according_to),
                why=why,
                text=_typed() if text or not files else "",
                title=title,
                sender=sender,
                origin=Origin(origin) if origin else None,
                files=_uploads(files),
                actor=LOCAL.actor,
                tell=tell,
            )
        _tell(done, as_json)

    return add


def _correct(desk: Callable[[], Desk]) -> click.Command:
    @click.command("correct")
    @click.argument("record", metavar="RECORD")
    @_files
    @_why
    @click.option("--text", is_flag=True, help="Replace the text by what stands on standard input.")
    @click.option("--from", "sender", metavar="TEXT", help="Who it is from.")
    @click.option("--title", metavar="TEXT", help="Its heading.")
    @click.option("--received", "stated", metavar="WHEN", help="When it came.")
    @_according
    @json_option
    def correct(
        record: str,
        files: tuple[Path, ...],
        why: str,
        text: bool,
        sender: str | None,
        title: str | None,
        stated: str | None,
        according_to: str,
        as_json: bool,
    ) -> None:
        """Correct what was captured by hand: a new version, beside the old ones.

        Files are added to those there are. Nothing is overwritten or taken away.

        \b
        Examples:
          diarkiv capture correct R4711 --received 2026-11-19 --why "Kom dagen innan"
          diarkiv capture correct R4711 sida2.png --why "Andra sidan saknades" --json
        """
        LOCAL.require(Permission.REGISTER)
        with progress_bar("capture", quiet=as_json) as tell:
            done = desk().captures.correct(
                number(record, "R"),
                why=why,
                text=_typed() if text else None,
                title=title,
                sender=sender,
                received=_received(desk(), stated, according_to) if stated else None,
                files=_uploads(files),
                actor=LOCAL.actor,
                tell=tell,
            )
        _tell(done, as_json)

    return correct


def _scan(desk: Callable[[], Desk]) -> click.Command:
    @click.command("scan")
    @click.option(
        "--all", "everything", is_flag=True, help="Also files that were looked at before."
    )
    @json_option
    @click.pass_context
    def scan(context: click.Context, everything: bool, as_json: bool) -> None:
        """Look for malware in captured files that nobody could look at when they came.

        What is said of each file is recorded; nothing is ever taken away for it. Ends with 1 if
        something was found.

        \b
        Examples:
          diarkiv capture scan
          diarkiv capture scan --all --json
        """
        LOCAL.require(Permission.REGISTER)
        with progress_bar("scan", quiet=as_json) as tell:
            verdicts = desk().captures.scan(everything=everything, tell=tell)
        counts = {one.value: verdicts.count(one) for one in ScanVerdict}
        show(as_json, counts, lambda: ", ".join(f"{n}: {c}" for n, c in counts.items()))
        context.exit(_INFECTED if counts[ScanVerdict.INFECTED] else 0)

    return scan


def _received(desk: Desk, stated: str, according_to: str) -> Received:
    return received(stated, AccordingTo(according_to), now=desk.clock.now())


def _uploads(files: Sequence[Path]) -> list[Upload]:
    return [from_path(path) for path in files]


def _typed() -> str:
    """What stands on standard input."""
    if sys.stdin.isatty():
        say("Type the text, and end it with Ctrl-D on a line of its own.")
    try:
        return sys.stdin.buffer.read(4 * MAX_TEXT + 1).decode()
    except UnicodeDecodeError:
        raise ConfigError(
            "The text on standard input is not UTF-8.", remedy="Give it as a file instead."
        ) from None


def _tell(done: Captured, as_json: bool) -> None:
    row = {
        "id": f"R{done.record}",
        "version": done.seq,
        "duplicates": [
            {"record": f"R{one.record}", "file": None if one.what == TEXT else one.what}
            for one in done.duplicates
        ],
        "scans": [one.verdict.value for one in done.scans],
        "problem": done.problem,
    }
    show(as_json, row, lambda: f"R{done.record}")
    if as_json:
        return
    for record in sorted({one.record for one in done.duplicates}):
        say(f"The same text or file is in R{record} already.")
    if any(one.verdict is ScanVerdict.INFECTED for one in done.scans):
        say("Malware was found in a file. It is kept, and not shown.")
    if any(one.verdict is ScanVerdict.NOT_SCANNED for one in done.scans):
        say("A file was not looked at for malware. `diarkiv capture scan` tries again.")
    if done.problem:
        say(f"The letter could not be read wholly ({done.problem}); its file is kept whole.")
