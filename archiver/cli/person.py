"""Who acts at the terminal, where an act needs a person: they sign in for it, as on the pages.

Whoever is at this machine and holds its root key may do everything, but is nobody in particular.
Where the rules ask for two persons, each must be known: the password is typed, or read from
standard input, never given on the command line, and wrong ones are counted and slowed down.
"""

from __future__ import annotations

import math
import sys

import click

from archiver.core.access import LOCAL, Viewer
from archiver.errors import AccessRefused, NotFound
from archiver.people.sign_in import SignIn

_HERE = "terminal"  # stands for a network address where attempts are counted
user_option = click.option(
    "--user", metavar="LOGIN", help="Act as this user; the password is asked for, or read."
)


def person(sign_in: SignIn, login: str | None) -> Viewer:
    """What a user may do who gives their password now; `LOCAL` if no login name is given.
    `AccessRefused` for a wrong one, which is not told from a name that nobody has."""
    if not login:
        return LOCAL
    login = login_of(sign_in, login)
    tried = sign_in.attempt(login, _password(login), address=_HERE)
    if tried.wait:
        raise AccessRefused(
            "There were too many wrong passwords.",
            remedy=f"Try again in {math.ceil(tried.wait / 1000)} seconds.",
        )
    user = sign_in.people.numbered(tried.user) if tried.user is not None else None
    if user is None:
        raise AccessRefused(
            "The name or the password is wrong.", remedy="`diarkiv user list` has the names."
        )
    return user.viewer


def login_of(sign_in: SignIn, said: str) -> str:
    """The login name of whoever is named by it, or by the number that `user list` prints; what
    nobody has is left as it was said."""
    try:
        return sign_in.people.user(said).login or said
    except NotFound:
        return said


def _password(login: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt(f"Password of {login}", hide_input=True, err=True)
    return answer
