"""The page Dirigering: what holds, what lacks an address, and a file that is taken or refused."""

from __future__ import annotations

from html import unescape
from io import BytesIO

import pytest
from werkzeug.test import TestResponse

from archiver.core.access import LOCAL, NOBODY, Role, viewer_of
from tests.unit.web.served import Browser, Web

EVIL = '<script>alert(1)</script>"onmouseover="x'
OWN = (
    'version = "ks-1"\n[recipient.faults]\naddress = "gatan@testkoping.example"\n'
    "[route.official_party]\nactive = false\n"
)


def upload(browser: Browser, authority: int, data: bytes, **more: str) -> TestResponse:
    form = {"namnd": str(authority), "fil": (BytesIO(data), "ks.toml"), **more}
    return browser.post("/diarium/dirigering", data=form, content_type="multipart/form-data")


@pytest.fixture
def ks(web: Web) -> int:
    return web.home.channels.authority("KS").seq


def test_the_shipped_table_shows_what_it_rests_on_and_whom_it_cannot_reach(
    browser: Browser, ks: int
) -> None:
    page = unescape(browser.get(f"/diarium/dirigering?namnd={ks}").text)
    assert "16 vägar saknar mottagarens adress" in page
    assert "Myndigheten har inte ändrat något" in page
    assert page.count("bekräftas av jurist") > 5
    assert "läst i lagtexten" in page
    assert "inom 24 timmar" in page
    assert "Felanmälan" in page


def test_a_file_is_taken_and_shown_as_the_authoritys_own(
    web: Web, browser: Browser, ks: int
) -> None:
    answer = upload(browser, ks, OWN.encode())
    assert answer.status_code == 303
    page = unescape(browser.get(answer.location).text)
    assert "Dirigeringen är sparad" in page
    assert "gatan@testkoping.example" in page
    assert page.count("Myndighetens egen<") == 2
    assert "Avstängd" in page
    assert "utgåva ks-1" in page
    assert "14 vägar" in page  # one has an address, one is switched off
    other = web.home.channels.authority("KFN").seq
    assert "gatan@" not in browser.get(f"/diarium/dirigering?namnd={other}").text
    assert "sagt=oforandrad" in upload(browser, ks, OWN.encode()).location


def test_a_bad_file_is_told_row_by_row_and_changes_nothing(
    web: Web, browser: Browser, ks: int
) -> None:
    bad = OWN + f"[route.nowhere]\n[route.secrecy]\nactive = false\n# {EVIL}\n['{EVIL}']\n"
    answer = upload(browser, ks, bad.encode())
    assert answer.status_code == 400
    page = unescape(answer.text)
    assert "Rad 6: det finns ingen väg ”nowhere”" in page
    assert "Rad 8:" in page
    assert EVIL not in answer.text
    assert web.office().routes.held(LOCAL, ks).own is None
    assert upload(browser, ks, b"\xff\xfe").status_code == 400
    assert "Välj en fil" in upload(browser, ks, b"").text
    assert upload(browser, ks, b"x" * 200_000).status_code == 400


def test_what_is_written_in_a_file_is_shown_as_text(browser: Browser, ks: int) -> None:
    evil = EVIL.replace('"', "'")
    text = f'version = "{evil}"\n[recipient.faults]\nsv = "{evil}"\nen = "x"\naddress = "{evil}"\n'
    assert upload(browser, ks, text.encode()).status_code == 303
    page = browser.get(f"/diarium/dirigering?namnd={ks}").text
    assert "<script>alert" not in page
    assert evil in unescape(page)


def test_who_reads_and_who_sets(web: Web, ks: int) -> None:
    auditor = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, ks)]))
    page = auditor.get(f"/diarium/dirigering?namnd={ks}")
    assert page.status_code == 200
    assert 'type="file"' not in page.text
    assert upload(auditor, ks, OWN.encode()).status_code == 403
    assert auditor.get("/diarium").text.count("/diarium/dirigering") == 1
    other = web.home.channels.authority("KFN").seq
    assert auditor.get(f"/diarium/dirigering?namnd={other}").status_code == 404
    assert auditor.get("/diarium/dirigering?namnd=x").status_code == 404
    registrar = web.browser(viewer=viewer_of(42, [(Role.REGISTRAR, ks)]))
    assert upload(registrar, other, OWN.encode()).status_code == 404
    # One who sets the other's table and reads this one sets nothing here.
    both = web.browser(viewer=viewer_of(43, [(Role.REGISTRAR, other), (Role.AUDITOR, ks)]))
    assert upload(both, ks, OWN.encode()).status_code == 403
    assert web.browser(viewer=NOBODY).get("/diarium/dirigering").status_code == 403
    assert upload(registrar, ks, OWN.encode()).status_code == 303
    assert web.office().routes.history(LOCAL, ks)[0].actor == 42


def test_a_form_without_its_token_is_refused(web: Web, browser: Browser, ks: int) -> None:
    answer = browser.post(
        "/diarium/dirigering",
        data={"namnd": str(ks), "fil": (BytesIO(OWN.encode()), "ks.toml")},
        content_type="multipart/form-data",
        forged=True,
    )
    assert answer.status_code in (400, 403)
    assert web.office().routes.held(LOCAL, ks).own is None
