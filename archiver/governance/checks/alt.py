"""A-ALT (row 7.8): what the authority publishes has alternative texts, and its films captions.

On a platform that is not its own an authority is to be accessible as far as that is possible
(DOS-lagen 11 §); no share is law, and `LEAST` is a yardstick: a picture that only decorates has
rightly none. What a platform does not tell the archive is not judged: it is counted as unseen, and
a person looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from mimetypes import guess_type
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select

from archiver.core.observation import POST, REPLY, STORY
from archiver.core.reason import Wording
from archiver.core.record import Origin
from archiver.db import tables as t
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase

LEAST = 0.9  # of the pictures
NEWEST = 100  # of the authority's own records that are looked at
YEAR = 365 * 86_400_000  # milliseconds: what is older counts as archive (DOS-lagen 9 §)
# Which platforms tell the archive of alternative texts, and of captions.
TELLS_ALT = frozenset({"bluesky", "mastodon", "wordpress"})
TELLS_CAPTIONS = frozenset({"bluesky"})


class Shown(NamedTuple):
    """Of the own records looked at: `pictures`, of them `bare` without an alternative text; `films`
    of which captions can be seen, of them `silent`; `unseen`: files nothing can be said of."""

    records: int = 0
    pictures: int = 0
    bare: int = 0
    films: int = 0
    silent: int = 0
    unseen: int = 0


class Alt:
    """Pictures and films of the subject's accounts."""

    id = "A-ALT"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Shown:
    """What the newest of the accounts' own records show."""
    c = t.record.c
    query = (
        select(c.latest, c.channel)
        .where(c.channel.in_(subject.channels), c.origin == Origin.DRAWN_UP.value)
        .where(c.kind.in_([POST, REPLY, STORY]))
        .where(c.state == "visible", c.legal_at >= subject.now - YEAR)
        .order_by(c.legal_at.desc(), c.seq.desc())
        .limit(NEWEST)
    )
    with archive.ledger.database.read() as connection:
        rows = connection.execute(query).all()
    platforms = dict(subject.places)
    opened = archive.ledger.open([row.latest for row in rows])
    return counted(
        (platforms[row.channel], opened[row.latest].envelope)
        for row in rows
        if row.latest in opened  # what is kept apart is left out
    )


def counted(records: Iterable[tuple[str, Mapping[str, Any]]]) -> Shown:
    """What records (platform, envelope) show."""
    total = Shown()
    for platform, envelope in records:
        one = _shown(platform, envelope.get("attachments", ()), bool(envelope.get("links")))
        total = Shown(*(a + b for a, b in zip(total, one, strict=True)))
    return total


def _shown(platform: str, files: Iterable[Mapping[str, str]], linked: bool) -> Shown:
    kinds = [(_kind(one), bool(one.get("alt", "").strip())) for one in files]
    pictures = [told for kind, told in kinds if kind == "image"]
    films = sum(kind in ("video", "audio") for kind, _ in kinds)
    captions = any(kind == "text" for kind, _ in kinds)
    unseen = sum(kind == "" for kind, _ in kinds)
    if platform not in TELLS_ALT or (platform == "bluesky" and linked and pictures == [False]):
        unseen, pictures = unseen + len(pictures), []  # the latter may be a link's own picture
    if platform not in TELLS_CAPTIONS:
        unseen, films = unseen + films, 0
    silent = 0 if captions else films
    return Shown(1, len(pictures), pictures.count(False), films, silent, unseen)


def _kind(file: Mapping[str, str]) -> str:
    """image, video, audio or text, by the platform's word or the address; "" if neither says."""
    path = urlsplit(file.get("url", "")).path
    kind = file.get("mime") or guess_type(path, strict=False)[0] or ""
    return kind.partition("/")[0]


def judge(shown: Shown) -> Result:
    """UNKNOWN where there is nothing to see, or what is there cannot all be seen."""
    sv, en = [], []
    if shown.bare > (1 - LEAST) * shown.pictures:
        sv.append(f"{shown.bare} av {shown.pictures} bilder saknar alternativtext.")
        en.append(f"{shown.bare} of {shown.pictures} pictures lack an alternative text.")
    if shown.silent:
        sv.append(f"{shown.silent} av {shown.films} filmer saknar textning.")
        en.append(f"{shown.silent} of {shown.films} films lack captions.")
    if sv:
        outcome, reason = Outcome.FAIL, Wording(" ".join(sv), " ".join(en))
    elif shown.unseen:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            f"På {shown.unseen} bilder och filmer går det inte att se här. Granska dem på "
            "plattformen.",
            f"Of {shown.unseen} pictures and films it cannot be seen. Look at them there.",
        )
    elif not shown.pictures and not shown.films:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Inga egna bilder eller filmer är arkiverade det senaste året.",
            "No own pictures or films of the last year are archived.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            f"{shown.pictures - shown.bare} av {shown.pictures} bilder har alternativtext, "
            "och varje film textning.",
            f"{shown.pictures - shown.bare} of {shown.pictures} pictures have an alternative text, "
            "and every film captions.",
        )
    return Result(check=Alt.id, outcome=outcome, reason=reason, data=shown._asdict())


check = Alt()
