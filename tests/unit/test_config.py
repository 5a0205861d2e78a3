"""Settings: the environment over the file, unknown keys refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver import config
from archiver.errors import ConfigError


def test_defaults_hold_without_a_file(tmp_path: Path) -> None:
    assert config.load(tmp_path, {}) == config.Settings()


def test_the_default_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text(config.render_default())
    assert config.load(tmp_path, {}) == config.Settings()


def test_the_environment_is_above_the_file(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text('language = "en"\nweb_port = 9000\n')
    settings = config.load(tmp_path, {"DIARKIV_WEB_PORT": "9001", "PATH": "/bin"})
    assert (settings.language, settings.web_port) == ("en", 9001)


def test_home_and_secrets_are_no_settings(tmp_path: Path) -> None:
    environment = {"DIARKIV_HOME": "/x", "DIARKIV_ROOT_KEY": "00", "DIARKIV_PASSPHRASE": "x"}
    assert config.load(tmp_path, environment) == config.Settings()


@pytest.mark.parametrize(
    ("text", "environment", "named"),
    [
        ("colour = 1", {}, "colour"),
        ("web_port = 70000", {}, "web_port"),
        ("", {"DIARKIV_WEBPORT": "1"}, "webport"),
        ('language = "no"', {}, "language"),
        ("language = ", {}, "TOML"),
        ("\xff", {}, "TOML"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, text: str, environment: dict[str, str], named: str
) -> None:
    (tmp_path / config.FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=named) as caught:
        config.load(tmp_path, environment)
    assert caught.value.exit_code == 2


def test_the_home_is_given_or_named_or_the_users_own(tmp_path: Path) -> None:
    assert config.home_folder(tmp_path, {"DIARKIV_HOME": "/x"}) == tmp_path
    assert config.home_folder(None, {"DIARKIV_HOME": "/x"}) == Path("/x")
    assert config.home_folder(None, {}).parts[-3:] == (".local", "share", "diarkiv")


@pytest.mark.parametrize(
    "url", ["postgres://a:h3mligt@b/c", "mysql://a:h3mligt@b/c", "h3mligt", "sqlite:///x"]
)
def test_an_unknown_kind_of_database_says_what_to_write(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="postgresql://ROLE@HOST/DATABASE") as caught:
        config.load(tmp_path, {"DIARKIV_DATABASE": url})
    said = str(caught.value) + repr(caught.value) + str(caught.value.__cause__)
    assert "h3mligt" not in said


def test_a_database_is_never_shown(tmp_path: Path) -> None:
    url = "postgresql://ada:h3mligt@db.testkoping.example/diarkiv"
    settings = config.load(tmp_path, {"DIARKIV_DATABASE": url})
    assert settings.database.get_secret_value() == url
    assert "h3mligt" not in f"{settings!r} {settings} {settings.model_dump()}"
