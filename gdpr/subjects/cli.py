"""`diarkiv gdpr subject`: data subjects' requests from the terminal (GDPR arts. 15–21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import click

from archiver.cli.matter import Told, in_words
from archiver.cli.output import json_option, show, with_options
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from gdpr.core.asked import Asked, By, Supplied
from gdpr.core.erasure import PROPOSED, Outcome, Part, Place
from gdpr.core.subject_request import Answer, Identified, Right, Step, Taken, possible
from gdpr.core.subject_words import ANSWERS, RIGHTS, STATES
from gdpr.subjects.cli_given import Home, answer, extract
from gdpr.subjects.service import SubjectRequest, Subjects

_number = click.argument("request", type=int)
_RECEIVE = (
    click.option("--authority", required=True, metavar="CODE", help="Who got it (KS)."),
    click.option("--right", type=click.Choice([one.value for one in Right]), required=True),
    click.option("--text", required=True, help="What is asked for, in its own words."),
    click.option("--on", metavar="DAY", help="The day it came in; today if not said."),
    *(
        click.option(f"--{by.value.replace('_', '-')}", by.value, multiple=True, help=words)
        for by, words in (
            (By.HANDLE, "A handle to find by."),
            (By.PLATFORM_ID, "A platform's id to find by."),
            (By.NAME, "A name to find by."),
            (By.WORDS, "Words that were written."),
        )
    ),
    click.option("--sender", default="", help="Who asks, as they said."),
    click.option("--delivery", default="", help="Where the answer goes."),
    json_option,
)
_STEP = (
    _number,
    click.argument(
        "step", type=click.Choice([one.value for one in Step if one is not Step.RECTIFY])
    ),
    click.option("--day", metavar="DAY", help="When it was done; today if not said."),
    click.option(
        "--how",
        type=click.Choice([one.value for one in Identified]),
        help="How they were identified.",
    ),
    click.option("--record", "records", multiple=True, metavar="R4711", help="What it concerns."),
    click.option("--answer", type=click.Choice([one.value for one in Answer])),
    click.option("--told", is_flag=True, help="The person was told, as the step asks for."),
    click.option("--mandate", default="", help="The delegation that a refusal rests on."),
    click.option("--body", default="", help="… or the authority's own body's decision."),
    click.option("--reason", default="", help="Why, in words."),
    click.option("--excused", default="", help="Why a late appeal is in time."),
    click.option("--ours", default="", help="The authority's grounds, of a weighing."),
    click.option("--theirs", default="", help="The person's grounds, of a weighing."),
    *(
        click.option(
            f"--{place.value}",
            type=click.Choice([one.value for one in Outcome]),
            help=f"Of an erasure: {place}.",
        )
        for place in Place
    ),
    click.option("--digest", default="", help="SHA-256 of the extract that was given."),
    json_option,
)


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv gdpr`."""

    @click.group("subject")
    def subject() -> None:
        """Data subjects' requests (registrerades rättigheter, arts. 15-21).

        \b
        Examples:
          diarkiv gdpr subject receive --authority KS --right access --name "Anna Ek" \\
            --text "Vilka uppgifter har ni om mig?"
          diarkiv gdpr subject step 4812 confirm_identity --how e_id
          diarkiv gdpr subject find 4812
          diarkiv gdpr subject step 4812 collect --record R311 --record R312
          diarkiv gdpr subject extract 4812 --pdf utdrag.pdf
        """

    told = Told("request", "gdpr subject", lambda: home().subjects, _fields, _words, _LISTED)
    for one in (_receive, _step, _rectify):
        subject.add_command(one(home, told))
    for command in (_find(home), extract(home), answer(home)):
        subject.add_command(command)
    subject.add_command(told.list_command("with their clocks (art. 12.3: one month, or three)."))
    subject.add_command(told.show_command(4812))
    return subject


def _receive(home: Callable[[], Home], told: Told[Subjects]) -> click.Command:
    @click.command("receive")
    @with_options(_RECEIVE)
    def receive(**given: Any) -> None:
        """Record a request as it came in. The month runs from that day.

        \b
        Example:
          diarkiv gdpr subject receive --authority KS --right erasure --handle @annaek \\
            --text "Ta bort min kommentar om torget." --on 2026-11-20
        """
        supplied = [Supplied(by, value) for by in By for value in given[by.value]]
        asked = Asked(
            authority=home().channels.authority(given["authority"]).seq,
            right=Right(given["right"]),
            on=day_of(given["on"]) or home().subjects.today(),
            text=given["text"],
            supplied=tuple(supplied),
            sender=given["sender"],
            delivery=given["delivery"],
        )
        seq = home().subjects.receive(LOCAL, asked)
        words = "Request {request} was recorded; answer by {due}."
        told.tell(given["as_json"], seq, words)

    return receive


def _find(home: Callable[[], Home]) -> click.Command:
    @click.command("find")
    @_number
    @json_option
    def find(request: int, as_json: bool) -> None:
        """Find records by what the person supplied, and nothing derived from it. The search is
        noted in the log; it holds nothing.

        \b
        Example:
          diarkiv gdpr subject find 4812
        """
        with closing(home().search_log()) as log:
            found = home().subject_finder.find(LOCAL, request, log)
        data = {
            "by_author": [f"R{one}" for one in found.by_author],
            "by_words": [f"R{one}" for one in found.by_words],
            "more": found.more,
        }
        words = (
            f"By author: {', '.join(data['by_author']) or 'none'}.\n"  # type: ignore[arg-type]
            f"By words: {', '.join(data['by_words']) or 'none'}."  # type: ignore[arg-type]
        )
        show(as_json, data, lambda: words)

    return find


def _step(home: Callable[[], Home], told: Told[Subjects]) -> click.Command:
    @click.command("step")
    @with_options(_STEP)
    def step(**given: Any) -> None:
        """Take a step of a request. `show` says which may follow.

        \b
        Examples:
          diarkiv gdpr subject step 4812 extend --reason "Många handlingar" --told
          diarkiv gdpr subject step 4812 answer --answer partly --platform hidden \\
            --register not_there --archive kept --reason "Bevaras" \\
            --body "KS 2026-12-09 § 214" --told
          diarkiv gdpr subject step 4812 serve --day 2026-12-14
        """
        subjects = home().subjects
        taken = Taken(
            step=Step(given["step"]),
            day=day_of(given["day"]) or subjects.today(),
            actor=LOCAL.actor,
            how=Identified(given["how"]) if given["how"] else None,
            answer=Answer(given["answer"]) if given["answer"] else None,
            told=given["told"],
            split=tuple(_split(given)),
            records=tuple(number(one, "R") for one in given["records"]),
            **{
                name: given[name]
                for name in ("mandate", "body", "reason", "excused", "ours", "theirs", "digest")
            },
        )
        if taken.records and taken.step is not Step.COLLECT:
            raise ConfigError("Records are named with the step collect.")
        subjects.take(LOCAL, given["request"], taken)
        told.tell(given["as_json"], given["request"], "Request {request} is now {state}.")

    return step


def _split(given: Mapping[str, Any]) -> list[Part]:
    """The parts of an erasure that were named, each with what is usually said of it."""
    found = [(place, given[place.value]) for place in Place if given[place.value]]
    return [
        Part(place, Outcome(outcome), "" if outcome == Outcome.NOT_THERE else _why(place, given))
        for place, outcome in found
    ]


def _why(place: Place, given: Mapping[str, Any]) -> str:
    kept = given[place.value] == Outcome.KEPT
    return PROPOSED[place].sv if kept else given["reason"] or "Enligt begäran."


def _rectify(home: Callable[[], Home], told: Told[Subjects]) -> click.Command:
    @click.command("rectify")
    @_number
    @click.option("--record", required=True, metavar="R4711", help="The record it stands beside.")
    @click.option("--note", required=True, help="What is right, in words.")
    @json_option
    def rectify(request: int, record: str, note: str, as_json: bool) -> None:
        """Let a note stand beside a record (art. 16). The record itself is not changed.

        \b
        Example:
          diarkiv gdpr subject rectify 4812 --record R311 --note "Avser Storgatan 3, inte 5."
        """
        home().subjects.rectify(LOCAL, request, record=number(record, "R"), text=note)
        told.tell(as_json, request, f"The note stands beside {record} from now on.")

    return rectify


_LISTED = ("request", "right", "received", "state", "light", "due")


def _fields(subjects: Subjects, one: SubjectRequest) -> dict[str, Any]:
    standing = one.standing
    until = standing.appeal_until
    return {
        "request": one.seq,
        "authority": one.asked.authority,
        "right": one.asked.right.value,
        "received": one.asked.on.isoformat(),
        "text": one.asked.text,
        "state": standing.state.value,
        "answer": standing.answer.value if standing.answer else None,
        "light": one.light(subjects.today()).value,
        "due": standing.due.isoformat(),
        "extended": standing.extended,
        "records": [f"R{record}" for record in standing.records],
        "holds": standing.holds,
        "restricts": standing.restricts,
        "appeal_until": until.isoformat() if until else None,
        "steps": [_step_fields(taken) for taken in one.steps],
        "next": [step.value for step in possible(standing)],
    }


def _step_fields(taken: Taken) -> dict[str, Any]:
    words = {
        name: getattr(taken, name) for name in ("mandate", "body", "reason", "excused", "digest")
    }
    split = [
        {"place": one.place, "outcome": one.outcome, "reason": one.reason} for one in taken.split
    ]
    return {
        "step": taken.step.value,
        "day": taken.day.isoformat(),
        "how": taken.how.value if taken.how else None,
        "answer": taken.answer.value if taken.answer else None,
        **({"split": split} if split else {}),
        **{name: text for name, text in words.items() if text},
    }


def _words(row: Mapping[str, Any]) -> str:
    answer = f", {ANSWERS[Answer(row['answer'])].en}" if row["answer"] else ""
    state = next(words.en for one, words in STATES.items() if one.value == row["state"])
    right = RIGHTS[Right(row["right"])].en
    begins = f"Request {row['request']} of {row['received']}, {right}: {state}{answer}."
    return in_words([begins, row["text"], f"Answer by {row['due']}."], row, "day")
