"""The contract of `BlobStore` and `AppendStore` (core/ports.py), over every adapter.

A new adapter adds itself to `STORES`, and to `APPENDERS` if its files grow. What the disk can do to
the local folder is in test_blob_store_disk.py.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from archiver.core.ports import BlobStore
from archiver.errors import AlreadyExists, IntegrityError, NotFound, StoreUnavailable
from archiver.ledger.log import Store
from archiver.store.filesystem import FilesystemStore
from tests.build import in_children

# Each opens the store that lives at a place; two of them at one place are two processes' views.
STORES: dict[str, Callable[[Path], BlobStore]] = {"filesystem": FilesystemStore}
APPENDERS: dict[str, Callable[[Path], Store]] = {"filesystem": FilesystemStore}

ESCAPING = [
    "", "/", ".", "..", "../x", "a/../../x", "a/..", "/etc/x", "a//b", "a/", "./a", "a/./b",
    "a\x00b", "å", "a b", "a\n", "a\\..\\b",
]  # fmt: skip


@pytest.fixture(params=[*STORES, pytest.param("s3", marks=pytest.mark.server)])
def view(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], BlobStore]:
    if request.param == "s3":
        return partial(request.getfixturevalue("weed_bucket"), tmp_path.name)
    return lambda: STORES[request.param](tmp_path / "home")


@pytest.fixture
def store(view: Callable[[], BlobStore]) -> BlobStore:
    return view()


@pytest.fixture(params=list(APPENDERS.values()), ids=list(APPENDERS))
def growing_view(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    return lambda: request.param(tmp_path / "home")


@pytest.fixture
def growing(growing_view: Callable[[], Store]) -> Store:
    return growing_view()


# --- objects ---------------------------------------------------------------------------------


def test_what_was_put_is_there_for_everybody(
    store: BlobStore, view: Callable[[], BlobStore]
) -> None:
    data = bytes(range(256)) * 5000
    store.put("packs/1-0.pack", data)
    assert view().get("packs/1-0.pack") == data
    assert view().size("packs/1-0.pack") == len(data)
    store.put("empty", b"")
    assert (view().get("empty"), view().size("empty")) == (b"", 0)


def test_put_is_idempotent_and_never_overwrites(store: BlobStore) -> None:
    store.put("a/b", b"one")
    store.put("a/b", b"one")
    for other in (b"two", b"one ", b"on", b""):
        with pytest.raises(AlreadyExists):
            store.put("a/b", other)
    assert store.get("a/b") == b"one"


def test_swap_compares(store: BlobStore, view: Callable[[], BlobStore]) -> None:
    with pytest.raises(AlreadyExists):
        store.swap("log/signed", b"1", expect=b"0")
    assert store.size("log/signed") is None
    store.swap("log/signed", b"1", expect=None)
    with pytest.raises(AlreadyExists):
        view().swap("log/signed", b"2", expect=None)
    with pytest.raises(AlreadyExists):
        view().swap("log/signed", b"2", expect=b"0")
    view().swap("log/signed", b"two", expect=b"1")
    assert store.get("log/signed") == b"two"
    store.swap("log/signed", b"two", expect=b"two")
    assert store.size("log/signed") == 3


def test_ranges_are_what_exists_of_them(store: BlobStore) -> None:
    store.put("x", b"0123456789")
    assert store.get("x", 3) == b"3456789"
    assert store.get("x", 3, 4) == b"3456"
    assert store.get("x", 8, 100) == b"89"
    assert store.get("x", 10, 5) == store.get("x", 99) == store.get("x", 2, 0) == b""


def test_a_missing_object(store: BlobStore) -> None:
    store.put("log/tile/0/000", b"x")
    for name in ("nothing", "log/nothing", "log/tile/0/000/below"):
        assert store.size(name) is None
        with pytest.raises(NotFound):
            store.get(name)
    for folder in ("log", "log/tile"):  # a prefix is no object
        assert store.size(folder) is None
        with pytest.raises(NotFound):
            store.get(folder)


def test_delete(store: BlobStore, view: Callable[[], BlobStore]) -> None:
    store.put("packs/1-0.pack", b"x")
    store.put("packs/1-1.pack", b"y")
    store.delete("packs/1-0.pack")
    assert list(view().names("packs")) == ["packs/1-1.pack"]
    with pytest.raises(NotFound):
        view().get("packs/1-0.pack")
    store.put("packs/1-0.pack", b"z")
    assert view().get("packs/1-0.pack") == b"z"


def test_names_are_sorted_as_strings(store: BlobStore) -> None:
    names = ["k/1.1", "k/10.1", "k/2.1", "k/a-b", "k/a.b", "k/a/b", "k/a/b.c/d", "k/secrets", "l/x"]
    for name in reversed(names):
        store.put(name, name.encode())
    assert list(store.names("k")) == sorted(names[:-1])
    assert list(store.names("k/a")) == ["k/a/b", "k/a/b.c/d"]
    assert list(store.names("nothing")) == []
    assert list(store.names("k/")) == sorted(names[:-1])


@pytest.mark.parametrize("name", ESCAPING)
def test_names_with_a_way_out_or_a_second_spelling_are_refused(
    store: BlobStore, tmp_path: Path, name: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    calls: list[Callable[[], object]] = [
        lambda: store.put(name, b"x"),
        lambda: store.swap(name, b"x", expect=None),
        lambda: store.get(name),
        lambda: store.size(name),
        lambda: store.delete(name),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable):
            call()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("prefix", ["..", "/", "", "../..", "a/../.."])
def test_prefixes_with_a_way_out_are_refused(store: BlobStore, prefix: str) -> None:
    with pytest.raises(StoreUnavailable):
        list(store.names(prefix))


def _count_up(store: BlobStore, times: int) -> None:
    """`times` increments of one number, each by compare-and-swap."""
    while times:
        old = store.get("n")
        try:
            store.swap("n", str(int(old) + 1).encode(), expect=old)
        except AlreadyExists:
            continue
        times -= 1


def test_swaps_from_threads_lose_nothing(store: BlobStore, view: Callable[[], BlobStore]) -> None:
    store.put("n", b"0")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _count_up(view(), 25), range(8)))
    assert store.get("n") == b"200"


def test_swaps_from_processes_lose_nothing(store: BlobStore, view: Callable[[], BlobStore]) -> None:
    store.put("n", b"0")
    in_children([lambda: _count_up(view(), 50)] * 4)
    assert store.get("n") == b"200"


@pytest.mark.parametrize("call", ["put", "swap"])
def test_of_many_writers_of_one_new_object_one_wins(
    view: Callable[[], BlobStore], call: str
) -> None:
    def write(number: int) -> tuple[str, bool]:
        name, data = f"o/{number // 8}", str(number % 8).encode() * 1000
        try:
            if call == "put":
                view().put(name, data)
            else:
                view().swap(name, data, expect=None)
        except AlreadyExists:
            return name, False
        assert view().get(name) == data
        return name, True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(400)))
    assert sorted(name for name, won in outcomes if won) == sorted({name for name, _ in outcomes})


def test_many_writers_of_the_same_bytes_all_succeed(view: Callable[[], BlobStore]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: view().put(f"o/{i // 8}", b"same" * 1000), range(400)))
    assert len(list(view().names("o"))) == 50


# --- growing files ---------------------------------------------------------------------------


def test_append_at_the_end_only(growing: Store, growing_view: Callable[[], Store]) -> None:
    growing.append("keys/1.1", 0, b"one")
    growing.append("keys/1.1", 3, b"two")
    growing.sync("keys/1.1")
    assert growing_view().get("keys/1.1") == b"onetwo"
    for offset in (0, 3, 5, 7, 100):
        with pytest.raises(IntegrityError):
            growing.append("keys/1.1", offset, b"x")
    assert growing_view().get("keys/1.1") == b"onetwo"
    growing_view().append("keys/1.1", 6, b"three")
    growing.append("keys/1.1", 11, b"four")
    assert growing.get("keys/1.1") == b"onetwothreefour"


def test_cut_shortens_and_never_lengthens(
    growing: Store, growing_view: Callable[[], Store]
) -> None:
    growing.append("t", 0, b"0123456789")
    growing.cut("t", 4)
    assert growing_view().get("t") == b"0123"
    growing.cut("t", 100)
    assert growing_view().get("t") == b"0123"
    growing.append("t", 4, b"x")
    growing.cut("t", 0)
    assert growing.size("t") == 0


def test_a_file_that_another_process_replaced(
    growing: Store, growing_view: Callable[[], Store]
) -> None:
    """The log's tail grows and is now and then swapped: appends must reach the new file."""
    growing.append("log/tail", 0, b"old")
    growing_view().swap("log/tail", b"new", expect=b"old")
    growing.append("log/tail", 3, b"er")
    growing.sync("log/tail")
    assert growing_view().get("log/tail") == b"newer"
    growing_view().swap("log/tail", b"n", expect=b"newer")
    growing.cut("log/tail", 0)
    assert growing_view().get("log/tail") == b""
    growing_view().delete("log/tail")
    growing.append("log/tail", 0, b"again")
    assert growing_view().get("log/tail") == b"again"


def test_more_growing_files_than_are_kept_open(growing: Store) -> None:
    for offset in range(3):
        for number in range(100):
            growing.append(f"keys/{number}.1", offset, str(offset).encode())
    assert all(growing.get(f"keys/{number}.1") == b"012" for number in range(100))


@pytest.mark.parametrize("name", [name for name in ESCAPING if name])
def test_appends_outside_are_refused(growing: Store, name: str) -> None:
    with pytest.raises(StoreUnavailable):
        growing.append(name, 0, b"x")
    with pytest.raises(StoreUnavailable):
        growing.cut(name, 0)
