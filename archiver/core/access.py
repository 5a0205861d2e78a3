"""Who may do what, and for which authorities: one permission enum, roles as data.

An authority (nämnd, board, company) is the unit of access: what one holds is no business of the
next (OSL 2009:400 8:1–2 §§). So a permission is held *for an authority*, or for the whole home, and
queries are given the authorities it is held for. A role is a name for a set of permissions. Whoever
runs the machine is not for that a reader (`Role.OPERATOR`). What is not granted is denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from archiver.errors import AccessRefused

HOME = 0  # stands for every authority of the home: no authority has the number 0
# What a query narrows by: the numbers of authorities; None: all there are.
Authorities: TypeAlias = frozenset[int] | None


class Permission(StrEnum):
    """What can be allowed. A view, a command of the interface and a use-case each names one."""

    OVERSEE = "oversee"  # how the archive stands: channels, coverage, gaps, runs, figures
    READ = "read"  # records, threads, the register; search in them
    READ_PROTECTED = "read_protected"  # … also what is marked as possibly secret; logged
    READ_EVIDENCE = "read_evidence"  # the raw exchange behind a record
    PROVE = "prove"  # take a proof bundle or a file package out
    REGISTER = "register"  # triage, register, correct, void, cases, manual capture
    MARK_SECRECY = "mark_secrecy"  # mark, review and lift a secrecy marking
    STOP = "stop"  # the emergency stop
    INSTRUCT = "instruct"  # decide what becomes of what was stopped
    PUBLISH = "publish"  # what the web diarium shows
    SET_REGISTER = "set_register"  # series, masks, classification, routing
    ACKNOWLEDGE = "acknowledge"  # say what was done about a gap
    SET_CHANNELS = "set_channels"  # channels, schedules, logins
    SET_USERS = "set_users"  # users, roles, duty roster
    SET_RETENTION = "set_retention"  # records schedules, disposal decisions
    DISCLOSE = "disclose"  # requests for public records: assess, mask, answer, release
    PROTECT_DATA = "protect_data"  # data subjects' requests, incidents, the record of processing
    HOLD = "hold"  # place, review and lift disposal holds
    DISPOSE = "dispose"  # classify; propose, confirm and withdraw a disposal
    GOVERN = "govern"  # initiatives: checklist, evidence, decisions, deviations
    AUDIT = "audit"  # who read, searched and changed what


class Role(StrEnum):
    """What people are at work."""

    REGISTRAR = "registrar"
    LAWYER = "lawyer"
    ARCHIVIST = "archivist"
    AUDITOR = "auditor"
    COMMUNICATOR = "communicator"
    DPO = "dpo"
    OPERATOR = "operator"


_P = Permission
_READER = frozenset({_P.OVERSEE, _P.READ})
GRANTED: Mapping[Role, frozenset[Permission]] = {
    Role.REGISTRAR: _READER
    | {_P.READ_PROTECTED, _P.READ_EVIDENCE, _P.PROVE, _P.REGISTER, _P.MARK_SECRECY, _P.STOP}
    | {_P.PUBLISH, _P.SET_REGISTER, _P.ACKNOWLEDGE, _P.DISCLOSE, _P.HOLD, _P.DISPOSE}
    | {_P.GOVERN},
    Role.LAWYER: _READER
    | {
        _P.READ_PROTECTED,
        _P.READ_EVIDENCE,
        _P.PROVE,
        _P.MARK_SECRECY,
        _P.STOP,
        _P.INSTRUCT,
        _P.DISCLOSE,
        _P.PROTECT_DATA,
        _P.HOLD,
        _P.GOVERN,
    },
    Role.ARCHIVIST: _READER
    | {_P.READ_EVIDENCE, _P.PROVE, _P.SET_REGISTER, _P.ACKNOWLEDGE}
    | {_P.SET_RETENTION, _P.DISCLOSE, _P.HOLD, _P.DISPOSE, _P.GOVERN},
    Role.AUDITOR: _READER | {_P.READ_EVIDENCE, _P.PROVE, _P.AUDIT},
    Role.COMMUNICATOR: _READER | {_P.STOP, _P.ACKNOWLEDGE, _P.SET_CHANNELS, _P.GOVERN},
    Role.DPO: _READER | {_P.READ_EVIDENCE, _P.AUDIT, _P.PROTECT_DATA, _P.HOLD, _P.GOVERN},
    Role.OPERATOR: frozenset({_P.OVERSEE, _P.ACKNOWLEDGE, _P.SET_CHANNELS, _P.SET_USERS}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the number of their first entry in the log, and what they may do where. `grants`:
    authority (`HOME`: all) → permissions."""

    actor: int
    grants: Mapping[int, frozenset[Permission]] = field(default_factory=dict, hash=False)

    @property
    def staff(self) -> bool:
        """Whether anything at all is granted."""
        return any(self.grants.values())

    def may(self, permission: Permission, authority: int = HOME) -> bool:
        """Whether it is granted for the authority; for `HOME`, whether for every one."""
        return any(permission in self.grants.get(held, ()) for held in {HOME, authority})

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether it is granted for any authority."""
        return any(permission in held for held in self.grants.values())

    def authorities(self, permission: Permission) -> Authorities:
        """The authorities it is granted for, for a query to narrow by; None: all there are."""
        if self.may(permission):
            return None
        return frozenset(one for one, held in self.grants.items() if permission in held)

    def require(self, permission: Permission, authority: int = HOME) -> None:
        """`AccessRefused` unless it is granted."""
        if not self.may(permission, authority):
            raise AccessRefused(
                "You do not have the right to do this.",
                remedy="Whoever manages the users of your archive can give it.",
            )


def viewer_of(actor: int, roles: Iterable[tuple[Role, int]]) -> Viewer:
    """Somebody with roles, each bound to an authority or to `HOME`."""
    grants: dict[int, frozenset[Permission]] = {}
    for role, authority in roles:
        grants[authority] = grants.get(authority, frozenset()) | GRANTED[role]
    return Viewer(actor, grants)


# Whoever is at this machine and holds its root key, or the one-time address that `run` printed.
LOCAL = Viewer(0, {HOME: frozenset(Permission)})
NOBODY = Viewer(-1)
