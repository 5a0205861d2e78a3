"""Never a false deletion: a random script against a real WordPress whose login is withdrawn, whose
database dies and whose items come and go, also in the middle of a run.

After every run each item's state is held against the database's own rows. The confirmation waits
are policy, here seconds; the policy of 72 hours is tested with a clock set by hand.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archiver.core.channel import Channel
from archiver.core.connector import Credential
from archiver.core.disappearance import Policy
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.service import RunResult
from archiver.ledger.verify import verify_archive
from tests.homes import TestHome, make_home
from tests.servers.ground_truth import Script, truth
from tests.servers.test_ground_truth import archived
from tests.servers.wordpress import WordPressServer
from tests.servers.wordpress_admin import WordPressAdmin

pytestmark = pytest.mark.server
STEPS = 320
WAITS = (1000, 2000, 3000)  # milliseconds
POLICY = Policy(waits=WAITS, refused=1000, again=2000)
UNSEEN = {"missing_suspected", "gone_confirmed", "author_gone", "platform_removed"}
# What each kind of outage may be recorded as.
EXPLAINED = {
    "revoked": {Reason.LOGIN_REFUSED, Reason.SOURCE_CHANGED, Reason.CONTROL_FAILED},
    "database": {Reason.UNREACHABLE, Reason.SOURCE_CHANGED, Reason.LOGIN_REFUSED},
}


@dataclass
class Watch:
    """The archive beside the truth: what was found wrong, and when what was gone was found."""

    server: WordPressServer
    admin: WordPressAdmin
    home: TestHome
    channel: Channel
    runs: int = 0
    false: list[object] = field(default_factory=list)
    unexplained: list[object] = field(default_factory=list)
    gone_at: dict[tuple[str, int], float] = field(default_factory=dict)
    found_after: dict[tuple[str, int], float] = field(default_factory=dict)

    def run(self, outage: str = "", meanwhile: Callable[[], None] | None = None) -> RunResult:
        """One run, in whose middle something may happen; then the comparison."""
        calls = 0

        def progress(_collection: str, _seen: int, _expected: int | None) -> None:
            nonlocal calls
            calls += 1
            if calls == 2 and meanwhile is not None:
                meanwhile()

        result = self.home.harvest(self.channel, policy=POLICY, progress=progress)
        self.runs += 1
        gaps = {one.reason for one in result.tallies if one.status is not Status.COMPLETE}
        if not gaps <= EXPLAINED.get(outage, set()) or Reason.NONE in gaps:
            self.unexplained.append((self.runs, outage, gaps))
        if outage != "database":
            self.compare()
        return result

    def compare(self) -> None:
        """Whoever is said to be missing must be."""
        now = truth(self.server)
        for key, (state, _) in archived(self.home).items():
            if key[0] == "revision":
                continue
            if state in UNSEEN and key in now:
                self.false.append((self.runs, key, state))
            if key not in now:
                since = self.gone_at.setdefault(key, time.monotonic())
                if state == "gone_confirmed":
                    self.found_after.setdefault(key, time.monotonic() - since)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [3, 72])
def test_no_false_disappearance_and_every_true_one(tmp_path: Path, seed: int) -> None:
    with WordPressServer() as server, WordPressAdmin(server) as admin:
        home = make_home(tmp_path)
        login = (server.user, server.app_password)
        channel = home.add_channel("wordpress", server.url, server.address, login)
        watch, rng = Watch(server, admin, home, channel), random.Random(seed)
        script = Script(admin, rng)
        outages = {"revoked": 0, "revoked in mid-run": 0, "database": 0, "changed in mid-run": 0}

        def give_login() -> None:
            secret = admin.issue_application_password()
            home.channels.set_credential(channel, Credential(user=server.user, secret=secret))

        def revoked_in_mid_run() -> None:
            watch.run("revoked", admin.revoke_application_password)
            watch.run("revoked")
            give_login()

        def revoked() -> None:
            admin.revoke_application_password()
            watch.run("revoked")
            script.step()  # life goes on while nobody can look
            watch.run("revoked")
            give_login()

        def database() -> None:
            watch.run("database", admin.kill_database)
            admin.restart_database()

        def changed() -> None:
            """Somebody deletes and moderates between two pages of one run."""
            watch.run("", lambda: [script.step() for _ in range(3)] and None)

        happenings = {
            "revoked": revoked,
            "revoked in mid-run": revoked_in_mid_run,
            "database": database,
            "changed in mid-run": changed,
        }
        for number in range(STEPS):
            script.step()
            if rng.random() < 0.15:
                watch.run()
            if number % 40 == 39:
                name = list(happenings)[(number // 40) % len(happenings)]
                happenings[name]()
                outages[name] += 1
        end = time.monotonic() + sum(WAITS) / 1000 + 3
        while time.monotonic() < end:
            watch.run()
            time.sleep(0.4)
        now, held = truth(server), archived(home)
        deleted = {key for key in held if key not in now and key[0] != "revision"}
        print(
            f"\n{sum(script.done.values())} changes {script.done}, {watch.runs} runs, {outages};"
            f" {len(watch.false)} false, {len(deleted)} truly gone"
        )
        assert watch.false == []
        assert watch.unexplained == []
        assert {held[key][0] for key in deleted} == {"gone_confirmed"}
        assert len(deleted) >= 10
        wrong = {
            key: (held[key][0], now[key].state) for key in now if held[key][0] != now[key].state
        }
        assert wrong == {}
        assert min(outages.values()) >= 2
        late = [after for after in watch.found_after.values() if after < WAITS[-1] / 1000 - 1]
        assert late == []  # none before its time
    report = verify_archive(tmp_path, str(home.ledger.verifier_key))
    assert report.verdict.value == "Styrkt", report
