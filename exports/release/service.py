"""Releases: what was chosen and decided is frozen, rendered, checked, and made, once.

The order of a release, and what a crash between two lines leaves:
1. the set is put together and its digest compared with the one that was reviewed; else refused;
2. the files are rendered and go through the leak check; a leak is an event, and nothing leaves;
3. in the writer the set is put together again, and `release_made` names the files by their hashes;
4. the proofs that need that entry are made, and go through the check too;
5. the masks are confirmed, and the request's step is taken.
After 3 the release is made: `render` gives the same files again with the proofs of 4 and writes
nothing, and the worker does what is left of 5 (`exports.release.settling`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.errors import (
    ConfigError,
    DiarkivError,
    NotFound,
    RuleViolation,
)
from archiver.ledger.service import Ledger
from exports.core.access_request import Step, Taken, take
from exports.core.extent import Extent, answered
from exports.core.masked import Kept
from exports.core.release import ReleaseSet, citations_used
from exports.release import gate, queries
from exports.release.drafts import COHORT, Drafts
from exports.release.frozen import Freezer, Frozen
from exports.release.gate import Gate, Leaked
from exports.release.given import Given, Progress, Remark, disclosed, given, remarks
from exports.release.neighbours import Neighbours
from exports.release.queries import ReleaseRow
from exports.release.rendering import Rendered, Renderer, refuse_other, silent
from exports.release.resting import RestsOn, refuse_changed, refuse_other_set, rests_on
from exports.release.settling import Settling, reason
from exports.requests.service import Requests
from gdpr.leak import Kind, Leak, Output

_STEPS = frozenset({Step.RELEASE_PART, Step.ANSWER})
_MAX_REASON, _TOLD = 1_000, 200  # characters of a reason, leaks that an event names


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Exactly what would be given out as things stand. `problems`: why it may not leave so;
    `extent`: how far the request would be given out then, with its earlier releases."""

    set: ReleaseSet
    given: tuple[Given, ...]
    problems: tuple[str, ...]
    extent: Extent

    @property
    def digest(self) -> str:
        """What `make` is given, so that nothing else leaves than was looked at."""
        return self.set.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the check of a draft said: the set's digest, what leaked, the files' sizes, and what
    is told of the files that were received."""

    digest: str
    set: ReleaseSet
    leaks: tuple[Leaked, ...]
    sizes: Mapping[str, int]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release that was made: its entry, its set, its files. `untaken`: why the request's step
    is not taken; empty if it is."""

    seq: int
    set: ReleaseSet
    outputs: tuple[Output, ...]
    untaken: str = ""


class Releases:
    """The releases of a home; `drafts` prepares them, `settling` does what follows from them."""

    def __init__(
        self,
        ledger: Ledger,
        requests: Requests,
        drafts: Drafts,
        neighbours: Neighbours,
        clock: Clock,
    ) -> None:
        self._ledger, self._requests, self.drafts = ledger, requests, drafts
        self._by = neighbours
        self._freezer = Freezer(ledger, drafts, neighbours.masks)
        self.settling = Settling(ledger, requests, neighbours.masks)
        self._gate = Gate(neighbours.check, neighbours.detect, neighbours.certain)
        self._renderer = Renderer(
            ledger, neighbours.redact, neighbours.prover, neighbours.authority, clock
        )

    def add(
        self,
        viewer: Viewer,
        request: int,
        records: Collection[int],
        *,
        every_version: bool = False,
    ) -> int:
        """Choose records as `Drafts.add` does, and let the recognisers look at them, so that a
        person decides on what they point at before anything leaves; the release's number."""
        number = self.drafts.add(viewer, request, records, every_version=every_version)
        self._by.masks.suggest(viewer, records, request)
        return number

    def preview(self, viewer: Viewer, release: int, *, hide_structure: bool = False) -> Preview:
        """What would be given out now, and why it may not; without the files that go along."""
        frozen = self._freezer.now(viewer, release, hide_structure=hide_structure)
        shown = given(viewer, frozen, lambda _item: [], self._by.redact)
        found = self._requests.extent(viewer, frozen.row.request, frozen.row.seq)
        return Preview(set=frozen.set, given=tuple(shown), problems=frozen.problems, extent=found)

    def suspected(self, viewer: Viewer, release: int) -> Mapping[str, str]:
        """Digest → words that a check of it may point at: whoever decides sees all of the text."""
        frozen = self._freezer.now(viewer, release)
        shown = given(viewer, frozen, lambda _item: [], self._by.redact)
        return self._gate.suspected(frozen, shown)

    def check(
        self,
        viewer: Viewer,
        release: int,
        *,
        hide_structure: bool = False,
        progress: Progress = silent,
    ) -> Checked:
        """Render a draft and put it through the leak check; nothing is given. `RuleViolation` if it
        may not leave for another reason. What leaked is recorded."""
        frozen = self._ready(viewer, release, hide_structure)
        rendered = self._rendered(viewer, frozen, progress)
        outputs = [*rendered.outputs, self._renderer.bundle(frozen, None)]
        found = self._leaks(viewer, frozen, rendered, outputs, self._waived(frozen.row))
        self._note_stop(viewer, frozen, found)
        return Checked(
            digest=frozen.digest,
            set=frozen.set,
            leaks=tuple(found),
            sizes={one.name: len(one.content) for one in outputs},
            remarks=tuple(remarks(rendered.made.given)),
        )

    def waive(self, viewer: Viewer, release: int, digest: str, reason: str) -> None:
        """Let a suspect of the newest check pass, by name and with a reason. `RuleViolation` for a
        hidden value, `NotFound` for what that check did not find."""
        row = self.drafts.mine(viewer, release)
        viewer.require(Permission.DISCLOSE, row.authority)
        if not 0 < len(reason.strip()) <= _MAX_REASON:
            raise ConfigError(f"Say why, in at most {_MAX_REASON} characters.")
        with self._ledger.database.read() as connection:
            self.drafts.refuse_made(connection, row.seq)
            stops = queries.happened(connection, row.seq, "stopped")
        newest: Any = self._ledger.open_one(stops[-1]).envelope if stops else {"leaks": ()}
        kinds = {one["digest"]: one["kind"] for one in newest["leaks"] if one["digest"]}
        if digest not in kinds:
            raise NotFound(
                "The newest check found nothing of that digest.",
                remedy="`diarkiv exports release check` tells what it finds.",
            )
        if kinds[digest] == Kind.VALUE:
            raise RuleViolation(
                "What is hidden in one place is hidden everywhere: a value is never waived.",
                remedy="Mask it there too.",
            )
        said: dict[str, Json] = {"digest": digest, "reason": reason.strip()}
        self._append(viewer, row, EventType.RELEASE_WAIVED, said)

    def make(
        self,
        viewer: Viewer,
        release: int,
        *,
        digest: str,
        step: Step,
        told: bool = False,
        hide_structure: bool = False,
        progress: Progress = silent,
    ) -> Released:
        """Release the set that was reviewed (`digest`), and take the request's step with it: a part
        is given out, or the answer. `told`: of the right to a written decision, if anything is
        hidden. `SetChanged` if it is another set now, `RuleViolation` as `preview` and the leak
        check say: then nothing left."""
        frozen = self._ready(viewer, release, hide_structure)
        refuse_other_set(frozen, digest)
        self.settling.before(frozen.row.request)
        taken = self._step(viewer, frozen, step, told)
        standing = self._requests.get(viewer, frozen.row.request).standing
        take(standing, taken)  # what cannot follow makes no release
        rests = self._rests_on(viewer, frozen)
        rendered = self._rendered(viewer, frozen, progress)
        waived = self._waived(frozen.row)
        before = [*rendered.outputs, self._renderer.bundle(frozen, None)]
        self._stop(viewer, frozen, self._leaks(viewer, frozen, rendered, before, waived))
        sealed = self.drafts.sealed(self._payload(viewer, frozen, rendered, waived, taken))
        with self._ledger.writer() as writer:
            now = self._freezer.now(viewer, release, hide_structure=hide_structure).ready()
            refuse_changed(rests, self._rests_on(viewer, now))
            self.drafts.refuse_made(writer.connection, frozen.row.seq)
            cohort = writer.cohort(frozen.row.authority, COHORT)
            seq = writer.append(EventType.RELEASE_MADE, sealed, cohort)
        outputs, found = self._finished(viewer, frozen, rendered, seq, waived)
        self._stop(viewer, frozen, found)
        untaken = ""
        try:
            self._follow(viewer, frozen.row._replace(made=seq))
        except DiarkivError as error:  # the release is made; what is left is told
            untaken = str(error)
        return Released(seq=seq, set=frozen.set, outputs=outputs, untaken=untaken)

    def untaken(self, viewer: Viewer, release: int) -> str:
        """Why the step of a release that was made is not among its request's; "" if it is."""
        return self.settling.untaken(viewer, self._was_made(viewer, release)[0])

    def render(self, viewer: Viewer, release: int, progress: Progress = silent) -> Released:
        """The files of a release that was made, once more: bit for bit, until its entry is stamped;
        then the receipt in the PDF and the proofs in the bundle are under that head. `NotFound`
        if a record's key is gone, `RenderFailed` if the program renders otherwise now. Nothing is
        written."""
        row, said = self._was_made(viewer, release)
        seq = row.made or 0
        frozen = self._freezer.again(viewer, row, said["set"])
        made = self._renderer.then(frozen, said)
        rendered = self._renderer.render(viewer, frozen, made, progress)
        refuse_other(said["files"], rendered, frozen.set.renderer)
        waived = {str(one) for one in said["waived"]}
        outputs, found = self._finished(viewer, frozen, rendered, seq, waived)
        gate.refuse(found)
        untaken = self.settling.untaken(viewer, row)
        return Released(seq=seq, set=frozen.set, outputs=outputs, untaken=untaken)

    def whole(self, viewer: Viewer, release: int) -> tuple[Output, ...]:
        """The records of a release that was made, and those it withheld, with nothing hidden but
        what quotes something stopped: for a court that tries it (TF 2:19), and for nobody else."""
        row, said = self._was_made(viewer, release)
        frozen = self._freezer.again(viewer, row, said["set"])
        stopped = self._freezer.under_stopped({one.record for one in frozen.set.items})
        bare = replace(frozen, set=frozen.set.whole(stopped), hiding={})
        made = self._renderer.then(bare, said)
        return self._renderer.render(viewer, bare, made, silent).outputs

    def leaks_in(
        self, viewer: Viewer, request: int, texts: Sequence[Output], known: str = ""
    ) -> list[Leak]:
        """What texts that people wrote tell of what a request's releases hide (`Gate.written`)."""
        return self._gate.written(self._freezer.secrets(viewer, request), texts, known)

    def clauses(self, viewer: Viewer, release: int) -> list[str]:
        """What a release that was made rests on where it hides anything: a decision names exactly
        these (`gdpr.core.ground.Clause` as text)."""
        _, said = self._was_made(viewer, release)
        return [str(one) for one in said["clauses"]]

    # --- inside ------------------------------------------------------------------------------

    def _was_made(self, viewer: Viewer, release: int) -> tuple[ReleaseRow, Any]:
        row = self.drafts.mine(viewer, release)
        viewer.require(Permission.DISCLOSE, row.authority)
        if row.made is None:
            raise RuleViolation("It has not been made.", remedy="Make the release first.")
        return row, self._ledger.open_one(row.made).envelope

    def _ready(self, viewer: Viewer, release: int, hide_structure: bool) -> Frozen:
        row = self.drafts.mine(viewer, release)
        if row.made is not None:
            raise RuleViolation(
                "The release has been made.",
                remedy=f"`diarkiv exports release render {row.seq}` gives its files again.",
            )
        return self._freezer.now(viewer, release, hide_structure=hide_structure).ready()

    def _step(self, viewer: Viewer, frozen: Frozen, step: Step, told: bool) -> Taken:
        if step not in _STEPS:
            raise ConfigError("A release gives out a part, or is the answer.")
        found = self._requests.extent(viewer, frozen.row.request, frozen.row.seq)
        return Taken(
            step=step,
            day=self._requests.today(),
            actor=viewer.actor,
            answer=answered(found) if step is Step.ANSWER else None,
            told=told,
            reason=reason(frozen.row.seq),
        )

    def _rests_on(self, viewer: Viewer, frozen: Frozen) -> RestsOn:
        steps = self._requests.get(viewer, frozen.row.request).steps
        return rests_on(frozen, steps, self._waived(frozen.row), self._looked_at(viewer, frozen))

    def _looked_at(self, viewer: Viewer, frozen: Frozen) -> Sequence[Kept]:
        records = sorted({one.record for one in frozen.set.items})
        return self._by.masks.rejected(viewer, records)

    def _rendered(self, viewer: Viewer, frozen: Frozen, progress: Progress) -> Rendered:
        return self._renderer.render(viewer, frozen, self._renderer.now(frozen), progress)

    def _leaks(
        self,
        viewer: Viewer,
        frozen: Frozen,
        rendered: Rendered,
        outputs: Sequence[Output],
        waived: Collection[str],
    ) -> list[Leaked]:
        return self._gate.leaks(
            frozen,
            rendered.made.given,
            outputs,
            looked_at=self._looked_at(viewer, frozen),
            waived=waived,
        )

    def _waived(self, row: ReleaseRow) -> frozenset[str]:
        with self._ledger.database.read() as connection:
            seqs = queries.happened(connection, row.seq, "waived")
        opened = self._ledger.open(seqs)
        return frozenset(str(one.envelope["digest"]) for one in opened.values())

    def _stop(self, viewer: Viewer, frozen: Frozen, found: Sequence[Leaked]) -> None:
        self._note_stop(viewer, frozen, found)
        gate.refuse(found)

    def _note_stop(self, viewer: Viewer, frozen: Frozen, found: Sequence[Leaked]) -> None:
        if found:
            said: dict[str, Json] = {
                "masks": frozen.digest,
                "count": len(found),
                "leaks": [one._asdict() for one in found[:_TOLD]],
            }
            self._append(viewer, frozen.row, EventType.RELEASE_STOPPED, said)

    def _append(
        self, viewer: Viewer, row: ReleaseRow, type_: EventType, said: Mapping[str, Json]
    ) -> None:
        about: dict[str, Json] = {"of": row.seq, "authority": row.authority, "actor": viewer.actor}
        sealed = self.drafts.sealed({**about, **said})
        with self._ledger.writer() as writer:
            writer.append(type_, sealed, writer.cohort(row.authority, COHORT))

    def _payload(
        self,
        viewer: Viewer,
        frozen: Frozen,
        rendered: Rendered,
        waived: Collection[str],
        taken: Taken,
    ) -> dict[str, Json]:
        return {
            "of": frozen.row.seq,
            "request": frozen.row.request,
            "authority": frozen.row.authority,
            "issuer": rendered.made.authority,
            "at": rendered.made.made_at,
            "files": rendered.named,
            "masked": bool(frozen.set.masks),
            "records": len(disclosed(frozen)),
            "masks": frozen.digest,
            "renderer": frozen.set.renderer,
            "set": frozen.set.payload(),
            "clauses": [str(one.clause) for one in citations_used(frozen.set)],
            "waived": sorted(waived),
            "head": rendered.made.head.payload(),
            "step": taken.step.value,
            "day": taken.day.isoformat(),
            "told": taken.told,
            "actor": viewer.actor,
        }

    def _finished(
        self,
        viewer: Viewer,
        frozen: Frozen,
        rendered: Rendered,
        seq: int,
        waived: Collection[str],
    ) -> tuple[tuple[Output, ...], list[Leaked]]:
        """The files with the proofs that need the release's entry, and what leaks in those; the
        others are those that went through the check."""
        pdf, bundle = self._renderer.sealed(rendered, seq), self._renderer.bundle(frozen, seq)
        found = self._leaks(viewer, frozen, rendered, [pdf, bundle], waived)
        return (pdf, *rendered.outputs[1:], bundle), found

    def _follow(self, viewer: Viewer, row: ReleaseRow) -> None:
        """What follows from a release that was made."""
        self.settling.follow(viewer, row)
