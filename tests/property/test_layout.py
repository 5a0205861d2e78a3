"""Byte forms of an archive folder: each is read back; flipped bits show where that is promised.

The oracles are the module's docstring, written out a second time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archiver.core import canonical, layout
from archiver.core.canonical import Json
from archiver.core.merkle import pack_entries
from archiver.errors import DigestMismatch, IntegrityError

cohorts = st.integers(0, 2**32 - 1)
numbers = st.integers(0, 2**16 - 1)
ids = st.binary(min_size=16, max_size=16)
frames = st.lists(st.tuples(ids, st.integers(0, 2**64 - 1)), max_size=6)
wrapped_keys = st.binary(min_size=48, max_size=48)
entries = st.lists(st.binary(min_size=1, max_size=300), max_size=6)
names = st.from_regex(r"[a-z0-9/._-]{1,12}", fullmatch=True)
secrets = st.dictionaries(names, st.binary(min_size=1, max_size=60).map(bytes.hex), max_size=5)
keys = st.text(st.characters(max_codepoint=0x7F), max_size=8).filter("sha256".__ne__)
fields = st.dictionaries(keys, st.booleans() | st.integers(-9, 9) | st.text(max_size=9), max_size=5)


def u(size: int, number: int) -> bytes:
    return number.to_bytes(size, "big")


def flips(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        yield (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


def neighbours(data: bytes) -> Iterator[bytes]:
    """Every flipped bit, every cut, a byte more anywhere, and a line twice or left out."""
    yield from flips(data)
    yield from (data[:at] for at in range(len(data)))
    more = (b"\n", b" ", b"0", b"\r", b"\x00", b"\xff")
    yield from (data[:at] + byte + data[at:] for at in range(len(data) + 1) for byte in more)
    lines = data.splitlines(keepends=True)
    yield from (b"".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines)))
    yield from (b"".join(lines[: n + 1] + lines[n:]) for n in range(len(lines)))


# --- packs -----------------------------------------------------------------------------------


@given(cohorts, numbers)
def test_a_pack_begins_as_its_name_says(cohort: int, number: int) -> None:
    header = layout.pack_header(cohort, number)
    assert header == b"DIARKIVP" + u(2, 1) + u(4, cohort) + u(2, number)
    assert len(header) == layout.PACK_HEADER_BYTES == 16


@given(st.lists(st.tuples(cohorts, numbers), min_size=2, max_size=2, unique=True))
def test_no_two_objects_share_a_name_or_a_header(pairs: list[tuple[int, int]]) -> None:
    for form in (layout.pack_name, layout.key_file, layout.pack_header):
        assert form(*pairs[0]) != form(*pairs[1])
    for a, b in pairs:
        given_names = (layout.pack_name(a, b), layout.key_file(a, b), layout.dictionary_name(b))
        assert all(re.fullmatch(r"(packs|keys)/[a-z0-9.-]+", name) for name in given_names)
        assert len(set(given_names)) == 3


def footer_by_the_book(footer: bytes) -> list[tuple[bytes, int]]:
    assert footer[-8:] == b"DIARKIVF"
    count = int.from_bytes(footer[-12:-8], "big")
    rows = [footer[at : at + 24] for at in range(0, len(footer) - 12, 24)]
    assert len(rows) == count
    assert len(footer) == 24 * count + 12
    return [(row[:16], int.from_bytes(row[16:], "big")) for row in rows]


@given(frames)
def test_a_footer_lists_every_frame_sorted(rows: list[tuple[bytes, int]]) -> None:
    footer = layout.pack_footer(rows)
    assert footer_by_the_book(footer) == sorted(rows)
    assert layout.pack_footer(reversed(rows)) == footer


@given(frames, frames)
def test_unequal_packs_have_unequal_footers(
    one: list[tuple[bytes, int]], two: list[tuple[bytes, int]]
) -> None:
    """So that comparing bytes, as the audit does, refuses every flipped bit."""
    assume(sorted(one) != sorted(two))
    assert layout.pack_footer(one) != layout.pack_footer(two)


@given(st.integers(0, 2**32 - 1) | st.integers(0, 100), st.binary(min_size=30, max_size=60))
@settings(max_examples=200)
def test_a_frame_length_is_possible_or_refused(length: int, rest: bytes) -> None:
    least, most = 4 + 16 + 1 + 1 + 12 + 16, 256 * 2**20
    if least <= length + 4 <= most:
        assert layout.frame_length(u(4, length) + rest) == length + 4
        return
    with pytest.raises(IntegrityError):
        layout.frame_length(u(4, length) + rest)


def test_the_bounds_of_a_frame() -> None:
    assert (layout.MIN_FRAME, layout.MAX_FRAME) == (50, 2**28)
    for length in (layout.MIN_FRAME, layout.MAX_FRAME):
        assert layout.frame_length(u(4, length - 4) + bytes(30)) == length
    for length in (4, layout.MIN_FRAME - 1, layout.MAX_FRAME + 1, 2**32 + 3):
        with pytest.raises(IntegrityError):
            layout.frame_length(u(4, length - 4) + bytes(30))
    for size in range(layout.FRAME_HEADER.size):
        with pytest.raises(IntegrityError):
            layout.frame_length((u(4, 100) + bytes(30))[:size])


# --- key lines -------------------------------------------------------------------------------

ID = bytes(range(16))
LINE = layout.key_line(ID, bytes(range(100, 148)))


@given(ids, wrapped_keys)
def test_a_key_line_is_what_the_form_says(frame_id: bytes, wrapped: bytes) -> None:
    line = layout.key_line(frame_id, wrapped)
    first = f"{frame_id.hex()} {wrapped.hex()}".encode()
    assert line == first + b" " + sha256(first).hexdigest().encode() + b"\n"
    assert len(line) == layout.KEY_LINE_BYTES == 195
    assert layout.key_line_is_whole(line, frame_id.hex())


def test_every_altered_key_line_is_refused() -> None:
    assert layout.key_line_is_whole(LINE, ID.hex())
    for bad in neighbours(LINE):
        assert not layout.key_line_is_whole(bad, ID.hex())
    for bad in (LINE.upper(), LINE.replace(b" ", b"\t"), LINE + LINE, LINE[:-1] + b"\r\n", b""):
        assert not layout.key_line_is_whole(bad, ID.hex())


@given(ids, wrapped_keys)
def test_a_key_line_belongs_to_its_frame_only(frame_id: bytes, wrapped: bytes) -> None:
    """Though its digest fits: otherwise two frames could trade keys."""
    assume(frame_id != ID)
    line = layout.key_line(frame_id, wrapped)
    assert not layout.key_line_is_whole(line, ID.hex())
    assert not layout.key_line_is_whole(line, frame_id.hex().upper() + "A")
    for other in flips(frame_id):
        assert not layout.key_line_is_whole(line, other.hex())


# --- the tail --------------------------------------------------------------------------------


@given(st.integers(0, 2**64 - 1), entries)
def test_a_tail_is_read_back(first: int, written: list[bytes]) -> None:
    data = layout.tail_header(first) + pack_entries(written)
    assert data[:16] == b"DIARKIVT" + u(8, first)
    assert layout.read_tail(data) == (first, written, len(data))


@given(st.integers(0, 2**64 - 1), entries)
@settings(max_examples=40)
def test_a_torn_tail_keeps_its_whole_entries(first: int, written: list[bytes]) -> None:
    data = layout.tail_header(first) + pack_entries(written)
    ends = [layout.TAIL_HEADER_BYTES + len(pack_entries(written[:n])) for n in range(len(written))]
    ends.append(len(data))
    for at in range(layout.TAIL_HEADER_BYTES, len(data)):
        whole = sum(end <= at for end in ends) - 1
        assert layout.read_tail(data[:at]) == (first, written[:whole], ends[whole])
    for at in range(layout.TAIL_HEADER_BYTES):
        with pytest.raises(IntegrityError):
            layout.read_tail(data[:at])


def test_a_flipped_bit_in_the_magic_of_a_tail_is_refused() -> None:
    for bad in flips(layout.TAIL_MAGIC):
        with pytest.raises(IntegrityError):
            layout.read_tail(bad + layout.tail_header(0)[8:])


@given(st.binary(max_size=200), st.lists(st.sampled_from([b"\0\0", b"\0\1x", b"\xff\xff"])))
def test_any_tail_is_read_up_to_where_it_tears(noise: bytes, more: list[bytes]) -> None:
    """What it says it read is there, byte for byte; an empty entry, which the log never writes (but
    a file system may, after a crash), ends it."""
    data = layout.tail_header(7) + b"".join(more) + noise
    first, found, end = layout.read_tail(data)
    assert data[:end] == layout.tail_header(first) + pack_entries(found)
    assert all(found)
    rest = data[end:]
    length = int.from_bytes(rest[:2], "big")
    assert len(rest) < 2 or length == 0 or length > len(rest) - 2


# --- the announced head ----------------------------------------------------------------------

INTENT = layout.render_intent("diarkiv/5f0c2a/1\n17\nAAAA\n", bytes(range(32)))


@given(st.text(max_size=40).map(lambda text: text + "\n"), st.binary(min_size=32, max_size=32))
def test_an_intent_is_read_back(body: str, mac: bytes) -> None:
    data = layout.render_intent(body, mac)
    first = body.encode() + mac.hex().encode()
    assert data == first + b" " + sha256(first).hexdigest().encode() + b"\n"
    assert layout.parse_intent(data) == (body, mac)


def test_every_altered_intent_is_refused() -> None:
    for bad in (*neighbours(INTENT), INTENT.upper(), INTENT + INTENT, INTENT[:-1] + b"\r\n"):
        with pytest.raises(DigestMismatch):
            layout.parse_intent(bad)


@given(st.binary(max_size=80), st.binary(max_size=40).map(bytes.hex).map(str.encode))
def test_any_bytes_are_refused_or_the_one_spelling_of_an_intent(body: bytes, mac: bytes) -> None:
    for first in (body + mac, body + b"\n" + mac, body + mac.upper()):
        whole = first + b" " + sha256(first).hexdigest().encode() + b"\n"
        with suppress(DigestMismatch):
            assert layout.render_intent(*layout.parse_intent(whole)) == whole


# --- the secret store ------------------------------------------------------------------------

STORE = layout.render_secrets({"kek/3.1": "00ff" * 4, "channel/17": "ab" * 8, "sign/a": "01"})


@given(secrets)
def test_secrets_are_read_back(lines: dict[str, str]) -> None:
    data = layout.render_secrets(lines)
    body, digest = data[:-72], data[-72:]
    assert body == b"".join(f"{name} {lines[name]}\n".encode() for name in sorted(lines))
    assert digest == b"sha256 " + sha256(body).hexdigest().encode() + b"\n"
    assert layout.parse_secrets(data) == lines
    assert layout.render_secrets(dict(reversed(lines.items()))) == data


def test_every_altered_secret_store_is_refused() -> None:
    for bad in neighbours(STORE):
        with pytest.raises(DigestMismatch):
            layout.parse_secrets(bad)


SECOND_BODIES = {
    "other order": b"b 00\na 00\n",
    "a name twice": b"a 00\na 00\n",
    "a name twice, other value": b"a 00\na 01\n",
    "capitals": b"a FF\n",
    "capital name": b"A 00\n",
    "two spaces": b"a  00\n",
    "no value": b"a \n",
    "three fields": b"a 00 00\n",
    "empty line": b"a 00\n\n",
    "carriage return": b"a 00\r\n",
    "no last newline": b"a 00",
    "beyond ASCII": "å 00\n".encode(),
    "ill-formed UTF-8": b"\xff 00\n",
    "comment": b"# a\na 00\n",
}


@pytest.mark.parametrize("body", SECOND_BODIES.values(), ids=SECOND_BODIES.keys())
def test_second_spellings_of_secrets_are_refused_though_the_digest_fits(body: bytes) -> None:
    with pytest.raises(DigestMismatch):
        layout.parse_secrets(body + b"sha256 " + sha256(body).hexdigest().encode() + b"\n")


@given(st.binary(max_size=120) | st.text("a0 \n", max_size=12).map(str.encode))
def test_any_bytes_are_refused_or_the_one_spelling_of_secrets(data: bytes) -> None:
    for whole in (data, data + b"sha256 " + sha256(data).hexdigest().encode() + b"\n"):
        try:
            lines = layout.parse_secrets(whole)
        except DigestMismatch:
            continue
        assert layout.render_secrets(lines) == whole


@pytest.mark.parametrize("name", ["Kek", "a b", "a\nb 00", "", "å"])
def test_no_secret_is_written_that_makes_the_store_unreadable(name: str) -> None:
    """`Secrets.add` swaps the file in at once: every key in it would be out of reach."""
    try:
        data = layout.render_secrets({"kek/3.1": "00", name: "00"})
    except ValueError:
        return
    assert layout.parse_secrets(data)[name] == "00"


# --- the root key ----------------------------------------------------------------------------

ROOT_FIELDS: dict[str, Json] = {"key": "0f" * 8, "salt": "åäö", "v": 1, "costs": {"n": 2}}


@given(fields)
def test_a_root_key_is_read_back(content: dict[str, Json]) -> None:
    data = layout.render_root(content)
    digest = sha256(canonical.encode(content)).hexdigest()
    assert json.loads(data) == {**content, "sha256": digest}
    assert data == canonical.encode({**content, "sha256": digest}) + b"\n"
    assert layout.parse_root(data) == content


def test_every_altered_root_key_is_refused() -> None:
    data = layout.render_root(ROOT_FIELDS)
    assert layout.parse_root(data) == ROOT_FIELDS
    for bad in neighbours(data):
        with pytest.raises(DigestMismatch):
            layout.parse_root(bad)


def test_second_spellings_of_a_root_key_are_refused_though_the_digest_fits() -> None:
    data = layout.render_root(ROOT_FIELDS)
    value = json.loads(data)
    spaced = json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
    escaped = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    turned = json.dumps(dict(reversed(value.items())), ensure_ascii=False, separators=(",", ":"))
    without = canonical.encode(ROOT_FIELDS)
    for bad in (spaced, escaped, turned.encode(), without, b"[]", b"{}", b"[" * 9999, b"\xff", b""):
        for end in (b"", b"\n", b"\n\n", b"\r\n"):
            with pytest.raises(DigestMismatch):
                layout.parse_root(bad + end)


@given(st.binary(max_size=80))
def test_any_bytes_are_no_root_key(data: bytes) -> None:
    with pytest.raises(DigestMismatch):
        layout.parse_root(data)
