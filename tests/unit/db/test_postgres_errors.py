"""What an operator is told of PostgreSQL's errors: by code, whatever language the server speaks."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import IntegrityError as ConstraintViolated
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from archiver.db.postgres_errors import explained, unreachable
from archiver.errors import IntegrityError, StoreUnavailable

WHERE, REMEDY = "db.testkoping.example", "Run `diarkiv rebuild`."


def raised(error: psycopg.Error, wrapper: type[Exception] | None = None) -> BaseException:
    """What comes out of `explained` for an error of the driver, in SQLAlchemy's wrapper or bare."""
    with pytest.raises(Exception) as caught, explained(WHERE, REMEDY):
        raise wrapper("SELECT 1", None, error) if wrapper else error  # type: ignore[call-arg]
    return caught.value


@pytest.mark.parametrize(
    ("error", "words", "remedy"),
    [
        (errors.DiskFull("skivan är full"), "disk is full", "Free some"),
        (errors.ReadOnlySqlTransaction("x"), "only be read", "primary"),
        (errors.InsufficientPrivilege("x"), "lacks a right", "GRANT CREATE"),
        (errors.InvalidPassword("x"), "refuses the login", "PGPASSFILE"),
        (errors.TooManyConnections("x"), "too many connections", "max_connections"),
        (errors.LockNotAvailable("x"), "holds a lock", "again"),
        (errors.AdminShutdown("x"), "stopping", "again"),
        (errors.QueryCanceled("x"), "broke the query off", "again"),
        (errors.SerializationFailure("x"), "in the way", "again"),
        (errors.ConnectionFailure("x"), "connection was lost", "again"),
        (errors.OutOfMemory("x"), "lacks resources", "Free"),
        (errors.IoError("x"), "own system", "log"),
        (errors.UndefinedTable("x"), "missing or another release's", "rebuild"),
        (psycopg.OperationalError("the connection is closed"), "connection was lost", "again"),
    ],
)
def test_every_state_has_a_remedy(error: psycopg.Error, words: str, remedy: str) -> None:
    for found in (raised(error), raised(error, OperationalError)):
        assert isinstance(found, StoreUnavailable)
        assert words in found.message
        assert WHERE in found.message
        assert remedy in found.remedy
        assert found.__suppress_context__


@pytest.mark.parametrize("error", [errors.DataCorrupted("x"), errors.IndexCorrupted("x")])
def test_damage_is_no_matter_of_trying_again(error: psycopg.Error) -> None:
    found = raised(error, InternalError)
    assert isinstance(found, IntegrityError)
    assert found.remedy == REMEDY


def test_mistakes_in_the_program_stay_what_they_are() -> None:
    assert isinstance(raised(errors.SyntaxError("x")), errors.SyntaxError)
    assert isinstance(raised(errors.SyntaxError("x"), ProgrammingError), ProgrammingError)
    with pytest.raises(ZeroDivisionError), explained(WHERE, REMEDY):
        _ = 1 / 0


def test_a_constraint_stays_one_without_the_row() -> None:
    error = errors.UniqueViolation("duplicate key\nDETAIL:  Key (name)=(Alva Ekbacke)")
    for found in (raised(error), raised(error, ConstraintViolated)):
        assert type(found) in (errors.UniqueViolation, ConstraintViolated)
        assert "Alva" not in str(found)
        assert found.__suppress_context__


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('connection failed: FATAL:  password authentication failed for user "x"', "login"),
        ("connection failed: fe_sendauth: no password supplied", "login"),
        ("connection failed: FATAL:  no pg_hba.conf entry for host", "login"),
        ('connection failed: FATAL:  role "x" does not exist', "login"),
        ('connection failed: FATAL:  database "x" does not exist', "no such database"),
        ("connection failed: FATAL:  sorry, too many clients already", "too many"),
        ("connection failed: FATAL:  the database system is starting up", "starting"),
        ("connection failed: Connection refused", "cannot be reached"),
        ("anslutningen misslyckades", "cannot be reached"),
    ],
)
def test_a_connection_that_fails_has_words_only(words: str, said: str) -> None:
    found = unreachable(WHERE, psycopg.OperationalError(words))
    assert said in found.message
    assert found.remedy
