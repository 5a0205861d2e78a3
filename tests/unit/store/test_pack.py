"""A pack made anew, with pieces so small that every way of reading on is taken."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from archiver.core.compaction import Holes, merged
from archiver.core.layout import (
    FRAME_ID,
    MIN_FRAME,
    PACK_HEADER_BYTES,
    pack_footer,
    pack_header,
    pack_name,
)
from archiver.store import pack
from archiver.store.filesystem import FilesystemStore


def frame(random: Random) -> bytes:
    body = random.randbytes(random.choice((MIN_FRAME, 90, 700)) - 4)
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("piece", [40, 150, 4000])
def test_what_is_left_are_the_old_frames_and_nothing_is_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(pack, "_READ", piece)
    for seed in range(20):
        random, store = Random(seed), FilesystemStore(tmp_path / str(seed))
        frames, at = dict[int, bytes](), PACK_HEADER_BYTES
        for _ in range(60):
            frames[at] = frame(random)
            at += len(frames[at])
        index = [(one[FRAME_ID], offset) for offset, one in frames.items()]
        whole = pack_header(3, 0) + b"".join(frames.values()) + pack_footer(index)
        store.append(pack_name(3, 0), 0, whole)
        gone: list[tuple[int, int]] = []
        for revision in (1, 2):  # long holes and short ones, at the ends too
            edge = random.choice((0, at // 3, at))
            now = [o for o in frames if o < edge or random.random() < 0.3]
            gone += [(offset, len(frames.pop(offset))) for offset in now]
            if not gone:
                break
            old = pack.Pack(store, 3, 0, revision - 1)
            digest = pack.rewrite(store, old, gone, revision)
            header = Holes(merged(gone)).encode(3, 0, revision)
            index, at_ = [], len(header)
            for one in frames.values():
                index.append((one[FRAME_ID], at_))
                at_ += len(one)
            expected = header + b"".join(frames.values()) + pack_footer(index)
            made = store.get(pack_name(3, 0, revision))
            assert made == expected
            assert digest == sha256(expected).hexdigest()
