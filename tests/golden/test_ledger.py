"""The archive of a release, kept for good: every later release must read, prove and rebuild it.

`home-0.1.zip` and its successors are small homes, each made once from the fixed input below (seeded
randomness, a clock set by hand, invented people). The test opens them with today's code. It also
makes the newest anew and compares everything that must never change its bytes: entries' ids and
commitments, key lines, names. Frames are compared by content, because another release of zstd may
compress differently.

To begin a new golden home at a release: add its name, and `python -m tests.golden.test_ledger`.
That also writes anew what the tables say of the older ones, which a new release may tell otherwise.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from archiver.channels.service import Channels
from archiver.core.connector import Credential, Target
from archiver.core.event import SealedEntry, parse
from archiver.core.layout import ROOT_KEY
from archiver.db import tables as t
from archiver.db.engine import dump
from archiver.db.sqlite import SqliteDatabase
from archiver.harvest.deep import verify_deep
from archiver.harvest.projector import HarvestProjector
from archiver.harvest.service import harvest
from archiver.ledger.apart import Apart
from archiver.ledger.apart_projector import ApartProjector
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive
from archiver.plugins import connectors
from archiver.store import root
from archiver.store.filesystem import FilesystemStore
from archiver.store.keys import KeyRing, Secrets
from tests.build import ROOT, FakeClock, seeded
from tests.fakes import Answer, FakeHttp, MemoryCredentials, Request

HERE = Path(__file__).parent
RELEASES = ["0.1", "0.2", "0.3"]
HOME_ID = "0011223344556677"
CONTACT = bytes(range(1, 33))


def _comment(number: int, text: str, status: str = "approved") -> dict[str, object]:
    return {
        "id": number,
        "post": 1,
        "parent": 0,
        "author": 0,
        "author_name": "Alva Ekbacke",
        "author_url": "",
        "date_gmt": "2026-11-18T06:30:00",
        "content": {"rendered": f"<p>{text}</p>"},
        "link": f"https://testkoping.example/#comment-{number}",
        "status": status,
        "type": "comment",
    }


def _post(text: str) -> dict[str, object]:
    return {
        "id": 1,
        "date_gmt": "2026-11-18T06:00:00",
        "modified_gmt": "2026-11-18T06:00:00",
        "slug": "sno",
        "status": "publish",
        "type": "post",
        "link": "https://testkoping.example/sno/",
        "title": {"rendered": "Snö"},
        "content": {"rendered": f"<p>{text}</p>"},
        "author": 1,
    }


ROUNDS = (
    (
        [_post("Vi plogar i natt.")],
        {"approve": [_comment(1, "Tack! 😀"), _comment(2, "När?"), _comment(3, "Och sanden?")]},
    ),
    (
        [_post("Vi plogar i kväll.")],
        {
            "approve": [_comment(1, "Tack! 😀"), _comment(3, "Och sanden?")],
            "spam": [_comment(2, "När?", "spam")],
        },
    ),
    ([_post("Vi plogar i kväll.")], {"approve": [_comment(1, "Tack så mycket!")]}),
)


def build_home(folder: Path) -> Ledger:
    """The golden home, made from the rounds above."""
    clock, random, store = FakeClock(), seeded(1), FilesystemStore(folder)
    store.put(ROOT_KEY, root.render(ROOT, None, random))
    ledger = open_home(folder, clock)
    ledger.random = ledger.keys.secrets._random = random
    ledger.create(HOME_ID, {"software": f"diarkiv {RELEASES[-1]}"})
    channels = Channels(ledger, connectors(), MemoryCredentials())
    channels.add_authority("KS", "Kommunstyrelsen")
    url = "https://testkoping.example"
    channel = channels.add_channel("wordpress", url, authority="KS", title="Nyheter")
    target = Target(url=url, credential=Credential(user="arkiv", secret="hemligt"))
    for posts, comments in ROUNDS:
        clock.advance(3_600_000)

        def answer(
            request: Request, posts: object = posts, comments: dict[str, object] = comments
        ) -> Answer:
            path, status = request.url.partition("/wp-json")[2], request.params.get("status", "")
            rows: object = []
            if path == "/wp/v2/users/me":
                rows = {"id": 2, "capabilities": {"moderate_comments": True}}
            elif path == "/wp/v2/posts" and status == "publish":
                rows = posts
            elif path == "/wp/v2/comments":
                rows = comments.get(status, [])
            elif path.startswith("/wp/v2/comments/"):
                return Answer(body=b'{"code":"rest_comment_invalid_id"}', status=404)
            count = str(len(rows)) if isinstance(rows, list) else "0"
            headers = {"X-WP-Total": count, "X-WP-TotalPages": "1"}
            return Answer(body=json.dumps(rows).encode(), headers=headers)

        http = FakeHttp(answer, clock.now)
        harvest(ledger, connectors()["wordpress"], channel, target, http, clock)
    _keep_apart(ledger, folder)
    return ledger


def _keep_apart(ledger: Ledger, folder: Path) -> None:
    """One comment protected, one stopped, one stopped and destroyed; the post stays open."""
    with ledger.database.read() as connection:
        rows = connection.execute(t.record.select().order_by(t.record.c.seq)).all()
    protected, destroyed, stopped = [row.seq for row in rows if row.kind == "comment"]
    service = Apart(ledger, folder)
    service.protect(protected, reason="Skyddade personuppgifter")
    service.set_contact(CONTACT, contact="Alva Ekbacke")
    for record in (destroyed, stopped):
        service.stop(record, reason="Misstänkt brottsligt innehåll")
    service.destroy(destroyed, instruction="Beslut 1")


def open_home(folder: Path, clock: FakeClock | None = None) -> Ledger:
    """A ledger over a folder, under the golden root key."""
    store = FilesystemStore(folder)
    keys = KeyRing(Secrets(store, ROOT, seeded(2)))
    return Ledger(
        home=folder,
        store=store,
        keys=keys,
        database=SqliteDatabase(folder / "db" / "projection.sqlite"),
        clock=clock or FakeClock(wall=2_000_000_000_000),
        random=seeded(3),
        projectors=[HarvestProjector(keys), ApartProjector()],
    )


def summary(ledger: Ledger) -> dict[str, object]:
    """What the archive says, in a form that a person can read in a diff."""
    with ledger.database.read() as connection:
        tables = [table for table in t.metadata.sorted_tables if table not in (t.meta, t.log)]
        rows = list(dump(connection, tables))
        records = [r.seq for r in connection.execute(t.version.select())]
    opened = ledger.open(records, protected=True)
    return {
        "texts": [str(o.envelope.get("text")) for o in opened.values()],
        "rows": [
            [name, *(v.hex() if isinstance(v, bytes) else v for v in row)] for name, row in rows
        ],
    }


def _structure(folder: Path) -> list[tuple[object, ...]]:
    log = Log(FilesystemStore(folder))
    log.load()
    entries = [parse(data) for data in log.entries(0, log.size)]
    return [
        (e.type, e.at, e.cohort, e.id, e.c) if isinstance(e, SealedEntry) else (e.type, e.at)
        for e in entries
    ]


def unpacked(release: str, folder: Path) -> Path:
    """The golden home of a release, in a folder."""
    with zipfile.ZipFile(HERE / f"home-{release}.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("release", RELEASES)
def test_a_released_archive_is_read_proved_and_rebuilt(release: str, tmp_path: Path) -> None:
    unpacked(release, tmp_path)
    vkey = (HERE / f"home-{release}.vkey").read_text()
    report = verify_archive(tmp_path, vkey)
    assert report.verdict.value == "Styrkt", report.findings
    ledger = open_home(tmp_path)
    assert ledger.rebuild() == report.entries
    expected = json.loads((HERE / f"home-{release}.json").read_text())
    assert json.loads(json.dumps(summary(ledger))) == expected
    assert verify_deep(ledger, connectors(), lambda _done, _all: None) == []


def test_the_same_input_gives_the_same_archive(tmp_path: Path) -> None:
    golden, anew = unpacked(RELEASES[-1], tmp_path / "golden"), tmp_path / "anew"
    build_home(anew)
    assert _structure(anew) == _structure(golden)
    for path in sorted((golden / "keys").iterdir()):
        assert (anew / "keys" / path.name).read_bytes() == path.read_bytes(), path.name


def main() -> None:
    """Write the golden home of this release, and what today's tables say of the older ones."""
    import shutil
    import tempfile

    newest = RELEASES[-1]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ledger = build_home(home)
        (HERE / f"home-{newest}.vkey").write_text(f"{ledger.verifier_key}\n")
        shutil.rmtree(home / "db")
        shutil.rmtree(home / "lock")
        with zipfile.ZipFile(HERE / f"home-{newest}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(p for p in home.rglob("*") if p.is_file()):
                name = path.relative_to(home).as_posix()
                archive.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 0, 0, 0)), path.read_bytes())
    for release in RELEASES:
        with tempfile.TemporaryDirectory() as folder:
            ledger = open_home(unpacked(release, Path(folder)))
            ledger.rebuild()
            told = json.dumps(summary(ledger), ensure_ascii=False, indent=1)
            (HERE / f"home-{release}.json").write_text(f"{told}\n")


if __name__ == "__main__":
    main()
