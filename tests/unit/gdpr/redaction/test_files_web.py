"""The pages where files are masked: boxes by number and by word, removal, preview, refusals."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from archiver.core.access import LOCAL
from archiver.registry.capture_files import from_bytes
from gdpr.core.mask import ImageBox, MaskState, PageBox
from gdpr.masks.reading import Kept
from tests.build import FakeClock
from tests.homes import make_home
from tests.unit.gdpr.redaction.received import everything, locked, saved_picture
from tests.unit.registry.desk import CaptureDesk
from tests.unit.web.served import Browser, FakeSearch, Web

pytestmark = pytest.mark.usefixtures("without_child")
GROUND = {"grund-21:1": "1", "slag": "name"}
PDF, PICTURE, LOCKED, FILM = range(4)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    home = make_home(tmp_path_factory.mktemp("files") / "home", clock=FakeClock())
    home.channels.add_authority("KS", "Kommunstyrelsen")
    return Web(home, {}, FakeSearch(home.ledger))


@pytest.fixture(scope="module")
def browser(web: Web) -> Browser:
    return web.browser()


@pytest.fixture(scope="module")
def record(web: Web) -> int:
    desk = CaptureDesk(web.home, web.home.clock)  # type: ignore[arg-type]
    files = [
        from_bytes("brev.pdf", everything(), "application/pdf"),
        from_bytes("bild.png", saved_picture("PNG"), "image/png"),
        from_bytes("last.pdf", locked(), "application/pdf"),
        from_bytes("film.mp4", b"\0\0\0\x08ftyp", "video/mp4"),
    ]
    return desk.capture("Se bilagorna", when="2026-02-01 10:00", files=files).record


def kept(web: Web, record: int) -> list[Kept]:
    found = web.masks.masks(LOCAL, [record])[record]
    return [one for one in found if one.mask.state is not MaskState.REJECTED]


def decide(
    browser: Browser, record: int, number: int, **fields: str | list[str]
) -> tuple[int, str, str]:
    answer = browser.post(f"/masker/R{record}/fil/{number}/besluta", data={**GROUND, **fields})
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def picture(browser: Browser, address: str) -> Image.Image:
    answer = browser.get(address)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "no-store"
    return Image.open(io.BytesIO(answer.data)).convert("RGB")


def test_a_box_in_cells_is_masked_shown_and_removed(
    web: Web, browser: Browser, record: int
) -> None:
    page = f"/masker/R{record}/fil/{PICTURE}"
    text = browser.get(page).text
    assert 'alt="Sida 1 av 1, som den lämnas ut"' in text
    cells = {"vanster": "2", "topp": "3", "bredd": "2", "hojd": "4"}
    query = "&".join(f"{name}={value}" for name, value in cells.items())
    before = picture(browser, f"{page}/bild?visa=ut")
    after = picture(browser, f"{page}/bild?visa=ut&{query}")
    assert after.crop((64, 24, 128, 56)).getcolors() == [(64 * 32, (0, 0, 0))]
    assert before.crop((0, 0, 64, 128)).tobytes() == after.crop((0, 0, 64, 128)).tobytes()
    status, _, to = decide(browser, record, PICTURE, gor="ruta", **cells)
    assert status == 303
    made = kept(web, record)
    assert [one.mask.target for one in made] == [ImageBox(PICTURE, 64, 24, 64, 32)]
    assert made[0].mask.state is MaskState.ACCEPTED
    text = browser.get(to).text
    assert "Maskade ställen: 1." in text
    assert re.search(r'name="grund-21:1" value="1" checked', text)
    assert '<rect class="box-hides" x="64" y="24" width="64" height="32"/>' in text
    assert picture(browser, f"{page}/bild?visa=ut").tobytes() == after.tobytes()
    assert picture(browser, f"{page}/bild").tobytes() == before.tobytes()
    status, _, to = decide(browser, record, PICTURE, gor=f"bort:{made[0].seq}")
    assert (status, kept(web, record)) == (303, [])
    assert "Masken är borttagen." in browser.get(to).text


def test_words_of_a_page_are_masked_by_ticking(web: Web, browser: Browser, record: int) -> None:
    text = browser.get(f"/masker/R{record}/fil/{PDF}").text
    found = re.search(r'name="ord" value="([\d,]+)"> <label[^>]*>Synligask', text)
    assert found
    status, _, _ = decide(browser, record, PDF, gor="ord", ord=[found[1]])
    assert status == 303
    (mask,) = kept(web, record)
    assert isinstance(mask.mask.target, PageBox)
    assert f"{mask.mask.target.left},{mask.mask.target.top}" in found[1]
    assert decide(browser, record, PDF, gor=f"bort:{mask.seq}")[0] == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"gor": "ruta"}, "Rita en ruta"),
        ({"gor": "ruta", "vanster": "8", "topp": "0", "bredd": "1", "hojd": "1"}, "Rita en ruta"),
        ({"gor": "ruta", "vanster": "0", "topp": "0", "bredd": "0", "hojd": "1"}, "Rita en ruta"),
        ({"gor": "ord"}, "Välj minst ett ord"),
        ({"gor": "ord", "ord": ["1,2,3"]}, "Välj minst ett ord"),
        ({"gor": "ord", "ord": ["0,0,257,1"]}, "Välj minst ett ord"),
        ({"gor": "bort:1"}, "Rita en ruta"),
    ],
)
def test_what_is_no_box_is_refused(
    browser: Browser, web: Web, record: int, fields: dict[str, str | list[str]], said: str
) -> None:
    status, text, _ = decide(browser, record, PICTURE, **fields)
    assert (status, said in text) == (400, True)
    assert kept(web, record) == []


def test_without_a_ground_nothing_is_masked(web: Web, browser: Browser, record: int) -> None:
    box = {"gor": "ruta", "vanster": "0", "topp": "0", "bredd": "1", "hojd": "1"}
    answer = browser.post(f"/masker/R{record}/fil/{PICTURE}/besluta", data=box)
    assert (answer.status_code, "Välj minst en paragraf" in answer.text) == (400, True)
    assert 'name="vanster" min="0" max="7" step="1" value="0"' in answer.text
    assert kept(web, record) == []


def test_what_cannot_be_masked_says_why(browser: Browser, record: int) -> None:
    assert "låst med lösenord" in browser.get(f"/masker/R{record}/fil/{LOCKED}").text
    assert "Ljud och film kan inte maskas" in browser.get(f"/masker/R{record}/fil/{FILM}").text
    assert browser.get(f"/masker/R{record}/fil/{LOCKED}/bild").status_code == 404
    box = {"vanster": "0", "topp": "0", "bredd": "1", "hojd": "1"}
    assert decide(browser, record, LOCKED, gor="ruta", **box)[0] == 400


@pytest.mark.parametrize("rest", ["9", "1?sida=2", "1?sida=0", "1?sida=x", "1?version=5"])
def test_what_is_not_there_is_not_found(browser: Browser, record: int, rest: str) -> None:
    assert browser.get(f"/masker/R{record}/fil/{rest}").status_code == 404


def test_the_record_leads_to_its_files(browser: Browser, record: int) -> None:
    text = browser.get(f"/masker/R{record}").text
    assert f"/masker/R{record}/fil/{PICTURE}?" in text
    assert f"/masker/R{record}/fil/{LOCKED}?" not in text
