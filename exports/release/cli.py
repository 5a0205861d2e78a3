"""`diarkiv exports release`: what is chosen for a request and decided on, from the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import click

from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.errors import ConfigError, NotFound
from exports.core.release import (
    DECISIONS,
    REASONS,
    Because,
    Delivery,
    Item,
    ItemDecision,
)
from exports.release import cli_make
from exports.release.service import Releases
from gdpr.core.ground import Citation, Clause

_release = click.argument("release", type=int)
_DECIDE = (
    _release,
    click.argument("decision", type=click.Choice([one.value for one in ItemDecision])),
    click.option("--record", "records", multiple=True, metavar="R4711", help="Of these records."),
    click.option("--version", "n", type=int, help="Only this version of the one record."),
    click.option(
        "--because",
        type=click.Choice([one.value for one in Because]),
        default=Because.SECRECY.value,
        show_default=True,
        help="Why it is withheld.",
    ),
    click.option("--clause", "clauses", multiple=True, metavar="21:1", help="Which section."),
    click.option("--activity", default="", help="In which of the authority's activities."),
    click.option("--through", metavar="11:8", help="What carried the secrecy over."),
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def releases(self) -> Releases: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv exports`."""

    @click.group("release")
    def release() -> None:
        """What is given out on a request: chosen, decided, checked, made.

        \b
        Examples:
          diarkiv exports release add 4812 --record R311 --record R312
          diarkiv exports release decide 4850 masked --record R311
          diarkiv exports release decide 4850 given --record R312
          diarkiv exports release show 4850
          diarkiv exports release check 4850
          diarkiv exports release make 4850 --digest 6fd1… --answer --told --out utlamnande
        """

    for one in (_add, _items, _decide, _deliver, _list):
        release.add_command(one(home))
    for command in cli_make.commands(home):
        release.add_command(command)
    return release


def _add(home: Callable[[], Home]) -> click.Command:
    @click.command("add")
    @click.argument("request", type=int)
    @click.option("--record", "records", multiple=True, required=True, metavar="R4711")
    @click.option("--every-version", is_flag=True, help="What was edited, hidden or removed too.")
    @json_option
    def add(request: int, records: tuple[str, ...], every_version: bool, as_json: bool) -> None:
        """Choose records for the release that is prepared for REQUEST: their newest version, or
        every one. The recognisers look at them, and somebody decides on what they point at.

        \b
        Examples:
          diarkiv exports release add 4812 --record R311 --record R312
          diarkiv exports release add 4812 --record R311 --every-version
        """
        releases = home().releases
        numbers = [number(one, "R") for one in records]
        seq = releases.add(LOCAL, request, numbers, every_version=every_version)
        items = releases.drafts.get(LOCAL, seq).items
        row = {"release": seq, "request": request, "items": [_item(one) for one in items]}
        show(as_json, row, lambda: f"Release {seq} of request {request}: {len(items)} versions.")

    return add


def _items(home: Callable[[], Home]) -> click.Command:
    @click.command("items")
    @_release
    @json_option
    def items(release: int, as_json: bool) -> None:
        """List what was chosen for RELEASE, and what is decided on each version.

        \b
        Example:
          diarkiv exports release items 4850
        """
        rows = [_item(one) for one in home().releases.drafts.get(LOCAL, release).items]
        show(as_json, rows, lambda: table_of("Items", rows, "Nothing is chosen."))

    return items


def _decide(home: Callable[[], Home]) -> click.Command:
    @click.command("decide")
    @with_options(_DECIDE)
    def decide(**given: Any) -> None:
        """Decide what becomes of chosen records in RELEASE. What is withheld as secret names its
        sections; what is masked has them in its masks.

        \b
        Examples:
          diarkiv exports release decide 4850 given --record R312
          diarkiv exports release decide 4850 withheld --record R311 --version 1 --clause "21:1"
          diarkiv exports release decide 4850 withheld --record R313 --clause "26:1" \\
            --activity social_services
          diarkiv exports release decide 4850 withheld --record R314 --because not_official
        """
        drafts, release = home().releases.drafts, given["release"]
        records = [number(one, "R") for one in given["records"]]
        versions: Sequence[int] = ()
        if given["n"] is not None:
            if len(records) != 1:
                raise ConfigError("A version is one of a single record: name that.")
            held = drafts.get(LOCAL, release).items
            versions = [
                one.version for one in held if (one.record, one.n) == (*records, given["n"])
            ]
            if not versions:
                raise NotFound(f"R{records[0]} version {given['n']} was not chosen.")
            records = []
        said = drafts.decide(
            LOCAL,
            release,
            ItemDecision(given["decision"]),
            records=records,
            versions=versions,
            because=Because(given["because"]),
            citations=_citations(given),
        )
        rows = [_item(one) for one in said]
        show(given["as_json"], rows, lambda: table_of("Decided", rows, "Nothing."))

    return decide


def _citations(given: dict[str, Any]) -> list[Citation]:
    through = Clause.parse(given["through"]) if given["through"] else None
    return [
        Citation(clause=Clause.parse(one), activity=given["activity"], through=through)
        for one in given["clauses"]
    ]


def _deliver(home: Callable[[], Home]) -> click.Command:
    @click.command("deliver")
    @_release
    @click.argument("way", type=click.Choice([one.value for one in Delivery]))
    @json_option
    def deliver(release: int, way: str, as_json: bool) -> None:
        """Note how RELEASE, which was made, reached whoever asked.

        \b
        Example:
          diarkiv exports release deliver 4850 email
        """
        home().releases.drafts.deliver(LOCAL, release, Delivery(way))
        row = {"release": release, "way": way}
        show(as_json, row, lambda: f"Noted: release {release} was delivered ({way}).")

    return deliver


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--request", type=int, help="Only of this request.")
    @json_option
    def list_(request: int | None, as_json: bool) -> None:
        """List releases: drafts, and those that were made.

        \b
        Example:
          diarkiv exports release list --request 4812
        """
        rows = [
            {
                "release": one.seq,
                "request": one.request,
                "state": "draft" if one.made is None else "made",
                "entry": one.made,
                "items": len(one.items),
            }
            for one in home().releases.drafts.all(LOCAL, request)
        ]
        show(as_json, rows, lambda: table_of("Releases", rows, "There are no releases."))

    return list_


def _item(one: Item) -> dict[str, Any]:
    said = DECISIONS[one.decision].en if one.decision else None
    if one.decision is ItemDecision.WITHHELD:
        clauses = ", ".join(str(cited.clause) for cited in one.citations)
        said = f"{said}: {clauses or REASONS[one.because].en}"
    return {
        "record": f"R{one.record}",
        "version": one.n,
        "entry": one.version,
        "decision": one.decision.value if one.decision else None,
        "words": said or "not decided",
    }
