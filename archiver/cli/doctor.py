"""What the doctor looks at. Each check is one small function that gives findings with remedies."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from archiver.cli.home import Finding, Light
from archiver.core.channel import Channel
from archiver.core.layout import ROOT_KEY, SECRETS, parse_root, parse_secrets
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger

_LOW_DISK = 2 * 2**30
_PROXY_SETTINGS = ("http", "https", "all")


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at. `entries` is the log's size; `more` are checks of features that
    this layer does not know, `hosts` what they talk to."""

    home: Path
    ledger: Ledger
    channels: Sequence[Channel]
    has_credential: Callable[[int], bool]
    moderated: Callable[[str], bool]
    proxies: Mapping[str, str]
    entries: int
    index_is_behind: bool
    worker_runs: bool
    more: Sequence[Callable[[], Iterable[Finding]]] = ()
    hosts: Sequence[str] = ()


def examine(patient: Patient) -> tuple[list[Finding], list[str]]:
    """Every finding, and every host this home talks to."""
    checks: Sequence[Callable[[Patient], Iterator[Finding]]] = (
        _folder,
        _root_key,
        _secrets,
        _log,
        _database,
        _channels,
        _worker,
        _disk,
    )
    findings: list[Finding] = []
    every: list[Callable[[], Iterable[Finding]]] = [partial(one, patient) for one in checks]
    for check in (*every, *patient.more):
        try:
            findings += check()
        except DiarkivError as error:
            findings.append(Finding(Light.RED, error.message, error.remedy))
    return findings, sorted([*egress(patient.channels, patient.proxies), *patient.hosts])


def egress(channels: Sequence[Channel], proxies: Mapping[str, str]) -> list[str]:
    """Hosts the harvester connects to, with the private addresses opened on purpose."""
    hosts = set()
    for channel in channels:
        parts = urlsplit(channel.url)
        opened = f" (opened: {', '.join(channel.allow)})" if channel.allow else ""
        hosts.add(f"{parts.scheme}://{parts.netloc}{opened}")
    for name in _PROXY_SETTINGS:
        if name in proxies:
            parts = urlsplit(proxies[name])
            hosts.add(f"{name} through the proxy {parts.hostname}:{parts.port}")
    return sorted(hosts)


def _folder(patient: Patient) -> Iterator[Finding]:
    mode = stat.S_IMODE(patient.home.stat().st_mode)
    if mode & 0o077:
        yield Finding(
            Light.AMBER,
            f"Others may look into the home ({mode:o}).",
            f"chmod 700 {patient.home}",
        )
    else:
        yield Finding(Light.GREEN, "The home is open to its owner only.")


def _root_key(patient: Patient) -> Iterator[Finding]:
    path = patient.home / ROOT_KEY
    if not path.exists():
        yield Finding(Light.GREEN, "The root key is not in the home; it is given at start.")
    else:
        fields = parse_root(path.read_bytes())
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(Light.RED, "Others may read root.key.", f"chmod 600 {path}")
        how = "under a passphrase" if "sealed" in fields else "in plain form"
        yield Finding(Light.GREEN, f"The root key is whole, {how}.")
    yield Finding(
        Light.AMBER,
        "No escrow copy of the root key is known.",
        "Copy root.key to an offline place, apart from the backups, and try it once a year. A lost "
        "root key is a lost archive.",
    )


def _secrets(patient: Patient) -> Iterator[Finding]:
    parse_secrets(patient.ledger.store.get(SECRETS))
    yield Finding(Light.GREEN, "The secret store is whole.")


def _log(patient: Patient) -> Iterator[Finding]:
    yield Finding(Light.GREEN, f"Log and database agree: {patient.entries} entries.")
    if patient.index_is_behind:
        yield Finding(
            Light.AMBER,
            "The search index is behind the archive.",
            "Start `diarkiv run` or `diarkiv worker`.",
        )
    else:
        yield Finding(Light.GREEN, "The search index is up to date.")


def _database(patient: Patient) -> Iterator[Finding]:
    found = patient.ledger.database.condition()
    if not found.weak:
        yield Finding(Light.GREEN, f"The database is {found.name}.")
    for setting in found.weak:
        yield Finding(
            Light.AMBER,
            f"The database is {found.name}, which runs with {setting}: a crash of the machine can "
            "damage it or lose what was committed.",
            f"Set {setting.partition('=')[0]} = on in postgresql.conf and reload the server.",
        )


def _channels(patient: Patient) -> Iterator[Finding]:
    if not patient.channels:
        yield Finding(Light.AMBER, "There is no channel.", "Add one with `diarkiv channel add`.")
    for channel in patient.channels:
        if patient.moderated(channel.platform) and not patient.has_credential(channel.seq):
            yield Finding(
                Light.AMBER,
                f"C{channel.seq} is read without a login: held, spam and trashed comments cannot "
                "be told apart or seen.",
                "Give the channel an application password of an editor.",
            )


def _worker(patient: Patient) -> Iterator[Finding]:
    if patient.worker_runs:
        yield Finding(Light.GREEN, "A worker is running.")
    else:
        yield Finding(
            Light.AMBER, "No worker is running: nothing is harvested.", "Start `diarkiv run`."
        )


def _disk(patient: Patient) -> Iterator[Finding]:
    free = shutil.disk_usage(patient.home).free
    if free < _LOW_DISK:
        yield Finding(
            Light.RED, f"Only {free // 2**20} MiB of disk are free.", "Free some, or move the home."
        )
    else:
        yield Finding(Light.GREEN, f"{free // 2**30} GiB of disk are free.")
