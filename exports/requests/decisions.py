"""Written decisions on a request, and what follows an appeal: each a paper and a step, or neither.

The paper is set first, then step and paper are written in one turn under the writer's lock, where
it is tried whether whoever decides may (`exports.requests.service`). What a refusal rests on comes
from the release: a section that no mask and no withheld record uses is not cited, and one that is
used is not left out. Only where nothing was released does whoever decides name the sections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from archiver.core.access import Permission, Viewer
from archiver.core.ports import Clock
from archiver.document.parts import Document, as_pdf, as_text
from archiver.errors import ConfigError, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry.core.entry import line
from exports.core.access_request import Standing, State, Step, Taken, possible
from exports.core.mandate import Competence, kind_of
from exports.core.ruling import Ruling, faults
from exports.papers.decision import Case, Signed, decision
from exports.papers.letters import dismissal, hand_over
from exports.requests import hand_written, mandates
from exports.requests.given_out import NOTHING, GivenOut
from exports.requests.hand_written import TellsTooMuch
from exports.requests.notes import RequestNotes
from exports.requests.paper import PAPERS, Paper, PaperKind, appeals
from exports.requests.service import AccessRequest, Requests
from exports.requests.steps import MAX_LINE, checked
from gdpr.core.ground import Picklist

_PDF = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What numbers are called: people, authorities. `district`: the seat of the förvaltningsrätt
    that the authorities lie under; `contact`: where appeals are sent, "" if not said."""

    person: Callable[[int], str]
    authority: Callable[[int], str]
    district: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs, when, on what: a user by their mandate (under `provision` if several), or the
    body, whose decision is referred to. `user` 0: the viewer."""

    day: date
    user: int = 0
    provision: str = ""
    body: str = ""

    def checked(self) -> Signing:
        """Itself, as the step will be sealed, so that the paper says the same; `ConfigError` for
        what is no line of text."""
        provision, body = checked("mandate", self.provision), checked("body", self.body)
        return replace(self, provision=provision, body=body)


class NoAppeal(RuleViolation):
    """An appeal was to go to the court, and is not here."""

    def __init__(self) -> None:
        super().__init__(
            "The appeal itself is not filed with the request: the court cannot try what it is not "
            "given.",
            remedy="Nothing was changed. File the appeal, or say where it lies and is sent from.",
        )


class Decisions:
    """Decides on the requests of a home."""

    def __init__(
        self,
        ledger: Ledger,
        requests: Requests,
        notes: RequestNotes,
        grounds: Callable[[int], Picklist],
        names: Names,
        clock: Clock,
        given_out: GivenOut = NOTHING,
    ) -> None:
        self._ledger, self._requests, self._notes = ledger, requests, notes
        self._grounds, self._names, self._clock = grounds, names, clock
        self._given_out = given_out

    # --- a refusal ---------------------------------------------------------------------------

    def grounded(self, viewer: Viewer, seq: int, ruling: Ruling) -> Ruling:
        """A ruling with what the releases of a request rest on. `RuleViolation` if it names other
        sections than those."""
        used = tuple(self._given_out.used(viewer, seq))
        other = tuple(self._given_out.other(viewer, seq))
        if not used and not other:
            return ruling
        found = replace(ruling, used=used, other=other)
        if ruling.used and ruling.clauses != found.clauses:
            named = ", ".join(map(str, ruling.clauses))
            there = ", ".join(map(str, found.clauses)) or "none"
            raise RuleViolation(
                f"The decision would name {named}; the release rests on {there}.",
                remedy="Leave the sections out: they are taken from the release.",
            )
        return found

    def draft(self, viewer: Viewer, seq: int, ruling: Ruling, signing: Signing) -> Document:
        """What the decision would look like; nothing is recorded and nobody's mandate is
        tried. `TellsTooMuch` as `decide`."""
        signing = signing.checked()
        one = self._assessed(viewer, seq)
        self._follows(one, Step.DECIDE)
        found = self.grounded(viewer, seq, ruling)
        self._refuse_told(viewer, one, _written(found, signing))
        signed = self._signed(viewer, signing, None)
        listed = self._grounds(one.received.authority)
        return decision(self._case(one), found, signed, signing.day, listed, draft=True)

    def decide(self, viewer: Viewer, seq: int, ruling: Ruling, signing: Signing) -> Standing:
        """Decide: the decision and the party's notice are kept with the step. `NoMandate` if
        whoever signs may not, `ConfigError` for a ruling that lacks something, `TellsTooMuch` for
        one that tells what the release hides; then nothing is."""
        signing = signing.checked()
        one = self._assessed(viewer, seq)
        self._follows(one, Step.DECIDE)
        found = self.grounded(viewer, seq, ruling)
        self._refuse_unnamed(viewer, seq, found)
        for fault in faults(found, one.standing.answer):
            raise ConfigError(f"Nothing was decided. {fault}.")
        self._refuse_told(viewer, one, _written(found, signing))
        rests = self._tried(viewer, one, Step.DECIDE, signing)
        signed = self._signed(viewer, signing, rests)
        case, day = self._case(one), signing.day
        listed = self._grounds(one.received.authority)
        clauses = tuple(map(str, found.clauses))
        papers = [
            _made(kind, made, day, clauses)
            for kind, made in (
                (PaperKind.DECISION, decision(case, found, signed, day, listed)),
                (
                    PaperKind.NOTICE,
                    decision(case, found, signed, day, listed, for_party=True),
                ),
            )
        ]
        # With the same provision as the paper names, or not at all.
        signing = replace(signing, provision=rests.provision)
        return self._take(viewer, seq, Step.DECIDE, signing, papers, reason=found.names_left_out)

    # --- after an appeal ---------------------------------------------------------------------

    def dismiss(self, viewer: Viewer, seq: int, signing: Signing, *, reasons: str = "") -> Standing:
        """Dismiss an appeal that came too late, with the decision that says so."""
        signing = signing.checked()
        one = self._assessed(viewer, seq)
        self._follows(one, Step.DISMISS_AS_LATE)
        standing = one.standing
        until, came, served = standing.appeal_until, standing.appealed, standing.served
        if until is None or came is None or served is None:
            raise RuleViolation(
                "The day of service is not known: nothing can be dismissed as late."
            )
        self._refuse_told(viewer, one, {"reasons": reasons, **_signed_by(signing)})
        rests = self._tried(viewer, one, Step.DISMISS_AS_LATE, signing)
        made = dismissal(
            self._case(one),
            self._signed(viewer, signing, rests),
            served=served,
            until=until,
            came=came,
            day=signing.day,
            reasons=reasons,
        )
        papers = [_made(PaperKind.DISMISSAL, made, signing.day)]
        signing = replace(signing, provision=rests.provision)
        return self._take(viewer, seq, Step.DISMISS_AS_LATE, signing, papers)

    def hand_over(
        self,
        viewer: Viewer,
        seq: int,
        *,
        day: date,
        opinion: str = "",
        where: str = "",
        sealed_apart: bool = True,
    ) -> Standing:
        """Hand an appeal that came in time to the court, with the letter that says so (FL 46 §).
        The appeal itself goes along: it is filed with the request, or `where` says where it lies
        and is sent from. `NoAppeal` if neither; then nothing is."""
        one = self._assessed(viewer, seq)
        self._follows(one, Step.HAND_TO_COURT)
        standing = one.standing
        assert standing.decided is not None
        assert standing.appealed is not None
        where = line(where, "place of the appeal", MAX_LINE, needed=False)
        self._refuse_told(viewer, one, {"opinion": opinion, "where": where})
        papers = self._notes.papers(viewer, seq)
        if not where and not appeals(papers, standing.decided):
            raise NoAppeal
        excused = [taken.excused for taken in one.steps if taken.step is Step.FIND_IN_TIME]
        enclosed = [PAPERS[paper.kind].sv for paper in papers]
        if where:
            enclosed.insert(0, f"{PAPERS[PaperKind.APPEAL].sv}, som sänds för sig: {where}")
        made = hand_over(
            self._case(one),
            decided=standing.decided,
            served=standing.served,
            until=standing.appeal_until,
            came=standing.appealed,
            day=day,
            enclosed=tuple(enclosed),
            sealed_apart=sealed_apart,
            opinion=opinion,
            excused=self._if_clean(viewer, one, excused[-1]) if excused else "",
        )
        signing = Signing(day=day)
        letter = _made(PaperKind.LETTER, made, day)
        return self._take(viewer, seq, Step.HAND_TO_COURT, signing, [letter], reason=where)

    # --- within ------------------------------------------------------------------------------

    def _assessed(self, viewer: Viewer, seq: int) -> AccessRequest:
        one = self._requests.get(viewer, seq)
        viewer.require(Permission.DISCLOSE, one.received.authority)
        return one

    def _follows(self, one: AccessRequest, step: Step) -> None:
        """Said before a paper is set: what cannot follow is not written."""
        if step not in possible(one.standing):
            state: State = one.standing.state
            raise RuleViolation(
                f"{step} cannot follow while the request is {state}.",
                remedy="Nothing was changed. Take the steps in their order.",
            )

    def _refuse_unnamed(self, viewer: Viewer, seq: int, ruling: Ruling) -> None:
        """What is secret is in some document: it is named, and so held while the refusal is
        tried."""
        if ruling.used and not self._requests.records(viewer, seq):
            raise RuleViolation(
                "A refusal for secrecy is of documents, and the request names none.",
                remedy="Nothing was decided. Collect them and record that the request is precise, "
                "or refuse on another ground: that nothing is held.",
            )

    def _refuse_told(self, viewer: Viewer, one: AccessRequest, texts: Mapping[str, str]) -> None:
        known = (self._names.authority(one.received.authority), self._names.contact)
        hand_written.refuse(self._given_out, viewer, one.seq, texts, "\n".join(known))

    def _if_clean(self, viewer: Viewer, one: AccessRequest, excused: str) -> str:
        """Why a late appeal is in time, as it was noted; where it is found if it tells too much,
        for what is noted is not changed."""
        try:
            self._refuse_told(viewer, one, {"excused": excused})
        except TellsTooMuch:
            return "skälet är antecknat hos myndigheten."
        return excused

    def _tried(
        self, viewer: Viewer, one: AccessRequest, step: Step, signing: Signing
    ) -> Competence:
        """What the decision will rest on, so that the paper can say it; tried again with the step,
        which is written only if it is the same."""
        kind = kind_of(step, one.standing.answer)
        assert kind is not None
        with self._ledger.database.read() as connection:
            return mandates.tried(
                self._ledger,
                connection,
                one.received.authority,
                user=viewer.actor or signing.user,
                kind=kind,
                day=signing.day,
                signed=self._requests.today() if viewer.actor else None,
                body=signing.body,
                provision=signing.provision,
            )

    def _signed(self, viewer: Viewer, signing: Signing, rests: Competence | None) -> Signed:
        if signing.body.strip():
            body = signing.body.strip()
            return Signed(name="Myndighetens beslutande organ", rests_on=body, by_body=True)
        user = viewer.actor or signing.user
        name = self._names.person(user) or f"Användare {user}"
        return Signed(name=name, rests_on=rests.provision if rests else signing.provision or "–")

    def _case(self, one: AccessRequest) -> Case:
        return Case(
            authority=self._names.authority(one.received.authority),
            number=f"B{one.seq}",
            asked=one.received.text,
            received=one.received.on,
            answer=one.standing.answer,
            district=self._names.district,
            made_at=self._clock.now(),
            contact=self._names.contact,
        )

    def _take(
        self,
        viewer: Viewer,
        seq: int,
        step: Step,
        signing: Signing,
        papers: Sequence[Paper],
        *,
        reason: str = "",
    ) -> Standing:
        taken = Taken(
            step=step,
            day=signing.day,
            actor=viewer.actor or signing.user,
            mandate=signing.provision,
            body=signing.body,
            reason=reason,
        )
        return self._requests.take(viewer, seq, taken, papers=papers)


def _written(ruling: Ruling, signing: Signing) -> Mapping[str, str]:
    """The texts of a decision that somebody wrote, by the names of their fields."""
    return {
        "reasons": ruling.reasons,
        "condition": ruling.condition,
        "title": ruling.title,
        "rapporteur": ruling.rapporteur,
        "others": "\n".join(ruling.others),
        **_signed_by(signing),
    }


def _signed_by(signing: Signing) -> Mapping[str, str]:
    return {"mandate": signing.provision, "body": signing.body}


def _made(kind: PaperKind, document: Document, day: date, clauses: tuple[str, ...] = ()) -> Paper:
    """A paper of ours, as PDF with its plain text."""
    return Paper(
        kind=kind,
        content=as_pdf(document),
        media_type=_PDF,
        day=day,
        clauses=clauses,
        text=as_text(document),
    )
