"""The pages over a home where records are kept apart: nothing of them shows, nothing breaks."""

from __future__ import annotations

from pathlib import Path

from archiver.ledger.apart import Apart
from archiver.search.indexer import Indexer
from archiver.search.purge import IndexPurge
from archiver.search.reader import TantivySearch
from tests.integration.test_apart import MARK, SECRET, planted
from tests.integration.test_harvest import Town, town
from tests.unit.web.served import Browser, Web

_WORDS = "Hålls åtskild, kan omfattas av sekretess"


def _browser(it: Town) -> Browser:
    with Indexer(it.home.ledger, it.home.path / "index") as indexer:
        indexer.catch_up()
    search = TantivySearch(it.home.ledger, it.home.path / "index")
    return Web(it.home, {"one": it.channel}, search).browser()  # type: ignore[arg-type]


def _pages(it: Town, record: int) -> list[str]:
    own = ["", "/jamfor", "/underlag/1", "/underlag/2", "/ra/2", "/underlag/2?allt=1"]
    return [
        "/",
        "/handlingar",
        "/handlingar?visa=lista",
        "/sok?q=granne",
        "/sok?q=Vilhelmina",
        *(f"/handlingar/R{record}{one}" for one in own),
    ]


def _shown(browser: Browser, paths: list[str]) -> dict[str, int]:
    """Path → status; none of the pages shows the secret or breaks."""
    found = {}
    for path in paths:
        answer = browser.get(path)
        assert MARK.decode() not in answer.text.replace("q=Vilhelmina", ""), path
        assert answer.status_code < 500, path
        found[path] = answer.status_code
    return found


def test_a_protected_and_then_a_stopped_record(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        browser = _browser(it)
        assert SECRET in browser.get(f"/handlingar/R{record}").text
        index = IndexPurge(it.home.ledger, it.home.path / "index")
        service = Apart(it.home.ledger, it.home.path, [index])
        service.protect(record, reason="Skyddad adress")
        found = _shown(browser, _pages(it, record))
        assert found[f"/handlingar/R{record}"] == found["/handlingar"] == 200
        assert _WORDS in browser.get(f"/handlingar/R{record}").text
        assert _WORDS in browser.get("/handlingar").text
        service.stop(record, reason="Misstänkt")
        found = _shown(browser, _pages(it, record))
        assert (found[f"/handlingar/R{record}"], found["/handlingar"]) == (404, 200)
