"""The commands that do one thing to an initiative, as data: options, and what they say."""

from __future__ import annotations

from typing import Any

import click

from archiver.governance.cli_asked import Channel, Day, Doing, Member
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import Concern, Kind, Outcome, PoliticalApproval, Scope


def _words(name: str, help_: str, **more: Any) -> Any:
    return click.option(name, required=True, help=help_, **more)


def _goal(channels: tuple[int, ...], platforms: tuple[str, ...], **said: Any) -> a.Goal:
    return a.Goal(channels=channels, platforms=platforms, **said)


def _note(bad: bool, **said: Any) -> a.Noted:
    return a.Noted(good=not bad, **said)


def _decide(
    authority: int,
    platforms: tuple[str, ...],
    channels: tuple[int, ...],
    purposes: tuple[str, ...],
    concerns: tuple[Concern, ...],
    attachments: tuple[str, ...],
    **said: Any,
) -> a.Decided:
    scope = Scope(
        authority=authority,
        platforms=frozenset(platforms),
        channels=frozenset(channels),
        purposes=frozenset(purposes),
    )
    said["valid_from"] = said["valid_from"] or said["held_on"]
    return a.Decided(
        approval=PoliticalApproval(
            scope=scope, concerns=frozenset(concerns), attachments=attachments, **said
        )
    )


_CHANNELS = click.option(
    "--channel", "channels", type=Channel(), multiple=True, help="C17; else all."
)
_PLATFORMS = click.option("--platform", "platforms", multiple=True, help="A platform; else all.")
_ROW = click.argument("row")
_NUMBER = click.argument("number", type=int)

LIFECYCLE: tuple[Doing, ...] = (
    Doing(
        "goal",
        "Set a goal (mål) in step 1: what, measured how, from what to what, by when.\n\n\b\n"
        'Example:\n  diarkiv lifecycle goal 5120 --text "Fler når rätt tjänst" \\\n'
        "    --purpose informera_om_tjanster --metric klick --baseline 100 --target 200 \\\n"
        "    --by 2027-09-01",
        (
            _words("--text", "What is to be reached."),
            _words("--purpose", "What the channel is for.", type=Member(a.Purpose)),
            click.option("--metric", default="", help="How it is measured."),
            click.option("--baseline", default="", help="Where it stands."),
            click.option("--target", default="", help="Where it shall be."),
            click.option("--by", type=Day(), help="By when."),
            _CHANNELS,
            _PLATFORMS,
        ),
        _goal,
    ),
    Doing(
        "note",
        "Record what a step asks for; `lifecycle show` says which kinds.\n\n\b\n"
        'Examples:\n  diarkiv lifecycle note 5120 --step 1 --kind mandate --text "Reglemente"\n'
        "  diarkiv lifecycle note 5120 --step 2 --kind platform --subject x --no --text Nej",
        (
            click.option("--step", type=click.IntRange(1, 8), required=True),
            _words("--kind", "mandate, audience, platform, tool, archive_test, staffing …"),
            _words("--text", "In words."),
            click.option(
                "--subject", default="", help="Of what: a platform, a tool, a goal's number."
            ),
            click.option("--no", "bad", is_flag=True, help="It speaks against going on."),
            click.option("--name", default="", help="A file's name."),
            click.option("--sha256", default="", help="Its SHA-256."),
        ),
        _note,
    ),
    Doing(
        "link",
        "Say that the account is there: a channel of one of the platforms.\n\n\b\n"
        "Example:\n  diarkiv lifecycle link 5120 --channel C17 --platform facebook",
        (
            click.option("--channel", type=Channel(), required=True),
            click.option("--platform", required=True),
        ),
        a.Linked,
    ),
    Doing(
        "step",
        "Complete the step an initiative is in. Step 5 only through the gate.\n\n\b\n"
        "Example:\n  diarkiv lifecycle step 5120 1",
        (click.argument("step", type=click.IntRange(1, 8)),),
        a.Completed,
    ),
    Doing(
        "deviate",
        "Record a deviation (avvikelse), of a row and a check if it is about them.\n\n\b\n"
        "Example:\n  diarkiv lifecycle deviate 5120 --category lag_policy --row 1.4 \\\n"
        '    --check A-SKORD --text "Kontot insamlas först i december"',
        (
            _words("--text", "What deviates."),
            _words("--category", "What it is about.", type=Member(a.Category)),
            click.option("--row", default=""),
            click.option("--check", default=""),
        ),
        a.Deviated,
    ),
    Doing(
        "handle",
        "Answer for a deviation (hanterad avvikelse): who, under which mandate, why.\n\n\b\n"
        'Example:\n  diarkiv lifecycle handle 5120 1 --holder "Förvaltningschefen" \\\n'
        '    --mandate "KS delegationsordning 3.2" --reason "Rutin tas fram"',
        (
            _NUMBER,
            _words("--holder", "Who answers for it."),
            _words("--mandate", "Under which provision."),
            _words("--reason", "Why it does not stop the initiative."),
        ),
        a.Handled,
    ),
    Doing(
        "resolve",
        "Say that a deviation is over, and how.\n\n\b\n"
        'Example:\n  diarkiv lifecycle resolve 5120 1 --reason "Insamling igång"',
        (_NUMBER, _words("--reason", "How.")),
        a.Resolved,
    ),
    Doing(
        "terms",
        "Note that a platform has new terms: what was attested before is attested anew.\n\n\b\n"
        'Example:\n  diarkiv lifecycle terms 5120 --platform facebook --text "Version 2026-10"',
        (click.option("--platform", required=True), _words("--text", "Which.")),
        a.TermsChanged,
    ),
    Doing(
        "minutes",
        "Note when the minutes were approved and announced; the time for appeal runs from then.\n\n"
        "\b\nExample:\n  diarkiv lifecycle minutes 5120 --adjusted 2026-11-04 --noticed 2026-11-05",
        (
            _words("--adjusted", "The day they were approved.", type=Day()),
            _words("--noticed", "The day it was announced.", type=Day()),
            click.option("--taken-down", type=Day(), help="The day the notice came down."),
        ),
        a.MinutesNoticed,
    ),
    Doing(
        "report",
        "Note that a delegate's decision was reported to the body.\n\n\b\n"
        'Example:\n  diarkiv lifecycle report 5120 --on 2026-11-15 --reference "KS § 220"',
        (_words("--on", "The day.", type=Day()), _words("--reference", "Where.")),
        a.Reported,
    ),
    Doing(
        "weigh",
        "Record why the decision is executed before it is final (KL 13:14).\n\n\b\n"
        'Example:\n  diarkiv lifecycle weigh 5120 --holder "Ordföranden" --reason "Inga hinder"',
        (_words("--holder", "Who weighed it."), _words("--reason", "How.")),
        a.Weighed,
    ),
    Doing(
        "appeal",
        "Note that the decision was appealed (laglighetsprövning).\n\n\b\n"
        "Example:\n  diarkiv lifecycle appeal 5120 --case-number 1234-26 --inhibited",
        (
            _words("--case-number", "The court's."),
            click.option(
                "--inhibited", is_flag=True, help="The court forbids execution meanwhile."
            ),
        ),
        a.Appealed,
    ),
    Doing(
        "judge",
        "Note what became of the appeal.\n\n\b\n"
        "Example:\n  diarkiv lifecycle judge 5120 --upheld --final-on 2027-03-01",
        (
            click.option("--upheld/--annulled", required=True, help="Whether the decision stands."),
            _words("--final-on", "From when.", type=Day()),
        ),
        a.Judged,
    ),
    Doing(
        "next",
        "Begin the next cycle, with the answers, open deviations and channels of the last.\n\n\b\n"
        "Example:\n  diarkiv lifecycle next 5120",
        (click.option("--reason", default="", help="Why, if it is not as planned."),),
        a.NextCycle,
    ),
    Doing(
        "close",
        "End an initiative; with --unused nothing came of it (nej, används inte).\n\n\b\n"
        'Example:\n  diarkiv lifecycle close 5120 --unused --reason "Resurser saknas"',
        (
            _words("--reason", "Why."),
            click.option("--unused", is_flag=True, help="The medium is not used."),
        ),
        a.Closed,
    ),
)

DECIDE_OPTIONS: tuple[Any, ...] = (
    _words("--outcome", "What was decided.", type=Member(Outcome)),
    click.option("--kind", type=Member(Kind), default=Kind.POLITICAL.value, show_default=True),
    _words("--body", "Who decided (KS)."),
    _words("--held-on", "The day of the meeting.", type=Day()),
    click.option("--paragraph", default="", help="The minutes' (§ 201)."),
    click.option("--number", default="", help="Diarienummer."),
    click.option("--sentence", default="", help="What was decided, in its words."),
    click.option("--snapshot", default="", help="The digest of the underlag it was shown."),
    click.option("--from", "valid_from", type=Day(), help="First day; the meeting's if not said."),
    click.option(
        "--to", "valid_to", type=Day(), help="Last day; until further notice if not said."
    ),
    _PLATFORMS,
    _CHANNELS,
    click.option("--purpose", "purposes", multiple=True, help="A purpose; else all."),
    click.option("--delegation", default="", help="Of a delegate's decision: the provision."),
    click.option("--concerns", type=Member(Concern), multiple=True, help="… and what it is about."),
    click.option("--policy", default="", help="Of an execution: the decided policy."),
    click.option(
        "--attachment", "attachments", multiple=True, help="SHA-256 of what was enclosed."
    ),
)
decided = _decide

CHECKLIST: tuple[Doing, ...] = (
    Doing(
        "answer",
        "Answer a row, with why. Another person attests it.\n\n\b\n"
        "Example:\n  diarkiv checklist answer 5120 1.4 --state uppfyllt \\\n"
        '    --motivation "Arkivrutin KS 2026/12" --owner "Arkivarien" --user eva.lind',
        (
            _ROW,
            _words("--state", "What is answered.", type=Member(AnswerState)),
            _words("--motivation", "Why."),
            click.option("--owner", default="", help="Who sees to it."),
        ),
        a.Answered,
    ),
    Doing(
        "attest",
        "Stand for a row's answer, as another person than who recorded it.\n\n\b\n"
        "Example:\n  diarkiv checklist attest 5120 1.4 --user bo.berg",
        (_ROW,),
        a.Attested,
    ),
    Doing(
        "condition",
        "Set the condition of a row that is answered with villkorat: what, who, until when.\n\n\b\n"
        'Example:\n  diarkiv checklist condition 5120 7.4 --text "Avtal tecknas" --owner DSO \\\n'
        "    --due 2027-03-01 --before-go-live",
        (
            _ROW,
            _words("--text", "What is to be done."),
            _words("--owner", "Who sees to it."),
            _words("--due", "Until when, within twelve months.", type=Day()),
            click.option("--before-go-live", is_flag=True, help="Before the channel is used."),
        ),
        a.Conditioned,
    ),
    Doing(
        "met",
        "Say that a row's condition is met, and how.\n\n\b\n"
        'Example:\n  diarkiv checklist met 5120 7.4 --text "Avtal tecknat 2027-01-12"',
        (_ROW, _words("--text", "How.")),
        a.ConditionMet,
    ),
)
