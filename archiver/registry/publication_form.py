"""The form of what an authority decides of its web diarium: read strictly, mistakes by field.

What `core.publication.checked` will ask of a setting is asked here first, so that it is told beside
its field and in the reader's language. Nothing is allowed that was not ticked.
"""

from __future__ import annotations

from datetime import date

from archiver.registry.core import public
from archiver.registry.core.entry import MAX_NAME, Direction
from archiver.registry.core.publication import (
    MAX_CLASSES,
    MAX_DAYS,
    MAX_DESCRIPTION,
    Field,
    Ruling,
    Setting,
)
from archiver.web.dates import parse_day
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext

_MAX_CLASS, _MAX_NUMBER, _MAX_PERSON = 100, 60, 100  # characters


def typed(setting: Setting) -> Form:
    """The form as it is filled in with what is decided."""
    ruling = setting.ruling
    values = {
        "beslut": ruling.number if ruling else "",
        "beslutsdag": ruling.day if ruling else "",
        "organ": ruling.body if ruling else "",
        "klasser": "\n".join(sorted(setting.record_classes)),
        "dagar": str(setting.days or ""),
        "nedtagare": setting.takes_down,
        "kontakt": setting.contact,
        "beskrivning": setting.description,
        "description": setting.description_en,
        "pa": "1" if setting.on else "",
        "utan-rubrik": "1" if setting.bare else "",
        **{f"falt-{one}": "1" for one in setting.fields},
        **{f"riktning-{one}": "1" for one in setting.directions},
    }
    return Form(values)


def setting_of(form: Form, authority: int, today: date) -> Setting:
    """What was typed, as far as it makes sense; what does not is noted in the form."""
    on = form.text("pa") == "1"
    setting = Setting(
        authority=authority,
        on=on,
        ruling=_ruling(form, today, needed=on),
        fields=frozenset(one for one in Field if form.text(f"falt-{one}") == "1"),
        record_classes=_classes(form),
        directions=frozenset(one for one in Direction if form.text(f"riktning-{one}") == "1"),
        days=_days(form),
        bare=form.text("utan-rubrik") == "1",
        takes_down=_line(form, "nedtagare", _MAX_PERSON),
        contact=_line(form, "kontakt", MAX_NAME),
        description=_text(form, "beskrivning"),
        description_en=_text(form, "description"),
    )
    if on:
        _needed(form, setting)
    return setting


def _ruling(form: Form, today: date, *, needed: bool) -> Ruling | None:
    number = _line(form, "beslut", _MAX_NUMBER)
    body = _line(form, "organ", MAX_NAME)
    text = form.text("beslutsdag")
    day = parse_day(text)
    if not (number or body or text or needed):
        return None
    if not number:
        form.wrong("beslut", gettext("Skriv beslutets nummer."))
    if day is None:
        form.wrong("beslutsdag", gettext("Skriv vilken dag beslutet fattades, som ÅÅÅÅ-MM-DD."))
    elif day > today:
        form.wrong("beslutsdag", gettext("Dagen har inte varit än. Publicera när beslutet finns."))
    if not body:
        form.wrong("organ", gettext("Skriv vem som fattade beslutet."))
    return Ruling(number=number, day=f"{day:%Y-%m-%d}", body=body) if day else None


def _classes(form: Form) -> frozenset[str]:
    found = [one.strip() for one in form.text("klasser").splitlines() if one.strip()]
    if len(found) > MAX_CLASSES or any(len(one) > _MAX_CLASS for one in found):
        said = gettext(
            "Högst %(most)s handlingstyper, en på varje rad, med högst %(long)s tecken.",
            most=MAX_CLASSES,
            long=_MAX_CLASS,
        )
        form.wrong("klasser", said)
    for one in found:
        _plain(form, "klasser", one)
        if why := "; ".join(public.texts(public.problems(one), chosen())):
            form.wrong("klasser", gettext("En handlingstyp pekar ut någon: %(why)s.", why=why))
    return frozenset(found)


def _days(form: Form) -> int:
    text, days = form.text("dagar"), form.number("dagar")
    if text and (days is None or not 1 <= days <= MAX_DAYS):
        form.wrong("dagar", gettext("Skriv ett antal dagar från 1 till %(most)s.", most=MAX_DAYS))
        return 0
    return days or 0


def _line(form: Form, name: str, most: int) -> str:
    text = " ".join(form.text(name).split())
    if len(text) > most:
        form.wrong(name, gettext("Högst %(most)s tecken.", most=most))
    _plain(form, name, text)
    return text


def _text(form: Form, name: str) -> str:
    text = form.text(name).replace("\r\n", "\n")
    if len(text) > MAX_DESCRIPTION:
        form.wrong(name, gettext("Högst %(most)s tecken.", most=MAX_DESCRIPTION))
    _plain(form, name, text.replace("\n", "").replace("\t", " "))
    return text


def _plain(form: Form, name: str, text: str) -> None:
    if not text.isprintable():
        form.wrong(name, gettext("Texten innehåller tecken som inte är text."))


def _needed(form: Form, setting: Setting) -> None:
    """What a web diarium that is on rests on."""
    if Field.NUMBER not in setting.fields:
        form.wrong("falt-number", gettext("Diarienumret måste vara med."))
    if not setting.record_classes:
        form.wrong("klasser", gettext("Skriv minst en handlingstyp som får visas."))
    if not setting.directions:
        form.wrong("riktning-received", gettext("Välj minst en riktning."))
    if not setting.days:
        form.wrong("dagar", gettext("Skriv hur många dagar en post visas."))
    if not setting.takes_down:
        form.wrong("nedtagare", gettext("Skriv vem som tar ner det som inte ska visas."))
    if not setting.contact:
        form.wrong("kontakt", gettext("Skriv vart den som läser kan vända sig."))
    if not setting.description:
        form.wrong(
            "beskrivning", gettext("Beskriv vad myndigheten har för handlingar (OSL 4 kap. 2 §).")
        )
