"""What the disk can do to the local folder: full, read-only, failing, and crashes on it.

Faults are of two kinds: the real thing (a small tmpfs, where the tests may mount one; a file-size
limit in a child process) and an operating system made to fail at a given call.
"""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archiver.errors import StoreError, StoreUnavailable
from archiver.store.filesystem import FilesystemStore
from tests.build import in_children


@pytest.fixture
def folder(tmp_path: Path) -> FilesystemStore:
    return FilesystemStore(tmp_path / "home")


def _temporary(store: FilesystemStore) -> list[Path]:
    return list((store.root / "tmp").glob("*"))


def test_leftovers_of_a_killed_process_of_the_same_number(folder: FilesystemStore) -> None:
    """In a container each process has the number the killed one had."""
    folder.put("first", b"x")
    for number in range(2000):
        (folder.root / "tmp" / f"object-{os.getpid()}-{number}").write_bytes(b"half")
    folder.put("second", b"y")
    folder.swap("second", b"z", expect=b"y")
    assert folder.get("second") == b"z"
    folder.clear_temporary()
    assert _temporary(folder) == []


def test_files_are_for_their_owner_only(folder: FilesystemStore) -> None:
    folder.put("a", b"x")
    folder.swap("b", b"x", expect=None)
    folder.append("c", 0, b"x")
    modes = {path.stat().st_mode & 0o777 for path in folder.root.iterdir() if path.is_file()}
    assert modes == {0o600}


def _failing(number: int) -> Callable[..., int]:
    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fdatasync", "link", "open"])
def test_an_object_is_written_whole_or_not_at_all(
    folder: FilesystemStore, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """The operating system is made to fail at one call (no real disk was filled for this one)."""
    folder.put("kept", b"x")
    with monkeypatch.context() as patch:
        patch.setattr(os, call, _failing(number))
        with pytest.raises(StoreUnavailable) as caught:
            folder.put("new/object", b"y")
    assert caught.value.remedy
    assert folder.size("new/object") is None
    assert _temporary(folder) == []
    folder.put("new/object", b"y")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace" if call == "link" else call, _failing(number))
        with pytest.raises(StoreUnavailable):
            folder.swap("kept", b"z", expect=b"x")
    assert folder.get("kept") == b"x"
    assert _temporary(folder) == []


def test_an_append_that_fails_half_way_leaves_nothing(
    folder: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.append("t", 0, b"kept")
    whole, calls = os.pwrite, iter([5])

    def pwrite(file: int, data: bytes, offset: int) -> int:
        for part in calls:
            return whole(file, bytes(data)[:part], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        with pytest.raises(StoreUnavailable, match="No space left"):
            folder.append("t", 4, b"0123456789")
    assert folder.get("t") == b"kept"
    folder.append("t", 4, b"!")


def test_a_file_size_limit_in_a_child_process(folder: FilesystemStore) -> None:
    """A real refusal by the operating system (EFBIG): RLIMIT_FSIZE of 64 KiB."""
    folder.put("kept", b"x")

    def child() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        calls: list[Callable[[], object]] = [
            lambda: folder.put("big", bytes(100_000)),
            lambda: folder.swap("kept", bytes(100_000), expect=b"x"),
            lambda: folder.append("pack", 0, bytes(100_000)),
        ]
        for call in calls:
            with pytest.raises(StoreUnavailable):
                call()
        folder.put("small", b"y")

    in_children([child])
    assert (folder.size("big"), folder.get("kept"), folder.size("pack")) == (None, b"x", 0)
    assert folder.get("small") == b"y"
    assert _temporary(folder) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where the tests may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    store = FilesystemStore(small_disk)
    store.put("kept", b"x" * 1000)
    store.append("pack", 0, b"head")
    with pytest.raises(StoreUnavailable) as caught:
        store.put("big", bytes(400_000))
    assert "disk space" in caught.value.remedy
    with pytest.raises(StoreUnavailable):
        store.swap("kept", bytes(400_000), expect=b"x" * 1000)
    with pytest.raises(StoreUnavailable):
        store.append("pack", 4, bytes(400_000))
    assert (store.size("big"), store.get("kept")) == (None, b"x" * 1000)
    assert store.get("pack") == b"head"
    assert _temporary(store) == []
    store.put("small", b"y")
    store.append("pack", 4, b"tail")
    store.close()


def test_a_disk_that_is_really_read_only(small_disk: Path) -> None:
    store = FilesystemStore(small_disk)
    store.put("kept", b"x")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    calls: list[Callable[[], object]] = [
        lambda: store.put("new", b"y"),
        lambda: store.swap("kept", b"y", expect=b"x"),
        lambda: store.append("new", 0, b"y"),
        lambda: store.delete("kept"),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable, match=r"[Rr]ead-only") as caught:
            call()
        assert "read-only" in caught.value.remedy
    assert (store.get("kept"), store.size("new")) == (b"x", None)
    store.put("kept", b"x")


def test_every_error_is_one_of_ours(folder: FilesystemStore) -> None:
    folder.put("a", b"x")
    for call in (
        lambda: folder.put("a/b", b"x"),
        lambda: folder.swap("a/b", b"x", expect=None),
        lambda: folder.append("a/b", 0, b"x"),
        lambda: folder.delete("missing"),
        lambda: folder.get("a", -1),
    ):
        with pytest.raises(StoreError):
            call()
