"""Where something typed into search leads without a search: a number, or an address.

A record's own number (R4711), the address of its page here, the address it has on its platform
where that holds its id there, and what the register's numbers name. Only what the viewer may read
is found; somebody else's number is a text like any other.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import url_for

from archiver.core.access import Permission
from archiver.core.search import Leads, Shortcut
from archiver.web import queries
from archiver.web.services import beside, services, viewer

MOST = 20
_LONGEST = 400
_RECORD = re.compile(r"R\s?([0-9]{1,15})", re.IGNORECASE | re.ASCII)
_PAGE = re.compile(r"/handlingar/R([0-9]{1,15})(?:/|$)", re.ASCII)


def of(text: str) -> list[Shortcut]:
    """What the text leads to; several if it is not the name of one alone."""
    if not text or len(text) > _LONGEST:
        return []
    found = dict.fromkeys(beside().shortcuts(viewer(), text))
    if (match := _RECORD.fullmatch(text)) or (match := _own_page(text)):
        found |= dict.fromkeys(_records([int(match[1])]))
    return list(found)[:MOST]


def cases(text: str) -> list[int]:
    """The cases that have a number."""
    return [one.seq for one in beside().shortcuts(viewer(), text) if one.leads is Leads.CASE]


def address(one: Shortcut) -> str:
    """The page a shortcut leads to."""
    match one.leads:
        case Leads.RECORD:
            return url_for("records.record", seq=one.seq)
        case Leads.ENTRY:
            return url_for("register.entry", seq=one.seq)
        case Leads.CASE:
            return url_for("register.entries", arende=one.seq)


def _own_page(text: str) -> re.Match[str] | None:
    """The address of a record's page here, with or without its host."""
    if any(one.isspace() for one in text):
        return None
    try:
        path = urlsplit(text).path
    except ValueError:
        return None
    return _PAGE.match(path)


def _records(seqs: list[int]) -> list[Shortcut]:
    authorities = viewer().authorities(Permission.READ)
    with services().ledger.database.read() as connection:
        rows = queries.records(connection, authorities, seqs)
    return [Shortcut(leads=Leads.RECORD, seq=seq, label=f"R{seq}") for seq in sorted(rows)]
