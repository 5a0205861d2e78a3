"""What is suggested for a version: what recognisers find, who wrote it, what was masked before.

Pure but for the recognisers, which are given. Precision first: a person decides on each. Of a
received record its author is somebody, so the fields that name them are suggested whole, and so is
an address that carries their number or user name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import unquote

from gdpr.core.mask import Mask, MaskState, Target, TextSpan, WholeField
from gdpr.core.place import category_of, code, covers
from gdpr.core.pseudonym import normal
from gdpr.core.recognizer import Mode
from gdpr.detector import Detector
from gdpr.masks.reading import Kept
from gdpr.masks.sealed import AUTHOR, EARLIER, SAME, Suggestion

_AUTHOR: Mapping[str, str] = {"author_name": "name", "author_url": "url", "author_id": "handle"}
_ADDRESSES = ("url", "native_id", "links/", "parent/", "root/", "attachments/")
_SHORTEST = 4  # characters of a user name that may be looked for in addresses
_WORD = re.compile(r"\w+(?:[-.']\w+)*")

Fields = Mapping[str, str | None]


def found(finder: Detector, fields: Fields, *, received: bool) -> Iterator[Suggestion]:
    """What recognisers and the author's own fields point at."""
    whole = dict(_of_author(fields)) if received else {}
    for path, category in whole.items():
        yield Suggestion(target=WholeField(path), category=category, source=AUTHOR)
    for path, text in fields.items():
        if path in whole or not text:
            continue
        for span in finder.detect(text, Mode.SUGGEST):
            yield Suggestion(
                target=TextSpan(path, span.start, span.end),
                category=category_of(span.label),
                source=span.source,
            )


def _of_author(fields: Fields) -> Iterator[tuple[str, str]]:
    known = set[str]()
    for path, category in _AUTHOR.items():
        if value := fields.get(path):
            yield path, category
            if path != "author_name":
                known.add(value.rstrip("/").rpartition("/")[2].lstrip("@").casefold())
    known = {one for one in known if len(one) >= _SHORTEST}
    for path, text in fields.items():
        if text and path.startswith(_ADDRESSES):
            parts = re.split(r"[/?&=#@]+", unquote(text).casefold())
            if known.intersection(parts):
                yield path, "url"


def carried(masks: Iterable[Kept], texts: Mapping[int, Fields], fields: Fields) -> list[Suggestion]:
    """Masks of earlier versions over what still stands in this one, newest version first. `texts`:
    the fields of those versions."""
    made: dict[str, Suggestion] = {}
    for one in sorted(masks, key=lambda one: (-one.mask.version, one.seq)):
        mask = one.mask
        for target in _again(mask, texts.get(mask.version, {}), fields):
            made.setdefault(
                code(target),
                Suggestion(
                    target=target,
                    category=mask.category,
                    source=EARLIER,
                    citations=mask.citations,
                    carried=one.seq,
                ),
            )
    return list(made.values())


def _again(mask: Mask, before: Fields, now: Fields) -> Iterator[TextSpan | WholeField]:
    match mask.target:
        case WholeField(path) if path in now:
            yield WholeField(path)
        case TextSpan(path, start, end):
            old, new = before.get(path), now.get(path)
            value = old[start:end] if old else ""
            if value and new:
                for match in re.finditer(re.escape(value), new):
                    yield TextSpan(path, *match.span())


def same(masks: Iterable[Mask], fields: Fields) -> list[Suggestion]:
    """Where else in the version stands what these masks hide: the author's name that is also
    written in the text, say. Of whole words only."""
    made: dict[str, Suggestion] = {}
    for mask in masks:
        value = value_of(mask, fields)
        wanted = normal(mask.category, value) if value else ""
        if not wanted:
            continue
        count = max(1, len(_WORD.findall(value)))
        for path, text in fields.items():
            for start, end in _occurrences(text or "", wanted, mask.category, count):
                all_of_it = text is not None and end - start == len(text)
                target: Target = WholeField(path) if all_of_it else TextSpan(path, start, end)
                if not covers(mask.target, target):
                    one = Suggestion(target=target, category=mask.category, source=SAME)
                    made.setdefault(code(target), one)
    return list(made.values())


def _occurrences(text: str, wanted: str, category: str, words: int) -> Iterator[tuple[int, int]]:
    spans = [one.span() for one in _WORD.finditer(text)]
    for first in range(len(spans) - words + 1):
        start, end = spans[first][0], spans[first + words - 1][1]
        if normal(category, text[start:end]) == wanted:
            yield start, end


def value_of(mask: Mask, fields: Fields) -> str:
    """What a mask lies over, of a text; empty for what is none, or no longer there."""
    match mask.target:
        case TextSpan(path, start, end):
            return (fields.get(path) or "")[start:end]
        case WholeField(path):
            return fields.get(path) or ""
    return ""


def new(
    suggestions: Iterable[Suggestion], held: Collection[Kept], hidden: Collection[Mask] = ()
) -> list[Suggestion]:
    """Those of the suggestions that say something: not what the same source said of the same place
    before, whatever became of it; not what is suggested or hidden there already, or is about to be
    (`hidden`)."""
    said = {(code(one.mask.target), one.mask.source) for one in held}
    standing = [one.mask for one in held if one.mask.state is not MaskState.REJECTED]
    standing += hidden
    places = {code(one.target) for one in standing}
    hiding = [one.target for one in standing if one.hides]
    made: list[Suggestion] = []
    for one in suggestions:
        place = code(one.target)
        if (place, one.source) in said or place in places:
            continue
        if any(covers(target, one.target) for target in hiding):
            continue
        places.add(place)
        made.append(one)
    return made
