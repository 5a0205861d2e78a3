"""`diarkiv demo`: Testköping, harvested for real, in a home of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import click

from archiver.cli.output import json_option, progress_bar, say, show
from archiver.clock import SystemClock
from archiver.demo.runner import (
    DEFAULT_HOME,
    Demo,
    DemoArchive,
    DemoClock,
    Step,
    keep_ahead,
    prepare_home,
)

_LOOK = 2.0  # seconds between two looks for what has been confirmed


class DemoApplication(DemoArchive, Protocol):
    """What the demo needs of an application over its own home."""

    def init(self, passphrase: str | None) -> str: ...

    def serve_demo(self, port: int | None, step: Callable[[], Step]) -> None:
        """Serve until interrupted, showing how far the rounds have come."""
        ...

    def catch_up_index(self) -> None: ...

    def decide_on_disposal(self) -> str: ...

    def carry_out(self) -> None: ...


def commands(build: Callable[[Path, DemoClock], DemoApplication]) -> Sequence[click.Command]:
    """The command; `build` makes an application over a folder and a clock."""

    @click.command("demo")
    @click.option("--no-serve", is_flag=True, help="Play all rounds, then end.")
    @click.option(
        "--home",
        "folder",
        default=DEFAULT_HOME,
        show_default=True,
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Where the demo keeps its archive; made anew each time.",
    )
    @click.option("--port", type=int, help="Port of the web page; else any free one.")
    @json_option
    def demo(no_serve: bool, folder: Path, port: int | None, as_json: bool) -> None:
        """Open Testköping: an invented kommun on a local server, really harvested over HTTP.

        The page opens first and the rounds run behind it. Your own home is never touched.

        \b
        Examples:
          diarkiv demo
          diarkiv demo --no-serve --home /tmp/testkoping
        """
        folder = folder.absolute()
        with prepare_home(folder) as marker:
            clock = DemoClock(
                time.monotonic, lambda now: keep_ahead(marker, now - SystemClock().now())
            )
            application = build(folder, clock)
            application.init(None)
            play = Demo(application, clock)
            try:
                play.set_up()
                if no_serve:
                    _play_here(play, application, as_json)
                else:
                    _serve(play, application, port)
            finally:
                play.stop()

    return (demo,)


def _play_here(play: Demo, application: DemoApplication, as_json: bool) -> None:
    with progress_bar("Testköping", quiet=as_json) as tell:

        def on_step(step: Step) -> None:
            tell(step.done, step.total)
            if not as_json and not step.finished:
                say(step.title)

        results = play.play(on_step)
    people = application.decide_on_disposal()
    application.catch_up_index()
    if not as_json:
        say(people)
    show(as_json, results, lambda: f"{len(results)} harvests in {play.step.total} rounds.")


def _serve(play: Demo, application: DemoApplication, port: int | None) -> None:
    def rounds() -> None:
        play.play(lambda _step: application.catch_up_index())
        say(application.decide_on_disposal())
        while not play.stopped(_LOOK):
            application.carry_out()

    thread = threading.Thread(target=rounds, name="demo-rounds", daemon=True)
    thread.start()
    application.serve_demo(port, lambda: play.step)
