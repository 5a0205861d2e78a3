"""Texts of information: which topics they must touch, and whether they do.

Who reads a channel is told who provides it, how far others see what they send, what may not be
posted and what is done about it (BBS-lagen 3–5 §§), that what they write is an official document,
how their data are processed (GDPR art. 13), and where to turn otherwise. A topic is data
(`topics.toml`): phrases of which one is enough. A phrase is words, or their beginnings ("hets*"),
that all stand in one sentence, in any order. That finds words, not meaning: a person may judge
otherwise, with a reason, of the texts as they are; once they change, the words count again.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from archiver.core.reason import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something a text must touch. `check`: which check asks; `law`: what it rests on; `phrases`:
    one is enough; `contact`: a way to reach the authority outside the platform is asked for."""

    id: str
    check: str
    words: Wording
    law: str
    phrases: tuple[str, ...] = ()
    contact: bool = False


class Shown(NamedTuple):
    """A text as it stands in a place of a channel ("" when nothing is shown there any more), and
    those that stood there before. `stale`: seen by a person too long ago; `record`: its entry, if
    it lies in the archive."""

    place: str
    text: str
    before: tuple[str, ...] = ()
    stale: bool = False
    record: int | None = None


class Judged(NamedTuple):
    """A person's judgement of a topic, for the texts of this digest."""

    topic: str
    met: bool
    digest: str


class Read(NamedTuple):
    """What the texts of a channel say of topics: those `missing`, of them those that an earlier
    text had (`gone`), and those that a person judged (`by_hand`). `shown`: whether there is a text
    at all."""

    channel: int
    shown: bool
    missing: tuple[str, ...]
    gone: tuple[str, ...]
    by_hand: tuple[str, ...]
    stale: bool


def digest_of(texts: Iterable[Shown]) -> str:
    """What a judgement is bound to: SHA-256 over the texts that are shown, in the order of their
    places."""
    shown = sorted((one.place, one.text) for one in texts if one.text.strip())
    digest = sha256()
    for part in (part for pair in shown for part in pair):
        data = part.encode()
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()


def read(
    channel: int,
    texts: Sequence[Shown],
    topics: Iterable[Topic],
    judged: Iterable[Judged],
    hosts: Collection[str],
) -> Read:
    """What the texts of a channel say. `judged` in the order of the log; `hosts`: of platforms,
    which are no way to reach the authority outside them."""
    now = [one.text for one in texts if one.text.strip()]
    before = [text for one in texts for text in one.before]
    digest = digest_of(texts)
    hand: Mapping[str, bool] = {one.topic: one.met for one in judged if one.digest == digest}
    missing, gone, by_hand = [], [], []
    for topic in topics:
        if now and topic.id in hand:
            by_hand.append(topic.id)
            met = hand[topic.id]
        else:
            met = any(touches(topic, text, hosts) for text in now)
        if not met:
            missing.append(topic.id)
            if any(touches(topic, text, hosts) for text in before):
                gone.append(topic.id)
    stale = any(one.stale for one in texts if one.text.strip())
    return Read(channel, bool(now), tuple(missing), tuple(gone), tuple(by_hand), stale)


# A line that is merely broken goes on in the next; a blank line, a bullet or a capital begins anew.
_SENTENCE = re.compile(r"[.!?;:]+(?=\s|$)|[•·]|\n(?=\s*(?:\n|[-*–\dA-ZÅÄÖ]))")
_WORD = re.compile(r"\w+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_TELEPHONE = re.compile(r"(?<!\d)(?:\+46|0)[\d \-–()/]{5,14}\d(?!\d)")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+|\b[\w-]+(?:\.[\w-]+)*\.(?:se|nu|com|org|eu|example)\b", re.I
)


def touches(topic: Topic, text: str, hosts: Collection[str] = ()) -> bool:
    """Whether a text touches a topic."""
    if topic.contact:
        return reaches(text, hosts)
    sentences = [_WORD.findall(one.casefold()) for one in _SENTENCE.split(text)]
    return any(_stands(phrase, words) for phrase in topic.phrases for words in sentences)


def _stands(phrase: str, words: Sequence[str]) -> bool:
    return all(
        any(word.startswith(asked[:-1]) if asked.endswith("*") else word == asked for word in words)
        for asked in phrase.casefold().split()
    )


def reaches(text: str, hosts: Collection[str]) -> bool:
    """Whether a text names a way to reach the authority without an account on the platform: an
    e-mail address, a telephone number, or a web address of another host."""
    if _MAIL.search(text) or _TELEPHONE.search(text):
        return True
    return any(not _of(_host(found[0]), hosts) for found in _ADDRESS.finditer(text))


def _host(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _of(host: str, hosts: Collection[str]) -> bool:
    return not host or any(host == one or host.endswith(f".{one}") for one in hosts)
