"""A login as a person gives it: lines of text, by what the platform takes. Pure.

HTTP Basic (RFC 7617): user name, application password. Bearer (RFC 6750): the token alone. A last
line more is the secret by which the platform signs its push messages. No error here quotes a
character of what was given.
"""

from __future__ import annotations

from archiver.core.connector import Credential, Login
from archiver.errors import ConfigError

LONGEST = 4096  # characters of one line
_LINES = {
    Login.BASIC: "the user name on its first line and the application password on its second",
    Login.BEARER: "the access token on its first line",
}


def parse(text: str, login: Login) -> Credential:
    """The credential in `text`; `ConfigError` says which lines there should be."""
    if login is Login.NONE:
        raise ConfigError("This platform takes no login.", remedy="Go on without one.")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    needed = 2 if login is Login.BASIC else 1
    if not needed <= len(lines) <= needed + 1:
        raise ConfigError(
            f"A login for this platform has {_LINES[login]}; one line more may hold the secret by "
            "which the platform signs its messages."
        )
    return made(login, lines[0] if needed == 2 else "", *lines[needed - 1 :])


def made(login: Login, user: str, secret: str, signing: str = "") -> Credential:
    """The credential of these parts; `ConfigError` for what no platform can have given."""
    user, secret, signing = user.strip(), secret.strip(), signing.strip()
    if not secret or (login is Login.BASIC and not user):
        raise ConfigError(f"A login for this platform has {_LINES[login]}.")
    if any(len(part) > LONGEST or not part.isprintable() for part in (user, secret, signing)):
        raise ConfigError("The login holds characters that no login has, or is far too long.")
    if login is Login.BEARER and (not secret.isascii() or " " in secret):
        raise ConfigError(
            "An access token is one word of plain letters, digits and signs.",
            remedy="Copy it again, without the words around it.",
        )
    return Credential(user=user if login is Login.BASIC else "", secret=secret, signing=signing)
