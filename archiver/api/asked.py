"""What programs ask to be registered, as the register takes it."""

from __future__ import annotations

from hashlib import sha256

from archiver.api import schemas
from archiver.api.reading import begin_of
from archiver.api.services import services, viewer
from archiver.core.access import Permission
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound
from archiver.registry.core.entry import Dated, Direction, Marking, Registration, Secret
from archiver.registry.core.triage import Decision, Elsewhere, Handover, Outcome

_DRAFT = 16


def draft_of(kind: str, key: str) -> bytes:
    """What tells this asking from another: of this token, of this kind."""
    return sha256(f"{viewer().actor}/{kind}/{key}".encode()).digest()[:_DRAFT]


def seen_in(etag: str) -> int:
    """The newest change that an ETag says was seen."""
    return int(etag.strip('"'))


def etag_of(changed: int) -> dict[str, str]:
    """The header with the ETag of an entry."""
    return {"ETag": f'"{changed}"'}


def registration(asked: schemas.EntryIn, draft: bytes) -> Registration:
    """What is to be registered, filled in from its records. `NotFound` and `ConfigError` for what
    is not there or not said."""
    authority, direction, day = asked.authority, asked.direction, asked.day
    dated = Dated.STATED
    if asked.records:
        known = services().register.reader.known(viewer(), asked.records)
        authority, direction = authority or known.authority, direction or known.direction.value
        if day is None:
            day, dated = known.day, known.dated
    if authority is None or direction is None or day is None:
        raise ConfigError(
            "Without records, the authority, the direction and the day must be said.",
            remedy="Send authority, direction and day.",
        )
    secret = Secret(**asked.secret.model_dump()) if asked.secret else Secret()
    marked = marking(asked.marking, authority) if asked.marking else None
    return Registration(
        authority=authority,
        direction=Direction(direction),
        day=day,
        dated=dated,
        title=asked.title,
        records=tuple(asked.records),
        sender=asked.sender,
        recipient=asked.recipient,
        class_code=asked.class_code,
        record_class=asked.record_class,
        series=asked.series,
        case=asked.case,
        secret=secret,
        marking=marked,
        level=4 if secret or marked else 3 if asked.case else 2,
        draft=draft,
    )


def marking(asked: schemas.MarkingIn, authority: int) -> Marking:
    """A marking, of today and by the authority itself unless said."""
    owner = next((one for one in services().authorities() if one.seq == authority), None)
    if owner is None or not viewer().may(Permission.READ, authority):
        raise NotFound("There is no such authority.", remedy="List the authorities there are.")
    return Marking(
        clause=asked.clause,
        day=asked.day or stockholm_date(services().clock.now()).isoformat(),
        authority=asked.authority or owner.name,
    )


def decision(asked: schemas.DecisionIn, draft: bytes) -> Decision:
    """A decision on records of one authority. `ConfigError` where the outcome and what is said with
    it do not go together."""
    for name, outcome in (("elsewhere", "elsewhere"), ("handover", "handed_over")):
        if (getattr(asked, name) is not None) != (asked.outcome == outcome):
            raise ConfigError(f"{name} goes with the outcome {outcome}, and only with it.")
    known = services().register.reader.known(viewer(), asked.records)
    there, to = asked.elsewhere, asked.handover
    return Decision(
        authority=known.authority,
        records=tuple(asked.records),
        outcome=Outcome(asked.outcome),
        note=asked.note,
        elsewhere=Elsewhere(**there.model_dump()).checked() if there else None,
        handover=Handover(to=to.to, way=to.way, due=begin_of(to.due, days=1)).checked()
        if to
        else None,
        draft=draft,
    )
