"""Roles from what an identity provider says, and who somebody is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.config import RoleRule
from archiver.core.access import HOME, Role
from archiver.core.channel import Authority
from archiver.people.arrival import arrived, granted
from archiver.people.oidc import Identity
from archiver.people.service import People
from tests.build import FakeClock
from tests.homes import make_home, people_of

KS = Authority(seq=12, code="KS", name="Kommunstyrelsen")
RULES = (
    RoleRule(claim="groups", value="registrator", role=Role.REGISTRAR, authority="ks"),
    RoleRule(claim="groups", value="revisor", role=Role.AUDITOR),
    RoleRule(claim="title", value="jurist", role=Role.LAWYER, authority="BUN"),
)


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"groups": ["x", "registrator"]}, ((Role.REGISTRAR, 12),)),
        ({"groups": "revisor"}, ((Role.AUDITOR, HOME),)),
        ({"groups": ["registrator", "revisor", "registrator"]},
         ((Role.REGISTRAR, 12), (Role.AUDITOR, HOME))),
        ({"groups": "registratorn"}, ()),  # a part of a word is not the word
        ({"groups": {"registrator": True}}, ()),
        ({"title": "jurist"}, ()),  # an authority that is not there
        ({}, ()),
    ],
)  # fmt: skip
def test_a_claim_is_the_value_or_holds_it(claims: dict[str, object], roles: object) -> None:
    assert granted(RULES, claims, [KS]) == roles


@pytest.fixture
def people(tmp_path: Path) -> People:
    return people_of(make_home(tmp_path / "home", clock=FakeClock()))


def identity(subject: str, *groups: str, issuer: str = "https://a.example") -> Identity:
    return Identity(
        issuer=issuer, subject=subject, name="Eva  Lind\n", claims={"groups": [*groups]}
    )


def test_issuer_and_subject_together_name_somebody(people: People) -> None:
    first = arrived(people, identity("s1"), (), [])
    assert first.name == "Eva Lind"
    assert arrived(people, identity("s1"), (), []) == first
    assert arrived(people, identity("s2"), (), []).seq != first.seq
    assert arrived(people, identity("s1", issuer="https://b.example"), (), []).seq != first.seq


def test_roles_follow_the_rules_and_only_where_there_are_any(people: People) -> None:
    user = arrived(people, identity("s1", "revisor"), RULES, [KS])
    assert user.roles == ((Role.AUDITOR, HOME),)
    assert arrived(people, identity("s1"), (), [KS]).roles == user.roles
    assert arrived(people, identity("s1"), RULES, [KS]).roles == ()
