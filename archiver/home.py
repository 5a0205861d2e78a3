"""One home: its folder, settings, keys, log and databases.

What is done with it is in `archiver.services`.

Nothing is opened before it is needed, so that `--help` and a wrong home are quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from archiver import __version__, config
from archiver.core.checkpoint import VerifierKey
from archiver.core.layout import ROOT_KEY, VKEY
from archiver.core.ports import Clock, Random
from archiver.db.engine import Database
from archiver.db.operations import Operations
from archiver.db.place import Place
from archiver.errors import ConfigError, DiarkivError
from archiver.governance.accounts.projector import AccountProjector
from archiver.governance.audit.projector import AuditProjector
from archiver.governance.moderation.projector import ModerationProjector
from archiver.governance.projector import GovernanceProjector
from archiver.harvest.gap_register import GapProjector
from archiver.harvest.projector import HarvestProjector
from archiver.ledger.anchor_projector import AnchorProjector
from archiver.ledger.apart_projector import ApartProjector
from archiver.ledger.service import Ledger
from archiver.people.projector import UserProjector
from archiver.people.trail import TrailProjector
from archiver.registry.capture_projector import CaptureProjector
from archiver.registry.projector import RegisterProjector
from archiver.store import root
from archiver.store.filesystem import FilesystemStore
from archiver.store.keys import KeyRing, Secrets
from exports.release.projector import ReleaseProjector
from exports.requests.projector import RequestProjector
from gdpr.incidents.projector import IncidentProjector
from gdpr.masks.projector import MaskProjector
from gdpr.processing.projector import NoticeProjector
from gdpr.subjects.projector import SubjectProjector
from retention.disposal.projector import DisposalProjector
from retention.holds.projector import HoldProjector
from retention.schedule.projector import RetentionProjector

OPERATIONS_KEY = "operations"


class Home:
    """A home's folder and what is kept in it. `passphrase` is asked only if the root key needs one;
    `root_key` is given where it was opened before."""

    def __init__(
        self,
        home: Path,
        *,
        environment: Mapping[str, str],
        clock: Clock,
        rng: Random,
        passphrase: Callable[[], str | None] = lambda: None,
        root_key: bytes | None = None,
    ) -> None:
        self.home = home
        self.clock = clock
        self._environment = environment
        self._rng = rng
        self._passphrase = passphrase
        self._given_key = root_key

    def init(self, passphrase: str | None) -> str:
        """Make a new home with its root key, settings and log; its public key.

        A creation that was cut short is continued; `ConfigError` if the home exists. A passphrase
        in DIARKIV_PASSPHRASE guards the key like one that is typed.
        """
        if passphrase is None:
            passphrase = self._environment.get("DIARKIV_PASSPHRASE")
        if passphrase == "":
            raise ConfigError("The passphrase is empty.", remedy="Nothing was done.")
        if (self.home / VKEY).exists() and (self.home / "log/checkpoint").exists():
            raise ConfigError(f"{self.home} is a Diarkiv home already.", remedy="Nothing was done.")
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.home / ROOT_KEY).exists():
            key = root.render(self._rng(32), passphrase, self._rng)
            FilesystemStore(self.home).put(ROOT_KEY, key)
        if not (self.home / config.FILE).exists():
            (self.home / config.FILE).write_text(config.render_default(), encoding="utf-8")
        self.ledger.create(self._rng(8).hex(), {"software": f"diarkiv {__version__}"})
        return str(self.ledger.verifier_key)

    def require_home(self) -> None:
        """`ConfigError` unless the folder is a home."""
        if not (self.home / VKEY).exists():
            raise ConfigError(
                f"{self.home} is not a Diarkiv home.",
                remedy="Run `diarkiv init`, or name the home with --home or DIARKIV_HOME.",
            )

    @cached_property
    def settings(self) -> config.Settings:
        return config.load(self.home, self._environment)

    @cached_property
    def _root_key(self) -> bytes:
        if self._given_key is not None:
            return self._given_key
        try:
            return root.find(self.home, self._environment, None)
        except ConfigError:
            words = self._passphrase()
            if words is None:
                raise
            return root.find(self.home, self._environment, words)

    @cached_property
    def _secrets(self) -> Secrets:
        return Secrets(self.store, self._root_key, self._rng)

    @cached_property
    def store(self) -> FilesystemStore:
        return FilesystemStore(self.home)

    @cached_property
    def place(self) -> Place:
        """Where this home's databases are."""
        return Place(self.home, self.settings.database, self._home_id)

    def projection(self) -> Database:
        """The projection by itself: it needs no root key."""
        return self.place.projection()

    def _home_id(self) -> str:
        return VerifierKey.parse(self.store.get(VKEY).decode()).name.split("/")[1]

    @cached_property
    def ledger(self) -> Ledger:
        keys = KeyRing(self._secrets)
        return Ledger(
            home=self.home,
            store=self.store,
            keys=keys,
            database=self.projection(),
            clock=self.clock,
            random=self._rng,
            projectors=[
                HarvestProjector(keys),
                GapProjector(),
                ApartProjector(),
                RegisterProjector(),
                UserProjector(),
                TrailProjector(),
                CaptureProjector(keys),
                DisposalProjector(),
                RetentionProjector(),
                HoldProjector(),
                RequestProjector(),
                MaskProjector(),
                SubjectProjector(),
                IncidentProjector(),
                NoticeProjector(),
                GovernanceProjector(),
                ModerationProjector(),
                AccountProjector(),
                AuditProjector(),
                ReleaseProjector(),
                AnchorProjector(),
            ],
        )

    @cached_property
    def operations(self) -> Operations:
        """Operational tables: credentials. Not part of the archive."""
        with self.ledger.locked():
            known = self._secrets.has(OPERATIONS_KEY)
            key = self._secrets.get(OPERATIONS_KEY) if known else self._rng(32)
            # The key is kept only once there is a database: a home that had one and lost it is told
            # so, instead of going on with an empty one.
            database, before = self.place.operations(), self.place.operations_before()
            old = Operations(before, key, self.clock, self._rng) if before else None
            opened = Operations(database, key, self.clock, self._rng, create=not known, before=old)
            if old:
                old.close()
                self.place.retire_before()
            if not known:
                self._secrets.add({OPERATIONS_KEY: key})
        return opened

    def own_key(self) -> str | None:
        """The public half of this home's signing key; None if the secret store cannot be opened."""
        try:
            origin = self.ledger.origin
            public = self.ledger.keys.signer(origin).public_key().public_bytes_raw()
        except DiarkivError:
            return None
        return str(VerifierKey(origin, public))
