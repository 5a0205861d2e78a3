"""Making a home, and asking whether it is well: `diarkiv init`, `diarkiv doctor`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import click

from archiver.cli.output import json_option, say, show


class Light(StrEnum):
    """How a finding stands, with its word beside its colour."""

    GREEN = "ok"
    AMBER = "attention"
    RED = "broken"


_COLOURS = {Light.GREEN: "green", Light.AMBER: "yellow", Light.RED: "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the doctor looked at; `remedy` says what to do where it is not green."""

    light: Light
    what: str
    remedy: str = ""


Doctor = Callable[[], tuple[list[Finding], list[str]]]


def commands(
    home: Callable[[], Path],
    init: Callable[[str | None], str],
    doctor: Doctor,
    more: Sequence[click.Command] = (),
) -> Sequence[click.Command]:
    """The commands. `init` takes a passphrase or None and returns the log's public key; `doctor`
    gives findings and the list of hosts this home talks to; `more` are examinations of their own,
    below `doctor`."""
    examination = _doctor(doctor)
    for one in more:
        examination.add_command(one)
    return (_init(home, init), examination)


def _init(home: Callable[[], Path], init: Callable[[str | None], str]) -> click.Command:
    @click.command("init")
    @click.option("--passphrase", is_flag=True, help="Keep the root key under a passphrase.")
    @json_option
    def command(passphrase: bool, as_json: bool) -> None:
        """Make a new home: its root key, its log, its settings.

        \b
        Examples:
          diarkiv --home /srv/diarkiv init
          DIARKIV_HOME=/srv/diarkiv diarkiv init --passphrase
        """
        words = None
        if passphrase and "DIARKIV_PASSPHRASE" not in os.environ:
            words = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
        key = init(words)
        show(as_json, {"home": str(home()), "vkey": key}, lambda: f"Home: {home()}\nKey: {key}")
        if not as_json:
            say("Give the key to your auditor: what they pin, nobody can replace unseen.")
            say("Copy root.key to a safe, offline: without it the archive cannot be read.")

    return command


def _doctor(doctor: Doctor) -> click.Group:
    @click.group("doctor", invoke_without_command=True)
    @json_option
    @click.pass_context
    def command(context: click.Context, as_json: bool) -> None:
        """Look at this home and name everything that is missing, with its remedy.

        Also lists every host this home talks to. Ends with 1 if something is broken.

        \b
        Examples:
          diarkiv doctor
          diarkiv doctor s3
        """
        if context.invoked_subcommand:
            return
        findings, hosts = doctor()
        data = {
            "findings": [
                {"light": f.light.value, "what": f.what, "remedy": f.remedy} for f in findings
            ],
            "egress": hosts,
        }
        show(as_json, data, lambda: _as_text(findings, hosts))
        context.exit(1 if any(f.light is Light.RED for f in findings) else 0)

    return command


def _as_text(findings: Sequence[Finding], hosts: Sequence[str]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{finding.light.value:>9}  {finding.what}")
        if finding.remedy:
            lines.append(f"{'':>9}  → {finding.remedy}")
    lines += ["", "Hosts this home talks to:"]
    lines += [f"  {host}" for host in hosts] or ["  none"]
    return "\n".join(lines)
