"""A check of what the texts of every account say: one for each set of topics.

UNKNOWN where an account shows no text the archive knows of: it says what to do. FAIL where texts
are there and a topic is missing from all of them; of one that stood there before, that it has gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.information import Read
from archiver.governance.information.reading import read_channels
from archiver.governance.information.topics import topics


class TextCheck:
    """A check of the topics that name its id."""

    phase = Phase.GO_LIVE

    def __init__(self, id_: str) -> None:
        self.id = id_

    def run(self, subject: Subject, archive: Archive) -> Result:
        asked = [one for one in topics().values() if one.check == self.id]
        today = stockholm_date(subject.now)
        found = read_channels(archive.ledger, subject.authority, subject.channels, asked, today)
        return judge(self.id, found)


def judge(check: str, found: Sequence[Read]) -> Result:
    """What the texts of the accounts lack, by account."""
    lacking = [one for one in found if one.missing and (one.shown or one.gone)]
    silent = [f"C{one.channel}" for one in found if not one.shown and not one.gone]
    stale = [f"C{one.channel}" for one in found if one.stale]
    if lacking:
        outcome, reason = Outcome.FAIL, _joined([_lacks(one) for one in lacking])
    elif not found:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget konto är anslutet.", "No account is connected.")
    elif silent:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            f"Arkivet har ingen informationstext för {', '.join(silent)}. Anteckna vad kontot "
            "visar: `diarkiv lifecycle upkeep text`.",
            f"The archive has no text of information for {', '.join(silent)}. Note what the "
            "account shows: `diarkiv lifecycle upkeep text`.",
        )
    elif stale:
        outcome = Outcome.STALE
        reason = Wording(
            f"Texten på {', '.join(stale)} sågs för mer än tolv månader sedan.",
            f"The text of {', '.join(stale)} was seen more than twelve months ago.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording("Texterna tar upp det de ska.", "The texts say what they must.")
    data: dict[str, Json] = {
        "missing": {f"C{one.channel}": list[Json](one.missing) for one in lacking},
        "gone": {f"C{one.channel}": list[Json](one.gone) for one in lacking if one.gone},
        "by_hand": {f"C{one.channel}": list[Json](one.by_hand) for one in found if one.by_hand},
        "silent": list[Json](silent),
    }
    return Result(check=check, outcome=outcome, reason=reason, data=data)


def _lacks(one: Read) -> Wording:
    sv = [f"C{one.channel}:"]
    en = [f"C{one.channel}:"]
    gone, never = _named(one.gone), _named([id_ for id_ in one.missing if id_ not in one.gone])
    if gone:
        sv.append(f"har försvunnit: {gone.sv}.")
        en.append(f"has gone: {gone.en}.")
    if never:
        sv.append(f"saknas: {never.sv}.")
        en.append(f"missing: {never.en}.")
    return Wording(" ".join(sv), " ".join(en))


def _named(ids: Sequence[str]) -> Wording | None:
    words = [topics()[id_].words for id_ in ids]
    if not words:
        return None
    return Wording(", ".join(one.sv for one in words), ", ".join(one.en for one in words))


def _joined(every: Sequence[Wording]) -> Wording:
    return Wording(" ".join(one.sv for one in every), " ".join(one.en for one in every))
