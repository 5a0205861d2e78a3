"""Where a home's databases are, and addresses of which nothing is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from archiver.db.place import Place
from archiver.db.postgres import PostgresDatabase, address_of, schema_of
from archiver.db.sqlite import SqliteDatabase
from archiver.errors import ConfigError


def database(url: str) -> PostgresDatabase:
    return PostgresDatabase(SecretStr(url), lambda: "diarkiv_test_projection")


def shown(error: BaseException | None) -> str:
    """What a traceback shows of an error and its causes, the lines of the source left out."""
    said = ""
    while error:
        said += repr(error) + str(error) + str(getattr(error, "__notes__", ""))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ada:h3ml%igt@host/db",
        "postgresql://ada:h3ml@igt@host/db",
        "postgresql://ada:h3ml/igt@host/db",
        "postgresql://ada:x@host/db?h3mligt=1",
        "h3mligt",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        database(address)
    assert "h3ml" not in shown(caught.value)
    assert "igt@" not in shown(caught.value)
    assert "%XX" in caught.value.remedy


def test_addresses_that_can_be_read() -> None:
    for address in (
        "postgresql://ada@db.testkoping.example/diarkiv",
        "postgresql://ada:h%40ml@[::1]:5433/diarkiv?sslmode=verify-full",
        "postgresql://ada@/diarkiv?host=/run/postgresql",
        "postgresql://a.example,b.example/diarkiv?target_session_attrs=read-write",
        "postgresql:///diarkiv",
    ):
        assert address_of(SecretStr(address))["dbname"] == "diarkiv"
    held = database("postgresql://ada:h3mligt@host/db")
    assert "h3mligt" not in repr(held) + repr(vars(held))


def test_schemas_are_named_after_the_home() -> None:
    place = Place(Path("/srv"), SecretStr("postgresql://ada@host/test"), lambda: "0011223344556677")
    assert place.jobs().schema == "diarkiv_0011223344556677_jobs"
    assert place.jobs().url.get_secret_value() == ("postgresql+psycopg://ada@host/test")
    of_files = Place(Path("/srv"), SecretStr(""), lambda: "00")
    assert of_files.jobs().url.get_secret_value() == "sqlite:////srv/db/jobs.sqlite"
    for bad in ("", "A", 'a"; DROP', "a" * 25):
        with pytest.raises(ConfigError):
            schema_of(bad, "projection")


def test_files_or_schemas(tmp_path: Path) -> None:
    files = Place(tmp_path, SecretStr(""), lambda: "00")
    schemas = Place(tmp_path, SecretStr("postgresql://ada@host/test"), lambda: "00")
    for purpose in ("projection", "operations"):
        file, schema = getattr(files, purpose)(), getattr(schemas, purpose)()
        assert isinstance(file, SqliteDatabase)
        assert file.path == tmp_path / "db" / f"{purpose}.sqlite"
        assert isinstance(schema, PostgresDatabase)
        assert schema.schema == f"diarkiv_00_{purpose}"
        assert ("rebuild" in file.remedy) is ("rebuild" in schema.remedy) is (purpose[0] == "p")


def test_an_operations_file_that_was_left_behind(tmp_path: Path) -> None:
    files = Place(tmp_path, SecretStr(""), lambda: "00")
    schemas = Place(tmp_path, SecretStr("postgresql://ada@host/test"), lambda: "00")
    assert schemas.operations_before() is None
    with files.operations().write():
        pass
    assert files.operations_before() is None
    assert schemas.operations_before() is not None
    schemas.retire_before()
    assert schemas.operations_before() is None
    assert (tmp_path / "db" / "operations.sqlite.moved").exists()
