"""`diarkiv verify`, `prove` and `rebuild`: the archive as evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from archiver.cli.output import json_option, progress_bar, say, show
from archiver.cli.records import number
from archiver.core.enclosed import VERIFIER
from archiver.core.layout import SECRETS, VKEY
from archiver.core.verdict import Duty, Report
from archiver.db import queries
from archiver.db.captures import manual_captures
from archiver.db.engine import Database
from archiver.db.suppression import disposal_of
from archiver.errors import ConfigError, IntegrityError, NotFound, StoreUnavailable
from archiver.ledger.disposed_proof import disposed_openings
from archiver.ledger.proof import build_bundle, is_ours, verifier, whole_openings
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_path
from archiver.ledger.verify_stamp import read_roots

OwnKey = Callable[[], str | None]
OwnRoots = Callable[[], bytes | None]
DeepCheck = Callable[[Callable[[int, int], None]], list[str]]


def commands(
    ledger: Callable[[], Ledger],
    home: Callable[[], Path],
    deep: DeepCheck,
    own_key: OwnKey,
    database: Callable[[], Database],
    own_roots: OwnRoots,
) -> Sequence[click.Command]:
    """The commands, over what the composition root gives: `own_key` is the public half of the
    home's signing key, None if it cannot be opened; `own_roots` the root certificates of the home's
    time-stamp authorities, None if there are none."""
    return (
        _verify(home, deep, own_key, database, own_roots),
        _prove(ledger),
        _rebuild(ledger),
        _verifier(),
    )


def _verify(
    home: Callable[[], Path],
    deep_check: DeepCheck,
    own_key: OwnKey,
    database: Callable[[], Database],
    own_roots: OwnRoots,
) -> click.Command:
    @click.command("verify")
    @click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
    @click.option("--key", metavar="VKEY", help="The key you have pinned, as text or a file.")
    @click.option(
        "--deep", is_flag=True, help="Also open every frame: needs the keys, this home only."
    )
    @click.option(
        "--since",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="CHECKPOINT",
        help="A log/checkpoint kept from before: the archive must extend it.",
    )
    @click.option(
        "--tsa-roots",
        type=click.Path(exists=True, path_type=Path),
        metavar="FILE",
        help="Root certificates (PEM) of the time-stamp authorities you trust.",
    )
    @json_option
    @click.pass_context
    def verify(
        context: click.Context,
        path: Path | None,
        key: str | None,
        deep: bool,
        since: Path | None,
        tsa_roots: Path | None,
        as_json: bool,
    ) -> None:
        """Check that nothing was altered or lost: this home, an archive folder, a bundle, or a PDF
        that was given out.

        Without --key, this home is checked against the signing key in its secret store, if that can
        be opened; for anything else the verdict is then "Kan inte styrkas", because nobody has said
        whose archive it is. Ends with 0 when
        proven, 1 when the key was not compared, 5 when something is altered or missing.

        \b
        Examples:
          diarkiv verify
          diarkiv verify --deep
          diarkiv verify bevis.zip --key arkivets.vkey --tsa-roots rot.pem
        """
        own = path is None
        if since and path is not None and not path.is_dir():
            raise ConfigError("--since works on archive folders, not on what was given out.")
        if deep and not own:
            raise ConfigError("--deep needs the keys and works on this home only.")
        folder = home() if path is None else path
        if own and not (folder / VKEY).exists():
            raise ConfigError(f"{folder} is not a Diarkiv home.", remedy="Run `diarkiv init`.")
        pinned = _pinned(key) or (own_key() if own else None)
        roots = read_roots(tsa_roots) if tsa_roots else (own_roots() if own else None)
        with progress_bar("verify", quiet=as_json) as tell:
            earlier = since.read_bytes() if since else None
            report, _ = verify_path(folder, pinned, tell, earlier, roots, is_ours)
        for finding in _own_findings(folder, database(), report) if own else ():
            report.fail(Duty.LOG, finding)
        if deep and report.intact:
            with progress_bar("deep", quiet=as_json) as tell:
                _add_deep(report, deep_check(tell))
        show(as_json, report.as_json(), lambda: "\n".join(report.lines()))
        context.exit(report.exit_code)

    return verify


def _own_findings(home: Path, database: Database, report: Report) -> list[str]:
    """What the archive's own files cannot tell an outsider: whether this home lost any."""
    found = [] if (home / SECRETS).exists() else [f"{SECRETS} is missing."]
    try:
        if not report.head or not database.exists():
            return found
        with database.read() as connection:
            known = queries.projected(connection)
    except (StoreUnavailable, IntegrityError):
        return found  # a damaged database is no damage to the archive
    if known > report.head.size:
        found.append(f"The database holds {known} entries, the log {report.head.size}.")
    return found


def _add_deep(report: Report, findings: list[str]) -> None:
    for finding in findings:
        report.fail(Duty.CONTENT, finding)
    report.ok(Duty.CONTENT)


def _pinned(key: str | None) -> str | None:
    if key is None or "+" in key:
        return key
    try:
        return Path(key).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The key file {key} cannot be read.") from error


def _prove(ledger: Callable[[], Ledger]) -> click.Command:
    @click.command("prove")
    @click.argument("record", metavar="RECORD")
    @click.option(
        "-o",
        "out",
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="File to write.",
    )
    @json_option
    def prove(record: str, out: Path, as_json: bool) -> None:
        """Write a proof bundle for a record: every version and its media, unmasked. Of one that
        was disposed of: that it was, under a decision in force.

        \b
        Example:
          diarkiv prove R4711 -o bevis.zip
          python3 -I -S verify.pyz bevis.zip --key arkivets.vkey
        """
        wanted = number(record, "R")
        with ledger().database.read() as connection:
            is_gone = disposal_of(connection, wanted) is not None
        if is_gone:
            openings = disposed_openings(ledger(), wanted)
            seqs = sorted(openings)
        else:
            seqs = record_entries(ledger(), wanted)
            openings = whole_openings(ledger(), seqs)
        data = build_bundle(ledger(), openings, out.name)
        _write(out, data)
        fields = {"file": str(out), "entries": seqs, "bytes": len(data)}
        show(as_json, fields, lambda: f"{out}: {len(seqs)} entries, {len(data)} bytes")
        if not as_json and not is_gone:
            say("The bundle is not masked: handle it as the record itself.")

    return prove


def record_entries(ledger: Ledger, record: int) -> list[int]:
    """Entries that make up a record: its versions and their media chunks, and what is said of how
    it was captured by hand."""
    with ledger.database.read() as connection:
        versions = [version.seq for version in queries.versions_of(connection, record)]
        parts = queries.components_of(connection, versions)
        parts += [one.seq for one in manual_captures(connection, record)]
    if not versions:
        raise NotFound(
            f"There is no record R{record}.", remedy="`diarkiv records list` shows them."
        )
    return [*versions, *parts]


def _rebuild(ledger: Callable[[], Ledger]) -> click.Command:
    @click.command("rebuild")
    @json_option
    def rebuild(as_json: bool) -> None:
        """Make the database anew from packs, log and keys, beside the old one, and swap it in.

        \b
        Example:
          diarkiv rebuild
        """
        with progress_bar("rebuild", quiet=as_json) as tell:
            entries = ledger().rebuild(tell)
        show(as_json, {"entries": entries}, lambda: f"{entries} entries projected.")

    return rebuild


def _verifier() -> click.Command:
    @click.command("verifier")
    @click.option(
        "-o",
        "out",
        default=Path(VERIFIER),
        show_default=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="File to write.",
    )
    @json_option
    def command(out: Path, as_json: bool) -> None:
        """Write verify.pyz, the program outsiders check archives and bundles with.

        \b
        Example:
          diarkiv verifier -o verify.pyz
          python3 -I -S verify.pyz ARCHIVE --key VKEY
        """
        _write(out, verifier())
        show(as_json, {"file": str(out), "bytes": len(verifier())}, lambda: str(out))
        if not as_json:
            say("It needs Python 3.11 or later and nothing else.")

    return command


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
