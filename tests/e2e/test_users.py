"""Users and the duty roster in a real browser: accessible in both languages, wide and narrow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from archiver.core.access import HOME, Role
from tests.e2e.site import NARROW, WIDE, violations
from tests.e2e.test_sign_in import WORD, Entrance, entrance

__all__ = ["entrance"]
pytestmark = pytest.mark.server


def looked_at(page: Any, name: str) -> None:
    """No violation, wide and narrow; with a picture if they are kept."""
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        assert violations(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], name
        if folder := os.environ.get("DIARKIV_SCREENSHOTS"):
            path = Path(folder) / f"{name}-{size['width']}.png"
            page.screenshot(path=str(path), full_page=True)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_user_is_added_gets_in_and_is_locked(entrance: Entrance, language: str) -> None:
    page, at = entrance.page, entrance.address
    people = entrance.people
    people.change(people.user("eva.lind"), roles=((Role.OPERATOR, HOME),))
    page.goto(f"{at}/anvandare")
    entrance.sign_in()
    page.wait_for_selector("h1:text-is('Användare')")
    if language == "en":
        page.click(".language button")
        page.wait_for_selector("h1:text-is('Users')")
    page.goto(f"{at}/anvandare/ny")
    page.keyboard.press("Enter")
    page.click("main form button.btn-primary")
    page.wait_for_selector("#fel")
    looked_at(page, f"new-wrong-{language}")
    page.fill("#namn", "Omar Ek")
    page.fill("#anvandarnamn", "omar")
    page.fill("#epost", "omar@testkoping.example")
    assert page.is_disabled("#roll-registrar-0")
    page.check("#roll-operator-0")
    page.click("main form button.btn-primary")
    page.wait_for_selector("#lank")
    looked_at(page, f"link-{language}")
    link = page.inner_text("#lank")
    page.goto(f"{at}/anvandare")
    looked_at(page, f"users-{language}")
    omar = people.user("omar")
    page.goto(f"{at}/anvandare/U{omar.seq}")
    looked_at(page, f"user-{language}")

    page.goto(f"{at}/jour")
    page.fill("#fran", "mån 00:00")
    page.fill("#till", "mån 00:00")
    page.select_option("#vem", f"U{omar.seq}")
    page.click("main form.panel button.btn-primary")
    page.wait_for_selector("td:text-is('Omar Ek')")
    page.goto(f"{at}/anvandare/U{omar.seq}")
    page.click("button.btn-danger")
    page.wait_for_selector("p[role=status]")
    page.goto(f"{at}/jour")
    page.wait_for_selector("td .tone-bad")
    looked_at(page, f"duty-{language}")
    page.goto(link)
    looked_at(page, f"link-dead-{language}")  # it died with the lock

    people.change(omar, disabled=False)
    page.goto(f"{at}/anvandare/U{omar.seq}")
    page.click("#lank button")
    page.wait_for_selector("pre #lank")
    link = page.inner_text("#lank")
    page.context.clear_cookies()
    page.goto(link)
    looked_at(page, f"password-{language}")
    page.fill("#losenord", WORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/logga-in?nytt=1")
