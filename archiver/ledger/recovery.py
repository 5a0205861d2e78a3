"""A home that was restored from a backup goes on under another name: a log of the next generation.

The lost home may have signed more than the backup holds. Whatever the restored one would sign under
the same name could contradict that, so it never does: the surviving entries stay where they are,
byte for byte, and the first entry under the new name says what is lost (`core.recovery`).

Order, each step durable before the next, and each done again by who resumes after a crash:
 1 the new signing key is in the secret store
 2 `log/recovery` says what is going on, under a MAC: from here nobody else writes or signs
 3 the old public key and signed head are kept as `log/vkey.N` and `log/checkpoint.N`
 4 `log/vkey` is the new key
 5 `log/signed` is of the new name, and the tables are made anew under it
 6 one batch: `log_recovered`, and what the caller adds to it; signed by the new key
 7 what the caller does behind it
 8 the old signing key is destroyed; `log/forked` and `log/recovery` are removed
Until 2 nothing has changed; from 2 on, `Log.refuse_forked` keeps every other writer out. Invariant:
from 2 on nothing is signed under the old name, and from 8 on nobody could.

What is known of the lost log is checked before 1: that its head is signed by this home's key, and
that it holds what the backup holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import NamedTuple

from archiver.core import canonical
from archiver.core.aftermath import Aftermath, aftermath
from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from archiver.core.event import EventType, parse
from archiver.core.layout import (
    CHECKPOINT,
    FORKED,
    KEY_LINE_BYTES,
    RECOVERY,
    VKEY,
    generation_of,
    is_void,
)
from archiver.core.merkle import Frontier, leaf_hash
from archiver.core.recovery import (
    Attested,
    Losses,
    Recovered,
    generation,
    is_older,
    key_digest,
    successor,
)
from archiver.core.rewrap import Whereabouts
from archiver.core.runs import in_runs, numbers
from archiver.core.verdict import Duty
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    DigestMismatch,
    IntegrityError,
    NotCanonical,
    NotFound,
    RuleViolation,
    SealBroken,
    SignatureInvalid,
)
from archiver.ledger.log import Log
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive
from archiver.ledger.writer import Writer
from archiver.store.filesystem import FilesystemStore
from archiver.store.keys import kek_name, new_keys, quarantine_name, signing_key_name

Progress = Callable[[int, int], None]
_UNASKED = (Duty.COMPLETE, Duty.STAMP)


def _silent(_done: int, _all: int) -> None:
    pass


class Heard(NamedTuple):
    """A head of the lost log, and where it was heard of: "home", "log", "checkpoint", "bucket",
    "database" or a certificate's file. Of the last two the signature is not known."""

    head: Checkpoint
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known before a recovery: what survived and what is lost, where that was heard, and
    what a newer copy of the log says of the entries that survived (None: there is no copy)."""

    recovered: Recovered
    source: str
    after: Aftermath | None = None
    newer: Log | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a recovery is to do: `repeat` is entry → the old entry by which its key was destroyed (0
    by a certificate). `apart`: entries that were put apart since the backup, which people are told
    of; nothing is done with them."""

    recovered: Recovered
    repeat: Mapping[int, int] = field(default_factory=dict)
    apart: tuple[int, ...] = ()

    def body(self) -> bytes:
        """Its canonical bytes."""
        rows: list[Json] = [
            [of, *run]
            for of in sorted(set(self.repeat.values()))
            for run in in_runs(seq for seq, why in self.repeat.items() if why == of)
        ]
        apart: list[Json] = [list(run) for run in in_runs(self.apart)]
        return canonical.encode({**self.recovered.facts(), "repeat": rows, "apart": apart})

    @classmethod
    def parse(cls, data: bytes) -> Plan:
        facts = canonical.decode_object(data)
        repeat: dict[int, int] = {}
        for of, *run in _rows(facts.pop("repeat", ())):
            repeat |= dict.fromkeys(numbers([run]), of)
        apart = tuple(numbers(_rows(facts.pop("apart", ()))))
        return cls(recovered=Recovered.parse(facts), repeat=repeat, apart=apart)


def _rows(value: Json) -> list[list[int]]:
    assert isinstance(value, list | tuple)
    return [[int(str(one)) for one in row] for row in value if isinstance(row, list | tuple)]


class _LogFolder(FilesystemStore):
    """A copy of the folder `log/`, under whatever name."""

    def path(self, name: str) -> Path:
        return super().path(name.removeprefix("log/"))


class Recovery:
    """Recovers one home. Nothing else of it may be at work meanwhile."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._store = ledger, ledger.store

    # --- what is known -----------------------------------------------------------------------

    def begun(self) -> Plan | None:
        """The recovery that was begun and has not ended; `DigestMismatch` if its plan is not as it
        was written."""
        if self._store.size(RECOVERY) is None:
            return None
        mac, _, body = self._store.get(RECOVERY).partition(b"\n")
        with suppress(ValueError, AssertionError, NotCanonical):
            plan = Plan.parse(body)
            if compare_digest(mac.decode("ascii", "replace"), self._mac(plan)):
                return plan
        raise DigestMismatch(
            "log/recovery is damaged.",
            remedy="Restore the whole home from the backup again, and begin anew.",
        )

    def known(
        self,
        *,
        folder: Path | None = None,
        note: bytes | None = None,
        heads: Sequence[Heard] = (),
        progress: Progress = _silent,
    ) -> Known:
        """What survived, and what is known of the lost log: from a newer copy of it in `folder`, a
        signed `note` that somebody kept, `heads` that others have heard of, and this home itself.

        Nothing is changed. `SignatureInvalid` for the log of another home; `CheckpointForked` for
        one that contradicts ours, itself, or what else is known; `ConfigError` for an older one."""
        key = self._ledger.verifier_key
        own = open_checkpoint(self._store.get(CHECKPOINT), key)
        self._refuse_broken(key, progress)
        size = self._ledger.counted()
        ours = self._ledger.log
        heard = [Heard(own, "home"), *heads]
        if self._store.size(FORKED) is not None:
            heard.append(Heard(_opened(self._store.get(FORKED), key, "log/forked"), "bucket"))
        if note is not None:
            heard.append(Heard(_opened(note, key, "The checkpoint"), "checkpoint"))
        heard.extend(self._of_database())
        newer = after = None
        if folder is not None:
            newer, head = _newer(folder, key)
            _refuse_other(newer, head, ours, size, progress)
            after = aftermath(newer.entries(0, head.size), size)
            heard.append(Heard(head, "log"))
        best = max(heard, key=lambda one: one.head.size)
        for one in heard:
            _agree(one, key, size, ours, newer)
        length = max(size, best.head.size)
        root = best.head.root if best.head.size >= size else ours.frontier_at(size).root()
        recovered = Recovered(key.name, size, length, root, key_digest(key))
        return Known(recovered=recovered, source=best.source, after=after, newer=newer)

    def _refuse_broken(self, key: VerifierKey, progress: Progress) -> None:
        """`IntegrityError` if the backup is not of one instant, or not whole: its tables could not
        be made anew once it was begun. What is merely unexplained in it stands in nobody's way."""
        report = verify_archive(self._ledger.folder, str(key), progress)
        if not all(value for duty, value in report.duties.items() if duty not in _UNASKED):
            raise IntegrityError(
                f"The backup is not whole: {next(iter(report.findings), '')}",
                remedy="Nothing was changed. Restore log/, packs/ and keys/ of one and the same "
                "instant; `diarkiv verify` says what is missing.",
            )
        own = Log(self._store)
        own.load()
        generations = Whereabouts(own.entries(0, own.size)).generations
        secrets = self._ledger.keys.secrets
        for name in self._store.names("keys"):
            held = generation_of(name)
            if held is None or held[1] != generations.get(held[0], 1) or not self._opens(name):
                continue
            if not any(secrets.has(kek(*held)) for kek in (kek_name, quarantine_name)):
                raise SealBroken(
                    f"keys/secrets does not open {name}: it is newer or older than the backup.",
                    remedy="Nothing was changed. Restore all of keys/ of the same instant.",
                )

    def _opens(self, name: str) -> bool:
        """Whether any key lies in a key file."""
        data = self._store.get(name)
        starts = range(0, len(data), KEY_LINE_BYTES)
        return any(not is_void(data[at : at + KEY_LINE_BYTES]) for at in starts)

    def _of_database(self) -> Iterator[Heard]:
        """What tables on a server remember of the lost home."""
        size, of = self._ledger.known()
        if of and size and of[0] == self._ledger.origin:
            yield Heard(Checkpoint(of[0], size, of[1]), "database")

    # --- recovering --------------------------------------------------------------------------

    def recover(
        self,
        plan: Plan,
        within: Callable[[Writer, int], None] = lambda _writer, _seq: None,
        behind: Callable[[], None] = lambda: None,
    ) -> int:
        """Do what `plan` says, or go on with it: `within` adds to the first batch and is given the
        number of its `log_recovered`, `behind` follows it. That number."""
        said = plan.recovered
        with self._ledger.locked():
            self._begin(plan)
            self._rename(said)
            self._ledger.taken_over(said.start)
        with self._ledger.writer(recovering=True) as writer:
            if writer.next_seq == said.start:
                seq = writer.append_clear(EventType.LOG_RECOVERED, said.facts())
                within(writer, seq)
        behind()
        with self._ledger.locked():
            self._ledger.keys.secrets.remove([signing_key_name(said.origin)])
            for name in (FORKED, RECOVERY):
                if self._store.size(name) is not None:
                    self._store.delete(name)
        return said.start

    def _begin(self, plan: Plan) -> None:
        secrets, name = (
            self._ledger.keys.secrets,
            signing_key_name(successor(plan.recovered.origin)),
        )
        if not secrets.has(name):
            secrets.add(new_keys([name], self._ledger.random))
        self._store.put(RECOVERY, self._mac(plan).encode() + b"\n" + plan.body())

    def _mac(self, plan: Plan) -> str:
        origin = successor(plan.recovered.origin)
        return self._ledger.keys.intent_mac(origin, b"recovery\n" + plan.body()).hex()

    def _rename(self, said: Recovered) -> None:
        old = self._store.get(VKEY)
        if VerifierKey.parse(old.decode()).name != said.origin:
            return  # it has its new name already
        number = generation(said.origin)
        self._store.put(f"{VKEY}.{number}", old)
        self._store.put(f"{CHECKPOINT}.{number}", self._store.get(CHECKPOINT))
        origin = successor(said.origin)
        public = self._ledger.keys.signer(origin).public_key().public_bytes_raw()
        self._store.swap(VKEY, f"{VerifierKey(origin, public)}\n".encode(), expect=old)

    # --- afterwards --------------------------------------------------------------------------

    def losses(self) -> Losses:
        """What the home's log says of its recoveries."""
        log, losses = Log(self._store), Losses()
        log.load()
        for number, data in enumerate(log.entries(0, log.size)):
            losses.take(number, parse(data))
        return losses

    def attest(self, reason: str, actor: int) -> tuple[int, int]:
        """Have a person answer for what the oldest recovery lost that nobody answers for yet: how
        many entries, and the number of the sealed entry with the reason."""
        with self._ledger.writer() as writer:
            losses = self.losses()
            if not losses.open:
                raise RuleViolation(
                    "There is no loss that nobody answers for.",
                    remedy="`diarkiv verify` says what the log knows of losses.",
                )
            recovered = losses.open[0]
            payload: dict[str, Json] = {"recovered": recovered, "reason": reason, "actor": actor}
            event = writer.append_event(EventType.LOSS_ATTESTED, payload, cohort=HOME_COHORT)
            facts = Attested(recovered, event).facts()
            writer.append_clear(EventType.LOSS_EXPLAINED, facts)
        return losses.recoveries[recovered].lost, event


def _opened(note: bytes, key: VerifierKey, what: str) -> Checkpoint:
    try:
        return open_checkpoint(note, key)
    except SignatureInvalid as error:
        if is_older(note.decode("utf-8", "replace").partition("\n")[0], key.name):
            raise ConfigError(
                f"{what} is of an older generation: this home was recovered and is {key.name}.",
                remedy="That recovery has ended; see what is left to do with `diarkiv verify`.",
            ) from error
        raise SignatureInvalid(
            f"{what} is not signed by this home's key: it is of another home or generation.",
            remedy="Nothing was changed. Name one of this home's own log.",
        ) from error


def _newer(folder: Path, key: VerifierKey) -> tuple[Log, Checkpoint]:
    """A newer copy of the log, and its signed head. `folder` is a copy of log/, or holds one."""
    name = CHECKPOINT.removeprefix("log/")
    place = folder if (folder / name).is_file() else folder / "log"
    store = _LogFolder(place)
    try:
        note = store.get(CHECKPOINT)
    except NotFound as error:
        raise ConfigError(
            f"{folder} holds no log: there is no checkpoint in it.",
            remedy="Nothing was changed. Name a copy of the home's folder log/.",
        ) from error
    head = _opened(note, key, f"The log in {folder}")
    log = Log(store)
    log.load()
    return log, head


def _refuse_other(newer: Log, head: Checkpoint, ours: Log, size: int, progress: Progress) -> None:
    """`CheckpointForked` unless the newer log's entries give its signed head, and begin as ours."""
    if head.size < size:
        raise ConfigError(
            f"The log that was named ends at {head.size}, this home's own at {size}.",
            remedy="Nothing was changed. Name a newer copy, or none.",
        )
    tree = Frontier()
    for number, data in enumerate(newer.entries(0, head.size)):
        tree.append(leaf_hash(data))
        if tree.size == size and tree.root() != ours.frontier_at(size).root():
            raise CheckpointForked(
                f"The log that was named does not begin with this home's {size} entries.",
                remedy="Nothing was changed. Ask the auditor: two logs were signed by one key.",
            )
        if number % 4096 == 0:
            progress(number, head.size)
    if tree.size != head.size or tree.root() != head.root:
        raise CheckpointForked(
            f"The entries of the log that was named do not give its signed head of {head.size}.",
            remedy="Nothing was changed. Fetch the log again, whole.",
        )


def _agree(one: Heard, key: VerifierKey, size: int, ours: Log, newer: Log | None) -> None:
    """`CheckpointForked` if a head that was heard of contradicts the entries that we have."""
    head = one.head
    log = ours if head.size <= size else newer
    if head.origin != key.name:
        raise SignatureInvalid(
            f"What the {one.source} says is of the log {head.origin}, not of {key.name}.",
            remedy="Nothing was changed. Name one of this home's own log.",
        )
    if log is not None and head.size <= log.size and log.frontier_at(head.size).root() != head.root:
        raise CheckpointForked(
            f"The head of {head.size} entries from the {one.source} contradicts the log.",
            remedy="Nothing was changed. Ask the auditor: two logs were signed by one key.",
        )
