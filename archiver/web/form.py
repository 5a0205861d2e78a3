"""Forms of the screens: what was typed, read strictly, and what was wrong with it.

A mistake is told beside its field and at the top of the page, in the reader's language; what the
service said of it in English goes along as detail. What was typed is rendered back, but for fields
that hold a secret: those are never put into a `Form`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from archiver.errors import ConfigError, NotFound

MOST = 2000  # characters of one field
SECRETS = frozenset({"hemlighet", "anvandare", "signering", "passkey-svar"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a field, in the reader's language; `detail` is the service's own word."""

    words: str
    detail: str = ""


@dataclass(slots=True)
class Form:
    """What was typed (`values`, without secrets) and what was wrong (`mistakes`, by field). `cut`:
    the fields of which only the beginning is held."""

    values: Mapping[str, str] = field(default_factory=dict)
    mistakes: dict[str, Mistake] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Form:
        """What was typed, without the secrets."""
        held = {n: v for n, v in typed.items() if n not in SECRETS | {"csrf_token"}}
        cut = frozenset(name for name, value in held.items() if len(value) > MOST)
        return cls({name: value[:MOST] for name, value in held.items()}, cut=cut)

    def text(self, name: str) -> str:
        """A field without outer space; "" if it was left out."""
        return self.values.get(name, "").strip()

    def number(self, name: str) -> int | None:
        """A field as a whole number that is not negative; None if it is none."""
        return _number(self.text(name))

    def ticked(self, prefix: str) -> frozenset[int]:
        """The numbers of what is ticked among boxes whose names begin so; 0, which nothing has, for
        one that is none."""
        names = (n.removeprefix(prefix) for n in self.values if n.startswith(prefix))
        return frozenset(_number(one) or 0 for one in names)

    def wrong(self, name: str, words: str, detail: str = "") -> None:
        """Note a mistake; the first of a field counts."""
        self.mistakes.setdefault(name, Mistake(words, detail))

    @contextmanager
    def judging(self, name: str, words: str) -> Iterator[None]:
        """A `ConfigError` or `NotFound` of what is done inside is a mistake in this field."""
        try:
            yield
        except (ConfigError, NotFound) as error:
            self.wrong(name, words, str(error))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
