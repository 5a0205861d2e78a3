"""`diarkiv lifecycle upkeep`: what the checks rest on, in the terminal; answered in Swedish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.governance.cli_asked import Channel
from archiver.governance.core import upkeep as u
from archiver.governance.information.topics import topics
from archiver.governance.upkeep.processing import adopted
from archiver.governance.upkeep.service import Upkeep
from archiver.people.sign_in import SignIn

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_AUTHORITY = click.option("--authority", required=True, metavar="CODE", help="Whose it is (KS).")
_CHANNEL = click.argument("channel", type=Channel())
_WHO = (user_option, json_option)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def upkeep(self) -> Upkeep: ...

    def visited(self, address: str, *, listing: bool, allow: Sequence[str]) -> u.PageVisited: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def sign_in(self) -> SignIn: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, over what the composition root gives."""

    @click.group("upkeep")
    def upkeep() -> None:
        """What people note for the checks to rest on: terms, texts, the record of processing.

        \b
        Examples:
          diarkiv lifecycle upkeep terms --authority KS --platform facebook --version 2026-01-01 \\
            --reviewer "Kommunjuristen" --text "Godtagbara" --file villkor.pdf
          diarkiv lifecycle upkeep text C17 --place om --file om.txt
        """

    for one in (
        _terms,
        _processing,
        _text,
        _texts,
        _topics,
        _judge,
        _visit,
        _supervise,
        _look,
        _list,
    ):
        upkeep.add_command(one(home))
    return upkeep


def _terms(home: Callable[[], Home]) -> click.Command:
    @click.command("terms")
    @_AUTHORITY
    @click.option("--platform", required=True, help="Whose terms.")
    @click.option("--version", required=True, help="Their version, or day.")
    @click.option("--reviewer", required=True, help="Who read them.")
    @click.option("--text", required=True, help="What they found.")
    @click.option("--accepted/--refused", default=True, show_default=True, help="The stand taken.")
    @click.option("--file", type=_FILE, help="The saved copy; its digest is noted.")
    @with_options(_WHO)
    def terms(
        authority: str, file: Path | None, user: str | None, as_json: bool, **given: Any
    ) -> None:
        """Note that a platform's terms were reviewed. It holds for twelve months.

        \b
        Example:
          diarkiv lifecycle upkeep terms --authority KS --platform facebook --version 2026-01-01 \\
            --reviewer "Kommunjuristen" --text "Godtagbara med villkor" --file villkor.pdf
        """
        it = home()
        viewer = person(it.sign_in, user)
        copy: dict[str, Any] = _digest(file) if file else {}
        said = u.TermsReviewed(**given, **copy)
        seq = it.upkeep.reviewed(viewer, it.channels.authority(authority).seq, said)
        _noted(seq, as_json=as_json)

    return terms


def _processing(home: Callable[[], Home]) -> click.Command:
    @click.command("processing")
    @_AUTHORITY
    @click.option("--file", type=_FILE, required=True, help="JSON of `gdpr processing --json`.")
    @with_options(_WHO)
    def processing(authority: str, file: Path, user: str | None, as_json: bool) -> None:
        """Note which record of processing the authority has adopted.

        \b
        Examples:
          diarkiv gdpr processing --authority KS --json > register.json
          diarkiv lifecycle upkeep processing --authority KS --file register.json
        """
        it = home()
        viewer = person(it.sign_in, user)
        said = adopted(file.name, file.read_bytes())
        seq = it.upkeep.adopted(viewer, it.channels.authority(authority).seq, said)
        _noted(seq, as_json=as_json)

    return processing


def _text(home: Callable[[], Home]) -> click.Command:
    @click.command("text")
    @_CHANNEL
    @click.option("--place", required=True, help='Where: "om", "fäst inlägg", "regler".')
    @click.option("--record", type=int, help="An entry: the text is archived, and read there.")
    @click.option("--file", type=_FILE, help="A text file with what stands there.")
    @click.option("--address", default="", help="The page's address.")
    @click.option("--gone", is_flag=True, help="Nothing is shown there any more.")
    @with_options(_WHO)
    def text(
        channel: int, file: Path | None, gone: bool, user: str | None, as_json: bool, **given: Any
    ) -> None:
        """Note a text of information that an account shows: an archived record, or a file.

        \b
        Examples:
          diarkiv lifecycle upkeep text C17 --place "fäst inlägg" --record 5120
          diarkiv lifecycle upkeep text C17 --place om --file om.txt \\
            --address https://facebook.com/testkoping/about
          diarkiv lifecycle upkeep text C17 --place om --gone
        """
        if sum((given["record"] is not None, file is not None, gone)) != 1:
            raise ConfigError("Name a record, a file, or that it is gone: one of them.")
        it = home()
        copy: dict[str, Any] = {**_digest(file), "text": _read(file)} if file else {}
        said = u.TextShown(channel=channel, **given, **copy)
        _noted(it.upkeep.shown(person(it.sign_in, user), said), as_json=as_json)

    return text


def _texts(home: Callable[[], Home]) -> click.Command:
    @click.command("texts")
    @_CHANNEL
    @json_option
    def texts_(channel: int, as_json: bool) -> None:
        """Show the texts of information that the archive knows an account to have.

        \b
        Example:
          diarkiv lifecycle upkeep texts C17
        """
        rows = [
            {
                "place": one.place,
                "record": one.record,
                "characters": len(one.text),
                "earlier": len(one.before),
                "stale": one.stale,
            }
            for one in home().upkeep.texts(LOCAL, channel)
        ]
        show(as_json, rows, lambda: table_of("Texter", rows, "Inga texter är kända."))

    return texts_


def _topics(home: Callable[[], Home]) -> click.Command:
    del home

    @click.command("topics")
    @json_option
    def topics_(as_json: bool) -> None:
        """List what texts of information must say, with the law and the words looked for.

        \b
        Example:
          diarkiv lifecycle upkeep topics
        """
        rows = [
            {
                "topic": one.id,
                "check": one.check,
                "words": one.words.sv,
                "law": one.law,
                "phrases": ", ".join(one.phrases),
            }
            for one in topics().values()
        ]
        show(as_json, rows, lambda: table_of("Ämnen", rows, "Det finns inga ämnen."))

    return topics_


def _judge(home: Callable[[], Home]) -> click.Command:
    @click.command("judge")
    @_CHANNEL
    @click.argument("topic")
    @click.option("--met/--not-met", required=True, default=None, help="Whether the texts say it.")
    @click.option("--reason", required=True, help="Why.")
    @with_options(_WHO)
    def judge(
        channel: int, topic: str, met: bool, reason: str, user: str | None, as_json: bool
    ) -> None:
        """Judge by hand whether an account's texts say something. It holds until they change.

        \b
        Example:
          diarkiv lifecycle upkeep judge C17 hets --met --reason "Står som 'rasistiskt innehåll'"
        """
        it = home()
        viewer = person(it.sign_in, user)
        _noted(it.upkeep.judge(viewer, channel, topic, met=met, reason=reason), as_json=as_json)

    return judge


def _visit(home: Callable[[], Home]) -> click.Command:
    @click.command("visit")
    @click.argument("address")
    @_AUTHORITY
    @click.option("--list", "listing", is_flag=True, help="It is the published list of accounts.")
    @click.option("--allow-address", "allow", multiple=True, metavar="IP:PORT", help="If private.")
    @with_options(_WHO)
    def visit(address: str, authority: str, user: str | None, as_json: bool, **given: Any) -> None:
        """Fetch a page of the authority's own once, and note where it leads and what it takes.

        \b
        Example:
          diarkiv lifecycle upkeep visit https://testkoping.se/sociala-medier --authority KS --list
        """
        it = home()
        viewer = person(it.sign_in, user)
        seq = it.upkeep.visit(
            viewer,
            it.channels.authority(authority).seq,
            lambda: it.visited(address, **given),
        )
        _noted(seq, as_json=as_json)

    return visit


def _supervise(home: Callable[[], Home]) -> click.Command:
    @click.command("supervise")
    @_AUTHORITY
    @click.option("--channel", "channels", type=Channel(), multiple=True, help="C17; else all.")
    @click.option("--hours", multiple=True, required=True, help='"mån-fre 08:00-17:00"; several.')
    @click.option("--turn", "turns", multiple=True, required=True, help="HOURS;WHO;DEPUTY.")
    @click.option("--looks", type=click.IntRange(1), default=3, show_default=True, help="A day.")
    @with_options(_WHO)
    def supervise(
        authority: str, turns: tuple[str, ...], user: str | None, as_json: bool, **given: Any
    ) -> None:
        """Note how accounts are supervised: promised hours, who is there, and who steps in.

        \b
        Example:
          diarkiv lifecycle upkeep supervise --authority KS --hours "mån-fre 08:00-17:00" \\
            --turn "mån-fre 08:00-12:00;U12;U13" --turn "mån-fre 12:00-17:00;U13;U12"
        """
        it = home()
        viewer = person(it.sign_in, user)
        said = u.Supervised(turns=tuple(map(_turn, turns)), **given)
        seq = it.upkeep.supervised(viewer, it.channels.authority(authority).seq, said)
        _noted(seq, as_json=as_json)

    return supervise


def _turn(text: str) -> u.Turn:
    hours, *people = (part.strip() for part in text.split(";"))
    if not 1 <= len(people) <= 2:
        raise ConfigError(f"{text} is no turn.", remedy='"mån-fre 08:00-12:00;U12;U13".')
    return u.Turn(hours=hours, who=people[0], deputy="".join(people[1:]))


def _look(home: Callable[[], Home]) -> click.Command:
    @click.command("look")
    @click.argument("channels", type=Channel(), nargs=-1, required=True)
    @click.option("--text", default="", help="What there was to see.")
    @with_options(_WHO)
    def look(channels: tuple[int, ...], text: str, user: str | None, as_json: bool) -> None:
        """Note that you have looked at accounts, now.

        \b
        Example:
          diarkiv lifecycle upkeep look C17 C18
        """
        it = home()
        said = u.Looked(channels=channels, text=text)
        _noted(it.upkeep.looked(person(it.sign_in, user), said), as_json=as_json)

    return look


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--kind", type=click.Choice(list(u.NAMES)), default=None, help="Of this kind.")
    @json_option
    def list_(kind: str | None, as_json: bool) -> None:
        """List what was noted, the oldest first.

        \b
        Example:
          diarkiv lifecycle upkeep list --kind terms --json
        """
        rows = [
            {
                "noted": one.seq,
                "day": one.note.day,
                "kind": u.BOOK.name_of(one.note.said),
                "channels": ", ".join(f"C{each}" for each in u.channels_of(one.note.said)),
            }
            for one in home().upkeep.list(LOCAL, kind or "")
        ]
        show(as_json, rows, lambda: table_of("Egenkontroll", rows, "Inget är noterat."))

    return list_


def _digest(file: Path) -> dict[str, str]:
    return {"name": file.name, "sha256": sha256(file.read_bytes()).hexdigest()}


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file.name} is no text in UTF-8.", remedy="Save the page's text as a text file."
        ) from error


def _noted(seq: int, *, as_json: bool) -> None:
    show(as_json, {"noted": seq}, lambda: f"Noterat som {seq}.")
