"""What happens on Testköping's page on Facebook: the script in `facebook.toml`, ready to be played.

A round is what the page and others do before one harvest. Rounds are played in order, each once, on
a page from `new_page`: ids are counted, so the same rounds always give the same page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from archiver.demo.graph import GraphServer, Token
from archiver.demo.graph_page import GraphPage
from archiver.demo.rounds import map_picture


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEvent:
    """One line of the script: `do` is what is done, `fields` what it is given."""

    at: datetime
    do: str
    fields: Mapping[str, str]

    def apply(self, server: GraphServer) -> None:
        """Do it. KeyError for an unknown ref, ValueError for an unknown operation."""
        page, at, field = server.page, self.at, self.fields
        picture = map_picture() if field.get("picture") == "map" else b""
        match self.do:
            case "publish":
                page.publish(
                    at=at,
                    text=field["text"],
                    ref=field["ref"],
                    pictures=(picture,) if picture else (),
                    link=field.get("link", ""),
                )
            case "comment":
                page.comment(
                    at=at,
                    on=field["on"],
                    to=field.get("to", ""),
                    by=field.get("by", ""),
                    text=field["text"],
                    ref=field["ref"],
                    picture=picture,
                )
            case "edit":
                page.edit(field["of"], field["text"], at=at)
            case "hide" | "unhide":
                page.hide(field["of"], at=at, hidden=self.do == "hide")
            case "remove":
                page.remove(field["of"], at=at, by=field.get("by", ""))
            case "leave" | "return":
                page.set_away(field["who"], away=self.do == "leave")
            case "fail":
                server.fail(field["mode"])
            case _:
                raise ValueError(f"the script asks for {self.do!r}, which no page can do")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRound:
    """What happens before the harvest at `at`; title and note (Swedish) are for the display."""

    at: datetime
    title: str
    note: str
    events: Sequence[PageEvent]

    def apply(self, server: GraphServer) -> list[Mapping[str, Any]]:
        """Play the round; what webhooks tell of it."""
        before = len(server.page.changes)
        for event in self.events:
            event.apply(server)
        return server.page.changes[before:]


def new_server(now: Callable[[], int] | None = None) -> GraphServer:
    """A Graph with the page as it is before the first round: empty. Start it to serve; `now` as in
    `GraphServer`."""
    page = GraphPage(id=_SCRIPT["page"]["id"], name=_SCRIPT["page"]["name"])
    return GraphServer(page, [Token(secret=TOKEN)], now=now)


def _event(line: Mapping[str, Any]) -> PageEvent:
    fields = {name: str(value) for name, value in line.items() if name not in ("at", "do")}
    return PageEvent(at=line["at"], do=line["do"], fields=fields)


_SCRIPT = tomllib.loads((files("archiver.demo") / "facebook.toml").read_text("utf-8"))

PAGE_URL = f"https://www.facebook.com/{_SCRIPT['page']['id']}"
"""The address the channel is added with; the option `graph` is the server's address."""

TITLE: str = _SCRIPT["page"]["title"]
AUTHORITY: tuple[str, str] = (_SCRIPT["page"]["authority"], _SCRIPT["page"]["committee"])
"""Code and name of the authority the page belongs to."""

TOKEN: str = _SCRIPT["token"]["secret"]
APP_SECRET: str = _SCRIPT["token"]["app_secret"]

PAGE_ROUNDS: Sequence[PageRound] = tuple(
    PageRound(
        at=table["at"],
        title=table["title"],
        note=table["note"],
        events=tuple(_event(line) for line in table["events"]),
    )
    for table in _SCRIPT["round"]
)
