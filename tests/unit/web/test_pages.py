"""Every screen: it answers, it is well-formed, and it says what the archive holds."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser

import pytest

from archiver.web.app import Progress
from tests.unit.web.served import Browser, Web, pages

_VOID = {"meta", "link", "input", "img", "br", "hr"}


class Page(HTMLParser):
    """What is checked on every page: nesting, headings, addresses, labels, inline code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.sent: set[str] = set()
        self.fields: set[str] = set()
        self.labels: set[str] = set()
        self.problems: list[str] = []
        self.feed(text)
        self.problems += [f"open: {name}" for name in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.problems += [f"{tag} {name}" for name in given if name.startswith(("on", "style"))]
        if tag == "script" and "src" not in given:
            self.problems.append("inline script")
        if "id" in given:
            self.ids.append(given["id"])
        if tag in ("input", "select") and given.get("type") != "hidden":
            self.fields.add(given["id"])
        self.labels.add(given.get("for", ""))
        external = "external" in given.get("rel", "")
        if tag == "form" and given.get("method") == "post":
            self.sent.add(given["action"])
        self.addresses += [
            given[n] for n in ("href", "src", "action") if n in given and not external
        ]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"close: {tag}")


def test_every_page_is_well_formed_and_stays_at_home(web: Web, browser: Browser) -> None:
    for path in pages(web):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        page = Page(answer.text)
        assert not page.problems, (path, page.problems)
        assert page.headings[0] == 1, path
        assert page.headings.count(1) == 1, path
        assert len(page.ids) == len(set(page.ids)), path
        assert page.fields <= page.labels, path
        assert all(address.startswith(("/", "#")) for address in page.addresses), path
        assert answer.text.startswith('<!doctype html>\n<html lang="sv">')


def test_every_link_leads_somewhere(web: Web, browser: Browser) -> None:
    seen: set[str] = set()
    for path in pages(web):
        page = Page(browser.get(path).text)
        for address in page.addresses:
            target = address.partition("#")[0]
            if target and target not in seen and target not in page.sent:
                seen.add(target)
                assert browser.get(target).status_code == 200, (path, target)
    assert len(seen) > 150


def test_a_run_shows_reasons_and_states_in_words(web: Web, browser: Browser) -> None:
    gap = browser.get(f"/insamlingar/{web.runs()['gap']}").text
    assert "Lucka" in gap
    assert "källan svarade inte" in gap
    missing = web.with_states()["missing_suspected"]
    run = re.search(r'href="(/insamlingar/\d+)"', browser.get(f"/handlingar/R{missing}").text)
    assert run
    text = browser.get(run[1]).text
    assert f"R{missing}" in text
    assert "Saknas – misstänkt" in text
    assert "inte finns" in text


def test_a_record_says_where_its_dates_come_from(web: Web, browser: Browser) -> None:
    first = browser.get(f"/handlingar/R{web.record('Så plogar vi')}").text
    assert "enligt plattformen, ej observerat" in first
    assert "Upprättad" in first
    later = browser.get(f"/handlingar/R{web.record('Vattenläcka')}").text
    assert "bekräftad av insamlingen före och efter" in later
    assert 'datetime="2026-02-04T05:20:00Z"' in later
    assert "2026-02-04 06.20.00 svensk tid (CET, UTC+1)" in later


def test_the_proof_panel_holds(web: Web, browser: Browser) -> None:
    seq = web.record("Vattenläcka")
    text = browser.get(f"/handlingar/R{seq}").text
    assert "ligger i den signerade loggen" in text
    assert f"diarkiv prove R{seq} -o R{seq}.zip" in text


def test_an_edit_is_shown_word_by_word(web: Web, browser: Browser) -> None:
    seq = web.record("Vattenläcka")
    text = browser.get(f"/handlingar/R{seq}/jamfor").text
    assert "17 ord tillagda" in text
    assert re.search(r"<ins><span[^>]*>\[tillagt: </span>\s*Uppdatering klockan 12.40", text)
    side = browser.get(f"/handlingar/R{seq}/jamfor?vy=sida").text
    assert side.count("En huvudledning gick sönder i natt.") == 2


def test_the_evidence_gives_the_body_back(web: Web, browser: Browser) -> None:
    seq = web.record("Vattenläcka")
    alone = browser.get(f"/handlingar/R{seq}/underlag/1").text
    assert "bevarad, visas inte här:" in alone
    assert "Basic ~masked~" in alone
    assert "inloggningsuppgift" in alone
    whole = browser.get(f"/handlingar/R{seq}/underlag/1?hela=1").text
    body = re.search(r'aria-label="Hela svaret">(.*?)</pre>', whole, re.S)
    digest = re.search(r'class="break hash">([0-9a-f]{64})<', whole)
    assert body
    assert digest
    plain = re.sub(r"<[^>]+>", "", body[1]).replace("&#34;", '"').replace("&#39;", "'")
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert hashlib.sha256(plain.encode()).hexdigest() == digest[1]
    raw = browser.get(f"/handlingar/R{seq}/ra/1")
    assert raw.data.decode() in plain
    assert raw.headers["Content-Disposition"] == f'attachment; filename="R{seq}-v1.bin"'


def test_elided_parts_are_marked(web: Web, browser: Browser) -> None:
    seq = web.with_states()["missing_suspected"]
    assert "andra delar av svaret utelämnade" in browser.get(f"/handlingar/R{seq}").text
    assert "utelämnad: oförändrad" in browser.get(f"/handlingar/R{seq}/underlag/1").text


def test_our_own_picture_comes_from_the_archive(web: Web, browser: Browser) -> None:
    seq = web.record("Samråd")
    address = re.search(r'<img src="([^"]+)" alt="Karta:', browser.get(f"/handlingar/R{seq}").text)
    assert address
    answer = browser.get(address[1])
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.content_length == len(answer.data)


def test_threads_nest_answers_under_their_post(web: Web, browser: Browser) -> None:
    text = browser.get("/handlingar").text
    post, answer = text.index("Vattenläcka på Kvarngatan"), text.index("Inget vatten på nummer 22")
    assert post < answer
    assert "level-2" in text


def test_lists_are_paged_without_losing_or_repeating(web: Web, browser: Browser) -> None:
    everything: list[str] = []
    path: str | None = "/handlingar?visa=lista"
    sizes = []
    while path:
        text = browser.get(path).text
        found = re.findall(r'<th scope="row"><a href="/handlingar/R(\d+)"', text)
        sizes.append(len(found))
        everything += found
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1].replace("&amp;", "&") if following else None
    assert len(sizes) > 1
    assert len(everything) == len(set(everything)) == 67


def test_filters_narrow(web: Web, browser: Browser) -> None:
    def rows(query: str) -> int:
        return browser.get(f"/handlingar?visa=lista&{query}").text.count('<th scope="row">')

    seq = web.channels["kultur"].seq
    assert rows(f"konto=C{seq}") == 18
    assert rows("tillstand=spam") == 1
    assert rows("tillstand=not_visible") == 9
    assert rows("andrade=1") == 6
    assert rows(f"riktning=drawn_up&konto=C{seq}&fran=2026-02-05&till=2026-02-05") == 1
    assert rows("fran=2030-01-01") == 0
    assert rows("tillstand=nonsens&fran=imorgon&konto=') OR 1=1") == 40


def test_search_marks_what_it_found(web: Web, browser: Browser) -> None:
    text = browser.get("/sok?q=vatten").text
    assert "<mark>vatten</mark>" in text
    assert "4 träffar" in text
    assert "inte i sökregistret än" in text
    assert "Inget i arkivet svarar" in browser.get("/sok?q=finnsinte").text
    channel = web.channels["kultur"].seq
    assert "0 träffar" in browser.get(f"/sok?q=vatten&konto=C{channel}").text


def test_progress_is_shown_and_told_to_the_script(web: Web, browser: Browser) -> None:
    assert browser.get("/progress").json == {"running": False}
    web.progress[0] = Progress(title="Onsdag", done=3, total=8, note="Tre av åtta.")
    text = browser.get("/").text
    assert '<progress id="forlopp-stapel" max="8" value="3"' in text
    assert 'http-equiv="refresh"' in text
    told = browser.get("/progress").json
    assert told == {
        "running": True,
        "title": "Onsdag",
        "note": "Tre av åtta.",
        "done": 3,
        "total": 8,
    }
    web.progress[0] = Progress(title="Klart", done=8, total=8)
    assert "forlopp-stapel" not in browser.get("/").text


@pytest.mark.parametrize(
    "path",
    ["/finns-inte", "/konton/C999999", "/insamlingar/1", "/handlingar/R999999", "/handlingar/R5"],
)
def test_what_is_not_there_is_a_plain_answer(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "tail", ["?version=99", "/underlag/99", "/ra/99", "/fil/1/99", "/jamfor?fran=9"]
)
def test_versions_and_files_that_are_not_there(web: Web, browser: Browser, tail: str) -> None:
    assert browser.get(f"/handlingar/R{web.record('Vattenläcka')}{tail}").status_code == 404


def test_problems_are_data_on_request(browser: Browser) -> None:
    answer = browser.get("/handlingar/R999999", headers={"Accept": "application/problem+json"})
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == answer.status_code == 404
    assert answer.json["code"] == "not-found"
    assert answer.json["type"] == "urn:diarkiv:problem:not-found"
    assert browser.post("/", headers={"Accept": "application/problem+json"}).status_code == 405


def test_an_answer_that_moved_up_says_what_it_answered(web: Web, browser: Browser) -> None:
    """When the comment it answers is deleted, WordPress moves an answer up: an edit without a
    changed word, which must not look like no change at all."""
    text = browser.get(f"/handlingar/R{web.record('Det där är förtal')}/jamfor").text
    assert "Samma i båda versionerna." in text
    assert "Svarar på" in text
    assert re.search(r"<del><span[^>]*>\[borttaget: </span><code[^>]*>Kommentar \d+</code>", text)
