"""Makes more examples of those there are: templates filled, names exchanged, case worn off.

Without worn case the model finds no name in text that is written small; without exchanged names it
knows those of the news of one year. All randomness is the caller's, so that the same corpora and
seed make the same model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

from gdpr.core.cue import words
from gdpr.model.corpora import BODY, PERSON, PLACE, Example, Mark
from gdpr.model.gazetteer import SURNAMES

TEMPLATES = Path(__file__).with_name("templates.txt")
NICKNAMES = Path(__file__).with_name("nicknames.txt")
_SLOT = re.compile(r"\{(\w+)\}")

_HEADS = sorted(
    words(
        """Tall Gran Ek Sjö Berg Lund Norr Söder Väster Öster Vret Alm Björk Stor Lill Kvarn Hag"""
    )
)
_TAILS = sorted(
    words("""åsa hamra vik holm stad köping by torp hult sta näs bo fors ryd berga inge ås dal""")
)
_BODIES = """{p}s kommun|{p} kommun|{p}skolan|Tekniska förvaltningen|Socialtjänsten|Hemtjänsten|
Räddningstjänsten|Trafikverket|Försäkringskassan|Ica {p}|Coop|Lidl|{p}s IF|{p}shem|{f}skolan|
{l} Bygg AB|Länsstyrelsen|Polisen i {p}|{p}s bibliotek|{p}s förskola|S:ta {f}s förskola|{f}gården|
Region {p}|Miljönämnden|Barn- och utbildningsnämnden|SVT|Aftonbladet|{p}badet|Svenska kyrkan|
{l}stiftelsen|Sankt {f}s kyrka|Västtrafik|Friskis|{p}s tidning|{p} FC|{f}s pizzeria""".replace(
    "\n", ""
)
_STREETS = sorted(words("""gatan vägen stigen gränd backen torget allén"""))
_MONTHS = "januari februari mars april maj juni juli augusti september oktober november december"
_EMOJI = sorted(words("""😂 👍 ❤️ 😡 🙏 👏👏 🤬 😭 💚 🎉"""))
_OPEN = [
    "Suck. ",
    "Bra! ",
    "Tack! ",
    "Hej! ",
    "Va? ",
    "Skandal. ",
    "Ja. ",
    "Nej. ",
    "Nu räcker det. ",
    "Jaha. ",
]
_CLOSE = [
    " Suck.",
    " Bra!",
    " Tack!",
    " Hoppas på svar",
    " Fixa detta",
    " Mvh",
    " Skärpning!",
    " Ha det",
    " Usch",
    " ...",
]


class Names:
    """Draws names: common and rare, Swedish and others, as a municipality's people have them."""

    def __init__(
        self, counts: Sequence[tuple[str, int]], others: Mapping[str, Sequence[str]], random: Random
    ) -> None:
        self._random = random
        self._first = [name for name, _ in counts if " " not in name]
        self._weights = list(accumulate(n**0.6 for name, n in counts if " " not in name))
        self._last = SURNAMES.read_text("utf-8").split()
        self._others = others
        self._nick = NICKNAMES.read_text("utf-8").split()

    def first(self) -> str:
        one = self._given()
        chance = self._random.random()
        if chance < 0.06:
            return f"{one}-{self._given()}"
        return f"{one} {self._given()}" if chance < 0.08 else one

    def last(self) -> str:
        chance = self._random.random()
        if chance < 0.07:
            return f"{self._family()}-{self._family()}"
        if chance < 0.09:
            return f"{self._random.choice(('von', 'af', 'de', 'van', 'el', 'al'))} {self._family()}"
        return f"{self._given()}" if chance < 0.12 else self._family()

    def full(self) -> str:
        if self._random.random() < 0.05:
            return f"{self.first()} {self._given()[0]}. {self.last()}"
        return f"{self.first()} {self.last()}"

    def nick(self) -> str:
        one = self._random.choice(self._nick).capitalize()
        chance = self._random.random()
        if chance < 0.06:
            return f"{self._random.choice(('Lill', 'Stor', 'Gamm', 'Snickar', 'Taxi'))}-{one}"
        return f"{one} {self.last()}" if chance < 0.15 else one

    def initial(self) -> str:
        chance = self._random.random()
        one = self._given()[0].upper()
        if chance < 0.5:
            return f"{one}. {self.last()}"
        if chance < 0.7:
            return f"{one} {self.last()}"
        if chance < 0.85:
            return f"{one}.{self._given()[0].upper()}. {self.last()}"
        return f"{self.first()} {self.last()[0].upper()}"

    def name(self) -> str:
        kinds = (self.first, self.first, self.full, self.full, self.full, self.nick, self.initial)
        return self._random.choice(kinds)()

    def place(self) -> str:
        if self._random.random() < 0.6:
            return self._random.choice(self._others[PLACE])
        return self._random.choice(_HEADS) + self._random.choice(_TAILS)

    def body(self) -> str:
        if self._random.random() < 0.5:
            return self._random.choice(self._others[BODY])
        body = self._random.choice(_BODIES.split("|"))
        return body.format(p=self.place(), f=self._given(), l=self._family())

    def _given(self) -> str:
        if self._random.random() < 0.35:
            return self._random.choice(self._first)
        return self._random.choices(self._first, cum_weights=self._weights)[0]

    def _family(self) -> str:
        if self._random.random() < 0.12:  # one that no list has
            return self._random.choice(_HEADS) + self._random.choice(
                ("ensjö", "elius", "enberg", "åsén", "imo", "ovic", "ari", "eddin", "onen", "ström")
            )
        return "-".join(part.capitalize() for part in self._random.choice(self._last).split("-"))


def filled(names: Names, random: Random, times: int) -> Iterator[Example]:
    """Every template `times` times, with what people write before and after."""
    lines = TEMPLATES.read_text("utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    for _ in range(times):
        for line in lines:
            opening = random.choice(_OPEN) if random.random() < 0.25 else ""
            closing = random.choice(_CLOSE) if random.random() < 0.25 else ""
            if random.random() < 0.15:
                closing += " " + random.choice(_EMOJI)
            parts = [line, random.choice(lines)] if random.random() < 0.3 else [line]
            sep = random.choice((". ", " ", "\n", "! "))
            yield _fill(opening + sep.join(parts) + closing, names, random)


def _fill(line: str, names: Names, random: Random) -> Example:
    text, at = "", 0
    marks: list[Mark] = []
    for slot in _SLOT.finditer(line):
        text += line[at : slot.start()]
        at = slot.end()
        if slot[1] == "s":
            text += "" if text[-1] in "sxz" else "s"
            marks[-1] = marks[-1]._replace(end=len(text))
            continue
        word, label = _word(slot[1], names, random)
        if label:
            marks.append(Mark(len(text), len(text) + len(word), label))
        text += word
    return Example(text + line[at:], tuple(marks))


def _word(slot: str, names: Names, random: Random) -> tuple[str, str]:
    if slot in ("first", "full", "last", "nick", "initial", "name"):
        return getattr(names, slot)(), PERSON
    match slot:
        case "place":
            return names.place(), PLACE
        case "org":
            return names.body(), BODY
        case "street":
            head = random.choice(_HEADS) if random.random() < 0.8 else names.first() + "s "
            return f"{head}{random.choice(_STREETS)} {random.randint(1, 99)}", PLACE
        case "date":
            return f"{random.randint(1, 28)} {random.choice(_MONTHS.split())}", ""
        case "phone":
            return f"070-174 06 {random.randint(10, 99)}", ""
        case "email":
            return "namn.namnsson@example.se", ""
        case _:
            return str(random.randint(2, 2000)), ""


def exchanged(one: Example, names: Names, random: Random) -> Example:
    """The same text about other persons: each name of the same length class, or another form."""
    text, at = "", 0
    marks: list[Mark] = []
    for mark in one.marks:
        text += one.text[at : mark.start]
        word = one.text[mark.start : mark.end]
        if mark.label == PERSON:
            genitive = word.endswith("s") and not word.endswith(("ss", "as", "us"))
            if random.random() < 0.35:
                word = names.name()
            else:
                word = names.full() if " " in word else names.last()
                if genitive and random.random() < 0.5 and word[-1] != "s":
                    word += "s"
        marks.append(Mark(len(text), len(text) + len(word), mark.label))
        text += word
        at = mark.end
    return Example(text + one.text[at:], tuple(marks))


_SUBJECT = words("""jag du han hon hen vi ni de dom""")
_OBJECT = frozenset(["mig", "dig", "honom", "henne", "oss", "dem"])
_OWNER = frozenset(["min", "mitt", "mina", "hans", "hennes", "deras"])
_PRONOUN = re.compile(
    rf"(?<![\w'’-])(?:{'|'.join(sorted(_SUBJECT | _OBJECT | _OWNER))})(?![\w'’-])", re.IGNORECASE
)


def named(one: Example, names: Names, random: Random) -> Example | None:
    """The same text with a pronoun exchanged for a name, which Swedish takes as it is: a verb has
    one form for all persons. None where there is no pronoun outside the marks."""
    places = [
        found
        for found in _PRONOUN.finditer(one.text)
        if not any(mark.start < found.end() and found.start() < mark.end for mark in one.marks)
    ]
    if not places:
        return None
    place = random.choice(places)
    kinds = (names.first, names.first, names.first, names.nick, names.full, names.full, names.last)
    word = random.choice((*kinds, names.initial))()
    if place[0].lower() in _OWNER and word[-1] not in "sxz":
        word += "s"
    grown = len(word) - len(place[0])
    mark = Mark(place.start(), place.start() + len(word), PERSON)
    before = [each for each in one.marks if each.end <= place.start()]
    after = [
        Mark(each.start + grown, each.end + grown, each.label)
        for each in one.marks
        if each.start >= place.end()
    ]
    text = one.text[: place.start()] + word + one.text[place.end() :]
    return Example(text, (*before, mark, *after))


def worn(one: Example, random: Random, *, lower: float, upper: float, typos: float) -> Example:
    """The example in small or capital letters, or with a letter doubled, lost or exchanged outside
    its marks, with these probabilities."""
    text = one.text
    if random.random() < typos:
        free = [
            at
            for at in range(1, len(text) - 1)
            if text[at - 1 : at + 2].isalpha()
            and not any(mark.start - 1 <= at <= mark.end for mark in one.marks)
        ]
        if free:  # one letter exchanged with the next keeps every offset
            at = random.choice(free)
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    chance = random.random()
    if chance < lower + upper:
        cased = text.lower() if chance < lower else text.upper()
        text = cased if len(cased) == len(text) else text
    return one._replace(text=text)
