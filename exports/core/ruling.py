"""What a written decision on a refusal says (FL 31–33 §§). Pure.

The day, what was decided, who decided, who presented the matter and who else took part (31 §), the
reasons with the provisions that were applied (32 §), and how to appeal (33 §). The provisions are
those that the masks and the withheld records of the release rest on, neither more nor fewer: they
come as data and are not written by hand. FL 33 § fourth paragraph lets the notice to the party
leave out who the officials are; the decision itself names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from archiver.core.reason import Wording
from exports.core.access_request import Answer, Matter
from gdpr.core.ground import Clause

MAX_REASONS = 20_000  # characters
MAX_LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A section of secrecy that a release rests on: how many masks, and how many records withheld
    whole. `activity`: in which activity of the authority; `through`: what carried it over."""

    clause: Clause
    masks: int = 0
    withheld: int = 0
    activity: str = ""
    through: Clause | None = None


class OtherGround(StrEnum):
    """Why something was not given out, other than secrecy; nothing of it masks."""

    NOT_OFFICIAL = "not_official"
    CANNOT_COMPILE = "cannot_compile"
    NOT_HELD = "not_held"
    OUTSIDE_REQUEST = "outside_request"  # no refusal


OTHER_GROUNDS: Mapping[OtherGround, Wording] = {
    OtherGround.NOT_OFFICIAL: Wording(
        "inte allmän handling (2 kap. tryckfrihetsförordningen)", "no official document"
    ),
    OtherGround.CANNOT_COMPILE: Wording(
        "kan inte sammanställas med rutinbetonade åtgärder, eller får inte sammanställas "
        "(2 kap. 6 och 7 §§ tryckfrihetsförordningen)",
        "cannot, or may not, be compiled",
    ),
    OtherGround.NOT_HELD: Wording("förvaras inte hos myndigheten", "not held"),
    OtherGround.OUTSIDE_REQUEST: Wording("omfattas inte av begäran", "outside the request"),
}
_NEEDS: Mapping[Answer, OtherGround] = {
    Answer.NOT_OFFICIAL: OtherGround.NOT_OFFICIAL,
    Answer.CANNOT_COMPILE: OtherGround.CANNOT_COMPILE,
    Answer.NOT_HELD: OtherGround.NOT_HELD,
}
_SECRET = frozenset({Answer.MASKED, Answer.REFUSED, Answer.CONDITION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision, as whoever decides has it written.

    `reasons`: in words, beside the provisions; `used` and `other`: what the release rests on (for
    each other ground, how many records); `condition`: the condition on the use; `rapporteur`:
    föredragande; `others`: who took part without deciding; `title`: of whoever decides;
    `names_left_out`: why the party's copy does not say who the officials are, "" if it does.
    """

    reasons: str
    matter: Matter = Matter.PUBLIC_RECORD
    used: tuple[Used, ...] = ()
    other: tuple[tuple[OtherGround, int], ...] = ()
    condition: str = ""
    title: str = ""
    rapporteur: str = ""
    others: tuple[str, ...] = ()
    names_left_out: str = ""

    @property
    def clauses(self) -> list[Clause]:
        """The sections it rests on, each once, in order."""
        return sorted({one.clause for one in self.used if one.masks or one.withheld})


def faults(ruling: Ruling, answer: Answer | None) -> Iterator[str]:
    """What a decision on such an answer lacks; nothing if it can be signed."""
    if not ruling.reasons.strip():
        yield "reasons: a decision says why (FL 32 §)"
    if len(ruling.reasons) > MAX_REASONS:
        yield f"reasons: at most {MAX_REASONS} characters"
    lines = (ruling.title, ruling.rapporteur, ruling.names_left_out, *ruling.others)
    if max(map(len, lines)) > MAX_LINE:
        yield f"names and titles: at most {MAX_LINE} characters each"
    if not all(one.isprintable() for one in lines):
        yield "names and titles: characters that are no text"
    grounds = {ground for ground, count in ruling.other if count > 0}
    if answer in _SECRET and not ruling.clauses and not grounds & set(_NEEDS.values()):
        yield "provisions: a refusal names the sections it rests on; no mask or record uses one"
    if answer is not None and answer in _NEEDS and _NEEDS[answer] not in grounds:
        yield f"provisions: the answer was {answer}, and no record is withheld on that ground"
    if answer is Answer.CONDITION and not ruling.condition.strip():
        yield "condition: say what the applicant may not do with it (OSL 10:14)"
    if answer is not Answer.CONDITION and ruling.condition.strip():
        yield "condition: the answer was given without one"
