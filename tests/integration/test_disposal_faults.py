"""A disposal whose every write fails once: lost, landed but told as failed, or torn.

Another process goes on from what lies on disk. In between nothing is unexplained and nothing that
stays is gone; in the end nothing is left of what went, whichever write it was.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from archiver.store.filesystem import FilesystemStore
from retention.core.disposal import State
from tests.build import DAY, FakeClock, verify
from tests.homes import TestHome, make_home
from tests.integration.test_disposal import EVA, MARK, Office, planted
from tests.integration.test_faults import Fault, FaultyStore, Mode
from tests.integration.test_harvest import archived, town


@dataclass
class Confirmed:
    """A home whose disposal is confirmed and waited for."""

    path: Path
    clock: FakeClock
    seq: int


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> Confirmed:
    path = tmp_path_factory.mktemp("gallring") / "home"
    with town(path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        post, _, _ = planted(it)
        it.clock.advance(40 * DAY)
        it.comment(post, "En som inte är gammal nog")
        it.harvest()
        seq = office.propose()
        office.confirm(seq)
        it.clock.advance(8 * DAY)
        clock = replace(it.clock)
        it.home.ledger.database.close()
    return Confirmed(path, clock, seq)


def opened(made: Confirmed, path: Path, store: Any = None) -> tuple[TestHome, Office]:
    home = make_home(path, clock=made.clock, create=False, store=store)
    return home, Office(SimpleNamespace(home=home, clock=made.clock))  # type: ignore[arg-type]


def undisturbed(made: Confirmed, path: Path) -> tuple[list[str], set[tuple[str, int]]]:
    """The names of all writes of an execution that nothing disturbs, and the items that stay."""
    shutil.copytree(made.path, path)
    store = FaultyStore(FilesystemStore(path), [])
    home, office = opened(made, path, store)
    with home.ledger.writer():
        pass
    store.writes, store.names_written = 0, []
    assert office.execution.execute(EVA, made.seq).state is State.COMPLETED
    stays = set(archived(home))
    home.ledger.database.close()
    shutil.rmtree(path)
    return store.names_written, stays


@pytest.mark.parametrize(
    "spacing", [pytest.param(9, id="some"), pytest.param(1, id="each", marks=pytest.mark.server)]
)
@pytest.mark.parametrize("mode", Mode)
def test_a_fault_at_every_write(
    confirmed: Confirmed, tmp_path: Path, mode: Mode, spacing: int
) -> None:
    names, stays = undisturbed(confirmed, tmp_path / "all")
    assert {kind for kind, _ in stays} == {"post", "comment"}
    assert any(".1.pack" in name for name in names)
    for strike in range(list(Mode).index(mode) * 3 % spacing, len(names), spacing):
        path = tmp_path / f"at-{strike}"
        shutil.copytree(confirmed.path, path)
        store = FaultyStore(FilesystemStore(path), [])
        home, office = opened(confirmed, path, store)
        with home.ledger.writer():
            pass
        store.arm(strike, mode)
        with pytest.raises(Fault):
            office.execution.execute(EVA, confirmed.seq)
        home.ledger.database.close()
        home, office = opened(confirmed, path)
        with home.ledger.writer():
            pass
        report = verify(path)
        assert (report.unexplained, report.findings) == (0, []), (strike, names[strike])
        assert stays <= archived(home).keys()
        row = office.execution.execute(EVA, confirmed.seq)
        assert row.state is State.COMPLETED, (strike, names[strike])
        report = verify(path)
        assert (report.unexplained, report.findings) == (0, []), (strike, names[strike])
        assert report.disposed == report.destroyed > 0
        left = b"".join(p.read_bytes() for p in path.rglob("*") if p.is_file())
        assert MARK not in left
        assert stays == archived(home).keys()
        home.ledger.database.close()
        shutil.rmtree(path)
