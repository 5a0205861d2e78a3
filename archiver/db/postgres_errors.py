"""What PostgreSQL's errors mean for an operator: our errors, with remedies.

By SQLSTATE (PostgreSQL manual, appendix A), since a server may speak any language. A connection
that fails has none, only words; where those are not known ones the server counts as out of reach.
The words of libpq are never passed on: of a malformed address it repeats parts, the password too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError as ConstraintViolated

from archiver.db.engine import FULL
from archiver.errors import DiarkivError, IntegrityError, StoreUnavailable

_AGAIN = "Run the command again; nothing was lost."
_RIGHTS = (
    "Make the role the owner of the database, or GRANT CREATE, CONNECT ON DATABASE to it: each "
    "home has schemas of its own."
)
_LOGIN = (
    "Check the role, its password (in the address, PGPASSFILE or passfile=) and the server's "
    "pg_hba.conf."
)
_REACH = "Check that it runs, and the address in `database` (DIARKIV_DATABASE)."

# SQLSTATE, or its class: what is the matter, and what to do.
_STATES: Mapping[str, tuple[str, str]] = {
    "08": ("the connection was lost", _AGAIN),
    "25006": ("it may only be read", "Name the primary server in `database`, not a standby."),
    "28": ("it refuses the login", _LOGIN),
    "3D000": ("there is no such database", "Create it: `createdb -O ROLE NAME`."),
    "40": ("another transaction was in the way", _AGAIN),
    "42501": ("the role lacks a right", _RIGHTS),
    "53100": ("its disk is full", FULL),
    "53300": ("it has too many connections", "Raise max_connections, or close some."),
    "53": ("it lacks resources", FULL),
    "55P03": ("somebody else holds a lock", _AGAIN),
    "57": ("it is starting, stopping or broke the query off", _AGAIN),
    "58": ("its own system failed it", "Look into the server's log."),
}
_DAMAGED = ("XX001", "XX002")  # data_corrupted, index_corrupted
# Tables of another release, or none, are for the remedy of the database itself.
_OTHER_TABLES = ("42P01", "42703", "3F000")
# Words of a connection that failed, as the server says them in English, and the SQLSTATE they mean.
_WORDS = {
    "no password supplied": "28",
    "authentication failed": "28",
    "pg_hba.conf": "28",
    'role "': "28",
    'database "': "3D000",
    "too many clients": "53300",
    "remaining connection slots": "53300",
    "starting up": "57",
    "shutting down": "57",
}


def unreachable(where: str, error: psycopg.Error) -> StoreUnavailable:
    """Why there is no connection. `where` names the server without its password."""
    words = str(error)
    state = error.sqlstate or next((code for text, code in _WORDS.items() if text in words), "")
    what, remedy = _found(state) or ("it cannot be reached", _REACH)
    return StoreUnavailable(f"PostgreSQL at {where}: {what}.", remedy=remedy)


def meaning(where: str, error: psycopg.Error, remedy: str) -> DiarkivError | None:
    """Our error for one of a statement's; None if it is a mistake in the program."""
    state = error.sqlstate or ""
    if state in _DAMAGED:
        return IntegrityError(f"PostgreSQL at {where}: the database is damaged.", remedy=remedy)
    if state in _OTHER_TABLES:
        return StoreUnavailable(
            f"PostgreSQL at {where}: the tables are missing or another release's.", remedy=remedy
        )
    found = _found(state)
    if found is None and isinstance(error, psycopg.OperationalError):
        found = ("the connection was lost", _AGAIN)
    if found is None:
        return None
    return StoreUnavailable(f"PostgreSQL at {where}: {found[0]}.", remedy=found[1])


def _found(state: str) -> tuple[str, str] | None:
    return _STATES.get(state) or _STATES.get(state[:2])


@contextmanager
def explained(where: str, remedy: str) -> Iterator[None]:
    """Turn the driver's errors into ours. A constraint's violation stays what it is, but without
    the row that the server quotes."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig
        if not isinstance(cause, psycopg.Error):
            raise
        if isinstance(cause, psycopg.IntegrityError):
            plain = type(cause)(cause.diag.message_primary or "")
            raise ConstraintViolated(error.statement, None, plain, hide_parameters=True) from None
        if found := meaning(where, cause, remedy):
            raise found from None
        raise
    except psycopg.IntegrityError as error:
        raise type(error)(error.diag.message_primary or "") from None
    except psycopg.Error as error:
        if found := meaning(where, error, remedy):
            raise found from None
        raise
