"""What happens in Testköping: the script in `testkoping.toml`, ready to be played on DemoSites.

A round is what kommun and citizens do between two harvests, with the instant of the harvest that
follows. The script is data so that a registrar can read it and see what the archive ought to hold;
this file only turns its lines into operations. Rounds are played in order, each once, on sites
from `new_sites()`: ids are counted, so the same rounds always give the same sites.
"""

import struct
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, get_args

from archiver.demo.site import DemoSite, Moderation, Outage, User, slugify

_EDITORS, _ARCHIVER = 1, 2  # user ids on every site


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChannel:
    """One channel as an archiver would register it; `site` is its key among the sites."""

    site: str
    platform: str
    authority: str
    committee: str
    title: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the script: `do` is the DemoSite operation, `fields` what it is given."""

    at: datetime
    do: str
    fields: Mapping[str, str]

    def apply(self, site: DemoSite) -> None:
        """Do it. Raises KeyError for an unknown ref, ValueError for an unknown operation."""
        at, field = self.at, self.fields
        match self.do:
            case "publish_post":
                image = site.id_of(field["image"]) if "image" in field else 0
                title, html, ref = field["title"], field["html"], field["ref"]
                site.publish_post(at=at, title=title, html=html, featured_media=image, ref=ref)
            case "edit_post":
                target, title_, html_ = self._of(site), field.get("title"), field.get("html")
                site.edit_post(target, at=at, title=title_, html=html_)
            case "trash_post":
                site.trash_post(self._of(site), at=at)
            case "untrash_post":
                site.untrash_post(self._of(site), at=at)
            case "delete_post":
                site.delete_post(self._of(site), at=at)
            case "comment":
                self._comment(site)
            case "edit_comment":
                site.edit_comment(self._of(site), at=at, text=field["text"])
            case "set_comment_status":
                site.set_comment_status(self._of(site), _moderation(field["status"]), at=at)
            case "delete_comment":
                site.delete_comment(self._of(site), at=at)
            case "add_media":
                file, title, alt = field["filename"], field["title"], field["alt"]
                picture, ref = map_picture(), field["ref"]
                site.add_media(at=at, filename=file, data=picture, alt=alt, title=title, ref=ref)
            case "outage":
                site.outage(_outage(field.get("mode")), at=at)
            case _:
                raise ValueError(f"the script asks for {self.do!r}, which no site can do")

    def _of(self, site: DemoSite) -> int:
        return site.id_of(self.fields["of"])

    def _comment(self, site: DemoSite) -> None:
        field = self.fields
        ours = field["by"] == "kommunen"
        name = site.user(_EDITORS).name if ours else field["by"]
        site.comment(
            site.id_of(field["on"]),
            at=self.at,
            name=name,
            text=field["text"],
            parent=site.id_of(field["to"]) if "to" in field else 0,
            status=_moderation(field.get("status", "approve")),
            email=f"{slugify(name)}@example.org",
            ip=f"192.0.2.{zlib.crc32(name.encode()) % 250 + 1}",
            author=_EDITORS if ours else 0,
            ref=field["ref"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What happens before the harvest at `at`; title and note (Swedish) are for the display."""

    at: datetime
    title: str
    note: str
    events: Mapping[str, Sequence[Event]]

    def apply(self, sites: Mapping[str, DemoSite]) -> None:
        """Play the round on the sites, each site's events in their order."""
        for key, events in self.events.items():
            for event in events:
                event.apply(sites[key])


def map_picture(width: int = 160, height: int = 90) -> bytes:
    """Draw the cycle path's map as a PNG (W3C PNG, palette colour), the same bytes everywhere.

    Stored, not compressed (RFC 1951 §3.2.4): compressors differ between zlib builds, digests in
    tests must not. One stored block holds at most 65 535 bytes, so the picture must stay small.
    """
    palette = bytes.fromhex("dfe8d0 f6f3ea 9a9a9a c8102e 8fb8de".replace(" ", ""))

    def colour(x: int, y: int) -> int:
        street = abs(y - height // 2 - (x - width // 2) // 8)
        if street <= 3:
            return 2  # Storgatan
        if street <= 6 and y < height // 2 + (x - width // 2) // 8 and 20 <= x <= width - 20:
            return 3  # the path, on its northern side
        if y > height - 14:
            return 4  # the river
        return 1 if (x // 24 + y // 18) % 2 else 0  # blocks of houses

    rows = (b"\0" + bytes(colour(x, y) for x in range(width)) for y in range(height))
    raw = b"".join(rows)
    stored = b"\x78\x01" + struct.pack("<BHH", 1, len(raw), len(raw) ^ 0xFFFF) + raw
    stored += struct.pack(">I", zlib.adler32(raw))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"PLTE", palette)
    body += chunk(b"IDAT", stored) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def new_sites() -> dict[str, DemoSite]:
    """Return the three sites as they are before the first round: empty, with their accounts."""
    users = (
        User(id=_EDITORS, login="redaktion", name="Testköpings kommun"),
        User(
            id=_ARCHIVER,
            login=LOGIN[0],
            name="Diarkiv (arkivering)",
            application_password=LOGIN[1],
        ),
    )
    return {
        key: DemoSite(
            name=site["name"],
            description=site["description"],
            guid_base=site["guid_base"],
            users=users,
        )
        for key, site in _SCRIPT["sites"].items()
    }


def _moderation(word: str) -> Moderation:
    known: tuple[Moderation, ...] = get_args(Moderation)
    if word not in known:
        raise ValueError(f"no comment status is called {word!r}")
    return known[known.index(word)]


def _outage(word: str | None) -> Outage | None:
    known: tuple[Outage, ...] = get_args(Outage)
    if word is None:
        return None
    if word not in known:
        raise ValueError(f"no outage is called {word!r}")
    return known[known.index(word)]


def _event(line: Mapping[str, Any]) -> Event:
    fields = {name: str(value) for name, value in line.items() if name not in ("at", "do")}
    return Event(at=line["at"], do=line["do"], fields=fields)


def _round(table: Mapping[str, Any]) -> Round:
    events = {
        key: tuple(_event(line) for line in table[key]) for key in _SCRIPT["sites"] if key in table
    }
    return Round(at=table["at"], title=table["title"], note=table["note"], events=events)


_SCRIPT = tomllib.loads((files("archiver.demo") / "testkoping.toml").read_text("utf-8"))

LOGIN: tuple[str, str] = (
    _SCRIPT["archiver"]["login"],
    _SCRIPT["archiver"]["application_password"],
)
"""User name and application password of the account Diarkiv reads the WordPress sites with."""

CHANNELS: Sequence[DemoChannel] = tuple(
    DemoChannel(
        site=key,
        platform=site["platform"],
        authority=site["authority"],
        committee=site["committee"],
        title=site["name"],
        path=site.get("path", "/"),
    )
    for key, site in _SCRIPT["sites"].items()
)

ROUNDS: Sequence[Round] = tuple(_round(table) for table in _SCRIPT["round"])
