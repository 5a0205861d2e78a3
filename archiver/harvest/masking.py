"""Masking of secrets in a stored exchange, with a map of what was masked.

A capture is kept for good and shown to outsiders; a credential in it could never be taken back.
What is masked, and nothing else (connectors.md §4.1):

* whole values of the headers in `SECRET_HEADERS` (the scheme of `Authorization` stays readable);
* user name and password in URLs, and the query parameters in `SECRET_PARAMETERS`, in the URL of
  the request and wherever a header names a URL (`Location`, `Link`, `Refresh`, ...);
* the `access_token` that Meta's lists repeat in the addresses of their next and previous page;
* every secret that is known (credentials, tokens sent, values masked elsewhere in the same
  exchange), in the spellings a server may echo it in, anywhere: URL, headers, body.

Every masked place becomes `MASK` and one `Redaction`. `part` is `url`, `template`, `body`,
`request_headers[i]` or `response_headers[i]` (`.name` added if the name was touched); `offset` and
`length` are bytes of that part as stored, where a header value is Latin-1. All other bytes are the
bytes that came. Pure: no I/O, no clock.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote, quote_plus, unquote_plus

from archiver.core.connector import Credential
from archiver.core.exchange import Redaction

MASK = b"~masked~"  # needs no escape in a URL, in JSON or in XML

SECRET_HEADERS = {
    "authorization": "authorization",
    "proxy-authorization": "authorization",
    "authentication-info": "authorization",
    "proxy-authentication-info": "authorization",
    "cookie": "cookie",
    "set-cookie": "cookie",
    "x-api-key": "token",
    "x-auth-token": "token",
    "x-csrf-token": "token",
    "x-wp-nonce": "token",
}
"""Header name in lower case to reason."""

_TOKENS = """
access_token token key api_key apikey api-key auth auth_token authorization client_secret secret
refresh_token id_token oauth_token oauth_verifier password passwd pwd pass session session_id
sessionid sid phpsessid jwt bearer input_token appsecret_proof _wpnonce nonce moderation-hash
x-amz-security-token
"""
_SIGNATURES = """
signature sig sign hmac oh oauth_signature x-amz-signature x-amz-credential awsaccesskeyid
x-goog-signature x-goog-credential googleaccessid key-pair-id policy hdnea hdnts
"""
TOKEN_PARAMETERS = frozenset(_TOKENS.split())
"""Parameters that let their holder in. Not `pageToken` and the like, which are cursors."""

SECRET_PARAMETERS = TOKEN_PARAMETERS | frozenset(_SIGNATURES.split())
"""Also those that sign an address, so that who has the address may fetch what is there."""

MIN_LENGTH = 8
"""Characters below which a token is masked where it stands but not searched for elsewhere: a
body with every "1" masked would be evidence of nothing. Credentials are searched for always."""

_MIN_TAIL = 4  # characters of a secret at the end of a cut-off part that are masked
_SCHEME = re.compile(rb"(?:basic|bearer|digest|dpop|negotiate|oauth|token) +", re.IGNORECASE)
_USERINFO = re.compile(rb"//([^/?#\s<>\"']*)@")
# A parameter, also inside a URL that is itself a parameter (%3Ftoken%3D...); the lookahead tries
# every position, so that no odd separator can swallow the next name.
_PARAMETER = re.compile(
    rb"(?=(?:[?&;#]|%3[Ff]|%26|%23)([A-Za-z0-9_.~%\[\]-]{1,64}?)(=|%3[Dd])([^&#\s<>\"']*))"
)
# Within a JSON string its quotes are escaped, so nothing that somebody wrote looks like this.
_PAGE_TOKEN = re.compile(
    rb'"(?:next|previous)"\s*:\s*"[^"]*?(?:[?&]|\\u0026)access_token=([^"&\\]+)'
)
_ENCODED_END = re.compile(rb"%26|%23")

Span: TypeAlias = tuple[int, int, str]
Header: TypeAlias = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExchange:
    """The parts of an exchange as they went over the wire. `truncated`: `body` is not whole."""

    url: bytes
    template: bytes
    request_headers: Sequence[Header]
    response_headers: Sequence[Header] = ()
    body: bytes = b""
    truncated: bool = False


@dataclass(slots=True, kw_only=True)
class MaskedExchange:
    """The same parts as they may be stored."""

    url: str = ""
    template: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    redactions: list[Redaction] = field(default_factory=list)


class Masker:
    """Knows the secrets of one client. `repr` shows none of them."""

    __slots__ = ("_known",)

    def __init__(self, credential: Credential | None = None, secrets: Iterable[str] = ()) -> None:
        known = [*secrets]
        if credential is not None:
            known += [credential.secret, basic(credential), credential.signing]
        self._known: dict[bytes, None] = dict.fromkeys(
            spelling for secret in known for spelling in spellings(secret)
        )

    def learn(self, url: bytes, headers: Sequence[Header]) -> None:
        """Remember the tokens that a request is about to send, for every later exchange."""
        tokens = [value for _, value in _parameters(url, TOKEN_PARAMETERS)]
        for name, value in headers:
            for start, _ in _secret_header(name, value):
                tokens += [value[start:], _basic_secret(value)]
        self._known.update(dict.fromkeys(_long_spellings(tokens)))

    def text(self, text: str) -> str:
        """`text` with every known secret masked."""
        data = text.encode("utf-8", "surrogateescape")
        return _apply("", data, _occurrences(data, list(self._known)))[0].decode("utf-8", "replace")

    def mask(self, raw: RawExchange) -> MaskedExchange:
        """Every secret of `raw` masked. Total: it raises on no input."""
        known = self._known | dict.fromkeys(_long_spellings(_addresses(raw)))
        longest_first = sorted(known, key=len, reverse=True)
        out = MaskedExchange()

        def stored(part: str, data: bytes, spans: Iterable[Span] = ()) -> bytes:
            found = [*spans, *_occurrences(data, longest_first)]
            if raw.truncated and part == "body":
                found += _tail(data, longest_first)
            masked, redactions = _apply(part, data, found)
            out.redactions += redactions
            return masked

        def headers(part: str, items: Sequence[Header]) -> tuple[tuple[str, str], ...]:
            return tuple(
                (
                    stored(f"{part}[{i}].name", name).decode("latin-1"),
                    stored(f"{part}[{i}]", value, _header_spans(name, value)).decode("latin-1"),
                )
                for i, (name, value) in enumerate(items)
            )

        out.url = stored("url", raw.url, _url_spans(raw.url)).decode("latin-1")
        out.template = stored("template", raw.template, _url_spans(raw.template)).decode(
            "utf-8", "replace"
        )
        out.request_headers = headers("request_headers", raw.request_headers)
        out.response_headers = headers("response_headers", raw.response_headers)
        out.body = stored("body", raw.body, _page_tokens(raw.body))
        return out


def basic(credential: Credential) -> str:
    """The base64 of HTTP Basic (RFC 7617, charset UTF-8), without the word `Basic`."""
    pair = f"{credential.user}:{credential.secret}".encode()
    return base64.b64encode(pair).decode("ascii")


def spellings(secret: str) -> Iterator[bytes]:
    """`secret` as a server may write it: bare, in URLs, in JSON and HTML, in base64."""
    plain = secret.strip()
    if not plain:
        return
    stems = {plain, "".join(plain.split()), plain.rstrip("=")}  # application passwords have spaces
    encoded = base64.b64encode(plain.encode("utf-8", "surrogateescape")).decode("ascii")
    stems |= {encoded.rstrip("=")}
    stems |= {stem.replace("+", "-").replace("/", "_") for stem in stems}
    for stem in stems:
        quoted = {
            quote(stem, safe="", errors="surrogateescape"),
            quote(stem, errors="surrogateescape"),
        }
        quoted |= {quote_plus(stem, errors="surrogateescape")}
        quoted |= {re.sub("%..", lambda found: found[0].lower(), text) for text in quoted}
        quoted |= {quote(text, safe="") for text in quoted}
        quoted |= {stem, html.escape(stem), html.escape(stem, quote=False)}
        quoted |= {form for text in _json_forms(stem) for form in (text, *_json_forms(text))}
        for text in quoted:
            yield text.encode("utf-8", "surrogateescape")
            if not text.isascii() and max(text) <= "\xff":
                yield text.encode("latin-1")


def _json_forms(text: str) -> set[str]:
    """`text` within a JSON string, as PHP (`\\/`) and careful encoders (`\\u0026`) write it."""
    forms = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    for digits in ("04x", "04X"):
        careful = (f"\\u{ord(c):{digits}}" if c in "<>&'+\"" else c for c in text)
        forms.add("".join(careful))
    return forms | {form.replace("/", "\\/") for form in forms}


def _long_spellings(values: Iterable[bytes]) -> Iterator[bytes]:
    for value in values:
        for form in {value, unquote_plus(value.decode("latin-1")).encode("utf-8", "replace")}:
            if len(form) >= MIN_LENGTH:
                yield from spellings(form.decode("utf-8", "surrogateescape"))


def _parameters(data: bytes, names: frozenset[str]) -> Iterator[tuple[int, bytes]]:
    """Position and value of each query parameter of those names."""
    for found in _PARAMETER.finditer(data):
        name, equals, value = found.groups()
        if unquote_plus(name.decode("ascii")).lower() in names and value:
            if equals != b"=":
                value = _ENCODED_END.split(value, maxsplit=1)[0]
            if value:
                yield found.start(3), value


def _url_spans(data: bytes) -> Iterator[Span]:
    for start, value in _parameters(data, SECRET_PARAMETERS):
        yield start, start + len(value), "query"
    for found in _USERINFO.finditer(data):
        if found[1]:
            yield found.start(1), found.end(1), "userinfo"


def _page_tokens(body: bytes) -> Iterator[Span]:
    for found in _PAGE_TOKEN.finditer(body) if b"access_token=" in body else ():
        yield found.start(1), found.end(1), "query"


def _secret_header(name: bytes, value: bytes) -> Iterator[tuple[int, str]]:
    """Where the secret of such a header begins, and the reason; nothing for other headers."""
    reason = SECRET_HEADERS.get(name.decode("latin-1").lower())
    if reason is not None and value:
        scheme = _SCHEME.match(value)
        yield (scheme.end() if scheme and reason == "authorization" else 0), reason


def _basic_secret(value: bytes) -> bytes:
    """The password in an `Authorization: Basic` value, empty for any other."""
    scheme, _, pair = value.partition(b" ")
    if scheme.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(pair, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _header_spans(name: bytes, value: bytes) -> Iterator[Span]:
    for start, reason in _secret_header(name, value):
        yield start, len(value), reason
    yield from _url_spans(value)


def _addresses(raw: RawExchange) -> Iterator[bytes]:
    """Secret values in the addresses of an exchange: a body often repeats its `Location`."""
    for text in (raw.url, *(value for _, value in raw.response_headers)):
        for _, value in _parameters(text, SECRET_PARAMETERS):
            yield value
        for found in _USERINFO.finditer(text):
            yield found[1].rpartition(b":")[2]


def _occurrences(data: bytes, known: Sequence[bytes]) -> Iterator[Span]:
    for secret in known:
        at = data.find(secret)
        while at >= 0:
            yield at, at + len(secret), "known-secret"
            at = data.find(secret, at + len(secret))


def _tail(data: bytes, known: Sequence[bytes]) -> Iterator[Span]:
    """The beginning of a secret at the end of a part that was cut off in the middle of it."""
    for secret in known:
        for length in range(min(len(secret) - 1, len(data)), _MIN_TAIL - 1, -1):
            if data.endswith(secret[:length]):
                yield len(data) - length, len(data), "known-secret"
                break


def _apply(part: str, data: bytes, spans: Iterable[Span]) -> tuple[bytes, list[Redaction]]:
    merged: list[Span] = []
    # At the same place the reason that says more goes first.
    for start, end, reason in sorted(spans, key=lambda s: (s[0], s[2] == "known-secret", -s[1])):
        if merged and start < merged[-1][1]:
            first, last, kept = merged[-1]
            merged[-1] = (first, max(last, end), kept)
        elif end > start:
            merged.append((start, end, reason))
    out = bytearray()
    redactions = []
    done = 0
    for start, end, reason in merged:
        out += data[done:start]
        redactions.append(Redaction(part=part, offset=len(out), length=len(MASK), reason=reason))
        out += MASK
        done = end
    return bytes(out + data[done:]) if merged else data, redactions
