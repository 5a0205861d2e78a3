"""An invented platform for tests: a JSON list of posts and one of answers that hang on posts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from archiver.core.agent import Agent
from archiver.core.connector import (
    Blind,
    Capabilities,
    Collection,
    Control,
    ControlStatus,
    JsonLayout,
    Login,
    Option,
    Page,
    Rate,
    Reach,
    Scan,
    Target,
    Usage,
)
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import COMMENT, POST, Attachment, Item, ItemRef
from archiver.errors import SourceAccountGone, SourceChanged, SourceLoginExpired

_LAYOUT = JsonLayout(arrays=(("rows",),), structural=frozenset({"rows", "total"}))
POSTS = Collection(name="posts", shows=(POST,), layout=_LAYOUT, exhaustive=True)
ANSWERS = Collection(
    name="answers",
    shows=(COMMENT,),
    layout=_LAYOUT,
    exhaustive=True,
    reach=frozenset({Reach.THREADS}),
)
_ERRORS = {"expired": SourceLoginExpired, "gone": SourceAccountGone, "changed": SourceChanged}


class Invented:
    """A connector whose account page says how the control read ends."""

    platform = "invented"
    title = "Påhittad"
    normaliser = 1
    capabilities = Capabilities(
        edits="hash",
        deletes="absence",
        moderation=True,
        history=False,
        login=Login.BEARER,
        rates=(Rate(requests=200, seconds=3600), Rate(requests=10, seconds=1)),
    )
    options: Sequence[Option] = (
        Option(name="language", help="The language to ask for."),
        Option(name="depth", help="How deep answers go.", default="2"),
    )

    def normalise_target(self, target: str) -> str:
        return target.rstrip("/")

    def api(self, target: Target) -> str:
        return target.url

    def blind(self, target: Target) -> frozenset[Blind]:
        always = frozenset({Blind.WHO_REMOVED})
        return always if target.credential else always | {Blind.HELD, Blind.HIDDEN}

    def usage(self, exchange: Exchange) -> Usage | None:
        del exchange
        return None

    def control(self, target: Target, http: RecordedHttp) -> Control:
        said: dict[str, Any] = json.loads(http.get(f"{target.url}/account").body)
        if said.get("raise") in _ERRORS:
            raise _ERRORS[said["raise"]]("The platform says no.")
        moved = replace(target, url=said["at"]) if "at" in said else None
        return Control(
            status=ControlStatus(said.get("status", "ok")),
            authenticated=target.credential is not None,
            detail=said.get("detail", ""),
            target=moved,
            account="7",
            expires_at=said.get("expires"),
            scopes=tuple(said.get("scopes", ())),
        )

    def collections(self, target: Target) -> Sequence[Collection]:
        del target
        return (ANSWERS, POSTS)

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        under = ",".join(ref.native_id for ref in scan.under)
        params = {"under": under} if under else {}
        exchange = http.get(f"{target.url}/{scan.collection.name}", params=params)
        if exchange.status != 200:
            raise SourceChanged("No list.")
        yield Page(exchange=exchange, expected=json.loads(exchange.body).get("total"))
        raise AssertionError("a check asks for the first page only")

    def normalise(self, collection: str, fragment: bytes) -> Item:
        row: Mapping[str, Any] = json.loads(fragment)
        if "id" not in row:
            raise SourceChanged("No item.")
        return Item(
            ref=ItemRef(POST if collection == "posts" else COMMENT, row["id"]),
            author=Agent(native_id=row.get("by", ""), name=row.get("name", "")),
            text=row.get("text", ""),
            created_at=datetime.fromisoformat(row["at"]) if "at" in row else None,
            attachments=tuple(Attachment(url=url) for url in row.get("files", ())),
        )

    def owns_media(self, target: Target, url: str) -> bool:
        return url.startswith(target.url)
