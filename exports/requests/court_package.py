"""The package for the court: what the matter holds, with an index; what is secret sealed apart.

Two zip files, never one: the open one has the request, the answer, the decision, the appeal, the
letter and the copy that was given out; the sealed one has the same records without masks and those
that were withheld, and says so on its first page. A paper of ours that tells what is masked goes
sealed, too. Each has its own index (PDF and JSON) with the SHA-256 of every file, and neither tells
the other's digests, by which what is masked could be guessed. The same request gives the same bytes
until something is added to it. Making the sealed one takes two permissions and is noted with who
made it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from archiver.core import canonical
from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db.matter import recorded_at
from archiver.document.parts import (
    Column,
    Document,
    Field,
    Notice,
    Paragraph,
    Table,
    as_pdf,
    as_text,
)
from archiver.errors import NotFound, RuleViolation
from archiver.ledger.service import Ledger
from exports.core.access_request import Matter, State, Step
from exports.core.court import court_name
from exports.core.ruling import Ruling
from exports.papers.decision import Case, Signed, decision
from exports.papers.letters import dismissal, hand_over
from exports.requests import queries
from exports.requests.decisions import Names, NoAppeal
from exports.requests.given_out import File, GivenOut
from exports.requests.notes import RequestNotes
from exports.requests.paper import FILE_NAMES, PAPERS, Paper, PaperKind, appeals
from exports.requests.service import AccessRequest, Requests
from gdpr.core.ground import Picklist
from gdpr.leak import Kind, Output

FORMAT = "diarkiv-court-package/1"
INDEX, INDEX_PDF = "forteckning.json", "forteckning.pdf"
_DATE = (2020, 1, 1, 0, 0, 0)
_COHORT = "register"
_FOLDER = {"open": "utlamnat", "sealed": "sekretess"}
_SEALED = (
    "FÖRSEGLAD. Innehåller handlingar utan maskering, som kan omfattas av sekretess. Får öppnas "
    "endast av den domstol som prövar överklagandet."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtPackage:
    """A package: its file's name, its bytes, SHA-256 of them, and how many files it lists."""

    name: str
    content: bytes
    sha256: str
    files: int
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class _Listed:
    file: File
    what: str
    day: str = ""


class CourtPackages:
    """Packages of a home's requests for the court."""

    def __init__(
        self,
        ledger: Ledger,
        requests: Requests,
        notes: RequestNotes,
        names: Names,
        given_out: GivenOut,
        grounds: Callable[[int], Picklist],
    ) -> None:
        self._ledger, self._requests, self._notes = ledger, requests, notes
        self._names, self._given_out, self._grounds = names, given_out, grounds

    def make(self, viewer: Viewer, seq: int) -> CourtPackage:
        """The open package of an appealed request; `RuleViolation` if it was not appealed,
        `NoAppeal` if the appeal is neither filed nor said to be sent from elsewhere."""
        one = self._appealed(viewer, seq)
        listed = [_Listed(File("begaran.txt", one.received.text.encode()), "Begäran i dess ord")]
        papers = self._papers(viewer, seq)
        assert one.standing.decided is not None
        filed = appeals([paper for _, paper in papers], one.standing.decided)
        if not filed and not _sent_from(one):
            raise NoAppeal
        apart = self._apart(viewer, one, papers)
        listed += [_paper(place, paper) for place, paper in papers if paper.seq not in apart]
        listed += [
            _Listed(File(f"{_FOLDER['open']}/{name}", content), "Utlämnat, i maskat skick")
            for name, content in self._given_out.masked(viewer, seq)
        ]
        return self._packed(viewer, one, listed, is_sealed=False)

    def make_sealed(self, viewer: Viewer, seq: int) -> CourtPackage:
        """The sealed package: what was masked or withheld, as it is. `NotFound` if nothing was."""
        one = self._appealed(viewer, seq)
        viewer.require(Permission.READ_PROTECTED, one.received.authority)
        papers = self._papers(viewer, seq)
        apart = self._apart(viewer, one, papers)
        listed = [_paper(place, paper) for place, paper in papers if paper.seq in apart]
        listed += [
            _Listed(File(f"{_FOLDER['sealed']}/{name}", content), "Utan maskering")
            for name, content in self._given_out.whole(viewer, seq)
        ]
        if not listed:
            raise NotFound(
                "Nothing was masked or withheld in a release of this request.",
                remedy="Make the release first, also where all of it is refused.",
            )
        return self._packed(viewer, one, listed, is_sealed=True)

    def _appealed(self, viewer: Viewer, seq: int) -> AccessRequest:
        one = self._requests.get(viewer, seq)
        viewer.require(Permission.DISCLOSE, one.received.authority)
        if one.standing.appealed is None:
            raise RuleViolation(
                "The request was not appealed: there is nothing to hand to a court.",
                remedy="Record the appeal first.",
            )
        return one

    def _papers(self, viewer: Viewer, seq: int) -> Sequence[tuple[int, Paper]]:
        """Our decision as the authority has it, and every other paper, numbered in order."""
        papers = [
            one for one in self._notes.papers(viewer, seq) if one.kind is not PaperKind.JUDGMENT
        ]
        return list(enumerate(papers, 1))

    def _apart(
        self, viewer: Viewer, one: AccessRequest, papers: Sequence[tuple[int, Paper]]
    ) -> frozenset[int]:
        """Those of our papers that tell what the releases hide: they go sealed. What whoever asked
        wrote themselves is theirs, and words that stand in each such paper give nothing away."""
        known = self._known(viewer, one)
        found = set()
        for _, paper in papers:
            if paper.kind in _OF_OTHERS:
                continue
            text = Output("paper.txt", paper.text.encode())
            read = text if paper.text else Output(f"paper.{paper.suffix}", paper.content)
            leaks = self._given_out.leaks(viewer, one.seq, [read], known)
            # A surname alone is shared by officials, whom a decision names (FL 31 §).
            if any(leak.kind is not Kind.SUSPECT or leak.ref[:5] != "mask " for leak in leaks):
                found.add(paper.seq)
        return frozenset(found)

    def _known(self, viewer: Viewer, one: AccessRequest) -> str:
        """The words that stand in our papers whatever somebody writes there, those of the asker,
        and who signed."""
        authority, day = one.received.authority, one.received.on
        case = Case(
            authority=self._names.authority(authority),
            number=f"B{one.seq}",
            asked=one.received.text,
            received=day,
            answer=one.standing.answer,
            district=self._names.district,
            made_at=one.at,
            contact=self._names.contact,
        )
        used = tuple(self._given_out.used(viewer, one.seq))
        other = tuple(self._given_out.other(viewer, one.seq))
        signed = Signed(name="", rests_on="")
        ruling = Ruling(reasons="", used=used, other=other)
        over = hand_over(
            case, decided=day, served=day, until=day, came=day, day=day, enclosed=(),
            sealed_apart=True,
        )  # fmt: skip
        blank = (
            decision(case, ruling, signed, day, self._grounds(authority)),
            dismissal(case, signed, served=day, until=day, came=day, day=day),
            over,
        )
        names = [self._names.person(taken.actor) for taken in one.steps if taken.actor]
        own = [one.received.sender, one.received.delivery, *names]
        return "\n".join([*map(as_text, blank), *own, *(said.sv for said in PAPERS.values())])

    def _packed(
        self, viewer: Viewer, one: AccessRequest, listed: Sequence[_Listed], *, is_sealed: bool
    ) -> CourtPackage:
        authority = one.received.authority
        with self._ledger.database.read() as connection:
            row = queries.request(connection, one.seq)
            assert row is not None
            at = recorded_at(connection, row.changed)
        names = (self._names.authority(authority), court_name(_MATTER, self._names.district))
        content = _zip(one.seq, names, at, listed, _sent_from(one), is_sealed=is_sealed)
        digest = sha256(content).hexdigest()
        said: dict[str, Json] = {
            "of": one.seq,
            "authority": authority,
            "sealed": is_sealed,
            "files": len(listed),
            "sha256": digest,
            "actor": viewer.actor,
        }
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority, _COHORT)
            writer.append_event(EventType.REQUEST_PACKED, said, cohort=cohort)
        name = f"overklagande-B{one.seq}{'-sekretess' if is_sealed else ''}.zip"
        return CourtPackage(
            name=name, content=content, sha256=digest, files=len(listed), is_sealed=is_sealed
        )


_MATTER = Matter.PUBLIC_RECORD
_HANDED = frozenset({State.IN_COURT, State.JUDGED, State.CLOSED})
_OF_OTHERS = frozenset({PaperKind.REQUEST, PaperKind.APPEAL, PaperKind.JUDGMENT})


def _paper(place: int, paper: Paper) -> _Listed:
    name = f"{place:02}-{FILE_NAMES[paper.kind]}.{paper.suffix}"
    return _Listed(File(name, paper.content), PAPERS[paper.kind].sv, paper.day.isoformat())


def _sent_from(one: AccessRequest) -> str:
    """Where the appeal is sent from, if it is not filed with the request."""
    over = [taken.reason for taken in one.steps if taken.step is Step.HAND_TO_COURT]
    return over[-1] if over and one.standing.state in _HANDED else ""


def _zip(
    seq: int,
    names: tuple[str, str],
    at: int,
    listed: Sequence[_Listed],
    sent_from: str,
    *,
    is_sealed: bool,
) -> bytes:
    """The zip file: index first, then the files as they are listed. Stored, with fixed dates."""
    files: list[dict[str, Json]] = [
        {
            "name": one.file.name,
            "what": one.what,
            "bytes": len(one.file.content),
            "sha256": sha256(one.file.content).hexdigest(),
            **({"day": one.day} if one.day else {}),
        }
        for one in listed
    ]
    index: dict[str, Json] = {
        "format": FORMAT,
        "request": f"B{seq}",
        "authority": names[0],
        "court": names[1],
        "sealed": is_sealed,
        "files": list[Json](files),
        **({"appeal_sent_from": sent_from} if sent_from else {}),
    }
    pdf = as_pdf(_index(seq, names, at, files, sent_from, is_sealed=is_sealed))
    made = BytesIO()
    members = [File(INDEX, canonical.encode(index)), File(INDEX_PDF, pdf)]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in [*members, *(one.file for one in listed)]:
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return made.getvalue()


def _index(
    seq: int,
    names: tuple[str, str],
    at: int,
    files: Sequence[dict[str, Json]],
    sent_from: str,
    *,
    is_sealed: bool,
) -> Document:
    said = (
        Notice(_SEALED)
        if is_sealed
        else Paragraph("Handlingar utan maskering sänds i en förseglad försändelse för sig.")
    )
    return Document(
        kind="Aktförteckning",
        title=f"Överklagande i ärende B{seq}" + (" – förseglad del" if is_sealed else ""),
        issuer=names[0],
        language="sv",
        made_at=at,
        particulars=(Field("Till", names[1]), Field("Ärende", f"B{seq}")),
        parts=(
            said,
            *([Paragraph(f"Överklagandet sänds för sig: {sent_from}")] if sent_from else []),
            Table(
                (Column("Fil", 4), Column("Vad", 3), Column("SHA-256", 5)),
                tuple((str(one["name"]), str(one["what"]), str(one["sha256"])) for one in files),
            ),
        ),
    )
