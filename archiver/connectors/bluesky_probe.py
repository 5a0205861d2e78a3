"""Asking for single records: what an account's own signature says of them, and what readers see.

An item is asked for where the answer is worth most:

1. What others wrote is asked of the AppView first, for that is where it is read. Shown there means
   present, unless the channel's own threadgate hides it.
2. What it does not show, and everything of the channel's own, is asked of the data server of the
   account that wrote it: first whether the account is there at all (switched off, suspended, taken
   down, deleted: its author is gone, and nothing is said of the record), then for the signed proof.
3. A proof counts only if it holds (`bluesky_proof`), with the key out of the account's own log, and
   is no older than what the server says is its newest revision. Not in the repository: absent.
4. In the repository, but not shown by the AppView: hidden.

Whatever is not clear is `FAILED` with the reason; nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archiver.connectors import bluesky_item as shape
from archiver.connectors import bluesky_read as read
from archiver.connectors.bluesky_did import Identity
from archiver.connectors.bluesky_item import RecordAddress
from archiver.connectors.bluesky_proof import (
    Flaw,
    RecordProofInvalid,
    predates,
    tid_time,
    verify_record_proof,
)
from archiver.core.connector import Collection, JsonLayout, Probe, Target, Wanted
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import POST, REPLY, Access, ItemRef
from archiver.errors import SourceError, SourceRefusedAddress, SourceRefusedLogin, SourceUnavailable

SKEW = 600_000  # milliseconds that a data server's clock and ours may differ
AT_ONCE = 25  # the most posts an AppView gives in one answer

SINGLE = JsonLayout(arrays=((None,),))
"""A record by itself, as a data server gives it."""

OTHERS = Collection(name="record", shows=(POST, REPLY), layout=SINGLE, exhaustive=False)
"""A record of another account, from its own data server."""

VIEWS = Collection(
    name="views", shows=(POST, REPLY), layout=JsonLayout(arrays=(("posts",),)), exhaustive=False
)
"""Posts that an AppView was asked for by address."""


@dataclass(slots=True)
class _Account:
    """What is known of one account during one round of questions. `ending`: why nothing of it can
    be asked for, with the access that says so."""

    log: Exchange
    identity: Identity | None = None
    status: Exchange | None = None
    rev: str = ""
    ending: tuple[Access, str] | None = None


@dataclass(slots=True)
class Inquiry:
    """One round of questions about records of any accounts. `did` and `pds` are the channel's own,
    `collections` its lists by lexicon name."""

    target: Target
    http: RecordedHttp
    did: str
    pds: str
    collections: Mapping[str, Collection]
    _accounts: dict[str, _Account] = field(default_factory=dict)
    _gates: dict[str, frozenset[str]] = field(default_factory=dict)
    _looks: dict[ItemRef, int] = field(default_factory=dict)

    def answers(self, wanted: Sequence[Wanted]) -> Iterator[Probe]:
        """One answer each. `SourceError` only where not even the reason for it can be kept."""
        asked = [(one.ref, _address(one.ref)) for one in dict.fromkeys(wanted)]
        self._looks = {one.ref: one.last_seen for one in wanted if one.last_seen is not None}
        others = [(ref, at) for ref, at in asked if at.did != self.did]
        appview = read.option(self.target, "appview", read.APPVIEW)
        unshown: dict[ItemRef, Exchange] = {}
        if appview:
            for start in range(0, len(others), AT_ONCE):
                yield from self._views(appview, others[start : start + AT_ONCE], unshown)
        for ref, at in asked:
            if at.did == self.did or not appview:
                yield self._signed(ref, at, None)
            elif ref in unshown:
                yield self._unshown(appview, ref, at, unshown[ref])

    def _views(
        self,
        appview: str,
        batch: Sequence[tuple[ItemRef, RecordAddress]],
        unshown: dict[ItemRef, Exchange],
    ) -> Iterator[Probe]:
        """Those that the AppView shows; the others go to `unshown`."""
        exchange = read.ask_many(self.http, appview, [at.uri for _, at in batch])
        try:
            posts = shape.rows(read.answer(exchange)["posts"])
            shown = {shape.view_ref(view): view for view in posts}
        except (SourceError, KeyError) as error:
            for ref, _ in batch:
                yield _failed(ref, exchange, error)
            return
        told: dict[ItemRef, bool | SourceError] = {}
        for ref, at in batch:
            if ref not in shown:
                unshown[ref] = exchange
                continue
            try:
                told[ref] = at.uri in self._hidden_beside(appview, shown[ref])
            except SourceError as error:
                told[ref] = error
        # By itself, unless all are in plain view: the whole answer is filed as one page.
        plain = not any(told.values())
        for ref, at in batch:
            hidden = told.get(ref)
            if hidden is None:
                continue
            if isinstance(hidden, SourceError):
                yield _failed(ref, exchange, hidden)
                continue
            try:
                body = exchange if plain else read.ask_many(self.http, appview, [at.uri])
            except SourceError as error:
                yield _failed(ref, exchange, error)
                continue
            yield Probe(
                ref=ref, access=Access.PRESENT, exchange=body, collection=VIEWS, hidden=hidden
            )

    def _hidden_beside(self, appview: str, view: Mapping[str, Any]) -> frozenset[str]:
        """What the channel's account hides in the thread of a reply, if the thread is its own. An
        AppView says so of the post at its top, and not of a reply by itself."""
        root = shape.root_of(shape.part(view.get("record")))
        if root is None or root.did != self.did:
            return frozenset()
        if root.uri not in self._gates:
            told = read.answer(read.ask_many(self.http, appview, [root.uri]))
            top = next(iter(shape.rows(told.get("posts"))), {})
            self._gates[root.uri] = shape.hidden_replies(top.get("threadgate"))
        return self._gates[root.uri]

    def _unshown(self, appview: str, ref: ItemRef, at: RecordAddress, many: Exchange) -> Probe:
        """What became of another's post that the AppView does not show."""
        try:
            found = self._signed(ref, at, many)
            if found.access is not Access.PRESENT:
                return found
            # By itself, so that what is kept of this holds nobody else's post.
            alone = read.ask_many(self.http, appview, [at.uri])
            posts = read.answer(alone).get("posts")
        except SourceError as error:
            return _failed(ref, many, error)
        if posts != []:
            return Probe(ref=ref, access=Access.FAILED, exchange=alone, reason="changed-meanwhile")
        return Probe(
            ref=ref,
            access=Access.HIDDEN,
            exchange=alone,
            reason="not-in-appview",
            also=_present([self._accounts[at.did].status]),
        )

    def _signed(self, ref: ItemRef, at: RecordAddress, fallback: Exchange | None) -> Probe:
        """What the account that wrote it says, by its own data server."""
        try:
            account = self._account(at.did)
        except SourceError as error:
            if fallback is None:
                raise
            return _failed(ref, fallback, error)
        if account.ending is not None:
            access, reason = account.ending
            shown = account.status or account.log
            also = (account.log,) if shown is not account.log else ()
            return Probe(ref=ref, access=access, exchange=shown, reason=reason, also=also)
        try:
            return self._proven(ref, at, account)
        except SourceError as error:
            return _failed(ref, account.status or account.log, error)

    def _account(self, did: str) -> _Account:
        """Who the account is and whether it is there; asked once."""
        if did in self._accounts:
            return self._accounts[did]
        log = read.fetch_identity(did, self.target, self.http)
        account = self._accounts[did] = _Account(log)
        try:
            account.identity = identity = read.identity_in(did, log)
            if identity.ended:
                account.ending = (Access.AUTHOR_GONE, "plc_tombstone")
                return account
            pds = self._server(identity)
            account.status = read.ask(
                self.http, pds, "com.atproto.sync.getRepoStatus", {"did": did}
            )
            word = read.standing(account.status, did)
            if word:
                account.ending = (Access.AUTHOR_GONE, word)
            else:
                account.rev = str(shape.load(account.status.body).get("rev", ""))
        except RecordProofInvalid as error:
            account.ending = (Access.FAILED, f"proof:{error.flaw.value}")
        except SourceError as error:
            account.ending = (_access(error), error.code)
        return account

    def _server(self, identity: Identity) -> str:
        pds = self.pds if identity.did == self.did else identity.pds
        if not pds:
            raise SourceUnavailable("The account names no data server.")
        return pds

    def _proven(self, ref: ItemRef, at: RecordAddress, account: _Account) -> Probe:
        identity = account.identity
        assert identity is not None
        pds = self._server(identity)
        exchange = read.ask(
            self.http,
            pds,
            "com.atproto.sync.getRecord",
            {"did": at.did, "collection": at.collection, "rkey": at.rkey},
        )
        also = _present([account.log, account.status])
        code = read.error_code(exchange)
        if exchange.status != 200:
            access, reason = _refused(exchange, code)
            return Probe(ref=ref, access=access, exchange=exchange, reason=reason, also=also)
        try:
            proof = verify_record_proof(
                exchange.body,
                did=at.did,
                did_key=identity.key,
                collection=at.collection,
                rkey=at.rkey,
            )
            old = proof.record is None and (
                predates(proof.rev, at.rkey, now=exchange.ended_at)
                or self._before_our_look(ref, proof.rev)
            )
            if old or proof.rev < account.rev:  # a TID sorts by its time
                raise RecordProofInvalid(Flaw.STALE)
        except RecordProofInvalid as error:
            reason = f"proof:{error.flaw.value}"
            return Probe(ref=ref, access=Access.FAILED, exchange=exchange, reason=reason, also=also)
        if proof.record is None:
            reason = f"rev:{proof.rev}"
            return Probe(ref=ref, access=Access.ABSENT, exchange=exchange, reason=reason, also=also)
        return self._record(ref, at, pds)

    def _before_our_look(self, ref: ItemRef, rev: str) -> bool:
        """Whether a commit was signed before we last saw the record: who took it away signed a
        later one."""
        signed, look = tid_time(rev), self._looks.get(ref)
        return signed is not None and look is not None and signed < look - SKEW

    def _record(self, ref: ItemRef, at: RecordAddress, pds: str) -> Probe:
        """The body of a record that is there."""
        exchange = read.ask(
            self.http,
            pds,
            "com.atproto.repo.getRecord",
            {"repo": at.did, "collection": at.collection, "rkey": at.rkey},
        )
        reason = read.error_code(exchange) or f"http:{exchange.status}"
        if exchange.status == 200:
            row = shape.load(exchange.body)
            reason = "changed-meanwhile"
            if row.get("uri") == at.uri and shape.ref_of(at, shape.part(row.get("value"))) == ref:
                known = self.collections.get(at.collection) if at.did == self.did else None
                single = replace(known, layout=SINGLE) if known is not None else OTHERS
                return Probe(ref=ref, access=Access.PRESENT, exchange=exchange, collection=single)
        return Probe(ref=ref, access=Access.FAILED, exchange=exchange, reason=reason)


def _address(ref: ItemRef) -> RecordAddress:
    address = shape.parse_uri(ref.native_id)
    if address is None:
        raise SourceError(
            "An item's id is no address of a record.",
            remedy="The channel holds items of another platform; report this.",
        )
    return address


def _refused(exchange: Exchange, code: str) -> tuple[Access, str]:
    """What a data server's refusal of a proof means. A word without a signature is no proof."""
    if code in read.GONE:
        return Access.AUTHOR_GONE, code
    if code == "RecordNotFound":
        return Access.NOT_FOUND, code
    if exchange.status in (401, 403):
        return Access.NO_ACCESS, code or f"http:{exchange.status}"
    return Access.FAILED, code or f"http:{exchange.status}"


def _access(error: Exception) -> Access:
    return Access.NO_ACCESS if isinstance(error, SourceRefusedLogin) else Access.FAILED


def _failed(ref: ItemRef, exchange: Exchange, error: Exception) -> Probe:
    """No answer came that says anything; `exchange` is what was asked for on the way."""
    reason = error.code if isinstance(error, SourceError) else "source-changed"
    if isinstance(error, SourceRefusedAddress):
        reason = "refused-address"
    return Probe(ref=ref, access=_access(error), exchange=exchange, reason=reason)


def _present(exchanges: Iterable[Exchange | None]) -> tuple[Exchange, ...]:
    return tuple(one for one in exchanges if one is not None)
