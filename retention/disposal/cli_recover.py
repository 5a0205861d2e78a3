"""`diarkiv recover`: a home that was restored from a backup goes on under a new log generation.

What a person must know afterwards is said: what is lost, what lies open again, which numbers may
have been given out, and what is to be done in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.cli.home import Finding, Light
from archiver.cli.output import json_option, progress_bar, say, show
from archiver.core.calendar import stockholm_date
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.core.recovery import successor
from archiver.ledger.service import Ledger
from archiver.registry import numbering, queries
from retention.disposal.again import Again
from retention.disposal.recovery import Outlook, Restoration, checked_reason

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_REGISTERED = (EventType.REGISTERED, EventType.REGISTERED_APART, EventType.CASE_OPENED)
_GIVEN = (EventType.USER_ADDED, EventType.USER_CHANGED, EventType.TOKEN_ADDED)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def restoration(self) -> Restoration: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def clock(self) -> Clock: ...


def command(home: Callable[[], Home]) -> click.Group:
    """The command, over what the composition root gives."""

    @click.group("recover", invoke_without_command=True)
    @click.option("--log", type=_FOLDER, help="A newer copy of the folder log/ of the lost home.")
    @click.option("--checkpoint", type=_FILE, help="A signed log/checkpoint that somebody kept.")
    @click.option("--certificates", type=_FOLDER, help="Proofs (zip) of disposal certificates.")
    @click.option("--reason", default="", help="What happened and who decided; sealed in the log.")
    @click.option("--confirm", is_flag=True, help="Do it; else it is only looked at.")
    @json_option
    @click.pass_context
    def recover(
        context: click.Context,
        log: Path | None,
        checkpoint: Path | None,
        certificates: Path | None,
        reason: str,
        confirm: bool,
        as_json: bool,
    ) -> None:
        """Go on with a home that was restored from a backup, under a new log generation.

        The restored log is never continued under its old name: the lost home may have signed more.
        Everything that is named is checked first; without --confirm nothing is changed. What was
        disposed of since the backup is disposed of again. One that is cut short is gone on with by
        the same command. Stop the worker and what serves before.

        \b
        Examples:
          diarkiv recover --log /mnt/bucket/log --reason "Disken gick sönder 22 nov"
          diarkiv recover --checkpoint kept.checkpoint --certificates protokoll/ \\
              --reason "Disken gick sönder 22 nov" --confirm
          diarkiv recover attest --reason "Inget mer finns att hämta. Arkivarien."
        """
        if context.invoked_subcommand:
            return
        checked_reason(reason)
        note = checkpoint.read_bytes() if checkpoint else None
        restoration, done = home().restoration, None
        with progress_bar("recover", quiet=as_json) as tell:

            def progress(_step: str, at: int, all_: int) -> None:
                tell(at, all_)

            outlook = restoration.look(
                log=log, checkpoint=note, certificates=certificates, progress=progress
            )
            if confirm:
                done = restoration.recover(outlook, reason=reason, progress=progress)
        series = _series(home()) if confirm else None
        vkey = str(home().ledger.verifier_key) if confirm else None
        fields = _fields(outlook, done, series, vkey)
        show(as_json, fields, lambda: "\n".join(_lines(outlook, done, series)))
        if not as_json:
            _advise(outlook, vkey)

    @recover.command("attest")
    @click.option("--reason", required=True, help="What is known of the loss; sealed in the log.")
    @json_option
    def attest(reason: str, as_json: bool) -> None:
        """Answer for what a recovery lost: until then `verify` counts it as unexplained.

        \b
        Example:
          diarkiv recover attest --reason "Säkerhetskopian var av den 20 november. Arkivarien."
        """
        lost, event = home().restoration.attest(reason)
        fields = {"lost": lost, "entry": event}
        show(as_json, fields, lambda: f"{lost} lost entries are answered for, in entry {event}.")

    return recover


def of_losses(unanswered: int) -> Iterator[Finding]:
    """What the doctor says of a recovery that nobody answers for."""
    if unanswered:
        yield Finding(
            Light.AMBER,
            "This home was recovered from a backup, and nobody answers for what was lost.",
            "See it with `diarkiv verify`, then `diarkiv recover attest --reason …`.",
        )


def _series(home: Home) -> list[dict[str, Any]]:
    """Each series of numbers, with the last number of this year that the backup knows."""
    year = stockholm_date(home.clock.now()).year
    with home.ledger.database.read() as connection:
        return [
            {"code": one.code, "year": year, "last": queries.last_number(connection, one.seq, year)}
            for one in numbering.all_series(home.ledger, connection, None)
        ]


def _fields(
    outlook: Outlook, done: Again | None, series: list[dict[str, Any]] | None, vkey: str | None
) -> Mapping[str, Any]:
    said = outlook.recovered
    return {
        "recovered": done is not None,
        "resumed": outlook.resumed,
        "origin": successor(said.origin),
        "from": said.start,
        "known": said.size,
        "heard_of_in": outlook.source,
        "lost": said.lost,
        "lost_types": outlook.types,
        "repeat": len(outlook.repeat),
        "certificates": [
            {"file": one.file, "number": one.number, "compared": one.compared}
            for one in outlook.certificates
        ],
        "open_again": list(outlook.apart),
        "destroyed_again": done.entries if done else None,
        "suppressed_again": done.records if done else None,
        "left_in_quarantine": list(done.left) if done else None,
        "series": series,
        "vkey": vkey,
    }


def _lines(outlook: Outlook, done: Again | None, series: list[dict[str, Any]] | None) -> list[str]:
    said = outlook.recovered
    lines = [
        f"The backup holds {said.start} entries of {said.origin}; it goes on as "
        f"{successor(said.origin)}.",
        f"The lost home is known to have had {said.size} (from: {outlook.source or 'the plan'}): "
        f"{said.lost} entries are lost.",
    ]
    if outlook.types:
        lines.append("Among them: " + _counted(outlook.types))
    for one in outlook.certificates:
        how = "its root fits the entries" if one.compared else "NOT comparable: entries are lost"
        lines.append(f"Certificate {one.number} ({one.file}): {how}.")
    if done is None:
        lines.append(f"{len(outlook.repeat)} entries would be destroyed again.")
    else:
        lines.append(
            f"{done.entries} entries were destroyed again; {done.records} records are not captured "
            "again."
        )
        if done.left:
            lines.append(f"Left in quarantine, not to be parted here: {_shown(done.left)}.")
    if outlook.apart:
        lines.append(
            f"Put apart after the backup and OPEN now, entries {_shown(outlook.apart)}: protect or "
            "stop their records again at once."
        )
    for row in series or ():
        lines.append(f"Series {row['code']}: the last number known is {row['year']}/{row['last']}.")
    return lines


def _counted(types: Mapping[str, int]) -> str:
    registered = sum(types.get(one, 0) for one in _REGISTERED)
    people = sum(types.get(one, 0) for one in _GIVEN)
    return (
        f"{types.get(EventType.VERSION, 0)} versions, {registered} numbers of the register, "
        f"{people} changes of users and tokens, {sum(types.values())} entries in all."
    )


def _shown(seqs: tuple[int, ...]) -> str:
    more = f" and {len(seqs) - 20} more" if len(seqs) > 20 else ""
    return ", ".join(map(str, seqs[:20])) + more


def _advise(outlook: Outlook, vkey: str | None) -> None:
    if outlook.source == "home":
        say("Nothing newer was named: what the lost home did after the backup is not known.")
    if vkey is None:
        say("Nothing was changed. Run it again with --confirm.")
        return
    say(f"The new public key, for the auditor: {vkey}")
    say("Then, in this order:")
    say("1. Series of numbers: if more were given out than is known, begin behind them:")
    say('   diarkiv register series set CODE "MASK" --authority A --change CODE --first YEAR/N')
    say(
        "2. Users, roles, tokens: what was given or taken back since the backup; sessions that were"
    )
    say("   ended since are open again. Holds, decisions, protection: set them again.")
    say("3. A store: give this generation a prefix of its own in the setting `store`.")
    say("4. diarkiv run: harvests read anew what the platforms still show.")
    say("5. diarkiv recover attest --reason …: until then the loss is unexplained.")
