"""Reads what is text: plain, HTML and XML, JSON and its lines, mail, WARC.

Whatever the form, the text is searched as it stands as well, so nothing depends on a parser having
understood it: a key that is there twice, an attribute of no meaning, a remark, a broken tag. Pure.
"""

from __future__ import annotations

import binascii
import email
import email.policy
import json
import re
from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser

from gdpr.leak.piece import Gathered
from gdpr.leak.unwrap import decoded

Inner = Callable[[bytes, str], None]

_KEY = re.compile(r"[A-Za-z_@$][A-Za-z_:-]{0,30}")
_LIKE_JSON = re.compile(r"\s*[\[{\"]")
_LIKE_MARKUP = re.compile(r"<(?:[A-Za-z!?/][^<>]{0,2000}>)")
_LIKE_MAIL = re.compile(
    r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:MIME-Version|Received|Message-ID|Subject):", re.I
)
_INLINE = re.compile(
    "(?:a|abbr|b|bdi|bdo|cite|code|data|dfn|em|font|i|kbd|mark|q|s|samp|small|span|strong|sub|sup"
    "|time|tspan|u|var|wbr|w:r|w:t)"
)
_SHOWN = re.compile("alt|title|content|placeholder|aria-.*|value|summary|label|href|src")
_WARC = re.compile(rb"WARC/1\.[01]\r?\n")


def text_of(content: bytes) -> str | None:
    """The text that bytes are; None if they are none."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    sample = content[:100_000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 3 > len(sample) and min(even, odd) * 20 < len(sample):
        return content.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    control = sum(map(sample.count, (bytes([one]) for one in range(9))))
    if control * 100 > len(sample):
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        high = sum(sample.count(bytes([one])) for one in range(0x7F, 0xA0))
        return None if high * 20 > len(sample) else decoded(content)


def read_text(text: str, place: str, into: Gathered, inner: Inner, depth: int = 0) -> None:
    """A text of whatever form."""
    if _LIKE_JSON.match(text) and depth < into.limits.depth and _read_json(text, place, into):
        into.text(f"{place}text", text, prose=False)
        return
    if _LIKE_MAIL.match(text[:20_000]) and "\n\n" in text.replace("\r", ""):
        _read_mail(text, place, into, inner)
        into.text(f"{place}text", text, prose=False)
        return
    if _LIKE_MARKUP.search(text):
        _Page(place, into, depth).read(text)
        into.text(f"{place}text", text, prose=False)
        return
    into.text(f"{place}text", text)


def _read_json(text: str, place: str, into: Gathered) -> bool:
    """Whether it is JSON, or lines of it."""
    try:
        documents = [json.loads(text, object_pairs_hook=_Pairs)]
    except (ValueError, RecursionError):
        try:
            lines = filter(str.strip, text.split("\n"))
            documents = [json.loads(one, object_pairs_hook=_Pairs) for one in lines]
        except (ValueError, RecursionError):
            return False
    many = len(documents) > 1
    try:
        for number, document in enumerate(documents, 1):
            _values(document, f"{place}line {number}, " if many else place, "", into)
    except RecursionError:
        return False
    return True


class _Pairs(list[tuple[str, object]]):
    """A JSON object with every key it has, doubles too."""


def _values(value: object, place: str, pointer: str, into: Gathered) -> None:
    match value:
        case _Pairs():
            for number, (key, inner) in enumerate(value):
                known = _KEY.fullmatch(key)
                _values(inner, place, f"{pointer}/{key if known else f'key {number}'}", into)
                into.text(f"{place}{pointer}/key {number}", key, prose=False)
        case list():
            for number, inner in enumerate(value):
                _values(inner, place, f"{pointer}/{number}", into)
        case str():
            into.text(f"{place}{pointer}", value)
        case int() | float():
            into.text(f"{place}{pointer}", str(value), prose=False)


class _Page(HTMLParser):
    """HTML, and XML well enough: what is shown, as lines; attributes; scripts; remarks."""

    def __init__(self, place: str, into: Gathered, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self._place = place
        self._into = into
        self._depth = depth
        self._shown: list[str] = []
        self._script: list[str] | None = None
        self._count = 0

    def read(self, text: str) -> None:
        try:
            self.feed(text)
            self.close()
        except (AssertionError, ValueError):  # the parser's own way to give up; the text is there
            pass
        self._end_script()
        self._into.text(f"{self._place}shown text", "".join(self._shown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._between(tag)
        if tag in ("script", "style"):
            self._script = []
        self._count += 1
        for name, value in attrs:
            if value:
                known = name if _KEY.fullmatch(name) else "attribute"
                place = f"{self._place}element {self._count}, {known}"
                self._into.text(place, value, prose=bool(_SHOWN.fullmatch(name)))

    def handle_endtag(self, tag: str) -> None:
        self._between(tag)
        if tag in ("script", "style"):
            self._end_script()

    def handle_data(self, data: str) -> None:
        (self._shown if self._script is None else self._script).append(data)

    def handle_comment(self, data: str) -> None:
        self._into.text(f"{self._place}remark after element {self._count}", data)

    def handle_decl(self, decl: str) -> None:
        self._into.text(f"{self._place}declaration", decl, prose=False)

    def unknown_decl(self, data: str) -> None:
        self._shown.append(data.removeprefix("CDATA["))

    def handle_pi(self, data: str) -> None:
        self._into.text(f"{self._place}declaration", data, prose=False)

    def _between(self, tag: str) -> None:
        if not _INLINE.fullmatch(tag):
            self._shown.append("\n")

    def _end_script(self) -> None:
        if self._script is not None:
            script, self._script = "".join(self._script), None
            place = f"{self._place}script at element {self._count}, "
            if not (_LIKE_JSON.match(script) and _read_json(script, place, self._into)):
                self._into.text(f"{place}text", script, prose=False)


def _read_mail(text: str, place: str, into: Gathered, inner: Inner) -> None:
    message = email.message_from_string(text, policy=email.policy.default)
    for number, part in enumerate(message.walk(), 1):
        where = f"{place}part {number}, "
        for name in set(part.keys()):
            known = name if _KEY.fullmatch(name) else "header"
            values = []
            for value in part.get_all(name, ()):
                values.append(str(value))
            into.text(f"{where}{known}", "\n".join(values))
        if part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        try:
            content = part.get_payload(decode=True)
        except (ValueError, binascii.Error):
            continue  # it is searched as it stands
        if isinstance(content, bytes):
            charset = part.get_content_charset() or "utf-8"
            try:
                inner(content.decode(charset).encode(), where)
            except (LookupError, UnicodeDecodeError):
                inner(content, where)


def is_warc(content: bytes) -> bool:
    """Whether it is a WARC (ISO 28500)."""
    return bool(_WARC.match(content))


def read_warc(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """A WARC: each record's headers, revisits too, and what was transferred, unpacked."""
    at = 0
    number = 0
    while found := _WARC.search(content, at):
        number += 1
        where = f"{place}WARC record {number}, "
        head_end = _blank(content, found.end())
        head = content[found.start() : head_end]
        into.text(f"{where}header", decoded(head))
        length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
        end = head_end + int(length[1]) if length else len(content)
        block = content[head_end:end]
        if re.search(rb"(?im)^content-type:\s*application/http", head):
            _read_http(block, where, into, inner)
        else:
            inner(block, where)
        at = max(min(end, len(content)), head_end)


def _read_http(block: bytes, place: str, into: Gathered, inner: Inner) -> None:
    start = _blank(block, 0)
    head = decoded(block[:start])
    into.text(f"{place}HTTP header", head)
    body = block[start:]
    if re.search(r"(?im)^transfer-encoding:.*chunked", head):
        body = _dechunked(body)
    if body:
        # gzip and zstd are known by how they begin; what is left is told as unreadable.
        inner(body, f"{place}HTTP body, ")


def _blank(content: bytes, at: int) -> int:
    """Where what follows the next empty line begins."""
    found = re.compile(rb"\r?\n\r?\n").search(content, at)
    return found.end() if found else len(content)


def _dechunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while found := re.compile(rb"([0-9A-Fa-f]{1,8})[^\n]*\n").match(body, at):
        size = int(found[1], 16)
        if not size:
            break
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size + 2
    return b"".join(parts) if parts else body
