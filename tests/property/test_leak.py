"""A masked value is found in any encoding, in any place of any output; clean outputs raise none."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import random
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdpr.leak import Kind, Output, Secret, check
from tests.unit.gdpr.leak import made

LETTERS = "abcdefghijklmnopqrstuvwxyzåäöéü"
FILLING = "bcdfghjklmnpqrtvwx  ,.\n"  # no vowels: no name by chance, whatever lies before or after

names = st.lists(st.text(LETTERS, min_size=4, max_size=9), min_size=2, max_size=3).map(
    lambda parts: " ".join(part.capitalize() for part in parts)
)
numbers = st.from_regex(
    r"19[2-9][0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])-[0-9]{4}", fullmatch=True
)
phones = st.from_regex(r"07[0236][0-9]-[1-9][0-9]{2} [0-9]{2} [0-9]{2}", fullmatch=True)
values = st.one_of(names, numbers, phones)
fillings = st.text(FILLING, max_size=60)


def zero_width(text: str) -> bytes:
    return "\u200d".join(text).encode()


def lined(text: str) -> bytes:
    return text.replace(" ", "\r\n  ").encode()


def escaped(text: str) -> bytes:
    return json.dumps(text).encode()


def percent(text: str) -> bytes:
    return quote(text).encode()


def twice(text: str) -> bytes:
    return quote(quote(text)).encode()


def decimal(text: str) -> bytes:
    return "".join(f"&#{ord(one)};" for one in text).encode()


def hexed(text: str) -> bytes:
    return "".join(f"&#x{ord(one):X};" for one in text).encode()


def named(text: str) -> bytes:
    return text.encode("ascii", "xmlcharrefreplace")


def quoted(text: str) -> bytes:
    return "".join(f"={one:02X}" for one in text.encode()).encode()


def shifted(text: str) -> bytes:
    return base64.b64encode(b"x" * (len(text) % 3) + b" " + text.encode() + b" y")


def urlsafe(text: str) -> bytes:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=")


ENCODINGS: Mapping[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "NFD": lambda text: unicodedata.normalize("NFD", text).encode(),
    "capitals": lambda text: text.upper().encode(),
    "small": lambda text: text.lower().encode(),
    "full width": lambda text: "".join(
        chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text
    ).encode(),
    "dashes": lambda text: text.replace(" ", "\u2011").replace("-", "\u2013").encode(),
    "no separators": lambda text: text.replace(" ", "").replace("-", "").encode(),
    "zero width": zero_width,
    "lines": lined,
    "JSON": escaped,
    "percent": percent,
    "percent twice": twice,
    "decimal entities": decimal,
    "hexadecimal entities": hexed,
    "entities": named,
    "escaped HTML": lambda text: html.escape(named(text).decode()).encode(),
    "quoted-printable": quoted,
    "base64": shifted,
    "base64 of addresses": urlsafe,
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")),
    "base64 of Latin-1": lambda text: base64.b64encode(text.encode("cp1252")),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "hexadecimal UTF-16": lambda text: text.encode("utf-16-be").hex().upper().encode(),
}
WHOLE_FILE = ("utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "cp1252", "utf-32")


def text(content: bytes) -> bytes:
    return content


def as_json(content: bytes) -> bytes:
    return json.dumps({"a": [1, {"b": content.decode()}]}).encode()


def as_html(content: bytes) -> bytes:
    return b"<html><body><p title='" + content.replace(b"'", b"") + b"'>hej</p></body></html>"


def as_zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", content)
    return made.getvalue()


FILES: Mapping[str, Callable[[bytes], bytes]] = {
    "text": text,
    "JSON": as_json,
    "HTML": as_html,
    "zip": as_zip,
    "gzip": gzip.compress,
    "gzip in zip": lambda content: as_zip(gzip.compress(content)),
}
OTHER = [Secret("Åsa Öbergsson", "m1")]
quick = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("encoding", ENCODINGS)
@quick
@given(values, fillings, fillings, st.sampled_from(sorted(FILES)))
def test_a_value_is_found(encoding: str, value: str, before: str, after: str, kind: str) -> None:
    planted = ENCODINGS[encoding](value)
    content = FILES[kind](before.encode() + b" " + planted + b" " + after.encode())
    leaks = check(
        [Output("ut", content)],
        [Secret("Annan Person", "m0"), Secret(value, "m1")],
        reader=made.here,
    )
    assert {(leak.kind, leak.ref) for leak in leaks} == {(Kind.VALUE, "m1")}
    assert not any(value in str(leak) for leak in leaks)


@pytest.mark.parametrize("encoding", WHOLE_FILE)
@quick
@given(values, fillings)
def test_a_value_is_found_in_a_file_of_any_encoding(encoding: str, value: str, before: str) -> None:
    content = f"{before} {value} slut".encode(encoding)
    leaks = check([Output("ut", content)], [Secret(value, "m1")], reader=made.here)
    assert {(leak.kind, leak.ref) for leak in leaks} == {(Kind.VALUE, "m1")}


@pytest.mark.parametrize("kind", FILES)
@quick
@given(st.lists(values, max_size=8), fillings)
def test_what_is_clean_leaks_no_value(kind: str, masked: list[str], filling: str) -> None:
    content = FILES[kind](f"{filling} [NAMN-7f3a] {filling}".encode())
    secrets = [Secret(one, f"m{number}") for number, one in enumerate(masked)]
    assert check([Output("ut", content)], secrets, reader=made.here) == []


@quick
@given(st.binary(max_size=3_000), st.sampled_from([b"", b"%PDF-1.7\n", b"PK\3\4", b"\x1f\x8b"]))
def test_no_bytes_make_it_raise(content: bytes, begins: bytes) -> None:
    for leak in check(
        [Output("ut", begins + content)], [Secret("Åsa Öbergsson", "m1")], reader=made.here
    ):
        assert leak.kind is Kind.UNREADABLE


@quick
@given(st.integers())
def test_no_torn_file_makes_it_raise(seed: int) -> None:
    """Of each kind of file one with a part lost or changed: read as far as it goes, never a
    fault."""
    chance = random.Random(seed)
    for build, _ in made.FAILURES.values():
        content = bytearray(build("[NAMN-7f3a]"))
        at = chance.randrange(len(content))
        content[at : at + chance.randrange(9)] = chance.randbytes(chance.randrange(9))
        leaks = check(
            [Output("ut", bytes(content))], [Secret("Åsa Öbergsson", "m1")], reader=made.here
        )
        assert all(leak.kind is not Kind.VALUE for leak in leaks)
