"""`diarkiv`: attaches every package's commands to one application and ends with its exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import structlog

from archiver import __version__, config
from archiver.api import cli as api_cli
from archiver.app import Application, build
from archiver.channels import cli as channels_cli
from archiver.channels import token_cli
from archiver.cli import (
    alerts,
    apart,
    archive,
    captures,
    duty,
    home,
    output,
    records,
    s3,
    search,
    serving,
    stamps,
    user,
)
from archiver.clock import SystemClock
from archiver.core.ports import Clock
from archiver.demo import cli as demo_cli
from archiver.errors import DiarkivError
from archiver.governance import cli as governance_cli
from archiver.harvest import cli as harvest_cli
from archiver.harvest import gap_cli
from archiver.registry import capture_cli, inbox_cli, webdiary_cli
from archiver.registry import cli as register_cli
from exports import cli as exports_cli
from gdpr import cli as gdpr_cli
from gdpr import desk_cli as gdpr_desk_cli
from gdpr.leak import cli as leak_cli
from gdpr.masks import cli as mask_cli
from gdpr.masks import cli_grounds
from retention import cli as retention_cli
from retention.disposal import cli_recover

_GROUPS = (
    ("Home", ("init", "doctor", "authority", "channel", "user", "token", "alert", "duty")),
    ("Harvesting", ("harvest", "coverage", "gap", "run", "serve", "worker", "hooks")),
    ("Register", ("inbox", "register", "capture", "webdiary")),
    ("Retention", ("retention",)),
    ("Requests", ("exports",)),
    ("Governance", ("lifecycle", "checklist", "audit")),
    ("Personal data", ("gdpr",)),
    ("Reading", ("records", "captures", "search", "saved")),
    (
        "Kept apart",
        ("protect", "unprotect", "stop", "destroy", "handover", "apart", "quarantine"),
    ),
    ("Evidence", ("verify", "prove", "verifier", "stamp", "stamps", "rebuild", "recover", "s3")),
    ("Try it", ("demo",)),
)


class _Program(click.Group):
    """The program's help lists its commands by what they are for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        for title, names in _GROUPS:
            commands = [(name, self.commands[name]) for name in names if name in self.commands]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, command.get_short_help_str(70)) for name, command in commands]
                )


def program() -> click.Group:
    """The command line over an application that is built from `--home` when first needed."""
    held: dict[str, Application] = {}

    def app() -> Application:
        return held["app"]

    @click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
    @click.option(
        "--home",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="The home; else DIARKIV_HOME, else ~/.local/share/diarkiv.",
    )
    @click.version_option(__version__, prog_name="diarkiv")
    def root(folder: Path | None) -> None:
        """Diarkiv archives the social media of Swedish public authorities.

        \b
        A first archive:
          diarkiv init
          diarkiv authority add KS "Kommunstyrelsen"
          diarkiv channel add wordpress https://nyheter.testkoping.example --authority KS
          diarkiv harvest --all
          diarkiv run
        """
        held["app"] = build(config.home_folder(folder, os.environ), passphrase=_ask_passphrase)

    commands: Sequence[click.Command] = (
        *home.commands(
            lambda: app().home,
            lambda words: app().init(words),
            lambda: app().doctor(),
            [s3.examination(lambda: app().opened())],
        ),
        *channels_cli.commands(
            lambda: app().opened().desk, token_cli.command(lambda: app().opened())
        ),
        *alerts.commands(lambda: app().opened()),
        *duty.commands(lambda: app().opened()),
        *user.commands(lambda: app().opened()),
        *api_cli.commands(lambda: app().opened()),
        *harvest_cli.commands(app),
        *gap_cli.commands(app),
        *capture_cli.commands(lambda: app().opened()),
        *records.commands(lambda: app().opened().ledger),
        *captures.commands(lambda: app().opened().ledger),
        *search.commands(lambda: app().opened()),
        *register_cli.commands(lambda: app().opened()),
        *inbox_cli.commands(lambda: app().opened()),
        *retention_cli.commands(lambda: app().opened()),
        *exports_cli.commands(lambda: app().opened()),
        *governance_cli.commands(lambda: app().opened()),
        *apart.commands(
            lambda: app().opened().apart,
            lambda: app().opened().new_key(),
            lambda: app().opened().alarm(),
        ),
        *archive.commands(
            lambda: app().opened().ledger,
            lambda: app().home,
            lambda tell: app().deep(tell),
            lambda: app().own_key(),
            lambda: app().projection(),
            lambda: app().own_roots(),
        ),
        *stamps.commands(lambda: app().opened().stamping),
        cli_recover.command(app),
        *s3.commands(lambda: app().opened(), app),
        *serving.commands(lambda: app().opened()),
        *webdiary_cli.commands(lambda: app().opened(), lambda: app().web_diary_file),
        *gdpr_cli.commands(
            SystemClock(),
            mask_cli.group(lambda: app().opened()),
            cli_grounds.group(lambda: app().opened()),
            leak_cli.command(SystemClock()),
            *gdpr_desk_cli.commands(lambda: app().opened()),
        ),
        *demo_cli.commands(_demo),
    )
    for command in commands:
        root.add_command(command)
    return root


def _demo(folder: Path, clock: Clock) -> Application:
    """An application over the demo's own home: no setting or key of a real one reaches it."""
    return build(folder, environment={}, clock=clock, sleep=lambda _seconds: None)


def _ask_passphrase() -> str | None:
    if not sys.stdin.isatty():
        return None
    answer: str = click.prompt("Passphrase", hide_input=True, err=True)
    return answer


def _set_up_logs(*, as_json: bool) -> None:
    """Logs go to standard error, as words or JSON; libraries that print headers stay quiet."""
    render = (
        structlog.processors.JSONRenderer() if as_json else structlog.processors.LogfmtRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            render,
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever it is by then
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    for name in ("httpx", "httpcore", "werkzeug", "waitress", "botocore", "boto3"):
        logging.getLogger(name).setLevel(logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Every `DiarkivError` becomes its exit code here, once."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _set_up_logs(as_json="--json" in words)
    try:
        code = program().main(words, prog_name="diarkiv", standalone_mode=False)
    except DiarkivError as error:
        sys.exit(output.report_error(error, as_json="--json" in words))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        output.say("Stopped.")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
