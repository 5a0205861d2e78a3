"""The checklists there are: every TOML file in `checklists/`, E-delegationens first."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from archiver.governance.core.checklist import Checklist, joined, read

_FOLDER = "checklists"


@cache
def checklist() -> Checklist:
    """All of them as one, by the numbers of their sections. `ChecklistFaulty` for a file that is
    none."""
    folder = resources.files(__package__) / _FOLDER
    files = [one for one in folder.iterdir() if one.name.endswith(".toml")]
    read_in = [read(one.name, tomllib.loads(one.read_text("utf-8"))) for one in files]
    return joined(sorted(read_in, key=lambda one: min(one.sections)))
