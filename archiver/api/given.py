"""The shapes of what the interface gives: checked before anything leaves, so that a field that
nobody has described stays here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from archiver.api.schemas import Day, Direction, Seq

_DATE_TIME = {"format": "date-time"}
Moment = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra=_DATE_TIME)]
Fact = Literal["platform", "first_seen", "unobserved", "stated"]


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Authority(_Out):
    """A nämnd, board or company."""

    seq: Seq
    code: str
    name: str


class Authorities(_Out):
    items: list[Authority]


class Channel(_Out):
    """An account on a platform."""

    seq: Seq
    authority: Seq
    platform: str
    title: str
    url: str
    state: str


class Channels(_Out):
    items: list[Channel]


class Record(_Out):
    """A captured item, with the text of its newest version. `day` is its legal Swedish day."""

    seq: Seq
    channel: Seq
    kind: str
    origin: str
    day: Day
    legal_at: Moment
    legal_basis: str
    captured_at: Moment
    state: str
    versions: int
    version: Seq
    title: str
    text: str
    author_name: str
    url: str
    outcome: Annotated[str | None, Field(description="what was decided of it")]
    withheld: Annotated[
        bool, Field(description="it may be secret, and the token may not read what is protected")
    ]


class Records(_Out):
    items: list[Record]
    next: Annotated[str | None, Field(description="cursor of the next page")]


class Version(_Out):
    """A state a record was seen in."""

    seq: Seq
    n: int
    captured_at: Moment
    state: str
    changes: list[str]
    title: str
    text: str
    author_name: str
    url: str
    links: list[str]


class Versions(_Out):
    withheld: bool
    items: list[Version]


class Thread(_Out):
    """A record's thread: its root and the answers by date; `more` are left out."""

    root: Record
    answers: list[Record]
    more: int


class Hit(_Out):
    """A record that matches; `highlights` are code points of the snippet, begin and end."""

    record: Seq
    version: Seq
    snippet: str
    highlights: list[list[int]]


class Hits(_Out):
    total: int
    lag: Annotated[bool, Field(description="something newer is not indexed yet")]
    items: list[Hit]
    next: str | None


class Marking(_Out):
    clause: str
    day: str
    authority: str


class Secret(_Out):
    title: str
    sender: str
    recipient: str


class Correction(_Out):
    seq: Seq
    at: Moment
    actor: int
    field: str
    old: str
    new: str
    reason: str
    secret: bool
    conceals: bool


class Marked(_Out):
    seq: Seq
    at: Moment
    actor: int
    marking: Marking | None
    reason: str


class Voided(_Out):
    seq: Seq
    at: Moment
    actor: int
    reason: str


class Related(_Out):
    """`ended`: it was taken back, and stays seen."""

    seq: Seq
    at: Moment
    actor: int
    other: Seq
    relation: str
    ended: Voided | None


class Entry(_Out):
    """A register entry with everything that happened to it. `changed` is in its ETag."""

    seq: Seq
    number: str
    authority: Seq
    at: Moment
    actor: int
    changed: Seq
    direction: Direction
    day: Day
    dated: Fact
    title: str
    sender: str
    recipient: str
    class_code: str
    record_class: str
    level: int
    records: list[Seq]
    series: Seq
    case: Seq | None
    part: int | None
    trigger: str
    marking: Marking | None
    secret: Secret | None
    corrections: list[Correction]
    markings: list[Marked]
    relations: list[Related]
    voided: Voided | None


class Entries(_Out):
    items: list[Entry]
    next: str | None


class Case(_Out):
    seq: Seq
    number: str
    authority: Seq
    at: Moment
    actor: int
    title: str
    class_code: str
    collective: bool
    closed_on: str
    voided: Voided | None


class Cases(_Out):
    items: list[Case]
    next: str | None


class Elsewhere(_Out):
    system: str
    number: str
    day: str


class Handover(_Out):
    to: str
    way: str
    due: Moment | None


class Decision(_Out):
    seq: Seq
    authority: Seq
    records: list[Seq]
    outcome: str
    note: str
    trigger: str
    elsewhere: Elsewhere | None
    handover: Handover | None


class Decisions(_Out):
    """What was decided of a record: the entries it is in, and decisions that are no entries."""

    entries: list[Entry]
    decisions: list[Decision]


class Waiting(Decision):
    """A handover without an answer."""

    received: Moment | None


class Handovers(_Out):
    items: list[Waiting]


class Noted(_Out):
    seq: Seq
    of: Seq
    step: str


class Series(_Out):
    seq: Seq
    authority: Seq
    code: str
    mask: str
    example: str
    year: int | None
    first: int | None


class SeriesList(_Out):
    items: list[Series]


class Scheme(_Out):
    seq: Seq
    authority: Seq
    scheme: str
    version: str
    classes: int


class Schemes(_Out):
    items: list[Scheme]


class SchemeClass(_Out):
    code: str
    label: str
    parent: str
    valid_from: str
    valid_to: str


class SchemeClasses(_Out):
    items: list[SchemeClass]
    next: str | None


class Problem(_Out):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str
    errors: Annotated[
        dict[str, dict[str, list[str]]] | None, Field(description="place → field → what is wrong")
    ] = None
