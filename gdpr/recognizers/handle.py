"""User names: @someone, @someone@instance.example, u/someone, and "snap: someone"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_AT = re.compile(
    r"(?<![\w@/+-])(?<!\w\.)@(?=[\w.-]*[^\W\d_])\w(?:[\w.-]*\w)?(?:@[\w-]+(?:\.[\w-]+)+)?(?![\w@])"
)
_REDDIT = re.compile(r"(?<![\w/.])/?u/[A-Za-z0-9_-]{3,20}(?![\w/])")
_SERVICE = re.compile(
    r"(?<!\w)(?:snap|snapchat|insta|instagram|tiktok|kik|discord|twitch|telegram|användarnamn|"
    r"användarnamnet|signalnamn|skype)(?: ?[:=] ?| (?:är|heter) )@?([a-z0-9_][\w.]{1,28}\w)(?!\w)",
    re.IGNORECASE,
)


def _seek(reading: Reading) -> Iterator[Found]:
    text = reading.plain
    if "@" in text:
        for one in _AT.finditer(text):
            yield Found(one.start(), one.end(), Label.HANDLE, 0.95, "an @ and a name")
    for one in _REDDIT.finditer(text):
        yield Found(one.start(), one.end(), Label.HANDLE, 0.9, "a user of Reddit")
    for one in _SERVICE.finditer(text):
        yield Found(one.start(1), one.end(1), Label.HANDLE, 0.8, "a user of a service")


recognizer = Rule(
    name="handle",
    version=1,
    examples=(
        "⟦@stinahal82⟧ kom och titta",
        "⟦@ake.green⟧, ⟦@owe_hag⟧!",
        ".⟦@annaek⟧ skrev det",
        "(⟦@elias_khan98⟧).",
        "⟦@anna@social.example⟧ skrev",
        "⟦u/olof949⟧ och ⟦/u/felix776⟧",
        "snap: ⟦kalle_b92⟧",
        "5 st @ 20 kr",
        "anna@example.se",
        "@ home",
        "r/sweden är en grupp",
        "och/eller, u/a",
    ),
    seek=_seek,
)
