"""The walk of one post, as docs/architecture.md tells it: each beat in the file that does it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from archiver.connectors.wordpress import connector
from archiver.core.changes import Created, Edited, Known, State, differences
from archiver.core.event import SealedEntry, parse
from archiver.core.observation import Moderation
from archiver.demo.server import DemoServer
from archiver.demo.site import DemoSite, User
from archiver.ledger.log import Log
from archiver.ledger.proof import build_bundle, verifier, whole_openings
from archiver.store.seal import FrameKind
from tests.homes import make_home

AT = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)


def test_one_post_from_harvest_to_a_proof_an_outsider_checks(tmp_path: Path) -> None:
    site = DemoSite(
        name="Testköping",
        users=(
            User(id=1, login="redaktor", name="Redaktionen"),
            User(id=2, login="arkiv", name="Arkivet", application_password="abcd efgh"),
        ),
    )
    post = site.publish_post(at=AT, title="Snö", html="<p>Vi plogar Storgatan i natt.</p>")
    with DemoServer(site) as server:
        home = make_home(tmp_path / "home")
        host, port = server.address
        login = ("arkiv", "abcd efgh")
        channel = home.add_channel("wordpress", server.url, f"{host}:{port}", login)

        # connectors/wordpress.py fetches; harvest/service.py drives it
        first = home.harvest(channel)
        assert (first.count("created"), first.status.value) == (1, "complete")

        # core/changes.py says what is new, and what was edited
        assert differences(None, same_content=False, moderation=Moderation.VISIBLE) == (
            Created(Moderation.VISIBLE),
        )
        site.edit_post(post, at=AT, html="<p>Vi plogar Storgatan i kväll.</p>")
        second = home.harvest(channel)
        assert second.count("changed") == 1
        known = Known(State.VISIBLE, Moderation.VISIBLE)
        changes = differences(known, same_content=False, moderation=Moderation.VISIBLE)
        assert changes == (Edited(),)

    # store/seal.py holds each state's own bytes under a key of its own
    log = Log(home.ledger.store)
    log.load()
    entries = [parse(data) for data in log.entries(0, log.size)]
    versions = [seq for seq, entry in enumerate(entries) if entry.type == "version"]
    versions = versions[:2]
    opened = home.ledger.open(versions)
    texts = [str(opened[seq].envelope["text"]) for seq in versions]
    assert texts == ["Vi plogar Storgatan i natt.", "Vi plogar Storgatan i kväll."]
    for seq in versions:
        assert opened[seq].kind is FrameKind.VERSION
        item = connector.normalise(str(opened[seq].envelope["collection"]), opened[seq].raw)
        assert item.text == opened[seq].envelope["text"]

    # ledger/writer.py put fact and proof into the log; ledger/proof.py takes them out again
    assert all(isinstance(entries[seq], SealedEntry) for seq in versions)
    bundle, program = tmp_path / "bevis.zip", tmp_path / "verify.pyz"
    disclosed = whole_openings(home.ledger, versions)
    bundle.write_bytes(build_bundle(home.ledger, disclosed, bundle.name))
    program.write_bytes(verifier())

    # ledger/verify.py is what an outsider runs, with nothing but Python
    for subject in (bundle, home.path):
        done = subprocess.run(
            [sys.executable, "-I", "-S", program, subject, "--key", str(home.ledger.verifier_key)],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.rstrip().endswith(": Styrkt")
