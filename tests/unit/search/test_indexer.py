"""The index follows the log, survives crashes and damage, and forgets when it is rebuilt."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.errors import DiarkivError, HomeBusy, SealBroken
from archiver.search import indexer as indexer_module
from archiver.search.indexer import HEAP, Indexer
from archiver.search.reader import TantivySearch
from archiver.search.shard import Shard, ShardState, guarded
from tests.unit.search.archive import Archive, Said, at


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


@pytest.fixture
def indexer(archive: Archive) -> Iterator[Indexer]:
    with Indexer(archive.ledger, archive.index) as indexer:
        yield indexer


def reader(archive: Archive) -> TantivySearch:
    return TantivySearch(archive.ledger, archive.index)


def found(archive: Archive, query: str, **filters: object) -> list[int]:
    """Versions found by a reader that has just started."""
    page = reader(archive).search(query, **filters)  # type: ignore[arg-type]
    assert page.total == len(page.hits)
    return sorted(hit.version for hit in page.hits)


def segments(archive: Archive, year: str = "") -> set[str]:
    files = (archive.index / year).rglob("*")
    return {path.name for path in files if path.suffix in {".idx", ".term", ".pos"}}


def test_the_heap_is_bounded() -> None:
    assert HEAP <= 64 * 2**20


def test_catch_up_goes_in_steps_and_ends(archive: Archive, indexer: Indexer) -> None:
    seqs = archive.texts(f"inlägg {n}" for n in range(7))
    assert [indexer.catch_up(3) for _ in range(4)] == [3, 3, 1, 0]
    assert found(archive, "inlägg") == seqs


def test_an_empty_home_has_an_empty_answer(archive: Archive, indexer: Indexer) -> None:
    assert reader(archive).search("snö") == reader(archive).search("")
    assert indexer.catch_up() == 0
    page = reader(archive).search("snö")
    assert (page.total, page.hits, page.lag) == (0, (), False)


def test_the_newest_version_is_found_and_older_ones_on_demand(
    archive: Archive, indexer: Indexer
) -> None:
    (first,) = archive.texts(["bänken är trasig"])
    indexer.catch_up()
    (second,) = archive.add(Said(text="bänken är lagad", record=first, n=2))
    (third,) = archive.add(
        Said(text="bänken är ny", record=first, n=3, captured_at=at(2027), kind="comment")
    )
    while indexer.catch_up(1):
        pass
    assert found(archive, "bänken") == [third]
    assert found(archive, "trasig") == []
    assert found(archive, "bänken", older=True) == [first, second, third]
    assert sorted(p.name for p in archive.index.iterdir()) == ["2026", "2027", "lock"]


def test_a_version_and_its_successor_in_one_batch(archive: Archive, indexer: Indexer) -> None:
    (first,) = archive.texts(["gammalt"])
    indexer.catch_up()
    (second,) = archive.add(Said(text="nyare", record=first, n=2))
    (third,) = archive.add(Said(text="nyast", record=first, n=3))
    assert indexer.catch_up() == 3
    assert found(archive, "") == [third]
    assert found(archive, "", older=True) == [first, second, third]


def test_a_state_that_changes_without_a_version(archive: Archive, indexer: Indexer) -> None:
    gone, stays = archive.texts(["borta", "kvar"])
    indexer.catch_up()
    archive.run([(gone, "gone_confirmed")])
    assert reader(archive).search("").lag
    assert indexer.catch_up() == 1
    assert indexer.catch_up() == 0
    assert found(archive, "", states=["gone_confirmed"]) == [gone]
    assert found(archive, "", states=["visible"]) == [stays]
    assert not reader(archive).search("").lag


def test_lag_says_that_the_index_is_behind(archive: Archive, indexer: Indexer) -> None:
    search = reader(archive)
    archive.texts(["ett"])
    assert search.search("ett").lag
    indexer.catch_up()
    assert not search.search("ett").lag
    archive.texts(["två"])
    page = search.search("ett")
    assert page.lag
    assert page.total == 1
    indexer.catch_up()
    assert search.search("två").total == 1


def test_a_crash_after_the_commit_indexes_nothing_twice(
    archive: Archive, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.texts(["ett", "två"])

    def crash(_self: Shard, _state: ShardState) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Shard, "switch", crash)
        with pytest.raises(KeyboardInterrupt):
            indexer.catch_up()
    indexer.close()
    with Indexer(archive.ledger, archive.index) as again:
        assert again.catch_up() == 2
        archive.texts(["tre"])
        with monkeypatch.context() as patch:
            patch.setattr(Shard, "switch", crash)
            with pytest.raises(KeyboardInterrupt):
                again.catch_up()
    with Indexer(archive.ledger, archive.index) as again:
        assert again.catch_up() == 1
    assert len(found(archive, "")) == 3


def test_only_released_fields_are_indexed(archive: Archive, indexer: Indexer) -> None:
    archive.add(Said(text="hej", author="Disa"))
    indexer.catch_up()
    assert len(found(archive, "Disa")) == 1
    assert found(archive, "hemlig-adress") == []
    for path in archive.index.rglob("*"):
        assert path.is_dir() or b"hemlig" not in path.read_bytes()


def test_rebuild_leaves_no_old_segment(archive: Archive, indexer: Indexer) -> None:
    archive.add(Said(text="förr", captured_at=at(2024)), Said(text="nu"))
    indexer.catch_up()
    search, old = reader(archive), segments(archive)
    assert search.search("förr").total == 1
    assert indexer.rebuild([2024]) == 1
    kept = old & segments(archive)
    assert len(old - kept) == len(kept) == 3
    assert search.search("förr").total == 1
    assert indexer.rebuild() == 2
    assert not old & segments(archive)
    assert {p.name for p in (archive.index / "2024").iterdir()} == {"3", "shard.json"}
    assert search.search("").total == 2
    assert not search.search("").lag
    assert indexer.catch_up() == 0


def test_what_is_purged_is_in_no_file(archive: Archive) -> None:
    secret, kept, (other,) = "hemligstämplad", "kvarvarande", archive.texts(["annat år"])
    gone, stays = archive.add(
        Said(text=f"{secret} uppgift", captured_at=at(2024)), Said(text=kept, captured_at=at(2024))
    )
    out = set[int]()
    with Indexer(archive.ledger, archive.index, lambda _connection: out) as indexer:
        indexer.catch_up()
        archive.add(Said(text=f"{secret} igen", record=gone, n=2, captured_at=at(2025)))
        archive.run([(gone, "gone_confirmed")])
        indexer.catch_up()
        search, before = reader(archive), segments(archive)
        touched = segments(archive, "2024") | segments(archive, "2025")
        assert search.search(secret).total == 1
        out.add(gone)
        assert indexer.purge([gone]) == 1  # 2025 is empty now
        assert len(before & segments(archive)) == len(before) - len(touched) > 0
        assert touched
        assert not touched & segments(archive)
        for path in archive.index.rglob("*"):
            assert path.is_dir() or b"hemlig" not in path.read_bytes()
        for query in (secret, f'"{secret}"', "hemlig*", "*stämpl*", "uppgift"):
            assert search.search(query, older=True).total == 0
        assert found(archive, "", older=True) == [other, stays]
        archive.run([(gone, "visible")])
        indexer.catch_up()
        indexer.rebuild()
        assert found(archive, "", older=True) == [other, stays]
        assert not search.search("").lag
    with Indexer(archive.ledger, archive.index, lambda _connection: out) as again:
        assert again.catch_up() == 0


def test_a_reader_lets_go_of_what_was_purged(archive: Archive, indexer: Indexer) -> None:
    """A file that is removed stays on the disk while a process holds it."""

    def held() -> list[str]:
        maps = Path("/proc/self/maps").read_text()
        return [line for line in maps.splitlines() if str(archive.index) in line and "(del" in line]

    gone, _stays = archive.texts(["borta", "kvar"])
    indexer.catch_up()
    search = reader(archive)
    assert search.search("borta").total == 1
    indexer.purge([gone])
    assert held()
    search.refresh()
    assert not held()
    assert search.search("borta").total == 0


@pytest.mark.parametrize("restarted", [True, False])
def test_what_is_to_be_out_goes_at_the_next_look(archive: Archive, restarted: bool) -> None:
    """Also where whoever marked it was killed before asking for the purge."""
    gone, stays = archive.texts(["borta", "kvar"])
    out = set[int]()
    indexer = Indexer(archive.ledger, archive.index, lambda _connection: out)
    indexer.catch_up()
    out.add(gone)
    before = segments(archive)
    if restarted:
        indexer.close()
        indexer = Indexer(archive.ledger, archive.index, lambda _connection: out)
    assert indexer.catch_up() == 1
    assert not before & segments(archive)
    assert found(archive, "") == [stays]
    out.clear()  # it may be found again: a rebuild brings it back
    assert indexer.rebuild() == 2
    indexer.close()
    assert found(archive, "") == [gone, stays]


def test_edited_and_direction(archive: Archive, indexer: Indexer) -> None:
    one, two = archive.add(Said(text="ett"), Said(text="två", origin="drawn_up"))
    indexer.catch_up()
    assert found(archive, "", edited=True) == []
    (again,) = archive.add(Said(text="ett igen", record=one, n=2))
    indexer.catch_up()
    for _ in range(2):
        assert found(archive, "igen", edited=True) == [again]
        assert found(archive, "", edited=False) == [two]
        assert found(archive, "", edited=False, older=True) == [one, two]
        assert found(archive, "", origins=["drawn_up"], authorities=[1]) == [two]
        indexer.rebuild()


def test_a_crash_while_rebuilding_keeps_the_old_index(
    archive: Archive, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.texts(["ett"])
    indexer.catch_up()
    with monkeypatch.context() as patch:
        patch.setattr(indexer_module, "_write", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            indexer.rebuild()
    assert len(found(archive, "ett")) == 1
    indexer.close()
    with Indexer(archive.ledger, archive.index) as again:
        assert again.catch_up() == 0
    assert {p.name for p in (archive.index / "2026").iterdir()} == {"1", "shard.json"}


def _truncate(index: Path) -> None:
    for path in index.rglob("*.term"):
        path.write_bytes(path.read_bytes()[:10])


def _no_meta(index: Path) -> None:
    for path in index.rglob("meta.json"):
        path.write_text("{")


def _no_state(index: Path) -> None:
    for path in index.rglob("shard.json"):
        path.write_text('{"folder":"x"}')


def _other_schema(index: Path) -> None:
    for path in index.rglob("shard.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 0}))


def _one_year(index: Path) -> None:
    shutil.rmtree(index / "2025")


@pytest.mark.parametrize(
    "damage", [_truncate, _no_meta, _no_state, _other_schema, _one_year, shutil.rmtree]
)
@pytest.mark.parametrize("restarted", [True, False])
def test_damage_lags_and_is_mended(archive: Archive, damage: object, restarted: bool) -> None:
    seqs = archive.add(Said(text="ett", captured_at=at(2025)), Said(text="två"))
    indexer = Indexer(archive.ledger, archive.index)
    indexer.catch_up()
    damage(archive.index)  # type: ignore[operator]
    page = reader(archive).search("")
    assert page.lag
    assert page.total == (1 if damage is _one_year else 0)
    if restarted:
        indexer.close()
        indexer = Indexer(archive.ledger, archive.index)
    else:
        seqs += archive.add(Said(text="tre", captured_at=at(2025)), Said(text="fyra"))
    while indexer.catch_up():
        pass
    indexer.close()
    assert found(archive, "") == seqs
    assert not reader(archive).search("").lag


def test_a_restored_older_archive_is_indexed_anew(archive: Archive) -> None:
    archive.texts(["ett"])
    with Indexer(archive.ledger, archive.index) as indexer:
        indexer.catch_up()
    shard = Shard(archive.index, 2026)
    shard.switch(ShardState("1", 10_000, (2026,)))
    with Indexer(archive.ledger, archive.index) as indexer:
        assert indexer.catch_up() == 1
    state = shard.state()
    assert state is not None
    assert state.indexed < 10_000


def test_a_frame_that_does_not_open_is_said_and_skipped(
    archive: Archive, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = archive.texts(["trasig", "hel"])
    whole = archive.ledger.open

    def broken(seqs: list[int]) -> object:
        if bad in seqs:
            raise SealBroken("A frame does not open.")
        return whole(seqs)

    monkeypatch.setattr(archive.ledger, "open", broken)
    assert indexer.catch_up() == 2
    assert found(archive, "hel") == [good]
    assert found(archive, "trasig") == []
    (one,) = [hit for hit in reader(archive).search("").hits if hit.version == bad]
    assert (one.snippet, one.highlights) == ("", ())


def test_a_second_writer_in_this_process_is_refused(archive: Archive, indexer: Indexer) -> None:
    archive.texts(["ett"])
    indexer.catch_up()
    with pytest.raises(HomeBusy), Indexer(archive.ledger, archive.index) as second:
        second.rebuild()
    indexer.close()
    with Indexer(archive.ledger, archive.index) as second:
        assert second.rebuild() == 1


WORKER = """
    import sys, time
    from pathlib import Path
    from tests.unit.search.archive import open_ledger
    from archiver.search.indexer import Indexer
    home = Path(sys.argv[1])
    indexer = Indexer(open_ledger(home), home / "index")
    for line in sys.stdin:
        while indexer.catch_up():
            pass
        print("done", flush=True)
"""


def test_another_process_writes_and_this_one_sees_it(archive: Archive) -> None:
    root = Path(__file__).parents[3]
    search = reader(archive)
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER), str(archive.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as worker:
        assert worker.stdin
        assert worker.stdout

        def tick() -> None:
            assert worker.stdin
            assert worker.stdout
            worker.stdin.write("\n")
            worker.stdin.flush()
            while worker.stdout.readline() != "done\n":
                assert worker.poll() is None

        try:
            for n in range(4):
                archive.texts([f"hälsning nummer {n}"])
                assert search.search("hälsning").lag
                tick()
                page = search.search("hälsning")
                assert (page.total, page.lag) == (n + 1, False)
            with Indexer(archive.ledger, archive.index) as second, pytest.raises(HomeBusy) as busy:
                second.catch_up()
            assert "worker" in busy.value.remedy
        finally:
            worker.kill()
    with Indexer(archive.ledger, archive.index) as after:
        assert after.catch_up() == 0


def test_kill_9_at_any_time_indexes_everything_once(archive: Archive) -> None:
    (first,) = archive.texts(["ord 0"])
    archive.texts(f"ord {n}" for n in range(1, 300))
    archive.add(Said(text="ord igen", record=first, n=2, captured_at=at(2027)))
    loop = textwrap.dedent(WORKER).replace("for line in sys.stdin:", "if True:")
    loop = loop.replace("catch_up()", "catch_up(7)")
    for delay in (0.0, 0.02, 0.05, 0.1):
        with subprocess.Popen(
            [sys.executable, "-c", loop, str(archive.home)],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        ) as worker:
            for _ in range(500):
                if (archive.index / "lock").exists() or worker.poll() is not None:
                    break
                time.sleep(0.01)
            time.sleep(delay)
            worker.kill()
        (archive.index / "lock").unlink(missing_ok=True)
    with Indexer(archive.ledger, archive.index) as indexer:
        while indexer.catch_up():
            pass
    page = reader(archive).search("ord", limit=200)
    assert (page.total, page.lag) == (300, False)
    assert reader(archive).search("ord", older=True).total == 301


def test_a_full_disk_is_a_clear_error(
    archive: Archive, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.texts(["ett"])

    def no_space(_self: Shard) -> str:
        with guarded():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Shard, "make", no_space)
    with pytest.raises(DiarkivError, match="disk space"):
        indexer.catch_up()


def test_timing_is_printed(archive: Archive, indexer: Indexer) -> None:
    """Not a gate: `make bench` measures. See performance B7."""
    words = [
        "snöröjning",
        "gata",
        "skola",
        "förskola",
        "bygglov",
        "badhus",
        "kommun",
        "återvinning",
        "cykel",
        "tack",
    ]
    archive.texts(" ".join(words[(n * k) % 10] for k in range(1, 13)) for n in range(2000))
    start = time.perf_counter()
    count = indexer.rebuild()
    spent = time.perf_counter() - start
    search, taken = reader(archive), []
    for query in ("röjning", "skolan", '"kommun återvinning"', "bygg*") * 10:
        start = time.perf_counter()
        search.search(query, kinds=["comment"], states=["visible"])
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    print(f"indexed {count / spent:.0f}/s; p50 {taken[20]:.1f} ms, p95 {taken[37]:.1f} ms")
