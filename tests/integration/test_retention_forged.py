"""Forms of Gallring as nobody's page sends them: odd, forged, sent twice, of another's things.

Whatever comes is answered with a page, changes nothing that it should not, and is done once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archiver.core.access import Role
from archiver.errors import RuleViolation
from tests.build import DAY
from tests.integration.test_disposal import EVA, hold
from tests.integration.test_disposal_web import Desk, desk

ODD = ["\x00", "-1", "9" * 30, "9" * 5000, "9999-12-31", "٣", "\r\nX: {{7*7}}", "99999999 år"]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("forged") / "home") as made:
        yield made


def _size(one: Desk) -> int:
    return one.town.home.ledger.log.size


def _forms(one: Desk) -> dict[str, dict[str, str]]:
    """Each form with what makes it whole but for what a test changes."""
    authority = str(one.office.authority)
    (decision,) = one.office.retention.decisions(one.office.authority)
    held = hold(one.town, one.office, one.record)
    return {
        "/gallring/foresla": {"namnd": authority, "klass": "", "konto": "", "not": "x" * 1001},
        "/gallring/plan": {"namnd": authority, "fran": ""},
        "/gallring/plan/anta": {"namnd": authority, "utkast": "", "fran": ""},
        f"/gallring/beslut/{decision.seq}/upphav": {"skal": "", "dag": ""},
        "/gallring/beslut/nytt": {
            **{"namnd": authority, "niva": "authority", "dag": "", "giltig-fran": "", "fran": ""},
            **{"ersatter": "", "vantetid": "", "urval": "", "klass-": "1", "kanaler": "valda"},
            **{"kanal-": "1", "dnr": "KS 1", "organ": "KS", "paragraf": "§ 1"},
        },
        "/gallring/stopp/nytt": {
            **{"namnd": authority, "slag": "supervision", "skal": "x", "granskas": "2030-01-01"},
            **{"vad": "kanaler", "kanal-": "1", "fran": "", "till": "2001-01-01"},
        },
        f"/gallring/stopp/{held}/granska": {"granskas": "", "skal": ""},
        "/gallring/prova": {"namnd": authority, "vad": "rad", "klass": "SM05", "frist": ""},
    }


def test_whatever_stands_in_a_field_is_answered_with_a_page(one: Desk) -> None:
    for path, form in _forms(one).items():
        for name in form.keys() - {"namnd", "slag", "niva", "vad", "dnr", "organ", "paragraf"}:
            for odd in ODD:
                data = {**form, name: odd}
                if name.endswith("-"):  # the name of a box says what it stands for
                    data = {**form, f"{name}{odd}": "1"}
                    del data[name]
                answer = one.eva.post(path, data=data)
                assert answer.status_code < 500, (path, name, odd[:20])
                assert "{{7*7}}" not in answer.text or ">49<" not in answer.text
    seqs = ["9" * 30, "9" * 400, "0", "-1", "%00"]
    for path in ("", "stopp/", "beslut/"):
        assert {one.eva.get(f"/gallring/{path}{seq}").status_code for seq in seqs} == {404}


def test_a_list_that_is_too_long_is_refused_and_not_cut(one: Desk) -> None:
    """Two thousand characters are held of a field: a hold on half of the records is none."""
    record, before = f"R{one.record}", _size(one)
    data = {"namnd": one.office.authority, "slag": "supervision", "skal": "Tillsyn"}
    data |= {"granskas": "2030-01-01", "vad": "handlingar", "handlingar": f"{record} " * 900}
    answer = one.eva.post("/gallring/stopp/nytt", data=data)
    assert (answer.status_code, "Texten är för lång" in answer.text) == (400, True)
    asked = {"namnd": one.office.authority, "gor": "txt", "bakgrund": "Vi ber " * 400}
    assert one.eva.post("/gallring/framstallan", data=asked).status_code == 400
    assert _size(one) == before


def test_no_form_is_taken_without_the_token_of_a_page(one: Desk) -> None:
    (decision,) = one.office.retention.decisions(one.office.authority)
    held = hold(one.town, one.office, one.record)
    sound = {  # each would be done, were it not for the token
        "/gallring/foresla": {"namnd": str(one.office.authority)},
        f"/gallring/beslut/{decision.seq}/upphav": {"skal": "Fel"},
        f"/gallring/stopp/{held}/hav": {"havs": "Klart"},
        f"/gallring/stopp/{held}/granska": {"skal": "Behövs", "granskas": "2030-01-01"},
    }
    before = _size(one)
    for path, data in sound.items():
        assert one.eva.post(path, forged=True, data=data).status_code == 400, path
        elsewhere = {"Origin": "https://fiende.example"}
        assert one.eva.post(path, headers=elsewhere, data=data).status_code == 403, path
    assert _size(one) == before


def test_a_plan_that_waits_is_adopted_by_whoever_sent_it(one: Desk) -> None:
    plan = one.eva.get(f"/gallring/plan/fil?namnd={one.office.authority}&forslag=1&form=toml").data
    file = {"namnd": one.office.authority, "fran": "2027-01-01"}
    file["fil"] = (io.BytesIO(plan), "plan.toml")  # type: ignore[assignment]
    sent = one.eva.post("/gallring/plan", data=file, content_type="multipart/form-data")
    assert sent.status_code == 303
    draft = sent.headers["Location"].split("utkast=")[1].split("&")[0]
    ida, before = one.browser(21, Role.ARCHIVIST), _size(one)
    data = {"namnd": one.office.authority, "utkast": draft, "fran": "2027-01-01"}
    answer = ida.post("/gallring/plan/anta", data=data)
    assert "sagt=plan-borta" in answer.headers["Location"]
    assert ida.post("/gallring/plan/anta", data={**data, "gor": "avbryt"}).status_code == 303
    assert _size(one) == before
    assert "plan-borta" not in one.eva.post("/gallring/plan/anta", data=data).headers["Location"]
    assert _size(one) > before
    again = one.eva.post("/gallring/plan/anta", data=data)
    assert "sagt=plan-borta" in again.headers["Location"], "what was adopted waits no more"


def test_a_double_click_confirms_once_and_a_late_one_nothing(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = one.proposed()
        with ThreadPoolExecutor(2) as pool:
            twins = [one.browser(18, Role.REGISTRAR) for _ in range(2)]
            digest = one.office.disposals.get(EVA, seq).proposal.digest
            data = {"digest": digest, "granskat": "1"}
            answers = pool.map(lambda who: who.post(f"/gallring/{seq}/bekrafta", data=data), twins)
            assert sorted(answer.status_code for answer in answers) == [303, 409]
        assert one.bo.post(f"/gallring/{seq}/aterta", data={"skal": "Fel"}).status_code == 303
        assert one.bo.post(f"/gallring/{seq}/bekrafta", data=data).status_code == 409
        one.town.clock.advance(8 * DAY)
        with pytest.raises(RuleViolation, match="withdrawn"):
            one.office.execution.execute(EVA, seq)
