"""What the rules of the register say, as a code with its values: Swedish and English in one place.

A rule answers with a `Phrase`, never with a finished sentence: the code is stable data, the values
are what it was about, and the interface chooses the language. Values may quote what somebody wrote:
a phrase is for whoever may read the item, and is never written to a log or an error's text. An
unknown code is shown as it stands: an open enumeration must not hide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archiver.core.reason import Wording


@dataclass(frozen=True, slots=True)
class Phrase:
    """A code and the values its sentence is made of; `repr` leaves the values out."""

    code: str
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def say(self, language: str) -> str:
        """The sentence in that language, Swedish unless it is "en"."""
        wording = PHRASES.get(self.code)
        if wording is None:
            return " ".join((self.code, *(value for _, value in self.values)))
        return wording.say(language).format_map(dict(self.values))


def phrase(code: str, /, **values: object) -> Phrase:
    """A phrase with its values as text."""
    return Phrase(code, tuple((name, str(value)) for name, value in values.items()))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right in a file that was given: `row` as a spreadsheet counts (the first is
    1; 0 = the file as a whole), and the reason."""

    row: int
    reason: Phrase

    def say(self, language: str) -> str:
        """Row and reason in words."""
        if not self.row:
            return self.reason.say(language)
        row = f"Row {self.row}" if language == "en" else f"Rad {self.row}"
        return f"{row}: {self.reason.say(language)}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of which nothing was taken in, and all that is to be put right, in row order."""

    problems: tuple[Problem, ...]


_FILE: Mapping[str, Wording] = {
    "too_large": Wording("filen är större än {limit} MB", "the file is larger than {limit} MB"),
    "too_many_rows": Wording(
        "filen har fler än {limit} rader", "the file has more than {limit} rows"
    ),
    "not_utf8": Wording(
        "filen är inte sparad som UTF-8 (den kan vara Latin-1): spara om den som ”CSV UTF-8”",
        'the file is not saved as UTF-8 (it may be Latin-1): save it again as "CSV UTF-8"',
    ),
    "empty": Wording("filen har inga rader", "the file has no rows"),
    "quotes": Wording(
        "citattecknen går inte ihop, resten av filen kan inte läsas",
        "the quotation marks do not match, the rest of the file cannot be read",
    ),
    "cells": Wording(
        "raden har {found} fält, rubriken {expected}",
        "the row has {found} fields, the header {expected}",
    ),
    "column_missing": Wording(
        "kolumnen ”{column}” saknas i rubriken", 'the header has no column "{column}"'
    ),
    "column_unknown": Wording(
        "kolumnen ”{column}” känns inte igen", 'the column "{column}" is not known'
    ),
    "column_twice": Wording(
        "kolumnen ”{column}” finns två gånger", 'the column "{column}" stands there twice'
    ),
    "value_missing": Wording("”{column}” är tomt", '"{column}" is empty'),
    "value_long": Wording(
        "”{column}” är längre än {limit} tecken", '"{column}" is longer than {limit} characters'
    ),
    "control": Wording("”{column}” innehåller styrtecken", '"{column}" holds control characters'),
    "not_a_date": Wording(
        "”{value}” är inte ett datum: skriv ÅÅÅÅ-MM-DD", '"{value}" is no date: write YYYY-MM-DD'
    ),
    "ends_before": Wording(
        "gäller till {end}, före gäller från {start}", "valid to {end}, before valid from {start}"
    ),
}

_SCHEME: Mapping[str, Wording] = {
    "code_form": Wording(
        "”{code}” är ingen klasskod: bokstäver och siffror med . - eller / emellan",
        '"{code}" is no class code: letters and digits with . - or / between',
    ),
    "code_twice": Wording(
        "koden {code} finns redan på rad {row}", "the code {code} stands on row {row} already"
    ),
    "parent_missing": Wording(
        "den överordnade klassen {parent} finns inte", "there is no parent class {parent}"
    ),
    "cycle": Wording(
        "klassen {code} är sin egen överordnade (via {path})",
        "the class {code} is its own ancestor (by way of {path})",
    ),
    "outlives_parent": Wording(
        "klassen {code} gäller när den överordnade klassen {parent} inte gör det",
        "the class {code} is valid when its parent {parent} is not",
    ),
    "code_unknown": Wording(
        "koden {code} finns inte i {scheme} {version}",
        "there is no code {code} in {scheme} {version}",
    ),
    "code_not_valid": Wording(
        "handlingstypen gäller när klassen {code} inte gör det",
        "the record class is valid when the class {code} is not",
    ),
    "overlaps": Wording(
        "handlingstypen {key} gäller redan under samma tid på rad {row}",
        "the record class {key} is valid for the same time on row {row} already",
    ),
}

PHRASES: Mapping[str, Wording] = {**_FILE, **_SCHEME}
