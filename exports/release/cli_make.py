"""`diarkiv exports release show | check | waive | make | render`: looked at, checked, made."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.cli.output import json_option, progress_bar, say, show, with_options
from archiver.core import receipt
from archiver.core.access import LOCAL
from archiver.errors import AlreadyExists, ConfigError
from exports.core.access_request import Step
from exports.core.release import citations_used, in_words
from exports.release.document import PDF
from exports.release.service import Checked, Preview, Released, Releases
from exports.release.values import INSTANTS, at_words
from gdpr.leak import Output

_release = click.argument("release", type=int)
_out = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that does not exist yet.",
)
_structure = click.option(
    "--hide-structure", is_flag=True, help="Not even the number of hidden words is shown."
)
_MAKE = (
    _release,
    click.option("--digest", required=True, help="Of the set that was reviewed; `show` tells it."),
    click.option("--answer", is_flag=True, help="This is the answer to the request."),
    click.option("--part", is_flag=True, help="This is a part of it; more follows."),
    click.option("--told", is_flag=True, help="Told of the right to a written decision."),
    _structure,
    _out,
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def releases(self) -> Releases: ...


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, to be attached to `diarkiv exports release`."""
    return [one(home) for one in (_show, _check, _waive, _make, _render)]


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @_release
    @_structure
    @json_option
    def show_(release: int, hide_structure: bool, as_json: bool) -> None:
        """Show exactly what RELEASE would give out as things stand, why it may not yet, and the
        digest of the set.

        \b
        Example:
          diarkiv exports release show 4850
        """
        found = home().releases.preview(LOCAL, release, hide_structure=hide_structure)
        show(as_json, _preview(found), lambda: _told(found))

    return show_


def _check(home: Callable[[], Home]) -> click.Command:
    @click.command("check")
    @_release
    @_structure
    @json_option
    def check(release: int, hide_structure: bool, as_json: bool) -> int:
        """Render RELEASE and put every file through the leak check. Nothing is given out.

        \b
        Example:
          diarkiv exports release check 4850
        """
        with progress_bar("Checking", quiet=as_json) as progress:
            found = home().releases.check(
                LOCAL, release, hide_structure=hide_structure, progress=progress
            )
        show(as_json, _checked(found), lambda: _found(found))
        return 3 if found.leaks else 0

    return check


def _waive(home: Callable[[], Home]) -> click.Command:
    @click.command("waive")
    @_release
    @click.argument("digest")
    @click.option("--reason", required=True, help="Why it may be given out.")
    @json_option
    def waive(release: int, digest: str, reason: str, as_json: bool) -> None:
        """Let a suspect that the newest check of RELEASE found pass, by its DIGEST. What a mask
        hides is never waived.

        \b
        Example:
          diarkiv exports release waive 4850 5b1c09e2 --reason "Nämndens egen adress"
        """
        home().releases.waive(LOCAL, release, digest, reason)
        show(as_json, {"release": release, "waived": digest}, lambda: f"Waived: {digest}.")

    return waive


def _make(home: Callable[[], Home]) -> click.Command:
    @click.command("make")
    @with_options(_MAKE)
    def make(**given: Any) -> None:
        """Release the set of RELEASE that was reviewed, take the request's step with it, and write
        the files to a new folder. If anything was changed since, nothing leaves.

        \b
        Examples:
          diarkiv exports release make 4850 --digest 6fd1… --answer --told --out utlamnande
          diarkiv exports release make 4850 --digest 6fd1… --part --out del-1
        """
        if given["answer"] == given["part"]:
            raise ConfigError("Say whether it is the answer (--answer) or a part (--part).")
        _refuse_there(given["out"])
        with progress_bar("Releasing", quiet=given["as_json"]) as progress:
            made = home().releases.make(
                LOCAL,
                given["release"],
                digest=given["digest"],
                step=Step.ANSWER if given["answer"] else Step.RELEASE_PART,
                told=given["told"],
                hide_structure=given["hide_structure"],
                progress=progress,
            )
        _written(made, given["out"], given["as_json"])

    return make


def _render(home: Callable[[], Home]) -> click.Command:
    @click.command("render")
    @_release
    @_out
    @json_option
    def render(release: int, out: Path, as_json: bool) -> None:
        """Write the files of RELEASE, which was made, once more. Nothing in the archive is changed;
        it says so if the same files cannot be made.

        \b
        Example:
          diarkiv exports release render 4850 --out igen
        """
        _refuse_there(out)
        with progress_bar("Rendering", quiet=as_json) as progress:
            made = home().releases.render(LOCAL, release, progress)
        _written(made, out, as_json)

    return render


def write_files(out: Path, outputs: Sequence[Output]) -> None:
    """Write files to a folder that only its owner reads, whole or not at all, and never over
    anything. `AlreadyExists`, or `ConfigError` if it cannot be written."""
    _refuse_there(out)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.absolute().parent))
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}.") from error
    try:
        for output in outputs:
            with (fresh / output.name).open("xb") as file:
                file.write(output.content)
                file.flush()
                os.fsync(file.fileno())
        fresh.rename(out)  # fails if something with content came there meanwhile
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _refuse_there(out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise AlreadyExists(f"{out} exists.", remedy="Name a folder that does not exist.")


def _written(made: Released, out: Path, as_json: bool) -> None:
    try:
        write_files(out, made.outputs)
    except (AlreadyExists, ConfigError) as error:
        error.remedy = "The release was made; `diarkiv exports release render` writes its files."
        raise
    row = {
        "entry": made.seq,
        "folder": str(out),
        "files": [one.name for one in made.outputs],
        "sha256": {one.name: sha256(one.content).hexdigest() for one in made.outputs},
        "sealed": receipt.digest(next(o.content for o in made.outputs if o.name == PDF)),
        "clauses": [str(one.clause) for one in citations_used(made.set)],
        "untaken": made.untaken or None,
    }
    show(as_json, row, lambda: _digests(made, out, row))
    if made.untaken:
        say(f"The request's step was not taken: {made.untaken}")


def _digests(made: Released, out: Path, row: dict[str, Any]) -> str:
    """What was written, with the digests: of the files as they are, and of the PDF as it was sealed
    in the log, before its receipt was put in."""
    lines = [f"Released (entry {made.seq}): {len(made.outputs)} files in {out}."]
    lines.append("SHA-256 of the files as they are:")
    lines += [f"  {digest}  {name}" for name, digest in row["sha256"].items()]
    lines.append(f"SHA-256 that the log names for {PDF}, its receipt left empty: {row['sealed']}")
    return "\n".join(lines)


def _preview(found: Preview) -> dict[str, Any]:
    return {
        "request": found.set.request,
        "digest": found.digest,
        "problems": list(found.problems),
        "given": [
            {
                "record": f"R{one.item.record}",
                "version": one.item.n,
                "decision": one.item.decision,
                "fields": dict(one.fields),
            }
            for one in found.given
        ],
        "withheld": [f"R{one.record}" for one in found.set.withheld],
        "clauses": [in_words(one) for one in citations_used(found.set)],
    }


def _told(found: Preview) -> str:
    lines = [f"Release for request {found.set.request}"]
    for one in found.given:
        lines.append(f"\n{one.item.name} ({one.item.decision})")
        lines += [
            f"  {name}: {at_words(value) if name in INSTANTS else value}"
            for name, value in sorted(one.fields.items())
        ]
    lines += [f"\n{one.name} is withheld" for one in found.set.withheld]
    lines += [f"Rests on {in_words(one)}" for one in citations_used(found.set)]
    lines += [f"NOT YET: {problem}" for problem in found.problems]
    lines.append(f"\nDigest of this set: {found.digest}")
    return "\n".join(lines)


def _checked(found: Checked) -> dict[str, Any]:
    return {
        "digest": found.digest,
        "leaks": [{**one._asdict(), "waivable": one.waivable} for one in found.leaks],
        "files": dict(found.sizes),
        "remarks": [one._asdict() for one in found.remarks],
    }


def _found(found: Checked) -> str:
    files = [f"  {name}: {size} bytes" for name, size in found.sizes.items()]
    files += [
        f"  {one.item}, file {one.of + 1}: "
        + (
            f"cannot be checked ({one.because}): give it on paper or on the spot, or divide it"
            if one.because
            else f"made anew for what it carries: {', '.join(one.remade)}"
        )
        for one in found.remarks
    ]
    if not found.leaks:
        return "\n".join(["Nothing leaks.", *files, f"Digest of this set: {found.digest}"])
    lines = [f"The leak check stops it: {len(found.leaks)} findings."]
    for one in found.leaks:
        lines.append(f"  {one.words}{'' if one.waivable else ' (mask it)'}")
    return "\n".join(lines)
