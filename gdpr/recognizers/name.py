"""Names of persons in running text: the trained model, or the lists alone where it is missing.

Two operating points. *Suggest*: what the model holds for a name, its words with a probability of
`CERTAIN` on average. *Leak check*: whatever it holds for one with a probability of `FLOOR`, and
every given name on the list that is no ordinary word.
The genitive's s is handed back: what is masked in "Annas hund" is Anna, so that the sentence stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from lzma import LZMAError

from gdpr.core.cue import words as words_of
from gdpr.core.recognizer import Found, Mode, Reading
from gdpr.core.span import Label, Span
from gdpr.model.gazetteer import given_names, is_surname, word_names
from gdpr.model.tagger import BEGIN, CERTAIN, FLOOR, INSIDE, LISTED, OTHER, Tagger
from gdpr.model.tokens import Token, tokens

_BY_MODEL = "reads as a person's name"
_BY_LIST = "stands on a list of names"
# Words that only hold a sentence together, and end the name before them where a person decides:
# "leyla i receptionen". None of them is a part of names ("von", "de", "al").
_BETWEEN = words_of(
    """att av bara blev blir då efter eller fick för från får gör ha hade han har hon hos hur i inom
    innan inte jag kan kom kommer man med mellan mot men nu när och om på sa ska som så till under
    ut vad var vi vid vill vår är år över"""
)
_KEEPS_S = ("ss", "as", "is", "us", "os", "es", "ns", "rs", "ts", "ks", "ls", "ys", "ds", "ms")


class NameRecognizer:
    """The recogniser of names; the model is read when first needed, once."""

    name = "name"
    version = 2
    examples: Sequence[str] = (
        "Tack ⟦Anna Lindgren⟧ för svaret",
        "⟦Anna⟧s hund är lös igen",
        "med vänlig hälsning ⟦Olof Hedlund⟧",
        "grannen ⟦kalle svensson⟧ eldar",
        "⟦Karl-Erik Björk-Ström⟧ är ny chef",
        "Beslutet är taget av ⟦A. Ek⟧ i maj",
        "⟦Mohamed Ibrahim⟧ har rätt",
        "det var ⟦samira hosseini⟧ som ringde",
        "prata med ⟦leyla⟧ i receptionen",
        "sten och grus överallt, vem bor så här?",
        "Testköpings kommun svarar inte",
        "All heder åt personalen",
    )

    @cached_property
    def _tagger(self) -> Tagger | None:
        try:
            return Tagger()
        except (OSError, LZMAError):
            return None

    @property
    def reduced(self) -> str:
        """What to say where the model is missing; "" where it is there."""
        return "" if self._tagger else "names: reduced (no readable model; only lists are used)"

    def find(self, reading: Reading) -> Iterable[Span]:
        """The names, without the genitive's s."""
        words = tokens(reading.plain)
        source = f"{self.name}/{self.version}"
        if self._tagger is None:
            found = [*_listed(words, ())]
        else:
            tags, likely = self._tagger.tags(reading.plain, [one.text for one in words])
            leak = reading.mode is Mode.LEAK_CHECK
            found = [*_tagged(words, tags, likely, leak)]
            if leak:
                found += _listed(words, tags)
        return [one.span(reading, source) for one in found]


def _tagged(
    words: Sequence[Token], tags: Sequence[str], likely: Sequence[float], leak: bool
) -> Iterator[Found]:
    """The runs of tokens that are parts of one name, and likely enough."""
    parts = [
        (leak or word.text not in _BETWEEN)
        and (
            tag in (BEGIN, INSIDE)
            or (chance >= FLOOR and (leak or (chance >= LISTED and _known(word.text, tag))))
        )
        for word, tag, chance in zip(words, tags, likely, strict=True)
    ]
    tags, likely = _with_given_names(words, tags, likely, parts)
    at = 0
    while at < len(words):
        if not parts[at]:
            at += 1
            continue
        end = at + 1
        while end < len(words) and parts[end] and tags[end] != BEGIN:
            end += 1
        first, last = _edges(words, at, end)
        if first < last:
            score = sum(likely[at:end]) / (end - at)
            least = LISTED if _known(words[first].text, tags[first]) else CERTAIN
            if leak or score >= least:
                yield _found(words[first:last], min(1.0, max(0.01, score)), _BY_MODEL)
        at = end


def _with_given_names(
    words: Sequence[Token], tags: Sequence[str], likely: Sequence[float], parts: list[bool]
) -> tuple[Sequence[str], Sequence[float]]:
    """Tags and chances where a given name of the list, which is no ordinary word, is one with the
    sure name that follows it: in text without capitals the model at times begins at the surname.
    `parts` gets it too."""
    tags, likely = list(tags), list(likely)
    for at in range(len(words) - 1, 0, -1):
        before, first = words[at - 1], words[at]
        if (
            parts[at]
            and not parts[at - 1]
            and tags[at] == BEGIN
            and likely[at] >= CERTAIN
            and before.end + 1 == first.start
            and _known(before.text, tags[at - 1])
        ):
            parts[at - 1], likely[at - 1] = True, likely[at]
            tags[at - 1], tags[at] = BEGIN, INSIDE
    return tags, likely


def _known(word: str, tag: str) -> bool:
    return tag != OTHER and word[0].isalpha() and _stands(word, alone=False)


def _edges(words: Sequence[Token], at: int, end: int) -> tuple[int, int]:
    """Without what is no word at the edges; the point of a last initial stays."""
    while at < end and not words[at].text[0].isalpha():
        at += 1
    while end > at and not words[end - 1].text[0].isalpha():
        end -= 1
    return at, end


def _listed(words: Sequence[Token], tags: Sequence[str]) -> Iterator[Found]:
    """Words on the list of given names that are no ordinary words, with surnames after them; none
    that the model, where there is one, holds for the name of something else ("Anna Lindhs plats").
    By the list alone only what is written as a name counts."""
    at = 0
    while at < len(words):
        if (tags and tags[at] == OTHER) or not _stands(words[at].text, alone=not tags):
            at += 1
            continue
        end = at + 1
        while end < len(words) and _follows(words[end].text, alone=not tags):
            end += 1
        yield _found(words[at:end], 0.3, _BY_LIST)
        at = end


def _stands(word: str, *, alone: bool) -> bool:
    low = word.casefold()
    if low not in given_names() and (word[0].isupper() or (len(low) > 5 and not alone)):
        low = bare_of(low)
    return low in given_names() and low not in word_names() and (word.istitle() or not alone)


def _follows(word: str, *, alone: bool) -> bool:
    low = bare_of(word.casefold())
    return is_surname(low) and (word[0].isupper() or (not alone and low not in word_names()))


def _found(run: Sequence[Token], score: float, reason: str) -> Found:
    last = run[-1]
    cut = len(last.text) - len(bare_of(last.text))
    return Found(run[0].start, last.end - cut, Label.PERSON, score, reason)


def bare_of(word: str) -> str:
    """A name without the genitive's s, if that is what its last letter is: "Annas" → "Anna",
    "Ek's" → "Ek"; "Hans", "Jonas" and "Abbas" are names themselves."""
    low = word.casefold()
    if low.endswith(("'s", "’s")):
        return word[:-2]
    if len(low) < 3 or low[-1] != "s" or _is_name(low):
        return word
    if _is_name(low[:-1]):
        return word[:-1]
    return word if low.endswith(_KEEPS_S) else word[:-1]


def _is_name(low: str) -> bool:
    last = low.rpartition("-")[2]
    return last in given_names() or is_surname(last)


recognizer = NameRecognizer()
