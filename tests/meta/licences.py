"""Licences of what is installed with Diarkiv: `uv export … | python -m tests.meta.licences`.

Reads requirement lines on standard input and prints name, version and licence of each installed
distribution. Ends with 1 if one is under the AGPL, which the product does not accept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import NamedTuple

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;]+)")
_REFUSED = re.compile(r"\bAGPL|\bAffero", re.IGNORECASE)
_CLASSIFIER = "License :: "


class Row(NamedTuple):
    """One distribution: its licence is "" if it does not say, None if it is not installed."""

    name: str
    version: str
    licence: str | None


def names(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, version) of each requirement; comments, options and the project itself are skipped."""
    for line in lines:
        found = _REQUIREMENT.match(line.strip())
        if found:
            yield found[1], found[2]


def licence_of(found: Distribution) -> str:
    """The licence a distribution declares, as briefly as it does: expression, classifiers, text."""

    def all_of(header: str) -> list[str]:
        return [str(value).strip() for value in found.metadata.get_all(header) or ()]

    if expression := all_of("License-Expression"):
        return expression[0]
    classifiers = [
        one.rpartition(" :: ")[2] for one in all_of("Classifier") if one.startswith(_CLASSIFIER)
    ]
    specific = [one for one in classifiers if one != "OSI Approved"]
    if specific:
        return ", ".join(specific)
    return "".join(all_of("License")[:1]).partition("\n")[0]


def rows(lines: Iterable[str]) -> Iterator[Row]:
    """A row for each requirement."""
    for name, version in names(lines):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            yield Row(name, version, None)
        else:
            yield Row(name, found.version, licence_of(found))


def refused(row: Row) -> bool:
    """Whether the licence is one the product does not accept."""
    return bool(row.licence and _REFUSED.search(row.licence))


def main() -> int:
    """Print the table; 1 if a licence is refused or nothing was read."""
    table = list(rows(sys.stdin))
    for row in table:
        licence = "not installed here" if row.licence is None else row.licence or "not declared"
        mark = "  ← not accepted" if refused(row) else ""
        print(f"{row.name:24} {row.version:14} {licence}{mark}")
    if not table:
        print("No requirement was read from standard input.", file=sys.stderr)
    return int(not table or any(map(refused, table)))


if __name__ == "__main__":
    sys.exit(main())
