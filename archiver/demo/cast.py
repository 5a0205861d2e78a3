"""Two invented people of Testköping, an archivist and a registrar: what takes two persons can be
tried in the demo.

They are users like any others, in the demo's own home only. Whoever opened the demo chooses as whom
to act (`archiver.web.played`); in the terminal each has a password, which is printed: it guards
nothing but an invented town.
"""

from __future__ import annotations

from archiver.core.access import HOME, Role
from archiver.people.service import People, User

PASSWORD = "allt är påhittat här"  # noqa: S105 it is printed
_CAST = (
    ("eva.lind", "Eva Lind", Role.ARCHIVIST),
    ("bo.berg", "Bo Berg", Role.REGISTRAR),
)


def cast(people: People) -> list[User]:
    """Add them to a home, the archivist first."""
    return [
        people.add(login, name, ((role, HOME),), password=PASSWORD) for login, name, role in _CAST
    ]


def told(users: list[User]) -> str:
    """What is printed of them."""
    names = " and ".join(f"{one.name} (--user {one.login})" for one in users)
    return (
        f"{names} are invented people: choose as whom you act at the top of the page. "
        f"Their password in the terminal: {PASSWORD}"
    )
