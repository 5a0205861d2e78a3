"""The record of processing that an authority adopted, against what is configured, part by part.

What is compared is what the product knows: the controller, its channels, and each purpose with its
basis and periods. Contacts are the authority's own words, and when it was made changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from archiver.core import canonical
from archiver.errors import ConfigError
from archiver.governance.core.upkeep import ProcessingAdopted
from gdpr.core.processing import ProcessingRecord
from gdpr.processing.record import as_data

Parts = Mapping[str, str]


class Difference(NamedTuple):
    """Parts by name: `added` since it was adopted, `gone` since, `changed`."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def parts(self) -> int:
        """How many parts differ."""
        return sum(map(len, self))


def adopted(name: str, data: bytes) -> ProcessingAdopted:
    """What is noted of a file that `diarkiv gdpr processing --json` wrote, or that lies in its PDF.
    `ConfigError` for another file."""
    try:
        parts = _parts(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{name} is no record of processing.",
            remedy="Use the JSON of `diarkiv gdpr processing --json`, as it was adopted.",
        ) from error
    held = tuple(f"{part}:{digest}" for part, digest in sorted(parts.items()))
    return ProcessingAdopted(name=name, sha256=sha256(data).hexdigest(), parts=held)


def difference(said: ProcessingAdopted, now: ProcessingRecord) -> Difference:
    """In what the adopted record differs from the one of today; it may be in either language."""
    before = dict(one.rsplit(":", 1) for one in said.parts)
    found = [_difference(before, _parts(as_data(now, "sv"))),
             _difference(before, _parts(as_data(now, "en")))]  # fmt: skip
    return min(found, key=lambda one: one.parts)


def _parts(said: Mapping[str, Any]) -> Parts:
    parts: dict[str, Any] = {"controller": said["controller"]}
    parts |= {f"channel.{one['channel']}": one for one in said["channels"]}
    parts |= {f"purpose.{one['code']}": one for one in said["purposes"]}
    return {name: sha256(canonical.encode(one)).hexdigest() for name, one in parts.items()}


def _difference(before: Parts, now: Parts) -> Difference:
    return Difference(
        added=tuple(sorted(now.keys() - before.keys())),
        gone=tuple(sorted(before.keys() - now.keys())),
        changed=tuple(sorted(name for name in now.keys() & before.keys()
                             if now[name] != before[name])),
    )  # fmt: skip
