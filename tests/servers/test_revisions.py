"""Revisions of a real WordPress: what stood between two looks is found, drafts are left alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.db import tables as t
from archiver.db.engine import dump
from archiver.harvest.deep import verify_deep
from archiver.harvest.service import RunResult
from archiver.ledger.verify import verify_archive
from archiver.plugins import connectors
from tests.homes import TestHome, make_home
from tests.servers.wordpress import WordPressServer
from tests.servers.wordpress_admin import WordPressAdmin

pytestmark = pytest.mark.server


class Site:
    """A real site, and a home with a channel on it."""

    def __init__(
        self, path: Path, server: WordPressServer, admin: WordPressAdmin, *, login: bool
    ) -> None:
        self.server, self.admin, self.home = server, admin, make_home(path)
        given = (server.user, server.app_password) if login else None
        self.channel = self.home.add_channel("wordpress", server.url, server.address, given)

    def harvest(self) -> RunResult:
        """A complete run. It starts a second after what came before and ends one before what comes
        after: WordPress tells whole seconds."""
        time.sleep(1.1)
        result = self.home.harvest(self.channel)
        assert result.status.value == "complete", result
        time.sleep(1.1)
        return result

    def edit(self, post: int, *texts: str) -> None:
        for text in texts:
            self.admin.edit_post(post, content=text)

    def envelopes(self, kind: str = "revision") -> list[Mapping[str, Any]]:
        with self.home.ledger.database.read() as connection:
            seqs = list(connection.scalars(select(t.version.c.seq).order_by(t.version.c.seq)))
        opened = self.home.ledger.open(seqs)
        return [o.envelope for s in seqs if (o := opened[s]).envelope["kind"] == kind]

    def texts(self, kind: str = "revision") -> list[str]:
        return [str(envelope["text"]) for envelope in self.envelopes(kind)]

    def bytes_held(self) -> bytes:
        """Everything the archive holds of answers: no draft may be in it."""
        with self.home.ledger.database.read() as connection:
            seqs = list(connection.scalars(select(t.entry.c.seq)))
        opened = self.home.ledger.open(seqs).values()
        return b"".join(o.raw + json.dumps(o.envelope, ensure_ascii=False).encode() for o in opened)


@contextmanager
def site(path: Path, *, login: bool = True) -> Iterator[Site]:
    with WordPressServer() as server, WordPressAdmin(server) as admin:
        one = Site(path, server, admin, login=login)
        yield one
        home: TestHome = one.home
        assert verify_deep(home.ledger, connectors(), lambda _done, _all: None) == []
        report = verify_archive(path, str(home.ledger.verifier_key))
        assert report.verdict.value == "Styrkt", report
        with home.ledger.database.read() as connection:
            live = list(dump(connection, t.metadata.sorted_tables))
        home.ledger.rebuild()
        with home.ledger.database.read() as connection:
            assert list(dump(connection, t.metadata.sorted_tables)) == live


@pytest.mark.timeout(300)
def test_what_stood_between_two_looks_is_found_and_drafts_are_not(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        post = it.admin.create_post("Badet", "Utkast ett", "draft")
        it.edit(post, "Utkast två", "Utkast tre")
        it.admin.edit_post(post, content="Öppet 10–16", status="publish")
        taken_back = it.admin.create_post("Vägen", "Plogas kl. 6")
        binned = it.admin.create_post("Parken", "Stängd")
        it.harvest()
        assert it.texts() == []

        it.edit(post, "Öppet 10–17", "Öppet 11–17", "Öppet 12–17")
        it.edit(taken_back, "Plogas aldrig", "Plogas kl. 6")
        it.edit(binned, "Stängd till maj", "Stängd till juni")
        it.admin.trash_post(binned)
        result = it.harvest()
        assert result.count("missing") == 0
        between = ["Öppet 10–17", "Öppet 11–17", "Plogas aldrig", "Stängd till maj"]
        assert sorted(it.texts()) == sorted(between)
        assert it.texts("post").count("Plogas kl. 6") == 1
        first = next(one for one in it.envelopes() if one["text"] == "Öppet 10–17")
        assert first["parent"] == first["root"] == ["post", str(post)]
        assert (first["origin"], first["legal_basis"]) == ("drawn_up", "unobserved")
        assert first["legal_at"] == first["created_at"]

        assert it.harvest().count("created") == 0
        it.edit(post, "Öppet dygnet runt")
        assert it.harvest().count("created") == 0  # every text of it was seen
        it.admin.delete_post(post)
        assert it.harvest().count("missing") == 1
        assert sorted(it.texts()) == sorted(between)
        assert b"Utkast" not in it.bytes_held()


@pytest.mark.timeout(300)
def test_what_is_written_while_a_post_is_not_public_stays_unread(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        withdrawn = it.admin.create_post("Snö", "Plogat")
        autosaved = it.admin.create_post("Is", "Sandat")
        it.harvest()
        it.admin.edit_post(withdrawn, status="draft")
        it.harvest()
        it.edit(withdrawn, "Utkast ett", "Utkast två")
        it.admin.edit_post(withdrawn, content="Plogat igen", status="publish")
        autosave = f"wp_create_post_autosave(array('post_ID' => {autosaved}, 'post_type' => 'post',"
        autosave += (
            " 'post_title' => 'Is', 'post_content' => 'Utkast sparat', 'post_excerpt' => '',"
        )
        autosave += " 'post_author' => 1));"
        admin = "require_once ABSPATH . 'wp-admin/includes/post.php'; wp_set_current_user(1);"
        it.edit(autosaved, "Saltat")
        it.server.run_php(admin + autosave)
        kept = it.server.sql("SELECT post_name FROM wp_posts WHERE post_content = 'Utkast sparat'")
        assert kept.strip() == f"{autosaved}-autosave-v1"
        it.harvest()
        assert it.texts("post")[-2:] in (["Plogat igen", "Saltat"], ["Saltat", "Plogat igen"])
        assert it.texts() == []
        assert b"Utkast" not in it.bytes_held()


@pytest.mark.timeout(300)
def test_without_a_login_revisions_are_not_asked_for(tmp_path: Path) -> None:
    with site(tmp_path, login=False) as it:
        post = it.admin.create_post("Badet", "Ett")
        it.harvest()
        it.edit(post, "Två", "Tre")
        result = it.harvest()
        assert {tally.collection.name for tally in result.tallies} == {
            "posts:publish",
            "comments:approve",
        }
        assert it.texts() == []
        assert it.texts("post") == ["Ett", "Tre"]
