"""The interface for programs: what it gives, to whom, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archiver.api.security import NEEDS, OPEN
from archiver.api.services import EXTENSION, ApiServices
from archiver.core.access import LOCAL
from archiver.core.search import Searched
from archiver.ledger.apart import Apart
from archiver.people.trail import Trail
from archiver.registry.core.entry import Marking
from tests.unit.api.asking import PORT, SCRIPT, Api, Program, asked_of

CSV = b"scheme,version,code,label\nKLASSA,2.1,1,Ledning\nKLASSA,2.1,1.9,Kansli\nKLASSA,2.1,2,X\n"


def entry(owner: int, **more: Any) -> dict[str, Any]:
    fields = {"authority": owner, "direction": "received", "day": "2026-11-20"}
    return {**fields, "title": "Synpunkt på snöröjningen", **more}


@pytest.fixture
def ks(api: Api) -> int:
    return api.authorities["KS"]


@pytest.fixture
def mine(api: Api) -> Program:
    """A program that may do everything for KS and nothing for BUN."""
    return api.program("register:KS", "mark-secrecy:KS", "read-protected:KS")


@pytest.fixture
def made(mine: Program, ks: int) -> dict[str, Any]:
    answer = mine.post("/entries", entry(ks))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def problem(answer: Any, status: int, code: str = "") -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    said: dict[str, Any] = answer.json
    assert said["status"] == status
    assert said["code"] == code or not code, said
    return said


# --- who may ask ----------------------------------------------------------------------------------


def test_every_endpoint_says_what_it_needs(api: Api) -> None:
    endpoints = {rule.endpoint for rule in api.app.url_map.iter_rules()}
    assert endpoints - OPEN == NEEDS.keys()


def addresses(api: Api) -> list[tuple[str, str]]:
    found = []
    for rule in api.app.url_map.iter_rules():
        if rule.endpoint not in OPEN:
            path = rule.rule.replace("<int:seq>", "1").removeprefix("/api/v1")
            found.append(("POST" if "POST" in (rule.methods or ()) else "GET", path))
    return found


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer nej", "Basic YTpi", "bearer diarkiv_" + "A" * 43]
)
def test_without_a_token_nothing_is_told(api: Api, shown: str) -> None:
    program = Program(api.app, None)
    program.headers = {"Authorization": shown} if shown else {}
    for method, path in addresses(api):
        answer = program.get(path) if method == "GET" else program.post(path, {})
        problem(answer, 401, "token-needed")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Set-Cookie" not in answer.headers
    problem(program.get("/finns-inte"), 401)
    assert program.get("/openapi.json").status_code == 200


def test_a_token_that_is_revoked_or_has_ended_opens_nothing(api: Api) -> None:
    token = api.token("read")
    program = Program(api.app, token)
    assert program.get("/authorities").status_code == 200
    held = api.tokens.holder(token)
    assert held is not None
    api.tokens.revoke(LOCAL, held.actor)
    problem(program.get("/authorities"), 401)
    short = api.program("read")
    clock: Any = api.home.clock
    clock.advance(86_400_000)
    try:
        problem(short.get("/authorities"), 401)
    finally:
        clock.advance(-86_400_000)


def test_a_cookie_opens_nothing_and_another_site_is_refused(api: Api, mine: Program) -> None:
    cookie = {"Cookie": f"diarkiv-{PORT}=x; session=y"}
    problem(Program(api.app, None).get("/authorities", headers=cookie), 401)
    answer = mine.get("/authorities", base_url=f"http://fiende.example:{PORT}")
    problem(answer, 403, "foreign-request")
    asked = mine.get("/authorities", headers={"Origin": "https://fiende.example"})
    assert "Access-Control-Allow-Origin" not in asked.headers
    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.headers["X-Content-Type-Options"] == "nosniff"


def test_what_the_token_has_no_scope_for_is_refused(api: Api, ks: int) -> None:
    reader = api.program("read:KS")
    said = problem(reader.post("/entries", entry(ks)), 403, "access-refused")
    assert "register" in said["remedy"]
    both = api.program("register:BUN", "read:KS")
    problem(both.post("/entries", entry(ks)), 403)


def test_each_token_has_its_own_rate(tmp_path: Path) -> None:
    with asked_of(tmp_path, rate="3 per minute") as api:
        one, two = api.program("read"), api.program("read")
        answers = [one.get("/authorities").status_code for _ in range(3)]
        assert answers == [200, 200, 200]
        refused = one.get("/authorities")
        problem(refused, 429)
        assert int(refused.headers["Retry-After"]) > 0
        assert two.get("/authorities").status_code == 200


# --- another authority ----------------------------------------------------------------------------


def test_what_is_anothers_does_not_exist(api: Api, mine: Program) -> None:
    other = api.program("register:BUN", "mark-secrecy:BUN", "read-protected:BUN")
    bun = api.authorities["BUN"]
    theirs = other.post("/entries", entry(bun)).json["seq"]
    case = other.post("/cases", {"authority": bun, "title": "Deras ärende"}).json["seq"]
    record = api.records["BUN"][0]
    decided = other.post("/decisions", {"records": [record], "outcome": "minor"}).json["seq"]
    handover = {"to": "Rektor", "way": "e-post"}
    over = {"records": [record], "outcome": "handed_over", "handover": handover}
    waits = other.post("/decisions", over).json["seq"]
    (scheme,) = api.classes.take_in(LOCAL, bun, CSV)  # type: ignore[misc]
    why = {"reason": "x"}
    seen = f'"{theirs}"'
    nothing = mine.get("/records/999999")
    for path in (
        f"/records/{record}",
        f"/records/{record}/versions",
        f"/records/{record}/thread",
        f"/records/{record}/decisions",
        f"/entries/{theirs}",
        f"/entries/{theirs}?view=public",
        f"/cases/{case}",
        f"/decisions/{decided}",
        f"/schemes/{scheme.seq}/classes",
    ):
        assert other.get(path).status_code == 200, path
        problem(mine.get(path), 404, "not-found")
    assert mine.get(f"/records/{record}").json == nothing.json
    marking = {"marking": {"clause": "OSL 26 kap. 1 §"}, **why}
    for path, body in (
        (f"/entries/{theirs}/corrections", {"field": "title", "value": "x", **why}),
        (f"/entries/{theirs}/voiding", why),
        (f"/entries/{theirs}/markings", marking),
        (f"/entries/{theirs}/relations", {"other": theirs + 1, "relation": "answers"}),
        (f"/handovers/{waits}/notes", {"step": "answered"}),
        (f"/cases/{case}/closing", {}),
        (f"/cases/{case}/reopening", why),
        ("/decisions", {"records": [record], "outcome": "minor"}),
        ("/entries", {"title": "x", "records": [record]}),
        ("/entries", entry(api.authorities["KS"], case=case)),
    ):
        problem(mine.post(path, body, seen=seen), 404, "not-found")
    for path in (
        "/records",
        f"/records?authority={bun}",
        "/entries?limit=200",
        f"/entries?authority={bun}",
        "/cases",
        "/handovers",
        "/series",
        "/schemes",
        "/channels",
        "/search?q=a",
        "/entries?number=BUN%202026/1",
    ):
        text = mine.get(path).text
        items = json.loads(text)["items"]
        assert all(item.get("authority", 0) != bun for item in items), path
        assert record not in [item.get("record") or item["seq"] for item in items], path
    assert [one["code"] for one in mine.get("/authorities").json["items"]] == ["KS"]
    assert mine.get("/search?q=a").json["total"] == len(mine.get("/search?q=a").json["items"])


def test_forged_numbers_are_nothing(mine: Program) -> None:
    for number in ("0", "1", "999999999999999", "1000000000000000", "9" * 30):
        for path in ("records", "entries", "cases", "decisions"):
            problem(mine.get(f"/{path}/{number}"), 404)
    for number in ("-1", "x", "1.0", "%00", "../authorities"):
        problem(mine.get(f"/records/{number}"), 404)


# --- reading --------------------------------------------------------------------------------------


def test_records_are_listed_and_read(api: Api, mine: Program) -> None:
    page = mine.get("/records?limit=3").json
    rest = mine.get(f"/records?limit=3&cursor={page['next']}").json
    seqs = [one["seq"] for one in (*page["items"], *rest["items"])]
    assert sorted(seqs, reverse=True) == sorted(api.records["KS"], reverse=True)
    assert rest["next"] is None
    one = mine.get(f"/records/{seqs[0]}").json
    assert one == page["items"][0]
    assert one["text"] or one["title"]
    versions = mine.get(f"/records/{seqs[0]}/versions").json["items"]
    assert [v["n"] for v in versions] == [1]
    comment = next(r for r in (*page["items"], *rest["items"]) if r["kind"] == "comment")
    thread = mine.get(f"/records/{comment['seq']}/thread").json
    assert comment["seq"] in [one["seq"] for one in thread["answers"]]
    assert thread["root"]["kind"] == "post"
    assert mine.get("/records?origin=drawn_up&state=visible").json["items"]
    assert mine.get("/records?until=2001-01-01").json["items"] == []
    word = one["text"].split()[0]
    hits = mine.get("/search", query_string={"q": word, "limit": 1}).json
    assert (hits["total"] > 0, len(hits["items"])) == (True, 1)


def test_what_may_be_secret_is_given_without_its_words(api: Api, mine: Program, ks: int) -> None:
    record = api.records["KS"][-1]
    text = mine.get(f"/records/{record}").json["title"]
    body = entry(ks, records=[record], secret={"title": "KANARIE-oro"})
    seq = mine.post("/entries", body).json["seq"]
    plain = api.program("read:KS")
    held = plain.get(f"/records/{record}").json
    assert (held["withheld"], held["title"], held["text"], held["author_name"]) == (
        True,
        "",
        "",
        "",
    )
    assert plain.get(f"/records/{record}/versions").json == {"withheld": True, "items": []}
    found = plain.get("/search", query_string={"q": text[:6]}).json["items"]
    assert record not in [one["record"] for one in found]
    for path in (f"/entries/{seq}", f"/records/{record}/decisions", "/entries"):
        assert "KANARIE" not in plain.get(path).text
    assert mine.get(f"/entries/{seq}").json["secret"]["title"] == "KANARIE-oro"
    assert mine.get(f"/entries/{seq}?view=public").json["secret"] is None
    assert not mine.get(f"/records/{record}").json["withheld"]
    # On whatever page it would stand, it is not counted.
    found = {plain.get("/search", query_string={"q": "", "limit": n}).json["total"] for n in (1, 9)}
    assert found == {len(api.records["KS"]) - 1}


def test_an_answers_address_does_not_tell_what_it_stands_under(
    api: Api, mine: Program, tmp_path: Path
) -> None:
    plain, items = api.program("read:KS"), mine.get("/records").json["items"]
    answer = next(one for one in items if one["kind"] == "comment")
    assert answer["url"]
    root = mine.get(f"/records/{answer['seq']}/thread").json["root"]["seq"]
    apart = Apart(api.home.ledger, tmp_path, [])
    apart.protect(root, reason="Skyddad adress")
    try:
        for path in (f"/records/{answer['seq']}", "/records", f"/records/{root}/thread"):
            assert answer["url"] not in plain.get(path).text, path
            assert answer["url"] in mine.get(path).text, path
        versions = f"/records/{answer['seq']}/versions"
        assert [one["url"] for one in plain.get(versions).json["items"]] == [""]
        assert [one["url"] for one in mine.get(versions).json["items"]] == [answer["url"]]
    finally:
        apart.unprotect(root, reason="Prövad")


@pytest.mark.parametrize(
    "cursor",
    ["x", "WzFd", "WzEsMl0", "bnVsbA", "W10", "WyJhIl0", "Wy0xXQ", "%00", "å", "[1]", "W1tbW1"],
)
def test_bad_cursors_are_refused(api: Api, mine: Program, cursor: str) -> None:
    (scheme,) = api.classes.take_in(LOCAL, api.authorities["KS"], CSV)  # type: ignore[misc]
    one, two, word = "WzFd", "WzEsIDJd", "WyJhIl0"
    lists = {"/records": two, "/entries": one, "/cases": one, "/search": one}
    for path, good in {**lists, f"/schemes/{scheme.seq}/classes": word}.items():
        answer = mine.get(f"{path}?cursor={cursor}")
        if cursor != good:
            problem(answer, 400, "bad-cursor")
        assert mine.get(f"{path}?cursor={good}").status_code == 200


def test_classes_are_paged_and_narrowed_by_day(api: Api, mine: Program) -> None:
    (scheme,) = api.classes.take_in(LOCAL, api.authorities["KS"], CSV)  # type: ignore[misc]
    path = f"/schemes/{scheme.seq}/classes"
    page = mine.get(f"{path}?limit=2").json
    rest = mine.get(f"{path}?limit=2&cursor={page['next']}").json
    codes = [one["code"] for one in (*page["items"], *rest["items"])]
    assert (codes, rest["next"]) == (["1", "1.9", "2"], None)
    assert len(mine.get(f"{path}?day=2026-11-22").json["items"]) == 3


# --- writing --------------------------------------------------------------------------------------


def test_an_entry_is_made_from_records(api: Api, mine: Program) -> None:
    record = api.records["KS"][0]
    answer = mine.post("/entries", {"title": "Kommentar", "records": [record]})
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert (made["records"], made["authority"]) == ([record], api.authorities["KS"])
    assert made["dated"] != "stated"
    assert made["number"].startswith("KS 2026/")
    assert made["actor"] > 0
    found = mine.get("/entries", query_string={"number": made["number"].lower()}).json["items"]
    assert [one["seq"] for one in found] == [made["seq"]]
    decided = mine.get(f"/records/{record}/decisions").json["entries"]
    assert made["seq"] in [one["seq"] for one in decided]


def test_asking_twice_does_nothing_twice(api: Api, mine: Program, ks: int) -> None:
    first = mine.post("/entries", entry(ks), key="samma-nyckel")
    again = mine.post("/entries", entry(ks), key="samma-nyckel")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    other = mine.post("/entries", entry(ks, title="Ett annat"), key="samma-nyckel")
    problem(other, 409, "key-reused")
    someone = api.program("register:KS").post("/entries", entry(ks), key="samma-nyckel")
    assert someone.json["seq"] != first.json["seq"]
    case = {"authority": ks, "title": "Snöröjning"}
    cases = [mine.post("/cases", case, key="samma-nyckel").json["seq"] for _ in range(2)]
    assert len(set(cases)) == 1
    problem(mine.post("/cases", {**case, "title": "Annat"}, key="samma-nyckel"), 409)
    decision = {"records": [api.records["KS"][1]], "outcome": "minor"}
    made = [mine.post("/decisions", decision, key="samma-nyckel").json["seq"] for _ in range(2)]
    assert len(set(made)) == 1
    assert mine.get(f"/decisions/{made[0]}").json["outcome"] == "minor"


def test_a_case_is_closed_and_taken_up_again(mine: Program, ks: int) -> None:
    case = mine.post("/cases", {"authority": ks, "title": "Snöröjning"}).json
    assert case["closed_on"] == ""
    path = f"/cases/{case['seq']}"
    problem(mine.post(f"{path}/closing", {"day": "2099-01-01"}), 400)
    closed = mine.post(f"{path}/closing", {"note": "Klart"})
    assert closed.status_code == 201
    assert mine.get(path).json == closed.json
    assert closed.json["closed_on"]
    problem(mine.post(f"{path}/closing", {}), 409, "case-not-so")
    problem(mine.post("/entries", entry(ks, case=case["seq"])), 409, "case-closed")
    assert mine.post(f"{path}/reopening", {"reason": "Ny skrivelse"}).json == case
    problem(mine.post(f"{path}/reopening", {"reason": "Igen"}), 409, "case-not-so")


@pytest.mark.parametrize("key", ["", "kort", "med blank", "å" * 10, "x" * 201])
def test_without_a_usable_key_nothing_is_registered(mine: Program, ks: int, key: str) -> None:
    before = mine.get("/entries?limit=1").json["items"]
    headers = {
        **mine.headers,
        **({"Idempotency-Key": key.encode().decode("latin-1")} if key else {}),
    }
    answer = mine._client.post(
        "/api/v1/entries", json=entry(ks), headers=headers, base_url=f"http://127.0.0.1:{PORT}"
    )
    problem(answer, 422, "not-valid")
    assert mine.get("/entries?limit=1").json["items"] == before


def test_a_stale_change_is_refused(mine: Program, made: dict[str, Any]) -> None:
    path = f"/entries/{made['seq']}"
    read = mine.get(path)
    seen = read.headers["ETag"]
    body = {"field": "title", "value": "Rättad", "reason": "Felskrivet"}
    done = mine.post(f"{path}/corrections", body, seen=seen)
    assert (done.status_code, done.json["title"]) == (200, "Rättad")
    marking = {"marking": {"clause": "OSL 26 kap. 1 §"}, "reason": "x"}
    for to, stale in (
        ("corrections", body),
        ("voiding", {"reason": "x"}),
        ("markings", marking),
        ("relations", {"other": 1, "relation": "answers"}),
    ):
        if to != "relations":
            problem(mine.post(f"{path}/{to}", stale, seen=seen), 412, "stale")
        problem(mine.post(f"{path}/{to}", stale), 422)
    marked = mine.post(f"{path}/markings", marking, seen=done.headers["ETag"])
    assert marked.json["marking"]["authority"] == "Kommunstyrelsen"
    off = {"marking": None, "reason": "Gäller inte"}
    lifted = mine.post(f"{path}/markings", off, seen=marked.headers["ETag"])
    assert lifted.json["marking"] is None
    voided = mine.post(f"{path}/voiding", {"reason": "Dubbel"}, seen=lifted.headers["ETag"])
    assert voided.json["voided"]["reason"] == "Dubbel"
    again = mine.post(f"{path}/voiding", {"reason": "Dubbel"}, seen=voided.headers["ETag"])
    problem(again, 409, "already-voided")


def test_entries_are_related(mine: Program, made: dict[str, Any], ks: int) -> None:
    other = mine.post("/entries", entry(ks))
    body = {"other": made["seq"], "relation": "answers"}
    path = f"/entries/{other.json['seq']}/relations"
    done = mine.post(path, body, seen=other.headers["ETag"])
    assert done.json["relations"][0]["other"] == made["seq"]
    problem(mine.post(path, body, seen=other.headers["ETag"]), 412, "stale")


def test_a_handover_is_followed_until_it_is_answered(api: Api, mine: Program) -> None:
    to = {"to": "Gatukontoret", "way": "e-post", "due": "2026-11-27"}
    body = {"records": [api.records["KS"][0]], "outcome": "handed_over", "handover": to}
    over = mine.post("/decisions", body).json
    assert over["handover"]["due"] == "2026-11-27T23:00:00.000Z"
    assert over["seq"] in [one["seq"] for one in mine.get("/handovers").json["items"]]
    path = f"/handovers/{over['seq']}/notes"
    assert mine.post(path, {"step": "received", "note": "Kvittens 17"}).status_code == 201
    assert mine.post(path, {"step": "answered"}).status_code == 201
    problem(mine.post(path, {"step": "answered"}), 404)
    problem(mine.post("/decisions", {**body, "outcome": "minor"}), 400)


def test_script_stays_text(mine: Program, ks: int) -> None:
    answer = mine.post("/entries", entry(ks, title=SCRIPT, sender=SCRIPT))
    # A mark that turns the direction of writing is no text of a register.
    problem(answer, 400)
    plain = SCRIPT.replace("\u202e ", "")
    made = mine.post("/entries", entry(ks, title=plain, sender=plain))
    assert made.json["title"] == plain
    assert made.mimetype == "application/json"
    assert made.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 301},
        {"title": 7},
        {"title": "\ud800"},
        {"day": "2026-02-30"},
        {"day": "2027-01-01"},
        {"day": "igår"},
        {"direction": "sidledes"},
        {"authority": "KS"},
        {"authority": -1},
        {"authority": True},
        {"authority": 10**20},
        {"records": [1] * 51},
        {"records": ["R1"]},
        {"records": "1"},
        {"case": 0},
        {"okänt": 1},
        {"level": 4},
        {"actor": 0},
        {"secret": {"author": "x"}},
        {"marking": {"clause": " "}},
    ],
)
def test_what_is_not_as_described_is_refused(
    mine: Program, ks: int, wrong: dict[str, object]
) -> None:
    answer = mine.post("/entries", entry(ks, **wrong))
    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.mimetype == "application/problem+json"
    assert "x" * 301 not in answer.text


def test_bodies_that_are_none(mine: Program) -> None:
    def sent(data: bytes, type_: str = "application/json") -> Any:
        return mine.post("/entries", None, json=None, data=data, content_type=type_)

    for data in (b"", b"{", b"\xff", b"[]", b"null", b"7", b"[" * 50_000, b'{"title":' * 9_000):
        assert sent(data).status_code in (400, 413, 422), data[:20]
    problem(sent(b'{"title": "' + b"x" * 70_000 + b'"}'), 413)
    answer = mine.get("/records?limit=0")
    said = problem(answer, 422, "not-valid")
    assert "limit" in said["errors"]["query"]
    problem(mine.get("/records?okänt=1"), 422)
    problem(mine.get("/records?state=%00"), 422)
    problem(mine.get("/entries?class_code=%00"), 422)
    problem(mine.get("/finns-inte"), 404)
    refused = mine._client.delete(
        "/api/v1/entries", headers=mine.headers, base_url=f"http://127.0.0.1:{PORT}"
    )
    problem(refused, 405)
    assert "POST" in refused.headers["Allow"]


def test_a_marking_made_elsewhere_withholds_the_record(api: Api, mine: Program, ks: int) -> None:
    record = api.records["KS"][1]
    seq = mine.post("/entries", {"title": "x", "records": [record]}).json["seq"]
    plain = api.program("read:KS")
    assert not plain.get(f"/records/{record}").json["withheld"]
    marking = Marking(clause="OSL 26 kap. 1 §", day="2026-11-22", authority="KS")
    api.register.mark(LOCAL, seq, marking, reason="x")
    assert plain.get(f"/records/{record}").json["withheld"]


def test_the_description_is_openapi_3_1(api: Api) -> None:
    spec = Program(api.app, None).get("/openapi.json").json
    assert spec["openapi"] == "3.1.0"
    assert spec["security"] == [{"token": []}]
    described = {(path, verb) for path, verbs in spec["paths"].items() for verb in verbs}
    assert len(described) == len(NEEDS)
    assert "Idempotency-Key" in [
        p["name"] for p in spec["paths"]["/api/v1/entries"]["post"]["parameters"]
    ]


class Noted:
    """A `SearchLog` that remembers."""

    def __init__(self) -> None:
        self.found: list[Searched] = []

    def note(self, searched: Searched) -> None:
        self.found.append(searched)


def test_what_is_sought_and_what_is_read_of_the_protected_is_noted(tmp_path: Path) -> None:
    with asked_of(tmp_path) as api:
        trail, log = Trail(api.home.ledger, api.home.clock), Noted()
        api.app.extensions[EXTENSION] = replace(services_of(api), trail=trail, search_log=log)
        ks, record = api.authorities["KS"], api.records["KS"][0]
        plain, may = api.program("read:KS"), api.program("register:KS", "read-protected:KS")
        body = {"title": "x", "records": [record], "secret": {"title": "KANARIE-oro"}}
        seq = may.post("/entries", body).json["seq"]
        for program in (plain, may):
            for path in (f"/entries/{seq}", f"/records/{record}", "/search?q=hej&state=visible"):
                assert program.get(path).status_code == 200
        trail.close()
        lines = [one.fields for one in trail.lines(frozenset({ks}), before=None, limit=50)]
        assert {one["what"] for one in lines} == {"protected_read"}
        (actor,) = {one["actor"] for one in lines}
        assert actor > 0
        assert sorted({one["record"] for one in lines}) == sorted([record, seq])
        assert len(lines) == 3  # what was made is given too
        assert [(one.query, one.filters) for one in log.found] == [
            ("hej", (("state", "visible"),))
        ] * 2


def services_of(api: Api) -> ApiServices:
    found: ApiServices = api.app.extensions[EXTENSION]
    return found
