"""`diarkiv gdpr mask`: masks from the terminal. What a mask lies over is written only when asked
for. Whoever is at this machine and holds its key acts as actor 0, which is nobody in particular."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, say, show, table_of, with_options
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.registry.cli_asked import day_of
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import Mask, TextSpan, WholeField
from gdpr.core.place import CATEGORIES, code, parse
from gdpr.masks.reading import Kept
from gdpr.masks.service import Masks

_records = click.argument("records", nargs=-1, required=True, metavar="R4711...")
_masks = click.argument("masks", nargs=-1, required=True, type=int)
_alike = click.option("--alike", is_flag=True, help="And every suggestion of the same value.")
_ground = click.option(
    "--ground",
    "grounds",
    multiple=True,
    metavar="CLAUSE",
    help='A section in full: "21:7", "23:2 in school", "25:1 through 11:3". May be repeated.',
)
_note = click.option("--note", default="", help="Why, in words.")
_until = click.option("--until", metavar="DAY", help="The last day that it is valid.")


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def masks(self) -> Masks: ...

    @property
    def channels(self) -> Channels: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv gdpr`."""

    @click.group("mask")
    def mask() -> None:
        """Masks (maskning): what is hidden of records before they are given out, and why.

        \b
        Examples:
          diarkiv gdpr mask suggest R311 R312
          diarkiv gdpr mask list R311 --words
          diarkiv gdpr mask accept 1228544 --alike --ground 21:7
        """

    for one in (_suggest, _list, _add, _accept, _reject, _like, _undo, _activities, _grounds):
        mask.add_command(one(home))
    return mask


def _suggest(home: Callable[[], Home]) -> click.Command:
    @click.command("suggest")
    @_records
    @click.option("--request", "matter", type=int, help="The request it is for.")
    @click.option("--files", is_flag=True, help="Read the words in pictures and PDFs too.")
    @json_option
    def suggest(records: tuple[str, ...], matter: int | None, files: bool, as_json: bool) -> None:
        """Look for what may have to be masked in the newest versions of records.

        A suggestion hides nothing. What was released in another request is put to be looked at
        anew. To ask again adds nothing that was suggested before.

        \b
        Example:
          diarkiv gdpr mask suggest R311 R312 --request 4812
        """
        seqs, masks = _numbers(records), home().masks
        for less in masks.reduced:
            say(less)
        count = masks.suggest(LOCAL, seqs, matter=matter, files=files)
        waiting = sum(map(len, masks.pending(LOCAL, seqs).values()))
        fields = {"suggested": count, "pending": waiting}
        show(as_json, fields, lambda: f"New suggestions: {count}. To decide on: {waiting}.")

    return suggest


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @_records
    @click.option("--pending", is_flag=True, help="Only what nobody has decided on.")
    @click.option("--words", is_flag=True, help="Also the words that they lie over.")
    @json_option
    def list_(records: tuple[str, ...], pending: bool, words: bool, as_json: bool) -> None:
        """List the masks of records, with their grounds.

        \b
        Examples:
          diarkiv gdpr mask list R311
          diarkiv gdpr mask list R311 --pending --words --json
        """
        seqs, masks = _numbers(records), home().masks
        found = (masks.pending if pending else masks.masks)(LOCAL, seqs)
        rows = [_row(masks, one, words=words) for some in found.values() for one in some]
        show(as_json, rows, lambda: table_of("Masks", rows, "There are no masks."))

    return list_


def _add(home: Callable[[], Home]) -> click.Command:
    @click.command("add")
    @click.argument("record", metavar="R4711")
    @click.argument("place")
    @click.option("--category", type=click.Choice(CATEGORIES), default="other", show_default=True)
    @with_options((_ground, _note, _until, json_option))
    def add(**given: Any) -> None:
        """Mask a place in a record's newest version.

        A PLACE is "text text 12 20" (from the 12th to before the 20th character of the field text,
        counted from 0), "field author_name", "image 0 10 20 30 40" (attachment, left, top, width,
        height), "page 0 3 10 20 30 40" (the second number is the page, from 0) or "time 0 0 1500".

        \b
        Examples:
          diarkiv gdpr mask add R311 "text text 12 20" --category name --ground 21:7
          diarkiv gdpr mask add R311 "field author_name" --ground "25:1 through 11:3"
        """
        record, masks = number(given["record"], "R"), home().masks
        mask = Mask(
            record=record,
            version=masks.newest(LOCAL, record),
            target=parse(given["place"]),
            category=given["category"],
            citations=_citations(given["grounds"]),
            note=given["note"],
        )
        made = masks.add(LOCAL, mask, until=day_of(given["until"]))
        show(given["as_json"], {"mask": made}, lambda: f"Mask {made} was made.")

    return add


def _accept(home: Callable[[], Home]) -> click.Command:
    @click.command("accept")
    @with_options((_masks, _alike, _ground, _note, _until, json_option))
    def accept(**given: Any) -> None:
        """Accept suggestions: from now on they hide what they lie over.

        Masks that are looked at again, from an earlier release or version, keep the grounds they
        had if none are named.

        \b
        Examples:
          diarkiv gdpr mask accept 1228544 1228545 --ground 21:7
          diarkiv gdpr mask accept 1228544 --alike --ground "23:2 in school" --until 2027-06-30
        """
        masks = home().masks
        count = masks.accept(
            LOCAL,
            _chosen(masks, given["masks"], alike=given["alike"]),
            _citations(given["grounds"]),
            note=given["note"],
            until=day_of(given["until"]),
        )
        show(given["as_json"], {"accepted": count}, lambda: f"Accepted: {count}.")

    return accept


def _reject(home: Callable[[], Home]) -> click.Command:
    @click.command("reject")
    @with_options((_masks, _alike, _note, json_option))
    def reject(masks: tuple[int, ...], alike: bool, note: str, as_json: bool) -> None:
        """Decide that nothing is hidden there.

        \b
        Example:
          diarkiv gdpr mask reject 1228544 --alike --note "Kommunalrådet i sin roll"
        """
        service = home().masks
        count = service.reject(LOCAL, _chosen(service, masks, alike=alike), note=note)
        show(as_json, {"rejected": count}, lambda: f"Rejected: {count}.")

    return reject


def _like(home: Callable[[], Home]) -> click.Command:
    @click.command("alike")
    @click.argument("mask", type=int)
    @click.argument("records", nargs=-1, metavar="R4711...")
    @json_option
    def alike(mask: int, records: tuple[str, ...], as_json: bool) -> None:
        """List the suggestions over the same value as a mask's, in its record and these.

        \b
        Example:
          diarkiv gdpr mask alike 1228544 R312 R313
        """
        found = home().masks.alike(LOCAL, mask, _numbers(records))
        show(as_json, {"masks": found}, lambda: " ".join(map(str, found)) or "There are none.")

    return alike


def _undo(home: Callable[[], Home]) -> click.Command:
    @click.command("undo")
    @click.argument("record", metavar="R4711")
    @json_option
    def undo(record: str, as_json: bool) -> None:
        """Take back what was last decided here of a record's masks.

        \b
        Example:
          diarkiv gdpr mask undo R311
        """
        count = home().masks.undo(LOCAL, number(record, "R"))
        show(as_json, {"undone": count}, lambda: f"Taken back: {count}.")

    return undo


def _activities(home: Callable[[], Home]) -> click.Command:
    @click.command("activities")
    @click.option("--authority", required=True, metavar="CODE", help="Whose (KS).")
    @click.option("--set", "chosen", multiple=True, metavar="NAME", help="It carries this on.")
    @click.option("--none", "nothing", is_flag=True, help="It carries none of them on.")
    @json_option
    def activities_(authority: str, chosen: tuple[str, ...], nothing: bool, as_json: bool) -> None:
        """Show or set what activities (verksamhetsgrenar) an authority carries on.

        Much secrecy holds within an activity only: which sections can be cited follows from it.
        What is set replaces what was set before.

        \b
        Examples:
          diarkiv gdpr mask activities --authority KS
          diarkiv gdpr mask activities --authority BUN --set school --set personnel
        """
        seq = home().channels.authority(authority).seq
        if chosen or nothing:
            home().masks.set_activities(LOCAL, seq, chosen)
        held = home().masks.activities(LOCAL, seq)
        rows = [
            {"activity": name, "carried_on": name in held, "words": words.sv}
            for name, words in home().masks.kinds(seq).items()
        ]
        show(as_json, rows, lambda: table_of("Activities", rows, ""))

    return activities_


def _grounds(home: Callable[[], Home]) -> click.Command:
    @click.command("grounds")
    @click.option("--authority", required=True, metavar="CODE", help="Whose (KS).")
    @json_option
    def grounds(authority: str, as_json: bool) -> None:
        """List the sections that an authority may cite as its own, and how well each is known.

        \b
        Example:
          diarkiv gdpr mask grounds --authority KS
        """
        found = home().masks.grounds(LOCAL, home().channels.authority(authority).seq)
        rows = [
            {
                "clause": str(one.clause),
                "topic": one.topic.sv,
                "within": ", ".join(sorted(one.activities)),
                "harm": one.harm.value,
                "certainty": one.certainty.value,
            }
            for one in found
        ]
        show(as_json, rows, lambda: table_of("Grounds", rows, "There are none."))

    return grounds


def _row(masks: Masks, one: Kept, *, words: bool) -> Mapping[str, object]:
    row: dict[str, object] = {
        "mask": one.seq,
        "record": f"R{one.mask.record}",
        "version": one.mask.version,
        "place": code(one.mask.target),
        "category": one.mask.category,
        "source": one.mask.source,
        "state": one.mask.state.value,
        "again": one.again.value if one.again else None,
        "grounds": ", ".join(map(_cited, one.mask.citations)),
        "until": one.until.isoformat() if one.until else None,
    }
    if words and isinstance(one.mask.target, TextSpan | WholeField):
        row["words"] = masks.words(LOCAL, one.mask)
    return row


def _cited(one: Citation) -> str:
    if one.through:
        return f"{one.clause} through {one.through}"
    return f"{one.clause} in {one.activity}" if one.activity else str(one.clause)


def _citations(grounds: Collection[str]) -> tuple[Citation, ...]:
    """What `--ground` says; `ConfigError` for what is no section."""
    found = []
    for ground in grounds:
        rest, _, through = ground.partition(" through ")
        clause, _, activity = rest.partition(" in ")
        found.append(
            Citation(
                clause=Clause.parse(clause),
                activity=activity.strip(),
                through=Clause.parse(through) if through else None,
            )
        )
    return tuple(found)


def _chosen(masks: Masks, numbers: Collection[int], *, alike: bool) -> list[int]:
    if not alike:
        return list(numbers)
    return sorted({*numbers, *(same for one in numbers for same in masks.alike(LOCAL, one))})


def _numbers(records: Collection[str]) -> list[int]:
    return [number(one, "R") for one in records]
