"""Answers over both databases: who may decide, what is written, what the court gets."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.core.alert import Kind
from archiver.document.parts import as_text
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.notify.alert import Facts
from archiver.registry.core.entry import Direction
from exports.core.access_request import Answer, State, Step, Taken
from exports.core.fees import FeeTable, Medium, Rate
from exports.core.mandate import MandateKind, NoMandate
from exports.core.received import Manner
from exports.core.ruling import Ruling, Used
from exports.requests.decisions import NoAppeal, Signing
from exports.requests.disclosure import LEFT_OUT
from exports.requests.hand_written import TellsTooMuch
from exports.requests.notes import digest_of
from exports.requests.paper import Paper, PaperKind
from exports.requests.reminders import RequestReminders
from gdpr.core.ground import Clause
from tests.databases import rows_of
from tests.unit.exports.office import CANARY, PROVISION, SECRET, Office, make_office

pytestmark = pytest.mark.usefixtures("each_database")
DAY = 86_400_000


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def appealed(office: Office) -> int:
    """A request whose refusal was appealed in time."""
    seq = office.refuse()
    office.empower()
    office.decide(seq)
    office.step(seq, Step.SERVE)
    letter = Paper(
        kind=PaperKind.APPEAL, content=b"Jag klagar", media_type="text/plain", day=office.today
    )
    taken = Taken(step=Step.APPEAL, day=office.today, actor=7)
    office.requests.take(LOCAL, seq, taken, papers=[letter])
    office.step(seq, Step.FIND_IN_TIME)
    return seq


def test_only_a_delegate_decides(office: Office) -> None:
    seq = office.refuse()
    size = office.desk.home.ledger.log.size
    with pytest.raises(NoMandate, match="holds no mandate"):
        office.decide(seq)
    with pytest.raises(NoMandate, match="RÅ 1992"):
        office.step(seq, Step.DECIDE, mandate=PROVISION)  # a text in a form is no mandate
    assert office.desk.home.ledger.log.size == size
    office.empower(kinds=frozenset({MandateKind.FEE}))
    with pytest.raises(NoMandate, match="for other decisions"):
        office.decide(seq)
    office.empower(valid_to=office.today - timedelta(days=1))
    with pytest.raises(NoMandate, match="not in force on"):
        office.decide(seq)
    mandate = office.empower()
    with pytest.raises(NoMandate, match="provision"):
        office.decide(seq, provision="KS 9.9")
    assert office.answers.notes.papers(LOCAL, seq) == []
    assert office.decide(seq) is State.DECIDED
    taken = office.requests.get(LOCAL, seq).steps[-1]
    assert (taken.actor, taken.mandate, taken.body) == (7, PROVISION, "")
    assert office.mandates.may(office.authority, 7, MandateKind.REFUSAL)
    yesterday = office.today - timedelta(days=1)
    office.mandates.end(LOCAL, mandate, last=yesterday, reason="Slutat")
    assert not office.mandates.may(office.authority, 7, MandateKind.REFUSAL)
    assert office.requests.get(LOCAL, seq).standing.state is State.DECIDED


def test_the_body_itself_decides_and_is_referred_to(office: Office) -> None:
    seq = office.refuse()
    assert office.decide(seq, user=0, body="KS 2026-11-22 § 12") is State.DECIDED
    assert office.requests.get(LOCAL, seq).steps[-1].body == "KS 2026-11-22 § 12"
    decision = office.answers.notes.papers(LOCAL, seq)[0]
    assert "Beslut av myndigheten: KS 2026-11-22 § 12" in decision.text


def test_nobody_lends_a_name_or_gives_themselves_a_mandate(office: Office) -> None:
    seq = office.refuse()
    office.empower()
    other = office.viewer(Role.LAWYER, 8)
    taken = Taken(step=Step.DECIDE, day=office.today, actor=7)
    with pytest.raises(NoMandate):
        office.requests.take(other, seq, taken)  # 8 says it is 7
    with pytest.raises(AccessRefused):
        office.mandates.end(
            other, office.mandates.list(LOCAL)[0].seq, last=office.today, reason="x"
        )
    operator = office.viewer(Role.OPERATOR, 8)
    (mandate,) = office.mandates.list(LOCAL)
    with pytest.raises(RuleViolation, match="themselves"):
        office.mandates.add(viewer_of(7, [(Role.OPERATOR, office.authority)]), mandate)
    with pytest.raises(NotFound):
        office.empower(99)
    with pytest.raises(ConfigError, match="provision"):
        office.empower(provision=" ")
    assert office.mandates.list(operator) == []  # who sets users is no reader for that
    with pytest.raises(ConfigError, match="past"):
        office.mandates.end(LOCAL, mandate.seq, last=mandate.valid_from, reason="x")


def test_the_decision_names_what_was_used_and_how_to_appeal(office: Office) -> None:
    office.empower()
    seq = office.refuse()
    ruling = Ruling(
        reasons="Uppgifterna rör hälsa.",
        rapporteur="Cilla Ask",
        title="kanslichef",
        names_left_out="Hot mot handläggare",
    )
    signing = Signing(day=office.today, user=7)
    early = office.asked()
    with pytest.raises(RuleViolation, match="cannot follow"):
        office.answers.decisions.draft(LOCAL, early, ruling, signing)
    draft = as_text(office.answers.decisions.draft(LOCAL, seq, ruling, signing))
    assert "Utkast" in draft
    office.answers.decisions.decide(LOCAL, seq, ruling, signing)
    decision, notice = office.answers.notes.papers(LOCAL, seq)
    assert (decision.kind, notice.kind) == (PaperKind.DECISION, PaperKind.NOTICE)
    assert decision.clauses == ("21:1", "39:3")  # and not 21:7, which nothing rests on
    for said in ("21 kap. 1 §", "39 kap. 3 §", "Kammarrätten i Göteborg", "tre veckor", PROVISION):
        assert said in " ".join(decision.text.split()), said
    assert "21 kap. 7 §" not in decision.text
    assert "Alva Ekbacke, kanslichef" in decision.text
    assert "Alva" not in notice.text
    assert "Cilla" not in notice.text
    assert "33 §" in notice.text
    assert decision.content.startswith(b"%PDF-")


def test_a_decision_lacks_nothing_and_cites_what_was_used(office: Office) -> None:
    office.empower()
    seq = office.refuse()
    signing = Signing(day=office.today, user=7)
    decide = office.answers.decisions.decide
    with pytest.raises(ConfigError, match="reasons"):
        decide(LOCAL, seq, Ruling(reasons=" "), signing)
    other = (Used(clause=Clause.parse("26:1"), masks=1),)
    with pytest.raises(RuleViolation, match="rests on 21:1, 39:3"):
        decide(LOCAL, seq, Ruling(reasons="Ja", used=other), signing)
    office.releases.used_ = ()
    with pytest.raises(ConfigError, match="names the sections"):
        decide(LOCAL, seq, Ruling(reasons="Ja"), signing)
    assert decide(LOCAL, seq, Ruling(reasons="Ja", used=other), signing).state is State.DECIDED
    with pytest.raises(RuleViolation, match="cannot follow"):
        decide(LOCAL, seq, Ruling(reasons="Ja", used=other), signing)


def test_a_paper_is_what_it_is_said_to_be(office: Office) -> None:
    seq, file = office.asked(), office.answers.notes.file
    given = {"kind": PaperKind.APPEAL, "day": office.today}
    for content, media_type, why in (
        (b"Jag klagar", "application/pdf", "not what it is said"),
        (b"", "text/plain", "bytes"),
        (b"PK", "application/zip", "A paper is"),
    ):
        with pytest.raises(ConfigError, match=why):
            file(LOCAL, seq, Paper(content=content, media_type=media_type, **given))  # type: ignore[arg-type]
    kept = file(LOCAL, seq, Paper(content=b"Ja", media_type="text/plain", **given))  # type: ignore[arg-type]
    assert office.answers.notes.paper(LOCAL, kept).content == b"Ja"
    with pytest.raises(NotFound):
        office.answers.notes.paper(LOCAL, seq)


def test_a_late_appeal_is_dismissed_by_who_may(office: Office) -> None:
    office.empower(kinds=frozenset({MandateKind.REFUSAL}))
    seq = office.refuse()
    office.decide(seq)
    office.step(seq, Step.SERVE)
    office.desk.clock.advance(40 * DAY)
    office.step(seq, Step.APPEAL)
    dismiss, signing = office.answers.decisions.dismiss, Signing(day=office.today, user=7)
    with pytest.raises(NoMandate, match="dismissal"):
        dismiss(LOCAL, seq, signing)
    office.empower(kinds=frozenset({MandateKind.DISMISSAL}))
    assert dismiss(LOCAL, seq, signing).state is State.SERVED
    paper = office.answers.notes.papers(LOCAL, seq)[-1]
    assert paper.kind is PaperKind.DISMISSAL
    until = office.requests.get(LOCAL, seq).standing.appeal_until
    assert str(until) in paper.text


def test_the_court_gets_the_papers_and_what_is_secret_apart(office: Office) -> None:
    seq = appealed(office)
    office.answers.decisions.hand_over(LOCAL, seq, day=office.today, opinion="Avslå.")
    made = office.answers.packages.make(LOCAL, seq)
    again = office.answers.packages.make(LOCAL, seq)
    assert made.content == again.content
    members = unzipped(made.content)
    index = json.loads(members.pop("forteckning.json"))
    assert members.pop("forteckning.pdf").startswith(b"%PDF-")
    assert {one["name"]: one["sha256"] for one in index["files"]} == {
        name: sha256(content).hexdigest() for name, content in members.items()
    }
    kinds = [name.partition("-")[2] for name in members if "-" in name]
    assert kinds == ["beslut.pdf", "underrattelse.pdf", "overklagande.txt", "overlamnande.pdf"]
    assert "utlamnat/kopia.pdf" in members
    assert index["court"] == "Kammarrätten i Göteborg"
    assert SECRET.encode() not in made.content
    sealed = office.answers.packages.make_sealed(LOCAL, seq)
    apart = unzipped(sealed.content)
    assert apart["sekretess/R1.txt"] == SECRET.encode()
    assert json.loads(apart["forteckning.json"])["sealed"] is True
    archivist = office.viewer(Role.ARCHIVIST)  # may disclose, may not read what is protected
    assert office.answers.packages.make(archivist, seq).content == made.content
    with pytest.raises(AccessRefused):
        office.answers.packages.make_sealed(archivist, seq)
    with pytest.raises(RuleViolation, match="not appealed"):
        office.answers.packages.make(LOCAL, office.asked())


def test_no_appeal_goes_to_the_court_without_itself(office: Office) -> None:
    seq = office.refuse()
    office.empower()
    made, packages = office.answers.decisions, office.answers.packages
    early = Paper(
        kind=PaperKind.APPEAL,
        content=b"Mot ett annat beslut",
        media_type="text/plain",
        day=office.today - timedelta(days=1),
    )
    office.answers.notes.file(LOCAL, seq, early)
    office.decide(seq)
    for name in (Step.SERVE, Step.APPEAL, Step.FIND_IN_TIME):
        office.step(seq, name)
    size = office.desk.home.ledger.log.size
    for refused in (
        lambda: made.hand_over(LOCAL, seq, day=office.today, where=" \n"),
        lambda: packages.make(LOCAL, seq),
    ):
        with pytest.raises(NoAppeal, match="cannot try"):
            refused()
    with pytest.raises(TellsTooMuch, match="where"):
        made.hand_over(LOCAL, seq, day=office.today, where=f"Hos {SECRET}")
    assert office.desk.home.ledger.log.size == size
    made.hand_over(LOCAL, seq, day=office.today, where="KS 2026/77, handling 3")
    letter = office.answers.notes.papers(LOCAL, seq)[-1]
    assert "Överklagande, som sänds för sig: KS 2026/77, handling 3" in " ".join(
        letter.text.split()
    )
    index = json.loads(unzipped(packages.make(LOCAL, seq).content)["forteckning.json"])
    assert index["appeal_sent_from"] == "KS 2026/77, handling 3"


TELLING = [SECRET, SECRET.upper(), "19121212-1212", "josefin.froberg@testkoping.example"]


@pytest.mark.parametrize("said", TELLING)
def test_what_is_written_by_hand_tells_nothing_that_is_hidden(office: Office, said: str) -> None:
    office.empower()
    seq, made = office.refuse(), office.answers.decisions
    signing = Signing(day=office.today, user=7)
    telling = Ruling(reasons=f"Uppgiften\nom {said} rör hälsa.")
    for ruling in (
        telling,
        Ruling(reasons="Hälsa.", rapporteur=f"Cilla {said}"),
        Ruling(reasons="Hälsa.", title=said),
        Ruling(reasons="Hälsa.", others=("Dag Ask", said)),
    ):
        for write in (made.draft, made.decide):
            with pytest.raises(TellsTooMuch) as refused:
                write(LOCAL, seq, ruling, signing)
            assert said.casefold() not in str(refused.value).casefold()
    with pytest.raises(TellsTooMuch, match="reasons, text, line 2"):
        made.draft(LOCAL, seq, telling, signing)
    with pytest.raises(TellsTooMuch, match="body"):
        made.decide(LOCAL, seq, Ruling(reasons="Hälsa."), replace(signing, body=f"KS {said}"))
    assert office.answers.notes.papers(LOCAL, seq) == []
    own = Ruling(reasons="Frågor besvaras av ks@testkoping.example, Kommunstyrelsen.")
    assert made.decide(LOCAL, seq, own, signing).state is State.DECIDED


def test_letters_after_an_appeal_tell_nothing_that_is_hidden(office: Office) -> None:
    seq, made = appealed(office), office.answers.decisions
    with pytest.raises(TellsTooMuch, match=r"opinion, .*mask 17"):
        made.hand_over(LOCAL, seq, day=office.today, opinion=f"Klagoord: {SECRET}.")
    late = office.refuse()
    office.decide(late)
    office.step(late, Step.SERVE)
    office.desk.clock.advance(40 * DAY)
    office.step(late, Step.APPEAL)
    signing = Signing(day=office.today, user=7)
    with pytest.raises(TellsTooMuch, match=r"reasons, .*mask 17"):
        made.dismiss(LOCAL, late, signing, reasons=f"{SECRET} kom sent.")
    office.step(late, Step.FIND_IN_TIME, excused=f"{SECRET} blev vilseledd")
    made.hand_over(LOCAL, late, day=office.today, where="KS 2026/77")
    letter = office.answers.notes.papers(LOCAL, late)[-1]
    assert SECRET not in letter.text
    assert "antecknat hos myndigheten" in " ".join(letter.text.split())


def test_a_paper_that_tells_what_is_hidden_goes_sealed(office: Office) -> None:
    seq = appealed(office)
    for kind, said in ((PaperKind.ANSWER, f"Om {SECRET}"), (PaperKind.OTHER, "Inget om någon")):
        paper = Paper(kind=kind, content=said.encode(), media_type="text/plain", day=office.today)
        office.answers.notes.file(LOCAL, seq, paper)
    made = office.answers.packages.make(LOCAL, seq)
    assert SECRET.encode() not in made.content
    names = unzipped(made.content).keys()
    assert {"05-annan-handling.txt", "01-beslut.pdf", "02-underrattelse.pdf"} <= names
    apart = unzipped(office.answers.packages.make_sealed(LOCAL, seq).content)
    assert apart["04-svar.txt"] == f"Om {SECRET}".encode()


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_fees_follow_the_adopted_table_and_never_exceed_it(office: Office) -> None:
    seq, fees = office.asked(), office.answers.fees
    assert fees.calculate(LOCAL, office.authority, Medium.PAPER, 40).amount == 0
    rates = (Rate(medium=Medium.PAPER, free_below=10, first=5000, each=200),)
    table = FeeTable(decision="KF 2026-03-29 § 33", valid_from=office.today, rates=rates)
    adopted = fees.adopt(LOCAL, office.authority, table)
    found = fees.calculate(LOCAL, office.authority, Medium.PAPER, 12)
    assert (found.amount, found.table and found.table.seq) == (5400, adopted)
    assert fees.calculate(LOCAL, office.authority, Medium.ON_SITE, 900).amount == 0
    before = office.today - timedelta(days=1)
    assert fees.calculate(LOCAL, office.authority, Medium.PAPER, 12, day=before).amount == 0
    dearer = FeeTable(
        decision="KF § 34",
        valid_from=office.today,
        rates=(Rate(medium=Medium.PAPER, free_below=1, first=100, each=100),),
    )
    fees.adopt(LOCAL, office.authority, dearer)
    assert fees.calculate(LOCAL, office.authority, Medium.PAPER, 12).amount == 1200
    assert fees.charge(LOCAL, seq, Medium.PAPER, 12, prepaid=True).prepaid
    with pytest.raises(RuleViolation, match="beyond"):
        fees.charge(LOCAL, seq, Medium.PAPER, 12, amount=9_000)
    with pytest.raises(NoMandate):
        fees.charge(LOCAL, seq, Medium.PAPER, 12, amount=0, reason="Felräknat", signer=8)
    office.empower()
    given = fees.charge(LOCAL, seq, Medium.PAPER, 12, amount=0, reason="Felräknat", signer=7)
    assert (given.amount, given.provision) == (0, PROVISION)
    assert [one.amount for one in fees.charged(LOCAL, seq)] == [1200, 0]
    with pytest.raises(ConfigError, match="on_site"):
        fees.adopt(
            LOCAL,
            office.authority,
            FeeTable(
                decision="KF",
                valid_from=office.today,
                rates=(Rate(medium=Medium.ON_SITE, free_below=1, first=1, each=1),),
            ),
        )


def test_what_is_charged_again_says_that_it_corrects(office: Office) -> None:
    seq, fees = office.asked(), office.answers.fees
    rates = (Rate(medium=Medium.PAPER, free_below=1, first=100, each=100),)
    table = FeeTable(decision="KF § 33", valid_from=office.today, rates=rates)
    fees.adopt(LOCAL, office.authority, table)
    first = fees.charge(LOCAL, seq, Medium.PAPER, 12)
    before = office.desk.home.ledger.log.size
    with pytest.raises(RuleViolation, match="charged 1200 öre"):
        fees.charge(LOCAL, seq, Medium.PAPER, 12)
    with pytest.raises(RuleViolation, match="charged 1200 öre"):
        fees.charge(LOCAL, seq, Medium.PAPER, 12, reason="  ")
    with pytest.raises(NotFound, match="no such release"):
        fees.charge(LOCAL, seq, Medium.PAPER, 12, release=999_999)
    assert office.desk.home.ledger.log.size == before
    dearer = replace(table, rates=(replace(rates[0], each=900),))
    fees.adopt(LOCAL, office.authority, dearer)
    again = fees.charge(LOCAL, seq, Medium.PAPER, 2, reason="Bara två sidor")
    assert (again.amount, again.corrects, again.reason) == (1000, first.seq, "Bara två sidor")
    with pytest.raises(RuleViolation, match="charged 1000 öre"):  # the one that stands
        fees.charge(LOCAL, seq, Medium.PAPER, 2)
    assert fees.charge(LOCAL, seq, Medium.DIGITAL, 1).corrects == 0
    told = as_text(office.answers.logs.document(LOCAL, seq))
    assert "ersatt av en rättelse" in told
    assert "rättar en tidigare avgift; Bara två sidor" in told


@pytest.mark.parametrize("body", ["KS § 7\x1b[2J", "KS \u202e§ 7", "§ 7" * 67])
def test_the_decision_of_the_body_is_one_line_of_text(office: Office, body: str) -> None:
    seq, fees = office.refuse(), office.answers.fees
    rates = (Rate(medium=Medium.PAPER, free_below=1, first=100, each=100),)
    table = FeeTable(decision="KF § 33", valid_from=office.today, rates=rates)
    fees.adopt(LOCAL, office.authority, table)
    before = office.desk.home.ledger.log.size
    with pytest.raises(ConfigError, match="body"):
        office.decide(seq, body=body)
    with pytest.raises(ConfigError, match="body"):
        office.step(seq, Step.DECIDE, body=body)
    with pytest.raises(ConfigError, match="body"):
        fees.charge(LOCAL, seq, Medium.PAPER, 2, amount=0, reason="Fel", body=body)
    assert office.desk.home.ledger.log.size == before
    assert office.decide(seq, body="  KS  2026-11-24 § 12 ") is State.DECIDED
    assert office.requests.get(LOCAL, seq).steps[-1].body == "KS 2026-11-24 § 12"


def test_reading_on_the_spot_is_a_step_and_free(office: Office) -> None:
    seq = office.asked(manner=Manner.ON_SITE, sender="", text="Brevet om Storgatan")
    office.step(seq, Step.MAKE_PRECISE, office.record)
    assert office.step(seq, Step.READ_ON_SITE) is State.PRECISE
    assert office.step(seq, Step.ANSWER, answer=Answer.RELEASED) is State.ANSWERED
    assert office.step(seq, Step.CLOSE) is State.CLOSED


def test_who_asks_is_asked_only_where_a_section_needs_it(office: Office) -> None:
    seq, notes = office.asked(), office.answers.notes
    with pytest.raises(RuleViolation, match="TF 2:18"):
        notes.ask(LOCAL, seq, Clause.parse("39:3"), why="Nyfiken", said="Granne")
    notes.ask(LOCAL, seq, Clause.parse("21:7"), why="Massuttag", said=SECRET)
    (asked,) = notes.asked(LOCAL, seq)
    assert (asked.said, str(asked.clause)) == (SECRET, "21:7")
    with pytest.raises(AccessRefused):
        notes.asked(office.viewer(Role.AUDITOR), seq)


def test_what_becomes_of_it_is_registered_as_one_case(office: Office) -> None:
    unseen = office.asked()
    assert office.registering.entries(unseen) == []
    assert not office.registering.has_series(office.authority)
    office.register.set_series(LOCAL, office.authority, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    assert office.registering.missing(office.requests.get(LOCAL, unseen)) == ["request/0"]
    seq = appealed(office)
    parts = office.registering.entries(seq)
    assert [one.part.partition("/")[0] for one in parts] == ["request", "decision", "appeal"]
    assert len({one.case for one in parts}) == 1
    entries = [office.register.reader.entry(LOCAL, one.entry) for one in parts]
    assert [one.fields.sender or one.fields.recipient for one in entries] == ["Anonym"] * 3
    assert [one.fields.direction for one in entries][1] is Direction.DISPATCHED
    assert CANARY not in str(entries)
    office.registering.follow(LOCAL, office.requests.get(LOCAL, seq))
    assert office.registering.entries(seq) == parts
    # A crash after the entry and before the note of it: the same entry, not another.
    office.registering.follow(LOCAL, office.requests.get(LOCAL, unseen))
    (one,) = office.registering.entries(unseen)
    assert office.register.reader.entry(LOCAL, one.entry).fields.title.startswith("Begäran")


def test_the_log_tells_it_all_but_who_asked(office: Office) -> None:
    seq = appealed(office)
    office.answers.notes.searched(LOCAL, seq, "Storgatan", [office.record])
    office.answers.notes.ask(LOCAL, seq, Clause.parse("21:7"), why="Massuttag", said=SECRET)
    office.answers.fees.charge(LOCAL, seq, Medium.PAPER, 3)
    log = office.answers.logs.of(LOCAL, seq)
    assert log["searches"][0]["sha256"] == digest_of([office.record])
    assert [one["step"] for one in log["steps"]][-2:] == ["appeal", "find_in_time"]
    assert log["papers"][0]["clauses"] == ["21:1", "39:3"]
    assert log["releases"][0]["files"] == [{"name": "kopia.pdf", "sha256": "ab" * 32}]
    assert log["holds"] == [{"placed": office.today.isoformat(), "lifted": None}]
    assert log["asked"] == [{"clause": "21:7", "why": "Massuttag"}]
    assert log["fees"][0]["amount_ore"] == 0
    text = as_text(office.answers.logs.document(LOCAL, seq))
    assert "Prövat som inkommet i rätt tid" in text  # and no code of ours
    assert not {"appeal", "find_in_time", "request", "decision", "masked"} & set(text.split())
    for said in (str(log), text):
        assert CANARY not in said
        assert SECRET not in said
        assert "vill se brevet" in said
    with pytest.raises(AccessRefused):
        office.answers.logs.of(office.viewer(Role.AUDITOR), seq)


def test_the_log_says_what_was_decided_and_nothing_that_is_hidden(office: Office) -> None:
    seq = appealed(office)
    for query in (SECRET, f"om {SECRET.upper()} på gatan", "Storgatan"):
        office.answers.notes.searched(LOCAL, seq, query, [office.record])
    office.answers.notes.ask(LOCAL, seq, Clause.parse("21:7"), why=f"Om {SECRET}", said="Nej")
    log = office.answers.logs.of(LOCAL, seq)
    assert [one["query"] for one in log["searches"]] == [LEFT_OUT, LEFT_OUT, "Storgatan"]
    assert log["asked"][0]["why"] == LEFT_OUT
    assert log["assessed"] == [
        {"record": 1, "version": 1, "decision": "masked", "because": None, "clauses": {"21:1": 3}}
    ]
    text = " ".join(as_text(office.answers.logs.document(LOCAL, seq)).split())
    for said in (str(log), text):
        assert SECRET not in said.casefold()
    for said in ("R1, version 1", "OSL 21:1 (3 masker)", "utelämnat: orden röjer"):
        assert said in text
    assert re.search(r"\d{4}-\d\d-\d\d \d\d\.\d\d", text)
    assert not re.search(r"\dT\d\d:", text)  # Swedish time, as people write it


def test_a_judgment_is_carried_out_while_the_records_stay_held(office: Office) -> None:
    seq = appealed(office)
    office.answers.decisions.hand_over(LOCAL, seq, day=office.today)
    office.step(seq, Step.JUDGE, reason="Mål 1234-26: bifall")
    assert office.step(seq, Step.ASSESS) is State.ASSESSING
    standing = office.requests.get(LOCAL, seq).standing
    assert (standing.holds, standing.decided, standing.appealed) == (True, None, None)
    assert office.step(seq, Step.READ_ON_SITE) is State.ASSESSING


def test_a_refusal_for_secrecy_is_of_documents_that_are_named(office: Office) -> None:
    office.empower()
    with pytest.raises(NoMandate, match="by its paragraph"):
        office.decide(office.refuse(), user=0, body="hittepå")
    seq = office.asked()
    office.step(seq, Step.ANSWER, answer=Answer.REFUSED, told=True)
    office.releases.used_ = ()
    ruling = Ruling(reasons="Hälsa.", used=(Used(clause=Clause.parse("21:1"), withheld=1),))
    signing = Signing(day=office.today, user=7)
    with pytest.raises(RuleViolation, match="names none"):
        office.answers.decisions.decide(LOCAL, seq, ruling, signing)


def test_no_name_in_tables_objects_or_alerts(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.register.set_series(LOCAL, office.authority, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    seq = appealed(office)
    office.answers.notes.ask(LOCAL, seq, Clause.parse("21:7"), why="Massuttag", said=CANARY)
    office.answers.packages.make(LOCAL, seq)
    ledger = office.desk.home.ledger
    before = rows_of(ledger.database)
    assert CANARY not in str(before)
    assert not [path for path in office.desk.home.path.rglob("*") if CANARY in str(path)]
    plain = [path.read_bytes() for path in office.desk.home.path.rglob("*") if path.is_file()]
    assert not [data for data in plain if CANARY.encode() in data]
    assert CANARY not in caplog.text
    ledger.rebuild()
    assert rows_of(ledger.database) == before
    assert office.registering.entries(seq)
    waiting = office.asked()
    reminders = RequestReminders(ledger, office.requests, lambda: {office.authority: "KS"})
    assert reminders.added_to(Facts(), office.desk.clock.now()).matters == ()
    office.desk.clock.advance(7 * DAY)
    (said,) = reminders.added_to(Facts(), office.desk.clock.now()).matters
    assert (said.kind, said.item, said.reasons) == (Kind.REQUEST_WAITS, waiting, ("red",))
    assert CANARY not in str(said)
