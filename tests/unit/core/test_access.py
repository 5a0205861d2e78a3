"""Permissions by role and authority: what is not granted is denied."""

from __future__ import annotations

import pytest

from archiver.core.access import GRANTED, HOME, LOCAL, NOBODY, Permission, Role, viewer_of
from archiver.errors import AccessRefused

KS, BUN = 12, 13


def test_a_role_is_bound_to_its_authority() -> None:
    viewer = viewer_of(40, [(Role.REGISTRAR, KS), (Role.AUDITOR, BUN)])
    assert viewer.may(Permission.REGISTER, KS)
    assert not viewer.may(Permission.REGISTER, BUN)
    assert not viewer.may(Permission.REGISTER)
    assert viewer.authorities(Permission.REGISTER) == {KS}
    assert viewer.authorities(Permission.READ) == {KS, BUN}
    assert viewer.may_somewhere(Permission.AUDIT)
    with pytest.raises(AccessRefused):
        viewer.require(Permission.AUDIT, KS)


def test_a_role_for_the_home_holds_for_every_authority() -> None:
    viewer = viewer_of(40, [(Role.AUDITOR, HOME)])
    assert viewer.may(Permission.AUDIT, KS)
    assert viewer.authorities(Permission.AUDIT) is None
    viewer.require(Permission.AUDIT)


def test_whoever_runs_the_machine_reads_nothing() -> None:
    assert GRANTED[Role.OPERATOR].isdisjoint(
        {Permission.READ, Permission.READ_PROTECTED, Permission.READ_EVIDENCE, Permission.PROVE}
    )


def test_an_auditor_changes_nothing() -> None:
    assert GRANTED[Role.AUDITOR] <= {
        Permission.OVERSEE,
        Permission.READ,
        Permission.READ_EVIDENCE,
        Permission.PROVE,
        Permission.AUDIT,
    }


def test_every_role_has_permissions_and_every_permission_a_role() -> None:
    assert set(GRANTED) == set(Role)
    assert frozenset().union(*GRANTED.values()) == frozenset(Permission)


def test_nobody_may_nothing_and_the_local_person_everything() -> None:
    assert not NOBODY.staff
    assert all(not NOBODY.may_somewhere(one) for one in Permission)
    assert NOBODY.authorities(Permission.READ) == frozenset()
    assert all(LOCAL.may(one, KS) for one in Permission)
