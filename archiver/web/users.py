"""Användare: who may sign in, with which roles for which authorities; and giving them a way in.

Accounts are the whole home's, so that every page here asks for the right to set users for all of
it. What is changed of a user is an event of the archive; what is no event (a link, sessions, an
address) is noted in the access log before it is done. The link for a new password stands in the
answer alone: in no redirect, cookie or log.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from archiver.core.access import HOME, Permission, Role
from archiver.errors import ConfigError, NotFound
from archiver.people.mandate import LastOne, NotYoursToGive
from archiver.people.password import SHORTEST
from archiver.people.projector import Roles
from archiver.people.service import User
from archiver.people.stewardship import LINK_PATH, LinkSpent, Stewardship, email
from archiver.people.trail import Happened
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs, open_to_all
from archiver.web.services import services, shell, viewer
from archiver.web.trail import note

pages = Blueprint("users", __name__)
_MOST = 120  # characters of a name


def stewardship() -> Stewardship:
    """What the pages of this app change users by; there are none without accounts."""
    found = services().sign_in
    if found is None:
        abort(404)
    return Stewardship(found.people, services().random)


def _user(seq: int) -> User:
    for one in stewardship().people.users():
        if one.seq == seq:
            return one
    raise NotFound(f"There is no user U{seq}.")


def _authorities() -> list[tuple[int, str]]:
    """What a role can be for: all, and each authority."""
    every = [(one.seq, one.name) for one in services().authorities()]
    return [(HOME, gettext("alla myndigheter")), *every]


def _roles() -> Roles:
    """The roles that are ticked; what is none gives nothing."""
    places = {str(number): number for number, _ in _authorities()}
    found = []
    for text in request.form.getlist("roll"):
        name, _, number = text.partition(":")
        if name in list(Role) and number in places:
            found.append((Role(name), places[number]))
    return tuple(dict.fromkeys(found))


def _judged(form: Form, field: str, words: str, act: Callable[[], object]) -> bool:
    """Whether it was done; if not, why is noted in the form."""
    try:
        act()
    except NotYoursToGive:
        form.wrong(field, gettext("Du kan inte ge mer än du själv har."))
    except LastOne:
        form.wrong(
            field,
            gettext("Då kan ingen längre sköta användarna. Ge först rollen till någon annan."),
        )
    except ConfigError as error:
        form.wrong(field, words, str(error))
    return not form.mistakes


def _name_words() -> str:
    return gettext("Skriv ett namn på en rad, med högst %(most)s tecken.", most=_MOST)


@pages.get("/anvandare")
@needs(Permission.SET_USERS, home=True)
def listing() -> str:
    """Every user, with roles, whether they are locked, and when they last signed in."""
    found = stewardship().people
    return render_template(
        "users.html",
        users=found.users(),
        authorities=dict(_authorities()),
        keys=found.accounts.passkeys.counts(),
        able=found.accounts.with_a_way_in(),
    )


@pages.get("/anvandare/ny")
@needs(Permission.SET_USERS, home=True)
def form() -> str:
    """The form for a new user."""
    return _new(Form(), ())


def _new(form: Form, ticked: Roles) -> str:
    return render_template("user_new.html", form=form, **_matrix(ticked, ()))


def _matrix(ticked: Roles, held: Roles) -> dict[str, object]:
    """What the choice of roles is made from: what is ticked, and what may be."""
    places = _authorities()
    steward = stewardship()
    open_ = {
        (role, number)
        for role in Role
        for number, _ in places
        if (role, number) in held or steward.may_give(viewer(), role, number)
    }
    return {"places": places, "every": list(Role), "ticked": set(ticked), "open_": open_}


@pages.post("/anvandare/ny")
@needs(Permission.SET_USERS, home=True)
def add() -> str | tuple[str, int]:
    """Add a user, and show the link that lets them set a password."""
    form, roles, steward = Form.of(request.form), _roles(), stewardship()
    login, name, address = (form.text(one) for one in ("anvandarnamn", "namn", "epost"))
    if not name or len(name) > _MOST:
        form.wrong(
            "namn", gettext("Skriv ett namn på en rad, med högst %(most)s tecken.", most=_MOST)
        )
    if not login:
        form.wrong("anvandarnamn", gettext("Skriv ett användarnamn."))
    elif steward.people.accounts.of_login(login) is not None:
        form.wrong("anvandarnamn", gettext("Det finns redan en användare med det användarnamnet."))
    _judged(form, "epost", gettext("Det är ingen e-postadress."), lambda: email(address))
    made: list[User] = []
    if not form.mistakes:
        words = gettext("Användaren kunde inte läggas till.")
        _judged(
            form,
            "roll",
            words,
            lambda: made.append(steward.add(viewer(), login, name, roles, address)),
        )
    if form.mistakes:
        return _new(form, roles), 400
    return _link(made[0], new=True)


@pages.get("/anvandare/U<int:seq>")
@needs(Permission.SET_USERS, home=True)
def user(seq: int) -> str:
    """One user: roles, name, and what can be done."""
    return _page(_user(seq), Form())


def _page(one: User, form: Form, ticked: Roles | None = None) -> str:
    steward = stewardship()
    accounts = steward.people.accounts
    known = {"namn": one.name, "epost": accounts.ways_back.addresses().get(one.seq, "")}
    form.values = {**known, **form.values}
    return render_template(
        "user.html",
        one=one,
        form=form,
        sessions=steward.people.sessions(one),
        keys=len(accounts.passkeys.of_user(one.seq)),
        enters=one.seq in accounts.with_a_way_in(),
        covered=steward.covers(viewer(), one),
        provider=services().provider,
        said=request.args.get("sagt", ""),
        **_matrix(one.roles if ticked is None else ticked, one.roles),
    )


def _done(seq: int, said: str) -> Response:
    return redirect(url_for("users.user", seq=seq, sagt=said), 303)


@pages.post("/anvandare/U<int:seq>/roller")
@needs(Permission.SET_USERS, home=True)
def set_roles(seq: int) -> Response | tuple[str, int]:
    """Give a user the roles that are ticked, instead of those they have."""
    one, form, roles = _user(seq), Form(), _roles()
    words = gettext("Rollerna kunde inte sparas.")
    if _judged(form, "roll", words, lambda: stewardship().set_roles(viewer(), one, roles)):
        return _done(seq, "roller")
    return _page(one, form, roles), 400


@pages.post("/anvandare/U<int:seq>/uppgifter")
@needs(Permission.SET_USERS, home=True)
def set_details(seq: int) -> Response | tuple[str, int]:
    """Another name, or another address."""
    one, form, steward = _user(seq), Form.of(request.form), stewardship()
    name, address = form.text("namn"), form.text("epost")
    moved = address != steward.people.accounts.ways_back.addresses().get(seq, "")
    if moved:
        words = gettext("Det är ingen e-postadress.")
        _judged(form, "epost", words, lambda: steward.check_address(viewer(), one, address))
    if not form.mistakes:
        _judged(form, "namn", _name_words(), lambda: steward.rename(viewer(), one, name))
    if form.mistakes:
        return _page(one, form), 400
    if moved:
        note(Happened.ADDRESS_CHANGED, viewer().actor, about=seq, wait=True)
        steward.set_address(viewer(), one, address)
    return _done(seq, "uppgifter")


@pages.post("/anvandare/U<int:seq>/lage")
@needs(Permission.SET_USERS, home=True)
def set_state(seq: int) -> Response | tuple[str, int]:
    """Lock a user out, or let them in again."""
    one, form, steward = _user(seq), Form(), stewardship()
    locks = {"las": steward.lock, "las-upp": steward.unlock}
    act = locks.get(request.form.get("lage", ""))
    if act is None:
        raise ConfigError("There is no such state of a user.", remedy="Use the page's buttons.")
    words = gettext("Det gick inte att ändra.")
    if _judged(form, "lage", words, lambda: act(viewer(), one)):
        return _done(seq, request.form["lage"])
    return _page(one, form), 400


@pages.post("/anvandare/U<int:seq>/sessioner")
@needs(Permission.SET_USERS, home=True)
def end_sessions(seq: int) -> Response:
    """End every session of a user."""
    one = _user(seq)
    note(Happened.SESSIONS_ENDED, viewer().actor, about=seq, wait=True)
    stewardship().end_sessions(viewer(), one)
    return _done(seq, "sessioner")


@pages.post("/anvandare/U<int:seq>/lank")
@needs(Permission.SET_USERS, home=True)
def give_link(seq: int) -> str | tuple[str, int]:
    """A link by which the user sets a new password; what they signed in with ends."""
    one, form = _user(seq), Form()
    words = gettext("Den här användaren kan inte få någon länk.")
    if not _judged(form, "lank", words, lambda: stewardship().check_link(viewer(), one)):
        return _page(one, form), 400
    return _link(one, new=False)


def _link(one: User, *, new: bool) -> str:
    note(Happened.LINK_GIVEN, viewer().actor, about=one.seq, wait=True)
    token = stewardship().give_link(viewer(), one)
    address = shell().settings.origin or request.host_url.rstrip("/")
    path = url_for("users.new_password", token=token)
    return render_template("user_link.html", one=one, link=address + path, new=new)


# --- the link ------------------------------------------------------------------------------------


@pages.get(f"{LINK_PATH}<token>")
@open_to_all
def new_password(token: str) -> str | tuple[str, int]:
    """The form for whoever was given the link."""
    return _new_password(token, Form())


def _new_password(token: str, form: Form) -> str | tuple[str, int]:
    try:
        found = stewardship().holder(token[:200])
    except LinkSpent:
        return render_template("new_password.html", one=None, form=form, token=""), 404
    return render_template(
        "new_password.html", one=found, form=form, token=token, shortest=SHORTEST
    )


@pages.post(f"{LINK_PATH}<token>")
@open_to_all
def set_password(token: str) -> Response | str | tuple[str, int]:
    """Set the password, once."""
    form = Form()
    words = gettext("Det nya lösenordet är för kort eller för lätt att gissa.")
    try:
        with form.judging("losenord", words):
            found = stewardship().redeem(token[:200], request.form.get("losenord", "")[:1000])
            note(Happened.LINK_USED, found.seq)
            return redirect(url_for("sign_in.form", nytt=1), 303)
    except LinkSpent:
        return _new_password(token, form)
    page = _new_password(token, form)
    return page if isinstance(page, tuple) else (page, 400)
