"""How far a disposal has come, by its certificate and the day.

Three dated steps: keys destroyed, stored bytes removed, backups rolled out. Invariants: "Gallrad"
is said only after the last of them, with a verification that passed and a search that found nothing
left; what was not checked is never taken for good. Pure: today is a parameter.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from archiver.core.calendar import stockholm_date
from retention.core.certificate import Certificate
from retention.core.words import Language, say_in


class Stage(StrEnum):
    """How far a disposal has come."""

    DECIDED = "decided"
    KEYS_DESTROYED = "keys_destroyed"
    BYTES_REMOVED = "bytes_removed"
    UNPROVEN = "unproven"  # removed, but not verified, or something was found
    DISPOSED = "disposed"


def stage(certificate: Certificate, today: date) -> Stage:
    """How far the disposal has come on a day in Sweden."""
    steps = certificate.steps
    if steps.keys_destroyed_at is None:
        return Stage.DECIDED
    checked = certificate.verification, certificate.residue
    failed = (checked[0] and not checked[0].passed) or (checked[1] and checked[1].found)
    if failed:
        return Stage.UNPROVEN
    if steps.bytes_removed_at is None:
        return Stage.KEYS_DESTROYED
    if steps.backups_rolled_on is None or steps.backups_rolled_on > today:
        return Stage.BYTES_REMOVED
    return Stage.DISPOSED if all(checked) else Stage.UNPROVEN


def is_complete(certificate: Certificate, today: date) -> bool:
    """Whether "Gallrad" may be said: all three steps are behind, and shown to have reached all."""
    return stage(certificate, today) is Stage.DISPOSED


def state_in_words(certificate: Certificate, today: date, language: Language = "sv") -> str:
    """How far the disposal has come, with its dates, in one or two sentences."""
    say = say_in(language)
    steps = certificate.steps
    keys, removed = (
        stockholm_date(at).isoformat() if at is not None else ""
        for at in (steps.keys_destroyed_at, steps.bytes_removed_at)
    )
    rolled = steps.backups_rolled_on.isoformat() if steps.backups_rolled_on else ""
    match stage(certificate, today):
        case Stage.DECIDED:
            return say("Beslutad, inte verkställd.")
        case Stage.KEYS_DESTROYED:
            told = say("Nycklar förstörda {keys}. Lagrade bytes är ännu inte borttagna.")
        case Stage.BYTES_REMOVED if rolled:
            told = say(
                "Nycklar förstörda {keys}, lagrade bytes borttagna {removed}. Säkerhetskopiorna är "
                "utrullade först {rolled}; därefter är handlingarna gallrade."
            )
        case Stage.BYTES_REMOVED:
            told = say(
                "Nycklar förstörda {keys}, lagrade bytes borttagna {removed}. När "
                "säkerhetskopiorna är utrullade är inte känt; först därefter är handlingarna "
                "gallrade."
            )
        case Stage.UNPROVEN:
            return say("Inte slutförd: det är inte styrkt att allt är borta. Se Kontroll.")
        case Stage.DISPOSED:
            told = say(
                "Gallrad. Nycklar förstörda {keys}, lagrade bytes borttagna {removed}, "
                "säkerhetskopior utrullade {rolled}."
            )
    return told.format(keys=keys, removed=removed, rolled=rolled)
