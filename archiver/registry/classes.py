"""Classification schemes of an authority: imported whole from its file, looked up by day.

What an authority has imported, its entries are classified by: a code that no class of it has on the
day of the entry is refused. An authority that has imported nothing that is valid then may write any
code, since a register must not wait for a scheme (OSL 5:1). A later import of the same name and
version holds from then on; what was registered before stays as it is. Codes stand in the tables,
labels and parents in frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from archiver.core import canonical
from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json, JsonObject
from archiver.core.event import EventType
from archiver.errors import ConfigError, NotFound
from archiver.ledger.service import Ledger
from archiver.registry import queries
from archiver.registry.core.classification import (
    ClassificationScheme,
    SchemeClass,
    code_order,
    read_schemes,
)
from archiver.registry.core.entry import day_number
from archiver.registry.core.phrase import Refused
from archiver.registry.core.scheme_change import Compared, compared
from archiver.registry.core.table_file import Validity
from archiver.registry.numbering import StaleSetting
from archiver.registry.queries import ImportRow

_MOST_BYTES = 3_000  # of the classes in one event, so that it stays within the writer's bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A class as it was imported. Days are YYYY-MM-DD, "" where it has no first or last one."""

    code: str
    label: str
    parent: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file would change. `seen`: the authority's newest import when it was looked at (0:
    none); `rows`: classes read."""

    seen: int
    rows: int
    schemes: tuple[Compared, ...]


class Classes:
    """The schemes of a home's authorities."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def preview(self, viewer: Viewer, authority: int, data: bytes) -> Preview | Refused:
        """What `take_in` would change; nothing is imported."""
        viewer.require(Permission.SET_REGISTER, authority)
        schemes = read_schemes(data)
        if isinstance(schemes, Refused):
            return schemes
        with self._ledger.database.read() as connection:
            held = queries.imports(connection, [authority])
        return Preview(
            seen=_newest(held),
            rows=sum(len(one.classes) for one in schemes),
            schemes=tuple(self._compared(viewer, one, held) for one in schemes),
        )

    def _compared(
        self, viewer: Viewer, scheme: ClassificationScheme, held: Sequence[ImportRow]
    ) -> Compared:
        """Against its own version if that was imported, else the one imported last of its name."""
        named = [one for one in held if one.scheme == scheme.name]
        named.sort(key=lambda one: (one.version == scheme.version, one.seq))
        if not named:
            return compared(scheme, (), against="")
        before = [_class_of(one) for one in self.listed(viewer, named[-1].seq)]
        return compared(scheme, before, against=named[-1].version)

    def take_in(
        self, viewer: Viewer, authority: int, data: bytes, *, seen: int | None = None
    ) -> list[ImportRow] | Refused:
        """Import every scheme of a CSV file, all of it or nothing; what holds for the authority
        after it, or what is wrong with the file, row by row. `seen`: the newest import that its
        preview knew (`StaleSetting` if there is a newer one)."""
        viewer.require(Permission.SET_REGISTER, authority)
        schemes = read_schemes(data)
        if isinstance(schemes, Refused):
            return schemes
        with self._ledger.writer() as writer:
            if seen not in (None, _newest(queries.imports(writer.connection, [authority]))):
                raise StaleSetting(
                    "Something was imported after this was looked at.", remedy="Look at it anew."
                )
            cohort = writer.cohort(authority, "register")
            for scheme in schemes:
                first: int | None = None
                for payload in parts(scheme, authority=authority, actor=viewer.actor):
                    of: dict[str, Json] = {} if first is None else {"of": first}
                    seq = writer.append_event(
                        EventType.CLASSES_IMPORTED, {**payload, **of}, cohort=cohort
                    )
                    first = seq if first is None else first
        with self._ledger.database.read() as connection:
            return queries.imports(connection, [authority])

    def schemes(self, viewer: Viewer) -> list[ImportRow]:
        """The versions that hold, of the authorities whose register the viewer may read."""
        with self._ledger.database.read() as connection:
            return queries.imports(connection, viewer.authorities(Permission.READ))

    def listed(
        self,
        viewer: Viewer,
        scheme: int,
        *,
        day: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Listed]:
        """Classes of an import, in the order of their codes as text; with `day`, those valid then.
        `NotFound` if the viewer may read no such import."""
        with self._ledger.database.read() as connection:
            known = queries.imports(connection, viewer.authorities(Permission.READ))
            if scheme not in {one.seq for one in known}:
                raise NotFound(
                    "There is no such scheme.", remedy="See `diarkiv register classes list`."
                )
            on = day_number(day) if day else None
            rows = queries.classes(connection, [scheme], day=on, after=after, limit=limit)
        frames = self._ledger.open(sorted({row.entry for row in rows}))
        sealed: dict[str, Any] = {
            one["code"]: one for frame in frames.values() for one in _classes_of(frame.envelope)
        }
        return [_listed(sealed[row.code]) for row in rows]


def _newest(held: Sequence[ImportRow]) -> int:
    return max((one.seq for one in held), default=0)


def _class_of(one: Listed) -> SchemeClass:
    start, end = (
        date.fromisoformat(day) if day else None for day in (one.valid_from, one.valid_to)
    )
    return SchemeClass(
        code=one.code, label=one.label, parent=one.parent, validity=Validity(start, end)
    )


def check_class(connection: Connection, authority: int, code: str, day: str) -> None:
    """`ConfigError` for a code that the authority's schemes do not have on that day; if it has no
    scheme that is valid then, any code will do."""
    if not code:
        return
    held = [one.seq for one in queries.imports(connection, [authority])]
    on = day_number(day)
    if not held or queries.classes(connection, held, day=on, code=code, limit=1):
        return
    if queries.classes(connection, held, day=on, limit=1):
        raise ConfigError(
            "The authority's classification scheme has no such class on that day.",
            remedy="See `diarkiv register classes list`, or import the version that has it.",
        )


def parts(scheme: ClassificationScheme, *, authority: int, actor: int) -> Iterator[JsonObject]:
    """A scheme as it is sealed, in as many parts as it takes."""
    divided = list(_divided([_payload(one) for one in scheme.classes]))
    for number, classes in enumerate(divided, start=1):
        yield {
            "authority": authority,
            "scheme": scheme.name,
            "version": scheme.version,
            "part": number,
            "parts": len(divided),
            "classes": list(classes),
            "actor": actor,
        }


def _divided(classes: Sequence[JsonObject]) -> Iterator[Sequence[JsonObject]]:
    waiting: list[JsonObject] = []
    size = 0
    for one in classes:
        length = len(canonical.encode(one)) + 1
        if waiting and size + length > _MOST_BYTES:
            yield waiting
            waiting, size = [], 0
        waiting.append(one)
        size += length
    yield waiting


def _payload(one: SchemeClass) -> JsonObject:
    fields: dict[str, Json] = {"code": one.code, "label": one.label}
    if one.parent:
        fields["parent"] = one.parent
    fields |= _days(one.validity)
    return fields


def _days(validity: Validity) -> dict[str, Json]:
    days = {"valid_from": validity.start, "valid_to": validity.end}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _classes_of(envelope: Any) -> Sequence[Any]:
    found: Sequence[Any] = envelope["classes"]
    return found


def _listed(sealed: Any) -> Listed:
    return Listed(**sealed)


def matching(classes: Sequence[Listed], words: str) -> list[Listed]:
    """Those whose code begins with the words, or whose label holds them; in the order of
    `in_order`. Case does not matter; no words match all."""
    wanted = " ".join(words.casefold().split())
    found = [
        one
        for one in classes
        if one.code.casefold().startswith(wanted) or wanted in one.label.casefold()
    ]
    return in_order(found)


def in_order(classes: Sequence[Listed]) -> list[Listed]:
    """Classes as a reader expects them, 1.10 after 1.9."""
    return sorted(classes, key=lambda one: (code_order(one.code), one.code))
