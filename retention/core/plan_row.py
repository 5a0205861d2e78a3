"""A row of a records schedule's file: its columns, and how a rule is read from them and written.

Every file form (TOML, CSV, spreadsheet) is brought to the same columns of text, so that there is
one reading and one set of problems. A code may be written as such or as its word in Swedish or
English; several in one cell are separated by commas. What is written is read back as the very same
rule. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from archiver.core.reason import Wording
from archiver.registry.core.phrase import Problem
from archiver.registry.core.table_file import Column, Row
from retention.core import vocabulary as words
from retention.core.period_text import read_retention, write_retention
from retention.core.plan_phrase import problem
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    RetainPermanently,
    Rounding,
    Rule,
    TextStatus,
    TriggerName,
)

MOST_DAYS = 3_660
MOST_YEARS = 100
_CODE = re.compile(r"[^\W_]+(?:[.\-_/][^\W_]+)*")
_CHANNEL = re.compile(r"[Cc]?(\d{1,15})")


def _column(name: str, *others: str, filled: bool = False, limit: int = 500) -> Column:
    return Column(name=name, others=others, needed=filled, filled=filled, limit=limit)


HEAD = (
    _column("schedule", "plan", "informationshanteringsplan", limit=200),
    _column("version", "utgåva", limit=100),
    _column("effective_from", "gäller från", "giltig från"),
    _column("effective_until", "upphör", "gäller inte från"),
    _column("required_levels", "beslutsnivåer"),
)
BODY = (
    _column("code", "kod", "beteckning", filled=True, limit=32),
    _column("label", "handlingstyp", "benämning", filled=True, limit=200),
    _column("retention", "bevarandetid", "gallringsfrist", "frist", filled=True, limit=100),
    _column("trigger", "händelse", "räknas från"),
    _column("rounding", "avrundning"),
    _column("inactive_days", "dagar utan aktivitet"),
    _column("minor", "ringa", "ringa betydelse"),
    _column("prescription_years", "preskription", "preskription år"),
    _column("explicit_only", "endast utpekade", "bara utpekade"),
    _column("kinds", "slag", "slag av handling"),
    _column("origins", "ursprung"),
    _column("outcomes", "utfall"),
    _column("moderated", "dold eller borttagen", "modererad"),
    _column("channels", "kanaler", limit=10_000),
    _column("class_codes", "klasser", "klasskoder", limit=10_000),
    _column("since", "handlingar från"),
    _column("until", "handlingar till"),
    _column("mandate", "beslut", "beslutsnummer", limit=200),
    _column("grounds", "grund", "lagrum", limit=1_000),
    _column("note", "anmärkning", "kommentar", limit=2_000),
    _column("text_status", "textens ställning", "textstatus"),
)
COLUMNS = (*HEAD, *BODY)


def heading(column: Column, language: str) -> str:
    """What a column is called in a file of that language."""
    return column.name if language == "en" else column.others[0]


@dataclass(slots=True)
class _Cells:
    """Reads the cells of one row, and keeps what is wrong with them."""

    row: Row
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, code: str, **values: object) -> None:
        self.problems.append(problem(self.row.number, code, **values))

    def one(self, column: str, known: Mapping[str, Wording], default: str = "") -> str:
        text = self.row[column]
        if not text:
            return default
        code = words.code_of(known, text)
        if code is None:
            allowed = ", ".join(one.sv for one in known.values())
            self.wrong("one_of", value=text, column=column, allowed=allowed)
            return default
        return code

    def several(self, column: str, known: Mapping[str, Wording]) -> frozenset[str] | None:
        parts = split(self.row[column])
        found = [words.code_of(known, part) for part in parts]
        for part, code in zip(parts, found, strict=True):
            if code is None:
                allowed = ", ".join(one.sv for one in known.values())
                self.wrong("one_of", value=part, column=column, allowed=allowed)
        return frozenset(one for one in found if one is not None) if parts else None

    def answer(self, column: str) -> bool | None:
        code = self.one(column, words.ANSWERS)
        return code == "yes" if code else None

    def count(self, column: str, most: int) -> int:
        text = self.row[column]
        if text and not (
            text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= most
        ):
            self.wrong("count", value=text, column=column, most=most)
            return 0
        return int(text or 0)

    def day(self, column: str) -> date | None:
        text = self.row[column]
        try:
            found = date.fromisoformat(text) if text else None
        except ValueError:
            found = date.min
        if found is not None and found.isoformat() != text:
            self.wrong("not_day", value=text, column=column)
            return None
        return found

    def channels(self) -> frozenset[int] | None:
        parts = split(self.row["channels"])
        found = [(part, _CHANNEL.fullmatch(part)) for part in parts]
        for part, match in found:
            if match is None:
                self.wrong("channel_form", value=part)
        return frozenset(int(match[1]) for _, match in found if match) if parts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a schedule is besides its rules, as the file says it."""

    name: str
    version: str
    effective_from: date | None
    effective_until: date | None
    required_levels: frozenset[str]


def read_head(row: Row) -> tuple[Head, list[Problem]]:
    """The schedule's own fields in a row, and what is wrong with them; "" and None if absent."""
    cells = _Cells(row)
    head = Head(
        name=row["schedule"],
        version=row["version"],
        effective_from=cells.day("effective_from"),
        effective_until=cells.day("effective_until"),
        required_levels=cells.several("required_levels", words.LEVELS) or frozenset(),
    )
    return head, cells.problems


def read_rule(row: Row) -> tuple[Rule | None, list[Problem]]:
    """The rule in a row, and what is wrong with the row by itself; None if there is no making a
    rule of it."""
    cells = _Cells(row)
    if row["code"] and not _CODE.fullmatch(row["code"]):
        cells.wrong("rule_code", value=row["code"])
    retention = read_retention(row["retention"]) if row["retention"] else None
    if row["retention"] and retention is None:
        cells.wrong("retention", value=row["retention"])
    rounding = cells.one("rounding", words.ROUNDINGS)
    if isinstance(retention, AfterPeriod):
        rounded = Rounding(rounding) if rounding else Rounding.CALENDAR_YEAR
        retention = replace(retention, rounding=rounded)
    elif rounding and retention is not None:
        cells.wrong("rounding_stray", retention=row["retention"])
    trigger = cells.one("trigger", words.TRIGGERS)
    status = cells.one("text_status", words.STATUSES, TextStatus.PROPOSED)
    applies = Applies(
        explicit_only=bool(cells.answer("explicit_only")),
        kinds=cells.several("kinds", words.KINDS),
        origins=cells.several("origins", words.ORIGINS),
        outcomes=cells.several("outcomes", words.OUTCOMES),
        moderated=cells.answer("moderated"),
        channels=cells.channels(),
        class_codes=frozenset(split(row["class_codes"])) or None,
        since=cells.day("since"),
        until=cells.day("until"),
    )
    minor = bool(cells.answer("minor"))
    inactive = cells.count("inactive_days", MOST_DAYS)
    prescription = cells.count("prescription_years", MOST_YEARS)
    if cells.problems or retention is None or not row["code"]:
        return None, cells.problems
    return Rule(
        code=row["code"],
        label=row["label"],
        retention=retention,
        trigger=TriggerName(trigger) if trigger else None,
        applies=applies,
        inactive_days=inactive,
        minor=minor,
        prescription_years=prescription,
        mandate=row["mandate"],
        grounds=row["grounds"],
        note=row["note"],
        text_status=TextStatus(status),
    ), []


def write_rule(rule: Rule, language: str) -> dict[str, str]:
    """The cells of a rule by column, in words of that language."""
    applies, retention = rule.applies, rule.retention

    def several(known: Mapping[str, Wording], codes: Collection[str] | None) -> str:
        return ", ".join(words.word(known, code, language) for code in sorted(codes or ()))

    def answer(value: bool | None) -> str:
        return "" if value is None else words.ANSWERS["yes" if value else "no"].say(language)

    return {
        "code": rule.code,
        "label": rule.label,
        "retention": write_retention(retention, language),
        "trigger": words.word(words.TRIGGERS, rule.trigger, language) if rule.trigger else "",
        "rounding": words.word(words.ROUNDINGS, retention.rounding, language)
        if isinstance(retention, AfterPeriod)
        else "",
        "inactive_days": str(rule.inactive_days or ""),
        "minor": answer(rule.minor or None),
        "prescription_years": str(rule.prescription_years or ""),
        "explicit_only": answer(applies.explicit_only or None),
        "kinds": several(words.KINDS, applies.kinds),
        "origins": several(words.ORIGINS, applies.origins),
        "outcomes": several(words.OUTCOMES, applies.outcomes),
        "moderated": answer(applies.moderated),
        "channels": ", ".join(f"C{seq}" for seq in sorted(applies.channels or ())),
        "class_codes": ", ".join(sorted(applies.class_codes or ())),
        "since": applies.since.isoformat() if applies.since else "",
        "until": applies.until.isoformat() if applies.until else "",
        "mandate": rule.mandate,
        "grounds": rule.grounds,
        "note": rule.note,
        "text_status": words.word(words.STATUSES, rule.text_status, language),
    }


def split(cell: str) -> list[str]:
    """The parts of a cell that holds several values."""
    return [one for part in cell.split(",") if (one := part.strip())]


def row_problems(row: int, rule: Rule) -> Iterator[Problem]:
    """What in a rule goes against itself."""
    permanent = isinstance(rule.retention, RetainPermanently)
    inactive = rule.trigger is TriggerName.THREAD_INACTIVE
    wrong: tuple[tuple[bool, str], ...] = (
        (permanent and rule.trigger is not None, "trigger_stray"),
        (not permanent and rule.trigger is None, "trigger_missing"),
        (inactive and not rule.inactive_days, "inactive_missing"),
        (not inactive and rule.inactive_days > 0, "inactive_stray"),
        (permanent and rule.minor, "minor_stray"),
        (
            not permanent and rule.text_status is TextStatus.DECIDED and not rule.mandate,
            "mandate_missing",
        ),
    )
    yield from (problem(row, code) for is_wrong, code in wrong if is_wrong)
    start, end = rule.applies.since, rule.applies.until
    if start and end and end < start:
        yield problem(row, "day_order", start=start, end=end)
