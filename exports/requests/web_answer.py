"""The written answer and what follows it: decision, dismissal, the way to the court, the log.

A decision is signed as whoever is signed in, by a mandate of theirs or with the body's own
decision; what it rests on is taken from the release. It can be read as a draft before. What we made
and what came in is kept with the request and can be downloaded by those who answer it.
"""

from __future__ import annotations

from datetime import date

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.document.parts import as_pdf, as_text
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from exports.core.access_request import Step
from exports.core.mandate import NoMandate
from exports.core.ruling import OtherGround, Ruling, Used
from exports.release.stop_words import place, reference
from exports.requests.answers import Answers
from exports.requests.court_package import CourtPackage
from exports.requests.decisions import NoAppeal, Signing
from exports.requests.hand_written import TellsTooMuch
from exports.requests.web_papers import download
from exports.web import office, pages
from gdpr.core.ground import Clause

_ANSWERED_BY_PAPER = frozenset({Step.DECIDE, Step.DISMISS_AS_LATE, Step.HAND_TO_COURT})
_OTHER = {one.value: one for one in OtherGround}


def answers() -> tuple[Answers, Viewer]:
    """How requests are answered, and who asks."""
    at, asks = office()
    return at.answers, asks


def writes(step: Step) -> bool:
    """Whether a step is taken with a paper of ours."""
    return step in _ANSWERED_BY_PAPER


def write(seq: int, step: Step, form: Form, day: date) -> bool:
    """Take a step that a paper of ours goes with; whether it was. Mistakes are noted."""
    made, asks = answers()

    def said(name: str) -> str:
        return form.text(f"{name}-{step.value}")

    signing = Signing(day=day, provision=said("delegation"), body=said("organ"))
    try:
        if step is Step.DECIDE:
            made.decisions.decide(asks, seq, _ruling(form), signing)
        elif step is Step.DISMISS_AS_LATE:
            made.decisions.dismiss(asks, seq, signing, reasons=said("skal"))
        else:
            where = said("var")
            made.decisions.hand_over(asks, seq, day=day, opinion=said("skal"), where=where)
    except NoMandate as error:
        form.wrong(f"delegation-{step.value}", no_mandate(), str(error))
    except TellsTooMuch as error:
        form.wrong(f"skal-{step.value}", tells(error), str(error))
    except NoAppeal as error:
        told = gettext("Lägg in överklagandet bland handlingarna, eller skriv var det finns.")
        form.wrong(f"var-{step.value}", told, str(error))
    except RuleViolation as error:
        form.wrong(f"dag-{step.value}", gettext("Steget kan inte tas så."), str(error))
    except ConfigError as error:
        form.wrong(f"skal-{step.value}", gettext("Beslutet saknar något."), str(error))
    return not form.mistakes


def no_mandate() -> str:
    """That whoever is signed in may not decide."""
    return gettext(
        "Den du är inloggad som har ingen delegation för det. Den som har det beslutar, eller "
        "nämnden själv."
    )


def tells(error: TellsTooMuch) -> str:
    """That a text tells what the release hides: what and where, never the words."""
    found = {f"{reference(one.ref)} ({place(one.place)})" for one in error.leaks}
    return gettext(
        "Texten röjer något som är dolt i utlämnandet, eller ett personnummer eller en "
        "e-postadress: %(what)s. Skriv den utan det.",
        what=", ".join(sorted(found)),
    )


def draft(seq: int, form: Form, day: date) -> str:
    """What the decision would look like, in plain text; "" with the mistake noted."""
    made, asks = answers()
    signing = Signing(
        day=day, provision=form.text("delegation-decide"), body=form.text("organ-decide")
    )
    try:
        ruling = _ruling(form)
        if form.mistakes:
            return ""
        return as_text(made.decisions.draft(asks, seq, ruling, signing))
    except TellsTooMuch as error:
        form.wrong("skal-decide", tells(error), str(error))
    except (ConfigError, RuleViolation) as error:
        form.wrong("skal-decide", gettext("Utkastet kan inte göras så."), str(error))
    return ""


def _ruling(form: Form) -> Ruling:
    """The decision as it was typed. Sections are typed only where nothing was released."""
    typed = [part.strip() for part in form.text("lagrum-decide").split(",")]
    used = [Used(clause=Clause.parse(one), withheld=1) for one in typed if one]
    ground = _OTHER.get(form.text("grund-decide"))
    other = [(ground, 1)] if ground else []
    return Ruling(
        reasons=form.text("skal-decide"),
        used=tuple(used),
        other=tuple(other),
        condition=form.text("forbehall-decide"),
        title=form.text("titel-decide"),
        rapporteur=form.text("foredragande-decide"),
        names_left_out=form.text("utan-namn-decide"),
    )


# --- packages and the log -------------------------------------------------------------------------


@pages.post("/begaran/<int:seq>/paket")
@needs(Permission.DISCLOSE)
def package(seq: int) -> Response | BaseResponse:
    """The package for the court; with `forseglat` the sealed part, whose making is noted."""
    made, asks = answers()
    packages = made.packages
    is_sealed = bool(request.form.get("forseglat"))
    try:
        found: CourtPackage = (packages.make_sealed if is_sealed else packages.make)(asks, seq)
    except NoAppeal:
        return redirect(url_for("requests.one", seq=seq, sagt="inget-overklagande"), 303)
    except (NotFound, RuleViolation):
        office()[0].requests.get(asks, seq)  # another's is not found
        return redirect(url_for("requests.one", seq=seq, sagt="inget-paket"), 303)
    return download(found.content, "application/zip", found.name)


@pages.get("/begaran/<int:seq>/logg")
@needs(Permission.DISCLOSE)
def disclosure_log(seq: int) -> Response:
    """The log of disclosure of a request, without who asked, as PDF."""
    made, asks = answers()
    document = made.logs.document(asks, seq)
    return download(as_pdf(document), "application/pdf", f"B{seq}-utlamnandelogg.pdf")
