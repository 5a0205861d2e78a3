"""A thread as it looked: the instant as typed, what stood then, and what cannot be known."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from archiver.core.access import Role, viewer_of
from archiver.db import tables as t
from archiver.ledger.apart import Apart
from archiver.web import trail
from archiver.web.dates import end_of_moment, moment_text, parse_clock, parse_moment
from archiver.web.reading import then as reading
from archiver.web.reading.then import standing
from archiver.web.rows import TransitionRow, VersionRow
from tests.unit.web.served import Browser, Web, build


def _version(seq: int, at: int, state: str = "visible") -> VersionRow:
    return VersionRow(seq, 1, 1, at, None, state, "created", 1)


def _gone(seq: int, at: int, seen: int, missed: int) -> TransitionRow:
    return TransitionRow(seq, at, "gone_confirmed", "", "probes", "unknown", seen, missed, 3)


def test_an_instant_is_written_as_it_is_read() -> None:
    for text in ("2026-11-22T14.05.33", "2026-07-01T00.00.00", "2026-10-25T02.30.00b"):
        at = parse_moment(text)
        assert at is not None
        assert moment_text(at) == text
        assert at % 1000 == 999
    first, second = (parse_moment(f"2026-10-25T02.30.00{b}") for b in ("", "b"))
    assert first is not None
    assert second == first + 3_600_000
    assert parse_moment("2026-11-22T14:05") == end_of_moment(date(2026, 11, 22), (14, 5, 59))


@pytest.mark.parametrize(
    "text", ["", "2026-11-22", "T14.05", "2026-02-30T10.00", "2026-11-22T24.00", "0001-01-01T00.00",
             "2026-11-22T14.60", "2026-11-22T14.05.61", "9999-12-31T23.59", "١٢.٣٠"]
)  # fmt: skip
def test_what_is_no_instant(text: str) -> None:
    assert parse_moment(text) is None
    assert parse_clock(text) is None


def test_where_an_item_stood() -> None:
    version = _version(10, 1_000)
    confirmed = _gone(30, 90_000, seen=20_000, missed=60_000)
    assert standing(version, [confirmed], 15_000).state == "visible"
    perhaps = standing(version, [confirmed], 40_000)
    assert (perhaps.state, perhaps.perhaps_gone) == ("visible", True)
    known_later = standing(version, [confirmed], 70_000)
    assert (known_later.state, known_later.since_known) == ("gone_confirmed", True)
    known = standing(version, [confirmed], 90_000)
    assert (known.state, known.since_known, known.change) == ("gone_confirmed", False, confirmed)
    # A version that was seen later than the absence is what stands.
    assert standing(_version(31, 95_000), [confirmed], 96_000).state == "visible"
    assert not standing(version, [confirmed], 20_500).perhaps_gone  # just seen


def _text(browser: Browser, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(path).text))


def _versions(web: Web, seq: int) -> list[int]:
    with web.home.ledger.database.read() as connection:
        query = t.version.select().where(t.version.c.record == seq).order_by(t.version.c.n)
        return [row.captured_at for row in connection.execute(query)]


def test_the_thread_is_shown_as_it_then_was(web: Web, browser: Browser) -> None:
    seq = web.record("Vattenläcka")
    first, second = _versions(web, seq)[:2]
    now = _text(browser, f"/handlingar/R{seq}/da")
    assert "Uppdatering klockan 12.40" in now
    assert "Ingen insamling har sett kontot efter det" in now
    then = _text(browser, f"/handlingar/R{seq}/da?kl={moment_text(second - 3_600_000)}")
    assert "Uppdatering klockan 12.40" not in then
    assert "Kan ha sett annorlunda ut redan då" in then
    assert "Vem betalar för källaren" not in then  # written days later
    assert "hade inte hämtats då" in _text(
        browser, f"/handlingar/R{seq}/da?kl={moment_text(first - 3_600_000)}"
    )


def test_a_look_is_an_instant_of_its_own(web: Web, browser: Browser) -> None:
    seq = web.record("Vattenläcka")
    with web.home.ledger.database.read() as connection:
        ended = [row.ended for row in connection.execute(t.run.select()) if row.channel == 5]
        edited = next(at for at in ended if at >= _versions(web, seq)[1])
    then = _text(browser, f"/handlingar/R{seq}/da?kl={moment_text(edited)}")
    assert "Uppdatering klockan 12.40" in then
    assert "som slutade då såg" in then
    assert "Kan ha sett annorlunda" not in then


def test_an_answer_shows_its_whole_thread(web: Web, browser: Browser) -> None:
    root, answer = web.record("Vattenläcka"), web.record("Inget vatten på nummer 22")
    text = browser.get(f"/handlingar/R{answer}/da").text
    assert f'href="/handlingar/R{root}?version=2"' in text
    assert re.search(rf'class="answer level-1 current "[^>]*aria-current="true".*?R{answer}<', text,
                     re.DOTALL)  # fmt: skip


def test_a_gap_is_said_in_words(web: Web, browser: Browser) -> None:
    with web.home.ledger.database.read() as connection:
        runs = connection.execute(t.run.select().order_by(t.run.c.seq)).all()
        failed = next(run for run in runs if run.outcome == "gap")
        record = connection.execute(
            t.record.select().where(t.record.c.channel == failed.channel)
        ).first()
    assert record is not None
    text = _text(browser, f"/handlingar/R{record.seq}/da?kl={moment_text(failed.ended - 5_000)}")
    assert "Ögonblicket ligger i en lucka" in text
    assert "Ingen tittade på minst ett dygn" in text


def test_what_is_typed_wrong_stays_and_is_said_beside_it(web: Web, browser: Browser) -> None:
    path = f"/handlingar/R{web.record('Vattenläcka')}/da"
    wrong = browser.get(path, query_string={"dag": "22/11", "tid": "kvart över"})
    assert wrong.status_code == 400
    assert 'value="22/11"' in wrong.text
    assert 'id="dag-fel">Skriv datumet' in wrong.text
    assert 'id="tid-fel">Skriv klockslaget' in wrong.text
    assert wrong.text.count("autofocus") == 1
    later = browser.get(path, query_string={"dag": "2999-01-01", "tid": "10.00"})
    assert (later.status_code, "har varit" in later.text) == (400, True)
    right = browser.get(path, query_string={"dag": "2026-02-05", "tid": "8.15"})
    assert right.status_code == 303
    assert right.headers["Location"] == f"{path}?kl=2026-02-05T08.15.59"


def test_long_threads_come_in_pages(
    web: Web, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ANSWERS_AT_ONCE", 3)
    path: str | None = f"/handlingar/R{web.record('Vattenläcka')}/da"
    met: list[str] = []
    pages = 0
    while path is not None:
        text = browser.get(path).text
        met += re.findall(r'<li class="answer .*?<span class="seq">(R\d+)<', text, re.DOTALL)
        onward = re.search(r'rel="next" href="([^"]+)"', text)
        path = onward[1].replace("&amp;", "&") if onward else None
        pages += 1
    assert pages == 3
    assert len(met) == len(set(met)) == 7


class _Noted:
    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []

    def __call__(self, record: int, authority: int) -> None:
        self.found.append((record, authority))


def test_what_is_kept_apart_is_left_out_counted_and_trailed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = build(tmp_path / "home")
    root, answer = web.record("Vattenläcka"), web.record("Inget vatten på nummer 22")
    owner = web.channels["nyheter"].authority
    Apart(web.home.ledger, web.home.path, []).protect(answer, reason="Skyddad adress")
    noted = _Noted()
    monkeypatch.setattr(trail, "protected", noted)
    path = f"/handlingar/R{root}/da"
    stranger = web.browser(viewer=viewer_of(7, [(Role.DPO, owner)]))
    for more in ("", "?skyddat=1"):
        text = stranger.get(path + more).text
        assert "1 handling i tråden hålls åtskild och visas inte för dig." in text
        assert "Inget vatten på" not in text
        assert f"R{answer}<" not in text
    lawyer = web.browser(viewer=viewer_of(8, [(Role.LAWYER, owner)]))
    text = lawyer.get(path).text
    assert f"R{answer}<" in text
    assert "Inget vatten på" not in text
    assert noted.found == []
    assert "Inget vatten på" in lawyer.get(f"{path}?skyddat=1").text
    assert noted.found == [(answer, owner)]
    Apart(web.home.ledger, web.home.path, []).protect(root, reason="Skyddad adress")
    text = stranger.get(path).text
    assert "Vattenläcka" not in text
    assert "2 handlingar i tråden" in text
