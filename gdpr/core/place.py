"""Where masks can lie: the fields of a version, and a place in one line of codes. Pure.

Only what the allow-list of a record names is given out, so only that can be masked: a field by its
name, what stands in a list by its place in it (`links/0`, `attachments/1/alt`). A path is made of
names and numbers, so that it may stand in a table and in a log.

    text text 12 20        code points 12 to 20 of the field `text`
    field author_name      all of a field
    image 0 10 20 30 40    component 0: left, top, width, height
    page 0 3 10 20 30 40   component 0, page 3 (from 0): left, top, width, height
    time 0 0 1500          component 0, from 0 to 1500 milliseconds

Invariant: `parse(code(x)) == x`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archiver.core.canonical import Json
from archiver.errors import ConfigError
from gdpr.core.mask import ImageBox, PageBox, Target, TextSpan, TimeRange, WholeField
from gdpr.core.span import FLAGS, Label

# Fields of one string, in the order a reader looks at them.
_WORDS = ("title", "text", "author_name", "author_url", "author_id", "url", "native_id")
_INSTANTS = ("created_at", "updated_at")
_OF_ATTACHMENT = ("alt", "name")
# Who hides what names an author hides what leads to them (`exports.core.masked`).
_AUTHOR = ("author_id", "author_name", "author_url")
_LEADS_THERE = (*_AUTHOR, "native_id", "url")
_PATH = r"(?P<path>[a-z_]+(?:/(?:[0-9]{1,4}|[a-z_]+)){0,2})"
_N = r" (0|[1-9][0-9]{0,8})"
_FORMS: Mapping[str, tuple[type[Target], re.Pattern[str]]] = {
    "text": (TextSpan, re.compile(rf"text {_PATH}{_N * 2}")),
    "field": (WholeField, re.compile(rf"field {_PATH}")),
    "image": (ImageBox, re.compile(rf"image{_N * 5}")),
    "page": (PageBox, re.compile(rf"page{_N * 6}")),
    "time": (TimeRange, re.compile(rf"time{_N * 3}")),
}
_CATEGORIES: Mapping[str, str] = {
    Label.PERSON: "name",
    Label.PERSONAL_NUMBER: "personal_number",
    Label.COORDINATION_NUMBER: "coordination_number",
    Label.ACCOUNT: "account",
    Label.URL: "url",
}
# What a person may say that a mask hides, besides what recognisers find.
CATEGORIES = (
    "name",
    "personal_number",
    "coordination_number",
    "phone",
    "email",
    "address",
    "property",
    "plate",
    "account",
    "bankgiro",
    "plusgiro",
    "iban",
    "handle",
    "url",
    "ip",
    "health",
    "face",
    "other",
)


def fields(envelope: Mapping[str, Json]) -> dict[str, str | None]:
    """What of a version can be masked: path → its text, or None for what is no text."""
    found: dict[str, str | None] = {}
    for name in _WORDS:
        if isinstance(value := envelope.get(name), str) and value:
            found[name] = value
    for name in _INSTANTS:
        if name in envelope:
            found[name] = None
    for at, link in enumerate(_items(envelope, "links")):
        found[f"links/{at}"] = str(link)
    for at, one in enumerate(_items(envelope, "attachments")):
        given = one if isinstance(one, Mapping) else {}
        found[f"attachments/{at}"] = None
        for name in _OF_ATTACHMENT:
            if value := given.get(name):
                found[f"attachments/{at}/{name}"] = str(value)
    for name in ("parent", "root"):
        if len(pair := _items(envelope, name)) == 2:
            found[f"{name}/1"] = str(pair[1])
    return found


def _items(envelope: Mapping[str, Json], name: str) -> Sequence[Json]:
    value = envelope.get(name)
    return value if isinstance(value, list | tuple) else ()


def code(target: Target) -> str:
    """The target in its one line."""
    match target:
        case TextSpan(path, start, end):
            return f"text {path} {start} {end}"
        case WholeField(path):
            return f"field {path}"
        case ImageBox(media, left, top, width, height):
            return f"image {media} {left} {top} {width} {height}"
        case PageBox(media, page, left, top, width, height):
            return f"page {media} {page} {left} {top} {width} {height}"
        case TimeRange(media, start, end):
            return f"time {media} {start} {end}"


def parse(line: str) -> Target:
    """The target of a line; `ConfigError` for what is none."""
    kind, form = _FORMS.get(line.partition(" ")[0], (None, None))
    found = form.fullmatch(line) if form else None
    if kind is None or found is None:
        raise ConfigError(
            "There is no such place for a mask.",
            remedy='Write it as "text text 12 20", "field author_name", "image 0 10 20 30 40", '
            '"page 0 3 10 20 30 40" or "time 0 0 1500".',
        )
    parts = line.split(" ")[1:]
    return kind(*(int(one) if one.isdecimal() else one for one in parts))  # type: ignore[arg-type]


def covers(outer: Target, inner: Target) -> bool:
    """Whether all of one place is hidden when the other is. With an author's name go the address
    and the account that lead to them; with a file goes what describes it."""
    match outer, inner:
        case WholeField(path), (TextSpan(path=of) | WholeField(path=of)):
            if path == of or of.startswith(path + "/"):
                return True
        case TextSpan(path, start, end), TextSpan(of, first, last):
            if path == of:
                return start <= first and last <= end
        case TimeRange(media, start, end), TimeRange(of_media, first, last):
            return media == of_media and start <= first and last <= end
        case WholeField(path), (ImageBox(media=media) | PageBox(media=media)):
            return path == f"attachments/{media}"
    if isinstance(outer, TextSpan | WholeField) and isinstance(inner, TextSpan | WholeField):
        leads = outer.path in _AUTHOR and inner.path in _LEADS_THERE
        return outer == inner or (leads and outer.path != inner.path)
    return outer == inner


def category_of(label: str) -> str:
    """What a mask over a finding of that label hides."""
    return _CATEGORIES.get(label, label.lower())


def only_flags(category: str) -> bool:
    """Whether a suggestion of the category points at something to look at, and no more."""
    return category.upper().startswith(FLAGS)
