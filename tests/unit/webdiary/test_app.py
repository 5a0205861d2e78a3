"""The pages: what they show, how the list is narrowed, and what they never do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import archiver.webdiary
from archiver.webdiary.app import create
from archiver.webdiary.reading import AT_ONCE, Asked, Diary
from tests.unit.webdiary.books import make

PAGES = (
    "/",
    "/?page=2",
    "/?q=finnsinte",
    "/post/7",
    "/post/10",
    "/om",
    "/tillganglighet",
    "/borta",
)
BOTH = [prefix + page for page in PAGES for prefix in ("", "/en")]


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create(make(tmp_path / "web.sqlite")).test_client()


def numbers(answer: TestResponse) -> list[int]:
    return [int(one) for one in re.findall(r'href="(?:/en)?/post/(\d+)"', answer.text)]


@pytest.mark.parametrize("page", [*BOTH, "/robots.txt", "/static/diarium.css", "/en"])
def test_every_answer_keeps_to_itself(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == (404 if "borta" in page else 200)
    assert "Set-Cookie" not in answer.headers
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    if "html" in answer.content_type:
        assert answer.headers["Cache-Control"] == "no-store"
        assert 'name="robots" content="noindex' in answer.text
        assert "<script" not in answer.text
        assert " style=" not in answer.text
        assert not re.search(r'(?:src|href|action)="(?!/|#)', answer.text)


def test_robots_are_asked_to_stay_away(client: FlaskClient) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_the_list_turns_its_pages(client: FlaskClient) -> None:
    first, second, last = (client.get(f"/?page={n}") for n in (1, 2, 3))
    assert [len(numbers(one)) for one in (first, second, last)] == [AT_ONCE, AT_ONCE, 20]
    assert len({*numbers(first), *numbers(second), *numbers(last)}) == 120
    assert "120 poster" in first.text
    assert "Sida 2 av 3" in second.text
    assert 'rel="prev"' not in first.text
    assert 'rel="next"' not in last.text
    for odd in ("0", "-1", "99999999999999999999", "x", "²", "4"):
        assert client.get(f"/?page={odd}").status_code == 200


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("q=återvinning+17", {17, 117}),
        ("q=ÅTERVINNING+synpunkt+117", {117}),
        ("q=%3C%C3%A5", None),
        ("q=%25", set()),
        ("q=atervinning", set()),
        ("number=bun+2026/5", {5, 50, 55}),
        ("since=2026-07-01&until=2026-07-01", {120}),
        ("since=2026-06-20", {119, 120}),
        ("until=2026-01-02", {1}),
        ("class=Fr%C3%A5ga&office=BUN&since=2026-06-01", {105, 115}),
        ("office=nobody", set()),
        ("q='+OR+1=1+--", set()),
        ("number=%00", None),
    ],
)
def test_the_list_is_narrowed(client: FlaskClient, question: str, found: set[int] | None) -> None:
    answer = client.get(f"/?{question}")
    assert answer.status_code == 200
    if found is not None:
        assert set(numbers(answer)) == found
    assert client.get(f"/en/?{question}").status_code == 200


@pytest.mark.parametrize(
    "question", ["since=igår", "until=2026-13-01", "since=20261101", "until=2026-W40-1"]
)
def test_a_day_that_is_none_is_told(client: FlaskClient, question: str) -> None:
    answer = client.get(f"/?{question}")
    assert answer.status_code == 400
    assert "gick inte att förstå" in answer.text


def test_an_entry_shows_what_was_allowed(client: FlaskClient) -> None:
    page = client.get("/post/7").text
    for words in ("KS 2026/7", "&lt;ÅTERVINNING&gt; 7", "2026-01-08", "Inkommen", "KS 2026/500"):
        assert words in page
    assert "registrator.ks@testkoping.example" in page
    bare = client.get("/post/10").text
    assert "BUN 2026/10" in bare
    assert "Rubriken visas inte här" in bare
    assert "Inkommen" not in bare
    for none in ("/post/999", "/post/0", f"/post/{10**30}", "/post/-1", "/post/x"):
        assert client.get(none).status_code == 404


def test_the_about_page_says_on_which_decision(client: FlaskClient) -> None:
    swedish, english = client.get("/om").text, client.get("/en/om").text
    assert "KS 2026/1, 2026-11-01, Kommunstyrelsen" in swedish
    assert '<p lang="sv">Fråga registratorn.</p>' in swedish
    assert '<p lang="en">About the documents.</p>' in english
    assert '<p lang="sv">Om handlingarna.</p>' in english  # BUN has none in English


def test_the_language_is_in_the_address(client: FlaskClient) -> None:
    page = client.get("/en/?q=synpunkt&_external=1&_scheme=x&endpoint=y")
    assert '<html lang="en">' in page.text
    assert 'href="/?q=synpunkt" lang="sv"' in page.text
    assert 'href="/en/post/7"' in client.get("/post/7").text
    assert 'href="/en/" lang="en"' in client.get("/borta").text
    assert "There is no such page" in client.get("/en/borta").text


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_sent_in(client: FlaskClient, method: str) -> None:
    for page in ("/", "/post/7", "/en/om"):
        answer = getattr(client, method)(page, data={"q": "x"})
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD"
        assert "går bara att läsa" in answer.text or "only be read" in answer.text


def test_without_a_file_it_says_so_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "web.sqlite"
    client = create(path).test_client()
    for page in ("/", "/post/7", "/om", "/tillganglighet", "/en/"):
        answer = client.get(page)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
    assert not path.exists()
    make(path)
    assert client.get("/").status_code == 200
    make(path, entries=0)
    assert "0 poster" in client.get("/").text


def test_a_fault_is_told_by_its_kind_alone(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_given: object) -> None:
        raise ValueError("kanariefågel")

    monkeypatch.setattr(Diary, "entries", broken)
    answer = client.get("/?q=kanariesökning", environ_base={"REMOTE_ADDR": "192.0.2.77"})
    assert answer.status_code == 500
    assert "Något gick fel" in answer.text
    assert "kanariefågel" not in answer.text
    said = "".join(capsys.readouterr())
    assert "ValueError" in said
    for secret in ("kanarie", "192.0.2.77", "/?q"):
        assert secret not in said


def test_a_question_is_asked_once_for_each_word(tmp_path: Path) -> None:
    diary = Diary(make(tmp_path / "web.sqlite"))
    assert diary.entries(Asked(words=("7", "synpunkt"))).total == 20
    assert diary.entries(Asked(page=9)).page == 3
    assert diary.record_classes() == ["Fråga", "Synpunkt"]


# --- words -----------------------------------------------------------------------------------

FOLDER = Path(next(iter(archiver.webdiary.__path__)))
CATALOGUE = FOLDER / "translations" / "en" / "LC_MESSAGES"


def test_every_message_has_its_english_and_none_is_left_over() -> None:
    rows = extract_from_dir(
        FOLDER,
        method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2")],
        keywords={"_": None, "_l": None, "ngettext": (1, 2)},
    )
    said = {row[2][0] if isinstance(row[2], tuple) else row[2] for row in rows}
    with (CATALOGUE / "messages.po").open("rb") as file:
        words = [one for one in read_po(file, locale="en") if one.id]
    assert {one.id[0] if isinstance(one.id, tuple) else one.id for one in words} == said
    with (CATALOGUE / "messages.mo").open("rb") as file:
        made = read_mo(file)
    for one in words:
        compiled = made.get(one.id)
        assert compiled is not None, one.id
        assert _several(compiled.string) == _several(one.string), "run pybabel compile"
        assert all(_several(one.string))


def _several(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value]  # type: ignore[attr-defined]
