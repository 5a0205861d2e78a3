"""Fields of forms as data: what is asked for, and how what was typed is read. Nothing is guessed: a
day that is none, or a choice that is not offered, is a mistake beside its field."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from werkzeug.datastructures import FileStorage

from archiver.web.form import MOST, Form
from archiver.web.i18n import Words, gettext

Choices: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]  # name of a list → code and words
Given: TypeAlias = dict[str, Any]  # by the kinds of the fields: text, a day, a tuple, a file …


class Kind(StrEnum):
    """How a field is typed."""

    TEXT = "text"
    AREA = "area"
    DAY = "day"
    CHOICE = "choice"
    MANY = "many"
    TICK = "tick"
    FILE = "file"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: its `name` in the form, and the `key` of what is said. `of`: the list of choices it
    is one of; `to`: what a choice's code is made into."""

    name: str
    key: str
    label: Words
    kind: Kind = Kind.TEXT
    needed: bool = False
    help: Words = ""
    of: str = ""
    to: Callable[[str], object] = str


class Upload(NamedTuple):
    """A file that was shown, not kept: its name and its SHA-256 (hex)."""

    name: str
    sha256: str


def read(
    fields: Sequence[Field], form: Form, files: Mapping[str, FileStorage], choices: Choices
) -> Given:
    """What was typed, by key; what is wrong with it is noted in the form."""
    for name in form.cut:
        form.wrong(name, gettext("Texten är för lång: högst %(num)s tecken.", num=MOST))
    return {one.key: _value(one, form, files, choices) for one in fields}


def _value(field: Field, form: Form, files: Mapping[str, FileStorage], choices: Choices) -> object:
    text = form.text(field.name)
    offered = {code for code, _ in choices.get(field.of, ())}
    match field.kind:
        case Kind.TICK:
            return bool(text)
        case Kind.FILE:
            return _file(files.get(field.name))
        case Kind.MANY:
            return _many(field, form, offered)
    if not text:
        if field.needed:
            form.wrong(field.name, gettext("Fyll i: %(what)s.", what=str(field.label)))
        return None if field.kind is Kind.DAY else ""
    match field.kind:
        case Kind.DAY:
            return _day(field, form, text)
        case Kind.CHOICE if text not in offered:
            form.wrong(field.name, gettext("Välj ett av alternativen."))
            return ""
        case Kind.CHOICE:
            return field.to(text)
    return text


def _many(field: Field, form: Form, offered: set[str]) -> tuple[object, ...]:
    start = f"{field.name}-"
    ticked = [name.removeprefix(start) for name in form.values if name.startswith(start)]
    if not offered.issuperset(ticked):
        form.wrong(field.name, gettext("Välj bland alternativen."))
        return ()
    if field.needed and not ticked:
        form.wrong(field.name, gettext("Välj minst ett: %(what)s.", what=str(field.label)))
    return tuple(field.to(one) for one in ticked)


def _day(field: Field, form: Form, text: str) -> date | None:
    try:
        if len(text) != len("2026-11-22"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        form.wrong(field.name, gettext("Skriv dagen som ÅÅÅÅ-MM-DD."))
        return None


def _file(file: FileStorage | None) -> Upload | None:
    if file is None or not file.filename:
        return None
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    return Upload(name, hashlib.file_digest(file.stream, "sha256").hexdigest())  # type: ignore[arg-type]  # in memory
