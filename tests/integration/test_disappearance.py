"""Disappearance end to end: a real run over real HTTP, a clock set by hand, the 72-hour policy.

Whatever a platform does, nothing is reported as gone that is there, and what is gone is found
within the policy's time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archiver.connectors.wordpress import WordPress
from archiver.core.connector import Control, Target
from archiver.core.disappearance import DAY, HOUR
from archiver.core.exchange import RecordedHttp
from archiver.core.plan import RunPlan, Scope
from archiver.db import tables as t
from archiver.demo.server import DemoServer
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.gap_register import GapRegister
from tests.integration.test_harvest import Town, rows_of, town


def after(it: Town, pause: int) -> Any:
    """A run, that long after the last one."""
    it.clock.advance(pause - HOUR)  # `harvest` lets an hour pass by itself
    return it.harvest()


def transitions(it: Town) -> list[Mapping[str, Any]]:
    return [row._asdict() for row in rows_of(it.home, t.transition)]


def test_a_deleted_comment_is_confirmed_after_three_days_as_an_interval(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        gone, stays = it.comment(post), it.comment(post)
        it.harvest()
        last = it.harvest()
        seen = it.clock.wall
        it.site.delete_comment(gone, at=it.at)
        states, missed = [], 0
        for pause in (HOUR, HOUR, 22 * HOUR, HOUR, 2 * DAY - HOUR, HOUR):
            result = after(it, pause)
            assert result.status is Status.COMPLETE
            missed = missed or it.clock.wall
            states.append(it.state("comment", gone))
        assert states == ["missing_suspected"] * 5 + ["gone_confirmed"]
        assert it.clock.wall == missed + 3 * DAY
        end = transitions(it)[-1]
        assert (end["last_seen"], end["first_missed"]) == (seen, missed)
        assert (end["why"], end["by"], end["reason"]) == (
            *("probes", "unknown"),
            "rest_comment_invalid_id",
        )
        assert it.state("comment", stays) == "visible"
        assert last.status is Status.COMPLETE
        before = len(transitions(it))
        assert after(it, 8 * DAY).requests < result.requests  # what is confirmed is not asked again
        assert len(transitions(it)) == before


def test_what_comes_back_is_restored_at_every_stage(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comment = it.comment(post)
        it.harvest()
        for pauses in ((HOUR,), (HOUR, HOUR), (HOUR, DAY, DAY, DAY, DAY)):
            held = it.site._comments[comment]
            it.site.delete_comment(comment, at=it.at)
            for pause in pauses:
                after(it, pause)
            assert it.state("comment", comment) in ("missing_suspected", "gone_confirmed")
            it.site._comments[comment] = held
            after(it, HOUR)
            assert it.state("comment", comment) == "visible"
            assert transitions(it)[-1]["reason"] == "seen_again"
        assert it.state("comment", comment) == "visible"


def test_an_answer_in_between_begins_the_confirmation_anew(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comment = it.comment(post)
        it.harvest()
        held = it.site._comments[comment]
        it.site.delete_comment(comment, at=it.at)
        after(it, HOUR)
        after(it, 2 * DAY)
        it.site._comments[comment] = held
        after(it, HOUR)
        it.site.delete_comment(comment, at=it.at)
        for _ in range(3):
            after(it, DAY)
            assert it.state("comment", comment) == "missing_suspected"
        after(it, DAY)
        assert it.state("comment", comment) == "gone_confirmed"


def test_a_deleted_post_takes_its_comments_along_and_is_asked_for_alone(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post, other = it.post(), it.post("Annat")
        comments = [it.comment(post) for _ in range(40)]
        stays = it.comment(other)
        for _ in range(60):
            it.comment(other)
        it.harvest()
        quiet = it.harvest().requests
        it.site.delete_post(post, at=it.at)
        result = it.harvest()
        assert result.requests - quiet < 10
        for pause in (HOUR, DAY, 2 * DAY):
            after(it, pause)
        assert {it.state("comment", one) for one in comments} == {"gone_confirmed"}
        assert it.state("post", post) == "gone_confirmed"
        assert it.state("comment", stays) == "visible"
        whys = [row["why"] for row in transitions(it) if row["state"] == "gone_confirmed"]
        assert sorted(whys) == ["probes"] + ["with_parent"] * 40


def test_a_large_part_gone_at_once_freezes_the_account(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comments = [it.comment(post) for _ in range(10)]
        it.harvest()
        for one in comments[:6]:
            it.site.delete_comment(one, at=it.at)
        for _ in range(3):
            result = after(it, 2 * DAY)
            assert {it.state("comment", one) for one in comments} == {"visible"}
            frozen = [x.reason for x in result.tallies if x.status is Status.PARTIAL]
            assert set(frozen) == {Reason.MASS_DISAPPEARANCE}
        assert transitions(it) == []
        accept(it)
        for pause in (HOUR, HOUR, DAY, 3 * DAY):
            after(it, pause)
        gone = [it.state("comment", one) for one in comments[:6]]
        assert gone == ["gone_confirmed"] * 6
        assert {it.state("comment", one) for one in comments[6:]} == {"visible"}


def accept(it: Town) -> None:
    """A person says that what went missing at once is truly gone."""
    register = GapRegister(it.home.ledger, it.clock)
    register.acknowledge(it.channel, "Redaktionen har rensat.", accept_disappearance=True)


def test_a_sentinel_that_cannot_be_read_stops_every_conclusion(tmp_path: Path) -> None:
    """The single read is broken: it knows nothing of anything. Not one item is missing for that."""
    with town(tmp_path) as it:
        post = it.post()
        gone, stays = it.comment(post), it.comment(post)
        it.harvest()
        it.site.delete_comment(gone, at=it.at)
        asked: list[str] = []
        inner = it.server._server.app

        def app(environ: Mapping[str, Any], start: Any) -> list[bytes]:
            address = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
            if "/comments/" in address or ("/comments" in address and "include=" in address):
                asked.append(address)
                single = "/comments/" in address
                body = json.dumps({"code": "rest_comment_invalid_id"} if single else []).encode()
                start("404 Not Found" if single else "200 OK", [("Content-Length", str(len(body)))])
                return [body]
            return list(inner(environ, start))

        it.server._server.app = app  # type: ignore[method-assign,assignment]
        result = it.harvest()
        assert asked
        assert it.state("comment", gone) == "visible"
        assert it.state("comment", stays) == "visible"
        assert Reason.CONTROL_FAILED in {tally.reason for tally in result.tallies}


def test_a_redirect_to_a_page_of_errors_is_no_deletion(tmp_path: Path) -> None:
    with town(tmp_path) as it, DemoServer(it.site, now=it.clock.now) as elsewhere:
        post = it.post()
        gone, stays = it.comment(post), it.comment(post)
        it.harvest()
        it.site.delete_comment(gone, at=it.at)  # so that the other server does not know it
        inner = it.server._server.app

        def app(environ: Any, start: Any) -> list[bytes]:
            address = environ["PATH_INFO"] + "?" + environ["QUERY_STRING"]
            if f"/comments/{gone}" in address:
                start("302 Found", [("Location", elsewhere.url + address), ("Content-Length", "0")])
                return [b""]
            return list(inner(environ, start))

        it.server._server.app = app  # type: ignore[method-assign,assignment]
        place = "{}:{}".format(*elsewhere.address)
        it.channel = replace(it.channel, allow=(*it.channel.allow, place))
        result = it.harvest()
        assert it.state("comment", gone) == "visible"
        assert it.state("comment", stays) == "visible"
        assert Reason.PROBE_FAILED in {tally.reason for tally in result.tallies}
        it.server._server.app = inner  # type: ignore[method-assign]
        assert it.harvest().status is Status.COMPLETE
        assert it.state("comment", gone) == "missing_suspected"


def test_clocks_that_disagree_stop_every_conclusion(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        gone = it.comment(post)
        it.comment(post)
        it.harvest()
        it.site.delete_comment(gone, at=it.at)
        it.server._server.RequestHandlerClass.now = staticmethod(lambda: it.clock.wall - HOUR)  # type: ignore[attr-defined]
        result = it.harvest()
        assert it.state("comment", gone) == "visible"
        assert Reason.CLOCK_SKEW in {tally.reason for tally in result.tallies}
        it.server._server.RequestHandlerClass.now = staticmethod(it.clock.now)  # type: ignore[attr-defined]
        assert it.harvest().status is Status.COMPLETE
        assert it.state("comment", gone) == "missing_suspected"


def test_a_login_that_is_withdrawn_in_mid_run_deletes_nothing(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comments = [it.comment(post) for _ in range(3)]
        it.harvest()
        users = it.site.users

        def withdraw(address: str) -> None:
            if "status=hold" in address:
                changed = (replace(user, application_password="") for user in users.values())
                it.site.users = {user.login: user for user in changed}

        it.meanwhile = withdraw
        for one in comments:
            it.site.delete_comment(one, at=it.at)
        result = it.harvest()
        assert result.status is Status.PARTIAL
        for _ in range(5):
            assert after(it, 2 * DAY).status is Status.GAP
        assert {it.state("comment", one) for one in comments} == {"visible"}
        it.meanwhile = lambda _address: None
        it.site.users = users
        for pause in (HOUR, HOUR, DAY, 3 * DAY):
            after(it, pause)
        assert {it.state("comment", one) for one in comments} == {"gone_confirmed"}


# --- runs that read a part ---------------------------------------------------------------------


def part(it: Town, *threads: int, back: int = 2 * DAY) -> Any:
    """An hour later, a run over the newest and the threads of these posts."""
    it.clock.advance(HOUR)
    plan = RunPlan(scope=Scope.PART, since=it.clock.wall - back, threads=threads)
    return it.home.harvest(it.channel, plan)


def record_of(it: Town, kind: str, number: int) -> int:
    """The record of an item."""
    rows = rows_of(it.home, t.version)
    opened = it.home.ledger.open([row.seq for row in rows])
    return next(
        row.record
        for row in rows
        if (opened[row.seq].envelope["kind"], opened[row.seq].envelope["native_id"])
        == (kind, str(number))
    )


def test_a_part_run_sees_what_is_new_and_misses_only_what_it_looked_for(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        old, due = it.post("Gammalt"), it.post("Aktuellt")
        under_old, under_due = it.comment(old), it.comment(due)
        it.harvest()
        it.clock.advance(30 * DAY)
        it.harvest()
        fresh = it.comment(old, "Ny fråga")
        for one in (under_old, under_due):
            it.site.delete_comment(one, at=it.at)
        result = part(it, record_of(it, "post", due))
        assert result.status is Status.COMPLETE
        assert it.state("comment", fresh) == "visible"
        assert it.state("comment", under_due) == "missing_suspected"
        assert it.state("comment", under_old) == "visible"  # nobody looked there
        it.harvest()
        assert it.state("comment", under_old) == "missing_suspected"


def test_threads_tell_when_they_were_read_and_whether_in_vain(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        record = record_of(it, "post", post)

        def told() -> tuple[bool, int]:
            row = next(row for row in rows_of(it.home, t.thread) if row.record == record)
            return row.activity_at is not None, row.empty

        assert told() == (False, 1)
        part(it, record)
        part(it, record)
        assert told() == (False, 3)
        it.comment(post)
        part(it, record)
        assert told() == (True, 0)
        part(it)  # no thread was due
        assert told() == (True, 0)
        it.harvest()
        assert told() == (True, 1)


def test_a_confirmation_that_is_due_is_asked_for_in_any_run(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        gone = it.comment(post)
        it.comment(post)
        it.harvest()
        it.clock.advance(30 * DAY)
        it.site.delete_comment(gone, at=it.at)
        it.harvest()
        for pause in (HOUR, DAY, 3 * DAY):
            it.clock.advance(pause)
            part(it)
        assert it.state("comment", gone) == "gone_confirmed"


# --- what must not defeat the freeze --------------------------------------------------------------


def frozen(result: Any) -> bool:
    return Reason.MASS_DISAPPEARANCE in {tally.reason for tally in result.tallies}


def test_more_missing_than_can_be_asked_for_is_a_freeze_too(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comments = [it.comment(post) for _ in range(260)]
        it.harvest()
        for one in comments[:240]:
            it.site.delete_comment(one, at=it.at)
        result = it.harvest()
        assert frozen(result) or Reason.TOO_MANY_MISSING in {x.reason for x in result.tallies}
        assert transitions(it) == []


def test_posts_that_take_most_of_an_account_along_freeze_it(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        posts = [it.post(f"Nyhet {number}") for number in range(6)]
        comments = [it.comment(post) for post in posts for _ in range(10)]
        it.harvest()
        for post in posts[:4]:
            it.site.delete_post(post, at=it.at)
        assert frozen(it.harvest())
        assert {it.state("comment", one) for one in comments} == {"visible"}


def test_a_word_on_what_is_gone_waits_for_a_run_that_reads_everything(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comments = [it.comment(post) for _ in range(10)]
        it.harvest()
        it.clock.advance(30 * DAY)
        for one in comments[:6]:
            it.site.delete_comment(one, at=it.at)
        assert frozen(it.harvest())
        accept(it)
        part(it)
        it.refuse = "/comments"
        it.harvest()
        it.refuse = ""
        assert not frozen(it.harvest())
        assert [it.state("comment", one) for one in comments[:6]] == ["missing_suspected"] * 6


def test_a_name_that_leads_to_another_account_is_a_gap_and_nothing_of_it_is_filed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whose = ["100"]
    control = WordPress.control

    def named(self: WordPress, target: Target, http: RecordedHttp) -> Control:
        return replace(control(self, target, http), account=whose[0])

    monkeypatch.setattr(WordPress, "control", named)
    with town(tmp_path) as it:
        posts = [it.post(f"Nyhet {number}") for number in range(3)]
        it.harvest()
        whose[0] = "200"
        for post in posts:
            it.site.delete_post(post, at=it.at)
        it.post("Någon annans")
        for _ in range(4):
            result = after(it, 2 * DAY)
            assert {tally.reason for tally in result.tallies} == {Reason.ACCOUNT_MOVED}
        assert {it.state("post", post) for post in posts} == {"visible"}
        assert len(rows_of(it.home, t.record)) == 3
        whose[0] = "100"
        assert it.harvest().count("created") == 1


def test_a_post_that_was_scheduled_is_seen_by_a_part_run(tmp_path: Path) -> None:
    """It is published long after it was last saved."""
    with town(tmp_path) as it:
        it.post()
        it.harvest()
        it.clock.advance(30 * DAY)
        it.harvest()
        late = it.post("Schemalagt")
        shown = it.site.find_post(late)
        assert shown
        saved = it.at.replace(year=it.at.year - 1)
        it.site._posts[late] = replace(shown, modified=saved)
        part(it)
        assert it.state("post", late) == "visible"
