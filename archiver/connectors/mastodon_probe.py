"""What became of a status that is not there: its author is asked for before it is called gone.

A suspended, deleted or deactivated account takes its statuses with it, and brings them back. An
author who has blocked the login's account is in place, and so are the statuses, for all others.
"""

from __future__ import annotations

from archiver.connectors import mastodon_item as shape
from archiver.connectors import mastodon_read as read
from archiver.core.connector import Target
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import Access
from archiver.errors import SourceChanged


class Authors:
    """The authors of statuses that are not there, each asked for once."""

    def __init__(self, target: Target, http: RecordedHttp) -> None:
        self._target, self._http = target, http
        self._known: dict[str, tuple[Access, str, tuple[Exchange, ...]]] = {}

    def judge(self, author: str) -> tuple[Access, str, tuple[Exchange, ...]]:
        """What a 404 means of a status by `author` (a native id, empty if unknown): the access, a
        code for why, and the answers it rests on."""
        if not author:
            return Access.NOT_FOUND, "", ()
        if author not in self._known:
            self._known[author] = self._ask(author)
        return self._known[author]

    def _ask(self, author: str) -> tuple[Access, str, tuple[Exchange, ...]]:
        exchange = read.ask(self._target, self._http, "/accounts/{id}", author)
        if read.is_gone(exchange):
            return Access.AUTHOR_GONE, f"author:http:{exchange.status}", (exchange,)
        try:
            account = shape.account(shape.load(exchange.body)) if exchange.status == 200 else None
        except SourceChanged:
            account = None
        if account is None or account.native_id != author:
            return Access.FAILED, f"author:http:{exchange.status}", (exchange,)
        if account.suspended:
            return Access.AUTHOR_GONE, "author:suspended", (exchange,)
        if self._target.credential is not None and (block := self._is_blocked_by(author)):
            return Access.NO_ACCESS, "author:blocked_by", (exchange, block)
        return Access.NOT_FOUND, "", (exchange,)

    def _is_blocked_by(self, author: str) -> Exchange | None:
        """The answer that says so; None if there is no block, or the token may not know."""
        path, asked = "/accounts/relationships", {"id[]": author}
        exchange = read.ask(self._target, self._http, path, params=asked)
        try:
            rows = read.rows(shape.load(exchange.body)) if exchange.status == 200 else []
        except SourceChanged:
            return None
        named = (row for row in rows if row.get("id") == author)
        return exchange if any(row.get("blocked_by") is True for row in named) else None
