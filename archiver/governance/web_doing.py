"""A thing that can be done to an initiative on its pages, as data: its form and when it is offered;
first those that are about a row of the checklist.

What is offered is a help to the eye; what may follow is judged by the service alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from archiver.core.access import Viewer
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.service import Initiative, Initiatives
from archiver.governance.web_fields import Field, Given, Kind
from archiver.web.i18n import Words
from archiver.web.i18n import lazy_gettext as _l

_ALL = _l("Inget valt: alla.")


class At(NamedTuple):
    """Where something is done, by whom, to which initiative."""

    initiatives: Initiatives
    viewer: Viewer
    one: Initiative


def always(_one: Initiative) -> bool:
    """Whatever the initiative has come to."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A form and what it does. `steps`: those in which it comes first; `row`: whether it is about a
    row of the checklist, and stands on that row's page."""

    name: str
    title: Words
    act: Callable[[At, Given], object]
    fields: tuple[Field, ...] = ()
    steps: tuple[int, ...] = ()
    when: Callable[[Initiative], bool] = always
    row: bool = False
    help: Words = ""


def saying(kind: Callable[..., a.Said]) -> Callable[[At, Given], object]:
    """Take the act that the fields make up."""

    def act(at: At, given: Given) -> object:
        return at.initiatives.take(at.viewer, at.one.seq, kind(**given))

    return act


def text_field(name: str, key: str, label: Words, *, help: Words = "") -> Field:
    """Words of some length, that must be said."""
    return Field(name=name, key=key, label=label, kind=Kind.AREA, needed=True, help=help)


def day_field(name: str, key: str, label: Words, *, needed: bool = False) -> Field:
    """A day."""
    form = _l("ÅÅÅÅ-MM-DD")
    return Field(name=name, key=key, label=label, kind=Kind.DAY, needed=needed, help=form)


def one_of(
    name: str, key: str, label: Words, of: str, to: Callable[[str], object], *, needed: bool = True
) -> Field:
    """One of a list."""
    return Field(name=name, key=key, label=label, kind=Kind.CHOICE, needed=needed, of=of, to=to)


def some_of(
    name: str,
    label: Words,
    of: str,
    to: Callable[[str], object] = str,
    *,
    none: Words = _ALL,
) -> Field:
    """Boxes; `none`: what it means if none is ticked."""
    return Field(name=name, key=of, label=label, kind=Kind.MANY, of=of, to=to, help=none)


def _evidence(
    row: str, name: str, file: tuple[str, str] | None, sha256: str, **said: object
) -> a.Evidenced:
    held = file or ("", sha256.lower())
    return a.Evidenced(row=row, name=name or held[0], sha256=held[1], **said)  # type: ignore[arg-type]  # as the fields say


# On the page of a row of the checklist.
OF_A_ROW: tuple[Doing, ...] = (
    Doing(
        name="svara",
        title=_l("Svara"),
        act=saying(a.Answered),
        row=True,
        fields=(
            one_of("svar", "state", _l("Svar"), "states", AnswerState),
            text_field("motivering", "motivation", _l("Motivering")),
            Field(name="ansvarig", key="owner", label=_l("Ansvarig")),
        ),
    ),
    Doing(
        name="intyga",
        title=_l("Intyga svaret"),
        act=saying(a.Attested),
        row=True,
        help=_l("En annan person än den som har antecknat svaret intygar det."),
    ),
    Doing(
        name="underlag",
        title=_l("Lägg till underlag"),
        act=saying(_evidence),
        row=True,
        help=_l("Filen sparas inte här: dess SHA-256 räknas ut och förvaras. Svaret intygas igen."),
        fields=(
            Field(name="fil", key="file", label=_l("Fil"), kind=Kind.FILE),
            Field(name="namn", key="name", label=_l("Namn"), help=_l("Tomt: filens namn.")),
            Field(name="sha256", key="sha256", label=_l("SHA-256, om filen inte väljs")),
            Field(name="lank", key="link", label=_l("Var det finns"), help=_l("Länk eller dnr")),
            day_field("galler-till", "valid_until", _l("Gäller till och med")),
        ),
    ),
    Doing(
        name="villkor",
        title=_l("Sätt ett villkor"),
        act=saying(a.Conditioned),
        row=True,
        help=_l("Raden besvaras först med villkorat. Villkoret uppfylls inom tolv månader."),
        fields=(
            text_field("text", "text", _l("Villkor")),
            Field(name="ansvarig", key="owner", label=_l("Ansvarig"), needed=True),
            day_field("senast", "due", _l("Uppfylls senast"), needed=True),
            Field(
                name="fore-drift",
                key="before_go_live",
                label=_l("Ska vara uppfyllt före driftsättning"),
                kind=Kind.TICK,
            ),
        ),
    ),
    Doing(
        name="uppfyllt",
        title=_l("Villkoret är uppfyllt"),
        act=saying(a.ConditionMet),
        row=True,
        fields=(text_field("text", "text", _l("Hur det uppfylldes")),),
    ),
)
