"""One Mastodon instance in memory: who is on it, what they write, edit, withdraw, and who may look.

What decides what an operation does, and what a reader is shown; how that looks over HTTP is decided
in `mastodon.py`. There is no clock and no randomness: time is a parameter, ids are counted.

Follows Mastodon 4 (`Status`, `StatusPolicy`, `StatusFilter`, `StatusThreadingConcern`). Invariants:
- an id is the milliseconds of its making and a counter, so that ids rise with time (Snowflake);
- an edit keeps every earlier state; the first state bears the instant of publication;
- deleting a status takes its boosts along; answers to it lose the id they answered, and keep whose
  status it was;
- a suspended account and all it wrote are kept, and shown to nobody;
- operations come in time order, and `history` is the ground truth to hold an archive against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

Visibility = Literal["public", "unlisted", "private", "direct"]

MOST_ANSWERS, MOST_ANSWERS_WITH_LOGIN, DEEPEST = 60, 4_096, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody on this instance or, with a `domain`, on another."""

    id: int
    username: str
    name: str
    created: datetime
    domain: str = ""
    suspended: bool = False
    limited: bool = False
    moved_to: int = 0
    blocks: frozenset[int] = frozenset()
    mutes: frozenset[int] = frozenset()
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def acct(self) -> str:
        """`name`, or `name@domain` for one of another instance."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture; `remote_url` is where another instance first published it."""

    id: int
    data: bytes
    alt: str
    mime: str = "image/png"
    remote_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a status says from `at` on. `text` is as typed."""

    at: datetime
    text: str
    warning: str = ""
    media: tuple[int, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status; `states` has its texts, the newest last. `ref` is the script's name for it."""

    id: int
    account: int
    states: tuple[State, ...]
    visibility: Visibility = "public"
    answers: int = 0
    answers_account: int = 0
    boosts: int = 0
    quotes: int = 0
    card: str = ""
    ref: str = ""

    @property
    def now(self) -> State:
        """What it says."""
        return self.states[-1]

    @property
    def at(self) -> datetime:
        """When it was published."""
        return self.states[0].at

    @property
    def for_all(self) -> bool:
        """Whether everybody may see it."""
        return self.visibility in ("public", "unlisted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token: a person's, or (account 0) that of an application alone."""

    secret: str
    account: int
    scopes: frozenset[str]
    state: Literal["good", "revoked", "expired"] = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that was done: the ground truth."""

    at: datetime
    name: str
    target: int
    detail: str = ""


@dataclass(slots=True)
class Instance:
    """The instance. Snapshots are handed out, so that a request never sees half an operation."""

    domain: str = "social.testkoping.example"
    accounts: dict[int, Account] = field(default_factory=dict)
    statuses: dict[int, Status] = field(default_factory=dict)
    media: dict[int, Media] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    history: list[Operation] = field(default_factory=list)
    login_required: bool = False
    _count: int = 0

    # People

    def join(
        self,
        username: str,
        name: str,
        *,
        at: datetime,
        domain: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> int:
        """A new account, here or (with a domain) known from another instance."""
        account = Account(
            id=self._new_id(at),
            username=username,
            name=name,
            created=at,
            domain=domain,
            fields=tuple((fields or {}).items()),
        )
        self.accounts[account.id] = account
        return self._note(at, "join", account.id, username)

    def find(self, acct: str) -> Account | None:
        """The account of that name, whatever its case; None if there is none."""
        wanted = acct.lower().removesuffix(f"@{self.domain}")
        return next((a for a in self.accounts.values() if a.acct.lower() == wanted), None)

    def suspend(self, account: int, *, at: datetime) -> int:
        """By its owner or a moderator: account and statuses are kept and shown to nobody."""
        return self._change(account, at, "suspend", suspended=True)

    def unsuspend(self, account: int, *, at: datetime) -> int:
        """All of it is back as it was."""
        return self._change(account, at, "unsuspend", suspended=False)

    def limit(self, account: int, *, at: datetime) -> int:
        """The moderators show it to followers only."""
        return self._change(account, at, "limit", limited=True)

    def move(self, account: int, to: int, *, at: datetime) -> int:
        """Its owner has moved to another account; what was written stays."""
        return self._change(account, at, "move", moved_to=to)

    def block(self, account: int, blocked: int, *, at: datetime) -> int:
        """Neither sees what the other writes."""
        blocks = self.accounts[account].blocks | {blocked}
        return self._change(account, at, "block", blocks=blocks)

    def leave(self, account: int, *, at: datetime) -> int:
        """The account is deleted for good, with all it wrote."""
        for status in [s.id for s in self.statuses.values() if s.account == account]:
            if status in self.statuses:  # a boost of one's own has gone with it
                self.delete(status, at=at)
        del self.accounts[account]
        self.tokens = {s: token for s, token in self.tokens.items() if token.account != account}
        return self._note(at, "leave", account)

    # Statuses

    def upload(self, data: bytes, *, at: datetime, alt: str = "", remote_url: str = "") -> int:
        """A picture, to be shown with a status."""
        file = Media(id=self._new_id(at), data=data, alt=alt, remote_url=remote_url)
        self.media[file.id] = file
        return self._note(at, "upload", file.id)

    def post(
        self,
        account: int,
        text: str,
        *,
        at: datetime,
        warning: str = "",
        visibility: Visibility = "public",
        media: tuple[int, ...] = (),
        options: tuple[str, ...] = (),
        answers: int = 0,
        quotes: int = 0,
        card: str = "",
        ref: str = "",
    ) -> int:
        """A status or, with `answers`, an answer to one. `options` make it a poll."""
        state = State(at=at, text=text, warning=warning, media=media, options=options)
        status = Status(
            id=self._new_id(at),
            account=account,
            states=(state,),
            visibility=visibility,
            answers=answers,
            answers_account=self.statuses[answers].account if answers else 0,
            quotes=quotes,
            card=card,
            ref=ref,
        )
        self.statuses[status.id] = status
        return self._note(at, "answer" if answers else "post", status.id, ref)

    def boost(self, account: int, status: int, *, at: datetime, ref: str = "") -> int:
        """Show somebody's status to one's own readers."""
        wrapper = Status(
            id=self._new_id(at),
            account=account,
            states=(State(at=at, text=""),),
            visibility=self.statuses[status].visibility,
            boosts=status,
            ref=ref,
        )
        self.statuses[wrapper.id] = wrapper
        return self._note(at, "boost", wrapper.id, ref)

    def edit(
        self,
        status: int,
        *,
        at: datetime,
        text: str | None = None,
        warning: str | None = None,
        media: tuple[int, ...] | None = None,
    ) -> int:
        """Change a status; what it said stays in its history."""
        old = self.statuses[status]
        state = replace(
            old.now,
            at=at,
            text=old.now.text if text is None else text,
            warning=old.now.warning if warning is None else warning,
            media=old.now.media if media is None else media,
        )
        self.statuses[status] = replace(old, states=(*old.states, state))
        return self._note(at, "edit", status, old.ref)

    def preview(self, status: int, url: str, *, at: datetime) -> int:
        """The instance has looked up a link of the status: no edit."""
        self.statuses[status] = replace(self.statuses[status], card=url)
        return self._note(at, "preview", status)

    def delete(self, status: int, *, at: datetime) -> int:
        """Delete for good."""
        gone = self.statuses[status]
        self.statuses = {
            s.id: replace(s, answers=0) if s.answers == status else s
            for s in self.statuses.values()
            if status not in (s.id, s.boosts)
        }
        return self._note(at, "delete", status, gone.ref)

    def id_of(self, ref: str) -> int:
        """The id of what the script calls `ref`. Raises KeyError when it is gone."""
        for status in self.statuses.values():
            if status.ref == ref:
                return status.id
        raise KeyError(f"nothing on the instance is called {ref!r}")

    # Logins

    def grant(self, secret: str, account: int, scopes: str = "read") -> None:
        """A token; account 0 makes it that of an application alone."""
        self.tokens[secret] = Token(
            secret=secret, account=account, scopes=frozenset(scopes.split())
        )

    def end_token(self, secret: str, how: Literal["revoked", "expired"]) -> None:
        """The token is no longer good."""
        self.tokens[secret] = replace(self.tokens[secret], state=how)

    # Who sees what

    def may_see(self, status: Status, reader: int) -> bool:
        """`StatusPolicy#show?`, without followers: nobody follows anybody here."""
        author = self.accounts[status.account]
        if author.suspended:
            return False
        if reader == author.id:
            return True
        if status.visibility == "direct":
            return reader in self.mentioned(status)
        if status.visibility == "private":
            return bool(reader) and reader in self.mentioned(status)
        return reader not in author.blocks

    def mentioned(self, status: Status) -> list[int]:
        """Ids of the accounts a status names."""
        words = (word.strip(".,:;!?()") for word in status.now.text.split())
        named = (self.find(word[1:]) for word in words if word.startswith("@"))
        return list(dict.fromkeys(account.id for account in named if account))

    def timeline(self, account: int, reader: int) -> list[Status]:
        """An account's statuses, newest first; its own reader sees all of them."""
        mine = (s for s in self.statuses.values() if s.account == account)
        shown = (s for s in mine if reader == account or s.for_all)
        return sorted((s for s in shown if self.may_see(s, reader)), key=lambda s: -s.id)

    def answers(self, root: int, reader: int) -> list[Status]:
        """What stands under a status, each answer before its own answers. Limits come first, and
        what the reader may not see or does not want to see is taken out afterwards."""
        most = MOST_ANSWERS_WITH_LOGIN if reader else MOST_ANSWERS
        found = list(self._below(root, 1, MOST_ANSWERS_WITH_LOGIN if reader else DEEPEST))[:most]
        unwanted = frozenset[int]()
        if reader:
            unwanted = self.accounts[reader].blocks | self.accounts[reader].mutes
        return [
            status
            for status in found
            if status.account not in unwanted
            and (not self.accounts[status.account].limited or status.account == reader)
            and self.may_see(status, reader)
        ]

    def count_answers(self, status: int) -> int:
        """`replies_count`: direct answers that are for all."""
        return sum(s.answers == status and s.for_all for s in self.statuses.values())

    def _below(self, status: int, depth: int, deepest: int) -> Iterator[Status]:
        if depth > deepest:
            return
        for child in sorted(self.statuses.values(), key=lambda s: s.id):
            if child.answers == status:
                yield child
                yield from self._below(child.id, depth + 1, deepest)

    def _change(self, account: int, at: datetime, name: str, **what: object) -> int:
        self.accounts[account] = replace(self.accounts[account], **what)  # type: ignore[arg-type]
        return self._note(at, name, account)

    def _new_id(self, at: datetime) -> int:
        self._count += 1
        since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return (since // timedelta(milliseconds=1) << 16) + self._count % 65_536

    def _note(self, at: datetime, name: str, target: int, detail: str = "") -> int:
        if at.tzinfo is None:
            raise ValueError("the time of an operation needs a time zone")
        if self.history and at < self.history[-1].at:
            raise ValueError(f"{at.isoformat()} is before the latest operation")
        self.history.append(Operation(at=at, name=name, target=target, detail=detail))
        return target
