"""The record of processing activities (GDPR art. 30.1) of one authority, as data.

Each purpose stands by itself, with its own basis, access and period (GDPR art. 5.1 b). What the
product knows (channels, platforms, periods, safeguards) is filled in; what only a lawyer can say
is marked. The record belongs to the authority, which is the controller. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from archiver.core.reason import Wording

Language: TypeAlias = Literal["sv", "en"]


class Period(NamedTuple):
    """How long a record class is kept: its code, label, and the time in words (Swedish, English);
    `decided`: whether the authority has adopted the schedule that says so."""

    code: str
    label: str
    words: Wording
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One row, in both languages. `classes`: the record classes whose periods it has; `confirm`:
    what a lawyer is to confirm."""

    code: str
    name: Wording
    basis: Wording
    subjects: Wording
    data: Wording
    recipients: Wording
    transfers: Wording
    classes: tuple[str, ...]
    safeguards: Wording
    confirm: Wording


class Source(NamedTuple):
    """A channel that is harvested: its number, platform's name and title."""

    channel: int
    platform: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingRecord:
    """The record of one authority. `contact` and `officer`: of the controller and its data
    protection officer, as the authority gave them ("" where it has not). `made_at`: milliseconds
    UTC."""

    authority: str
    contact: str
    officer: str
    made_at: int
    sources: tuple[Source, ...]
    purposes: tuple[Purpose, ...]
    periods: tuple[Period, ...]

    def period(self, purpose: Purpose, language: Language) -> str:
        """The periods of a purpose in words; where no schedule says any, that."""
        mine = [one for one in self.periods if one.code in purpose.classes]
        if not mine:
            return _NO_PERIOD.say(language)
        return "; ".join(
            f"{one.code} {one.label}: {one.words.say(language)}"
            f"{'' if one.decided else _PROPOSED.say(language)}"
            for one in mine
        )

    def missing(self) -> list[Wording]:
        """What the authority has still to say before the record is whole."""
        found = []
        if not self.contact:
            found.append(Wording("Myndighetens kontaktuppgifter", "The authority's contact"))
        if not self.officer:
            found.append(Wording("Dataskyddsombudets kontaktuppgifter", "The DPO's contact"))
        if any(not one.decided for one in self.periods):
            found.append(
                Wording(
                    "En antagen informationshanteringsplan: fristerna är förslag",
                    "An adopted records schedule: the periods are proposals",
                )
            )
        return found

    def rows(self, language: Language) -> Iterator[tuple[str, ...]]:
        """The purposes under `COLUMNS`, in order."""
        for one in self.purposes:
            yield (
                one.name.say(language),
                one.basis.say(language),
                one.subjects.say(language),
                one.data.say(language),
                one.recipients.say(language),
                one.transfers.say(language),
                self.period(one, language),
                one.safeguards.say(language),
                one.confirm.say(language),
            )


_NO_PERIOD = Wording("ingen frist är beslutad: bevaras", "no period is decided: kept")
_PROPOSED = Wording(" (förslag, inte beslutat)", " (proposed, not decided)")
CODES = (
    "purpose",
    "legal_basis",
    "data_subjects",
    "data",
    "recipients",
    "transfers",
    "retention",
    "safeguards",
    "to_confirm",
)  # of the columns, in data
COLUMNS: Sequence[Wording] = (
    Wording("Ändamål", "Purpose"),
    Wording("Rättslig grund", "Legal basis"),
    Wording("Kategorier av registrerade", "Categories of data subjects"),
    Wording("Kategorier av uppgifter", "Categories of data"),
    Wording("Mottagare", "Recipients"),
    Wording("Överföring till tredje land", "Transfers to third countries"),
    Wording("Bevarande och gallring", "Retention"),
    Wording("Säkerhet", "Safeguards"),
    Wording("Ska bekräftas av jurist", "To be confirmed by a lawyer"),
)
