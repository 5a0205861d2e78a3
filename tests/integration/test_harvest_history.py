"""Texts that stood between two looks, over real HTTP: found in the revisions, drafts left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archiver.core.record import DateBasis, Origin
from archiver.db import tables as t
from archiver.harvest.completeness import Reason, Status, Tally
from archiver.harvest.service import RunResult
from tests.integration.test_harvest import HOUR, Town, rows_of, town

REVISION = "revision"


def edit(it: Town, post: int, *texts: str) -> list[int]:
    """Save the post with each text, a minute apart; the revisions' ids."""
    saved = []
    for text in texts:
        it.clock.advance(60_000)
        saved.append(it.site.edit_post(post, at=it.at, html=f"<p>{text}</p>"))
    return saved


def changed(it: Town, post: int, **how: Any) -> None:
    """Do to a post what the site has no operation for."""
    found = it.site.find_post(post)
    assert found is not None
    it.site._posts[post] = replace(found, **how)


def texts(it: Town, kind: str = REVISION) -> list[str]:
    """Every version of the kind, in order."""
    return [str(envelope["text"]) for envelope in envelopes(it) if envelope["kind"] == kind]


def envelopes(it: Town) -> list[Mapping[str, Any]]:
    seqs = [row.seq for row in rows_of(it.home, t.version)]
    opened = it.home.ledger.open(seqs)
    return [opened[seq].envelope for seq in seqs]


def history(result: RunResult) -> Tally:
    return next(one for one in result.tallies if one.collection.name == "posts:revisions")


def asked(it: Town, part: str) -> list[str]:
    """Addresses of the newest run's requests that hold `part`."""
    return [address for address, *_ in it.sent if part in address]


def test_the_middle_text_is_archived(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        between, _ = edit(it, post, "Stängt i dag", "Öppet igen")
        said = it.clock.wall - 60_000
        result = it.harvest()
        assert result.status is Status.COMPLETE
        assert (history(result).seen, history(result).created) == (1, 1)
        assert texts(it, "post") == ["Välkomna!", "Öppet igen"]
        assert texts(it) == ["Stängt i dag"]
        (row,) = [row for row in rows_of(it.home, t.record) if row.kind == REVISION]
        assert (row.origin, row.state) == (Origin.DRAWN_UP, "hidden")
        assert (row.legal_at, row.legal_basis) == (said, DateBasis.UNOBSERVED)
        (found,) = [envelope for envelope in envelopes(it) if envelope["kind"] == REVISION]
        assert found["native_id"] == str(between)
        assert found["parent"] == found["root"] == ["post", str(post)]
        assert found["collection"] == "posts:revisions"


def test_nothing_more_is_asked_for_or_probed_afterwards(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        edit(it, post, "Två", "Tre")
        it.harvest()
        before = len(rows_of(it.home, t.entry))
        it.sent.clear()
        for _ in range(3):
            result = it.harvest()
            assert (result.status, result.count("missing")) == (Status.COMPLETE, 0)
        assert asked(it, "revisions") == []
        assert [row.type for row in rows_of(it.home, t.entry)[before:]] == ["run"] * 3
        it.post("Ett som finns")  # what else could tell that posts can be read at all?
        it.harvest()
        it.site.delete_post(post, at=it.at)
        assert it.harvest().count("missing") == 1  # the post; its revisions are nobody's to miss
        assert {row.state for row in rows_of(it.home, t.record) if row.kind == REVISION} == {
            "hidden"
        }


def test_one_edit_between_two_looks_leaves_nothing_out(tmp_path: Path) -> None:
    """Each of its texts was seen; of the revisions only the list is read."""
    with town(tmp_path) as it:
        post = it.post()
        for text in ("Två", "Tre", "Fyra"):
            it.harvest()
            edit(it, post, text)
        it.harvest()
        assert texts(it, "post") == ["Välkomna!", "Två", "Tre", "Fyra"]
        assert texts(it) == []
        assert all("_fields" in address for address in asked(it, "revisions"))


def test_what_was_taken_back_before_the_next_look_is_archived(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        edit(it, post, "Det skulle inte ut", "Välkomna!")
        assert it.harvest().count("changed") == 0
        assert texts(it, "post") == ["Välkomna!"]
        assert texts(it) == ["Det skulle inte ut"]


def test_of_a_post_put_in_the_trash_too(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        edit(it, post, "Fel namn", "Rätt namn")
        it.site.trash_post(post, at=it.at)
        it.harvest()
        assert texts(it) == ["Fel namn"]


@pytest.mark.parametrize("hidden", ["draft", "private", "trash"])
def test_what_was_written_while_a_post_was_hidden_is_not_fetched(
    tmp_path: Path, hidden: str
) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        changed(it, post, status=hidden)
        it.harvest()
        changed(it, post, status="publish")
        edit(it, post, "Utkast ett", "Utkast två", "Åter ute")
        it.sent.clear()
        it.harvest()
        assert texts(it, "post")[-1] == "Åter ute"
        assert texts(it) == []
        assert not any(b"Utkast" in body for _, body, *_ in it.sent)


def test_a_post_published_anew_keeps_its_drafts_to_itself(tmp_path: Path) -> None:
    """Withdrawn, rewritten and published with a new date, all between two looks."""
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        edit(it, post, "Utkast ett", "Utkast två")
        it.clock.advance(1000)
        changed(it, post, at=it.at)
        edit(it, post, "Först", "Sedan")
        it.sent.clear()
        it.harvest()
        assert texts(it) == ["Först"]
        assert not any(b"Utkast" in body for _, body, *_ in it.sent)


def test_without_a_login_there_is_no_history(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        post = it.post()
        it.harvest()
        edit(it, post, "Två", "Tre")
        result = it.harvest()
        assert result.status is Status.COMPLETE
        assert {tally.collection.name for tally in result.tallies} == {
            "posts:publish",
            "comments:approve",
        }
        assert texts(it) == [] == asked(it, "revisions")


def test_revisions_that_cannot_be_read_are_asked_for_again(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post, other = it.post(), it.post("Annat")
        it.harvest()
        edit(it, post, "Två", "Tre")
        edit(it, other, "Två b", "Tre b")
        it.refuse = f"/posts/{post}/revisions"
        for _ in range(2):
            result = it.harvest()
            tally = history(result)
            assert (result.status, tally.status) == (Status.PARTIAL, Status.PARTIAL)
            assert tally.reason is Reason.UNREACHABLE
            good = [one for one in result.tallies if one is not tally]
            assert {one.status for one in good} == {Status.COMPLETE}
        assert texts(it) == ["Två b"]  # one post's trouble is not another's
        it.refuse = ""
        assert it.harvest().status is Status.COMPLETE
        assert sorted(texts(it)) == ["Två", "Två b"]


def test_an_enumeration_that_breaks_off_leaves_its_history_to_the_next(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        edit(it, post, "Två", "Tre")
        it.refuse = "/wp/v2/posts"
        result = it.harvest()
        assert (history(result).status, history(result).reason) == (
            Status.PARTIAL,
            Reason.UNREACHABLE,
        )
        it.refuse = ""
        it.harvest()
        assert texts(it) == ["Två"]


def test_a_picture_the_post_shows_is_not_fetched_for_its_revisions(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post(html='<p>Ett</p><img src="{home}/wp-content/uploads/a.png">')
        it.harvest()
        for text, picture in (("Två", "b"), ("Tre", "a")):
            it.clock.advance(HOUR // 60)
            html = f'<p>{text}</p><img src="{{home}}/wp-content/uploads/{picture}.png">'
            html += '<img src="{home}/wp-content/uploads/a.png">'
            it.site.edit_post(post, at=it.at, html=html)
        it.harvest()
        (found,) = [envelope for envelope in envelopes(it) if envelope["kind"] == REVISION]
        shown = [one["url"].rpartition("/")[2] for one in found["attachments"]]
        assert [shown[number] for number in found["media"]] == ["b.png"]


def test_the_history_of_a_site_taken_over_is_left_to_it(tmp_path: Path) -> None:
    """What was said before the archive's first look is not read afterwards."""
    with town(tmp_path) as it:
        post = it.post()
        edit(it, post, "Långt innan", "Innan")
        it.harvest()
        edit(it, post, "Efter", "Senast")
        it.harvest()
        assert texts(it) == ["Efter"]
