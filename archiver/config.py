"""Settings of a home: `diarkiv.toml`, overridden by the environment. Unknown keys are refused.

Authorities and channels are events in the ledger, never settings. Secrets are never here: the root
key comes from `root.key`, a systemd credential or DIARKIV_ROOT_KEY / DIARKIV_PASSPHRASE, and what
alerts, the identity provider and the store need from DIARKIV_SMTP_PASSWORD, DIARKIV_WEBHOOK_SECRET,
DIARKIV_OIDC_SECRET and DIARKIV_S3_* or a systemd credential.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
)

from archiver.core.access import Role
from archiver.errors import ConfigError

FILE = "diarkiv.toml"
PREFIX = "DIARKIV_"
_SECRETS = {"SMTP_PASSWORD", "WEBHOOK_SECRET", "OIDC_SECRET"}
_SECRETS |= {"S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_KEYS_ACCESS_KEY", "S3_KEYS_SECRET_KEY"}
NOT_SETTINGS = frozenset({"HOME", "ROOT_KEY", "PASSPHRASE"} | _SECRETS)


class RoleRule(BaseModel):
    """Who has a role by what their identity provider says of them: the claim is, or holds, the
    value. Without `authority` (its code) the role is for all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    claim: str = Field(min_length=1)
    value: str = Field(min_length=1)
    role: Role
    authority: str = ""


class OidcSettings(BaseModel):
    """An identity provider (OpenID Connect). Its client secret is not here, but in
    DIARKIV_OIDC_SECRET. With `role`, the provider decides the roles of who signs in there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    issuer: str = Field(pattern=r"^https?://")
    client_id: str = Field(min_length=1)
    name: str = Field("", max_length=80)
    scope: str = Field("openid profile", pattern=r"^openid\b")
    role: tuple[RoleRule, ...] = ()


class Settings(BaseModel):
    """Every setting, with default and meaning. The table in docs/operator.md is made from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    language: Literal["sv", "en"] = Field("sv", description="Language of the web interface.")
    web_host: str = Field(
        "127.0.0.1", description="Address to serve on; loopback, unless behind a proxy."
    )
    web_port: int = Field(8465, ge=0, le=65535, description="Port to serve on; 0 = any free one.")
    court_district: Literal[
        "",
        "Stockholm",
        "Uppsala",
        "Malmö",
        "Göteborg",
        "Karlstad",
        "Falun",
        "Härnösand",
        "Umeå",
        "Luleå",
        "Linköping",
        "Jönköping",
        "Växjö",
    ] = Field(
        "",
        description="Seat of the förvaltningsrätt over the authorities; names the court in notices "
        "of appeal. Empty: the notices say which kind of court.",
    )
    appeal_contact: str = Field(
        "", max_length=200, description="Where appeals are sent: a postal or e-mail address."
    )
    changed_decision: Literal["as_decided", "body", "handler"] = Field(
        "as_decided",
        description="Who may change a decision on a request (FL 37–38 §§): whoever may make it, the"
        " authority's body alone, or whoever answers the request. The default is our proposal: no"
        " lawyer has confirmed it.",
    )
    web_origin: str = Field(
        "", description="Public address of the pages, https://NAME, where a proxy speaks https."
    )
    trusted_proxy: str = Field(
        "", description="IP address of that proxy, whose X-Forwarded-For and -Proto are believed."
    )
    session_idle_minutes: int = Field(
        60, ge=1, le=1440, description="Minutes until somebody who does nothing is signed out."
    )
    session_hours: int = Field(
        12, ge=1, le=168, description="Hours until everybody must sign in again."
    )
    oidc: OidcSettings | None = Field(
        None, description="Identity provider to sign in at: a table, see *People*."
    )
    syslog: str = Field(
        "",
        description="Where security events go beside the archive, without names: "
        "udp://HOST:514 or unix:/dev/log.",
    )
    contact: str = Field(
        "", max_length=200, description="Address or e-mail shown to the sites we read (User-Agent)."
    )
    request_interval: float = Field(
        1.0, ge=0, le=60, description="Seconds between two requests to one host."
    )
    media_cap_mib: int = Field(
        64, ge=1, le=4096, description="Largest media file that is fetched, in MiB."
    )
    capture_cap_mib: int = Field(
        256, ge=1, le=4096, description="Largest file captured by hand, in MiB; on the web 57."
    )
    malware_scanner: str = Field(
        "",
        description="clamd on this machine, for files captured by hand: "
        "unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310.",
    )
    workers: int = Field(
        2,
        ge=1,
        le=32,
        description="Channels that are harvested at once; of one platform, one less.",
    )
    smtp_url: str = Field(
        "", description="Mail server for alerts: smtps://user@host or smtp://user@host:587."
    )
    smtp_from: str = Field("", max_length=254, description="Sender of alerts by e-mail.")
    alert_webhook: str = Field("", description="https address that alerts are posted to, signed.")
    alert_hours: int = Field(
        24, ge=1, le=8784, description="Hours without a successful look until an alert."
    )
    alert_repeat_hours: int = Field(
        24, ge=1, le=8784, description="Hours until an urgent alert is repeated; others, 7 times."
    )
    handover_receipt_days: int = Field(
        2, ge=1, le=60, description="Working days until a handover without a receipt is late."
    )
    handover_step_days: int = Field(
        1, ge=1, le=60, description="Working days until a late handover is told to the next person."
    )
    tick: float = Field(
        5.0, ge=0.05, le=600, description="Seconds between two looks at what is due."
    )
    confirmation_waits: tuple[PositiveInt, ...] = Field(
        (3600, 86_400, 259_200),
        min_length=1,
        description="Seconds from the first miss of an item to each probe that confirms it.",
    )
    backup_days: int = Field(
        30,
        ge=0,
        le=3660,
        description="Days until the last backup that holds key files of a day is gone.",
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="`postgresql://` address of a PostgreSQL database; empty = files in the home.",
    )

    timestamp_urls: tuple[str, ...] = Field(
        (), description="Time-stamp authorities (RFC 3161), in the order they are asked."
    )
    timestamp_roots: str = Field(
        "", description="Their root certificates: a PEM file, or a folder of them."
    )
    timestamp_policies: tuple[str, ...] = Field(
        (), description="Policies (object identifiers) that a stamp may be under; empty = any."
    )
    timestamp_minutes: int = Field(
        60, ge=5, le=10_080, description="Minutes between two stamps while something is added."
    )
    store: str = Field(
        "", description="Where the archive is shipped: s3://BUCKET/PREFIX; empty = nowhere."
    )
    store_endpoint: str = Field(
        "", description="https address of the S3 server; empty = Amazon's own."
    )
    store_region: str = Field(
        "", max_length=40, description="Region of the S3 server, if it has any."
    )
    store_log_lock_days: int = Field(
        365,
        ge=1,
        le=36_500,
        description="Days the log's tiles are locked in the store, in COMPLIANCE mode; rolling.",
    )
    store_keys: str = Field(
        "", description="Bucket for key files, apart, without versions: s3://BUCKET/PREFIX."
    )
    redaction_pages: int = Field(
        500, ge=1, le=10_000, description="Most pages of a received PDF that is masked."
    )
    web_diary: str = Field(
        "", description="File of the web diarium's database; empty = `db/web.sqlite` in the home."
    )

    @field_validator("oidc", mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        """From the environment it comes as JSON."""
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            raise ValueError("write a table in diarkiv.toml, or JSON") from None

    @field_validator("timestamp_urls", "timestamp_policies", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        """From the environment they come in one string, parted by spaces."""
        return value.split() if isinstance(value, str) else value

    @field_validator("database")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith("postgresql://"):
            raise ValueError(
                "write postgresql://ROLE@HOST/DATABASE, or nothing for SQLite files in the home"
            )
        return value


def load(home: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of a home; `ConfigError` names the key that is unknown or wrong."""
    path = home / FILE
    try:
        values: dict[str, object] = tomllib.loads(path.read_text()) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.") from error
    for name, value in environment.items():
        key = name.removeprefix(PREFIX)
        if name.startswith(PREFIX) and key not in NOT_SETTINGS:
            values[key.lower()] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Settings.model_fields)
        raise ConfigError(
            f"The setting {key!r} in {FILE} or the environment is wrong: {first['msg']}.",
            remedy=f"Known settings: {known}.",
        ) from error


def secret(name: str, environment: Mapping[str, str]) -> str:
    """A secret that is no setting: DIARKIV_<NAME>, or the systemd credential `diarkiv-<name>`;
    empty if there is none."""
    if found := environment.get(PREFIX + name):
        return found
    folder = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / f"diarkiv-{name.lower().replace('_', '-')}" if folder else None
    try:
        return path.read_text(encoding="utf-8").rstrip("\n") if path and path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The credential {name.lower()} cannot be read.") from error


def home_folder(given: Path | None, environment: Mapping[str, str]) -> Path:
    """The home: as given, else DIARKIV_HOME, else `~/.local/share/diarkiv`."""
    if given is None:
        named = environment.get("DIARKIV_HOME")
        given = Path(named) if named else Path.home() / ".local" / "share" / "diarkiv"
    return Path(os.path.abspath(given))


def render_default() -> str:
    """The text of a new home's `diarkiv.toml`: every setting, commented out, with its meaning."""
    lines = ["# Settings of this Diarkiv home. Remove the # to change one.", ""]
    for name, field in Settings.model_fields.items():
        default = field.default
        if default is None:  # a table; the operator's guide shows one
            continue
        if isinstance(default, str | SecretStr):
            default = f'"{default}"'
        elif isinstance(default, tuple):
            default = list(default)
        lines += [f"# {field.description}", f"# {name} = {default}", ""]
    return "\n".join(lines)
