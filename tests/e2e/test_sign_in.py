"""Signing in with a real browser: by keyboard, accessible, and with nothing lost."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import waitress.server

from archiver.channels.web import part as channels_part
from archiver.core.access import HOME, Role
from archiver.db.notices import Notices
from archiver.people.duty import Duty
from archiver.people.service import People
from archiver.people.sign_in import SignIn
from archiver.web.app import WebServices, WebSettings, create_web
from tests.build import FakeClock
from tests.e2e.site import ARGUMENTS, CHROMIUM, NARROW, WIDE, violations
from tests.homes import make_home, operations_of, people_of
from tests.unit.channels.desks import FakeDesk
from tests.unit.web.served import TOKEN

pytestmark = pytest.mark.server
WORD = "hästar under bron"


class Entrance:
    """The served pages of a home with a user, and a browser before them."""

    def __init__(
        self, address: str, page: Any, clock: FakeClock, channel: int, people: People
    ) -> None:
        self.address, self.page, self.clock, self.channel = address, page, clock, channel
        self.people = people
        self.said: list[str] = []

    def sign_in(self) -> None:
        self.page.fill("#namn", "eva.lind")
        self.page.fill("#losenord", WORD)
        self.page.keyboard.press("Enter")


@pytest.fixture
def entrance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrance]:
    playwright = pytest.importorskip("playwright.sync_api")
    clock = FakeClock()
    home = make_home(tmp_path_factory.mktemp("entrance") / "home", clock=clock)
    home.channels.add_authority("KS", "Kommunstyrelsen")
    channel = home.channels.add_channel("feed", "https://t.example/feed", authority="KS")
    people = people_of(home)
    people.add("eva.lind", "Eva Lind", ((Role.COMMUNICATOR, HOME),), password=WORD)
    services = WebServices(
        ledger=home.ledger,
        channels=home.channels.channels,
        authorities=home.channels.authorities,
        clock=clock,
        random=os.urandom,
        sign_in=SignIn(people, clock, os.urandom),
        duty=Duty(Notices(operations_of(home), clock), people),
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = create_web(
            services, WebSettings(port=port, token=TOKEN), [channels_part(FakeDesk(home))]
        )
        server = waitress.server.create_server(app, sockets=[listening], threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport=WIDE)
            found = Entrance(f"http://127.0.0.1:{port}", page, clock, channel.seq, people)
            page.on("pageerror", lambda error: found.said.append(str(error)))
            yield found
            assert found.said == []
            browser.close()
        server.close()
        thread.join(5)


def test_in_by_the_keyboard_to_the_page_that_was_asked_for_and_out(entrance: Entrance) -> None:
    page = entrance.page
    page.goto(f"{entrance.address}/handlingar?visa=lista")
    assert page.inner_text("h1") == "Logga in"
    assert violations(page) == []
    page.set_viewport_size(NARROW)
    assert violations(page) == []
    page.set_viewport_size(WIDE)
    page.fill("#namn", "eva.lind")
    page.fill("#losenord", "fel lösenord")
    page.keyboard.press("Enter")
    page.wait_for_selector("#fel")
    assert violations(page) == []
    entrance.sign_in()
    page.wait_for_url("**/handlingar?visa=lista")
    assert page.inner_text("h1") == "Handlingar"
    page.click("text=Eva Lind")
    page.wait_for_url("**/mitt-konto")
    assert violations(page) == []
    page.set_viewport_size(NARROW)
    assert violations(page) == []
    page.set_viewport_size(WIDE)
    page.click("text=Logga ut")
    page.wait_for_selector("text=Du är utloggad.")
    assert violations(page) == []


def test_a_form_that_was_sent_too_late_is_sent_again(entrance: Entrance) -> None:
    page, path = entrance.page, f"/konton/C{entrance.channel}/uppgifter"
    page.goto(entrance.address + path)
    entrance.sign_in()
    page.wait_for_url(f"**{path}")
    page.fill("#namn", 'Nyheter "och" <annat>')
    entrance.clock.advance(7_200_000)
    page.click("text=Spara")
    page.wait_for_selector("text=Det du skrev är kvar")
    assert violations(page) == []
    entrance.sign_in()
    page.wait_for_selector("text=Du är inloggad igen")
    assert violations(page) == []
    page.click("button:has-text('Skicka formuläret igen')")
    page.wait_for_selector('text=Nyheter "och" <annat>')


def test_a_link_from_another_site_leads_to_the_page(entrance: Entrance) -> None:
    """A strict cookie is not sent along from elsewhere: our own page asks once more."""
    page = entrance.page
    page.goto(entrance.address)
    entrance.sign_in()
    page.wait_for_selector("h1:text-is('Konton')")
    page.goto("data:text/html,<a href='" + entrance.address + "/handlingar?visa=lista'>dit</a>")
    page.click("text=dit")
    page.wait_for_selector("h1:text-is('Handlingar')")
    assert page.url.endswith("/handlingar?visa=lista")
