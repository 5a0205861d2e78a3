"""The pages over a home where records are kept apart: nothing of them shows, nothing breaks."""

from __future__ import annotations

from pathlib import Path

from archiver.core.access import LOCAL, Role, Viewer, viewer_of
from archiver.core.search import SearchPage
from archiver.ledger.apart import Apart
from archiver.search.indexer import Indexer
from archiver.search.purge import IndexPurge
from archiver.search.reader import TantivySearch
from tests.integration.test_apart import MARK, SECRET, planted, record_of
from tests.integration.test_harvest import Town, town
from tests.unit.web.served import Browser, Web

_WORDS = "Hålls åtskild, kan omfattas av sekretess"


def _browser(it: Town, viewer: Viewer = LOCAL) -> Browser:
    with Indexer(it.home.ledger, it.home.path / "index") as indexer:
        indexer.catch_up()
    search = TantivySearch(it.home.ledger, it.home.path / "index")
    return Web(it.home, {"one": it.channel}, search).browser(viewer=viewer)  # type: ignore[arg-type]


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


def test_what_waits_to_be_purged_is_not_found_or_counted(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        with Indexer(it.home.ledger, it.home.path / "index") as indexer:
            indexer.catch_up()
        search = TantivySearch(it.home.ledger, it.home.path / "index")

        def page() -> SearchPage:
            return search.search("", limit=1, timeline=True, older=True)

        before = page()
        service = Apart(it.home.ledger, it.home.path, [])  # nobody tells the index
        service.protect(record, reason="Skyddad adress")
        after = page()
        assert after.total == sum(count for _, count in after.months) < before.total
        assert search.search(MARK.decode()).total == 0
        service.stop(record, reason="Misstänkt")
        assert page().total == after.total


def test_an_answers_address_does_not_tell_what_it_stands_under(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post(title="Hemlig adress på Vilhelminagatan")
        it.comment(post, "Ett svar utan hemligheter")
        it.harvest()
        root, answer = record_of(it, "Hemlig adress"), record_of(it, "utan hemligheter")
        slug = "hemlig-adress"
        owner = it.channel.authority
        path = f"/handlingar/R{answer}"
        own = ("", "/jamfor", "/da")
        sent = ("/underlag/1", "/ra/1")
        reader, lawyer = (
            _browser(it, viewer_of(number, [(role, owner)]))
            for number, role in ((7, Role.DPO), (8, Role.LAWYER))
        )
        assert slug in reader.get(path).text
        assert all(slug in reader.get(path + one).text for one in sent)
        service = Apart(it.home.ledger, it.home.path, [])
        service.protect(root, reason="Skyddad adress")
        for one in (*own, "?skyddat=1"):
            assert slug not in reader.get(path + one).text.lower(), one
        assert [reader.get(path + one).status_code for one in sent] == [403, 403]
        assert "Adressen kan innehålla ord" in reader.get(path).text
        assert slug not in lawyer.get(path).text
        assert slug in lawyer.get(path + "?skyddat=1").text
        assert all(slug in lawyer.get(path + one).text for one in sent)
        service.stop(root, reason="Misstänkt")
        for one in (*own, "?skyddat=1", *sent):
            assert slug not in lawyer.get(path + one).text.lower(), one
