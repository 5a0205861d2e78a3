"""A-LANK2 (row 7.10): the authority's own site leads to the account, and the account back to it.

Who is led both ways knows that the account is the authority's; an impostor is led to by nobody. The
site is what somebody had fetched (`lifecycle upkeep visit`), the way back stands in the account's
own texts.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.channel import MANUAL
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.page import account, host_of, leads
from archiver.governance.information.reading import texts
from archiver.governance.upkeep.queries import visits


class Linked(NamedTuple):
    """Whether the site leads to an account, and the account to the site; None: that cannot be
    seen."""

    to: bool | None
    back: bool | None


class Lank2:
    """The links between the site and the subject's accounts."""

    id = "A-LANK2"
    phase = Phase.GO_LIVE

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> dict[int, Linked]:
    """How each account is linked; the site itself is no account of it."""
    if archive.channels is None:
        return {}
    known = {one.seq: one for one in archive.channels()}
    today, ledger = stockholm_date(subject.now), archive.ledger
    with ledger.database.read() as connection:
        pages = [one.said for one in visits(ledger, connection, subject.authority)]
        shown = {
            one: [text.text for text in texts(ledger, connection, subject.authority, one, today)]
            for one in subject.channels
        }
    newest = {one.address: one for one in pages}.values()
    sites = {host_of(one.address) for one in newest}
    led = {account(link) for one in newest for link in one.links}
    found = dict[int, Linked]()
    for channel in subject.channels:
        url = known[channel].url
        if known[channel].platform == MANUAL or host_of(url) in sites:
            continue
        said = [text for text in shown[channel] if text.strip()]
        back = any(site in text.casefold() for site in sites for text in said)
        to = leads(account(url), led) if newest else None
        found[channel] = Linked(to, back if said and sites else None)
    return found


def judge(accounts: dict[int, Linked]) -> Result:
    """FAIL where a link is missing, UNKNOWN where one cannot be seen."""
    no_to = [f"C{channel}" for channel, one in accounts.items() if one.to is False]
    no_back = [f"C{channel}" for channel, one in accounts.items() if one.back is False]
    unseen = [f"C{channel}" for channel, one in accounts.items() if None in one]
    sv, en = [], []
    if no_to:
        sv.append(f"Webbplatsen länkar inte till {', '.join(no_to)}.")
        en.append(f"The site does not link to {', '.join(no_to)}.")
    if no_back:
        sv.append(f"{', '.join(no_back)} länkar inte till webbplatsen.")
        en.append(f"{', '.join(no_back)} does not link to the site.")
    if sv:
        outcome, reason = Outcome.FAIL, Wording(" ".join(sv), " ".join(en))
    elif unseen or not accounts:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Länkarna går inte att se: hämta webbplatsens sida (`upkeep visit`) och anteckna "
            "kontots text (`upkeep text`).",
            "The links cannot be seen: fetch the site's page (`upkeep visit`), and note the "
            "account's text (`upkeep text`).",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Webbplatsen och kontona länkar till varandra.", "The site and the accounts link."
        )
    data: dict[str, Json] = {
        "no_link_to": list[Json](no_to),
        "no_link_back": list[Json](no_back),
        "unseen": list[Json](unseen),
    }
    return Result(check=Lank2.id, outcome=outcome, reason=reason, data=data)


check = Lank2()
