"""A checklist: its rows, what each rests on, and where its words come from.

A checklist is data, read from a TOML file. E-delegationens checklist of 2010 has six sections; two
of them could be read only in part, and are marked as reconstructed: nothing that is ours may pass
for E-delegationens words (`Provenance`). What is mandatory is Diarkiv's proposal, and the authority
changes it by a decision of its own (`reclassed`).

Pure. Every fault of a file is told with its row; a file with a fault gives no checklist.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from archiver.core.reason import Wording
from archiver.errors import ConfigError, RuleViolation


class GateClass(StrEnum):
    """What a row asks for before step 5 can be completed."""

    MANDATORY = "M"  # met
    CONDITIONAL = "V"  # met, or approved with a condition (villkorat)


class Phase(StrEnum):
    """From when something can be asked for."""

    PLAN = "plan"  # before the decision: a routine or a draft that it adopts
    GO_LIVE = "go_live"  # when the account is there: step 6
    DRIFT = "drift"  # in use: from step 7, and for what was live before


class Provenance(StrEnum):
    """Whose words a row has."""

    VERBATIM = "ordagrant"
    REWORDED = "omformulerad"
    RECONSTRUCTED = "rekonstruerad"
    OURS = "tillägg"


class Confidence(StrEnum):
    """How what a row says of the law was known when it was written."""

    STATUTE = "L"  # the statute was read
    PREDECESSOR = "Lp"  # read in the act before it
    SECONDARY = "S"
    RECONSTRUCTED = "R"
    UNVERIFIED = "K"  # general knowledge


PROVENANCE: Mapping[Provenance, Wording] = {
    Provenance.VERBATIM: Wording("E-delegationen ordagrant", "E-delegationen verbatim"),
    Provenance.REWORDED: Wording("E-delegationen omformulerad", "E-delegationen reworded"),
    Provenance.RECONSTRUCTED: Wording(
        "rekonstruerad efter E-delegationen", "reconstructed after E-delegationen"
    ),
    Provenance.OURS: Wording("Diarkivs tillägg", "added by Diarkiv"),
}
CONFIDENCE: Mapping[Confidence, Wording] = {
    Confidence.STATUTE: Wording("författningstexten läst", "the statute was read"),
    Confidence.PREDECESSOR: Wording("läst i äldre lag", "read in the act before it"),
    Confidence.SECONDARY: Wording("andrahandskälla", "a secondary source"),
    Confidence.RECONSTRUCTED: Wording("rekonstruerad", "reconstructed"),
    Confidence.UNVERIFIED: Wording("ej verifierad", "not verified"),
}
PHASES: Mapping[Phase, Wording] = {
    Phase.PLAN: Wording("före beslut", "before the decision"),
    Phase.GO_LIVE: Wording("före driftsättning", "before going live"),
    Phase.DRIFT: Wording("i drift", "in use"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question. `then`, `now`: what it rested on in 2010 and rests on today, empty: nothing;
    `often_inapplicable`: whether "ej tillämpligt" is usual (†); `evidence`: what is asked for;
    `checks`: the automatic checks that confirm or contradict its answer."""

    id: str
    section: int
    question: Wording
    then: str
    now: str
    gate: GateClass
    phase: Phase
    evidence: Wording
    checks: tuple[str, ...]
    provenance: Provenance
    confidence: tuple[Confidence, ...]
    often_inapplicable: bool = False
    before_go_live: bool = False  # a condition on it must be met before step 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Rows in their order, under the headings of their sections."""

    version: str
    title: Wording
    sections: Mapping[int, Wording]
    rows: tuple[Row, ...]

    def row(self, id_: str) -> Row:
        """The row of that id; `UnknownRow` if there is none."""
        for one in self.rows:
            if one.id == id_:
                return one
        raise UnknownRow(
            f"There is no row {id_} in the checklist {self.version}.",
            remedy="Nothing was changed. `diarkiv checklist show` lists the rows.",
        )

    @property
    def checks(self) -> frozenset[str]:
        """The ids of every check that a row names."""
        return frozenset(check for row in self.rows for check in row.checks)


class UnknownRow(RuleViolation):
    """A row is named that the checklist does not have."""

    code = "unknown-row"


class Fault(NamedTuple):
    """What is wrong in a file, and with which row (empty: the file itself)."""

    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.row or 'the file'}: {self.what}"


class ChecklistFaulty(ConfigError):
    """A file is no checklist."""

    code = "checklist-faulty"

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        told = "; ".join(map(str, faults))
        super().__init__(f"The checklist {name} is not used: {told}.", remedy="Mend the file.")


_ID = re.compile(r"[1-9]\d?\.[1-9]\d?[a-z]?")
_CHECK = re.compile(r"A-[A-ZÅÄÖ0-9]+")
_FILE_KEYS = frozenset({"version", "title", "title_en", "section", "row"})
_TEXTS = ("question", "question_en", "now", "evidence", "evidence_en")
_KINDS: Mapping[str, type[StrEnum]] = {
    "gate": GateClass,
    "phase": Phase,
    "provenance": Provenance,
}
_ROW_KEYS = frozenset(
    {"id", "then", "checks", "confidence", "often_inapplicable", "before_go_live"}
) | {*_TEXTS, *_KINDS}


def read(name: str, file: Mapping[str, Any], known_checks: Collection[str] = ()) -> Checklist:
    """The checklist in a TOML file's tables; `ChecklistFaulty` with every fault. With
    `known_checks` a row may name no other check."""
    faults = [*_file_faults(file)]
    seen: set[str] = set()
    rows = file.get("row", [])
    for table in rows if isinstance(rows, list) else []:
        faults += _row_faults(table, file, seen, known_checks)
    if faults:
        raise ChecklistFaulty(name, faults)
    return Checklist(
        version=file["version"],
        title=Wording(file["title"], file["title_en"]),
        sections={int(key): Wording(**words) for key, words in file["section"].items()},
        rows=tuple(_row(table) for table in rows),
    )


def joined(checklists: Iterable[Checklist]) -> Checklist:
    """Several checklists as one; `ChecklistFaulty` where two have a row of the same id."""
    every = list(checklists)
    ids = [row.id for one in every for row in one.rows]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    version = "/".join(one.version for one in every)
    if twice:
        raise ChecklistFaulty(version, [Fault(one, "stands in two checklists") for one in twice])
    return Checklist(
        version=version,
        title=Wording(
            " · ".join(one.title.sv for one in every), " · ".join(one.title.en for one in every)
        ),
        sections={key: words for one in every for key, words in one.sections.items()},
        rows=tuple(row for one in every for row in one.rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclassing:
    """An authority's own decision on what is mandatory. `classes`: row → gate class;
    `decision`: whose, and when, as "KS 2026-11-02 § 201"."""

    classes: Mapping[str, GateClass]
    decision: str
    reason: str


def reclassed(checklist: Checklist, changes: Iterable[Reclassing]) -> Checklist:
    """The checklist with the classes that the authority has decided, the newest last.
    `UnknownRow` for a row it does not have."""
    classes: dict[str, GateClass] = {}
    for change in changes:
        classes.update(change.classes)
    for id_ in classes:
        checklist.row(id_)
    rows = tuple(replace(row, gate=classes.get(row.id, row.gate)) for row in checklist.rows)
    return replace(checklist, rows=rows)


def refuse_reclassing(checklist: Checklist, change: Reclassing) -> None:
    """`RuleViolation` unless the change names rows there are, its decision and its reason."""
    reclassed(checklist, [change])
    if not (change.classes and change.decision.strip() and change.reason.strip()):
        raise RuleViolation(
            "What is mandatory is changed by a decision of the authority, with its reason.",
            remedy='Name the rows, the decision ("KS 2026-11-02 § 201") and why.',
        )


def _file_faults(file: Mapping[str, Any]) -> Iterator[Fault]:
    for key in sorted(file.keys() - _FILE_KEYS):
        yield Fault("", f"{key} is no field of a checklist")
    for key in ("version", "title", "title_en"):
        if not (isinstance(file.get(key), str) and file[key].strip()):
            yield Fault("", f"{key} is missing")
    sections = file.get("section")
    if not isinstance(sections, dict) or not sections:
        yield Fault("", "it has no sections")
        return
    for key, words in sections.items():
        if not str(key).isdecimal() or not isinstance(words, dict) or words.keys() != {"sv", "en"}:
            yield Fault("", f"section {key} needs a number, sv and en")
    if not isinstance(file.get("row"), list) or not file["row"]:
        yield Fault("", "it has no rows")


def _row_faults(
    table: Any, file: Mapping[str, Any], seen: set[str], known_checks: Collection[str]
) -> Iterator[Fault]:
    if not isinstance(table, dict):
        yield Fault("", "a row is no table")
        return
    id_ = table.get("id")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        yield Fault(str(id_ or "?"), "the id is not of the form 6.2a")
        return
    if id_ in seen:
        yield Fault(id_, "stands twice")
    seen.add(id_)
    sections = file.get("section")
    if isinstance(sections, dict) and id_.partition(".")[0] not in sections:
        yield Fault(id_, "its section has no heading")
    for key in sorted(table.keys() - _ROW_KEYS):
        yield Fault(id_, f"{key} is no field of a row")
    for key in _TEXTS:
        if not (isinstance(table.get(key), str) and table[key].strip()):
            yield Fault(id_, f"{key} is missing")
    for key, kind in _KINDS.items():
        if table.get(key) not in {one.value for one in kind}:
            yield Fault(id_, f"{key} is none of {', '.join(one.value for one in kind)}")
    marks = {one.value for one in Confidence}
    if not _is_list(table.get("confidence")) or not {*table["confidence"]} <= marks:
        yield Fault(id_, f"confidence is a list of {', '.join(sorted(marks))}")
    yield from _check_faults(id_, table.get("checks", []), known_checks)


def _check_faults(id_: str, checks: Any, known: Collection[str]) -> Iterator[Fault]:
    if not _is_list(checks):
        yield Fault(id_, "checks is a list of ids")
        return
    for one in checks:
        if not _CHECK.fullmatch(one):
            yield Fault(id_, f"{one} is no id of a check")
        elif known and one not in known:
            yield Fault(id_, f"there is no check {one}")


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _row(table: Mapping[str, Any]) -> Row:
    return Row(
        id=table["id"],
        section=int(table["id"].partition(".")[0]),
        question=Wording(table["question"], table["question_en"]),
        then=table.get("then", ""),
        now=table["now"],
        gate=GateClass(table["gate"]),
        phase=Phase(table["phase"]),
        evidence=Wording(table["evidence"], table["evidence_en"]),
        checks=tuple(table.get("checks", ())),
        provenance=Provenance(table["provenance"]),
        confidence=tuple(map(Confidence, table["confidence"])),
        often_inapplicable=bool(table.get("often_inapplicable", False)),
        before_go_live=bool(table.get("before_go_live", False)),
    )
