"""Gallring in the browser: two persons, the board, the certificate, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archiver.core.access import LOCAL, Role, Viewer, viewer_of
from archiver.core.verdict import Verdict
from archiver.errors import TimestampUnavailable
from archiver.ledger.verify import verify_bundle
from archiver.registry.core.entry import Dated, Direction, Registration
from retention.holds.service import Holds
from tests.build import DAY
from tests.integration.test_disposal import EVA, Office, hold, planted
from tests.integration.test_disposal_cli import seen_changed
from tests.integration.test_harvest import Town, town
from tests.unit.web.served import Browser, FakeSearch, Web

pytestmark = pytest.mark.usefixtures("each_database")


class Desk:
    """A town with comments that are due, and browsers of those who work there."""

    record = 0

    def __init__(self, it: Town) -> None:
        self.town, self.office = it, Office(it)
        self.web = Web(it.home, {}, FakeSearch(it.home.ledger))
        self.eva = self.browser(17, Role.ARCHIVIST)
        self.bo = self.browser(18, Role.REGISTRAR)
        self.auditor = self.browser(19, Role.AUDITOR)
        self.elsewhere = self.web.browser(viewer=viewer_of(20, [(Role.REGISTRAR, 999)]))

    def browser(self, actor: int, role: Role) -> Browser:
        return self.web.browser(viewer=self.viewer(actor, role))

    def viewer(self, actor: int, role: Role) -> Viewer:
        return viewer_of(actor, [(role, self.office.authority)])

    def proposed(self) -> int:
        data = {"namnd": self.office.authority, "not": "Vårens gallring"}
        answer = self.eva.post("/gallring/foresla", data=data)
        assert answer.status_code == 303, answer.text
        found = re.search(r"/gallring/(\d+)", answer.headers["Location"])
        assert found, answer.headers["Location"]
        return int(found[1])

    def confirm(self, seq: int, **changed: str) -> Any:
        digest = re.search(r'name="digest" value="(\w+)"', self.bo.get(f"/gallring/{seq}").text)
        data = {"digest": digest[1] if digest else "", "granskat": "1", **changed}
        return self.bo.post(f"/gallring/{seq}/bekrafta", data=data)


@contextmanager
def desk(path: Path) -> Iterator[Desk]:
    with town(path) as it:
        one = Desk(it)
        one.office.adopt()
        one.office.decide()
        _, _, one.record = planted(it)
        it.clock.advance(40 * DAY)
        yield one


def test_from_the_board_to_the_certificate(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        board = one.eva.get("/gallring").text
        assert "SM05" in board
        assert "3 handlingar" in board
        assert "Granska och föreslå" in board
        assert "Granska och föreslå" not in one.auditor.get("/gallring").text
        held = hold(one.town, one.office, one.record)
        assert "Gallringsstopp, tillsyn: 1 handling" in one.eva.get("/gallring").text
        Holds(one.town.home.ledger, one.office.retention).lift(EVA, held, reason="Klart")
        board = one.eva.get("/gallring").text  # at once, not some minutes later
        assert "Gallringsstopp, tillsyn" not in board
        assert "3 handlingar" in board
        draft = one.eva.get(f"/gallring/foresla?namnd={one.office.authority}&klass=SM05").text
        assert "KS 2026/41 § 117" in draft
        seq = one.proposed()
        page = one.eva.get(f"/gallring/{seq}").text
        assert "Vårens gallring" in page
        assert "En annan person" in page
        assert "Bekräfta gallringen" not in page
        assert "Zorkelby-7731" in page, "the sample has text"
        theirs = one.bo.get(f"/gallring/{seq}").text
        digest = one.office.disposals.get(one.viewer(17, Role.ARCHIVIST), seq).proposal.digest
        for text in (page, theirs):
            assert " ".join(re.findall("." * 8, digest)) in text
        assert one.confirm(seq, granskat="").status_code == 400
        assert one.confirm(seq).status_code == 303
        assert "Väntetiden slut" in one.bo.get(f"/gallring/{seq}").text
        assert f"/gallring/{seq}/protokoll" not in one.bo.get("/gallring").text
        assert one.bo.get(f"/gallring/{seq}/protokoll").status_code == 404
        one.town.clock.advance(8 * DAY)
        one.office.execution.execute(one.viewer(17, Role.ARCHIVIST), seq)
        assert f"/gallring/{seq}/protokoll" in one.bo.get("/gallring").text
        shown = one.auditor.get(f"/gallring/{seq}/protokoll").text
        assert "därefter är handlingarna gallrade" in shown
        assert ">Gallrad<" not in shown
        one.town.clock.advance(31 * DAY)
        assert ">Gallrad<" in one.auditor.get(f"/gallring/{seq}/protokoll").text
        pdf = one.auditor.get(f"/gallring/{seq}/protokoll.pdf")
        assert (pdf.mimetype, pdf.data[:4]) == ("application/pdf", b"%PDF")
        data = one.auditor.get(f"/gallring/{seq}/protokoll.json")
        assert json.loads(data.data)["number"] == f"G{seq}"
        assert "attachment" in data.headers["Content-Disposition"]
        assert f"/gallring/{seq}/protokoll.zip" in shown
        proof = tmp_path / "protokoll.zip"
        proof.write_bytes(one.auditor.get(f"/gallring/{seq}/protokoll.zip").data)
        report, (found,) = verify_bundle(proof, str(one.town.home.ledger.verifier_key))
        assert report.verdict is Verdict.PROVEN
        assert json.loads(dict(found.fields)["certificate"]) == json.loads(data.data)
        after = one.eva.get(f"/gallring/{seq}").text
        assert "Zorkelby" not in after
        assert "Återta gallringen" not in after


def registered(one: Desk) -> int:
    """An entry of the register about the record."""
    register, authority = one.web.register_desk.register, one.office.authority
    register.set_series(LOCAL, authority, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    asked = Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day="2026-11-18",
        dated=Dated.STATED,
        title="En synpunkt",
        records=(one.record,),
    )
    return register.register(LOCAL, asked)


def test_the_address_of_what_is_gone_says_under_what(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        assert "Varför just detta datum" in one.eva.get(f"/handlingar/R{one.record}").text
        entry = registered(one)
        row = one.office.dispose()
        noted = one.auditor.get(f"/diarium/{entry}").text
        assert "håller på att gallras enligt" in noted
        assert f"/gallring/{row.seq}/protokoll" in noted
        answer = one.auditor.get(f"/handlingar/R{one.record}")
        assert answer.status_code == 410
        assert "Handlingen håller på att gallras" in answer.text
        assert "Handlingen är gallrad" not in answer.text, "backups may still hold it"
        assert "KS 2026/41" in answer.text
        assert f"/gallring/{row.seq}/protokoll" in answer.text
        assert "Zorkelby" not in answer.text
        assert one.elsewhere.get(f"/handlingar/R{one.record}").status_code == 404
        assert one.auditor.get("/handlingar/R999999").status_code == 404
        one.town.clock.advance(31 * DAY)
        later = one.auditor.get(f"/handlingar/R{one.record}").text
        assert "Handlingen är gallrad" in later
        seen_changed(one.town, one.record)
        board = one.auditor.get("/gallring").text
        assert "Ändrat på plattformen efter gallring" in board
        assert f"R{one.record}" in board
        assert f"R{one.record}" not in one.elsewhere.get("/gallring").text


def test_what_is_refused_is_said_on_a_page(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = one.proposed()
        own = one.eva.post(f"/gallring/{seq}/bekrafta", data={"granskat": "1", "digest": "x"})
        assert (own.status_code, "Det krävs en annan person" in own.text) == (409, True)
        other = one.confirm(seq, digest="0" * 64)
        assert (other.status_code, "Urvalet har ändrats" in other.text) == (409, True)
        again = one.eva.post("/gallring/foresla", data={"namnd": one.office.authority})
        assert (again.status_code, "Det får inte gallras nu" in again.text) == (409, True)
        hold(one.town, one.office, one.record)
        held = one.confirm(seq)
        assert (held.status_code, "gallringsstopp hindrar" in held.text) == (409, True)
        assert one.auditor.post(f"/gallring/{seq}/bekrafta").status_code == 403
        assert one.elsewhere.get(f"/gallring/{seq}").status_code == 404
        assert one.elsewhere.post(f"/gallring/{seq}/aterta").status_code == 404
        assert one.bo.post(f"/gallring/{seq}/aterta", data={"skal": ""}).status_code == 400
        back = one.bo.post(f"/gallring/{seq}/aterta", data={"skal": "Ett stopp"})
        assert back.status_code == 303
        page = one.bo.get(back.headers["Location"]).text
        assert "Ingenting har gallrats" in page
        assert "Ett stopp" in page
        late = one.bo.post(f"/gallring/{seq}/aterta", data={"skal": "igen"})
        assert (late.status_code, "Regeln tillåter det inte" in late.text) == (409, True)
        board = one.eva.get("/gallring").text
        assert "Gallringsstopp, tillsyn" in board
        assert "Återtagen" in board


def test_what_is_being_carried_out_is_followed(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = one.proposed()
        one.confirm(seq)
        one.town.clock.advance(8 * DAY)

        def none() -> None:
            raise TimestampUnavailable("No authority answers.")

        one.office.execution._stamp = none
        with pytest.raises(TimestampUnavailable, match="No authority"):
            one.office.execution.execute(one.viewer(17, Role.ARCHIVIST), seq)
        page = one.eva.get(f"/gallring/{seq}").text
        assert "Du kan lämna sidan" in page
        assert "Återta gallringen" not in page
        state = one.eva.get(f"/gallring/{seq}/lage").json
        assert state == {
            "title": "Gallrar 3 handlingar",
            "done": 1,
            "total": 3,
            "note": "Avsikten är förseglad i loggen",
            "running": True,
        }
        gone = one.eva.get(f"/handlingar/R{one.record}")
        assert gone.status_code == 200, "until the keys are gone it can be read"
        one.office.execution._stamp = one.office.stamp
        one.office.execution.execute(one.viewer(17, Role.ARCHIVIST), seq)
        after = one.eva.get(f"/gallring/{seq}/lage").json
        assert after is not None
        assert (after["done"], after["running"]) == (3, False)
