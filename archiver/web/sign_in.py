"""Signing in and out, and one's own sessions. Works without scripts.

A page that was asked for without a session is answered by the form itself (401), so that its
address stands in no other address, and is returned to afterwards if it is one of ours. A form that
was sent when the session had ended is answered so too: what was typed goes along as hidden fields,
secrets and files excepted, and after signing in it is offered to be sent again. It lies nowhere but
in the browser. Nobody learns from an answer whether a name exists.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from flask import (
    Blueprint,
    Flask,
    abort,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from archiver.errors import ConfigError
from archiver.people.password import SHORTEST
from archiver.people.sign_in import Attempt, SignIn
from archiver.people.trail import Happened
from archiver.web import problems
from archiver.web.needs import open_to_all, signed_in
from archiver.web.security import SAFE_METHODS, SignInNeeded, cookie_for, own_page
from archiver.web.services import services, shell, user, viewer
from archiver.web.trail import note

pages = Blueprint("sign_in", __name__)
# Fields that are never given back: what proves who somebody is, here or on a platform.
SECRETS = frozenset(
    {"losenord", "nuvarande", "hemlighet", "anvandare", "signering", "passkey-svar"}
)
KEPT = "kvar-"
_MOST_KEPT = 200
_KNOWN_FOR = 365 * 24 * 3600  # seconds


def prepare(app: Flask) -> None:
    """Answer requests that need somebody signed in with the form."""

    @app.errorhandler(SignInNeeded)
    def needed(error: SignInNeeded) -> Response:
        if problems.wants_json():
            return problems.answer_to(error, 401)
        if request.method == "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            # A strict cookie does not come along from another site, such as a mail: ask once more
            # from a page of our own.
            return make_response(render_template("onward.html", to=request.full_path.rstrip("?")))
        sent = request.method not in SAFE_METHODS
        to = request.path if sent else request.full_path.rstrip("?")
        return _form(to=to, kept=_typed(request.form.items(multi=True)) if sent else [])


def entrance() -> SignIn:
    """How people sign in here; there is no such page in a home without users."""
    found = services().signs_in
    if found is None:
        abort(404)
    return found


def _typed(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What may be given back of a form."""
    left_out = SECRETS | {"csrf_token"}
    return [(name, value) for name, value in fields if name not in left_out][:_MOST_KEPT]


def _form(
    *, to: str, kept: list[tuple[str, str]], status: int = 401, said: str = "", login: str = ""
) -> Response:
    """The form; `said` is what was wrong, `kept` what was typed in another form."""
    answer = make_response(
        render_template(
            "sign_in.html",
            to=own_page(to),
            kept=kept,
            said=said,
            login=login,
            prefix=KEPT,
            provider=services().provider,
            passwords=entrance().people.any(),
        )
    )
    answer.status_code = status
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Cookie realm="Diarkiv"'
    return answer


@pages.get("/logga-in")
@open_to_all
def form() -> Response:
    """The form by itself."""
    entrance()
    said = next((one for one in ("ut", "igen", "nytt") if one in request.args), "")
    return _form(to=request.args.get("till", ""), kept=[], status=200, said=said)


@pages.post("/logga-in")
@open_to_all
def enter() -> Response:
    """Try what was typed; back to the page that was asked for."""
    login = request.form.get("namn", "")
    tried = entrance().attempt(
        login[:1000],
        request.form.get("losenord", "")[:1000],
        address=request.remote_addr or "",
        known=request.cookies.get(cookie_for(shell().settings, "known"), ""),
    )
    return after(tried, wrong="fel", login=login)


def after(tried: Attempt, *, wrong: str, login: str = "") -> Response:
    """What follows an attempt: the page that was asked for, or the form saying what was wrong."""
    to = own_page(request.form.get("till", ""))
    kept = [(n.removeprefix(KEPT), v) for n, v in request.form.items(multi=True) if KEPT in n[:5]]
    if tried.wait:
        answer = _form(to=to, kept=kept, status=429, said="vanta", login=login)
        answer.headers["Retry-After"] = str(math.ceil(tried.wait / 1000))
        return answer
    if tried.user is None:
        note(Happened.SIGN_IN_FAILED, tried.meant)
        if tried.suspected:
            note(Happened.PASSKEY_SUSPECTED, tried.meant)
        return _form(to=to, kept=kept, said=wrong, login=login)
    again = to if kept and to else ""
    answer = (
        make_response(render_template("resume.html", to=again, kept=_typed(kept)))
        if again
        else redirect(to or url_for("channels.overview"), 303)
    )
    return begin(answer, tried.user)


def begin(answer: Response, number: int) -> Response:
    """Open a session for the user and give the browser its cookies."""
    sign_in, settings = entrance(), shell().settings
    name = cookie_for(settings, "session")
    note(Happened.SIGNED_IN, number)
    token = sign_in.begin(
        number,
        browser=request.headers.get("User-Agent", ""),
        instead_of=request.cookies.get(name, ""),
    )
    set_cookie(answer, "session", token)
    set_cookie(answer, "known", sign_in.known_browser(number), max_age=_KNOWN_FOR)
    return answer


def set_cookie(answer: Response, what: str, value: str, max_age: int | None = None) -> None:
    settings = shell().settings
    answer.set_cookie(
        cookie_for(settings, what),
        value,
        max_age=max_age,
        httponly=True,
        samesite="Strict",
        secure=settings.secure,
        path="/",
    )


@pages.post("/logga-ut")
@signed_in
def leave() -> Response:
    """End this session."""
    name = cookie_for(shell().settings, "session")
    entrance().end(request.cookies.get(name, ""))
    note(Happened.SIGNED_OUT, viewer().actor)
    answer = redirect(url_for("sign_in.form", ut=1), 303)
    answer.delete_cookie(name, path="/", secure=shell().settings.secure, httponly=True)
    return answer


# --- one's own account ---------------------------------------------------------------------------


@pages.get("/mitt-konto")
@signed_in
def account() -> str:
    """Who one is, one's roles and sessions, and the form for a new password."""
    return _account("", "")


def _account(said: str, wrong: str) -> str:
    sign_in, who = entrance(), user()
    assert who is not None
    authorities = {one.seq: one.name for one in services().authorities()}
    return render_template(
        "account.html",
        me=who,
        roles=[(role.value, authorities.get(number, "")) for role, number in who.roles],
        sessions=sign_in.people.sessions(who),
        present=g.session.id,
        said=said or request.args.get("sagt", ""),
        wrong=wrong,
        shortest=SHORTEST,
    )


@pages.post("/mitt-konto/sessioner")
@signed_in
def end_sessions() -> Response:
    """End one of one's sessions (`session`), or every other."""
    sign_in, who, one = entrance(), user(), request.form.get("session", "")
    assert who is not None
    if one:
        sign_in.people.accounts.end_session(one, who.seq)
    else:
        sign_in.people.accounts.end_sessions(who.seq, but=g.session.id)
    return redirect(url_for("sign_in.account", sagt="avslutad"), 303)


@pages.post("/mitt-konto/losenord")
@signed_in
def set_password() -> Response | tuple[str, int]:
    """A new password, for who knows the present one; every other session ends."""
    sign_in, who = entrance(), user()
    assert who is not None
    tried = sign_in.attempt(
        who.login,
        request.form.get("nuvarande", "")[:1000],
        address=request.remote_addr or "",
        known=request.cookies.get(cookie_for(shell().settings, "known"), ""),
    )
    if tried.user != who.seq:
        return _account("", "vanta" if tried.wait else "nuvarande"), 400
    try:
        sign_in.people.set_password(who, request.form.get("losenord", ""))
    except ConfigError:
        return _account("", "losenord"), 400
    return begin(redirect(url_for("sign_in.account", sagt="losenord"), 303), who.seq)
