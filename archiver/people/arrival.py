"""Who somebody is here that an identity provider has let in, and which roles that gives.

With a table of roles in the settings the provider decides: at every sign-in the roles become what
the table says, and a difference is an event. Without one, roles are given here. Somebody who comes
for the first time becomes a user, with a role or without: so that they can be given one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archiver.config import RoleRule
from archiver.core.access import HOME
from archiver.core.channel import Authority
from archiver.people.oidc import Identity
from archiver.people.projector import Roles
from archiver.people.service import People, User

_MAX_NAME = 120


def granted(
    rules: Iterable[RoleRule], claims: Mapping[str, Any], authorities: Iterable[Authority]
) -> Roles:
    """The roles that the rules give for these claims. A rule for an authority that is not there
    gives nothing."""
    numbers = {one.code.casefold(): one.seq for one in authorities}
    found = []
    for rule in rules:
        number = numbers.get(rule.authority.casefold()) if rule.authority else HOME
        if number is not None and _says(claims.get(rule.claim), rule.value):
            found.append((rule.role, number))
    return tuple(dict.fromkeys(found))


def _says(claim: object, value: str) -> bool:
    """Whether a claim is the value, or a list that holds it."""
    return claim == value or (isinstance(claim, list) and value in claim)


def arrived(
    people: People,
    identity: Identity,
    rules: tuple[RoleRule, ...],
    authorities: Iterable[Authority],
) -> User:
    """The user that the identity is, with the roles they have now."""
    roles = granted(rules, identity.claims, authorities)
    number = people.accounts.of_subject(identity.issuer, identity.subject)
    known = people.numbered(number) if number is not None else None
    if known is None:
        name = " ".join(identity.name.split())[:_MAX_NAME]
        return people.add("", name, roles, subject=(identity.issuer, identity.subject))
    if rules and set(roles) != set(known.roles):
        return people.change(known, roles=roles, actor=known.seq)
    return known
