"""`diarkiv s3` and `diarkiv doctor s3`: shipping the archive to a bucket, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from archiver.cli.home import Finding, Light
from archiver.cli.output import json_option, progress_bar, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.ports import Clock
from archiver.errors import ConfigError
from archiver.ledger.fetch import fetch
from archiver.ledger.shipping import Shipping
from archiver.ledger.standing import Standing
from archiver.notify.matter import LATE_STORE
from archiver.store.place import StorePlace

if TYPE_CHECKING:
    from archiver.store.probe import Outcome


class StoreDesk(Protocol):
    """What the commands need of the application."""

    @property
    def shipping(self) -> Shipping: ...

    @property
    def store_place(self) -> StorePlace: ...

    def probe_store(self, tell: Callable[[Outcome], None]) -> list[Outcome]: ...


class Place(Protocol):
    """What `fetch` needs: it works where there is no home yet."""

    @property
    def store_place(self) -> StorePlace: ...


def commands(desk: Callable[[], StoreDesk], place: Callable[[], Place]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("s3")
    def group() -> None:
        """The archive's copy in a bucket with Object Lock.

        The worker ships every half minute and renews the locks once a month; these commands do it
        now, say how it stands, and bring an archive back.
        """

    for one in (_ship(desk), _status(desk), _renew(desk), _fetch(place)):
        group.add_command(one)
    return (group,)


def _ship(desk: Callable[[], StoreDesk]) -> click.Command:
    @click.command("ship")
    @json_option
    def ship(as_json: bool) -> None:
        """Ship what is new to the bucket now.

        Ends with 5 if another copy of this home has written: then this one is kept from writing.

        \b
        Examples:
          diarkiv s3 ship
          diarkiv s3 ship --json
        """
        with progress_bar("ship", quiet=as_json) as tell:
            done = desk().shipping.ship(tell)
        show(
            as_json,
            done._asdict(),
            lambda: (
                f"{done.entries} entries are in the bucket: {done.written} objects written, "
                f"{done.removed} outdated ones removed."
            ),
        )

    return ship


def _status(desk: Callable[[], StoreDesk]) -> click.Command:
    @click.command("status")
    @json_option
    def status(as_json: bool) -> None:
        """Say how far the archive has been shipped, and which objects wait for their lock.

        \b
        Example:
          diarkiv s3 status
        """
        if not desk().store_place.is_set:
            raise ConfigError("This home has no store.", remedy="Set store in diarkiv.toml.")
        now = desk().shipping.standing()
        waiting = [
            {"object": name, "locked_until": swedish_time(until) if until else "on legal hold"}
            for name, until in now.waiting
        ]
        data = {
            "entries": now.entries,
            "shipped_at": now.shipped_at or None,
            "renewed_at": now.renewed_at or None,
            "failing_since": now.failing_since or None,
            "code": now.code,
            "lapsing_since": now.lapsing_since or None,
            "waiting": [{"object": name, "locked_until": at or None} for name, at in now.waiting],
        }
        show(as_json, data, lambda: table_of("Waiting", waiting, "Nothing waits for its lock."))
        if not as_json:
            shipped = swedish_time(now.shipped_at) or "never"
            say(f"Shipped {shipped}: {now.entries} entries.")
            say(f"Locks renewed {swedish_time(now.renewed_at) or 'never'}.")
            if now.lapsing_since:
                say(f"Locks could not be renewed since {swedish_time(now.lapsing_since)}.")
            if now.code:
                say(f"It has failed since {swedish_time(now.failing_since)}: {now.code}.")

    return status


def _renew(desk: Callable[[], StoreDesk]) -> click.Command:
    @click.command("renew")
    @json_option
    def renew(as_json: bool) -> None:
        """Extend the locks, mirror legal holds, and remove replaced packs whose lock has passed.

        The worker does it once a month. A lock never reaches past the first day on which something
        in the pack is due for disposal, and is never shortened.

        \b
        Example:
          diarkiv s3 renew
        """
        with progress_bar("renew", quiet=as_json) as tell:
            done = desk().shipping.renew(tell)
        data = {
            **done._asdict(),
            "removed": list(done.removed),
            "waiting": [{"object": name, "locked_until": at or None} for name, at in done.waiting],
        }
        show(
            as_json,
            data,
            lambda: (
                f"{done.looked_at} objects: {done.extended} locks extended, {done.holds} holds "
                f"changed, {len(done.removed)} packs removed, {len(done.waiting)} wait for theirs."
            ),
        )

    return renew


def _fetch(place: Callable[[], Place]) -> click.Command:
    @click.command("fetch")
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    @json_option
    def command(folder: Path, as_json: bool) -> None:
        """Bring the archive in the bucket into the empty FOLDER.

        Works without a home: then the settings come from the environment. Key files come too if
        they have a bucket of their own; the root key never does.

        \b
        Examples:
          diarkiv s3 fetch /srv/diarkiv-new
          DIARKIV_STORE=s3://arkiv diarkiv --home /srv/new s3 fetch /srv/new
        """
        archive, keys = place().store_place.opened()
        with progress_bar("fetch", quiet=as_json) as tell:
            done = fetch(archive, keys, folder, tell)
        data = {"folder": str(folder), **done._asdict()}
        show(as_json, data, lambda: f"{folder}: {done.entries} entries, {done.files} files.")
        if not as_json:
            if not done.keys:
                say("No key files came along: put back keys/ from their own backup.")
            say(f"Put back the root key, then: diarkiv --home {folder} verify")

    return command


_LIGHTS = (Light.GREEN, Light.AMBER, Light.RED)  # by State


def examination(desk: Callable[[], StoreDesk]) -> click.Command:
    """`doctor s3`: what the bucket really does."""

    @click.command("s3")
    @json_option
    @click.pass_context
    def command(context: click.Context, as_json: bool) -> None:
        """Try what the store's bucket really does: conditions, locks, holds, rights, clock.

        Writes small objects below probe/, removes them again, and says what it may not remove yet.
        How it went is noted in the log. Ends with 1 if something is broken.

        \b
        Examples:
          diarkiv doctor s3
          diarkiv doctor s3 --json
        """

        def tell(one: Outcome) -> None:
            if not as_json:
                click.echo(f"{_LIGHTS[one.state].value:>9}  {one.what}")
                if one.remedy:
                    click.echo(f"{'':>9}  → {one.remedy}")

        found = desk().probe_store(tell)
        if as_json:
            rows = [
                {
                    "check": one.check.name.lower(),
                    "light": _LIGHTS[one.state].value,
                    "what": one.what,
                    "remedy": one.remedy,
                }
                for one in found
            ]
            show(True, {"findings": rows}, str)
        context.exit(1 if any(_LIGHTS[one.state] is Light.RED for one in found) else 0)

    return command


def of_store(is_set: bool, stands: Standing, clock: Clock) -> Iterator[Finding]:
    """What the doctor says of the store, where there is one."""
    if not is_set:
        return
    if stands.code:
        yield Finding(
            Light.RED,
            f"The archive has not been shipped since {swedish_time(stands.shipped_at) or 'ever'}: "
            f"{stands.code}.",
            "See why with `diarkiv s3 ship`; `diarkiv doctor s3` tries the bucket.",
        )
    elif clock.now() - stands.shipped_at > LATE_STORE:
        yield Finding(
            Light.AMBER,
            f"The archive was last shipped {swedish_time(stands.shipped_at) or 'never'}.",
            "Start `diarkiv run`, or ship it now: `diarkiv s3 ship`.",
        )
    else:
        yield Finding(Light.GREEN, f"The archive is shipped, {stands.entries} entries.")
    if stands.lapsing_since:
        yield Finding(
            Light.AMBER,
            f"The store's locks could not be renewed since {swedish_time(stands.lapsing_since)}.",
            "See why with `diarkiv s3 renew`; they last for months, and are tried each hour.",
        )
    if stands.waiting:
        yield Finding(
            Light.GREEN, f"{len(stands.waiting)} replaced packs wait in the store for their lock."
        )
