"""A-COOKIE (rows 6.3 a–c): the authority's own pages take nothing from platforms before consent.

What is embedded in the mark-up is fetched by every reader's browser as the page opens (LEK 9:28;
C-40/17 Fashion ID). What scripts would fetch is not seen here: a page with scripts is UNKNOWN, and
a person looks at it in a browser.
"""

from __future__ import annotations

from collections.abc import Iterable

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.page import within
from archiver.governance.core.upkeep import PageVisited
from archiver.governance.information.topics import embedded, hosts
from archiver.governance.upkeep.queries import visits


class Cookie:
    """The pages of the subject's authority that somebody had fetched."""

    id = "A-COOKIE"
    phase = Phase.GO_LIVE

    def run(self, subject: Subject, archive: Archive) -> Result:
        with archive.ledger.database.read() as connection:
            every = visits(archive.ledger, connection, subject.authority)
        return judge({one.said.address: one.said for one in every}.values())


def judge(pages: Iterable[PageVisited]) -> Result:
    """What the pages take, by their newest visit."""
    pages = list(pages)
    platforms = hosts() | embedded()
    taken = {one.address: [host for host in one.hosts if within(host, platforms)] for one in pages}
    found = {address: held for address, held in taken.items() if held}
    scripted = sum(one.scripts for one in pages)
    if found:
        outcome = Outcome.FAIL
        which = ", ".join(sorted({host for held in found.values() for host in held}))
        reason = Wording(
            f"Egna sidor hämtar från plattformar utan samtycke: {which}.",
            f"Own pages fetch from platforms without consent: {which}.",
        )
    elif not pages:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Ingen egen sida är hämtad: `diarkiv lifecycle upkeep visit`.",
            "No own page was fetched: `diarkiv lifecycle upkeep visit`.",
        )
    elif scripted:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            f"{scripted} av {len(pages)} sidor har skript: vad de hämtar syns bara i en "
            "webbläsare.",
            f"{scripted} of {len(pages)} pages have scripts: what they fetch is seen in a browser.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Inget hämtas från plattformar när sidorna öppnas.",
            "Nothing is fetched from platforms as the pages open.",
        )
    data: dict[str, Json] = {"pages": len(pages), "scripted": scripted}
    data["taken"] = {address: list[Json](held) for address, held in found.items()}
    return Result(check=Cookie.id, outcome=outcome, reason=reason, data=data)


check = Cookie()
