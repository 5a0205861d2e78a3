"""The commands of `diarkiv gdpr` that need a home: requests, incidents, processing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import click

from gdpr.incidents import cli as incident_cli
from gdpr.processing import cli as processing_cli
from gdpr.subjects import cli as subject_cli
from gdpr.subjects import cli_given


class Home(incident_cli.Home, processing_cli.Home, cli_given.Home, Protocol):
    """What the commands need of the application."""


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, to be attached to `diarkiv gdpr`."""
    return [subject_cli.group(home), incident_cli.group(home), *processing_cli.commands(home)]
