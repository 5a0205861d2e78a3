"""A small Mastodon instance to ask without a network: the demo's server behind a `FakeHttp`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from archiver.connectors.mastodon import connector
from archiver.core.connector import Credential, Page, Scan, Target, Wanted
from archiver.core.observation import POST, ItemRef
from archiver.demo.mastodon import MastodonServer
from archiver.demo.mastodon_instance import Instance
from archiver.harvest.segment import split
from tests.fakes import Answer, FakeHttp, Request

URL = "https://social.testkoping.example/@kommun"
TOKEN = "hemlig-token-0123-4567"
START = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
STATUSES, REPLIES, OWN_REPLIES = connector.collections(Target(url=URL))


class Site:
    """The instance, what the connector reads it with, and a clock that goes on by itself."""

    def __init__(self) -> None:
        self._at = START
        self.instance = Instance()
        self.server = MastodonServer(self.instance, now=self.now)
        self.kommun = self.instance.join("kommun", "Testköpings kommun", at=self.now())
        self.alva = self.instance.join("alva", "Alva Ek", at=self.now())
        self.instance.grant(TOKEN, self.kommun, "read:accounts read:statuses")
        self.http = FakeHttp(self._answer)
        self.credential: Credential | None = None

    def now(self) -> datetime:
        self._at += timedelta(minutes=1)
        return self._at

    def login(self, token: str = TOKEN) -> None:
        self.credential = Credential(secret=token)

    def post(self, text: str = "Hej!", by: int = 0, **what: object) -> int:
        return self.instance.post(by or self.kommun, text, at=self.now(), **what)  # type: ignore[arg-type]

    def answer(self, to: int, text: str = "@kommun Bra!", by: int = 0, **what: object) -> int:
        return self.post(text, by or self.alva, answers=to, **what)

    @property
    def target(self) -> Target:
        account = {"account": str(self.kommun)}
        return Target(url=URL, credential=self.credential, options=account)

    def statuses(self, since: datetime | None = None) -> list[Page]:
        scan = Scan(collection=STATUSES, since=since)
        return list(connector.pages(self.target, scan, self.http))

    def own_replies(self, since: datetime | None = None) -> list[Page]:
        scan = Scan(collection=OWN_REPLIES, since=since)
        return list(connector.pages(self.target, scan, self.http))

    def threads(self, *posts: int) -> list[Page]:
        return list(self.threads_one_by_one(*posts))

    def threads_one_by_one(self, *posts: int) -> Iterator[Page]:
        under = tuple(ItemRef(POST, str(post)) for post in posts)
        return connector.pages(self.target, Scan(collection=REPLIES, under=under), self.http)

    def probe(self, ref: ItemRef, author: int = 0):  # type: ignore[no-untyped-def]
        wanted = [Wanted(ref=ref, author=str(author) if author else "")]
        [probe] = connector.probe(self.target, wanted, self.http)
        return probe

    def _answer(self, request: Request) -> Answer:
        headers = dict(request.headers)
        if self.credential is not None:
            headers["Authorization"] = f"Bearer {self.credential.secret}"
        got = self.server.app.test_client().get(
            urlsplit(request.url).path,
            query_string=dict(request.params),
            headers=headers,
            base_url="https://social.testkoping.example",
        )
        return Answer(body=got.data, status=got.status_code, headers=dict(got.headers))


def items(page: Page) -> list[ItemRef]:
    """Identities of a page's items, without those left out."""
    layout = REPLIES.layout if b'"descendants"' in page.exchange.body else STATUSES.layout
    cut = split(page.exchange.body, layout)
    assert not cut.whole
    found = [connector.normalise("status", fragment.data) for fragment in cut.fragments]
    return [one.ref for one in found if not one.private and one.ref not in page.left_out]
