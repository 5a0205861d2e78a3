"""What changes a channel: forms, each with a token against forgery, answered with a redirect.

The redirect says what was done by a code in the address, so that nothing typed stands in an
address, a cookie or a log. What cannot be undone is asked about on a page of its own first.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.channels import credential as logins
from archiver.channels import reading
from archiver.channels.change import LONGEST_CRISIS, Change, crisis_until, one_line
from archiver.channels.draft import Draft
from archiver.channels.service import Channels
from archiver.channels.web import channel_of, desk, draft_of, office, render
from archiver.core.access import Permission
from archiver.core.channel import Channel, ChannelState
from archiver.core.connector import Credential, Login
from archiver.core.reason import MASS_DISAPPEARANCE
from archiver.errors import ConfigError, NotFound
from archiver.web.form import Form
from archiver.web.i18n import gettext, number
from archiver.web.needs import needs
from archiver.web.services import services, viewer

pages = Blueprint("channel_change", __name__, template_folder="templates")
_STATES = {
    "pausa": (Change(state=ChannelState.PAUSED, crisis_until=0), "pausat"),
    "ateruppta": (Change(state=ChannelState.ACTIVE), "aterupptaget"),
    "avsluta": (Change(state=ChannelState.CLOSING, crisis_until=0), "avslutas"),
}


def _done(endpoint: str, seq: int, said: str) -> BaseResponse:
    return redirect(url_for(f"{endpoint}", seq=seq, sagt=said), 303)


def _apply(one: Channel, change: Change, said: str, endpoint: str) -> BaseResponse:
    after = desk().channels.change(one, change, actor=viewer().actor)
    return _done(endpoint, one.seq, said if after != one else "oforandrat")


# --- name and options ----------------------------------------------------------------------------


@pages.get("/konton/C<int:seq>/uppgifter")
@needs(Permission.SET_CHANNELS)
def details(seq: int) -> str:
    """The form for a channel's name and its platform's options."""
    return _details(channel_of(seq), None)


@pages.post("/konton/C<int:seq>/uppgifter")
@needs(Permission.SET_CHANNELS)
def set_details(seq: int) -> BaseResponse | tuple[str, int]:
    """Rename a channel, or set its options."""
    one, form = channel_of(seq), Form.of(request.form)
    names = [option.name for option in desk().channels.connector(one.platform).options]
    options = {name: form.text(f"val-{name}") for name in names}
    change = Change(title=form.text("namn"), options=options)
    with form.judging("namn", gettext("Namnet måste vara en rad med högst 200 tecken.")):
        one_line(form.text("namn"), "title")
    words = gettext(
        "Inställningarna går inte att använda. En inloggning följer inte med till en annan"
        " adress: avsluta kontot och lägg till det på nytt."
    )
    if not form.mistakes:
        with form.judging(f"val-{names[0]}" if names else "namn", words):
            return _apply(one, change, "andrat", "channels.channel")
    return _details(one, form), 400


def _details(one: Channel, form: Form | None) -> str:
    values = {"namn": one.title} | {f"val-{name}": v for name, v in one.options.items()}
    return render("channels/details.html", one, form=form or Form(values))


# --- schedule ------------------------------------------------------------------------------------


@pages.get("/konton/C<int:seq>/schema")
@needs(Permission.OVERSEE)
def schedule(seq: int) -> str:
    """How often a channel is read, crisis mode, pause and end."""
    return _schedule(channel_of(seq), None)


@pages.post("/konton/C<int:seq>/schema")
@needs(Permission.SET_CHANNELS)
def set_schedule(seq: int) -> BaseResponse | tuple[str, int]:
    """Choose a schedule."""
    one, form = channel_of(seq), Form.of(request.form)
    change = schedule_change(form)
    if not form.mistakes:
        with form.judging("schema", gettext("Välj ett av schemana.")):
            return _apply(one, change, "andrat", "channel_change.schedule")
    return _schedule(one, form), 400


def schedule_change(form: Form) -> Change:
    """The schedule that was chosen, mistakes noted in the form; the interval is in minutes."""
    name, minutes = form.text("schema"), form.number("minuter")
    if name not in desk().schedules:
        form.wrong("schema", gettext("Välj ett av schemana."))
    if name == "interval" and (minutes is None or not 1 <= minutes <= 366 * 1440):
        form.wrong("minuter", gettext("Skriv ett helt antal minuter, minst 1."))
    return Change(schedule=name, interval=minutes * 60 if minutes else None)


def _schedule(one: Channel, form: Form | None) -> str:
    values = {"schema": one.schedule, "minuter": str(max(1, one.interval // 60))}
    return render(
        "channels/schedule.html",
        one,
        form=form or Form(values),
        schedules=list(desk().schedules.values()),
        next_at=desk().next_harvests().get(one.seq),
        longest=LONGEST_CRISIS,
    )


@pages.post("/konton/C<int:seq>/kris")
@needs(Permission.SET_CHANNELS)
def crisis(seq: int) -> BaseResponse | tuple[str, int]:
    """Begin crisis mode for some days, or end it with 0."""
    one, form = channel_of(seq), Form.of(request.form)
    days = form.number("dagar")
    words = gettext("Skriv ett antal dagar från 1 till %(most)s.", most=LONGEST_CRISIS)
    if days is None:
        form.wrong("dagar", words)
    else:
        with form.judging("dagar", words):
            until = crisis_until(services().clock.now(), days)
            said = "kris" if until else "kris-av"
            return _apply(one, Change(crisis_until=until), said, "channel_change.schedule")
    kept = {"schema": one.schedule, "minuter": str(max(1, one.interval // 60))}
    form.values = {**kept, **form.values}
    return _schedule(one, form), 400


@pages.get("/konton/C<int:seq>/avsluta")
@needs(Permission.SET_CHANNELS)
def ending(seq: int) -> str:
    """What ending a channel means, and the button."""
    return render("channels/ending.html", channel_of(seq))


@pages.post("/konton/C<int:seq>/lage")
@needs(Permission.SET_CHANNELS)
def state(seq: int) -> BaseResponse:
    """Pause, resume or end a channel."""
    one = channel_of(seq)
    change, said = _STATES.get(request.form.get("lage", ""), (None, ""))
    if change is None:
        raise ConfigError("There is no such state of a channel.", remedy="Use the page's buttons.")
    return _apply(one, change, said, "channel_change.schedule")


# --- login ---------------------------------------------------------------------------------------


@pages.get("/konton/C<int:seq>/inloggning")
@needs(Permission.SET_CHANNELS)
def login(seq: int) -> str:
    """What may be said of a channel's login, and the form that replaces it."""
    return _login(channel_of(seq), Form())


@pages.post("/konton/C<int:seq>/inloggning")
@needs(Permission.SET_CHANNELS)
def set_login(seq: int) -> BaseResponse | tuple[str, int]:
    """Replace a channel's login. Nothing of it is rendered, logged or put in a cookie."""
    one, form = channel_of(seq), Form()
    with form.judging("hemlighet", gettext("Inloggningen går inte att använda.")):
        desk().channels.set_credential(one, given_login(desk().channels, one.platform))
        return _done("channel_change.login", one.seq, "inloggning")
    return _login(one, form), 400


def given_login(channels: Channels, platform: str) -> Credential:
    """The login in the request's form; `ConfigError` without a word of it."""
    typed = request.form
    return logins.made(
        channels.connector(platform).capabilities.login,
        typed.get("anvandare", ""),
        typed.get("hemlighet", ""),
        typed.get("signering", ""),
    )


def _login(one: Channel, form: Form) -> str:
    health = desk().login_health(one.seq)
    kind = desk().channels.connector(one.platform).capabilities.login
    return render(
        "channels/login.html",
        one,
        form=form,
        health=health,
        days_left=reading.days_left(health, services().clock.now()),
        kind=kind.value,
        takes_login=kind is not Login.NONE,
    )


@pages.post("/konton/C<int:seq>/kontroll")
@needs(Permission.SET_CHANNELS)
def check(seq: int) -> BaseResponse:
    """Begin the guided check of a channel that is there."""
    one = channel_of(seq)
    drafts = office().drafts
    draft = drafts.new(one.platform, viewer().actor)
    drafts.look(
        Draft(
            id=draft.id,
            actor=draft.actor,
            platform=one.platform,
            target=one.url,
            allow=" ".join(one.allow),
            options=one.options,
            credential=desk().channels.target(one).credential,
        )
    )
    return redirect(url_for("channel_change.checked", seq=seq, id=draft.id), 303)


@pages.get("/konton/C<int:seq>/kontroll/<id>")
@needs(Permission.SET_CHANNELS)
def checked(seq: int, id: str) -> str:
    """How far the check has come, and what it found."""
    from archiver.channels.web_add import check_view

    one, draft = channel_of(seq), draft_of(id)
    if (draft.platform, draft.target) != (one.platform, one.url):
        raise NotFound("This check is of another account.")
    return render("channels/check.html", one, draft=draft, **check_view(draft, one.interval))


# --- gaps ----------------------------------------------------------------------------------------


@pages.post("/konton/C<int:seq>/luckor")
@needs(Permission.ACKNOWLEDGE)
def acknowledge(seq: int) -> BaseResponse | tuple[str, int]:
    """Record what was done about a gap."""
    one, form = channel_of(seq), Form.of(request.form)
    found = desk().gaps(seq, 0, services().clock.now() + 1)
    wanted = (form.text("lista"), form.text("sedan"))
    gap = next((gap for gap in found if (gap.collection, str(gap.since)) == wanted), None)
    if gap is None:
        raise NotFound("There is no such gap any more.", remedy="Load the page again.")
    words = gettext("Skriv vad som är gjort, med högst 500 tecken.")
    with form.judging("gjort", words):
        accepts = bool(form.text("godkann"))
        desk().acknowledge(gap, form.text("gjort"), accepts, viewer().actor)
        return _done("channels.gaps", seq, "kvitterad")
    return render("channels/gaps.html", one, gaps=found, form=form, mass=MASS_DISAPPEARANCE), 400


# --- harvest now ---------------------------------------------------------------------------------


@pages.post("/konton/C<int:seq>/hamta")
@needs(Permission.SET_CHANNELS)
def harvest(seq: int) -> BaseResponse:
    """Leave the worker a request to harvest the channel now."""
    one = channel_of(seq)
    asked = desk().request_harvest([one.seq])
    office().following.begin(asked, one.seq)
    return redirect(url_for("channel_change.harvesting", seq=seq, request_id=asked), 303)


@pages.get("/konton/C<int:seq>/hamtning/<int:request_id>")
@needs(Permission.SET_CHANNELS)
def harvesting(seq: int, request_id: int) -> str:
    """Where that request stands."""
    one = channel_of(seq)
    state = office().following.state(request_id, one.seq)
    return render("channels/harvesting.html", one, state=state, request_id=request_id)


@pages.get("/konton/C<int:seq>/hamtning/<int:request_id>/lage")
@needs(Permission.SET_CHANNELS)
def harvest_state(seq: int, request_id: int) -> Response:
    """The same as data, for the page's own script."""
    state = office().following.state(request_id, channel_of(seq).seq)
    if state is None or not state.going_on:
        return jsonify({"running": False})
    note = gettext("%(seen)s sedda hittills", seen=number(state.seen)) if state.seen else ""
    title = gettext("Kontot samlas in")
    return jsonify({"running": True, "title": title, "note": note, "done": 0, "total": 1})
