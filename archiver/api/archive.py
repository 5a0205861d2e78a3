"""Authorities, channels, records and search, read by programs."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint

from archiver.api import given, reading, schemas
from archiver.api.register import listed
from archiver.api.services import services, viewer
from archiver.core.access import Permission
from archiver.core.egress import Purpose, release
from archiver.registry import shown

pages = APIBlueprint("archive", __name__, tag="Archive", url_prefix="/api/v1")


def _mine(authority: int) -> bool:
    return viewer().may(Permission.READ, authority)


@pages.get("/authorities")
@pages.output(given.Authorities)
def authorities() -> Any:
    """The authorities whose records the token may read."""
    found = [one for one in services().authorities() if _mine(one.seq)]
    return {"items": [{"seq": one.seq, "code": one.code, "name": one.name} for one in found]}


@pages.get("/channels")
@pages.output(given.Channels)
def channels() -> Any:
    """Their channels."""
    items = []
    for one in services().channels():
        if _mine(one.authority):
            fields = {"title": one.title, "url": one.url, "platform": one.platform}
            fields |= {"state": one.state.value}
            shown_ = release(viewer(), Purpose.OVERVIEW, fields)
            items.append({"seq": one.seq, "authority": one.authority, **shown_})
    return {"items": items}


@pages.get("/records")
@pages.input(schemas.RecordsQuery, location="query")
@pages.output(given.Records)
def records(query_data: schemas.RecordsQuery) -> Any:
    """Records, the newest legal date first."""
    return reading.records(services(), viewer(), query_data)


@pages.get("/records/<int:seq>")
@pages.output(given.Record)
def record(seq: int) -> Any:
    """One record, with the words of its newest version."""
    return reading.record(services(), viewer(), seq)


@pages.get("/records/<int:seq>/versions")
@pages.output(given.Versions)
def versions(seq: int) -> Any:
    """Every state it was seen in."""
    return reading.versions(services(), viewer(), seq)


@pages.get("/records/<int:seq>/thread")
@pages.output(given.Thread)
def thread(seq: int) -> Any:
    """The thread it is in."""
    return reading.thread(services(), viewer(), seq)


@pages.get("/records/<int:seq>/decisions")
@pages.output(given.Decisions)
def decided(seq: int) -> Any:
    """What was decided of it."""
    reading.visible(services(), viewer(), seq)
    reader = services().register.reader
    entries = reader.of_records(viewer(), [seq]).get(seq, [])
    decisions = reader.decisions(viewer(), seq)
    return {
        "entries": listed(entries),
        "decisions": [shown.decision_fields(viewer(), *one) for one in decisions],
    }


@pages.get("/search")
@pages.input(schemas.SearchQuery, location="query")
@pages.output(given.Hits)
def search(query_data: schemas.SearchQuery) -> Any:
    """Full text, best first. The words asked for are not logged."""
    return reading.search(services(), viewer(), query_data)
