"""The leak check: nothing that was masked is in what leaves, and nothing that should have been.

Three things stop a release (GDPR art. 32): a masked value found in any form in
any part of any output; personal data that a recogniser finds and no person has waived; and what
cannot be read, for nobody can answer for it. All outputs are read to their last byte; the answer
names mask and place, never what stood there.

Digests are HMAC-SHA-256 (RFC 2104) under a key that should live and die with the release: an
unkeyed one of a name or a number could be led back to it by trying all.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from itertools import chain

from gdpr.core.span import Span
from gdpr.leak.blurred import Blurred
from gdpr.leak.contained import read_contained
from gdpr.leak.fold import Folded, words
from gdpr.leak.matcher import Matcher
from gdpr.leak.piece import Gathered, Piece
from gdpr.leak.secret import Kind, Leak, Output, Secret
from gdpr.leak.unwrap import DEPTH, unwrapped

Suspects = Callable[[str], Sequence[Span]]
Reader = Callable[[str, bytes], Gathered]

# A token as gdpr.core.pseudonym makes them, and a bar.
_OURS = re.compile(r"\[[A-ZÅÄÖ-]+-[0-9a-f]{4,64}\]|█+")
_MOST_PLACES = 5  # of one value in one output: enough to find the fault
_DIGITS = 24  # of a digest, hexadecimal


def check(
    outputs: Sequence[Output],
    secrets: Sequence[Secret],
    *,
    suspects: Suspects | None = None,
    waived: Collection[str] = (),
    key: bytes = b"",
    reader: Reader | None = None,
) -> list[Leak]:
    """What stops the outputs from leaving, in their order; empty if nothing does.

    `suspects` are the recognisers in leak-check mode. `waived` are digests of suspects, and of what
    only eye and ear can check, that a person answers for. `key`: random bytes of the release;
    without it digests are kept under one made of the secrets, which serves while they are the same
    and no longer. `reader` reads an output; without it, a child does that can do no harm.
    A secret of spaces only is passed over: there is nothing of it to be found.
    """
    checker = _Checker(Matcher(secrets), secrets, suspects, frozenset(waived), key)
    reader = reader or read_contained
    leaks: list[Leak] = []
    for number, output in enumerate(outputs, 1):
        leaks += checker.leaks(number, output, reader(output.name, output.content))
    return leaks


class _Checker:
    """One check over several outputs."""

    def __init__(
        self,
        matcher: Matcher,
        secrets: Sequence[Secret],
        suspects: Suspects | None,
        waived: frozenset[str],
        key: bytes,
    ) -> None:
        self._matcher = matcher
        self._blurred = Blurred(secrets)
        self._secrets = secrets
        self._suspects = suspects
        self._waived = waived
        self._key = key or sha256(repr(sorted(map(tuple, secrets))).encode()).digest()
        self._told: dict[tuple[Kind, str, str], list[str]] = {}
        self._seen: set[str] = set()
        self._tried: set[str] = set()

    def leaks(self, number: int, output: Output, gathered: Gathered) -> list[Leak]:
        """Those of one output."""
        self._told, self._seen, self._tried = {}, set(), set()
        named = any(self._matcher.find(Folded(output.name))) or any(
            any(self._matcher.find(Folded(inner.text))) for inner in unwrapped(output.name)
        )
        for piece in gathered.pieces:
            self._search(piece)
        for raw in gathered.raw:
            for index in self._matcher.find_raw(raw.content):
                ref = self._secrets[index].ref
                if (Kind.VALUE, ref, "") not in self._told:
                    self._tell(Kind.VALUE, ref, raw.place)
        for unread in gathered.unread:
            digest = self._digest("eye", unread.digest)
            self._tell(
                Kind.UNREADABLE, unread.reason, unread.place, digest if unread.seen_by_eye else ""
            )
        name = f"file {number}" if named else output.name
        certain = {ref for kind, ref, _ in self._told if kind is Kind.VALUE}
        return [
            Leak(name, place, kind, ref, digest)
            for (kind, ref, digest), places in self._told.items()
            if not (kind is Kind.SUSPECT and ref in certain)
            for place in places
        ]

    def _search(self, piece: Piece) -> None:
        self._values(piece.text, piece.place, noisy=piece.noisy, seen=piece.seen)
        self._persons(piece)
        depth = 1 if piece.noisy else DEPTH
        for inner in unwrapped(piece.text, self._tried, depth=depth):
            noisy = piece.noisy or not inner.sure
            self._values(inner.text, f"{piece.place}, encoded", noisy=noisy)
            if inner.sure and piece.prose:
                self._persons(Piece(f"{piece.place}, encoded", inner.text))

    def _values(self, text: str, place: str, *, noisy: bool, seen: bool = False) -> None:
        folded = Folded(text)
        blurred = self._blurred.find(folded) if seen else ()
        for hit in chain(self._matcher.find(folded, noisy=noisy), blurred):
            secret = self._secrets[hit.secret]
            where = place if noisy else _lined(place, folded.plain, hit.at)
            if hit.certain:
                self._tell(Kind.VALUE, secret.ref, where)
            else:
                like = ("surname", hit.surname) if hit.surname else ("like", secret.value)
                digest = self._digest(like[0], "".join(words(like[1])))
                self._tell(Kind.SUSPECT, secret.ref, where, digest)

    def _persons(self, piece: Piece) -> None:
        if self._suspects is None or not piece.prose or piece.text in self._seen:
            return
        self._seen.add(piece.text)
        for span in self._suspects(piece.text):
            if span.flags_only or _is_ours(piece.text, span):
                continue
            digest = suspect(self._key, span.label, piece.text[span.start : span.end])
            place = _lined(piece.place, piece.text, span.start)
            self._tell(Kind.SUSPECT, span.label, place, digest)

    def _tell(self, kind: Kind, ref: str, place: str, digest: str = "") -> None:
        if digest and digest in self._waived:
            return
        if any(self._matcher.find(Folded(place))):
            place = "a place whose name leaks too"
        places = self._told.setdefault((kind, ref, digest), [])
        if place not in places and len(places) < _MOST_PLACES:
            places.append(place)

    def _digest(self, label: str, value: str) -> str:
        return _digest(self._key, label, value)


def suspect(key: bytes, label: str, text: str) -> str:
    """The digest by which a check with that key names a text that a recogniser took for a `label`:
    who may see the text finds it again by this."""
    return _digest(key, label, "".join(words(text)))


def _digest(key: bytes, label: str, value: str) -> str:
    told = f"{label}\0{value}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, told, sha256).hex()[:_DIGITS]


def _lined(place: str, text: str, at: int) -> str:
    if "\n" not in text:
        return place
    line = text.count("\n", 0, at) + 1
    return f"{place}, line {line}"


def _is_ours(text: str, span: Span) -> bool:
    """Whether nothing of what was found lies outside tokens of ours."""
    start, end = span.start, span.end
    left = list(text[start:end])
    for token in _OURS.finditer(text, max(0, start - 100), end + 100):
        for at in range(max(token.start(), start), min(token.end(), end)):
            left[at - start] = " "
    return not any(map(str.isalnum, left))
