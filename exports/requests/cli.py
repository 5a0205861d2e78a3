"""`diarkiv exports request`: requests for public records from the terminal. Nobody is asked who
they are, or why; what a written request says of its sender stays with the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.matter import Told, in_words
from archiver.cli.output import json_option, with_options
from archiver.cli.records import UserNumber, number
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from exports.core.access_request import (
    ANSWERS,
    STATES,
    Answer,
    Step,
    Taken,
    possible,
)
from exports.core.received import Manner, Received
from exports.requests import cli_answers
from exports.requests.answers import Answers
from exports.requests.service import AccessRequest, Requests

_number = click.argument("request", type=int)
_RECEIVE = (
    click.option("--authority", required=True, metavar="CODE", help="Who got it (KS)."),
    click.option("--manner", type=click.Choice([one.value for one in Manner]), default="oral"),
    click.option("--text", required=True, help="What is asked for, in its own words."),
    click.option("--on", metavar="DAY", help="The day it came in; today if not said."),
    click.option("--sender", default="", help="As the request itself says; never asked for."),
    click.option("--delivery", default="", help="Where the answer goes."),
    json_option,
)
_STEP = (
    _number,
    click.argument("step", type=click.Choice([one.value for one in Step])),
    click.option("--day", metavar="DAY", help="When it was done; today if not said."),
    click.option("--answer", type=click.Choice([one.value for one in Answer])),
    click.option("--told", is_flag=True, help="Told of the right to a written decision."),
    click.option("--mandate", default="", help="The provision that the decision rests on."),
    click.option("--body", default="", help="Or the decision of the authority's own body."),
    click.option("--signer", type=UserNumber(), metavar="U9", help="Who decided: `user list`."),
    click.option("--excused", default="", help="Why a late appeal is in time."),
    click.option("--reason", default="", help="Why, in words."),
    click.option("--record", "records", multiple=True, metavar="R4711", help="What it concerns."),
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def requests(self) -> Requests: ...

    @property
    def answers(self) -> Answers: ...

    @property
    def channels(self) -> Channels: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv exports`."""

    @click.group("request")
    def request() -> None:
        """Requests for public records (begäran om allmän handling).

        \b
        Examples:
          diarkiv exports request receive --authority KS --text "Kommentarer om Storgatan i mars"
          diarkiv exports request step 4812 make_precise --record R311 --record R312
          diarkiv exports request show 4812
        """

    told = Told("request", "exports request", lambda: home().requests, _fields, _words, _LISTED)
    request.add_command(_receive(home, told))
    request.add_command(_step(home, told))
    request.add_command(told.list_command(_CLOCKS))
    request.add_command(told.show_command(4812))
    for command in cli_answers.commands(home):
        request.add_command(command)
    return request


def _receive(home: Callable[[], Home], told: Told[Requests]) -> click.Command:
    @click.command("receive")
    @with_options(_RECEIVE)
    def receive(**given: Any) -> None:
        """Record a request as it came in. The clock runs from that day.

        \b
        Example:
          diarkiv exports request receive --authority KS --manner written \\
            --text "Jag önskar ta del av alla kommentarer om Storgatan." --on 2026-11-20
        """
        asked = Received(
            authority=home().channels.authority(given["authority"]).seq,
            on=day_of(given["on"]) or home().requests.today(),
            manner=Manner(given["manner"]),
            text=given["text"],
            sender=given["sender"],
            delivery=given["delivery"],
        )
        seq = home().requests.receive(LOCAL, asked)
        told.tell(given["as_json"], seq, "Request {request} was recorded.")

    return receive


def _step(home: Callable[[], Home], told: Told[Requests]) -> click.Command:
    @click.command("step")
    @with_options(_STEP)
    def step(**given: Any) -> None:
        """Take a step of a request. `show` says which may follow.

        \b
        Examples:
          diarkiv exports request step 4812 make_precise --record R311
          diarkiv exports request step 4812 answer --answer masked --told
          diarkiv exports request step 4812 serve --day 2026-11-30
        """
        if given["step"] == Step.DECIDE:
            raise ConfigError(
                "A decision is written down, with its reasons and its notice of appeal.",
                remedy="`diarkiv exports request decide` writes it and takes the step.",
            )
        requests = home().requests
        taken = Taken(
            step=Step(given["step"]),
            day=day_of(given["day"]) or requests.today(),
            actor=given["signer"] or LOCAL.actor,
            answer=Answer(given["answer"]) if given["answer"] else None,
            told=given["told"],
            mandate=given["mandate"],
            body=given["body"],
            excused=given["excused"],
            reason=given["reason"],
        )
        records = [number(one, "R") for one in given["records"]]
        if records and taken.step is not Step.MAKE_PRECISE:
            raise ConfigError("Records are named with the step make_precise.")
        requests.take(LOCAL, given["request"], taken, records=records)
        told.tell(given["as_json"], given["request"], "Request {request} is now {state}.")

    return step


_CLOCKS = (
    "with the colour of their clocks (a yardstick in working days: green the day it came in, amber "
    "the next, red after that)."
)
_LISTED = ("request", "received", "state", "light", "appeal_until")


def _fields(requests: Requests, one: AccessRequest) -> dict[str, Any]:
    standing = one.standing
    until = standing.appeal_until
    return {
        "request": one.seq,
        "authority": one.received.authority,
        "received": one.received.on.isoformat(),
        "manner": one.received.manner.value,
        "text": one.received.text,
        "state": standing.state.value,
        "answer": standing.answer.value if standing.answer else None,
        "light": one.light(requests.today()).value,
        "holds": standing.holds,
        "decided": _iso(standing.decided),
        "served": _iso(standing.served),
        "appealed": _iso(standing.appealed),
        "appeal_until": _iso(until),
        "steps": [_step_fields(taken) for taken in one.steps],
        "next": [step.value for step in possible(standing)],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _step_fields(taken: Taken) -> dict[str, Any]:
    words = {"mandate": taken.mandate, "body": taken.body}
    words |= {"excused": taken.excused, "reason": taken.reason}
    return {
        "step": taken.step.value,
        "day": taken.day.isoformat(),
        "answer": taken.answer.value if taken.answer else None,
        **{name: text for name, text in words.items() if text},
    }


def _words(row: Mapping[str, Any]) -> str:
    answer = f", {ANSWERS[Answer(row['answer'])].en}" if row["answer"] else ""
    state = next(words.en for one, words in STATES.items() if one.value == row["state"])
    begins = f"Request {row['request']} of {row['received']}: {state}{answer}."
    return in_words([begins, row["text"]], row, "day")
