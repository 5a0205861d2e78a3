"""A home is shipped to a bucket and comes back from it; another copy of it is found and stopped.

Over a bucket that is a folder and obeys the contract of a real one (tests/contract/test_bucket.py);
with a real server and connections that are cut: tests/servers/test_s3_server.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest

from archiver.core.calendar import day_begins, stockholm_date
from archiver.core.layout import CHECKPOINT, FORKED, SECRETS, VKEY, dictionary_name
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    DigestMismatch,
    IntegrityError,
    SignatureInvalid,
    StoreUnavailable,
)
from archiver.ledger import standing
from archiver.ledger import writer as writer_module
from archiver.ledger.fetch import fetch
from archiver.ledger.service import Ledger
from archiver.ledger.shipping import Shipping, keep_shipping
from archiver.ledger.verify import verify_archive
from archiver.store.filesystem import FilesystemStore
from archiver.store.replica import DAY, LOCK_DAYS, Mode, PackName
from retention.disposal.recovery import Restoration
from tests.buckets import Cut, Cuts, FolderBucket, FolderKeys
from tests.build import (
    Book,
    FakeClock,
    add_batch,
    add_mixed,
    assert_whole,
    create_home,
    head_in,
    make_ledger,
    verify,
)
from tests.databases import copy

MONTH = 31 * DAY


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "SEAL_AT", 32_000)


class Site:
    """A home, its buckets, and what is due and held in them."""

    def __init__(self, path: Path, *, keys: bool = True, made: Site | None = None) -> None:
        self.path, self.book = path, made.book if made else Book()
        self.clock = replace(made.clock) if made else FakeClock()
        self.home = path / "home"
        self.cuts = Cuts()
        self.bucket = FolderBucket(path / "bucket", self.clock, self.cuts)
        self.keys = FolderKeys(path / "keys", self.cuts) if keys else None
        self.due: dict[PackName, date] = {}
        self.held: set[PackName] = set()
        self.ledger = make_ledger(self.home, clock=self.clock)
        if made is None:
            create_home(self.ledger, self.home)
            self.book.note(self.ledger)

    def copied(self, path: Path) -> Site:
        """All of it once more, elsewhere."""
        copytree(self.path, path)
        site = Site(path, keys=self.keys is not None, made=self)
        site.bucket.locks = dict(self.bucket.locks)
        return site

    def shipping(self, ledger: Ledger | None = None, home: Path | None = None) -> Shipping:
        """As a new process has it."""
        return Shipping(
            ledger or self.ledger,
            self.bucket,
            self.clock,
            home=home or self.home,
            log_days=365,
            keys=self.keys,
            earliest_due=lambda pack: self.due.get(pack),
            holds=lambda pack: pack in self.held,
        )

    def add(self) -> None:
        add_mixed(self.ledger)
        self.book.note(self.ledger)

    def fill(self) -> None:
        """Past a tile's edge, past full packs, and into the next month."""
        self.add()
        with self.ledger.writer() as writer:
            for number in range(250):
                writer.append_clear("marker", {"number": number})
        add_batch(self.ledger, 6, padding=9_000)
        self.clock.advance(MONTH)
        self.add()

    def fetched(self, name: str) -> Ledger:
        """What comes back from the buckets, as a home of its own."""
        fetch(self.bucket, self.keys, self.path / name)
        return make_ledger(self.path / name, clock=self.clock)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_is_shipped_comes_back_whole_and_goes_on(site: Site) -> None:
    site.fill()
    done = site.shipping().ship()
    assert done.entries == site.ledger.log.size > 256
    back = site.fetched("back")
    assert verify(site.path / "back").findings == []
    back.rebuild()
    assert_whole(site.path / "back", back, site.book)
    add_mixed(back)
    other = site.shipping(back, site.path / "back")
    assert other.ship().entries == back.log.size > done.entries
    with pytest.raises(CheckpointForked):  # the machine that was thought to be gone
        site.shipping().ship()


def test_only_what_is_new_is_written(site: Site) -> None:
    site.fill()
    shipping = site.shipping()
    shipping.ship()
    site.cuts.arm(None, Cut.LOST)
    assert shipping.ship()._replace(entries=0) == (0, 0, 0)
    again = site.shipping().ship()  # a new process looks, and finds everything there
    assert {call for call, _ in site.cuts.writes} == {"replace"}
    assert again.removed == 0
    site.cuts.arm(None, Cut.LOST)
    site.add()
    shipping.ship()
    written = [name for call, name in site.cuts.writes if call == "put"]
    assert written
    assert all(name.startswith("open/") for name in written)
    assert ("swap", CHECKPOINT) in site.cuts.writes
    stale = [name for call, name in site.cuts.writes if call == "delete"]
    assert stale
    assert all(name.startswith("open/") for name in stale)


def test_what_is_locked_and_what_never_leaves(site: Site) -> None:
    site.fill()
    site.shipping().ship()
    locks, now = site.bucket.locks, site.clock.now()
    packs = {name for name in locks if name.startswith("packs/")}
    assert len(packs) > 2
    assert dictionary_name(1) in packs
    whole = now - now % 1000
    assert {locks[name] for name in packs} == {(Mode.GOVERNANCE, whole + LOCK_DAYS * DAY)}
    tiles = locks.keys() - packs
    assert VKEY in tiles
    assert any(name.startswith("log/tile/") for name in tiles)
    assert {locks[name] for name in tiles} == {(Mode.COMPLIANCE, whole + 365 * DAY)}
    assert CHECKPOINT not in locks
    everything = [*site.bucket.root.rglob("*"), *site.path.joinpath("keys").rglob("*")]
    names = {path.name for path in everything}
    assert SECRETS.removeprefix("keys/") in names
    assert not names & {"root.key", "diarkiv.toml", "projection.sqlite", "quarantine"}
    root_key = (site.home / "root.key").read_bytes()
    assert not any(root_key in path.read_bytes() for path in everything if path.is_file())


def test_without_a_bucket_of_their_own_no_key_leaves(tmp_path: Path) -> None:
    site = Site(tmp_path, keys=False)
    site.fill()
    site.shipping().ship()
    assert [*site.bucket.names("keys")] == []
    assert site.ledger.store.get(SECRETS) not in {
        path.read_bytes() for path in site.bucket.root.rglob("*") if path.is_file()
    }


def test_keys_that_are_destroyed_here_are_destroyed_there(site: Site) -> None:
    seqs = add_batch(site.ledger, 3)
    site.shipping().ship()
    assert site.keys
    before = set(site.keys.names("keys"))
    with site.ledger.writer() as writer:
        cohort = next(c.number for c in site.ledger.projection.cohorts.values() if c.number)
        writer.rewrap(cohort, {seqs[0]: None})
    site.shipping().ship()
    after = set(site.keys.names("keys"))
    assert before - after == {f"keys/{cohort}.1"}
    assert after - before == {f"keys/{cohort}.2"}
    assert site.keys.get(SECRETS) == site.ledger.store.get(SECRETS)


def test_a_bucket_with_versions_is_refused_for_keys(site: Site) -> None:
    site.keys = FolderKeys(site.path / "keys", versioned=True)
    with pytest.raises(ConfigError, match="old versions"):
        site.shipping().ship()
    assert [*site.keys.names("keys")] == []


# --- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", list(Cut))
def test_a_connection_cut_at_any_write_loses_nothing(tmp_path: Path, how: Cut) -> None:
    """At each write of a shipment, for a process that goes on and for one that starts anew; until
    it is done the bucket's head never claims more than lies there."""
    made = Site(tmp_path / "made")
    made.add()
    made.shipping().ship()
    made.fill()
    strike = 0
    while True:
        site = made.copied(tmp_path / str(strike))
        shipping = site.shipping()
        site.cuts.arm(strike, how)
        try:
            shipping.ship()
        except StoreUnavailable:
            pass
        else:
            break
        assert site.shipping().standing().code == "store-unavailable"
        site.cuts.arm(None, how)
        site.fetched("cut")
        assert verify(site.path / "cut").findings == []
        (shipping if strike % 2 else site.shipping()).ship()
        assert site.shipping().standing().code == ""
        back = site.fetched("back")
        assert verify(site.path / "back").findings == []
        assert back.log.published() == site.ledger.log.published()
        if strike % 7 == 0:
            back.rebuild()
            assert_whole(site.path / "back", back, site.book)
        strike += 1
    assert strike > 15


def test_a_renewal_cut_at_any_write_is_begun_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.fill()
    site.shipping().ship()
    site.clock.advance(MONTH)
    before = dict(site.bucket.locks)
    for strike in range(len(before)):
        site.cuts.arm(strike, Cut.LANDED if strike % 2 else Cut.LOST)
        with pytest.raises(StoreUnavailable):
            site.shipping().renew()
        site.bucket.locks = dict(before)
    site.cuts.arm(None, Cut.LOST)
    assert site.shipping().renew().extended == len(before)
    assert site.shipping().renew().extended == 0


def test_what_a_dead_writer_left_is_not_taken_for_what_came_after(site: Site) -> None:
    """It is cut, and what is written then may make the pack just as long."""
    site.add()
    shipping = site.shipping()
    shipping.ship()
    name = next(one for one in site.ledger.store.names("packs") if PackName.parse(one))
    path = site.home / name
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(b"\x00" * 300)
    with site.ledger.writer() as writer:
        writer.append_clear("marker", {"number": 1})
    site.book.note(site.ledger)
    shipping.ship()
    with path.open("r+b") as file:
        file.truncate(len(whole))
        file.seek(len(whole))
        file.write(b"\x01" * 300)
    with site.ledger.writer() as writer:
        writer.append_clear("marker", {"number": 2})
    site.book.note(site.ledger)
    shipping.ship()
    site.fetched("back")
    assert (site.path / "back" / name).read_bytes() == whole + b"\x01" * 300
    back = make_ledger(site.path / "back", clock=site.clock)
    add_mixed(back)
    site.book.note(back)
    assert_whole(site.path / "back", back, site.book)


def test_a_bucket_that_lacks_its_newest_part_says_so(site: Site) -> None:
    site.add()
    site.shipping().ship()
    tail = next(site.bucket.names("open/tail"))
    site.bucket.delete(tail)
    with pytest.raises(IntegrityError, match="newest part"):
        site.fetched("back")


def test_one_object_that_cannot_be_renewed_keeps_no_other_from_it(site: Site) -> None:
    site.fill()
    shipping = site.shipping()
    shipping.tick()
    before = dict(site.bucket.locks)
    site.clock.advance(MONTH)
    site.cuts.arm(1, Cut.LOST)
    with pytest.raises(StoreUnavailable):
        shipping.tick()
    behind = [name for name, lock in site.bucket.locks.items() if lock == before[name]]
    assert len(behind) == 1
    assert shipping.standing().lapsing_since == site.clock.now()
    site.cuts.arm(None, Cut.LOST)
    shipping.tick()  # not at once
    assert site.bucket.locks[behind[0]] == before[behind[0]]
    site.clock.advance(3_600_000)
    shipping.tick()
    assert site.bucket.locks[behind[0]].until > before[behind[0]].until
    assert shipping.standing().lapsing_since == 0


# --- the fence -------------------------------------------------------------------------------


@pytest.fixture
def twin(site: Site) -> Iterator[Ledger]:
    """Another copy of a home that was shipped, which has written and shipped since."""
    site.fill()
    site.shipping().ship()
    copy(site.home, site.path / "twin")
    other = make_ledger(site.path / "twin", clock=site.clock)
    add_mixed(other)
    site.shipping(other, site.path / "twin").ship()
    return other


def test_an_older_copy_is_kept_from_writing(site: Site, twin: Ledger) -> None:
    there = site.bucket.get(CHECKPOINT)
    site.cuts.arm(None, Cut.LOST)
    with pytest.raises(CheckpointForked) as caught:
        site.shipping().ship()
    assert caught.value.exit_code == 5
    assert site.cuts.writes == []
    assert site.ledger.store.get(FORKED) == there
    size = site.ledger.log.size
    fresh = make_ledger(site.home, clock=site.clock)
    for ledger in (site.ledger, fresh):
        with pytest.raises(CheckpointForked):
            add_batch(ledger, 1)
    assert (site.home / CHECKPOINT).read_bytes() != there
    assert verify(site.home).entries == size  # it can be read and verified as it is
    with pytest.raises(CheckpointForked):
        site.shipping().renew()
    assert site.shipping(twin, site.path / "twin").ship().entries == twin.log.size


def test_two_copies_of_one_length_are_told_apart(site: Site, twin: Ledger) -> None:
    while site.ledger.log.size < twin.log.size + 1:
        add_mixed(site.ledger)
    with pytest.raises(CheckpointForked, match="is not in"):
        site.shipping().check_fence()
    assert (site.home / FORKED).exists()


def test_who_ships_between_the_look_and_the_swap_wins(site: Site) -> None:
    """The compare-and-swap is the last word: whoever lost it looks again, and finds the fork."""
    site.fill()
    site.shipping().ship()
    copy(site.home, site.path / "twin")
    other = make_ledger(site.path / "twin", clock=site.clock)
    add_mixed(other)
    site.add()
    swap = site.bucket.swap

    def first(name: str, data: bytes, *, expect: bytes | None) -> None:
        site.bucket.swap = swap  # type: ignore[method-assign]
        site.shipping(other, site.path / "twin").ship()
        swap(name, data, expect=expect)

    site.bucket.swap = first  # type: ignore[method-assign, assignment]
    with pytest.raises(CheckpointForked):
        site.shipping().ship()
    assert head_in(site.bucket.get(CHECKPOINT)).size == other.log.size
    site.shipping(other, site.path / "twin").ship()  # what the loser left in open/ goes
    tails = list(site.bucket.names("open/tail"))
    assert tails == [f"open/tail/{other.log.size:015}"]


def test_several_processes_of_one_home_are_no_fork(site: Site) -> None:
    """The worker ships, somebody else does too, and the home is written to meanwhile."""

    def ship(_: int) -> None:
        mine = site.shipping(make_ledger(site.home, clock=site.clock))
        for _again in range(8):
            mine.ship()

    def write() -> None:
        for _ in range(12):
            add_mixed(site.ledger)

    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(write)
        list(pool.map(ship, range(3)))
        writing.result()
    site.book.note(site.ledger)
    site.shipping().ship()
    back = site.fetched("back")
    back.rebuild()
    assert_whole(site.path / "back", back, site.book)
    assert not (site.home / FORKED).exists()


def test_a_head_that_nobody_signed_stops_shipping_and_nothing_else(site: Site) -> None:
    site.add()
    site.shipping().ship()
    note = site.bucket.get(CHECKPOINT)
    forged = note.replace(b"\n", b"0\n", 2).replace(b"0\n", b"\n", 1)
    site.bucket.swap(CHECKPOINT, forged, expect=note)
    with pytest.raises(SignatureInvalid):
        site.shipping().ship()
    site.bucket.swap(CHECKPOINT, b"not a head", expect=forged)
    with pytest.raises(IntegrityError):
        site.shipping().ship()
    assert not (site.home / FORKED).exists()
    site.add()


def test_the_bucket_of_another_home_is_left_alone(site: Site, tmp_path: Path) -> None:
    site.shipping().ship()
    other = make_ledger(tmp_path / "other", clock=site.clock)
    other.create("0123456789abcdef", {"name": "Nyköpings kommun"})
    site.cuts.arm(None, Cut.LOST)
    with pytest.raises(ConfigError, match="another home"):
        site.shipping(other, tmp_path / "other").ship()
    assert site.cuts.writes == []


# --- what is wrong here or there -------------------------------------------------------------


def test_a_pack_that_rotted_is_not_shipped(site: Site) -> None:
    site.fill()
    name = sorted(str(one) for one in _sealed(site))[0]
    path = site.home / name
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(DigestMismatch, match="not as it was sealed"):
        site.shipping().ship()
    assert name not in set(site.bucket.names("packs"))
    data[100] ^= 1
    path.write_bytes(data)
    site.shipping().ship()
    assert sha256(site.bucket.get(name)).digest() == sha256(data).digest()


def test_a_pack_of_another_length_in_the_bucket(site: Site) -> None:
    site.fill()
    name = sorted(str(one) for one in _sealed(site))[0]
    FilesystemStore(site.bucket.root).put(name, b"short")
    with pytest.raises(DigestMismatch, match="not as long"):
        site.shipping().ship()


def _sealed(site: Site) -> set[PackName]:
    site.shipping().ship()
    found = {PackName.parse(name) for name in site.bucket.names("packs")}
    for name in list(site.bucket.names("packs")):
        site.bucket.locks.pop(name, None)
        site.bucket.delete(name)
    site.cuts.arm(None, Cut.LOST)
    return {one for one in found if one}


# --- locks -----------------------------------------------------------------------------------


def test_locks_roll_but_never_past_a_due_date(site: Site) -> None:
    site.fill()
    site.shipping().ship()
    packs = [one for name in site.bucket.names("packs") if (one := PackName.parse(name))]
    soon, later, passed = packs[:3]
    today = stockholm_date(site.clock.now())
    site.due = {
        soon: today + timedelta(days=100),
        later: today + timedelta(days=3000),
        passed: today + timedelta(days=1),
    }
    before = dict(site.bucket.locks)
    site.clock.advance(MONTH)
    site.shipping().tick()
    now = site.clock.now() // 1000 * 1000
    assert site.bucket.locks[str(soon)].until == day_begins(site.due[soon])
    assert site.bucket.locks[str(later)].until == now + LOCK_DAYS * DAY
    assert site.bucket.locks[str(passed)] == before[str(passed)]
    assert all(one.until >= before[name].until for name, one in site.bucket.locks.items())
    stood = dict(site.bucket.locks)
    site.clock.advance(10 * DAY)
    site.shipping().tick()  # not yet a month later
    assert site.bucket.locks == stood
    site.due.clear()
    site.due[packs[0]] = today
    site.clock.advance(21 * DAY)
    site.shipping().tick()
    assert site.bucket.locks[str(soon)] == stood[str(soon)]


def test_a_pack_that_is_due_when_it_is_shipped_is_not_locked(site: Site) -> None:
    packs = _shipped_packs(site)
    today = stockholm_date(site.clock.now())
    site.due = {packs[0]: today, packs[1]: today + timedelta(days=2)}
    site.shipping().ship()
    assert str(packs[0]) not in site.bucket.locks
    assert site.bucket.locks[str(packs[1])].until == day_begins(today + timedelta(days=2))


def _shipped_packs(site: Site) -> list[PackName]:
    site.fill()
    return sorted(_sealed(site))


def test_holds_are_mirrored(site: Site) -> None:
    site.fill()
    site.shipping().ship()
    pack = next(one for name in site.bucket.names("packs") if (one := PackName.parse(name)))
    site.held = {pack}
    assert site.shipping().renew().holds == 1
    assert site.bucket.held == {str(pack)}
    assert site.shipping().renew().holds == 0
    site.held = set()
    assert site.shipping().renew().holds == 1
    assert site.bucket.held == set()


def test_a_compacted_pack_goes_when_its_lock_has_passed(site: Site) -> None:
    """Compaction writes the next revision of a pack and removes the one before from the home."""
    site.fill()
    site.shipping().ship()
    old = next(one for name in site.bucket.names("packs") if (one := PackName.parse(name)))
    new = old._replace(revision=1)
    (site.home / str(old)).rename(site.home / str(new))
    done = site.shipping().renew()  # the new one is not there yet
    assert (done.removed, done.waiting) == ((), ())
    shipping = site.shipping()
    shipping.ship()
    site.cuts.arm(None, Cut.LOST)
    shipping.ship()
    assert site.cuts.writes == []
    until = site.bucket.locks[str(old)].until
    done = site.shipping().renew()
    assert (done.removed, done.waiting) == ((), ((str(old), until),))
    assert site.shipping().standing().waiting == ((str(old), until),)
    assert site.bucket.locks[str(old)].until == until  # and it is extended no more
    site.held = {old}
    site.clock.advance(LOCK_DAYS * DAY + 1000)
    assert site.shipping().renew().waiting == ((str(old), 0),)
    site.held = set()
    done = site.shipping().renew()
    assert (done.removed, done.waiting) == ((str(old),), ())
    assert str(new) in set(site.bucket.names("packs"))


def test_the_worker_removes_a_replaced_pack_as_soon_as_it_may(site: Site) -> None:
    site.fill()
    shipping = site.shipping()
    shipping.tick()
    old = next(one for name in site.bucket.names("packs") if (one := PackName.parse(name)))
    (site.home / str(old)).rename(site.home / str(old._replace(revision=1)))
    site.add()  # compaction is in the log
    shipping.tick()
    until = site.bucket.locks[str(old)].until
    assert shipping.standing().waiting == ((str(old), until),)
    for _ in range(4):
        site.clock.advance(29 * DAY)
        shipping.tick()
        assert (str(old) in set(site.bucket.names("packs"))) is (site.clock.now() < until)
    assert shipping.standing().waiting == ()
    assert shipping.kept(old) is None
    assert shipping.kept(old._replace(revision=1))
    assert str(old._replace(revision=1)) in site.bucket.locks


def test_a_hold_is_mirrored_at_once_where_somebody_asks(site: Site) -> None:
    site.fill()
    shipping = site.shipping()
    shipping.ship()
    packs = [one for name in site.bucket.names("packs") if (one := PackName.parse(name))]
    site.held = {packs[0]}
    assert shipping.mirror_holds(packs[:2]) == 1
    assert site.bucket.held == {str(packs[0])}
    assert shipping.mirror_holds([packs[0]._replace(number=99)]) == 0


def test_a_pack_that_the_home_lost_stays_in_the_bucket(site: Site) -> None:
    site.fill()
    site.shipping().ship()
    pack = next(one for name in site.bucket.names("packs") if (one := PackName.parse(name)))
    (site.home / str(pack)).unlink()
    site.clock.advance(LOCK_DAYS * DAY * 2)
    assert site.shipping().renew().removed == ()
    assert site.bucket.size(str(pack))


# --- the worker ------------------------------------------------------------------------------


def test_the_worker_goes_on_after_a_failure_and_ends_at_a_fork(site: Site) -> None:
    forked: list[CheckpointForked] = []
    errors = iter([StoreUnavailable("away"), RuntimeError("?"), CheckpointForked("another")])
    waits: list[float] = []

    def tick() -> None:
        raise next(errors)

    def stop(seconds: float) -> bool:
        waits.append(seconds)
        return False

    keep_shipping(tick, stop, forked.append)
    assert (len(waits), len(forked)) == (2, 1)
    assert max(waits) <= 60
    keep_shipping(lambda: None, lambda _seconds: True, forked.append)
    assert len(forked) == 1


def test_how_it_stands_is_noted(site: Site) -> None:
    shipping = site.shipping()
    assert shipping.standing() == standing.Standing()
    shipping.ship()
    size, now = site.ledger.log.size, site.clock.now()
    assert (shipping.standing().entries, shipping.standing().shipped_at) == (size, now)
    site.add()
    site.cuts.arm(0, Cut.LOST)
    site.clock.advance(5_000)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            shipping.ship()
        site.clock.advance(5_000)
        site.cuts.arm(0, Cut.LOST)
    stands = shipping.standing()
    assert (stands.failing_since, stands.code) == (now + 5_000, "store-unavailable")
    site.cuts.arm(None, Cut.LOST)
    shipping.ship()
    assert shipping.standing().code == ""
    (site.home / standing.FILE).write_bytes(b"{broken")
    assert shipping.standing() == standing.Standing()


def test_fetching_needs_an_empty_folder_and_something_there(site: Site) -> None:
    with pytest.raises(ConfigError, match="ever shipped"):
        fetch(site.bucket, site.keys, site.path / "back")
    site.shipping().ship()
    with pytest.raises(ConfigError, match="not empty"):
        fetch(site.bucket, site.keys, site.home)


def test_a_restored_backup_is_stopped_recovered_and_ships_elsewhere(site: Site) -> None:
    """The bucket's head keeps the backup from writing, its log says what the backup has missed, and
    the new generation never comes near the old one's tiles."""
    site.fill()
    copy(site.home, site.path / "backup")
    site.add()
    site.shipping().ship()
    backup = make_ledger(site.path / "backup", clock=site.clock)
    with pytest.raises(CheckpointForked):
        site.shipping(backup, site.path / "backup").check_fence()
    with pytest.raises(CheckpointForked), backup.writer():
        pass
    site.fetched("fetched")
    how = Restoration(backup, worker_runs=lambda: False, forget=lambda: None)
    outlook = how.look(log=site.path / "fetched")
    assert (outlook.source, outlook.recovered.size) == ("bucket", site.ledger.log.size)
    assert outlook.types
    how.recover(outlook, reason="Disken gick sönder")
    before = dict(site.bucket.sizes("log"))
    with pytest.raises(ConfigError, match="before this home was recovered"):
        site.shipping(backup, site.path / "backup").ship()
    assert dict(site.bucket.sizes("log")) == before
    site.bucket = FolderBucket(site.path / "anew", site.clock, site.cuts)
    site.keys = FolderKeys(site.path / "anew-keys", site.cuts)
    assert site.shipping(backup, site.path / "backup").ship().entries == backup.log.size
    how.attest("Disken gick sönder")
    assert verify(site.path / "backup").findings == []
    site.shipping(backup, site.path / "backup").ship()
    site.fetched("back")
    earlier = (site.path / "backup" / f"{CHECKPOINT}.1").read_bytes()
    key = str(backup.verifier_key)
    assert verify_archive(site.path / "back", key, earlier=earlier).findings == []
