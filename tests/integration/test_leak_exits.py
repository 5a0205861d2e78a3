"""No exit lets out what is masked, marked or not the asker's: each is searched by the leak check.

A letter whose text, sender, address, handle, file name and picture are planted is masked and given
out by a release, marked as secret in the register and published as such; a person of another
authority walks through every page and every address of the interface for programs. What is
searched elsewhere is not searched anew: tables, log, packs and keys after harvests (`test_no_
plaintext`), the web diarium's every field (`test_publisher`), mail and webhooks (`test_alerts`,
`test_reminders`), what disposal leaves (`test_disposal`), the log of releases (`test_releases`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from archiver.app import Application, build
from archiver.channels import web as channels_web
from archiver.core.access import LOCAL, Permission, Role, Viewer, viewer_of
from archiver.core.api_token import Scope
from archiver.core.calendar import stockholm_date
from archiver.db.capture_drafts import CaptureDrafts
from archiver.errors import DiarkivError
from archiver.people.trail import Trail
from archiver.registry import capture_web
from archiver.registry import web as registry_web
from archiver.registry.capture_files import from_bytes
from archiver.registry.core.capture import AccordingTo, Way, received
from archiver.registry.core.entry import Dated, Direction, Marking, Registration, Secret
from archiver.registry.core.publication import Field, Ruling, Setting
from archiver.web import app as web
from archiver.webdiary.app import create as create_web_diary
from exports import web as disclosure_web
from exports.core.access_request import Step, Taken
from exports.core.received import Manner, Received
from exports.core.release import ItemDecision
from gdpr import leak
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import ImageBox, Mask, TextSpan, WholeField
from gdpr.leak import Kind, Output
from gdpr.masks import web as masks_web
from retention import web as retention_web
from tests.build import FakeClock
from tests.unit.gdpr.leak import made

NAME, SENDER, NUMBER = "Josefin Fröberg", "Torvald Kvistmo", "19850101-9802"
STREET, LINK = "Ängsgatan 57", "https://sida.example/josefin.froberg85"
TEXT = f"Min granne {NAME} ({NUMBER}) på {STREET} eldar, se {LINK}. Så kan det inte fortgå."
FILE = f"foto av {NAME}.png"
PLANTED = [
    leak.Secret(value, f"planted {number}")
    for number, value in enumerate((NAME, SENDER, NUMBER, STREET, LINK, FILE), 1)
]
pytestmark = pytest.mark.server  # a release is drawn and read thrice
TOKEN, PORT = "ab" * 32, 8465


@dataclass
class Town:
    """A home whose register, masks and releases are those of the program."""

    app: Application
    ks: int
    kfn: int
    record: int
    entry: int
    release: int = 0
    request: int = 0
    outputs: list[Output] = field(default_factory=list)
    logs: list[Mapping[str, Any]] = field(default_factory=list)
    said: io.StringIO = field(default_factory=io.StringIO)

    @property
    def stranger(self) -> Viewer:
        return viewer_of(40, [(Role.LAWYER, self.kfn), (Role.REGISTRAR, self.kfn)])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = FakeClock()
    clock.advance(4 * 86_400_000)
    home = tmp_path_factory.mktemp("exits") / "home"
    app = build(home, environment={}, clock=clock, sleep=lambda _seconds: None)
    said = io.StringIO()
    with capture_logs() as logs, redirect_stdout(said), redirect_stderr(said):
        app.init(None)
        app.add_authority("KS", "Kommunstyrelsen")
        app.add_authority("KFN", "Kultur- och fritidsnämnden")
        one = settled(app)
        one.logs, one.said = logs, said  # type: ignore[assignment]
        give_out(one)
        app.catch_up_index()
        yield one


def settled(app: Application) -> Town:
    """The letter, its entry with a secrecy marking, and the web diarium."""
    authority = app.channels.authority("KS")
    ks, kfn = authority.seq, app.channels.authority("KFN").seq
    picture = made.saved(made.written(NAME), "PNG")
    record = app.captures.capture(
        authority,
        way=Way.LETTER,
        received=received("2026-11-02 10:00", AccordingTo.CAPTURER, now=app.clock.now()),
        why="Hör till ärendet om eldning.",
        text=TEXT,
        title="Röken",
        sender=SENDER,
        files=[from_bytes(FILE, picture, "image/png")],
        actor=0,
    ).record
    today = stockholm_date(app.clock.now()).isoformat()
    entry = app.register.register(
        LOCAL,
        Registration(
            authority=ks,
            direction=Direction.RECEIVED,
            day=today,
            dated=Dated.STATED,
            title="Klagomål om eldning",
            record_class="Synpunkt",
            level=4,
            records=(record,),
            marking=Marking(clause="OSL 5:5", day=today, authority="KS"),
            secret=Secret(title=f"{NAME} eldar", sender=SENDER, recipient=NAME),
        ),
    )
    ruling = Ruling(number="KS 2026/12", day=today, body="Kommunstyrelsen")
    app.web_diary.set(
        LOCAL,
        Setting(
            authority=ks,
            on=True,
            ruling=ruling,
            fields=frozenset(Field),
            record_classes=frozenset({"Synpunkt"}),
            directions=frozenset({Direction.RECEIVED}),
            days=30,
            takes_down="Bosse Granlund",
            contact="registrator@testkoping.example",
            description="Kommunstyrelsen har handlingar om kommunens ledning.",
        ),
    )
    app.publisher.tick()
    return Town(app, ks, kfn, record, entry)


def give_out(town: Town) -> None:
    """The letter is masked and given out: PDF, JSON, CSV, picture and proofs."""
    app = town.app
    town.request = app.requests.receive(
        LOCAL,
        Received(
            authority=town.ks, on=app.requests.today(), manner=Manner.ORAL, text="Allt om eldning"
        ),
    )
    precise = Taken(step=Step.MAKE_PRECISE, day=app.requests.today(), actor=0)
    app.requests.take(LOCAL, town.request, precise, records=(town.record,))
    drafts = app.releases.drafts
    town.release = drafts.add(LOCAL, town.request, [town.record])
    version = app.masks.review(LOCAL, town.record).version
    picture = made.written(NAME)
    targets = [
        *(TextSpan("text", TEXT.index(one), TEXT.index(one) + len(one)) for one in
          (NAME, NUMBER, STREET, LINK)),
        WholeField("author_name"),
        WholeField("attachments/0/name"),
        ImageBox(0, 0, 0, picture.width, picture.height),
    ]  # fmt: skip
    secrecy = (Citation(clause=Clause(21, 1)),)
    for target in targets:
        mask = Mask(
            record=town.record, version=version, target=target, category="name", citations=secrecy
        )
        app.masks.add(LOCAL, mask)
    for kept in app.masks.pending(LOCAL, [town.record]).values():
        app.masks.accept(LOCAL, [one.seq for one in kept], secrecy)
    drafts.decide(LOCAL, town.release, ItemDecision.MASKED, records=[town.record])
    for one in app.releases.check(LOCAL, town.release).leaks:
        if one.waivable:
            app.releases.waive(LOCAL, town.release, one.digest, "Inget som ska döljas.")
    digest = app.releases.preview(LOCAL, town.release).digest
    given = app.releases.make(LOCAL, town.release, step=Step.ANSWER, digest=digest, told=True)
    town.outputs = list(given.outputs)


def released(town: Town) -> list[Output]:
    assert {one.name.rpartition(".")[2] for one in town.outputs} >= {"pdf", "json", "csv", "zip"}
    return town.outputs


def released_again(town: Town) -> list[Output]:
    return list(town.app.releases.render(LOCAL, town.release).outputs)


def paths(app: Flask, numbers: Mapping[str, int]) -> Iterator[str]:
    """Every address that can be asked for, with each number that there is where one belongs."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for number in numbers.values() if rule.arguments else (0,):
            yield re.sub(r"<[^>]+>", str(number), rule.rule)


def pages(town: Town) -> list[Output]:
    """Every page, as a lawyer of another authority gets it."""
    app = town.app
    with closing(app.trail()) as trail:
        client = browser(town, trail)
        numbers = {"record": town.record, "entry": town.entry, "request": town.request,
                   "release": town.release, "authority": town.ks}  # fmt: skip
        found = [*paths(client.application, numbers), "/sok?q=granne", "/sok?q=klagom%C3%A5l",
                 "/diarium?q=eldning", "/handlingar?q=granne"]  # fmt: skip
        answers = [(path, client.get(path, base_url=f"http://127.0.0.1:{PORT}")) for path in found]
    assert len(answers) > 100
    assert sum(answer.status_code == 200 for _, answer in answers) > 20
    return [Output(path, heads(answer.headers) + answer.data) for path, answer in answers]


def browser(town: Town, trail: Trail) -> Any:
    """Somebody of another authority, signed in."""
    app = town.app
    captured = CaptureDrafts(app.operations, app.clock, lambda size: bytes(size))
    parts = [
        channels_web.part(app.desk),
        registry_web.part(app.registry_office),
        capture_web.part(app.captures, captured),
        retention_web.part(app.retention_office),
        disclosure_web.part(app.disclosure_office),
        masks_web.part(lambda: app.masks),
    ]
    settings = web.WebSettings(port=PORT, token=TOKEN, viewer=town.stranger)
    client = web.create_web(app._pages(trail, lambda: None), settings, parts).test_client()
    assert client.get(f"/?token={TOKEN}", base_url=f"http://127.0.0.1:{PORT}").status_code == 303
    return client


def programs(town: Town) -> list[Output]:
    """Every address of the interface for programs, asked with a token for another authority."""
    app = town.app
    token, _ = app.tokens.add(LOCAL, "Granne", [Scope(Permission.READ, town.kfn)], days=1)
    with closing(app.trail()) as trail:
        _, api = app._api(web.WebSettings(port=PORT, token=TOKEN), app._pages(trail, lambda: None))
        client = api.test_client()
        numbers = {"record": town.record, "entry": town.entry, "authority": town.ks}
        bearer = {"Authorization": f"Bearer {token}"}
        found = [*paths(api, numbers), "/search?q=granne", "/records?limit=50"]
        answers = [
            (path, client.get(path, headers=bearer, base_url=f"http://127.0.0.1:{PORT}"))
            for path in found
        ]
    assert {answer.status_code for _, answer in answers} & {200}
    return [Output(path, heads(answer.headers) + answer.data) for path, answer in answers]


def heads(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\n" for name, value in headers.items()).encode()


def web_diary(town: Town) -> list[Output]:
    client = create_web_diary(town.app.web_diary_file).test_client()
    asked = [f"/post/{town.entry}", "/", "/en/", "/?q=klagom%C3%A5l", "/om"]
    return [Output(path, client.get(path).data) for path in asked]


def alerts(town: Town) -> list[Output]:
    """What mail and webhooks are made of, and what the doctor says."""
    facts = repr(town.app._alert_facts(town.app.clock.now()))
    return [Output("facts", facts.encode()), Output("doctor", repr(town.app.doctor()).encode())]


def refusals(town: Town) -> list[Output]:
    """The words of errors about what is planted. (Words that a person types at a terminal may come
    back to that person.)"""
    app = town.app
    version = app.masks.review(LOCAL, town.record).version
    outside = Mask(
        record=town.record, version=version, target=TextSpan("text", 0, 10_000), category="name"
    )
    tried: list[Callable[[], object]] = [
        lambda: app.masks.add(LOCAL, outside),
        lambda: app.masks.review(town.stranger, town.record),
        lambda: app.requests.get(town.stranger, town.request),
        lambda: app.releases.preview(town.stranger, town.release),
        lambda: app.releases.whole(town.stranger, town.release),
        lambda: app.register.void(town.stranger, town.entry, reason=NAME),
    ]  # fmt: skip
    found = []
    for number, act in enumerate(tried, 1):
        try:
            act()
        except DiarkivError as error:
            found.append(Output(f"error {number}", f"{error} {error!r} {error.args}".encode()))
    assert len(found) == len(tried)
    return found


def logs(town: Town) -> list[Output]:
    """What the other exits left in the log and on the terminal; asked for last."""
    return [
        Output("log", repr(town.logs).encode()),
        Output("terminal", town.said.getvalue().encode()),
    ]


def files(town: Town) -> list[Output]:
    """Names and bytes of all that lies in the home: database, index, packs, keys, web diarium."""
    home = town.app.home
    found = [one for one in sorted(home.rglob("*")) if one.is_file()]
    assert {"packs", "log", "db"} <= {one.relative_to(home).parts[0] for one in found}
    return [Output(one.relative_to(home).as_posix(), one.read_bytes()) for one in found]


EXITS: Mapping[str, Callable[[Town], list[Output]]] = {
    "release": released,
    "release made again": released_again,
    "pages of another authority": pages,
    "interface for programs": programs,
    "web diarium": web_diary,
    "alerts and the doctor": alerts,
    "errors": refusals,
    "files, their names, the index": files,
    "logs and terminal": logs,
}


def found(outputs: list[Output]) -> list[tuple[str, str, str]]:
    leaks = leak.check(outputs, PLANTED, reader=made.here)
    # Databases and indexes are of kinds that no release may hold; they are searched all the same.
    return [(one.output, one.place, one.ref) for one in leaks if one.kind is Kind.VALUE]


@pytest.mark.parametrize("way", EXITS)
def test_no_exit_lets_out_what_is_planted(town: Town, way: str) -> None:
    outputs = EXITS[way](town)
    assert outputs
    assert found(outputs) == []


def test_the_search_would_find_it(town: Town, tmp_path: Path) -> None:
    """Where it may be shown, it is shown, and found: in the review and in the whole copies."""
    review = town.app.masks.review(LOCAL, town.record)
    shown = Output("review", repr(review).encode())
    assert {ref for _, _, ref in found([shown])} >= {"planted 1", "planted 3", "planted 4"}
    assert {ref for _, _, ref in found(list(town.app.releases.whole(LOCAL, town.release)))}
