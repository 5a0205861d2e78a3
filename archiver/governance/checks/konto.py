"""A-KONTO2 (row 1.2): each account has two named administrators, MFA, an owner unit and somebody
who can get back in. What the register of accounts does not hold is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.accounts.queries import register
from archiver.governance.archive import Archive
from archiver.governance.core import account as a
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase


class Konto:
    """The subject's accounts in the register."""

    id = "A-KONTO2"
    phase = Phase.GO_LIVE

    def run(self, subject: Subject, archive: Archive) -> Result:
        it, day = register(archive.ledger, subject.authority), stockholm_date(subject.now)
        return judge({channel: a.lacks(it, channel, day) for channel in subject.channels})


def judge(lacks: Mapping[int, Sequence[str]]) -> Result:
    """Account → what it lacks (`a.LACKS`). UNKNOWN where there is none, or something was not
    noted; what contradicts the row goes first."""
    by_code = {code: [one for one, held in lacks.items() if code in held] for code in a.LACKS}
    wrong = {code: held for code, held in by_code.items() if held and code in a.CONTRADICTS}
    unsaid = {code: held for code, held in by_code.items() if held and code not in a.CONTRADICTS}
    if not lacks:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget konto är anslutet.", "No account is connected.")
    elif wrong or unsaid:
        outcome = Outcome.FAIL if wrong else Outcome.UNKNOWN
        told = wrong or unsaid
        sv = "; ".join(f"{_named(held)} {a.LACKS[code].sv}" for code, held in told.items())
        en = "; ".join(f"{_named(held)} {a.LACKS[code].en}" for code, held in told.items())
        reason = Wording(f"{sv}.", f"{en}.")
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Varje konto har två administratörer, tvåfaktorsinloggning, ägare och "
            "återställningskontakt.",
            "Every account has two administrators, MFA, an owner and a recovery contact.",
        )
    data: dict[str, Json] = {code: list[Json](held) for code, held in (wrong | unsaid).items()}
    data["accounts"] = len(lacks)
    return Result(check=Konto.id, outcome=outcome, reason=reason, data=data)


def _named(channels: Sequence[int]) -> str:
    return ", ".join(f"C{one}" for one in channels)


check = Konto()
