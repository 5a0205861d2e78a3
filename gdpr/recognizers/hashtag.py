"""Names within hashtags: #hejaMargit, #tackannasvensson, #AnnaLindgren.

Nothing separates the words but a capital letter, if that. What is left after a word that people put
before a name ("heja", "saknar"), or between two capitals, is sought in the lists of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.cue import words
from gdpr.core.recognizer import Found, Mode, Reading, Rule
from gdpr.core.span import Label
from gdpr.model.gazetteer import given_names, is_surname, nicknames, word_names

_TAG = re.compile(r"(?<![\w&])#(\w{2,60}(?:-\w+)*)")
_PART = re.compile(
    r"[^\W\d_](?:[^\W\d_](?<![A-ZÅÄÖÉÜ])|-(?=[^\W\d_])|(?<=-)[^\W\d_])*|[A-ZÅÄÖÉÜ]+(?![^\W\d_])"
)
_LEADS = tuple(
    sorted(
        words(
            """heja saknar tack grattis stöd stödjer stötta free fria frige rip vilaifrid älskar
    viälskar team go bring hjälp rädda minns till för vi med avgå stoppa jagär jesuis
    prayfor pray rösta röstapå lyssnapå stå ståupp ståuppför rättvisaför rättvisa justicefor
    justice välkommen kram kramtill hyllar bravo leve länge längeleve saveour save hej hejdå
    adjö jagstår jagtror påminn minnet minnetav tillminneav glöminte hurra hurraför kom hem
    komhem vivill vivillha lova låt hatar bojkotta fuck sparka avsätt fängsla"""
        ),
        key=lambda one: (-len(one), one),
    )
)
_FOLLOWS = ("stannar", "avgå", "måste", "har", "för", "forever", "och", "är", "rätt", "ut", "nu")


def _known(word: str) -> int:
    """2: a name and nothing else; 1: a name that is a word too; 0: none that is listed."""
    low = word.casefold()
    if "-" in low:
        return min(map(_known, filter(None, low.split("-"))), default=0)
    bare = low.removesuffix("s")
    for one in (low, bare):
        if one in given_names() or one in nicknames() or is_surname(one):
            return 1 if one in word_names() or len(one) < 3 else 2
    return 0


def _seek(reading: Reading) -> Iterator[Found]:
    if "#" not in reading.plain:
        return
    leak = reading.mode is Mode.LEAK_CHECK
    for tag in _TAG.finditer(reading.plain):
        for start, end, listed in _names(tag[1], leak=leak):
            at = tag.start(1)
            yield Found(
                at + start, at + end, Label.PERSON, 0.8 if listed else 0.4, "a name in a hashtag"
            )


def _names(tag: str, *, leak: bool) -> Iterator[tuple[int, int, bool]]:
    """Where names stand in a tag, and whether the lists know them."""
    low = tag.casefold() if len(tag.casefold()) == len(tag) else tag
    lead = next((one for one in _LEADS if low.startswith(one) and len(low) > len(one) + 1), "")
    parts = [(one.start(), one.end()) for one in _PART.finditer(tag)]
    if len(parts) > 1 and not tag.isupper():
        yield from _between_capitals(tag, parts, lead, leak=leak)
        return
    for begin in dict.fromkeys((len(lead), 0)):
        if end := _run_together(low, begin, lead=bool(begin), leak=leak):
            yield begin, end, True
            return
    if lead and leak:
        yield len(lead), len(tag), False


def _between_capitals(
    tag: str, parts: list[tuple[int, int]], lead: str, *, leak: bool
) -> Iterator[tuple[int, int, bool]]:
    run: tuple[int, int] | None = None
    for start, end in [*parts, (len(tag), len(tag))]:
        sure = _known(tag[start:end])
        led = bool(lead) and start == len(lead)
        if tag[start:end] and (sure == 2 or (sure and (led or run or leak)) or (led and leak)):
            run = (run[0] if run else start, end)
        elif run:
            yield *run, True
            run = None


def _run_together(low: str, begin: int, *, lead: bool, leak: bool) -> int:
    """The end of the name that a tag in small letters has from `begin`; 0 if there is none."""
    rest = low[begin:]
    for word in _FOLLOWS:
        if lead and rest.endswith(word) and _known(rest.removesuffix(word)) == 2:
            return begin + len(rest) - len(word)
    sure = _known(rest)
    if (sure == 2 and (lead or leak or len(rest) > 3)) or (sure and lead):
        return begin + len(rest)
    for cut in range(3, len(rest) - 2):  # a given name and a surname
        if rest[:cut] in given_names() and is_surname(rest[cut:]) and _known(rest[:cut]) == 2:
            return begin + len(rest)
    return 0


recognizer = Rule(
    name="hashtag",
    version=1,
    examples=(
        "#heja⟦Margit⟧ stort tack",
        "#heja⟦werner⟧ stort tack",
        "#HEJA⟦WERNER⟧",
        "#heja⟦Anna-Maria⟧ stort tack",
        "#saknar⟦Samuel⟧ varje dag",
        "#⟦AnnaLindgren⟧ borde avgå",
        "#tack⟦annalindgren⟧",
        "#⟦annalindgren⟧",
        "#låt⟦Ibrahim⟧Stanna",
        "#bygglov #snöröjning #testköping",
        "#hejaHembygden",
        "#solochbad",
        "nummer #1",
        "&#123;",
    ),
    seek=_seek,
)
