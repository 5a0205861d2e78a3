"""Which court an appeal goes to, by where the authority lies. Pure.

Förordning (1977:937) 1 § says which kammarrätt is over which förvaltningsrätt; the wording in force
since 2010 was read up to SFS 2024:765. A county may lie in two districts (Västra Götaland), so an
authority's place is given by its förvaltningsrätt. The court's name is nothing that an appeal fails
by: it is handed to the authority, which sends it on (FL 43, 46 §§).
"""

from __future__ import annotations

from collections.abc import Mapping

from exports.core.access_request import Court, Matter, court

# The seat of each förvaltningsrätt, and of the kammarrätt over it.
DISTRICTS: Mapping[str, str] = {
    "Stockholm": "Stockholm",
    "Uppsala": "Stockholm",
    "Malmö": "Göteborg",
    "Göteborg": "Göteborg",
    "Karlstad": "Göteborg",
    "Falun": "Sundsvall",
    "Härnösand": "Sundsvall",
    "Umeå": "Sundsvall",
    "Luleå": "Sundsvall",
    "Linköping": "Jönköping",
    "Jönköping": "Jönköping",
    "Växjö": "Jönköping",
}


def court_name(matter: Matter, district: str) -> str:
    """The court's full name; without a district only which kind of court it is."""
    kind = court(matter)
    seat = DISTRICTS.get(district, "")
    if kind is Court.ADMINISTRATIVE_COURT:
        seat = district if seat else ""
    name = kind.value.capitalize()
    return f"{name} i {seat}" if seat else name
