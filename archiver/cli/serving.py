"""`diarkiv serve`, `worker` and `run`: the web, the worker, and both under one supervisor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import click

from archiver.cli.supervise import supervise

_FATAL = frozenset({2, 5})


class Serving(Protocol):
    """What the commands need of the application."""

    home: Path

    def serve(self, port: int | None) -> None:
        """Serve the web interface until interrupted; prints the one-time address."""
        ...

    def work(self) -> None:
        """Harvest what is due and index it, until told to stop."""
        ...


def commands(app: Callable[[], Serving]) -> Sequence[click.Command]:
    """The commands, over the application."""

    @click.command("serve")
    @click.option("--port", type=int, help="Port instead of the setting web_port; 0 = any.")
    def serve(port: int | None) -> None:
        """Serve the web interface on this machine only, and print its one-time address.

        \b
        Example:
          diarkiv serve --port 8465
        """
        app().serve(port)

    @click.command("worker")
    def worker() -> None:
        """Harvest channels when they are due and keep the search index up to date.

        \b
        Example:
          diarkiv worker
        """
        app().work()

    @click.command("run")
    @click.option("--port", type=int, help="Port instead of the setting web_port; 0 = any.")
    @click.pass_context
    def run(context: click.Context, port: int | None) -> None:
        """Run the web and the worker together, and start again what dies.

        \b
        Example:
          diarkiv --home /srv/diarkiv run
        """
        base = [sys.executable, "-m", "archiver", "--home", str(app().home)]
        web = [*base, "serve", *(("--port", str(port)) if port is not None else ())]
        context.exit(supervise({"web": web, "worker": [*base, "worker"]}, fatal=_FATAL))

    return (serve, worker, run)
