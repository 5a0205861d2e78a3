"""The archive against a real WordPress: every version and state equals the ground truth."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.db import tables as t
from archiver.db.engine import dump
from archiver.ledger.verify import verify_archive
from tests.homes import TestHome, make_home
from tests.servers.ground_truth import Script, Seen, Truth, truth
from tests.servers.wordpress import WordPressServer
from tests.servers.wordpress_admin import WordPressAdmin

pytestmark = pytest.mark.server
STEPS = 300


def archived(home: TestHome) -> dict[tuple[str, int], tuple[str, list[Seen]]]:
    """Item → (state now, its versions in order), read from the sealed frames."""
    with home.ledger.database.read() as connection:
        states = {r.seq: r.state for r in connection.execute(select(t.record))}
        rows = connection.execute(select(t.version).order_by(t.version.c.seq)).all()
    opened = home.ledger.open([row.seq for row in rows])
    found: dict[tuple[str, int], tuple[str, list[Seen]]] = {}
    for row in rows:
        envelope = opened[row.seq].envelope
        parent = envelope.get("parent", ["", "0"])
        assert isinstance(parent, list)
        seen = Seen(
            str(envelope["state"]),
            str(envelope.get("title", "")),
            str(envelope.get("text", "")),
            int(str(parent[1])),
        )
        key = (str(envelope["kind"]), int(str(envelope["native_id"])))
        found.setdefault(key, (states[row.record], []))[1].append(seen)
    return found


def expected(readings: list[Truth]) -> dict[tuple[str, int], tuple[str, list[Seen]]]:
    """The same from the readings of the database at each harvest."""
    found: dict[tuple[str, int], tuple[str, list[Seen]]] = {}
    for reading in readings:
        for key, seen in reading.items():
            _, versions = found.setdefault(key, ("", []))
            if not versions or versions[-1] != seen:
                versions.append(seen)
    last = readings[-1]
    return {
        key: (last[key].state if key in last else "missing_suspected", versions)
        for key, (_, versions) in found.items()
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [20261122, 7])
def test_archive_equals_ground_truth(tmp_path: Path, seed: int) -> None:
    with WordPressServer() as server, WordPressAdmin(server) as admin:
        home = make_home(tmp_path)
        login = (server.user, server.app_password)
        channel = home.add_channel("wordpress", server.url, server.address, login)
        rng = random.Random(seed)
        script, readings, between = Script(admin, rng), list[Truth](), set[str]()
        for number in range(STEPS):
            script.step()
            if rng.random() < 0.2 or number == STEPS - 1:
                readings.append(truth(server))
                between |= script.take_edits(readings[-2] if readings[1:] else {}, readings[-1])
                result = home.harvest(channel)
                assert result.status.value == "complete", result
    print(f"\n{sum(script.done.values())} changes {script.done}, {len(readings)} harvests")
    assert set(script.done) >= {"publish", "edit_post", "trash_post", "restore_post", "moderate"}
    held, due = archived(home), expected(readings)
    earlier = {key: held.pop(key) for key in list(held) if key[0] == "revision"}
    assert held == due
    found = {seen.text for _, versions in earlier.values() for seen in versions}
    assert between
    assert between <= found
    # Sites tell whole seconds, so a text of the very second of a look may be in a revision as well;
    # what must not be is a text that nobody published.
    assert found <= script.said
    print(f"{len(between)} texts between two looks, {len(found - between)} revisions seen already")
    report = verify_archive(tmp_path, str(home.ledger.verifier_key))
    assert report.verdict.value == "Styrkt", report
    with home.ledger.database.read() as connection:
        live = list(dump(connection, t.metadata.sorted_tables))
    home.ledger.rebuild()
    with home.ledger.database.read() as connection:
        assert list(dump(connection, t.metadata.sorted_tables)) == live
