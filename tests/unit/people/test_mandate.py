"""What somebody may give, and that somebody is left."""

from __future__ import annotations

import pytest

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.people.mandate import (
    LastOne,
    NotYoursToGive,
    check_given,
    check_left,
    managers,
    may_give,
)
from archiver.people.service import User


def person(seq: int, *roles: tuple[Role, int], disabled: bool = False) -> User:
    return User(seq=seq, name="Eva Lind", roles=roles, disabled=disabled, login=f"u{seq}")


@pytest.mark.parametrize("role", Role)
def test_who_holds_everything_gives_everything_and_who_holds_nothing_nothing(role: Role) -> None:
    assert may_give(LOCAL, role, HOME)
    assert may_give(LOCAL, role, 12)
    assert not may_give(viewer_of(1, ()), role, 12)


def test_a_role_is_given_where_it_is_held() -> None:
    registrar = viewer_of(1, [(Role.REGISTRAR, 12)])
    assert may_give(registrar, Role.REGISTRAR, 12)
    for number in (HOME, 13):
        assert not may_give(registrar, Role.REGISTRAR, number)
    assert not may_give(registrar, Role.LAWYER, 12)  # decides what becomes of what was stopped
    everywhere = viewer_of(1, [(Role.REGISTRAR, HOME)])
    assert may_give(everywhere, Role.REGISTRAR, 13)


def test_several_roles_together_may_cover_another() -> None:
    who = viewer_of(1, [(Role.ARCHIVIST, 12), (Role.DPO, 12)])
    assert may_give(who, Role.AUDITOR, 12)
    check_given(who, ((Role.AUDITOR, 12), (Role.DPO, 12)))
    with pytest.raises(NotYoursToGive):
        check_given(who, ((Role.AUDITOR, 12), (Role.REGISTRAR, 12)))


OPERATOR = (Role.OPERATOR, HOME)


@pytest.mark.parametrize(
    "after",
    [
        [person(1), person(2)],
        [person(1, OPERATOR, disabled=True), person(2)],
        [person(1, (Role.OPERATOR, 12)), person(2)],  # of one authority only
        [person(1), person(2, OPERATOR)],  # who cannot sign in
    ],
)
def test_the_last_one_stays(after: list[User]) -> None:
    before = [person(1, OPERATOR), person(2)]
    with pytest.raises(LastOne):
        check_left(managers(before, {1}), managers(after, {1}))


def test_where_another_is_left_or_nobody_was_it_is_allowed() -> None:
    both = [person(1, OPERATOR), person(2, OPERATOR)]
    check_left(managers(both, {1, 2}), managers([person(1), person(2, OPERATOR)], {1, 2}))
    check_left(managers([person(1)], {1}), managers([person(1, disabled=True)], {1}))
