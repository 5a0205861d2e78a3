"""What the forms of an initiative let one choose among: lists of codes and words, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from archiver.core.reason import Wording
from archiver.governance.core import acts as a
from archiver.governance.core.answers import ANSWER_STATES, AnswerState
from archiver.governance.core.approval import CONCERNS, KINDS, OUTCOMES
from archiver.governance.core.standing import LAST
from archiver.governance.core.steps import STEPS
from archiver.governance.service import Initiative
from archiver.governance.web_fields import Choices
from archiver.web.i18n import chosen, gettext
from archiver.web.services import services

Key = TypeVar("Key", bound=str)


def platform_name(code: str) -> str:
    """What a platform is called; its code if no connector knows it."""
    return services().platforms.get(code, code)


def account_name(seq: int) -> str:
    """What an account is called, with its number."""
    found = next((one.title for one in services().channels() if one.seq == seq), "")
    return f"{found} (C{seq})" if found else f"C{seq}"


def choices_of(one: Initiative) -> Choices:
    """What is offered for an initiative as it stands."""
    standing, rows = one.standing, one.bearings.checklist.rows
    platforms = [(code, platform_name(code)) for code in standing.opened.platforms]
    asks = [(ask.kind, ask.words.say(chosen())) for ask in STEPS[standing.step - 1].asks]
    goals = [(str(n), f"{n}. {goal.text}") for n, goal in enumerate(standing.goals, 1)]
    last = standing.step == LAST
    return {
        "purposes": said(a.PURPOSES),
        "categories": said(a.CATEGORIES),
        "outcomes": said(OUTCOMES),
        "kinds": said(KINDS),
        "concerns": said(CONCERNS),
        "states": [
            (code, words)
            for code, words in said(ANSWER_STATES)
            if code != AnswerState.UNANSWERED.value
        ],
        "platforms": platforms,
        "channels": [(str(seq), account_name(seq)) for seq in standing.channels],
        "accounts": _accounts(one),
        "rows": [(row.id, f"{row.id} {row.question.say(chosen())}") for row in rows],
        "checks": [(check, check) for check in sorted(one.bearings.checklist.checks)],
        "asks": [*asks, *([("outcome", gettext("utfall mot ett mål"))] if last else [])],
        "subjects": [*platforms, *(goals if last else [])],
        "deviations": [
            (str(each.number), f"{each.number}. {each.said.text}")
            for each in standing.deviations
            if each.is_open
        ],
        "underlag": [
            (each.digest, f"{each.day} {each.digest[:12]}…")
            for each in ((standing.pending,) if standing.pending else ())
        ],
        "outcomes_of_court": [
            ("star", gettext("beslutet står fast")),
            ("upphavt", gettext("beslutet är upphävt")),
        ],
        "verdicts": [
            ("ja", gettext("talar för att gå vidare")),
            ("nej", gettext("talar emot")),
        ],
    }


def said(words: Mapping[Key, Wording]) -> list[tuple[str, str]]:
    """Codes with their words in the reader's language."""
    return [(str(code), each.say(chosen())) for code, each in words.items()]


def _accounts(one: Initiative) -> list[tuple[str, str]]:
    """Accounts of the authority, on its platforms, that are not the initiative's yet."""
    opened, held = one.standing.opened, one.standing.channels
    return [
        (str(each.seq), f"{each.title} (C{each.seq})")
        for each in services().channels()
        if each.authority == opened.authority
        and each.platform in opened.platforms
        and each.seq not in held
    ]
