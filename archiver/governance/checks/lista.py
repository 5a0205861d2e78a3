"""A-LISTA (row 4.4): the published list of accounts names those that are in use, and no others.

The list is the page that somebody last had fetched (`lifecycle upkeep visit --list`); it is fetched
again after a month. An account of another authority of the home may stand on it too. An account
that links do not name by its address (a DID) cannot be told from its link: as many links as there
are such accounts may be theirs.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.channel import MANUAL, ChannelState
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.page import account, host_of, leads, within
from archiver.governance.information.topics import hosts
from archiver.governance.upkeep.queries import Visit, visits

DAYS = 31


class Listed(NamedTuple):
    """Channels in use that are not `listed`, addresses listed that are `strange`, channels that
    cannot be looked for, and whether the page is `old`."""

    missing: tuple[int, ...]
    strange: tuple[str, ...]
    unseen: tuple[int, ...]
    old: bool


class Lista:
    """The published list of the subject's authority."""

    id = "A-LISTA"
    phase = Phase.GO_LIVE

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Listed | None:
    """The list against the channels; None where no list was fetched."""
    with archive.ledger.database.read() as connection:
        found = [one for one in visits(archive.ledger, connection, subject.authority)
                 if one.said.listing]  # fmt: skip
    if not found or archive.channels is None:
        return None
    page: Visit = found[-1]
    own = host_of(page.said.address)
    listed = {account(one) for one in page.said.links}
    known, missing, unseen = {""}, list[int](), list[int]()
    for one in archive.channels():
        address = account(one.url)
        known.add(address)
        if one.authority != subject.authority or one.platform == MANUAL:
            continue
        if one.state is ChannelState.CLOSING or host_of(one.url) == own:
            continue
        led = leads(address, listed)
        if not led:
            (unseen if led is None else missing).append(one.seq)
    strange = {one for one in listed - known if within(one.partition("/")[0], hosts())}
    return Listed(
        missing=tuple(missing),
        strange=tuple(sorted(one for one in strange if one.partition("/")[2])),
        unseen=tuple(unseen),
        old=subject.now - page.at > DAYS * 86_400_000,
    )


def judge(held: Listed | None) -> Result:
    """UNKNOWN where no list was fetched, or an account cannot be looked for on it."""
    if held is None:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Ingen publicerad förteckning är hämtad: `diarkiv lifecycle upkeep visit --list`.",
            "No published list was fetched: `diarkiv lifecycle upkeep visit --list`.",
        )
        return Result(check=Lista.id, outcome=outcome, reason=reason)
    sv, en = [], []
    if held.missing:
        which = ", ".join(f"C{one}" for one in held.missing)
        sv.append(f"Saknas i förteckningen: {which}.")
        en.append(f"Not on the list: {which}.")
    if len(held.strange) > len(held.unseen):
        sv.append(f"I förteckningen men inte i registret: {', '.join(held.strange)}.")
        en.append(f"On the list, and in no register: {', '.join(held.strange)}.")
    if sv:
        outcome, reason = Outcome.FAIL, Wording(" ".join(sv), " ".join(en))
    elif held.old:
        outcome = Outcome.STALE
        reason = Wording(
            f"Förteckningen hämtades för mer än {DAYS} dagar sedan.",
            f"The list was fetched more than {DAYS} days ago.",
        )
    elif held.unseen:
        which = ", ".join(f"C{one}" for one in held.unseen)
        outcome = Outcome.UNKNOWN
        reason = Wording(
            f"{which} har ingen webbadress att söka efter: jämför för hand med "
            f"{', '.join(held.strange) or 'förteckningen'}.",
            f"{which} has no web address to look for: compare by hand with "
            f"{', '.join(held.strange) or 'the list'}.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Förteckningen och registret stämmer överens.", "The list and the register agree."
        )
    data: dict[str, Json] = {
        "missing": list[Json](held.missing),
        "strange": list[Json](held.strange),
        "unseen": list[Json](held.unseen),
    }
    return Result(check=Lista.id, outcome=outcome, reason=reason, data=data)


check = Lista()
