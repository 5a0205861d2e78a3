"""A-SOKSP (row 7.2): no search picks persons by sensitive data (dataskyddslag 3:3 2 st).

What narrows a search beside its words must be about documents: their account, state, direction,
kind, class, case and time. That is held against what the index can be asked, what can be saved, and
what people have saved. Words are never judged: free text is noted, not blocked.
"""

from __future__ import annotations

from collections.abc import Collection
from inspect import signature
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.db.saved_searches import FILTERS
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase

# What says something of documents: as addresses and saved searches name it, and as the index does.
OF_DOCUMENTS = frozenset(
    {"konto", "tillstand", "riktning", "slag", "klass", "arende", "andrade", "aldre", "fran"}
    | {"till"}
)
ASKED_OF_INDEX = frozenset(
    {"query", "authorities", "channels", "records", "without", "kinds", "states", "origins"}
    | {"edited", "since_ms", "until_ms", "limit", "offset", "timeline", "older"}
)


class Barred(NamedTuple):
    """What narrows a search: what the index takes (None: no index here), what can be saved, and
    what was saved (None: saved searches are out of reach here)."""

    asked: Collection[str] | None
    offered: Collection[str]
    saved: Collection[str] | None


class Soksp:
    """What searches can select by."""

    id = "A-SOKSP"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        del subject
        return judge(gather(archive))


def gather(archive: Archive) -> Barred:
    """What selects, in this process."""
    index = None if archive.search is None else [*signature(archive.search.search).parameters]
    saved = None if archive.saved is None else archive.saved.filters_in_use()
    return Barred(index, FILTERS, saved)


def judge(held: Barred) -> Result:
    """UNKNOWN where a part of it cannot be seen and nothing else is amiss."""
    strange = {
        "asked": sorted({*(held.asked or ())} - ASKED_OF_INDEX),
        "offered": sorted({*held.offered} - OF_DOCUMENTS),
        "saved": sorted({*(held.saved or ())} - OF_DOCUMENTS),
    }
    data: dict[str, Json] = {where: list[Json](names) for where, names in strange.items()}
    named = sorted({name for names in strange.values() for name in names})
    if named:
        outcome = Outcome.FAIL
        reason = Wording(
            f"Det går att söka efter annat än handlingars egenskaper: {', '.join(named)}.",
            f"Searches can select by what is not of documents: {', '.join(named)}.",
        )
    elif held.asked is None or held.saved is None:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Sökningen är inte i gång här: kör kontrollen där arkivet visas.",
            "There is no search here: run the check where the archive is shown.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Inget filter och ingen sparad sökning väljer ut personer.",
            "No filter and no saved search selects persons.",
        )
    return Result(check=Soksp.id, outcome=outcome, reason=reason, data=data)


check = Soksp()
