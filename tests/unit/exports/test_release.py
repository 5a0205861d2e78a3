"""The set of a release: what may leave, what it rests on, and its one form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from archiver.core.canonical import decode, encode
from exports.core.access_request import Answer
from exports.core.masked import Kept
from exports.core.release import (
    DECISIONS,
    REASONS,
    Because,
    Item,
    ItemDecision,
    ReleaseSet,
    citations_used,
    faults,
    in_words,
    set_of,
)
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import (
    ImageBox,
    Mask,
    MaskState,
    PageBox,
    Target,
    TextSpan,
    TimeRange,
    WholeField,
)

FLOOR = Citation(clause=Clause(21, 1))
SOCIAL = Citation(clause=Clause(26, 1, paragraph=1), activity="social", through=Clause(11, 8))


def kept(target: Target = TextSpan("text", 0, 5), *, version: int = 11, **more: Any) -> Kept:  # noqa: B008 frozen
    given = {"state": MaskState.CONFIRMED, "citations": (FLOOR,), **more}
    return Kept(17, Mask(record=1, version=version, target=target, category="name", **given))


GIVEN = Item(record=1, version=10, n=1, decision=ItemDecision.GIVEN)
MASKED = Item(record=1, version=11, n=2, decision=ItemDecision.MASKED)
WITHHELD = Item(
    record=2, version=12, n=1, decision=ItemDecision.WITHHELD, citations=(SOCIAL, FLOOR)
)
WHOLE = ReleaseSet(
    request=5,
    items=(GIVEN, MASKED, WITHHELD),
    masks=(kept(),),
    newest={1: 11, 2: 12},
    renderer="test 1",
    without=frozenset({2}),
)


def told(release: ReleaseSet, *in_force: Kept) -> str:
    hiding: dict[int, list[Kept]] = {}
    for one in in_force:
        hiding.setdefault(one.mask.version, []).append(one)
    return " ".join(faults(release, hiding))


def test_a_whole_set_may_leave() -> None:
    assert told(WHOLE, kept()) == ""
    assert WHOLE.leaving == (GIVEN, MASKED)
    assert WHOLE.answer is Answer.MASKED
    assert WHOLE.masks_of(MASKED) == (kept(),)
    public = replace(WHOLE, items=(GIVEN,), masks=())
    assert (told(public), public.answer) == ("", Answer.RELEASED)


def test_what_may_not_leave_is_named() -> None:
    undecided = replace(WHOLE, items=(GIVEN, replace(MASKED, decision=None)))
    assert "R1 version 2: nothing is decided" in told(undecided)
    assert "1 masks are in force" in told(WHOLE, kept(), kept(version=10))
    assert "R1 version 2: it is to be masked, but no mask" in told(WHOLE)
    assert "a refusal is an answer" in told(replace(WHOLE, items=(WITHHELD,), masks=()))
    bare = replace(WHOLE, items=(GIVEN, replace(WITHHELD, citations=())))
    assert "R2 version 1: it is withheld as secret, and no clause" in told(bare)
    groundless = kept(citations=())
    assert "mask 17 rests on no clause" in told(replace(WHOLE, masks=(groundless,)), groundless)


def test_exactly_the_clauses_that_were_used() -> None:
    assert citations_used(WHOLE) == (FLOOR, SOCIAL)
    assert citations_used(replace(WHOLE, items=(GIVEN, MASKED))) == (FLOOR,)
    other = replace(WITHHELD, because=Because.NOT_OFFICIAL)
    assert citations_used(replace(WHOLE, items=(other,), masks=())) == ()
    assert in_words(SOCIAL).startswith("26 kap. 1 § första stycket offentlighets- och")
    assert in_words(SOCIAL).endswith("överförd enligt 11 kap. 8 § samma lag")


@pytest.mark.parametrize(
    "target",
    [TextSpan("text", 1, 2), WholeField("links/1"), ImageBox(0, 1, 2, 3, 4),
     PageBox(1, 2, 3, 4, 5, 6), TimeRange(0, 1, 2)],
)  # fmt: skip
def test_there_and_back(target: Target) -> None:
    one = replace(WHOLE, masks=(kept(target),), hide_structure=True)
    said: Any = decode(encode(one.payload()))
    assert set_of(said) == one
    assert set_of(said).digest == one.digest


def test_whatever_changes_is_another_set() -> None:
    changed = [
        replace(WHOLE, request=6),
        replace(WHOLE, items=(GIVEN, MASKED)),
        replace(WHOLE, items=(GIVEN, MASKED, replace(WITHHELD, citations=(FLOOR,)))),
        replace(WHOLE, masks=(kept(TextSpan("text", 0, 6)),)),
        replace(WHOLE, masks=(kept(citations=(SOCIAL,)),)),
        replace(WHOLE, newest={1: 13, 2: 12}),
        replace(WHOLE, renderer="test 2"),
        replace(WHOLE, without=frozenset()),
        replace(WHOLE, hide_structure=True),
    ]
    digests = {one.digest for one in (WHOLE, *changed)}
    assert len(digests) == len(changed) + 1


def test_every_decision_has_its_words() -> None:
    assert set(DECISIONS) == set(ItemDecision)
    assert set(REASONS) == set(Because)
