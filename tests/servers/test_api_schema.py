"""The interface against its own description: whatever schemathesis thinks of, nothing breaks, and
every answer is of the described shape. In this process, over a home with something in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from archiver.api.security import NEEDS
from archiver.core.access import LOCAL
from tests.unit.api.asking import HOST, PORT, Api, Program, asked_of
from tests.unit.api.test_app import CSV, entry

schemathesis = pytest.importorskip("schemathesis")  # with the other tools of the server tests
GenerationMode, checks = schemathesis.GenerationMode, schemathesis.checks
described = pytest.importorskip("schemathesis.specs.openapi.checks")

pytestmark = pytest.mark.server
_BASE = f"http://{HOST}:{PORT}"
EXAMPLES = 15
CHECKS = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with asked_of(tmp_path_factory.mktemp("home")) as api:
        program = api.program("register", "mark-secrecy", "read-protected")
        ks = api.authorities["KS"]
        for number in range(3):
            program.post("/entries", entry(ks, secret={"sender": f"Person {number}"}))
        program.post("/cases", {"authority": ks, "title": "Ett ärende"})
        to = {"to": "Gatukontoret", "way": "e-post"}
        over = {"records": api.records["KS"][:1], "outcome": "handed_over", "handover": to}
        program.post("/decisions", over)
        api.classes.take_in(LOCAL, ks, CSV)
        yield api


def statuses(
    operation: Any,
    mode: GenerationMode,
    headers: Mapping[str, str],
    aim: Callable[[schemathesis.Case], None] = lambda _case: None,
) -> set[int]:
    """What an operation answers with to many askings, each led to something that is there by `aim`;
    `AssertionError` for what is not described."""
    found = set[int]()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        aim(case)
        answer = case.call_and_validate(base_url=_BASE, headers=dict(headers), checks=CHECKS)
        found.add(answer.status_code)

    ask()
    return found


def operations(api: Api) -> Mapping[str, Any]:
    """Every operation that is described, by its method and path."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.app, base_url=_BASE)
    return {one.ok().label: one.ok() for one in schema.get_all_operations()}


def aimed(api: Api, program: Program) -> Callable[[schemathesis.Case], None]:
    """Leads what is asked to things that are there: else a random number finds nothing."""
    ks = api.authorities["KS"]

    other = program.post("/entries", entry(ks)).json["seq"]

    def first(path: str) -> Any:
        return program.get(path).json["items"][0]["seq"]

    def aim(case: schemathesis.Case) -> None:
        kind = case.path.split("/")[3]
        if "{seq}" in case.path:
            if kind == "entries":
                case.path_parameters["seq"] = program.post("/entries", entry(ks)).json["seq"]
            elif kind == "decisions":
                case.path_parameters["seq"] = first("/handovers")
            elif kind == "handovers":
                to = {"records": api.records["KS"][:1], "outcome": "handed_over"}
                body = {**to, "handover": {"to": "Gatukontoret", "way": "e-post"}}
                case.path_parameters["seq"] = program.post("/decisions", body).json["seq"]
            else:
                case.path_parameters["seq"] = first(f"/{kind}")
        if "If-Match" in case.headers:
            case.headers["If-Match"] = f'"{case.path_parameters["seq"]}"'
        if isinstance(case.body, dict):
            _lead(case.body, ks, api.records["KS"][:1], other)
            if case.path.endswith("/entries"):
                case.body |= {"authority": ks, "direction": "note", "day": "2026-11-20"}

    return aim


def _lead(body: dict[str, Any], authority: int, records: list[int], other: int) -> None:
    """Numbers in a body become such as are there, and text such as a register takes."""
    there = {"authority": authority, "records": records, "other": other}
    body |= {name: value for name, value in there.items() if name in body}
    for name in ("case", "series", "class_code", "secret", "marking"):
        if body.get(name) is not None:
            del body[name]
    for name, value in body.items():
        if isinstance(value, str) and not value.isprintable():
            body[name] = "Kommentar <script>"


def test_what_is_asked_as_described_is_answered_as_described(api: Api) -> None:
    token = api.token("register", "mark-secrecy", "read-protected")
    headers = {"Authorization": f"Bearer {token}"}
    aim = aimed(api, api.program("register", "mark-secrecy", "read-protected"))
    answered = {
        label: statuses(one, GenerationMode.POSITIVE, headers, aim)
        for label, one in operations(api).items()
    }
    assert len(answered) == len(NEEDS)
    for label, found in answered.items():
        assert found & {200, 201}, f"{label} was never answered: {found}"


def test_what_is_not_as_described_is_refused_as_described(api: Api) -> None:
    token = api.token("register", "mark-secrecy", "read-protected")
    headers = {"Authorization": f"Bearer {token}"}
    for label, one in operations(api).items():
        if one.body or one.query or one.path_parameters:
            assert statuses(one, GenerationMode.NEGATIVE, headers), label
