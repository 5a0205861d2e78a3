"""The pages where records are masked: what they show, what they do, what they refuse."""

from __future__ import annotations

import re

import pytest

from archiver.core.access import LOCAL
from archiver.registry.capture_files import from_bytes
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import ImageBox, Mask, MaskState, TextSpan, WholeField
from gdpr.masks import layout
from gdpr.masks.reading import Kept
from gdpr.masks.service import Masks
from gdpr.masks.words import CATEGORIES, category, field, said
from tests.build import FakeClock
from tests.homes import TestHome, make_home
from tests.unit.gdpr.redaction.conftest import without_child as _without_child
from tests.unit.gdpr.redaction.received import saved_picture
from tests.unit.registry.desk import CaptureDesk
from tests.unit.web.served import Browser, FakeSearch, Web

TEXT = "Min granne Zorka Ek dricker. Ring 070-174 06 05, eller 0701740605.\nHälsar Zorka Ek"
without_child = _without_child  # the fixture: files are read in this process
HEALTH = Citation(clause=Clause.parse("21:1"))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """A home in which nothing was harvested: what is masked is captured by hand."""
    home = make_home(tmp_path_factory.mktemp("masks") / "home", clock=FakeClock())
    home.channels.add_authority("KS", "Kommunstyrelsen")
    return Web(home, {}, FakeSearch(home.ledger))


@pytest.fixture(scope="module")
def browser(web: Web) -> Browser:
    return web.browser()


@pytest.fixture
def record(web: Web) -> int:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    return desk.capture(TEXT, sender="Zorka Ek", when="2026-02-01 10:00").record


def masks_of(home: TestHome) -> Masks:
    return Masks(home.ledger, home.clock)


def kept(web: Web, record: int) -> list[Kept]:
    return list(masks_of(web.home).masks(LOCAL, [record])[record])


def phones(web: Web, record: int) -> list[int]:
    return [one.seq for one in kept(web, record) if one.mask.category == "phone"]


def decide(browser: Browser, record: int, **fields: str) -> tuple[int, str, str]:
    data = {name.replace("_", "-"): value for name, value in fields.items()}
    answer = browser.post(f"/masker/R{record}/besluta", data=data)
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def test_searched_reviewed_and_taken_back(web: Web, browser: Browser, record: int) -> None:
    page = f"/masker/R{record}"
    assert "Inget förslag är oprövat" in browser.get(page).text
    found = browser.post(f"{page}/foresla", data={"records": f"R{record}"})
    assert found.status_code == 303
    text = browser.get(found.headers["Location"]).text
    assert "Nya förslag" in text
    assert '<mark class="mask mask-suggested">' in text
    first, other = phones(web, record)
    status, text, _ = decide(browser, record, gor=f"lika:{first}")
    assert status == 400
    assert "Välj minst en paragraf" in text
    status, _, to = decide(browser, record, gor=f"lika:{first}", **{"grund-21:1": "1"})
    assert status == 303
    assert "grund-21:1=1" in to  # the ground is still chosen
    text = browser.get(to).text
    assert "Maskade förslag: 2." in text
    assert re.search(r'name="grund-21:1" value="1" checked', text)
    states = {one.seq: one.mask.state for one in kept(web, record)}
    assert states[first] is states[other] is MaskState.ACCEPTED
    masked = browser.get(f"{page}?visa=maskad").text
    assert "[TELEFON]" in masked
    out = browser.get(f"{page}?visa=ut").text
    shown = out.partition('class="facts mask-out"')[2].partition("</dl>")[0]
    assert "070-174" not in shown
    assert "[TELEFON], eller [TELEFON]." in shown
    assert browser.post(f"{page}/angra").status_code == 303
    assert {one.mask.state for one in kept(web, record)} == {MaskState.SUGGESTED}
    again = browser.post(f"{page}/angra")
    assert (again.status_code, "inget att ångra" in again.text) == (400, True)


def test_all_of_a_recogniser_are_masked_in_the_queue_and_taken_back(
    web: Web, browser: Browser, record: int
) -> None:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    other = desk.capture("Ring 070-174 06 13 om cancer", when="2026-02-02 10:00").record
    queue = f"R{record},R{other}"
    browser.post(f"/masker/R{record}/foresla", data={"records": queue})
    text = browser.get(f"/masker/R{record}?records={queue}").text
    assert "Gäller alla 2 handlingar i kön." in text
    # A button of the form, so that keys reach it, and whose name says how many and what.
    assert re.search(
        r'<button[^>]*name="gor" value="alla:phone">Maska alla 3: Telefonnummer</', text
    )
    assert 'value="alla:sensitive"' not in text  # what is only to be looked at is not masked so
    everything = {"records": queue, "grund-21:1": "1"}
    status, text, _ = decide(browser, record, gor="alla:phone", records=queue)
    assert (status, "Välj minst en paragraf" in text) == (400, True)
    status, _, to = decide(browser, record, gor="alla:phone", **everything)
    assert (status, "Maskade förslag: 3." in browser.get(to).text) == (303, True)
    numbers = phones(web, record) + phones(web, other)
    assert len(numbers) == 3
    hiding = {one.seq for of in (record, other) for one in kept(web, of) if one.mask.hides}
    assert hiding == set(numbers)
    assert decide(browser, record, gor="alla:phone", **everything)[0] == 400  # nothing is left
    undone = browser.post(f"/masker/R{other}/angra", data={"records": queue})
    assert "Ångrade beslut om masker: 3." in browser.get(undone.headers["Location"]).text
    assert not [one for of in (record, other) for one in kept(web, of) if one.mask.hides]


def test_after_all_one_stands_where_it_can_be_taken_back(
    web: Web, browser: Browser, record: int
) -> None:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    empty = desk.capture("Plogat och klart.", when="2026-02-02 10:00").record
    queue = f"R{empty},R{record}"
    browser.post(f"/masker/R{empty}/foresla", data={"records": queue})
    fields = {"records": queue, "grund-21:1": "1"}
    status, _, to = decide(browser, empty, gor="alla:phone", **fields)
    assert (status, f"/masker/R{record}?" in to) == (303, True)
    assert browser.post(f"/masker/R{record}/angra").status_code == 303


def test_film_is_withheld_whole_with_its_ground(web: Web, browser: Browser) -> None:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    film = from_bytes("film.mp4", b"\0\0\0\x18ftypisom" + bytes(64), "video/mp4")
    record = desk.capture("Se filmen", files=[film], when="2026-02-01 10:00").record
    page = f"/masker/R{record}"
    assert "att filmen eller ljudet saknas, och på vilken grund" in browser.get(page).text
    assert decide(browser, record, gor="fil:0")[0] == 400
    assert decide(browser, record, gor="fil:0", **{"grund-21:1": "1"})[0] == 303
    assert "Filen lämnas inte ut: 21:1" in browser.get(f"{page}?visa=maskad").text


def test_marked_by_words_by_selection_and_whole(web: Web, browser: Browser, record: int) -> None:
    page = browser.get(f"/masker/R{record}").text
    number = re.search(r'id="falt-(\d)">Text<', page)
    author = re.search(r'id="falt-(\d)">Avsändare<', page)
    assert number
    assert author
    ground = {"grund-21:1": "1", "slag": "name", "skal": "Grannen"}
    words = {f"fran-{number[1]}": "11", f"till-{number[1]}": "19"}
    assert decide(browser, record, gor=f"ord:{number[1]}", **words, **ground)[0] == 303
    backwards = {f"fran-{number[1]}": "19", f"till-{number[1]}": "15"}
    status, text, _ = decide(browser, record, gor=f"ord:{number[1]}", **backwards, **ground)
    assert (status, "Välj det första och det sista ordet" in text) == (400, True)
    status, text, _ = decide(browser, record, gor="markering", stalle="text text 15 22", **ground)
    assert (status, "overlaps text 11–19" in text) == (400, True)
    assert decide(browser, record, gor="markering", stalle="text text 0 3", **ground)[0] == 303
    assert decide(browser, record, gor="markering", stalle="text text", **ground)[0] == 400
    assert decide(browser, record, gor=f"falt:{author[1]}", **ground)[0] == 303
    hiding = {one.mask.target for one in kept(web, record) if one.mask.hides}
    assert hiding == {TextSpan("text", 11, 19), TextSpan("text", 0, 3), WholeField("author_name")}
    assert {one.mask.note for one in kept(web, record) if one.mask.hides} == {"Grannen"}


def test_grounds_follow_from_activities(web: Web, browser: Browser, record: int) -> None:
    assert 'name="grund-23:2"' not in browser.get(f"/masker/R{record}").text
    authority = masks_of(web.home).review(LOCAL, record).authority
    given = {"namnd": str(authority), "gren-school": "1"}
    assert browser.post("/masker/verksamheter", data=given).status_code == 303
    assert "gren-school" in browser.get(f"/masker/verksamheter?namnd={authority}").text
    text = browser.get(f"/masker/R{record}").text
    assert 'name="grund-23:2"' in text
    assert "inom skola och förskola" in text
    secondary = {"sekundar": "25:1", "genom": "11"}
    status, text, _ = decide(browser, record, gor="markering", stalle="text text 0 3", **secondary)
    assert (status, "11 kap. som för över" in text) == (400, True)
    secondary["genom"] = "11:1"
    assert decide(browser, record, gor="markering", stalle="text text 0 3", **secondary)[0] == 303
    (mask,) = [one.mask for one in kept(web, record)]
    assert str(mask.citations[0].through) == "11:1"
    browser.post("/masker/verksamheter", data={"namnd": str(authority)})
    assert browser.post("/masker/verksamheter", data={"namnd": "999999"}).status_code == 404
    assert browser.get("/masker/verksamheter?namnd=999999").status_code == 404


def test_a_queue_leads_to_the_first_that_waits(web: Web, browser: Browser, record: int) -> None:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    other = desk.capture("Hej", when="2026-02-01 10:00").record
    masks_of(web.home).suggest(LOCAL, [record])
    to = browser.get(f"/masker?records=R{other}, r{record}").headers["Location"]
    assert to.startswith(f"/masker/R{record}?")
    text = browser.get(to).text
    assert f"R{other}" in text
    assert "att pröva" in text
    wrong = browser.get("/masker?records=R999999")
    assert "Någon av handlingarna finns inte" in wrong.text
    assert browser.get("/masker").status_code == 200


def test_rejected_with_a_word_and_masked_after_all(web: Web, browser: Browser, record: int) -> None:
    masks_of(web.home).suggest(LOCAL, [record])
    first, other = phones(web, record)
    ticked = {f"mask-{first}": "1", f"mask-{other}": "1"}
    assert decide(browser, record, gor="avvisa", skal="Kommunens växel", **ticked)[0] == 303
    text = browser.get(f"/masker/R{record}").text
    assert "Kommunens växel" in text
    assert decide(browser, record, gor="avvisa")[0] == 400
    assert decide(browser, record, gor="avvisa:7")[0] == 400
    assert decide(browser, record, gor="hoppsan", **{"grund-21:1": "1"})[0] == 400
    for day, status in (("i morgon", 400), ("2020-01-01", 400), ("2999-01-01", 303)):
        given = {"grund-21:1": "1", "giltig": day}
        assert decide(browser, record, gor=f"godta:{first}", **given)[0] == status


def one(seq: int, target: TextSpan | WholeField, state: MaskState, category: str) -> Kept:
    mask = Mask(record=1, version=2, target=target, category=category, state=state)
    return Kept(seq=seq, mask=mask, until=None, entry=1, actor=0)


def test_pieces_join_to_the_text_and_the_strongest_mask_has_each() -> None:
    text = "Zorka Ek är sjuk"
    masks = [
        one(1, TextSpan("text", 0, 8), MaskState.SUGGESTED, "name"),
        one(2, TextSpan("text", 3, 16), MaskState.ACCEPTED, "health"),
        one(3, TextSpan("text", 0, 16), MaskState.SUGGESTED, "art9_health"),
    ]
    found = layout.pieces(text, masks)
    assert "".join(piece.text for piece in found) == text
    assert [(p.text, p.kept.seq if p.kept else None, p.begins) for p in found] == [
        ("Zor", 1, True),
        ("ka Ek", 2, True),
        (" är sjuk", 2, False),
    ]
    assert layout.left(text, masks) == "Zor[UPPGIFT]"
    whole = one(4, WholeField("text"), MaskState.CONFIRMED, "name")
    assert layout.left(text, [*masks[:1], whole]) == "[NAMN]"
    assert [w.text for w in layout.words(text)] == ["Zorka", "Ek", "är", "sjuk"]
    assert layout.words("a " * 1_001) == []


def test_every_code_has_its_words(browser: Browser) -> None:
    with browser.app.test_request_context(base_url=browser.base):
        assert category("art10_offence") == "Uppgift om brott, granska"
        assert category("art9_health") == "Känslig uppgift, granska"
        assert category("plugin") == "plugin"
        assert all(category(code) != code for code in CATEGORIES)
        assert field("links/0") == "Länk 1"
        assert field("attachments/1/name") == "Bilaga 2, filnamn"
        assert field("attachments/1/url") == "Bilaga 2, adress"
        assert field("native_id") == "Nummer hos plattformen"
        assert said("okänt", 1) == ""


def test_a_picture_is_masked_by_a_box_or_held_back(
    web: Web, browser: Browser, without_child: object
) -> None:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    files = [
        from_bytes("karta.png", saved_picture("PNG"), "image/png"),
        from_bytes("tal.mp3", b"ID3" + bytes(60), "audio/mpeg"),
    ]
    record = desk.capture("Se bilden", files=files, when="2026-02-01 10:00").record
    page = f"/masker/R{record}"
    text = browser.get(page).text
    assert 'viewBox="0 0 256 128"' in text
    assert "Filen går inte att maska i delar" in text
    whole = browser.get(f"{page}/bild/0")
    assert (whole.status_code, whole.mimetype, whole.data[:4]) == (200, "image/png", b"\x89PNG")
    assert browser.get(f"{page}/bild/1").status_code == 404
    assert browser.get(f"{page}/bild/2").status_code == 404
    ground = {"grund-21:1": "1", "slag": "face"}
    cited = (Citation(clause=Clause.parse("21:1")),)
    box = ImageBox(0, 10, 20, 30, 40)
    version = web.masks.newest(LOCAL, record)
    mask = Mask(record=record, version=version, target=box, category="face", citations=cited)
    web.masks.add(LOCAL, mask)
    assert "box-hides" in browser.get(page).text
    assert decide_raw(browser, record, {"gor": "ruta:0", **ground}) == 400
    assert decide_raw(browser, record, {"gor": "fil:1", **ground}) == 303
    assert decide_raw(browser, record, {"gor": "fil:7", **ground}) == 400
    hiding = {one.mask.target for one in kept(web, record) if one.mask.hides}
    assert hiding == {ImageBox(0, 10, 20, 30, 40), WholeField("attachments/1")}
    assert browser.get(f"{page}/bild/0?maskad=1").data != whole.data
    assert "Filen lämnas inte ut" in browser.get(f"{page}?visa=ut").text


def decide_raw(browser: Browser, record: int, data: dict[str, str]) -> int:
    return browser.post(f"/masker/R{record}/besluta", data=data).status_code
