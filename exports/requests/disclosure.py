"""The register of disclosure: what became of a request, without who asked or what for.

What was searched and found (a digest of the set), decided, released (when, how, the digests of the
files), charged, registered and held, and the chain of the decision. The words of the request stand
in it without what they say of their sender; that somebody was asked, under which section and why,
but not what they answered. Pure but for what the services read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import STOCKHOLM
from archiver.db.matter import recorded_at
from archiver.document.parts import Column, Document, Field, Heading, Paragraph, Part, Table
from archiver.ledger.service import Ledger
from archiver.registry.shown import moment
from exports.core.access_request import ANSWERS, DONE, STATES, Answer, Step, Taken
from exports.core.fees import kronor
from exports.core.received import without_identity
from exports.core.release import DECISIONS, REASONS, Because, ItemDecision
from exports.requests import queries
from exports.requests.decisions import Names
from exports.requests.fees import Fees
from exports.requests.given_out import NOTHING, GivenOut
from exports.requests.notes import RequestNotes
from exports.requests.paper import PAPERS, PaperKind
from exports.requests.registering import Registering
from exports.requests.service import Requests
from gdpr.leak import Kind, Output

LEFT_OUT = "[utelämnat: orden röjer något som är dolt i utlämnandet]"
_WRITTEN = ("text", "query", "reason", "excused", "why", "mandate", "body")


class DisclosureLogs:
    """The register of disclosure of a home."""

    def __init__(
        self,
        ledger: Ledger,
        requests: Requests,
        notes: RequestNotes,
        fees: Fees,
        registering: Registering,
        names: Names,
        given_out: GivenOut = NOTHING,
    ) -> None:
        self._ledger, self._requests, self._notes = ledger, requests, notes
        self._fees, self._registering, self._names = fees, registering, names
        self._given_out = given_out

    def of(self, viewer: Viewer, seq: int) -> dict[str, Any]:
        """The log of one request, as data. `NotFound` if there is none that the viewer may read."""
        one = self._requests.get(viewer, seq)
        viewer.require(Permission.DISCLOSE, one.received.authority)
        with self._ledger.database.read() as connection:
            holds = queries.holds_of(connection, seq)
        standing, until = one.standing, one.standing.appeal_until
        log = {
            "request": f"B{seq}",
            "authority": self._names.authority(one.received.authority),
            "received": one.received.on.isoformat(),
            "recorded_at": moment(one.at),
            "manner": one.received.manner.value,
            "text": without_identity(one.received),
            "state": standing.state.value,
            "answer": standing.answer.value if standing.answer else None,
            "searches": [
                {"at": moment(s.at), "query": s.query, "found": s.found, "sha256": s.digest}
                | {"by": s.actor}
                for s in self._notes.searches(viewer, seq)
            ],
            "steps": [_step(taken) for taken in one.steps],
            "appeal_until": until.isoformat() if until else None,
            "papers": [
                {"kind": p.kind.value, "day": p.day.isoformat(), "sha256": p.digest}
                | {"clauses": list(p.clauses)}
                for p in self._notes.papers(viewer, seq)
            ],
            "releases": [
                {"entry": r.seq, "at": moment(r.at), "way": r.way, "records": r.records}
                | {"masks": r.masks, "withheld": r.withheld}
                | {"files": [{"name": name, "sha256": digest} for name, digest in r.files]}
                for r in self._given_out.handed(viewer, seq)
            ],
            "fees": [
                {"day": f.day.isoformat(), "medium": f.medium.value, "units": f.units}
                | {"amount_ore": f.amount, "table": f.table or None, "prepaid": f.prepaid}
                | {"entry": f.seq, "release": f.release or None, "corrects": f.corrects or None}
                | {"reason": f.reason}
                for f in self._fees.charged(viewer, seq)
            ],
            "asked": [
                {"clause": str(a.clause), "why": a.why} for a in self._notes.asked(viewer, seq)
            ],
            "holds": [
                {"placed": on.isoformat(), "lifted": end.isoformat() if end else None}
                for on, end in holds
            ],
            "registered": [
                {"part": r.part.partition("/")[0], "number": r.number}
                for r in self._registering.entries(seq)
            ],
            "assessed": [
                {"record": a.record, "version": a.n, "decision": a.decision}
                | {"because": a.because or None, "clauses": dict(a.clauses)}
                for a in self._given_out.assessed(viewer, seq)
            ],
        }
        return self._without_hidden(viewer, seq, log)

    def _without_hidden(self, viewer: Viewer, seq: int, log: dict[str, Any]) -> dict[str, Any]:
        """A log whose words tell nothing that the releases hide: what somebody searched for, or
        wrote as a reason, is left out where it does, and it is said that it is."""
        rows = [log, *log["searches"], *log["steps"], *log["fees"], *log["asked"]]
        written = [(row, name) for row in rows for name in _WRITTEN if row.get(name)]
        texts = [
            Output(f"{n}.txt", str(row[name]).encode()) for n, (row, name) in enumerate(written)
        ]
        known = self._names.authority(self._requests.get(viewer, seq).received.authority)
        told = {
            leak.output
            for leak in self._given_out.leaks(viewer, seq, texts, known)
            if leak.kind is Kind.VALUE or leak.ref[:5] == "mask "
        }
        for text, (row, name) in zip(texts, written, strict=True):
            if text.name in told:
                row[name] = LEFT_OUT
        return log

    def document(self, viewer: Viewer, seq: int) -> Document:
        """The same as a document, in Swedish."""
        log, one = self.of(viewer, seq), self._requests.get(viewer, seq)
        standing = one.standing
        answer = f", {ANSWERS[standing.answer].sv}" if standing.answer else ""
        with self._ledger.database.read() as connection:
            row = queries.request(connection, seq)
            assert row is not None
            at = recorded_at(connection, row.changed)
        return Document(
            kind="Utlämnandelogg",
            title=f"Begäran {log['request']}",
            issuer=log["authority"],
            language="sv",
            made_at=at,
            particulars=(
                Field("Kom in", log["received"]),
                Field("Läge", STATES[standing.state].sv + answer),
            ),
            parts=tuple(_parts(log)),
        )


def _step(taken: Taken) -> dict[str, Any]:
    said = {
        "answer": taken.answer.value if taken.answer else "",
        "mandate": taken.mandate,
        "body": taken.body,
        "excused": taken.excused,
        "reason": taken.reason,
    }
    row: dict[str, Any] = {"step": taken.step.value, "day": taken.day.isoformat()}
    return row | {"by": taken.actor} | {name: text for name, text in said.items() if text}


def _parts(log: dict[str, Any]) -> list[Part]:
    parts: list[Part] = [
        Paragraph(log["text"]),
        Paragraph("Vem som har begärt, och varför, står inte i loggen."),
    ]
    for heading, rows in _rows(log).items():
        if rows:
            parts += [Heading(heading), Table(_COLUMNS[heading], tuple(rows))]
    return parts


_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "Sökningar": (
        Column("Tid", 2),
        Column("Sökning", 3),
        Column("Träffar", number=True),
        Column("Urvalets SHA-256", 4),
    ),
    "Steg": (Column("Dag", 1), Column("Steg", 2), Column("Grund", 4)),
    "Bedömning": (Column("Handling", 2), Column("Bedömning", 3), Column("Lagrum", 4)),
    "Handlingar i ärendet": (Column("Dag", 1), Column("Handling", 2), Column("SHA-256", 4)),
    "Utlämnat": (Column("Tid", 2), Column("Fil", 2), Column("SHA-256", 4)),
    "Avgifter": (
        Column("Dag", 1),
        Column("Antal", number=True),
        Column("Kronor", number=True),
        Column("Anmärkning", 3),
    ),
    "Gallringsstopp": (Column("Från", 1), Column("Till", 1)),
    "Diariefört": (Column("Nummer", 1), Column("Vad", 2)),
}


def _rows(log: dict[str, Any]) -> dict[str, list[tuple[str, ...]]]:
    """The rows of each table, by its heading, in the order of the document."""
    return {
        "Sökningar": [
            (_local(s["at"]), s["query"], str(s["found"]), s["sha256"]) for s in log["searches"]
        ],
        "Steg": [
            (s["day"], DONE[Step(s["step"])].sv, s.get("mandate") or s.get("body") or _answer(s))
            for s in log["steps"]
        ],
        "Bedömning": [
            (f"R{a['record']}, version {a['version']}", _decided(a), _rests(a["clauses"]))
            for a in log["assessed"]
        ],
        "Handlingar i ärendet": [
            (p["day"], PAPERS[PaperKind(p["kind"])].sv, p["sha256"]) for p in log["papers"]
        ],
        "Utlämnat": [
            (_local(r["at"]), f["name"], f["sha256"]) for r in log["releases"] for f in r["files"]
        ],
        "Avgifter": [
            (f["day"], str(f["units"]), kronor(f["amount_ore"]), _remark(f, log["fees"]))
            for f in log["fees"]
        ],
        "Gallringsstopp": [(h["placed"], h["lifted"] or "–") for h in log["holds"]],
        "Diariefört": [(r["number"], PAPERS[PaperKind(r["part"])].sv) for r in log["registered"]],
    }


def _local(at: str) -> str:
    """An instant of the log in Swedish time, to the minute."""
    return f"{datetime.fromisoformat(at).astimezone(STOCKHOLM):%Y-%m-%d %H.%M}"


def _decided(row: dict[str, Any]) -> str:
    said = DECISIONS[ItemDecision(row["decision"])].sv
    return f"{said}: {REASONS[Because(row['because'])].sv}" if row["because"] else said


def _rests(clauses: Mapping[str, int]) -> str:
    """The sections of OSL, each with its masks if it is not of the whole."""
    return ", ".join(
        f"OSL {clause} ({masks} {'mask' if masks == 1 else 'masker'})" if masks else f"OSL {clause}"
        for clause, masks in clauses.items()
    )


def _answer(step: dict[str, Any]) -> str:
    return ANSWERS[Answer(step["answer"])].sv if "answer" in step else ""


def _remark(fee: dict[str, Any], every: Sequence[dict[str, Any]]) -> str:
    """What else a fee is: for which delivery, whether another takes its place, and why."""
    corrected = any(one["corrects"] == fee["entry"] for one in every)
    said = [f"utlämnande {fee['release']}" if fee["release"] else ""]
    said += ["rättar en tidigare avgift" if fee["corrects"] else "", fee["reason"]]
    said += ["ersatt av en rättelse" if corrected else ""]
    return "; ".join(one for one in said if one)
