"""The archive against the AT Protocol's own servers: hundreds of random changes, and at the end
every version and state equals the ground truth. No false disappearance, every true one found, every
gap explained."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from archiver.core.changes import State
from archiver.db import tables as t
from archiver.db.engine import dump
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.deep import verify_deep
from archiver.harvest.service import RunResult
from archiver.ledger.verify import verify_archive
from archiver.plugins import connectors
from tests.servers.atproto import AtprotoServer
from tests.servers.bluesky_home import BlueskyHome, home_of
from tests.servers.ground_truth_bluesky import Model, Script

pytestmark = pytest.mark.server
STEPS = 320
SHOWN = ("post", "reply")
MISSED = (Status.PARTIAL, Status.GAP)
PATIENCE = 5  # harvests
STALLED = (Reason.UNREACHABLE, Reason.PROBE_FAILED, Reason.MEDIA_MISSING)


def look(home: BlueskyHome, model: Model) -> RunResult:
    """A harvest, and what it must have said of itself. On a machine that is busy the servers may
    stall: a run that could not see everything must say so, and one that they answer must see it."""
    result = home.harvest()
    if model.script.owner.did in model.script.away:
        assert told(result) == {(Status.GAP, Reason.ACCOUNT_GONE)}
        return result
    for patience in range(1, PATIENCE):
        if not told(result) & {(status, reason) for status in MISSED for reason in STALLED}:
            break
        print(f"\na server stalled: {told(result)}")
        time.sleep(patience)
        result = home.harvest()
    assert result.status is Status.COMPLETE, told(result)
    model.look()
    return result


def told(result: RunResult) -> set[tuple[Status, Reason]]:
    return {(one.status, one.reason) for one in result.tallies}


def compare(home: BlueskyHome, model: Model) -> None:
    held = {key: one for key, one in home.held().items() if key[0] in SHOWN}
    wrong = {key: (held.get(key), due) for key, due in model.held.items() if held.get(key) != due}
    assert not wrong
    assert held.keys() == model.held.keys()


def assert_sound(home: BlueskyHome) -> None:
    """The log holds, what is sealed derives to what the tables say, and a rebuild gives them."""
    ledger = home.home.ledger
    report = verify_archive(home.path, str(ledger.verifier_key))
    assert report.verdict.value == "Styrkt", report
    assert verify_deep(ledger, connectors(), lambda _done, _all: None) == []
    with ledger.database.read() as connection:
        live = list(dump(connection, t.metadata.sorted_tables))
    ledger.rebuild()
    with ledger.database.read() as connection:
        assert list(dump(connection, t.metadata.sorted_tables)) == live


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [20261122, 7])
def test_an_account_s_own_records_equal_the_truth(tmp_path: Path, seed: int) -> None:
    """Also over restarts of the data server, and runs that find it away."""
    with AtprotoServer() as server:
        rng, owner = random.Random(seed), server.account("testkoping")
        script = Script(server, rng, owner)
        model, home = Model(script), home_of(tmp_path, server, owner)
        looks = away = 0
        for number in range(STEPS):
            script.step()
            if rng.random() < 0.03:
                server.command("stop-pds")
                result = home.harvest()
                assert told(result) == {(Status.GAP, Reason.UNREACHABLE)}
                server.command("start-pds")
                away += 1
            if rng.random() < 0.2 or number == STEPS - 1:
                look(home, model)
                looks += 1
        if owner.did in script.away:
            script.switch_on()
            look(home, model)
        compare(home, model)
        gone = [key for key, one in model.held.items() if one.state == State.GONE_CONFIRMED]
        print(f"\n{script.done}, {looks} harvests, {away} found nobody, {len(gone)} gone")
        assert set(script.done) >= {"publish", "edit", "delete", "write_again", "switch_off"}
        assert gone
        assert away
        assert_sound(home)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [20261122, 7])
def test_what_citizens_answer_equals_the_truth(tmp_path: Path, seed: int) -> None:
    with AtprotoServer(appview=True) as server:
        rng, owner = random.Random(seed), server.account("testkoping")
        people = [server.account(name) for name in ("alva", "bosse", "cilla", "dagny")]
        script = Script(server, rng, owner, people)
        model, home = Model(script), home_of(tmp_path, server, owner)
        looks = 0
        for number in range(STEPS):
            script.step()
            if rng.random() < 0.15 or number == STEPS - 1:
                server.command("settle")
                look(home, model)
                looks += 1
        if owner.did in script.away:
            script.switch_on()
            server.command("settle")
            look(home, model)
        compare(home, model)
        states = [one.state for one in model.held.values()]
        tally = {state: states.count(state) for state in sorted(set(states))}
        print(f"\n{script.done}, {looks} harvests, {tally}")
        assert set(tally) >= {"visible", "hidden", "gone_confirmed"}
        assert {"leave", "come_back", "withdraw", "hide"} <= set(script.done)
        assert_sound(home)
