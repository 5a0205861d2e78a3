"""`diarkiv retention audit`: whether everything in the log is there, or explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from archiver.cli.output import json_option, progress_bar, show
from archiver.errors import IntegrityError
from archiver.ledger.account import Account, account
from retention.cli_asked import Home

_ROWS = (
    ("live", "there, with their keys"),
    ("clear", "clear entries"),
    ("disposed", "disposed of under a decision in force"),
    ("stopped", "destroyed after an emergency stop"),
    ("repeated", "disposed of again after a recovery"),
    ("lost", "lost before a recovery"),
    ("unexplained", "unexplained"),
    ("keyless", "cohorts without a key: what lies in them cannot be opened"),
)


def command(home: Callable[[], Home]) -> click.Command:
    """The command, to be attached to `diarkiv retention`."""

    @click.command("audit")
    @json_option
    def audit(as_json: bool) -> None:
        """Account for every number in the log: live, or gone for a reason that the log gives. Ends
        with 5 if anything is unexplained. `diarkiv verify` also looks at every file.

        \b
        Examples:
          diarkiv retention audit
          diarkiv retention audit --json
        """
        with progress_bar("audit", quiet=as_json) as tell:
            found = account(home().ledger, tell)
        data: dict[str, Any] = {**asdict(found), "findings": list(found.findings)}
        show(as_json, data, lambda: _said(found))
        if found.unexplained:
            raise IntegrityError(
                f"{found.unexplained} entries are unexplained.",
                remedy="Keep this home as it is, and find out who had its keys.",
            )

    return audit


def _said(found: Account) -> str:
    lines = [f"{getattr(found, name):>12}  {words}" for name, words in _ROWS]
    return "\n".join([f"{found.entries:>12}  entries in the log", *lines, *found.findings])
