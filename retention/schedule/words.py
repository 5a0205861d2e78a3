"""Codes of retention put into words for its pages, the way an archivist would write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from archiver.core.reason import Wording
from archiver.registry.core.phrase import Problem
from archiver.web.i18n import Words, chosen, gettext
from archiver.web.i18n import lazy_gettext as _l
from retention.core import vocabulary as words
from retention.core.decision import Decision
from retention.core.period_text import write_retention
from retention.core.schedule import AfterPeriod, DecisionLevel, Rule
from retention.core.trace_words import HOLDS

STATUS_TONES: Mapping[str, str] = {
    "decided": "good",
    "proposed": "wait",
    "reconstructed": "wait",
    "unverified": "bad",
}
_SCOPE: tuple[tuple[str, Wording, Mapping[str, Wording] | None], ...] = (
    ("kinds", Wording("slag", "kind"), words.KINDS),
    ("origins", Wording("ursprung", "origin"), words.ORIGINS),
    ("outcomes", Wording("utfall", "outcome"), words.OUTCOMES),
    ("channels", Wording("kanal", "channel"), None),
    ("class_codes", Wording("klass", "class"), None),
)
_SAID: Mapping[str, Words] = {
    "plan": _l("Planen är antagen. Den gallrar inget förrän ett beslut finns."),
    "plan-avbruten": _l("Filen är borttagen. Inget är antaget."),
    "plan-borta": _l("Filen finns inte kvar. Välj den igen."),
    "beslut": _l("Beslutet är antecknat."),
    "beslut-lopande": _l("Den löpande gallringen är bekräftad."),
    "beslut-upphavt": _l("Beslutet är upphävt. Det som redan är gallrat står fast."),
    "stopp": _l("Gallringsstoppet är lagt."),
    "stopp-granskat": _l("Granskningen är antecknad."),
    "stopp-havt": _l("Gallringsstoppet är hävt. Att häva gallrar ingenting."),
}


def said(code: str) -> str:
    """What was just done, from the address; "" for what is not known."""
    return str(_SAID.get(code, ""))


def kept_for(rule: Rule) -> str:
    """How long a row keeps: the period with its rounding."""
    text = write_retention(rule.retention, chosen())
    if isinstance(rule.retention, AfterPeriod):
        text += f" ({words.word(words.ROUNDINGS, rule.retention.rounding, chosen())})"
    return text


def counted_from(rule: Rule) -> str:
    """What a row's period runs from; "" for what is kept."""
    if rule.trigger is None:
        return ""
    text = words.word(words.TRIGGERS, rule.trigger, chosen())
    if rule.inactive_days:
        text += " " + gettext("(%(days)s dagar)", days=rule.inactive_days)
    return text


def scope(rule: Rule) -> list[str]:
    """What a row takes, a line for each thing that narrows it."""
    return list(_scope(rule))


def _scope(rule: Rule) -> Iterator[str]:
    applies = rule.applies
    if applies.explicit_only:
        yield gettext("bara det en person för hit")
    language = chosen()
    for name, heading, known in _SCOPE:
        found = getattr(applies, name)
        if found is not None:
            each = [f"C{one}" if name == "channels" else str(one) for one in sorted(found)]
            said_ = [words.word(known, one, language) if known else one for one in each]
            yield f"{heading.say(language)}: {', '.join(said_)}"
    if rule.moderated is not None:
        yield (
            gettext("dold eller borttagen av oss")
            if rule.moderated
            else gettext("inte dold eller borttagen av oss")
        )
    if applies.since or applies.until:
        yield between(applies.since, applies.until)


def between(since: date | None, until: date | None) -> str:
    """From a day to a day, either of which may be open."""
    return f"{since or '…'} – {until or '…'}"


def status_tone(status: str) -> str:
    """The tone of where a row's wording comes from."""
    return STATUS_TONES.get(status, "quiet")


def standing(decision: Decision, day: date) -> tuple[str, str]:
    """How a decision stands on a day: its tone, and in words."""
    end = decision.ends()
    if end is not None and end <= day:
        if decision.revoked_on == end:
            return "bad", gettext("Upphävt")
        return "quiet", gettext("Har löpt ut")
    if decision.valid_from > day:
        return "quiet", gettext("Gäller inte än")
    if decision.asks_running and not decision.running:
        return "wait", gettext("I kraft; löpande gallring väntar på en andra person")
    if decision.running:
        return "good", gettext("I kraft, löpande")
    return "good", gettext("I kraft")


def problem(one: Problem) -> str:
    """What is wrong, with its row where it has one."""
    text = one.reason.say(chosen())
    return gettext("rad %(row)s: %(what)s", row=one.row, what=text) if one.row else text


def _say(known: Mapping[str, Wording]) -> Callable[[str], str]:
    return lambda code: words.word(known, code, chosen())


def levels(found: frozenset[DecisionLevel]) -> str:
    """Levels of decision, in words."""
    return ", ".join(words.word(words.LEVELS, one, chosen()) for one in sorted(found))


def decision_option(one: Decision) -> tuple[int, str]:
    """A decision to choose."""
    return one.seq, f"{one.number} {one.paragraph}"


FILTERS: Mapping[str, Callable[..., object]] = {
    "kept_for": kept_for,
    "counted_from": counted_from,
    "rule_scope": scope,
    "status_text": _say(words.STATUSES),
    "status_tone": status_tone,
    "decision_level": _say(words.LEVELS),
    "decision_levels": levels,
    "decision_option": decision_option,
    "condition_words": _say(words.CONDITIONS),
    "hold_kind": _say(HOLDS),
    "plan_problem": problem,
    "between_days": between,
}
