"""Releases in words, the way a registrar would write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from archiver.web.i18n import Words, chosen, gettext, ngettext
from archiver.web.i18n import lazy_gettext as _l
from exports.core.masked import Kept
from exports.core.release import DECISIONS, REASONS, Because, Delivery, Item, ItemDecision
from exports.release import stop_words
from gdpr.core.mask import place

DELIVERIES: Mapping[Delivery, Words] = {
    Delivery.COUNTER: _l("över disk"),
    Delivery.POST: _l("med post"),
    Delivery.EMAIL: _l("med e-post"),
    Delivery.ON_SITE: _l("läst på stället"),
    Delivery.OTHER: _l("på annat sätt"),
}
LEAKS: Mapping[str, Words] = {
    "value": _l("något som ska vara dolt finns kvar"),
    "suspect": _l("kan vara en personuppgift som ingen har sett på"),
    "unreadable": _l("går inte att läsa, och kan därför inte kontrolleras"),
}
FIELDS: Mapping[str, Words] = {
    "author_name": _l("Avsändare"),
    "author_id": _l("Avsändarens konto"),
    "author_url": _l("Avsändarens adress"),
    "created_at": _l("Skapad"),
    "updated_at": _l("Ändrad"),
    "captured_at": _l("Fångad"),
    "legal_at": _l("Handlingens datum"),
    "kind": _l("Slag"),
    "title": _l("Rubrik"),
    "text": _l("Text"),
    "url": _l("Adress"),
    "links": _l("Länkar"),
    "attachments": _l("Bilagor"),
    "state": _l("Läge på plattformen när den hämtades"),
    "n": _l("Version"),
    "origin": _l("Ursprung"),
    "legal_basis": _l("Datumet enligt"),
}


FILES: Mapping[str, Words] = {
    "film": _l("filmen lämnas inte ut"),
    "sound": _l("ljudet lämnas inte ut"),
    "picture": _l("bilden lämnas inte ut"),
    "file": _l("filen lämnas inte ut"),
}


def decision_words(decision: str) -> str:
    """What becomes of an item."""
    return DECISIONS[ItemDecision(decision)].say(chosen())


def because_words(because: str) -> str:
    """Why an item is withheld."""
    return REASONS[Because(because)].say(chosen())


def left(item: Item, masks: int, pending: int) -> str:
    """What is left to do on an item before it can leave; "" if nothing is."""
    if item.decision is None:
        return gettext("ska bedömas")
    if item.decision is ItemDecision.GIVEN and masks:
        return gettext("har masker: välj maskad, eller ta bort dem")
    if item.decision is ItemDecision.MASKED and not masks:
        return gettext("ingen mask än")
    if item.leaves and pending:
        return ngettext("%(num)s förslag att se på", "%(num)s förslag att se på", pending)
    return ""


def leak_place(said: str) -> str:
    """Where the leak check found something, in the reader's language."""
    return said if chosen() == "en" else stop_words.place(said)


def leak_ref(said: str) -> str:
    """What the leak check found, in the reader's language."""
    return said if chosen() == "en" else stop_words.reference(said)


def masked_places(masks: Iterable[Kept]) -> Mapping[str, str]:
    """What each mask hides, by how the leak check calls it: the record and the field."""
    return {
        f"mask {one.seq}": f"R{one.mask.record}, {leak_place(place(one.mask.target))}"
        for one in masks
    }


def stop_reason(said: str) -> str:
    """Why a release may not leave, in the reader's language."""
    return said if chosen() == "en" else stop_words.stopped(said)


FILTERS: Mapping[str, Callable[..., object]] = {
    "item_decision": decision_words,
    "item_because": because_words,
    "delivery": lambda way: str(DELIVERIES[Delivery(way)]),
    "leak_words": lambda kind: str(LEAKS.get(kind, kind)),
    "leak_place": leak_place,
    "leak_ref": leak_ref,
    "stop_reason": stop_reason,
    "file_withheld": lambda kind: str(FILES[kind]),
    "given_field": lambda name: str(FIELDS.get(name, name)),
}
