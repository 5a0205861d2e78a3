"""Places, names and byte forms of an archive folder, shared by those who write and those who check.

    log/…  packs/<cohort>-<n>.pack  keys/<cohort>.<generation>  keys/secrets  root.key
    packs/<cohort>-<n>.<revision>.pack      made anew without what was destroyed: `core.compaction`

Pack:     "DIARKIVP" ‖ u16 version ‖ u32 cohort ‖ u16 number            16-byte header
          frames
          (16-byte id ‖ u64 offset) per frame, sorted ‖ u32 count ‖ "DIARKIVF"   when sealed
Frame:    u32 length of the rest ‖ 16-byte id ‖ u8 kind ‖ u8 dictionary ‖ 12-byte nonce ‖
          ciphertext and 16-byte tag
Key line: <id, 32 hex> <wrapped key, 96 hex> <SHA-256 of the line so far, 64 hex> LF
Void line: <id, 32 hex> <96 "-"> <SHA-256 of the line so far, 64 hex> LF     the key is elsewhere
Tail:     "DIARKIVT" ‖ u64 seq of the first entry, then entries as in a tlog-tiles bundle

All integers are big-endian. Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from hashlib import sha256

from archiver.core import canonical
from archiver.core.canonical import Json
from archiver.errors import DigestMismatch, IntegrityError, NotCanonical

TAIL = "log/tail"
INTENT = "log/intent"
SIGNED = "log/signed"
CHECKPOINT = "log/checkpoint"
VKEY = "log/vkey"
FORKED = "log/forked"  # another copy's signed head: this one writes no more
RECOVERY = "log/recovery"  # a recovery that was begun: nobody else writes until it has ended
SECRETS = "keys/secrets"
ROOT_KEY = "root.key"

PACK_MAGIC = b"DIARKIVP"
FOOTER_MAGIC = b"DIARKIVF"
TAIL_MAGIC = b"DIARKIVT"
PACK_FORMAT = 1
_PACK_HEADER = struct.Struct(">8sHIH")
PACK_HEADER_BYTES = _PACK_HEADER.size
_INDEX = struct.Struct(">16sQ")
_FOOTER = struct.Struct(">I8s")
FOOTER_END_BYTES = _FOOTER.size
_TAIL_HEADER = struct.Struct(">8sQ")
TAIL_HEADER_BYTES = _TAIL_HEADER.size

FRAME_HEADER = struct.Struct(">I16sBB12s")
FRAME_LENGTH_BYTES = 4
FRAME_ID = slice(4, 20)
_TAG_BYTES = 16
MIN_FRAME = FRAME_HEADER.size + _TAG_BYTES
MAX_FRAME = 256 * 2**20

KEY_LINE_BYTES = 32 + 1 + 96 + 1 + 64 + 1
_VOID = "-" * 96
_KEY_FILE = re.compile(r"keys/([0-9]+)\.([0-9]+)")
_PACK_FILE = re.compile(r"packs/([0-9]+)-([0-9]+)(?:\.([0-9]+))?\.pack")
_SECRET_LINE = re.compile(r"([a-z0-9/._-]+) ([0-9a-f]+)")


def pack_name(cohort: int, number: int, revision: int = 0) -> str:
    """Object name of a pack; cohort numbers say nothing by themselves."""
    return f"packs/{cohort}-{number}{f'.{revision}' if revision else ''}.pack"


def pack_of(name: str) -> tuple[int, int, int] | None:
    """(cohort, number, revision) of a pack's name; None for another name."""
    found = _PACK_FILE.fullmatch(name)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def dictionary_name(version: int) -> str:
    """Object name of the archive's own copy of a compression dictionary."""
    return f"packs/dictionary-{version}"


def key_file(cohort: int, generation: int) -> str:
    """Object name of a cohort generation's wrapped keys."""
    return f"keys/{cohort}.{generation}"


def pack_header(cohort: int, number: int) -> bytes:
    """The 16 bytes a pack begins with; they follow from its name."""
    return _PACK_HEADER.pack(PACK_MAGIC, PACK_FORMAT, cohort, number)


def pack_footer(frames: Iterable[tuple[bytes, int]]) -> bytes:
    """The footer index of a sealed pack over (frame id, offset) pairs."""
    rows = sorted(frames)
    return b"".join(_INDEX.pack(*row) for row in rows) + _FOOTER.pack(len(rows), FOOTER_MAGIC)


def footer_bytes(end: bytes) -> int:
    """Whole length of a sealed pack's footer, from the file's last `FOOTER_END_BYTES`."""
    if len(end) != FOOTER_END_BYTES or end[-8:] != FOOTER_MAGIC:
        raise IntegrityError("A sealed pack does not end as one does.")
    return FOOTER_END_BYTES + _INDEX.size * int(_FOOTER.unpack(end)[0])


def frame_length(header: bytes) -> int:
    """Whole length in bytes of the frame that begins with these 34 bytes or more; bounded before
    anything is read or allocated. `IntegrityError` if it is impossible."""
    length = int.from_bytes(header[:FRAME_LENGTH_BYTES], "big") + FRAME_LENGTH_BYTES
    if len(header) < FRAME_HEADER.size or not MIN_FRAME <= length <= MAX_FRAME:
        raise IntegrityError("A frame's length is out of bounds.")
    return length


def key_line(frame_id: bytes, wrapped: bytes) -> bytes:
    """The key file's line for one frame, 195 bytes."""
    line = f"{frame_id.hex()} {wrapped.hex()}".encode()
    return line + b" " + sha256(line).hexdigest().encode() + b"\n"


def key_line_is_whole(line: bytes, frame_id: str) -> bool:
    """Whether the line belongs to the frame (id as hex) and is just what was written."""
    body = line[:129]
    return (
        line[130:194] == sha256(body).hexdigest().encode()
        and line[:32] == frame_id.encode()
        and line[129:130] == b" "
        and line[194:] == b"\n"
    )


def void_line(frame_id: bytes) -> bytes:
    """The line of a frame whose key has left the file, 195 bytes: the others keep their places."""
    line = f"{frame_id.hex()} {_VOID}".encode()
    return line + b" " + sha256(line).hexdigest().encode() + b"\n"


def is_void(line: bytes) -> bool:
    """Whether a line says that the key has left (whole or not: see `key_line_is_whole`)."""
    return line[33:129] == _VOID.encode()


def generation_of(name: str) -> tuple[int, int] | None:
    """(cohort, generation) of a key file's name; None for another name."""
    found = _KEY_FILE.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else None


def tail_header(first: int) -> bytes:
    """The 16 bytes the tail begins with: `first` is the seq of its first entry."""
    return _TAIL_HEADER.pack(TAIL_MAGIC, first)


def read_tail(data: bytes) -> tuple[int, list[bytes], int]:
    """(seq of the first entry, whole entries, bytes they end at) of a tail; what lies beyond is
    torn. `IntegrityError` if it does not begin as a tail does."""
    if len(data) < TAIL_HEADER_BYTES or data[:8] != TAIL_MAGIC:
        raise IntegrityError("log/tail does not begin as a log's tail does.")
    first = int.from_bytes(data[8:TAIL_HEADER_BYTES], "big")
    entries, at = [], TAIL_HEADER_BYTES
    while at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or end == at + 2:
            break
        entries.append(data[at + 2 : end])
        at = end
    return first, entries, at


def render_intent(body: str, mac: bytes) -> bytes:
    """The bytes of log/intent: a checkpoint's body, then `<MAC, hex> <SHA-256 of all before>`."""
    data = f"{body}{mac.hex()}".encode()
    return data + f" {sha256(data).hexdigest()}\n".encode()


def parse_intent(data: bytes) -> tuple[str, bytes]:
    """(checkpoint body, MAC) of log/intent; `DigestMismatch` if any byte differs from what was
    written. The MAC itself is judged by whoever holds the keys."""
    body, _, last = data.decode("utf-8", "replace").removesuffix("\n").rpartition("\n")
    try:
        mac = bytes.fromhex(last[:64])
    except ValueError:
        mac = b""
    if render_intent(f"{body}\n", mac) != data:
        raise DigestMismatch("log/intent is damaged.", remedy="Restore log/ from a backup.")
    return f"{body}\n", mac


def render_secrets(lines: Mapping[str, str]) -> bytes:
    """The secret store's bytes: `name sealed-hex` lines, sorted, and a digest line.

    `ValueError` for a line that `parse_secrets` would not read.
    """
    if not all(_SECRET_LINE.fullmatch(f"{name} {value}") for name, value in lines.items()):
        raise ValueError("a secret's name or value is not of the store's form")
    body = "".join(f"{name} {value}\n" for name, value in sorted(lines.items())).encode()
    return body + b"sha256 " + sha256(body).hexdigest().encode() + b"\n"


def parse_secrets(data: bytes) -> dict[str, str]:
    """Name → sealed hex; `DigestMismatch` unless the file is just what `render_secrets` makes."""
    rows = data.decode("ascii", "replace").split("\n")[:-2]
    matches = [m for row in rows if (m := _SECRET_LINE.fullmatch(row))]
    lines = {m[1]: m[2] for m in matches}
    if render_secrets(lines) != data:
        raise DigestMismatch(
            "The secret store is damaged: its digest line does not fit.",
            remedy="Restore keys/secrets from the newest backup.",
        )
    return lines


def render_root(fields: Mapping[str, Json]) -> bytes:
    """root.key's bytes: canonical JSON with a digest over the fields without it."""
    digest = sha256(canonical.encode(fields)).hexdigest()
    return canonical.encode({**fields, "sha256": digest}) + b"\n"


def parse_root(data: bytes) -> dict[str, Json]:
    """The fields of root.key; `DigestMismatch` if any byte differs from what was written."""
    try:
        fields = canonical.decode_object(data.removesuffix(b"\n"))
        fields.pop("sha256", None)
        whole = render_root(fields) == data
    except NotCanonical:
        whole = False
    if not whole:
        raise DigestMismatch("root.key is damaged.", remedy="Restore the escrow copy.")
    return fields
