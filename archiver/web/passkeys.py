"""Passkeys: signing in with one, and Min inloggning, where one's own are added and removed.

The question lies sealed in a cookie of this browser for five minutes; the answer comes with an
ordinary form, so that what was asked for and what was typed elsewhere survive it as with a
password. Adding and removing asks for a session that was just begun: whoever finds a browser open
cannot make themselves a way back in.
"""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, abort, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from archiver.errors import AccessRefused, SealBroken
from archiver.people.passkey import (
    FRESH,
    LIFE,
    LONGEST_NAME,
    Party,
    PasskeyRefused,
    PasskeySignIn,
    Question,
    party_of,
)
from archiver.people.service import User
from archiver.people.sign_in import Attempt
from archiver.people.trail import Happened
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import open_to_all, signed_in
from archiver.web.security import cookie_for
from archiver.web.services import services, shell, user
from archiver.web.sign_in import after, entrance, set_cookie
from archiver.web.trail import note

pages = Blueprint("passkey", __name__)
_USE = b"passkey"
_COOKIE = "passkey"
_LONGEST = 64 * 1024  # characters of an answer


class TooLongAgo(AccessRefused):
    """Somebody signed in too long ago for what they ask now."""

    code = "sign-in-again"


def party() -> Party | None:
    """Whom passkeys are for here; None where there can be none."""
    settings = shell().settings
    return party_of(settings.origin, settings.port)


def _passkeys() -> PasskeySignIn:
    found = party()
    if found is None:
        abort(404)
    return PasskeySignIn(entrance(), found, services().clock, services().random)


def _asked(options: object, question: Question) -> Response:
    """The question, and what must be known when it is answered."""
    answer: Response = jsonify(options)
    sealed = entrance().people.accounts.seal(_USE, question.encode())
    set_cookie(answer, _COOKIE, base64.urlsafe_b64encode(sealed).decode(), LIFE // 1000)
    return answer


def _question() -> Question | None:
    """What this browser was asked; None for nothing of ours."""
    try:
        text = request.cookies.get(cookie_for(shell().settings, _COOKIE), "")
        opened = entrance().people.accounts.unseal(_USE, base64.urlsafe_b64decode(text))
        return Question.decode(opened)
    except (SealBroken, binascii.Error, ValueError):
        return None


def _cleared(answer: Response) -> Response:
    settings = shell().settings
    name = cookie_for(settings, _COOKIE)
    answer.delete_cookie(name, path="/", secure=settings.secure, httponly=True)
    return answer


# --- signing in ----------------------------------------------------------------------------------


@pages.post("/logga-in/passkey/fraga")
@open_to_all
def ask() -> Response:
    """A question to whoever is there. It writes nothing, and is not given to an address that must
    wait."""
    passkeys = _passkeys()
    if entrance().waiting(request.remote_addr or ""):
        problem: Response = jsonify(
            title=gettext("Det har blivit många försök. Vänta en stund och försök igen.")
        )
        problem.status_code = 429
        return problem
    return _asked(*passkeys.ask())


@pages.post("/logga-in/passkey")
@open_to_all
def enter() -> Response:
    """Try the answer; back to the page that was asked for."""
    answer = request.form.get("passkey-svar", "")[: _LONGEST + 1]
    address = request.remote_addr or ""
    tried: Attempt = _passkeys().attempt(_question(), answer, address=address)
    wrong = "kopia" if tried.suspected else "passkey"
    return _cleared(after(tried, wrong=wrong))


def offered() -> bool:
    """Whether the sign-in page asks for passkeys: somebody has one, and this is their place."""
    found = party()
    if found is None or request.host_url.rstrip("/") != found.origin:
        return False
    return bool(entrance().people.accounts.passkeys.counts())


# --- one's own -----------------------------------------------------------------------------------


def _me() -> User:
    entrance()
    who = user()
    assert who is not None
    return who


def _is_fresh() -> bool:
    begun: int = g.session.created_at
    return services().clock.now() - begun < FRESH


def _fresh() -> User:
    """Who asks, if they have just signed in; else `TooLongAgo`."""
    if not _is_fresh():
        raise TooLongAgo(
            "You signed in too long ago for this.", remedy="Sign in again, and do it then."
        )
    return _me()


@pages.get("/min-inloggning")
@signed_in
def own() -> str:
    """How one signs in: password and passkeys."""
    return _own(Form())


def _own(form: Form) -> str:
    who, found = _me(), party()
    return render_template(
        "passkeys.html",
        me=who,
        form=form,
        keys=entrance().people.accounts.passkeys.of_user(who.seq),
        fresh=_is_fresh(),
        party=found,
        here=found is not None and request.host_url.rstrip("/") == found.origin,
        said=request.args.get("sagt", ""),
        longest=LONGEST_NAME,
    )


@pages.post("/min-inloggning/fraga")
@signed_in
def ask_for_new() -> Response:
    """A question to make a passkey."""
    return _asked(*_passkeys().ask_for_new(_fresh(), g.session.id))


@pages.post("/min-inloggning/passkey")
@signed_in
def add() -> Response | tuple[str, int]:
    """Keep the passkey that was made."""
    form = Form.of(request.form)
    answer, name = request.form.get("passkey-svar", "")[: _LONGEST + 1], form.text("namn")
    words = gettext("Skriv ett namn på en rad, med högst %(most)s tecken.", most=LONGEST_NAME)
    who = _fresh()
    try:
        with form.judging("namn", words):
            _passkeys().add(who, g.session.id, _question(), answer, name)
    except PasskeyRefused:
        form.wrong("passkey", gettext("Din passkey kunde inte läggas till. Försök igen."))
    if form.mistakes:
        return _own(form), 400
    note(Happened.PASSKEY_ADDED, who.seq)
    return _cleared(redirect(url_for("passkey.own", sagt="tillagd"), 303))


@pages.post("/min-inloggning/ta-bort")
@signed_in
def remove() -> Response:
    """Remove one of one's passkeys; nothing happens for one that is not one's own."""
    who = _fresh()
    said = "fanns-inte"
    if entrance().people.accounts.passkeys.remove(who.seq, request.form.get("passkey", "")):
        note(Happened.PASSKEY_REMOVED, who.seq)
        said = "borttagen"
    return redirect(url_for("passkey.own", sagt=said), 303)
