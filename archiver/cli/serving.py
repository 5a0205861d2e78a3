"""`diarkiv serve`, `worker`, `run` and `hooks`: the web, the worker, both under one supervisor, and
the receiver of webhooks, which stands by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import click

from archiver.cli.output import json_option, show
from archiver.cli.supervise import supervise

_FATAL = frozenset({2, 5})


class Serving(Protocol):
    """What the commands need of the application."""

    home: Path

    def serve(self, port: int | None, *, as_json: bool) -> None:
        """Serve the web interface until interrupted; prints the one-time address."""
        ...

    def hooks(self, port: int, *, as_json: bool) -> None:
        """Receive what platforms push until interrupted."""
        ...

    def hook(self, channel: str) -> Mapping[str, str]:
        """Where a channel's platform is to push to, and the word it asks for."""
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

    @click.command("hooks")
    @click.option("--port", type=int, default=8466, show_default=True, help="Port; 0 = any.")
    @click.option("--show", "channel", metavar="ID", help="Only say what to enter at the platform.")
    @json_option
    def hooks(port: int, channel: str | None, as_json: bool) -> None:
        """Receive webhooks on this machine's loopback, for a reverse proxy to pass on; or --show
        the path and the verify token to enter at the platform for a channel.

        \b
        Examples:
          diarkiv hooks --port 8466
          diarkiv hooks --show C17
        """
        if channel is None:
            app().hooks(port, as_json=as_json)
            return
        told = app().hook(channel)
        words = f"path          {told['path']}\nverify token  {told['verify_token']}"
        show(as_json, told, lambda: words)

    return (serve, worker, run, hooks)
