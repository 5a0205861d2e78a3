"""`diarkiv stamp` and `stamps`: outside time stamps over the log, and what the doctor says of them.

Nothing fails where no authority is set up: that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import click

from archiver.cli.home import Finding, Light
from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.anchor import Anchor
from archiver.ledger.stamping import Stamping, StampState

_NONE = "No time-stamp authority is set up."
_SET_ONE = "Set timestamp_urls and timestamp_roots: see the operator's guide, Time stamps."
_DAY = 86_400_000
_SHOWN = 20


def commands(stamping: Callable[[], Stamping]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""
    return (_stamp(stamping), _stamps(stamping))


def _stamp(stamping: Callable[[], Stamping]) -> click.Command:
    @click.command("stamp")
    @json_option
    def command(as_json: bool) -> None:
        """Have everything that is signed so far stamped by an outside authority, now.

        The worker does so by itself each hour in which something is added. Ends with 4 if no
        authority gives a stamp, with 0 if none is set up.

        \b
        Example:
          diarkiv stamp
        """
        anchor = stamping().stamp_now()
        data = {"configured": anchor is not None, "stamp": _row(anchor) if anchor else None}
        show(as_json, data, lambda: _words(anchor) if anchor else _NONE)
        if anchor is None and not as_json:
            say(_SET_ONE)

    return command


def _stamps(stamping: Callable[[], Stamping]) -> click.Command:
    @click.command("stamps")
    @click.option(
        "--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="How many."
    )
    @json_option
    def command(limit: int, as_json: bool) -> None:
        """List the outside time stamps, the newest first.

        \b
        Example:
          diarkiv stamps --limit 5
        """
        rows = [_row(anchor) for anchor in stamping().stamps(limit)]
        show(as_json, {"stamps": rows}, lambda: table_of("Time stamps", rows, "No stamp yet."))

    return command


def _row(anchor: Anchor) -> dict[str, object]:
    return {
        "entry": anchor.seq,
        "covers": anchor.size,
        "stamped": swedish_time(anchor.time),
        "file": anchor.reply,
        "sha256": anchor.sha256,
    }


def _words(anchor: Anchor) -> str:
    when = swedish_time(anchor.time)
    return f"Stamped {when}: the first {anchor.size} entries ({anchor.reply})."


def of_stamps(state: StampState, now: int) -> Iterator[Finding]:
    """Whether the log is stamped by anybody outside, and how long ago. `now` in milliseconds."""
    if not state.configured:
        yield Finding(Light.AMBER, f"{_NONE} Only this archive's own clock says when.", _SET_ONE)
        return
    since = state.waiting_since
    told = f"The newest time stamp is of {swedish_time(state.newest.time)}" if state.newest else ""
    if since is None or now - since <= 2 * state.interval:
        yield Finding(Light.GREEN, f"{told or 'No time stamp is due yet'}.")
        return
    light = Light.RED if now - since > max(_DAY, 4 * state.interval) else Light.AMBER
    yield Finding(
        light,
        f"{told or 'Nothing is time-stamped'}; entries wait since {swedish_time(since)}.",
        "Is the worker running? Try `diarkiv stamp`, which says what is wrong.",
    )


def authorities(urls: Sequence[str]) -> list[str]:
    """Where digests are sent to be stamped, for the list of hosts that the home talks to."""
    parts = (urlsplit(url) for url in urls)
    return [f"{one.scheme}://{one.netloc.rpartition('@')[2]} (time stamps)" for one in parts]
