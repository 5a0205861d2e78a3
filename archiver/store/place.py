"""Where a home is shipped to, by its settings: the archive's bucket, and one for key files.

Nothing is connected to before it is asked for: boto3 is slow to load, and most commands need none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from archiver.config import Settings
from archiver.core.ports import Clock
from archiver.errors import ConfigError

if TYPE_CHECKING:
    from archiver.store.probe import Probed
    from archiver.store.s3 import Access, S3Store


class Buckets(NamedTuple):
    """The archive's bucket, and that of key files if there is one."""

    archive: S3Store
    keys: S3Store | None


class StorePlace:
    """The buckets of one home. `secret` gives S3_ACCESS_KEY and the like, empty if not given."""

    def __init__(self, settings: Settings, secret: Callable[[str], str], clock: Clock) -> None:
        self._settings, self._secret, self._clock = settings, secret, clock

    @property
    def is_set(self) -> bool:
        """Whether the home is to be shipped anywhere."""
        return bool(self._settings.store)

    def hosts(self) -> list[str]:
        """What is talked to, for the list of hosts: scheme, host and port."""
        if not self.is_set:
            return []
        parts = urlsplit(self._settings.store_endpoint or "https://amazonaws.com")
        return [f"{parts.scheme}://{parts.netloc.rpartition('@')[2]} (store)"]

    def probed(self) -> tuple[Probed, Probed | None]:
        """Both places with their credentials; `ConfigError` says which setting is wrong."""
        from archiver.store.probe import Probed
        from archiver.store.s3 import BucketAddress, clients

        settings = self._settings
        if not self.is_set:
            raise ConfigError(
                "This home has no store.", remedy='Set store = "s3://BUCKET/PREFIX"; see the guide.'
            )
        archive = BucketAddress.parse(settings.store)
        place = Probed(clients(self._access("S3")), archive)
        if not settings.store_keys:
            return place, None
        keys = BucketAddress.parse(settings.store_keys)
        if keys.bucket == archive.bucket:
            raise ConfigError("store_keys must be another bucket than store.")
        return place, Probed(clients(self._access("S3_KEYS")), keys)

    def _access(self, name: str) -> Access:
        from archiver.store.s3 import Access

        return Access(
            endpoint=self._settings.store_endpoint,
            region=self._settings.store_region,
            access_key=self._secret(f"{name}_ACCESS_KEY"),
            secret_key=self._secret(f"{name}_SECRET_KEY"),
            named=name,
        )

    def opened(self) -> Buckets:
        """Both buckets; `ConfigError` says which setting is wrong."""
        from archiver.store.s3 import S3Store

        archive, keys = self.probed()
        return Buckets(
            S3Store(*archive, self._clock), S3Store(*keys, self._clock) if keys else None
        )
