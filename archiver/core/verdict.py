"""What a verification says: numbered duties, findings, and one of four verdicts.

 1 key          the log's key is the one the auditor has pinned
 2 head         the newest checkpoint is signed by it
 3 log          every entry is canonical; tiles and root are what the entries give
 4 frames       each sealed entry's ciphertext lies in its pack, in order, with its digest
 5 keys         each frame has its wrapped key, undamaged; the secret store and root key are whole
 6 packs        headers, sealed packs' digests and footers; the archive's dictionaries
 7 complete     every number in the log is accounted for: unexplained must be 0
 8 content      (bundle) what is shown, with what is hidden, gives the commitment in the log
 9 stamp        the outside time stamps, where there are any: over this log, signed, not back-dated

A duty that was not carried out reads "–" and is never counted as passed. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from archiver.core.checkpoint import Checkpoint, VerifierKey
from archiver.core.enclosed import Extent, Member, extent_words
from archiver.core.finding import swedish
from archiver.errors import ProofInvalid

MAX_FINDINGS = 100
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MARKS = {True: "✓", False: "✗", None: "–"}


def visible(text: str) -> str:
    """Text as it may stand in a terminal: control characters and those that turn the direction of
    writing are shown by their code, so that what was harvested cannot rewrite what is read."""
    return "".join(f"\\u{ord(c):04x}" if _UNSEEN.match(c) and c not in "\n\t" else c for c in text)


class Duty(StrEnum):
    """The numbered duties of the module's docstring, with their Swedish names."""

    KEY = "Nyckeln är den förväntade"
    HEAD = "Loggens huvud är signerat"
    LOG = "Loggen är hel och oförändrad"
    FRAMES = "Varje handling ligger kvar som den förseglades"
    KEYS = "Varje nyckel är hel"
    PACKS = "Arkivfilerna är hela"
    COMPLETE = "Inget saknas utan förklaring"
    CONTENT = "Innehållet är det som förseglades"
    STAMP = "Tidsstämpel från utomstående"


# The five that a copy given out to somebody is asked, in the order of its report.
COPY_DUTIES = (Duty.KEY, Duty.HEAD, Duty.LOG, Duty.CONTENT, Duty.STAMP)


class Verdict(StrEnum):
    """The four possible answers, in the words that are printed."""

    PROVEN = "Styrkt"
    PROVEN_MASKED = "Styrkt med maskning"
    DISPOSED = "Gallrad enligt beslut (protokoll finns)"
    UNPROVEN = "Kan inte styrkas"


@dataclass
class Report:
    """What was checked. `duties` maps each duty to True (✓), False (✗) or None (–); `findings` are
    English sentences, `core.finding` has them in Swedish."""

    subject: str
    duties: dict[Duty, bool | None] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entries: int = 0
    unexplained: int = 0
    moved: int = 0  # keys that lie in another file than their frame's cohort's
    destroyed: int = 0  # keys that are gone, as an entry says
    disposed: int = 0  # … under a decision that was in force
    stopped: int = 0  # … after an emergency stop
    repeated: int = 0  # … again, after a recovery
    lost: int = 0  # entries that recoveries could not bring back
    lost_unexplained: int = 0  # … that nobody answers for
    masked: bool = False
    gone: bool = False  # (bundle) whether it is about nothing but what was disposed of
    members: list[Member] = field(default_factory=list)  # (bundle) what is known of each file
    extent: Extent | None = None  # (bundle) how much of a release it shows
    shown: int = 0  # (bundle) records that are here
    released: int | None = None  # … that the release was of, if it says
    head: Checkpoint | None = None
    key: VerifierKey | None = None
    stamped: int | None = None  # the instant in the newest stamp, milliseconds UTC

    def fail(self, duty: Duty, what: str) -> None:
        """Record that a duty failed, and where."""
        self.duties[duty] = False
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(what)

    def ok(self, *duties: Duty) -> None:
        """Record that duties were carried out; a failure already found stands."""
        for duty in duties:
            self.duties.setdefault(duty, True)

    def settle(self) -> None:
        """Of a copy: note each of the five duties that was not come to, so that none is left out
        of the report."""
        for duty in COPY_DUTIES:
            self.duties.setdefault(duty, None)

    @property
    def verdict(self) -> Verdict:
        """One of the four; anything failed, or the key not compared, is `UNPROVEN`. A stamp that
        was not checked stands in the way of nothing; one that is wrong does."""
        required = [value for duty, value in self.duties.items() if duty is not Duty.STAMP]
        if not required or not all(required) or self.duties.get(Duty.STAMP) is False:
            return Verdict.UNPROVEN
        if self.gone:
            return Verdict.DISPOSED
        return Verdict.PROVEN_MASKED if self.masked else Verdict.PROVEN

    @property
    def intact(self) -> bool:
        """Whether nothing that was checked failed (the key may not have been compared)."""
        return not self.findings and False not in self.duties.values()

    @property
    def exit_code(self) -> int:
        """0 proven; 1 nothing wrong, but the key was not compared; 5 altered or incomplete."""
        if self.verdict is not Verdict.UNPROVEN:
            return 0
        return 1 if self.intact else 5

    def lines(self) -> Iterator[str]:
        """The report as people read it: duties with ✓, ✗ or –, findings, notes, the verdict."""
        for duty in Duty:
            if duty in self.duties:
                yield f"{_MARKS[self.duties[duty]]} {duty.value}"
        yield from (f"  ✗ {swedish(finding)}" for finding in self.findings)
        yield from (f"  {swedish(note)}" for note in self.notes)
        if self.head:
            yield (
                f"  Loggens huvud: {self.head.size} poster. Kontrollerade: {self.entries}. "
                f"Oförklarade luckor: {self.unexplained}."
            )
        if self.moved or self.destroyed:
            yield (
                f"  Enligt loggen: {self.moved} nycklar förvarade för sig, {self.destroyed} "
                f"förstörda: {self.disposed} gallrade enligt beslut, {self.stopped} efter nödstopp"
                + (f", {self.repeated} på nytt efter återställning." if self.repeated else ".")
            )
        if self.lost:
            answered = "ej intygat" if self.lost_unexplained else "intygat"
            yield f"  Efter återställning förlorade: {self.lost} poster, {answered}."
        if self.members:
            yield "  Filerna i paketet:"
            yield from (f"    {visible(one.name)}: {one.words}" for one in self.members)
        if self.extent:
            yield f"  {extent_words(self.extent, self.shown, self.released)}"
        yield f"{visible(self.subject)}: {self.verdict.value}"

    def as_json(self) -> dict[str, object]:
        """The report as data."""
        return {
            "subject": self.subject,
            "verdict": self.verdict.value,
            "duties": {duty.name.lower(): value for duty, value in self.duties.items()},
            "findings": self.findings,
            "findings_sv": [swedish(one) for one in self.findings],
            "notes": self.notes,
            "entries": self.entries,
            "unexplained": self.unexplained,
            "moved": self.moved,
            "destroyed": self.destroyed,
            "disposed": self.disposed,
            "stopped": self.stopped,
            "repeated": self.repeated,
            "lost": self.lost,
            "lost_unexplained": self.lost_unexplained,
            "head": self.head.size if self.head else None,
            "key": str(self.key) if self.key else None,
            "stamped": self.stamped,
            "members": [
                {"name": one.name, "standing": one.standing.value, "entry": one.entry}
                for one in self.members
            ],
            "extent": self.extent.value if self.extent else None,
            "shown": self.shown,
            "released": self.released,
        }


def check_key(report: Report, held: bytes, pinned: str | None) -> VerifierKey:
    """Duty 1. Without a pinned key the archive's own is used, and the duty stays "–"."""
    own = VerifierKey.parse(held.decode("utf-8", "replace"))
    if str(own) + "\n" != held.decode("utf-8", "replace"):
        raise ProofInvalid("The public key file has something after the key.")
    if pinned is None:
        report.duties[Duty.KEY] = None
        report.notes.append(f"–, nyckeln inte jämförd. Fingeravtryck: {own.fingerprint}")
    else:
        key = VerifierKey.parse(pinned.strip())
        if key != own:
            other = key.name != own.name
            again = f" It is of {key.name}, the log here of {own.name}." if other else ""
            report.fail(Duty.KEY, f"The log's key is not the pinned one.{again}")
        report.ok(Duty.KEY)
        own = key
    report.key = own
    return own
