"""A-PRIVAT (row 3.2): no account that is a person's own is among the authority's without whose it
is, by role, and the decision that it is."""

from __future__ import annotations

from collections.abc import Sequence

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.accounts.queries import register
from archiver.governance.archive import Archive
from archiver.governance.core.account import Described, Kind
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase


class Privat:
    """What kinds the subject's accounts are of."""

    id = "A-PRIVAT"
    phase = Phase.GO_LIVE

    def run(self, subject: Subject, archive: Archive) -> Result:
        known = register(archive.ledger, subject.authority).accounts
        return judge([known.get(one, Described(channel=one)) for one in subject.channels])


def judge(accounts: Sequence[Described]) -> Result:
    """UNKNOWN where there is no account, or it was never noted whose one is."""
    own = [one for one in accounts if one.kind is Kind.PERSONAL]
    bare = [one.channel for one in own if not one.owner or not one.decision]
    unsaid = [one.channel for one in accounts if one.kind is None]
    if bare:
        outcome = Outcome.FAIL
        which = ", ".join(f"C{one}" for one in bare)
        reason = Wording(
            f"{which} är personligt och saknar ägarroll eller beslut.",
            f"{which} is a person's own, without an owner's role or a decision.",
        )
    elif unsaid or not accounts:
        outcome = Outcome.UNKNOWN
        which = ", ".join(f"C{one}" for one in unsaid)
        reason = (
            Wording(f"Det är inte antecknat vems {which} är.", f"Whose {which} is was not noted.")
            if unsaid
            else Wording("Inget konto är anslutet.", "No account is connected.")
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Inget konto är personligt utan ägarroll och beslut.",
            "No account is a person's own without an owner's role and a decision.",
        )
    data: dict[str, Json] = {
        "accounts": len(accounts),
        "personal": len(own),
        "bare": list[Json](bare),
        "unsaid": list[Json](unsaid),
    }
    return Result(check=Privat.id, outcome=outcome, reason=reason, data=data)


check = Privat()
