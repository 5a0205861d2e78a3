"""What a registrar typed in the inbox, made into what the desk is asked for.

A form names the items it was about and the versions that were shown: what has changed since is not
decided on unseen. Mistakes are told beside their fields, and nothing typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.registry.core.entry import Dated, Direction, Marking, Registration, Secret
from archiver.registry.core.public import problems, texts
from archiver.registry.core.triage import Decision, Elsewhere, Handover, Outcome
from archiver.registry.inbox import Item
from archiver.registry.selection import Shown
from archiver.web.dates import end_of, parse_day
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext

MOST = 200  # items in one form
_FIGURES = re.compile(r"[0-9]{1,15}")


class Stale(RuleViolation):
    """An item was changed after the page was made: it is shown anew before anything is decided."""

    code = "stale"


def named(values: Sequence[str]) -> dict[int, Shown]:
    """Record → how it stood, from fields of the form "4711.4720.0"; the first `MOST` of them."""
    return parsed(values[:MOST])


def parsed(values: Sequence[str]) -> dict[int, Shown]:
    """As `named`, however many."""
    found: dict[int, Shown] = {}
    for value in values:
        parts = value.split(".")
        if len(parts) != 3 or not all(_FIGURES.fullmatch(part) for part in parts):
            raise NotFound("There is no such record.", remedy="Go back to the inbox.")
        record, latest, triaged = map(int, parts)
        found[record] = Shown(latest, triaged)
    if not found:
        raise ConfigError("No record was chosen.", remedy="Go back to the inbox.")
    return found


def current(
    shown: Mapping[int, Shown], items: Mapping[int, Item], decided: Collection[int]
) -> list[Item]:
    """The items that were shown, all of one authority; `NotFound` for others', `Stale` if one was
    changed or decided on since. `decided`: items with a decision that is not sealed yet."""
    if items.keys() != shown.keys() or len({one.authority for one in items.values()}) != 1:
        raise NotFound("There is no such record.", remedy="Go back to the inbox.")
    for seq, was in shown.items():
        if seq in decided or (items[seq].latest, items[seq].triaged) != was:
            raise Stale(
                f"R{seq} was changed, or decided on, after this page was made.",
                remedy="Go back to the inbox and look at it anew. Nothing was recorded.",
            )
    return [items[seq] for seq in shown]


def plain(outcome: Outcome, items: Sequence[Item], trigger: str) -> Decision:
    """A decision that takes no more than a key."""
    return Decision(
        authority=items[0].authority,
        records=tuple(one.seq for one in items),
        outcome=outcome,
        trigger=trigger,
    )


def elsewhere(form: Form, items: Sequence[Item]) -> Decision:
    """Registered in another system; `ConfigError` for what is missing, noted in the form too."""
    for name, words in (
        ("system", gettext("Skriv vilket system handlingen är registrerad i.")),
        ("dnr", gettext("Skriv numret i det andra systemet.")),
    ):
        if not form.text(name):
            form.wrong(name, words)
    day = parse_day(form.text("dag"))
    if day is None:
        form.wrong("dag", gettext("Skriv datumet som 2026-11-22."))
    there = Elsewhere(
        system=form.text("system"), number=form.text("dnr"), day=day.isoformat() if day else ""
    )
    return Decision(
        authority=items[0].authority,
        records=tuple(one.seq for one in items),
        outcome=Outcome.ELSEWHERE,
        elsewhere=there,
    )


def handed_over(form: Form, items: Sequence[Item]) -> Decision:
    """Handed over to somebody who answers."""
    for name, words in (
        ("till", gettext("Skriv vem som tar emot handlingen.")),
        ("vag", gettext("Skriv på vilket sätt den lämnas över.")),
    ):
        if not form.text(name):
            form.wrong(name, words)
    due = parse_day(form.text("svar"))
    if form.text("svar") and due is None:
        form.wrong("svar", gettext("Skriv datumet som 2026-11-22, eller lämna fältet tomt."))
    to = Handover(to=form.text("till"), way=form.text("vag"), due=end_of(due) - 1 if due else None)
    return Decision(
        authority=items[0].authority,
        records=tuple(one.seq for one in items),
        outcome=Outcome.HANDED_OVER,
        handover=to,
        note=form.text("not"),
    )


def registration(
    form: Form, items: Sequence[Item], *, now: int, sender: str, authority: str
) -> Registration:
    """What is to be registered. The day is that of the oldest item, by its legal rule. `sender` is
    the display name: a title that is written to be shown to anybody may not repeat it.
    `authority` is the name of the one that marks."""
    first = min(items, key=lambda one: one.legal_at)
    level = form.number("niva")
    if level not in (2, 3, 4):
        form.wrong("niva", gettext("Välj en nivå."))
        level = 2
    title = form.text("titel")
    if not title:
        form.wrong("titel", gettext("Skriv i korthet vad handlingen rör."))
    elif (found := problems(title, sender)) and form.text("titel-anda") != "1":
        form.wrong("titel", "; ".join(texts(found, chosen())).capitalize() + ".")
    marking = None
    if level == 4:
        if not form.text("lagrum"):
            form.wrong("lagrum", gettext("Skriv vilken bestämmelse som kan gälla (OSL 5:5)."))
        marking = Marking(
            clause=form.text("lagrum"),
            day=stockholm_date(now).isoformat(),
            authority=authority,
        )
    case = form.number("arende")
    if level == 3 and case is None:
        form.wrong("arende", gettext("Välj det ärende som handlingen hör till."))
    return Registration(
        authority=items[0].authority,
        direction=Direction.RECEIVED,
        day=stockholm_date(first.legal_at).isoformat(),
        dated=Dated(first.legal_basis),
        title=title,
        records=tuple(one.seq for one in items),
        sender=form.text("avsandare"),
        class_code=form.text("klass"),
        record_class=form.text("typ"),
        level=level,
        series=form.number("serie"),
        case=case,
        marking=marking,
        secret=Secret(title=form.text("hemlig-titel"), sender=form.text("hemlig-avsandare"))
        if level == 4
        else Secret(),
        trigger=form.text("forslag"),
    )
