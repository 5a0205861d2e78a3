"""`diarkiv serve`, `worker` and `run`: the web, the worker, and both under one supervisor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import click

from archiver.cli.output import json_option
from archiver.cli.supervise import supervise

_FATAL = frozenset({2, 5})


class Serving(Protocol):
    """What the commands need of the application."""

    home: Path

    def serve(self, port: int | None, *, as_json: bool) -> None:
        """Serve the web interface until interrupted; prints the one-time address."""
        ...

    def work(self) -> None:
        """Harvest what is due and index it, until told to stop."""
        ...


def commands(app: Callable[[], Serving]) -> Sequence[click.Command]:
    """The commands, over the application."""

    @click.command("serve")
    @click.option("--port", type=int, help="Port instead of the setting web_port; 0 = any.")
    @json_option
    def serve(port: int | None, as_json: bool) -> None:
        """Serve the web interface on this machine only, and print its one-time address.

        \b
        Example:
          diarkiv serve --port 8465
        """
        app().serve(port, as_json=as_json)

    @click.command("worker")
    @json_option
    def worker(as_json: bool) -> None:
        """Harvest channels when they are due and keep the search index up to date. With --json the
        log lines are JSON.

        \b
        Example:
          diarkiv worker
        """
        del as_json  # the program has set up its log by it
        app().work()

    @click.command("run")
    @click.option("--port", type=int, help="Port instead of the setting web_port; 0 = any.")
    @json_option
    @click.pass_context
    def run(context: click.Context, port: int | None, as_json: bool) -> None:
        """Run the web and the worker together, and start again what dies.

        \b
        Example:
          diarkiv --home /srv/diarkiv run
        """
        base = [sys.executable, "-m", "archiver", "--home", str(app().home)]
        said = ("--json",) if as_json else ()
        web = [*base, "serve", *said, *(("--port", str(port)) if port is not None else ())]
        worker = [*base, "worker", *said]
        context.exit(supervise({"web": web, "worker": worker}, fatal=_FATAL))

    return (serve, worker, run)
