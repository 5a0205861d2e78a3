"""Records kept apart: `diarkiv protect`, `stop`, and what becomes of what was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from archiver.cli.home import Finding, Light
from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.records import number
from archiver.cli.when import swedish_time
from archiver.db.apart import ApartRow
from archiver.errors import ConfigError
from archiver.ledger.apart import Apart, Done
from archiver.store.box import parse_private, write_private

_Service = Callable[[], Apart]


def commands(
    apart: _Service, new_key: Callable[[], bytes], alarm: Callable[[], None]
) -> Sequence[click.Command]:
    """The commands, over the service that the composition root gives; `new_key` makes the private
    half of a key, `alarm` has people told at once."""
    return (
        _protect(apart),
        _unprotect(apart),
        _stop(apart, alarm),
        _destroy(apart),
        _hand_over(apart),
        _list(apart),
        _quarantine(apart, new_key),
    )


def _told(done: Done, words: str, as_json: bool) -> None:
    show(as_json, done.as_json(), lambda: f"R{done.record} {words} ({done.entries} keys moved).")


def _protect(apart: _Service) -> click.Command:
    @click.command("protect")
    @click.argument("record", metavar="RECORD")
    @click.option("--reason", required=True, help="Why it may be secret; sealed, never in clear.")
    @json_option
    def command(record: str, reason: str, as_json: bool) -> None:
        """Keep a record apart as possibly secret: lists and search no longer show its words.

        \b
        Examples:
          diarkiv protect R4711 --reason "Skyddad adress, enligt den som bor där"
        """
        done = apart().protect(number(record, "R"), reason=reason)
        _told(done, "is protected", as_json)

    return command


def _unprotect(apart: _Service) -> click.Command:
    @click.command("unprotect")
    @click.argument("record", metavar="RECORD")
    @click.option("--reason", required=True, help="Why it is no longer held to be secret.")
    @json_option
    def command(record: str, reason: str, as_json: bool) -> None:
        """Put a protected record back among the others.

        \b
        Examples:
          diarkiv unprotect R4711 --reason "Uppgiften gällde en annan ort"
        """
        done = apart().unprotect(number(record, "R"), reason=reason)
        _told(done, "is open again", as_json)

    return command


def _stop(apart: _Service, alarm: Callable[[], None]) -> click.Command:
    @click.command("stop")
    @click.argument("record", metavar="RECORD")
    @click.option("--reason", default="", help="Why; can be said later, elsewhere.")
    @json_option
    def command(record: str, reason: str, as_json: bool) -> None:
        """Emergency stop: put a record out of everybody's reach, now. Nothing is asked first.

        Whoever gets alerts, and is on duty, is told at once; call them and the police all the same.

        \b
        Examples:
          diarkiv stop R4711
          diarkiv stop R4711 --reason "Misstänkt barnpornografibrott, polisanmält"
        """
        service = apart()
        done = service.stop(number(record, "R"), reason=reason)
        _told(done, "is stopped: nobody here can open it", as_json)
        for path in service.left_keys():
            say(f"Take {path} away: whoever has it and the home can open what was stopped.")
        alarm()

    return command


def _destroy(apart: _Service) -> click.Command:
    @click.command("destroy")
    @click.argument("record", metavar="RECORD")
    @click.option("--instruction", required=True, help="Who decided, when, and its number.")
    @click.option("--confirm", is_flag=True, help="Do it; without this it is only said.")
    @json_option
    def command(record: str, instruction: str, confirm: bool, as_json: bool) -> None:
        """Destroy the keys of a stopped record, under a documented instruction. Nothing undoes it.

        \b
        Examples:
          diarkiv destroy R4711 --instruction "Åklagare NN 2026-11-20, AM-1-26"
          diarkiv destroy R4711 --instruction "Åklagare NN 2026-11-20, AM-1-26" --confirm
        """
        service, seq = apart(), number(record, "R")
        if confirm:
            _told(service.destroy(seq, instruction=instruction), "is destroyed", as_json)
            return
        found = service.destructible(seq)
        words = f"R{seq}: {found.entries} keys would be destroyed. Nothing was done; add --confirm."
        show(as_json, {**found.as_json(), "done": False}, lambda: words)

    return command


def _hand_over(apart: _Service) -> click.Command:
    @click.command("handover")
    @click.argument("record", metavar="RECORD")
    @click.option("--recipient", required=True, help="Who gets it, under which number.")
    @click.option(
        "--key",
        required=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The private half of the quarantine key.",
    )
    @click.option(
        "--out", required=True, type=click.Path(path_type=Path), help="Where the bundle is written."
    )
    @json_option
    def command(record: str, recipient: str, key: Path, out: Path, as_json: bool) -> None:
        """Write a stopped record as a proof bundle for a recipient that an instruction names.

        \b
        Examples:
          diarkiv handover R4711 --recipient "Polisen, K 1-26" --key d.key --out R4711.zip
        """
        if out.exists():
            raise ConfigError(f"{out.name} exists.", remedy="Name another file.")
        private = parse_private(key.read_text("utf-8", "replace"))
        seq = number(record, "R")
        data = apart().hand_over(seq, recipient=recipient, private=private)
        out.touch(mode=0o600)
        out.write_bytes(data)
        found = {"record": f"R{seq}", "file": str(out), "bytes": len(data)}
        show(as_json, found, lambda: f"{out} holds R{seq}, unmasked. It stays stopped here.")

    return command


def _list(apart: _Service) -> click.Group:
    @click.group("apart")
    def group() -> None:
        """Records that are kept apart."""

    @group.command("list")
    @json_option
    def command(as_json: bool) -> None:
        """List what is protected, stopped, handed over or destroyed, newest first.

        \b
        Examples:
          diarkiv apart list --json
        """
        rows = [_row(one) for one in apart().all()]
        show(as_json, rows, lambda: table_of("Kept apart", rows, "Nothing is kept apart."))

    return group


def _row(one: ApartRow) -> dict[str, object]:
    return {
        "record": f"R{one.record}",
        "state": one.state.value,
        "since": swedish_time(one.at),
        "kind": one.kind,
        "date": swedish_time(one.legal_at),
        "channel": f"C{one.channel}",
        "versions": one.versions,
    }


def _quarantine(apart: _Service, new_key: Callable[[], bytes]) -> click.Group:
    @click.group("quarantine")
    def group() -> None:
        """The key that stopped records are sealed under."""

    @group.command("key")
    @click.option("--contact", required=True, help="Who keeps the private half.")
    @click.option(
        "--out", required=True, type=click.Path(path_type=Path), help="Where it is written, once."
    )
    @json_option
    def command(contact: str, out: Path, as_json: bool) -> None:
        """Make the pair: the private half goes into a file to be taken away, and nowhere else.

        \b
        Examples:
          diarkiv quarantine key --contact "Säkerhetschefen" --out /media/usb/diarkiv.key
        """
        private = new_key()
        write_private(out, private)
        mark = apart().set_contact(private, contact=contact)
        found = {"file": str(out), "fingerprint": mark}
        words = f"{out} holds the private half of {mark}. Take it away, and keep it offline."
        show(as_json, found, lambda: words)

    return group


def of_left_keys(left: Sequence[Path]) -> Iterator[Finding]:
    """What the doctor says of private halves that nobody has taken away."""
    for path in left:
        yield Finding(
            Light.AMBER,
            f"The private half of a quarantine key lies in the home: {path.name}.",
            "Move the file to the contact, offline, and set a key made beforehand with "
            "`diarkiv quarantine key`.",
        )
