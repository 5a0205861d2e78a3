"""`diarkiv lifecycle moderation`: the moderation log from the terminal, answered in Swedish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.governance.cli_asked import Channel, Day, Member
from archiver.governance.core import moderation as m
from archiver.governance.moderation import queries
from archiver.governance.moderation.grounds import grounds
from archiver.governance.moderation.service import Moderation
from archiver.people.sign_in import SignIn

_RECORD = click.option("--record", "records", type=int, multiple=True, help="An entry; several.")
_GROUND = click.option("--ground", default="", help="A code of `moderation grounds`.")
_DECIDER = click.option("--decider", default="", help="Who decided.")
_REVIEW = click.option("--review", type=Day(), help="When it is tried again.")
_REASON = click.option("--reason", required=True, help="Why, or what it rests on.")
_WHO = (user_option, json_option)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def moderation(self) -> Moderation: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def sign_in(self) -> SignIn: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, over what the composition root gives."""

    @click.group("moderation")
    def moderation() -> None:
        """The moderation log: who hid, removed or blocked what, on which ground.

        \b
        Examples:
          diarkiv lifecycle moderation log C17 --measure dolt --record 5120 --on 2026-11-22 \\
            --ground regel --decider "Kommunikationschefen"
          diarkiv lifecycle moderation reconcile C17
        """

    for one in (_grounds, _log, _list, _review, _lift, _attest, _limit, _reconcile):
        moderation.add_command(one(home))
    return moderation


def _grounds(home: Callable[[], Home]) -> click.Command:
    del home

    @click.command("grounds")
    @json_option
    def grounds_(as_json: bool) -> None:
        """List the grounds there are, with the law and the reply to whoever wrote.

        \b
        Example:
          diarkiv lifecycle moderation grounds
        """
        rows = [
            {
                "ground": one.code,
                "words": one.words.sv,
                "law": one.law,
                "duty": one.duty,
                "reply": one.reply,
            }
            for one in grounds().values()
        ]
        show(as_json, rows, lambda: table_of("Grunder", rows, "Det finns inga grunder."))

    return grounds_


def _log(home: Callable[[], Home]) -> click.Command:
    @click.command("log")
    @click.argument("channel", type=Channel())
    @click.option("--measure", type=Member(m.Measure), required=True, help="What was done.")
    @click.option("--on", type=Day(), help="The day; today if not said.")
    @click.option("--account", default="", help="Whom a block is of, as the platform names them.")
    @click.option("--motive", default="", help="Why, in words.")
    @click.option("--reply", help="What they were told; the ground's own if not said.")
    @with_options((_RECORD, _GROUND, _DECIDER, _REVIEW, *_WHO))
    def log(reply: str | None, user: str | None, as_json: bool, **given: Any) -> None:
        """Note a measure. What is not known yet may be left out and noted later (`review`).

        \b
        Examples:
          diarkiv lifecycle moderation log C17 --measure borttaget --record 5120 --ground bbs-hot \\
            --decider "Kommunikationschefen"
          diarkiv lifecycle moderation log C17 --measure blockerat --account "@troll" \\
            --ground regel --decider "Kommunikationschefen" --review 2027-02-01
        """
        it = home()
        viewer = person(it.sign_in, user)
        given["on"] = given["on"] or it.moderation.today()
        known = grounds().get(given["ground"])
        told = reply if reply is not None else known.reply if known else ""
        _noted(it.moderation.take(viewer, m.Taken(reply=told, **given)), as_json=as_json)

    return log


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--channel", "channels", type=Channel(), multiple=True, help="C17; else all.")
    @json_option
    def list_(channels: tuple[int, ...], as_json: bool) -> None:
        """List measures, the oldest first, as they stand.

        \b
        Example:
          diarkiv lifecycle moderation list --channel C17 --json
        """
        rows = [
            {
                "measure": row.seq,
                "channel": f"C{row.channel}",
                "what": m.MEASURES[m.Measure(row.measure)].sv,
                "on": said.on,
                "of": said.account or ", ".join(map(str, said.records)),
                "ground": row.ground,
                "decider": bool(row.decided),
                "review": queries.day_of(row.review) if row.review else None,
                "lifted": row.lifted is not None,
            }
            for row, said in home().moderation.list(LOCAL, channels)
        ]
        show(as_json, rows, lambda: table_of("Moderering", rows, "Loggen är tom."))

    return list_


def _review(home: Callable[[], Home]) -> click.Command:
    @click.command("review")
    @click.argument("measure", type=int)
    @with_options((_REASON, _GROUND, _DECIDER, _REVIEW, *_WHO))
    def review(measure: int, user: str | None, as_json: bool, **given: Any) -> None:
        """Note that a measure was tried again and stands, or what it lacked.

        \b
        Example:
          diarkiv lifecycle moderation review 5121 --reason "Hoten har fortsatt" \\
            --review 2027-08-01
        """
        it = home()
        said = m.Reviewed(of=measure, **given)
        _noted(it.moderation.review(person(it.sign_in, user), said), as_json=as_json)

    return review


def _lift(home: Callable[[], Home]) -> click.Command:
    @click.command("lift")
    @click.argument("measure", type=int)
    @with_options((_REASON, *_WHO))
    def lift(measure: int, reason: str, user: str | None, as_json: bool) -> None:
        """Note that a measure was lifted: shown again, no longer blocked.

        \b
        Example:
          diarkiv lifecycle moderation lift 5121 --reason "Tiden är ute"
        """
        it = home()
        said = m.Lifted(of=measure, reason=reason)
        _noted(it.moderation.lift(person(it.sign_in, user), said), as_json=as_json)

    return lift


def _attest(home: Callable[[], Home]) -> click.Command:
    causes = [one.value for one in m.ATTESTABLE]

    @click.command("attest")
    @click.option("--cause", type=click.Choice(causes), required=True, help="Why.")
    @with_options((_RECORD, _REASON, *_WHO))
    def attest(
        cause: str, records: tuple[int, ...], reason: str, user: str | None, as_json: bool
    ) -> None:
        """Stand for why records are no longer shown, where the platform does not say.

        \b
        Example:
          diarkiv lifecycle moderation attest --record 5120 --cause anvandaren_sjalv \\
            --reason "Personen meddelade det i telefon"
        """
        it = home()
        said = m.Attested(records=records, cause=m.Cause(cause), reason=reason)
        _noted(it.moderation.attest(person(it.sign_in, user), said), as_json=as_json)

    return attest


def _limit(home: Callable[[], Home]) -> click.Command:
    @click.command("limit")
    @click.argument("most", type=click.IntRange(0))
    @click.option("--authority", required=True, metavar="CODE", help="Whose it is (KS).")
    @click.option("--decision", required=True, help="Under which decision.")
    @with_options(_WHO)
    def limit(most: int, authority: str, decision: str, user: str | None, as_json: bool) -> None:
        """Set how many disappearances of unknown cause may stand without attestation (0 at first).

        \b
        Example:
          diarkiv lifecycle moderation limit 5 --authority KS --decision "KS 2026-11-02 § 201"
        """
        it = home()
        viewer = person(it.sign_in, user)
        said = m.Limited(most=most, decision=decision)
        seq = it.moderation.limit(viewer, it.channels.authority(authority).seq, said)
        _noted(seq, as_json=as_json)

    return limit


def _reconcile(home: Callable[[], Home]) -> click.Command:
    @click.command("reconcile")
    @click.argument("channel", type=Channel())
    @json_option
    def reconcile(channel: int, as_json: bool) -> None:
        """Say what came in and was no longer shown, each time with its cause.

        \b
        Example:
          diarkiv lifecycle moderation reconcile C17
        """
        found = home().moderation.reconcile(LOCAL, channel)
        rows: list[Mapping[str, object]] = [
            {
                "record": one.episode.record,
                "missed": stockholm_date(one.episode.at),
                "cause": one.cause.value,
                "words": m.CAUSES[one.cause].sv,
            }
            for one in found
        ]
        data = {"counts": m.counts([one.cause for one in found]), "episodes": rows}
        empty = "Inget som kommit in har slutat visas."
        show(as_json, data, lambda: table_of(f"Avstämning C{channel}", rows, empty))

    return reconcile


def _noted(seq: int, *, as_json: bool) -> None:
    show(as_json, {"noted": seq}, lambda: f"Noterat som {seq}.")
