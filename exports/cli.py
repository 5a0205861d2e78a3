"""`diarkiv exports`: what leaves the archive, on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import click

from exports.release import cli as release_cli
from exports.requests import cli as request_cli
from exports.requests import cli_fees, cli_mandates


class Home(request_cli.Home, cli_mandates.Home, cli_fees.Home, release_cli.Home, Protocol):
    """What the commands need of the application."""


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("exports")
    def group() -> None:
        """Requests for public records, and what is given out.

        \b
        Example:
          diarkiv exports request list
        """

    group.add_command(request_cli.group(home))
    group.add_command(release_cli.group(home))
    group.add_command(cli_mandates.group(home))
    group.add_command(cli_fees.group(home))
    return (group,)
