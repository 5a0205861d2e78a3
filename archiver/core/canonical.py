"""Canonical JSON, restricted profile of RFC 8785 (JCS).

One value has exactly one form, so that a digest of the form is a digest of the value.
The profile allows objects with ASCII keys, arrays, strings, booleans and integers below 2^53:
no floats, no null, at most 64 levels deep. Within it, sorting keys by code point equals RFC 8785's
UTF-16 order, and `orjson` with sorted keys gives the same bytes (used above core, where speed
matters). Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from archiver.errors import NotCanonical

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json]"
JsonObject: TypeAlias = Mapping[str, Json]

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64

_quoted = json.encoder.encode_basestring


def encode(value: Json) -> bytes:
    """The canonical UTF-8 bytes of `value`; `NotCanonical` if it lies outside the profile."""
    try:
        return _text(value, MAX_DEPTH).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("A string holds a lone surrogate.") from error


def decode(data: bytes) -> Json:
    """The value of canonical bytes; `NotCanonical` for any other form of the same value.

    Re-encoding and comparing refuses every second spelling: spaces, key order, escapes,
    duplicate keys, `1.0` for `1`, a byte order mark.
    """
    try:
        value: Json = json.loads(data)
        again = encode(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("The bytes are not canonical JSON.") from error
    if again != data:
        raise NotCanonical("The bytes are JSON, but not in canonical form.")
    return value


def decode_object(data: bytes) -> dict[str, Json]:
    """As `decode`, for bytes that must hold an object."""
    value = decode(data)
    if not isinstance(value, dict):
        raise NotCanonical("The canonical JSON is not an object.")
    return value


def _text(value: object, depth: int) -> str:
    """One pass that checks and writes; most values are a number, a string or a short list."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotCanonical("An integer is outside ±(2^53 − 1).")
        return int.__repr__(value)
    if not depth:
        raise NotCanonical(f"A value is more than {MAX_DEPTH} levels deep.")
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item, depth - 1) for item in value]) + "]"
    if isinstance(value, dict):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise NotCanonical("A key is not an ASCII string.")
        members = [f"{_quoted(key)}:{_text(value[key], depth - 1)}" for key in sorted(value)]
        return "{" + ",".join(members) + "}"
    raise NotCanonical(f"A {type(value).__name__} has no canonical form.")
