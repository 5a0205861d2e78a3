"""The shapes of what the interface takes in, as the OpenAPI description says.

It is taken strictly: a number is no text, and a field that is not known is an error and no
oversight.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from archiver.registry.core.entry import MAX_NAME, MAX_REASON, MAX_RECORDS, MAX_TITLE
from archiver.registry.core.triage import MAX_AT_ONCE, MAX_SYSTEM

MOST = 10**15  # numbers of the log
PAGE = 50
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TEXT = r"\S"
_NO_NUL = r"^[^\x00]*$"
Seq = Annotated[int, Field(ge=1, lt=MOST)]
StrictSeq = Annotated[int, Field(ge=1, lt=MOST, strict=True)]
Day = Annotated[str, Field(pattern=_DAY, description="Swedish day")]
State = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]*$")]
Line = Annotated[str, Field(max_length=MAX_NAME)]
Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE, pattern=_TEXT)]
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON, pattern=_TEXT)]
Direction = Literal["received", "drawn_up", "dispatched", "note"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Page(_In):
    """Where in a list, and how much of it."""

    cursor: Annotated[str, Field(max_length=200, description="`next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE


class RecordsQuery(Page):
    """Which records."""

    authority: Seq | None = None
    channel: Seq | None = None
    state: State = ""
    origin: Literal["received", "drawn_up"] | None = None
    since: Day | None = None
    until: Annotated[str, Field(pattern=_DAY, description="the day itself included")] | None = None


class SearchQuery(Page):
    """What is sought."""

    q: Annotated[str, Field(max_length=400, description='words, "a phrase", begin*')] = ""
    channel: Seq | None = None
    state: State = ""
    since: Day | None = None
    until: Day | None = None


class EntriesQuery(Page):
    """Which entries."""

    authority: Seq | None = None
    case: Seq | None = None
    direction: Direction | None = None
    level: Annotated[int, Field(ge=2, le=4)] | None = None
    class_code: Annotated[str, Field(max_length=40, pattern=_NO_NUL)] | None = None
    since: Day | None = None
    until: Day | None = None
    number: Annotated[
        str, Field(max_length=100, description="as people write it; the other filters do not apply")
    ] = ""
    view: Annotated[
        Literal["full", "public"], Field(description="public: as anybody may read it")
    ] = "full"


class ViewQuery(_In):
    """Which view of one entry."""

    view: Literal["full", "public"] = "full"


class ClassesQuery(Page):
    """Which classes of a scheme."""

    day: Day | None = None


class Once(BaseModel):
    """Tells one asking from another: the same key never does anything twice."""

    idempotency_key: Annotated[str, Field(pattern=r"^[!-~]{8,200}$")]


class Unchanged(BaseModel):
    """The ETag of what was read: it is changed only if nobody else has changed it since."""

    if_match: Annotated[str, Field(pattern=r'^"[0-9]{1,15}"$')]


# --- what is asked for ----------------------------------------------------------------------------


class SecretIn(_In):
    """What may not be shown with the rest; sealed apart."""

    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    sender: Line = ""
    recipient: Line = ""


class MarkingIn(_In):
    """A possible secrecy. `day` is today and `authority` the entry's own unless said."""

    clause: Annotated[str, Field(min_length=1, max_length=100, pattern=_TEXT)]
    day: Day | None = None
    authority: Annotated[str, Field(max_length=MAX_NAME)] = ""


class EntryIn(_In):
    """What is to be registered. Of records, `authority`, `direction` and `day` are known; without
    any, they must be said."""

    title: Title
    records: Annotated[list[StrictSeq], Field(max_length=MAX_RECORDS)] = []
    authority: StrictSeq | None = None
    direction: Direction | None = None
    day: Day | None = None
    sender: Line = ""
    recipient: Line = ""
    class_code: Annotated[str, Field(max_length=40)] = ""
    record_class: Annotated[str, Field(max_length=100)] = ""
    series: StrictSeq | None = None
    case: StrictSeq | None = None
    secret: SecretIn | None = None
    marking: MarkingIn | None = None


class CorrectionIn(_In):
    """One field put right."""

    field: Literal["title", "sender", "recipient", "day", "direction", "class_code", "record_class"]
    value: Annotated[str, Field(max_length=MAX_TITLE)]
    reason: Reason
    secret: Annotated[bool, Field(strict=True)] = False
    conceals: Annotated[bool, Field(strict=True)] = False


class ReasonIn(_In):
    """Why."""

    reason: Reason


class MarkingChangeIn(_In):
    """A marking that is put on, or taken off (null)."""

    marking: MarkingIn | None
    reason: Reason


class RelationIn(_In):
    """Another entry it has to do with."""

    other: StrictSeq
    relation: Literal["answers", "continues", "concerns", "replaces"]


class CaseIn(_In):
    """A case to be opened."""

    authority: StrictSeq
    title: Title
    class_code: Annotated[str, Field(max_length=40)] = ""
    series: StrictSeq | None = None
    collective: Annotated[bool, Field(strict=True)] = False


class ClosingIn(_In):
    """When a case was closed; today, if no day is given."""

    day: Day | None = None
    note: Annotated[str, Field(max_length=MAX_REASON)] = ""


class ElsewhereFields(_In):
    """Where it is registered instead."""

    system: Annotated[str, Field(min_length=1, max_length=MAX_SYSTEM, pattern=_TEXT)]
    number: Annotated[str, Field(min_length=1, max_length=MAX_SYSTEM, pattern=_TEXT)]
    day: Day


class HandoverIn(_In):
    """To whom it goes. `due` is the last Swedish day for an answer."""

    to: Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=_TEXT)]
    way: Annotated[str, Field(min_length=1, max_length=MAX_SYSTEM, pattern=_TEXT)]
    due: Day | None = None


class DecisionIn(_In):
    """A decision that is no registration here. `elsewhere` and `handover` go with their outcome."""

    records: Annotated[list[StrictSeq], Field(min_length=1, max_length=MAX_AT_ONCE)]
    outcome: Literal["minor", "kept_in_order", "elsewhere", "handed_over"]
    note: Annotated[str, Field(max_length=MAX_REASON)] = ""
    elsewhere: ElsewhereFields | None = None
    handover: HandoverIn | None = None


class NoteIn(_In):
    """What happened with a handover."""

    step: Literal["received", "answered", "escalated"]
    note: Annotated[str, Field(max_length=MAX_REASON)] = ""
