"""The petition and the description of an authority, filled from its schedule, counts, decisions.

Arkivlagen 6 § and 10 §, OSL 4:2. What nobody has decided is a proposal, and what nobody has told
stays empty: the documents say so themselves (`retention.core.petition`,
`retention.core.description`). Nothing is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from archiver.core.channel import Authority, Channel
from archiver.core.reason import Wording
from retention.core import vocabulary as words
from retention.core.decision import Decision, MinorCondition
from retention.core.description import DescribedChannel, DescribedClass, Description, Holds
from retention.core.hold import DisposalHold
from retention.core.period_text import write_retention
from retention.core.petition import (
    Condition,
    Consequences,
    Judgement,
    Petition,
    Proposal,
    TextStatus,
)
from retention.core.schedule import AfterPeriod, RetainPermanently, Rule, Schedule
from retention.core.schedule import TextStatus as Wrote
from retention.core.trace_words import HOLDS
from retention.core.words import Language
from retention.due import holdings
from retention.schedule.coverage import Covered, coverage

_CONDITIONS: Mapping[Condition, MinorCondition] = {
    Condition.ACCESS: MinorCondition.INSIGHT,
    Condition.VALUE: MinorCondition.NO_VALUE,
    Condition.PROCESSED: MinorCondition.PROCESSED,
    Condition.REVIEWED: MinorCondition.AUDIT_PASSED,
    Condition.RIGHTS: MinorCondition.NO_RIGHTS,
}
_WEIGHED = Wording("Prövat i beslut {decision}", "Weighed in the decision {decision}")
_MISSING = Wording("beslut saknas av {levels}", "no decision yet by {levels}")
_SEARCH_MEANS = (
    Wording(
        "Fritextsökning i arkivet, med urval efter konto, tid, slag, riktning, klass och ärende",
        "Full text search in the archive, narrowed by account, time, kind, direction, class, case",
    ),
    Wording("Diariet", "The register"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the documents of an authority are made of: its schedule (that in force, or what is
    proposed to it), its decisions, holds and channels, the names of platforms, the Swedish day and
    the instant (milliseconds UTC)."""

    authority: Authority
    schedule: Schedule
    decisions: Sequence[Decision]
    holds: Sequence[DisposalHold] = ()
    channels: Sequence[Channel] = ()
    platforms: Mapping[str, str]
    today: date
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What only people can tell, in their own words; "" and () for what they have not."""

    number: str = ""
    to: str = ""
    background: str = ""
    rules: str = ""
    search: str = ""
    compilation: str = ""
    contact: str = ""
    organisation: str = ""
    order: str = ""
    sale: str = ""
    public_aids: tuple[str, ...] = ()
    secrecy: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()


def petition_of(
    connection: Connection, ground: Ground, told: Told, language: Language = "sv"
) -> Petition:
    """The petition for a schedule's rows: each with what there is of it today, and the conditions
    that a decision in force has weighed."""
    covered = coverage(ground.schedule, ground.decisions, ground.today)
    levels = ", ".join(
        words.word(words.LEVELS, one, language) for one in sorted(ground.schedule.required_levels)
    )
    demand = Wording("Om gallring beslutar: {levels}.", "Disposal is decided by: {levels}.")
    return Petition(
        number=told.number or "–",
        authority=ground.authority.name,
        archival_authority=told.to or words.word(words.LEVELS, "archival_authority", language),
        made_at=ground.at,
        background=told.background,
        rules=told.rules or demand.say(language).format(levels=levels) if levels else told.rules,
        proposals=tuple(
            _proposal(connection, ground, rule, code, covered[rule.code], language)
            for rule, code in _numbered(ground.schedule.rules)
        ),
        consequences=Consequences(search=told.search, compilation=told.compilation),
        contact=told.contact,
        signers=told.signers,
    )


def _numbered(rules: Iterable[Rule]) -> Iterable[tuple[Rule, str]]:
    """Rules with their codes; a second row of a code has its number behind."""
    seen: Counter[str] = Counter()
    for rule in rules:
        seen[rule.code] += 1
        yield rule, rule.code if seen[rule.code] == 1 else f"{rule.code} ({seen[rule.code]})"


def _proposal(
    connection: Connection,
    ground: Ground,
    rule: Rule,
    code: str,
    covered: Covered,
    language: Language,
) -> Proposal:
    retain = isinstance(rule.retention, RetainPermanently)
    titles = {one.seq: one.title for one in ground.channels}
    trigger = words.word(words.TRIGGERS, rule.trigger, language) if rule.trigger else ""
    return Proposal(
        record_class=code,
        label=rule.label,
        channels=tuple(titles.get(one, f"C{one}") for one in sorted(rule.applies.channels or ())),
        retain=retain,
        period="" if retain else period(rule, language),
        trigger="" if retain else trigger,
        reason=rule.grounds,
        practice=rule.note,
        sample_one_in=0 if retain else max((d.keep_one_of for d in covered.decisions), default=0),
        status=_status(rule, covered),
        holding=holdings.holding(connection, ground.authority.seq, rule),
        judgements=() if retain else tuple(_judgements(covered.decisions, language)),
    )


def period(rule: Rule, language: Language) -> str:
    """How long a row keeps, in words."""
    text = write_retention(rule.retention, language)
    if isinstance(rule.retention, AfterPeriod):
        text += f" ({words.word(words.ROUNDINGS, rule.retention.rounding, language)})"
    return text


def _status(rule: Rule, covered: Covered) -> TextStatus:
    """Decided is only what decisions of every level let go; the rest is a proposal, and says so if
    its wording is to be compared with a source."""
    if covered.may_go:
        return TextStatus.DECIDED
    if rule.text_status in (Wrote.RECONSTRUCTED, Wrote.UNVERIFIED):
        return TextStatus.RECONSTRUCTED
    kept = isinstance(rule.retention, RetainPermanently)
    is_own = kept and rule.text_status is Wrote.DECIDED
    return TextStatus.DECIDED if is_own else TextStatus.PROPOSED


def _judgements(decisions: Collection[Decision], language: Language) -> Iterable[Judgement]:
    for condition, weighed in _CONDITIONS.items():
        found = next((one for one in decisions if weighed in one.conditions), None)
        if found is not None:
            why = _WEIGHED.say(language).format(decision=f"{found.number} {found.paragraph}")
            yield Judgement(condition=condition, met=True, why=why)


# --- the description -----------------------------------------------------------------------------


def description_of(
    connection: Connection, ground: Ground, told: Told, language: Language = "sv"
) -> Description:
    """The part about social media of the description of the archive."""
    covered = coverage(ground.schedule, ground.decisions, ground.today)
    since = holdings.began(connection, [one.seq for one in ground.channels])
    counts = holdings.by_channel(connection, ground.authority.seq)
    return Description(
        authority=ground.authority.name,
        made_at=ground.at,
        number=told.number,
        organisation=told.organisation,
        order=told.order,
        channels=tuple(
            DescribedChannel(
                name=one.title,
                platform=ground.platforms.get(one.platform, one.platform),
                since=since[one.seq],
                records=counts.get(one.seq, 0),
            )
            for one in ground.channels
            if one.seq in since
        ),
        classes=tuple(
            _described(connection, ground, rule, code, covered[rule.code], language)
            for rule, code in _numbered(ground.schedule.rules)
        ),
        holds=tuple(_holds(connection, ground, language)),
        search_means=tuple(one.say(language) for one in _SEARCH_MEANS),
        public_aids=told.public_aids,
        contact=told.contact,
        secrecy=told.secrecy,
        exchanges=told.exchanges,
        sale=told.sale,
    )


def _described(
    connection: Connection,
    ground: Ground,
    rule: Rule,
    code: str,
    covered: Covered,
    language: Language,
) -> DescribedClass:
    retain = isinstance(rule.retention, RetainPermanently)
    return DescribedClass(
        record_class=code,
        label=rule.label,
        retain=retain,
        period="" if retain else period(rule, language),
        decision=_decided(covered, language),
        status=_status(rule, covered),
        records=holdings.holding(connection, ground.authority.seq, rule).records,
    )


def _decided(covered: Covered, language: Language) -> str:
    """The decisions in force on a class, and the levels that are missing where some are."""
    found = [
        f"{one.body} {one.decided_on}, {one.number} {one.paragraph}" for one in covered.decisions
    ]
    if found and covered.missing:
        missing = [words.word(words.LEVELS, one, language) for one in sorted(covered.missing)]
        found.append(_MISSING.say(language).format(levels=", ".join(missing)))
    return "; ".join(found)


def _holds(connection: Connection, ground: Ground, language: Language) -> Iterable[Holds]:
    kinds, records = Counter[str](), Counter[str]()
    for one in ground.holds:
        if one.is_in_force(ground.today):
            kinds[one.kind] += 1
            records[one.kind] += holdings.held(connection, one, ground.schedule)
    for kind, count in sorted(kinds.items()):
        name = words.word(HOLDS, kind, language)
        yield Holds(kind=name, holds=count, records=records[kind])
