"""Mastodon accounts through the client API, `/api/v1`: statuses, answers to them, earlier states.

Source: https://docs.joinmastodon.org/methods/, the controllers of Mastodon 4.x, the OpenAPI
description of 4.7 and traffic recorded from a real instance. What decides how this file reads:

- `edited_at` tells of an edit, and `/history` holds every text a status has had, for everybody.
- Answers are read under a post, from `/context`: only there an answer stands in its place. Readers
  without a login get a part of a long thread only: it then counts as incomplete
  (`mastodon_read.is_cut_short`).
- The account's own list holds its posts, its shares and its answers to others; none is excluded. It
  is read twice: for posts and shares first, and when the threads have been read for the answers,
  so that those under its own posts are already in place, and those to others come along.
- An instance shows no token and an unknown token the same public pages. So a token is tried first
  where none but its holder is let in: one that was revoked must not pass for a login.
- A suspended account's list is empty, with status 200. So the account itself is asked for first,
  and a status that is not there is gone only if its author is still in place.
- 404 is also what an instance answers a login whose account the author has blocked. With the scope
  `read:follows` that is told apart.
- Only what is public or unlisted is filed. The login sees more: what is for followers or for those
  it mentions, messages from citizens among it, is left out of every page (`Blind.PRIVATE`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from archiver.connectors import mastodon_item as shape
from archiver.connectors import mastodon_read as read
from archiver.connectors.mastodon_probe import Authors
from archiver.connectors.target import canonical, same_origin, text_of
from archiver.core.connector import (
    Blind,
    Capabilities,
    Collection,
    Connector,
    Control,
    ControlStatus,
    JsonLayout,
    Login,
    Option,
    Page,
    Probe,
    Rate,
    Reach,
    Scan,
    Target,
    Usage,
    Wanted,
)
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import POST, REPLY, REVISION, SHARE, Access, Item, ItemRef
from archiver.errors import (
    ConfigError,
    SourceChanged,
    SourceError,
    SourceMissingRights,
    SourceQuotaExhausted,
)

MAX_FAILURES = 3
ACCOUNT = "account"  # an option the control read fills in: the account's id

_LIST = JsonLayout(arrays=((), (None,)))
_THREAD = JsonLayout(arrays=(("descendants",),), structural=frozenset({"ancestors", "descendants"}))
_STATUSES = Collection(
    name="statuses",
    shows=(POST, SHARE, REPLY),
    layout=_LIST,
    exhaustive=True,
    reach=frozenset({Reach.ALL, Reach.RECENT}),
)
_REPLIES = Collection(
    name="replies",
    shows=(REPLY,),
    layout=_THREAD,
    exhaustive=True,
    reach=frozenset({Reach.THREADS}),
)
_OWN_REPLIES = Collection(
    name="own-replies",
    shows=(POST, SHARE, REPLY),
    layout=_LIST,
    exhaustive=True,
    reach=frozenset({Reach.ALL, Reach.RECENT}),
)
# A status that was asked for by its id: anybody's.
_ONE = Collection(name="status", shows=(POST, SHARE, REPLY), layout=_LIST, exhaustive=False)
_EDITS = Collection(
    name="edits", shows=(REVISION,), layout=_LIST, exhaustive=False, of=(POST, REPLY)
)
_OWN = frozenset({_STATUSES.name, _OWN_REPLIES.name})
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?"
_HANDLE = re.compile(rf"(?:acct:|@)({_NAME})@([^@/\s]+)")
_PATH = re.compile(rf"/(?:web/)?(?:@|users/)({_NAME})(?:@([^@/]+))?(?:/.*)?")
_REMEDY = "Give the account's address, such as https://instans.example/@kommun."


class Mastodon:
    """The connector; see `archiver.core.connector.Connector` for what each method promises."""

    platform = "mastodon"
    title = "Mastodon"
    normaliser = 1
    capabilities = Capabilities(
        edits="native",
        deletes="absence",
        moderation=False,
        history=True,
        login=Login.BEARER,
        rates=(Rate(requests=300, seconds=300),),
    )
    options: Sequence[Option] = (
        Option(name="media_host", help="Host that the instance keeps its files on, if another."),
    )

    def normalise_target(self, target: str) -> str:
        """`https://instance/@name`, of that or a status below it, `@name@instance`, or an address
        as another instance shows it. Names do not differ by case."""
        handle = _HANDLE.fullmatch(target.strip())
        parts = canonical(f"https://{handle[2]}/@{handle[1]}" if handle else target)
        found = _PATH.fullmatch(parts.path)
        if found is None or parts.query:
            raise ConfigError("The address is not that of a Mastodon account.", remedy=_REMEDY)
        if found[2]:
            parts = canonical(f"https://{found[2]}")
        return text_of(parts._replace(path=f"/@{found[1].lower()}"))

    def api(self, target: Target) -> str:
        """The instance."""
        return target.url

    def blind(self, target: Target) -> frozenset[Blind]:
        """What is not public; and with a login, answers by those whom its account has muted or
        blocked, which are kept from it."""
        always = frozenset({Blind.PRIVATE, Blind.WHO_REMOVED})
        return always if target.credential is None else always | {Blind.HIDDEN}

    def usage(self, exchange: Exchange) -> Usage | None:
        """`X-RateLimit-*`, whose reset is an instant of ISO 8601."""
        limit, left = (exchange.header(f"X-RateLimit-{name}") for name in ("Limit", "Remaining"))
        if not (limit.isdecimal() and left.isdecimal() and len(limit) + len(left) < 20):
            return None
        try:
            reset = datetime.fromisoformat(exchange.header("X-RateLimit-Reset"))
            reset = reset.replace(tzinfo=UTC) if reset.tzinfo is None else reset
            reset_at = int(reset.timestamp() * 1000)
        except (ValueError, OverflowError):
            return Usage(limit=int(limit), remaining=int(left))
        return Usage(limit=int(limit), remaining=int(left), reset_at=reset_at)

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """Whether the token is still good; then what has become of the account."""
        refused: SourceError | None = None
        try:
            if target.credential is not None:
                refused = _login_error(target, http)
            exchange = _look_up(target, http)
            if exchange.status == 404 and read.is_gone(exchange):
                return Control(status=ControlStatus.ACCOUNT_GONE, detail="http:404")
            account = shape.account(read.answer(exchange))
        except SourceError as error:
            return Control.failed(error)
        if account.suspended:
            return Control(status=ControlStatus.ACCOUNT_GONE, detail="suspended")
        if refused is not None:
            return Control.failed(refused)
        return Control(
            status=ControlStatus.ACCOUNT_MOVED if account.moved else ControlStatus.OK,
            authenticated=target.credential is not None,
            detail="moved" if account.moved else "limited" if account.limited else "",
            target=replace(target, options={**target.options, ACCOUNT: account.native_id}),
            account=account.native_id,
        )

    def collections(self, target: Target) -> Sequence[Collection]:
        """Posts and shares, what stands under the posts, and then the account's other answers."""
        del target
        return (_STATUSES, _REPLIES, _OWN_REPLIES)

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        """The account's list, newest first; or the threads under posts."""
        if scan.collection.name == _REPLIES.name:
            yield from _threads(target, scan.under, http)
            return
        account = target.options.get(ACCOUNT, "")
        if not account:
            account = shape.account(read.answer(_look_up(target, http))).native_id
        for exchange, rows in read.timeline(target, http, account, scan.since):
            if scan.collection.name == _STATUSES.name:
                replies = (ref for ref in shape.refs(rows) if ref.kind == REPLY)
                yield Page(exchange=exchange, left_out=frozenset(replies))
            else:
                yield _own_replies(target, account, scan.since, http, (exchange, rows))

    def probe(
        self, target: Target, wanted: Sequence[Wanted], http: RecordedHttp
    ) -> Iterator[Probe]:
        """Ask for each status by its id, and where it is not there for its author."""
        authors = Authors(target, http)
        for one in {one.ref: one for one in wanted if one.ref.kind in _ONE.shows}.values():
            exchange = read.ask(target, http, "/statuses/{id}", one.ref.native_id)
            reason = f"http:{exchange.status}"
            if exchange.status == 200 and _shows(exchange, one.ref):
                yield Probe(ref=one.ref, access=Access.PRESENT, exchange=exchange, collection=_ONE)
                continue
            access, also = Access.FAILED, tuple[Exchange, ...]()
            if exchange.status in (401, 403):
                access = Access.NO_ACCESS
            elif read.is_gone(exchange):
                access, why, also = authors.judge(one.author)
                reason = why or reason
            yield Probe(ref=one.ref, access=access, exchange=exchange, reason=reason, also=also)

    def history_collection(self, target: Target) -> Collection | None:
        """Every text a status has had; readers without a login see them too."""
        del target
        return _EDITS

    def history(
        self, target: Target, refs: Sequence[ItemRef], since: datetime, http: RecordedHttp
    ) -> Iterator[Page]:
        """All states of each status that has had more than one. None of them was ever a draft, so
        it does no harm that some are from before `since`; the newest, which is the status as it is
        now, is left out."""
        del since
        failures: list[SourceError] = []
        for ref in dict.fromkeys(ref for ref in refs if ref.kind in _EDITS.of):
            try:
                exchange = read.ask(target, http, "/statuses/{id}/history", ref.native_id)
                if read.is_gone(exchange):
                    continue  # the next look finds out what has become of it
                states = read.rows(read.answer(exchange))
                if len(states) > 1:
                    *earlier, now = (shape.edit(state).ref for state in states)
                    placed = dict.fromkeys(earlier, ref)
                    yield Page(exchange=exchange, under=placed, left_out=frozenset({now}))
            except SourceQuotaExhausted:
                raise
            except SourceError as error:
                failures.append(error)
                if len(failures) == MAX_FAILURES:
                    raise
        if failures:
            raise failures[0]

    def normalise(self, collection: str, fragment: bytes) -> Item:
        """One status, or one of its states; `SourceChanged` if it is neither. Pure."""
        value = shape.load(fragment)
        if collection == _EDITS.name:
            return shape.edit(value)
        return shape.status(value, own=collection in _OWN)

    def owns_media(self, target: Target, url: str) -> bool:
        """Whether the file lies with the instance, or on the host it keeps its files on."""
        if same_origin(target.url, url):
            return True
        host = target.options.get("media_host", "").strip()
        return bool(host) and same_origin(host, url)

    def media_url(self, target: Target, url: str) -> str:
        """The address as it is."""
        del target
        return url


connector: Connector = Mastodon()


def _login_error(target: Target, http: RecordedHttp) -> SourceError | None:
    """What is wrong with a token that is known and not let in, as that of a suspended account is;
    one that is not known raises. The token of an application alone will do."""
    exchange = read.ask(target, http, "/accounts/verify_credentials")
    if exchange.status == 422:
        exchange = read.ask(target, http, "/apps/verify_credentials")
        known = read.answer(exchange)
        if not isinstance(known, dict) or "name" not in known:
            raise SourceChanged("The instance answered with no application.")
        return None
    error = None if exchange.status == 200 else read.refusal(exchange)
    if exchange.status == 403 and read.error_text(exchange):
        return error
    shape.account(read.answer(exchange))
    return None


def _look_up(target: Target, http: RecordedHttp) -> Exchange:
    return read.ask(target, http, "/accounts/lookup", params={"acct": read.username(target)})


def _own_replies(
    target: Target,
    account: str,
    since: datetime | None,
    http: RecordedHttp,
    page: tuple[Exchange, Sequence[Mapping[str, object]]],
) -> Page:
    """The answers of a page of the account's list. Where only recent ones are read, their threads
    may not have been: then what stands above each of them tells which post it is under."""
    exchange, rows = page
    left_out, under = set[ItemRef](), dict[ItemRef, ItemRef]()
    for row in rows:
        for ref in shape.refs([row]):
            at = shape.instant_of(row)
            if ref.kind != REPLY or (since is not None and at is not None and at < since):
                left_out.add(ref)
            elif since is not None and row.get("in_reply_to_id") is not None:
                above = read.ask(target, http, "/statuses/{id}/context", ref.native_id)
                if read.is_gone(above):
                    left_out.add(ref)  # since it was listed
                elif root := read.root_of(above, account):
                    under[ref] = root
    return Page(exchange=exchange, under=under, left_out=frozenset(left_out))


def _threads(target: Target, posts: Sequence[ItemRef], http: RecordedHttp) -> Iterator[Page]:
    failures: list[SourceError] = []
    for post in dict.fromkeys(posts):
        try:
            exchange = read.ask(target, http, "/statuses/{id}/context", post.native_id)
            if read.is_gone(exchange):
                continue  # since it was listed: the next look finds out what has become of it
            _, found = read.thread(exchange)
            if read.is_cut_short(post.native_id, found):
                failures.append(
                    SourceMissingRights(
                        "The instance shows only a part of a thread.",
                        remedy="Give the channel an access token: then whole threads are shown.",
                    )
                )
                yield Page(exchange=exchange, under=dict.fromkeys(shape.refs(found), post))
            else:
                placed = dict.fromkeys(shape.refs(found), post)
                yield Page(exchange=exchange, under=placed, read=(post,))
        except SourceQuotaExhausted:
            raise
        except SourceError as error:
            failures.append(error)
            if sum(not isinstance(one, SourceMissingRights) for one in failures) == MAX_FAILURES:
                raise
    if failures:
        raise failures[0]


def _shows(exchange: Exchange, wanted: ItemRef) -> bool:
    """Whether the answer is that very status, for everybody to see."""
    try:
        row = shape.load(exchange.body)
        return shape.ref(row) == wanted and not shape.is_restricted(row)
    except SourceChanged:
        return False
