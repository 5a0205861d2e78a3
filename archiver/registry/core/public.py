"""What must not stand in a text meant for the web diarium: whatever points to a private person.

OSL 5 kap. 2 § lets sender and subject be left out of what the public is shown; the web view holds
no private persons, no personal numbers and no text of comments. This validator looks at the short
description that somebody wrote for it. It errs to the safe side: a false alarm costs a rewording, a
miss cannot be taken back. It cannot know every name: it knows the sender's, which is given to it.

Invariants: width variants, full-width digits and invisible characters hide nothing; a problem says
where in the text as it was given; its words never repeat what was found. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from archiver.registry.core.personal_number import PersonalNumbers
from archiver.registry.core.phrase import Phrase, phrase

_NUMBERS = PersonalNumbers(strict=False)
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+(?:@|\s?(?:\[at\]|\(at\)|\{at\}|\ssnabel-?a\s|\(snabel-?a\)|\[snabel-?a\])\s?)"
    r"[\w-]+(?:\.|\s?[\[(]?(?:punkt|dot)[\])]?\s?)\w[\w.-]*",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w.@/])(?:@[\w](?:[\w.-]*\w)?(?:@[\w.-]+)?|/?u/\w[\w-]+)")
_TELEPHONE = re.compile(
    r"(?<![\w+/:.,-])(?:(?:\+|00)\d{1,3}|\(?0)(?:[ \-–./()]{0,3}\d){5,13}(?![\w])"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"”]+|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:com|social)/[^\s<>\"”]+",
    re.I,
)
_NETWORKS = re.compile(
    r"(?:^|\.)(?:facebook|instagram|linkedin|twitter|x|tiktok|threads|youtube|snapchat|pinterest|"
    r"reddit|flickr|vk)\.(?:com|net)$|(?:^|\.)(?:fb\.com|bsky\.app|t\.me|flashback\.org)$"
)
_PLACES = frozenset({"groups", "events", "hashtag", "watch", "search", "explore", "tag", "tags"})
_PERSON_PATH = re.compile(r"/(?:@|~|(?:users?|profiles?|in|u|people|medlem|konto)/)[^/]")
_PERSON_KEYS = frozenset(
    {"name", "namn", "user", "username", "anvandare", "profile", "profile_id", "author", "email"}
)


@dataclass(frozen=True, slots=True)
class PublicProblem:
    """A reason why a text may not be shown to everybody, and where: [start, end) in the text.

    Codes: public_number, public_telephone, public_email, public_sender, public_mention, public_url.
    """

    reason: Phrase
    start: int
    end: int


def problems(text: str, sender: str = "") -> list[PublicProblem]:
    """Everything in a text that points to a private person, in order of place.

    `sender` is the display name of whoever the item is from, "" if the item is the authority's own.
    Its parts count where they stand as names: with a capital, also in the genitive.
    """
    plain, places = _plain(text)
    found: list[PublicProblem] = []
    taken: list[tuple[int, int]] = []
    for code, stretches in (
        ("public_url", _urls(plain)),
        ("public_number", ((one.start, one.end) for one in _NUMBERS.find(plain))),
        ("public_mention", _matches(_MENTION, plain)),
        ("public_email", _matches(_EMAIL, plain)),
        ("public_telephone", _telephones(plain)),
        ("public_sender", _names(plain, _plain(sender)[0])),
    ):
        for start, end in stretches:
            if not any(start < done and begun < end for begun, done in taken):
                taken.append((start, end))
                found.append(PublicProblem(phrase(code), places[start], places[end - 1] + 1))
    return sorted(found, key=lambda one: (one.start, one.end))


def _plain(text: str) -> tuple[str, list[int]]:
    """The text without what hides: compatibility forms unfolded, invisible characters left out; and
    the place in the given text of each character."""
    letters, places = [], []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf":
            continue
        for plain in unicodedata.normalize("NFKC", letter):
            letters.append(plain)
            places.append(place)
    return "".join(letters), places


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text))


def _telephones(text: str) -> Iterator[tuple[int, int]]:
    for start, end in _matches(_TELEPHONE, text):
        digits = sum(letter.isdecimal() for letter in text[start:end])
        if 8 <= digits <= 15:
            yield start, end


def _urls(text: str) -> Iterator[tuple[int, int]]:
    for match in _URL.finditer(text):
        if _names_a_person(match[0]):
            yield match.span()


def _names_a_person(url: str) -> bool:
    """Whether an address holds a user name: before the host, in a path or a query that is about a
    person, or as the first part of a path on a social network."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return True  # an address nobody can take apart is not for publication
    first = parts.path.strip("/").split("/")[0].casefold()
    return (
        parts.username is not None
        or _PERSON_PATH.search(parts.path) is not None
        or any(key.casefold() in _PERSON_KEYS for key, _ in parse_qsl(parts.query))
        or bool(_NETWORKS.search(host) and first and first not in _PLACES)
    )


def _names(text: str, sender: str) -> Iterator[tuple[int, int]]:
    """The sender's whole name in any case, then its parts where they begin with a capital."""
    parts = re.findall(r"\w+(?:[-'’]\w+)*", sender)
    if not parts:
        return
    whole = r"[\W_]*".join(map(re.escape, parts))
    yield from _matches(re.compile(rf"(?<!\w){whole}(?:s|:s)?(?!\w)", re.IGNORECASE), text)
    for part in parts if len(parts) > 1 else ():
        for match in re.finditer(rf"(?<!\w){re.escape(part)}(?:s|:s)?(?!\w)", text, re.IGNORECASE):
            if len(part) > 1 and match[0][0].isupper():
                yield match.span()


def texts(found: Iterable[PublicProblem], language: str) -> list[str]:
    """The reasons in words, each once."""
    return list(dict.fromkeys(one.reason.say(language) for one in found))
