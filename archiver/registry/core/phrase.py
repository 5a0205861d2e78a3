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

_ROUTING: Mapping[str, Wording] = {
    "text_not_utf8": Wording(
        "filen är inte sparad som UTF-8: spara om den så", "the file is not saved as UTF-8"
    ),
    "text_long": Wording(
        "filen är längre än {limit} tecken", "the file is longer than {limit} characters"
    ),
    "not_toml": Wording("raden är inte giltig TOML", "the line is not valid TOML"),
    "not_table": Wording("”{key}” ska vara en tabell", '"{key}" is to be a table'),
    "not_wording": Wording(
        "text ska anges på båda språken: {{ sv = …, en = … }}",
        "text is to be given in both languages: {{ sv = …, en = … }}",
    ),
    "not_text": Wording(
        "ska vara en text på högst 500 tecken", "is to be a text of at most 500 characters"
    ),
    "not_levels": Wording("nivåer är hela tal från 0 till 4", "levels are whole numbers 0 to 4"),
    "not_recipients": Wording(
        "mottagare är en lista med mottagares nycklar", "recipients are a list of recipients' keys"
    ),
    "not_boolean": Wording("ska vara true eller false", "is to be true or false"),
    "not_one_of": Wording(
        "”{value}” ska vara något av {allowed}", '"{value}" is to be of {allowed}'
    ),
    "not_clocks": Wording("klockor är en lista med tabeller", "clocks are a list of tables"),
    "not_count": Wording(
        "takten {pace} har antingen inget antal eller ett helt tal från 1 till 1000",
        "the pace {pace} has either no count or a whole number 1 to 1000",
    ),
    "key_unknown": Wording("nyckeln ”{key}” känns inte igen", 'the key "{key}" is not known'),
    "key_missing": Wording("nyckeln ”{key}” saknas", 'the key "{key}" is missing'),
    "fixed": Wording(
        "”{key}” i ”{route}” får inte ändras av myndigheten",
        '"{key}" of "{route}" is not for the authority to change',
    ),
    "route_unknown": Wording("det finns ingen väg ”{route}”", 'there is no route "{route}"'),
    "recipient_unknown": Wording(
        "det finns ingen mottagare ”{recipient}”", 'there is no recipient "{recipient}"'
    ),
    "no_recipient": Wording(
        "vägen ”{route}” har ingen mottagare", 'the route "{route}" has no recipient'
    ),
    "no_address": Wording(
        "ingen mottagare för ”{route}” har någon adress ({recipients})",
        'no recipient of "{route}" has an address ({recipients})',
    ),
    "stop_missing": Wording(
        "hårdstoppet ”{route}” saknas eller är avstängt",
        'the hard stop "{route}" is missing or switched off',
    ),
}

_PUBLIC: Mapping[str, Wording] = {
    "public_number": Wording(
        "texten innehåller ett personnummer eller något som liknar ett",
        "the text holds a personal identity number, or what looks like one",
    ),
    "public_telephone": Wording(
        "texten innehåller ett telefonnummer", "the text holds a telephone number"
    ),
    "public_email": Wording(
        "texten innehåller en e-postadress", "the text holds an e-mail address"
    ),
    "public_sender": Wording("texten nämner avsändaren vid namn", "the text names the sender"),
    "public_mention": Wording(
        "texten nämner ett användarnamn (@…)", "the text mentions a user name (@…)"
    ),
    "public_url": Wording(
        "texten innehåller en länk med ett användarnamn", "the text holds a link with a user name"
    ),
}

_RULES: Mapping[str, Wording] = {
    "not_number": Wording("”{key}” ska vara ett heltal", '"{key}" is to be a whole number'),
    "not_list": Wording("”{key}” ska vara en lista med texter", '"{key}" is to be a list of texts'),
    "not_pattern": Wording(
        "”{pattern}” är inget mönster: ord med mellanslag, ord*, a|b och … emellan",
        '"{pattern}" is no pattern: words with spaces, word*, a|b and … between',
    ),
    "rule_empty": Wording(
        "regeln säger inte vad den söker", "the rule does not say what it looks for"
    ),
}

_SUGGESTION: Mapping[str, Wording] = {
    "says": Wording("texten säger ”{words}”", "the text says ”{words}”"),
    "asks": Wording("en fråga ställs: ”{words}”", "a question is asked: ”{words}”"),
    "sender": Wording("avsändarens namn innehåller ”{words}”", "the sender's name holds ”{words}”"),
    "label_personal_number": Wording(
        "texten innehåller ett personnummer", "the text holds a personal identity number"
    ),
    "label_coordination_number": Wording(
        "texten innehåller ett samordningsnummer", "the text holds a coordination number"
    ),
    "needs_link": Wording("den innehåller en länk", "it holds a link"),
    "needs_media": Wording("den har bild, film eller länk", "it has a picture, a film or a link"),
    "needs_filtered": Wording(
        "plattformen har sorterat den som skräp", "the platform has sorted it as spam"
    ),
    "needs_no_words": Wording("den innehåller inga ord", "it holds no words"),
    "needs_only_tags": Wording(
        "den består bara av taggar och omnämnanden", "it holds tags and mentions only"
    ),
    "other_page": Wording(
        "den står på någon annans sida och verkar kräva handläggning",
        "it stands on somebody else's page and seems to call for handling",
    ),
}

_PACE: Mapping[str, Wording] = {
    "pace_immediately": Wording("genast", "at once"),
    "pace_without_delay": Wording("utan onödigt dröjsmål", "without undue delay"),
    "pace_same_day": Wording("samma arbetsdag", "the same working day"),
    "pace_hour": Wording("inom {n} timme", "within {n} hour"),
    "pace_hours": Wording("inom {n} timmar", "within {n} hours"),
    "pace_day": Wording("inom {n} dag", "within {n} day"),
    "pace_days": Wording("inom {n} dagar", "within {n} days"),
    "pace_working_day": Wording("inom {n} arbetsdag", "within {n} working day"),
    "pace_working_days": Wording("inom {n} arbetsdagar", "within {n} working days"),
    "pace_month": Wording("inom {n} månad", "within {n} month"),
    "pace_months": Wording("inom {n} månader", "within {n} months"),
}

_REFUSED: Mapping[str, Wording] = {
    "not_there": Wording("den finns inte här", "it is not there"),
    "decided": Wording("den har redan ett beslut", "it is decided on already"),
    "being_decided": Wording(
        "ett beslut om den väntar redan på att förseglas", "a decision on it waits to be sealed"
    ),
    "changed_since": Wording(
        "den har ändrats sedan sidan visades: läs den först",
        "it was changed after it was shown: read it first",
    ),
    "decided_since": Wording(
        "någon annan har beslutat om den sedan sidan visades",
        "somebody has decided on it after it was shown",
    ),
    "too_many": Wording(
        "högst {limit} handlingar beslutas på en gång",
        "at most {limit} records are decided on at once",
    ),
}

PHRASES: Mapping[str, Wording] = {
    **_PACE,
    **_REFUSED,
    **_FILE,
    **_SCHEME,
    **_ROUTING,
    **_PUBLIC,
    **_RULES,
    **_SUGGESTION,
}
