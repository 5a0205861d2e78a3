"""Looks for all masked values at once, in a text or in bytes. Pure.

One automaton holds every form of every value (Aho and Corasick 1975), so the cost does not grow
with their number. The rules of what counts, so that an ordinary document raises no false alarm:

* A value of several words, or of eight letters or more, counts wherever its letters and digits
  follow each other, whatever separates them; so does a number of eight digits or more.
* A shorter one counts where it stands alone: at the edge of a word, of a number, of a part of a
  camelCase word, with a genitive s or not. A lone word of fewer than six letters counts only
  unbroken.
* A lone short name that is found in small letters only (ek, sten, björn) is a suspect, which a
  person can waive; so are numbers of up to four digits, single letters, short names without their
  accents in an address, and six words in a row of a long masked text.
* The surname alone of a masked full name is a suspect wherever it is a word: others bear it, and
  an official's name may be public. In small letters a surname that is a word of the language (ek,
  berg) is nothing.
* A number of up to four digits that a platform gave, or an account, is not looked for at all: "17"
  stands everywhere, and nobody could know whose it is.
* In what only perhaps was encoded, and in raw bytes, nothing of fewer than five letters or digits
  counts.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

from gdpr.core.written import read_out
from gdpr.leak.fold import Folded, bared, lowered, plain, words
from gdpr.leak.secret import Secret
from gdpr.model.gazetteer import surname_words, word_names

WHOLE = 8  # letters or digits from which a value needs no edge
UNBROKEN = 6  # letters below which a lone word is not looked for in pieces
NOISE = 5  # letters or digits that chance does not put together
IN_A_ROW = 6  # words of a long text that are taken for a part of it
_LEAST_OF_A_PART = 24  # letters
_SLUG = re.compile(r"[/_@%=]|\w-\w|\.\w")
_NUMBER = re.compile(r"[\d\s+()\-–./:,]+")
# "Anna Lind-Berg", "A. von Ek", "Ek, Anna": letters, at most five words.
_PART = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_FULL_NAME = re.compile(
    rf"(?:{_PART}\.? +){{1,4}}(?P<last>{_PART})|(?P<first>{_PART}), *{_PART}(?: +{_PART}\.?){{0,3}}"
)
_GIVEN_BY_A_PLATFORM = frozenset({"name", "handle", "url"})
_TWO_LETTERS = {"å": "aa", "ä": "ae", "ö": "oe", "ø": "oe", "æ": "ae", "ü": "ue"}
_ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")


class Hit(NamedTuple):
    """`secret`: its index. `at`: where in `Folded.plain`. `certain`: the value itself, not what may
    be it. `surname`: what of a full name it is, where it is that alone."""

    secret: int
    at: int
    certain: bool
    surname: str = ""


class _Form(NamedTuple):
    """A way to write a value. `edges`: it must stand alone. `broken`: separators may lie within.
    `name`: it was written with a capital, and small letters only make it a suspect. `address`: it
    counts in addresses only. `bare`: it has lost its accents. `surname`: it is one alone. `word`:
    small letters make it nothing."""

    secret: int
    text: str
    edges: bool = False
    broken: bool = True
    name: bool = False
    certain: bool = True
    address: bool = False
    bare: bool = False
    surname: str = ""
    word: bool = False


class Matcher:
    """All forms of all values."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        forms = list(chain.from_iterable(map(_forms, range(len(secrets)), secrets)))
        self._unbroken = _Automaton([one for one in forms if not one.broken])
        self._broken = _Automaton([one for one in forms if one.broken and not one.bare])
        self._bare = _Automaton([one for one in forms if one.broken and one.bare])
        self._bytes = sorted(set(chain.from_iterable(map(_encoded, range(len(secrets)), secrets))))
        patterns = [found for found, _ in self._bytes]
        self._raw = BytesAhoCorasick(patterns) if patterns else None

    def find(self, folded: Folded, *, noisy: bool = False) -> Iterator[Hit]:
        """Every place where a value, or what may be it, stands."""
        for text in (folded, folded.joined) if folded.joined else (folded,):
            for form, start, end in self._unbroken.find(text.low):
                if hit := _judged(form, text, start, end, noisy=noisy):
                    yield hit
        for automaton, compact in ((self._broken, folded.compact), (self._bare, folded.bare)):
            for form, first, last in automaton.find(compact):
                start, end = folded.place(first, last)
                if hit := _judged(form, folded, start, end, noisy=noisy):
                    yield hit

    def find_raw(self, content: bytes) -> Iterator[int]:
        """Indices of the values that stand in bytes which nothing here could decode."""
        if self._raw is None:
            return
        for index, start, end in self._raw.find_matches_as_indexes(content, overlapping=True):
            _, form = self._bytes[index]
            around = content[start - 1 : start] + b"\0" + content[end : end + 1]
            if not form.edges or not re.search(rb"[A-Za-z0-9]", around):
                yield form.secret


class _Automaton:
    """Forms by their text; the same text may be a form of several values."""

    def __init__(self, forms: Sequence[_Form]) -> None:
        self._forms: dict[str, list[_Form]] = {}
        for form in forms:
            if form.text:
                self._forms.setdefault(form.text, []).append(form)
        self._texts = list(self._forms)
        self._automaton = AhoCorasick(self._texts) if self._texts else None

    def find(self, text: str) -> Iterator[tuple[_Form, int, int]]:
        if self._automaton is None or not text:
            return
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        for index, start, end in found:
            for form in self._forms[self._texts[index]]:
                yield form, start, end


def _judged(form: _Form, text: Folded, start: int, end: int, *, noisy: bool) -> Hit | None:
    if noisy and len(form.text) < NOISE:
        return None
    plain = text.plain
    if form.edges and not _alone(plain, start, end):
        return None
    if form.address and not (end - start == len(form.text) and _in_address(plain, start, end)):
        return None
    small = (form.name or form.word) and plain[start:end].islower()
    if form.word and small:
        return None
    return Hit(form.secret, start, form.certain and not small, form.surname)


def _alone(text: str, start: int, end: int) -> bool:
    if start and _grown(text[start - 1], text[start]):
        return False
    if end == len(text) or not _grown(text[end - 1], text[end]):
        return True
    # Annas is Anna, and Klas' is Klas.
    genitive = text[end] in "sS" and text[end - 1].isalpha()
    return genitive and (end + 1 == len(text) or not _grown("a", text[end + 1].lower()))


def _grown(one: str, other: str) -> bool:
    """Whether two characters that follow each other are of one word or number."""
    if one.isalpha() and other.isalpha():
        return not (one.islower() and other.isupper())
    return one.isdigit() and other.isdigit()


def _in_address(text: str, start: int, end: int) -> bool:
    left = start
    while left and start - left < 200 and not text[left - 1].isspace():
        left -= 1
    right = end
    while right < len(text) and right - end < 200 and not text[right].isspace():
        right += 1
    return bool(_SLUG.search(text, left, right))


def _forms(index: int, secret: Secret) -> Iterator[_Form]:
    value = plain(secret.value).strip()
    parts = words(value)
    whole = "".join(parts)
    if not whole:  # a picture sign, or a line of stars
        yield _Form(index, lowered(value), broken=False)
    elif _NUMBER.fullmatch(value):
        if len(whole) > 4 or secret.category not in _GIVEN_BY_A_PLATFORM:
            yield from _number(index, whole)
    elif len(parts) == 1:
        yield from _lone(index, value, whole)
    else:
        yield from _several(index, parts, whole)
    for read in read_out(value):
        if read != value:
            yield from _forms(index, secret._replace(value=read))
    if secret.category == "name":
        yield from _surname(index, value)


def _surname(index: int, name: str) -> Iterator[_Form]:
    """The last word of a name of several, or the one before a comma."""
    found = _FULL_NAME.fullmatch(name)
    if found is None:
        return
    parts = words(found["last"] or found["first"])
    text = "".join(parts)
    word = text in word_names() or text in surname_words()
    broken = len(text) >= UNBROKEN or len(parts) > 1
    alone = _Form(index, text, edges=True, broken=broken, certain=False, surname=text, word=word)
    yield alone
    for one in sorted(_without_accents(text)):
        yield alone._replace(text=one, broken=True, bare=True, address=True)


def _number(index: int, digits: str) -> Iterator[_Form]:
    if len(digits) <= 4:
        yield _Form(index, digits, edges=True, broken=False, certain=False)
        return
    written = {digits}
    if len(digits) == 12 and digits[:2] in ("18", "19", "20"):
        written.add(digits[2:])
    for prefix in ("0046", "46", "0"):  # a telephone number with and without its country
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 7:
            written |= {digits[len(prefix) :], f"46{digits[len(prefix) :]}"}
            break
    for one in sorted(written):
        yield _Form(index, one, edges=len(one) < WHOLE)


def _lone(index: int, value: str, whole: str) -> Iterator[_Form]:
    short = len(whole) < WHOLE
    name = short and whole.isalpha() and value[:1].isupper()
    certain = len(whole) > 1
    if len(whole) < UNBROKEN:
        yield _Form(index, whole, edges=True, broken=False, name=name, certain=certain)
    else:
        yield _Form(index, whole, edges=short, name=name)
    for one in sorted(_without_accents(whole)):
        if len(whole) < UNBROKEN:
            yield _Form(index, one, edges=True, certain=False, address=True, bare=True)
        else:
            yield _Form(index, one, edges=short, name=name, bare=True)


def _several(index: int, parts: Sequence[str], whole: str) -> Iterator[_Form]:
    orders = [parts]
    if len(parts) <= 3 and whole.isalpha():
        orders.append([parts[-1], *parts[:-1]])  # "Ek, Anna"
    for order in orders:
        text = "".join(order)
        yield _Form(index, text, edges=len(text) < WHOLE)
        for one in sorted(_without_accents(text)):
            yield _Form(index, one, edges=len(one) < WHOLE, bare=True)
    if len(parts) <= IN_A_ROW + 2:
        return
    for at in range(len(parts) - IN_A_ROW + 1):
        part = "".join(parts[at : at + IN_A_ROW])
        if len(part) >= _LEAST_OF_A_PART:
            yield _Form(index, part, certain=False)


def _without_accents(text: str) -> set[str]:
    if text.isascii():
        return set()
    two = "".join(_TWO_LETTERS.get(one, one) for one in text)
    return {bared(text), bared(two)} - {text}


def _encoded(index: int, secret: Secret) -> Iterator[tuple[bytes, _Form]]:
    value = secret.value.strip()
    form = _Form(index, "", edges=sum(map(str.isalnum, value)) < WHOLE)
    if sum(map(str.isalnum, value)) < NOISE:
        return
    within = form._replace(edges=False)
    styles = {value, value.lower(), value.upper(), value.title()}
    styles |= {unicodedata.normalize("NFD", one) for one in styles}
    for style in sorted(styles):
        for encoding in _ENCODINGS:
            found = style.encode(encoding, "ignore")
            if len(found) < NOISE:
                continue
            yield found, form
            if style == value:
                yield found.hex().encode(), within
                yield found.hex().upper().encode(), within
                for shift in range(3):
                    coded = base64.b64encode(bytes(shift) + found)
                    first = (0, 2, 3)[shift]
                    last = len(coded) - (0, 3, 2)[(shift + len(found)) % 3]
                    if last - first >= UNBROKEN:
                        yield coded[first : last if last < len(coded) else None], within
