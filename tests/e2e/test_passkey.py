"""Signing in with a passkey in a real browser, whose authenticator is a virtual one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.site import NARROW, WIDE, violations
from tests.e2e.test_sign_in import Entrance, entrance

__all__ = ["entrance"]
pytestmark = pytest.mark.server


def authenticator(page: Any) -> tuple[Any, str]:
    """A key that the browser believes in, and how to speak to it."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, made["authenticatorId"]


def test_a_passkey_is_made_signs_in_and_is_removed(entrance: Entrance) -> None:
    page = entrance.page
    home = entrance.address.replace("127.0.0.1", "localhost")
    said = list[str]()
    page.on("console", lambda one: said.append(one.text) if "Policy" in one.text else None)
    cdp, key = authenticator(page)
    page.goto(f"{home}/min-inloggning")
    assert page.locator("#passkey").count() == 0  # nobody has one
    entrance.sign_in()
    page.wait_for_selector("h1:text-is('Min inloggning')")
    assert violations(page) == []
    page.fill("#namn", "Bärbara datorn")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Din passkey är tillagd")
    assert violations(page) == []
    page.set_viewport_size(NARROW)
    assert violations(page) == []
    page.set_viewport_size(WIDE)
    assert len(cdp.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1

    page.fill("#namn", "En till")  # the same authenticator makes no second one
    page.click("button:text-is('Lägg till')")
    page.wait_for_selector("text=Den här enheten har redan en passkey")

    page.click("text=Logga ut")
    page.wait_for_selector("text=Du är utloggad.")
    page.goto(f"{home}/handlingar?visa=lista")
    assert violations(page) == []
    page.click("text=Logga in med passkey")
    page.wait_for_selector("h1:text-is('Handlingar')")
    assert page.url.endswith("/handlingar?visa=lista")

    page.click("text=Logga ut")
    page.wait_for_selector("text=Du är utloggad.")
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(f"{home}/logga-in")
    page.click("text=Logga in med passkey")
    page.wait_for_selector("text=Det blev ingen inloggning")

    entrance.sign_in()
    page.wait_for_selector("h1:text-is('Konton')")
    page.goto(f"{home}/min-inloggning")
    page.click("button:has-text('Ta bort')")
    page.wait_for_selector("text=Passkeyn är borttagen")
    page.click("text=Logga ut")
    page.wait_for_selector("text=Du är utloggad.")
    assert page.locator("#passkey").count() == 0
    assert said == []  # the policy of the pages stopped nothing
