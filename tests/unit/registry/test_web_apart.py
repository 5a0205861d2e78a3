"""Åtskilt in the browser: what is kept apart and stopped, for whom, and that it was read."""

from __future__ import annotations

import re

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.people.trail import Happened, Trail
from archiver.web.app import WebServices
from archiver.web.services import EXTENSION, Shell
from tests.unit.web.served import Browser, Web

REASON = "Skyddad adress"


def kept(web: Web) -> tuple[int, int]:
    """A record that is protected and one that is stopped."""
    protected, stopped = web.record("Samråd"), web.record("Vattenläcka")
    apart = web.office().apart
    apart.protect(protected, reason=REASON, viewer=LOCAL)
    apart.stop(stopped, reason="<script>alert(1)</script>", viewer=LOCAL)
    return protected, stopped


def listed(text: str) -> list[int]:
    found = re.findall(r'<th scope="row">(?:<a [^>]+>)?R(\d+)', text)
    return [int(one) for one in found]


def noting(web: Web, browser: Browser) -> Trail:
    """The access log, put in where the app keeps its services."""
    trail = Trail(web.home.ledger, web.home.clock)
    shell: Shell = browser.app.extensions[EXTENSION]
    given: WebServices = shell.services
    object.__setattr__(given, "trail", trail)
    return trail


def test_what_is_kept_apart_is_listed_and_that_is_noted(web: Web, browser: Browser) -> None:
    assert "Ingenting hålls åtskilt" in browser.get("/diarium/atskilt").text
    protected, stopped = kept(web)
    trail = noting(web, browser)
    page = browser.get("/diarium/atskilt").text
    assert listed(page) == [stopped, protected]
    assert f'href="/handlingar/R{protected}"' in page
    assert f'href="/handlingar/R{stopped}"' not in page
    assert REASON in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Kan ett nödstopp hävas?" in page
    (line,) = trail.lines(None, before=None, limit=9)
    trail.close()
    assert line.what == Happened.PROTECTED_LISTED
    assert line.fields["authority"] == web.home.channels.authority("KS").seq
    assert "record" not in line.fields


def test_others_see_nothing_of_it(web: Web) -> None:
    kept(web)
    authorities = web.home.channels
    other = viewer_of(40, [(Role.REGISTRAR, authorities.authority("KFN").seq)])
    page = web.browser(viewer=other).get("/diarium/atskilt").text
    assert listed(page) == []
    assert REASON not in page
    reader = viewer_of(41, [(Role.AUDITOR, authorities.authority("KS").seq)])
    assert web.browser(viewer=reader).get("/diarium/atskilt").status_code == 403
    assert "/diarium/atskilt" not in web.browser(viewer=reader).get("/diarium").text


def test_the_list_goes_on_by_cursor(web: Web, browser: Browser) -> None:
    protected, stopped = kept(web)
    ((newest, _),) = web.office().apart.page(LOCAL, limit=1)
    assert newest.record == stopped
    page = browser.get(f"/diarium/atskilt?fore={newest.seq}").text
    assert listed(page) == [protected]


def test_the_stop_in_the_inbox_tells_people_at_once(web: Web, browser: Browser) -> None:
    item = web.office().inbox.page(LOCAL).threads[0].items[0]
    field = f"{item.seq}.{item.latest}.{item.triaged}"
    assert browser.post("/inkorg/stoppa", data={"handling": field}).status_code == 400
    assert web.alarms == []
    data = {"handling": field, "skal": "Misstänkt brott"}
    assert browser.post("/inkorg/stoppa", data=data).status_code == 303
    assert web.alarms == [True]
