"""As whom one acts in the demo: whoever is at the machine, or one of its invented people.

Only a demo has such people (`WebServices.played`); everywhere else nothing here is served and the
cookie says nothing. Whoever may choose has opened the one-time address and may do everything as it
is: choosing gives no right, it only tells two persons apart where a rule asks for two.
"""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from archiver.people.service import User
from archiver.web.needs import signed_in
from archiver.web.security import own_page, played_by
from archiver.web.services import services, shell
from archiver.web.sign_in import set_cookie

pages = Blueprint("played", __name__)


def part(app: Flask) -> None:
    """The demo's switch."""
    app.register_blueprint(pages)
    app.jinja_env.globals.update(played=_people, playing=lambda: played_by(shell()))


def _people() -> list[User]:
    found = services().played
    return list(found()) if found else []


@pages.post("/demo/person")
@signed_in
def choose() -> Response:
    """Act as an invented person (`person`, their number) from now on, or as nobody in particular;
    back to the page it was chosen on."""
    answer = redirect(own_page(request.form.get("back", "")) or url_for("channels.overview"), 303)
    set_cookie(answer, "played", request.form.get("person", "")[:20])
    return answer
