"""`diarkiv register package` and `receipt`: file packages for a diarium that is in use already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from archiver.cli.output import json_option, say, show
from archiver.core.access import LOCAL
from archiver.errors import AlreadyExists, ConfigError
from archiver.registry.cli_asked import Home, entry_of
from archiver.registry.core.package import MAX_RECEIPT


def add_commands(group: click.Group, home: Callable[[], Home]) -> None:
    """Attach the commands to `diarkiv register`."""
    for one in (_package, _receipt):
        group.add_command(one(home))


def _package(home: Callable[[], Home]) -> click.Command:
    @click.command("package")
    @click.argument("number", required=False)
    @click.option("--handover", type=int, metavar="DECISION", help="Of a handover, not an entry.")
    @click.option(
        "--out",
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="File to write; it must not be there.",
    )
    @json_option
    def package(number: str | None, handover: int | None, out: Path, as_json: bool) -> None:
        """Write the entry NUMBER, or a handover, as a file package: what was registered, the
        records with their files and own bytes, and proof bundles. It is not masked.

        \b
        Examples:
          diarkiv register package "KS 2026/141" --out paket.zip
          diarkiv register package --handover 4711 --out paket.zip
        """
        if (number is None) == (handover is None):
            raise ConfigError("Name an entry by its number, or a handover, and not both.")
        packages = home().packages
        if handover is not None:
            made = packages.of_handover(LOCAL, handover)
        else:
            made = packages.of_entry(LOCAL, entry_of(home(), str(number)).seq)
        size = _write(out, packages.stream(LOCAL, made))
        row = {"file": str(out), "records": [f"R{one}" for one in made.records], "bytes": size}
        show(as_json, row, lambda: f"{out}: {len(made.records)} records, {size} bytes")
        if made.missing:
            say("Stopped, and not in it: " + ", ".join(f"R{one}" for one in made.missing) + ".")

    return package


def _write(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a new file that only its owner reads; what was begun and not finished is taken away."""
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError as error:
        raise AlreadyExists(f"{path.name} exists.", remedy="Name another file.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with file:
            return sum(file.write(piece) for piece in pieces)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _receipt(home: Callable[[], Home]) -> click.Command:
    @click.command("receipt")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @json_option
    def receipt(file: Path, as_json: bool) -> None:
        """Take the receipt FILE that came back for a handover's package: the recipient's number is
        noted, and the handover is closed.

        \b
        Example:
          diarkiv register receipt kvittens.json
        """
        with file.open("rb") as opened:
            of = home().packages.take_receipt(LOCAL, opened.read(MAX_RECEIPT + 1))
        show(as_json, {"handover": of}, lambda: f"Handover {of} is closed.")

    return receipt
