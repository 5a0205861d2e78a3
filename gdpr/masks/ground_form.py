"""The grounds of a mask as a form gives them: sections of law, day. For every page of masks.

The fields are those of `masks/_grounds.html`.
"""

from __future__ import annotations

from datetime import date

from archiver.errors import ConfigError
from archiver.web.form import Form
from archiver.web.i18n import gettext
from gdpr.core.ground import Citation, Clause
from gdpr.masks.reading import Review

GROUND, WITHIN = "grund-", "gren-"
PREFIXES = (GROUND, WITHIN)
KEPT = ("sekundar", "genom", "giltig", "slag")  # what a page keeps from one mask to the next


def until(form: Form) -> date | None:
    text = form.text("giltig")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        form.wrong("giltig", gettext("Skriv dagen som ÅÅÅÅ-MM-DD."))
        return None


def citations(review: Review, form: Form) -> tuple[Citation, ...]:
    """The sections that were ticked, and the secondary one that was written."""
    found: list[Citation] = []
    for one in review.grounds:
        name = str(one.clause)
        if form.text(GROUND + name):
            own = sorted(one.activities & review.activities)
            activity = form.text(f"{WITHIN}{name}") or (own[0] if own else "")
            found.append(Citation(clause=one.clause, activity=activity))
    secondary, through = form.text("sekundar"), form.text("genom")
    if secondary or through:
        try:
            clauses = Clause.parse(secondary), Clause.parse(through)
            found.append(Citation(clause=clauses[0], through=clauses[1]))
        except ConfigError as error:
            told = gettext("Välj paragrafen, och skriv vilken paragraf i 11 kap. som för över den.")
            form.wrong("genom", told, str(error))
    return tuple(found)
