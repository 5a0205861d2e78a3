"""A-ART30 (row 7.1): the record of processing that the authority keeps says what is configured.

A channel that was added, a purpose or a period that was changed since it was adopted is found
(GDPR art. 30.1). Whether its bases are right is for a lawyer.
"""

from __future__ import annotations

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.upkeep import ProcessingAdopted
from archiver.governance.upkeep import queries
from archiver.governance.upkeep.processing import Difference, difference


class Art30:
    """The adopted record of the subject's authority."""

    id = "A-ART30"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        ledger = archive.ledger
        with ledger.database.read() as connection:
            notes = queries.notes(ledger, connection, subject.authority, "processing")
        if not notes or archive.processing is None:
            return judge(None, "")
        said = notes[-1].note.said
        assert isinstance(said, ProcessingAdopted)
        return judge(difference(said, archive.processing(subject.authority)), said.sha256)


def judge(found: Difference | None, digest: str) -> Result:
    """UNKNOWN where no record was adopted (None). `digest`: of the file that was."""
    if found is None:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Ingen registerförteckning är antagen. Ta fram den med `diarkiv gdpr processing` och "
            "anteckna vilken som gäller.",
            "No record of processing was adopted. Make it with `diarkiv gdpr processing`, and note "
            "which one holds.",
        )
        return Result(check=Art30.id, outcome=outcome, reason=reason)
    data: dict[str, Json] = {name: list[Json](held) for name, held in found._asdict().items()}
    data["adopted"] = digest
    if found.parts:
        outcome = Outcome.FAIL
        what = ", ".join(sorted({*found.added, *found.gone, *found.changed}))
        reason = Wording(
            f"Den antagna registerförteckningen skiljer sig från konfigurationen: {what}.",
            f"The adopted record of processing differs from what is configured: {what}.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Den antagna registerförteckningen stämmer med konfigurationen.",
            "The adopted record of processing says what is configured.",
        )
    return Result(check=Art30.id, outcome=outcome, reason=reason, data=data)


check = Art30()
