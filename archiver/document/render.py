"""Sets data by a template as PDF, with typst.

Every PDF of the product is PDF/A-3a (ISO 19005-3: it can be kept, and may carry files) and PDF/UA-1
(ISO 14289-1: headings, table headers, language and title for those who do not see the page). typst
refuses to write what is neither.

Invariants: data goes in as a JSON file and is never spliced into markup, so that no text of
others can become code; nothing is fetched, and no font of the machine is used; the same data and
instant give the same bytes under one version of typst; what cannot be shown stands as its code
(`archiver.document.characters`), and that is said; an error holds nothing of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from archiver.core.canonical import Json, JsonObject, encode
from archiver.document.characters import coded, presentable, untabbed
from archiver.errors import RenderFailed

if TYPE_CHECKING:
    from typst import Fonts, TypstError

_STANDARDS: Sequence[Literal["a-3a", "ua-1"]] = ("a-3a", "ua-1")
_ROUNDS = 8  # a cluster that is replaced may leave a part of it to be replaced in the next
_UNSHOWN = re.compile(r'(?:the text|codepoint) `"((?:[^"\\]|\\.)+)"`')
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that a PDF carries. `name` is ASCII; `purpose` says what it is, for its reader."""

    name: str
    media_type: str
    data: bytes
    purpose: str


def render(
    template: str, data: JsonObject, *, made_at: int, attached: Sequence[Attachment] = ()
) -> bytes:
    """The PDF that `template`, a file of `templates` without its suffix, makes of `data`.

    `made_at` is in milliseconds since 1970 UTC and becomes the file's date. The template reads
    `data.json`; `coded` in it is whether some characters stand as their codes. Raises
    `RenderFailed` if there is no such template, or typst refuses.
    """
    typ = files(__package__).joinpath("templates", f"{template}.typ")
    if not typ.is_file():
        raise RenderFailed("There is no such template.", remedy="Name one of archiver/document.")
    source = typ.read_bytes()
    plain = untabbed(data)
    shown = presentable(plain)
    for _ in range(_ROUNDS):
        told = {**shown, "coded": shown != plain}
        made = _compile(source, told, made_at=made_at, attached=attached)
        if isinstance(made, bytes):
            return made
        before, shown = shown, coded(shown, made)
        if shown == before:
            break
    raise RenderFailed("The text holds characters that no font can show.", remedy=_REPORT)


_REPORT = "Report it as an error of the program, with its version and the kind of document."


def _compile(
    source: bytes, data: JsonObject, *, made_at: int, attached: Sequence[Attachment]
) -> bytes | Sequence[str]:
    """The PDF, or the stretches of text that no font can show."""
    import typst  # 34 MB that most commands do without

    listed: Json = [
        {"path": f"attached/{i}", "name": one.name, "type": one.media_type, "purpose": one.purpose}
        for i, one in enumerate(attached)
    ]
    project: Any = {  # typst's stub knows of no project in memory
        "main.typ": source,
        "data.json": encode({**data, "attached": listed}),
        **{f"attached/{i}": one.data for i, one in enumerate(attached)},
    }
    try:
        made, _ = typst.compile_with_warnings(
            project,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            pdf_standards=[*_STANDARDS],
            timestamp=made_at // 1000,
        )
    except typst.TypstError as error:
        return _unshown(error)
    except BaseException as error:
        # What Rust code raises when it finds a fault of its own; it is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise RenderFailed("The document could not be set.", remedy=_REPORT) from None
    return bytes(made)


@cache
def _fonts() -> Fonts:
    """Noto for the scripts of the world but Chinese, Japanese and Korean, and typst's own."""
    import typst

    folder = str(files("manimgx_fonts"))
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])


def _unshown(error: TypstError) -> Sequence[str]:
    """What typst could not show, longest first; `RenderFailed` if it failed for another reason.

    The reason typst gives quotes the text, so it is read here and goes no further."""
    found = {_unescaped(one) for one in _UNSHOWN.findall(error.diagnostic)}
    if not found:
        raise RenderFailed("The document could not be set.", remedy=_REPORT) from None
    return sorted(found, key=lambda text: (-len(text), text))


def _unescaped(quoted: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _SHORT.get(m[2], m[2]), quoted)
