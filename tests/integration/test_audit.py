"""The auditor's report over a site that is really harvested: figures, verdicts, papers, samples."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.document.parts import as_pdf
from archiver.errors import AccessRefused, ConfigError
from archiver.governance.archive import Archive, checks
from archiver.governance.audit import told
from archiver.governance.core import acts as a
from archiver.governance.core import moderation as m
from archiver.governance.core.audit import Assessed, Period, Verdict
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.people.service import User
from retention.schedule.service import Retention
from tests.databases import rows_of
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_harvest import Town, town
from tests.unit.governance.audits import YEAR, an_assessment, audits

cli = _cli  # the fixture
AUDITOR = viewer_of(19, [(Role.AUDITOR, HOME)])
PERIOD = Period(*YEAR)
NAME = "Alva Testsson"
REPEAT = """while read n; do
printf '%s %s\\n' "$(printf 'revision-2026:%s' "$n" | sha256sum | cut -d' ' -f1)" "$n"
done | sort"""


def figures(it: Town, *users: User) -> dict[str, dict[str, int]]:
    report = audits(it.home, *users).report(AUDITOR, it.channel.authority, PERIOD)
    return {one.question.id: dict(one.answer.figures) for one in report.items}


def initiative(it: Town) -> None:
    """A channel in use, with a goal and two deviations, one of them handled."""
    home = it.home
    initiatives = Initiatives(
        Archive(home.ledger, Retention(home.ledger, home.clock)), home.clock, checklist, checks
    )
    seq = initiatives.open(
        LOCAL,
        a.Opened(
            authority=it.channel.authority,
            title="Kommunens sida",
            platforms=("wordpress",),
            day=initiatives.today(),
            channels=(it.channel.seq,),
        ),
    )
    goal = a.Goal(text="Frågor besvaras inom ett dygn", purpose=a.Purpose.CITIZENS)
    deviations = [
        a.Deviated(text="Ingen ersättare i juli", category=a.Category.RESOURCES),
        a.Deviated(text="Frågor om kvällen", category=a.Category.AVAILABILITY),
    ]
    handled = a.Handled(number=1, holder=NAME, mandate="KS § 3", reason="Vikarie finns")
    for said in (goal, *deviations, handled):
        initiatives.take(LOCAL, seq, said)


def test_the_figures_are_those_of_the_archive(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        before = figures(it)
        assert before["registrering"]["received"] == before["arkivering"]["records"] == 0
        comment = it.comment(it.post())
        it.comment(it.post())
        it.harvest()
        it.site.set_comment_status(comment, "trash", at=it.at)
        it.harvest()
        initiative(it)
        registrar = User(
            seq=5, name=NAME, roles=frozenset({(Role.REGISTRAR, HOME)}), disabled=False
        )
        found = figures(it, registrar, replace(registrar, seq=6, disabled=True))
        assert found["arkivering"] | {"versions": 0} == {
            "records": 4, "versions": 0, "never_whole": 0, "removed": 1, "lost": 0,
            "unexplained": 0,
        }  # fmt: skip
        assert found["registrering"]["received"] == found["registrering"]["waiting"] == 2
        assert found["regler"]["unlogged"] == 1
        assert found["regler"]["measures"] == 0
        assert found["uppsikt"]["runs"] == 2
        assert found["roller"]["users"] == found["roller"]["single"] == 1
        assert found["riktlinjer"]["uncovered"] == found["riktlinjer"]["accounts"] == 1
        assert found["syfte"]["goals"] == 1
        assert (found["syfte"]["measurable"], found["syfte"]["without_goal"]) == (0, 0)
        assert found["avvikelser"] == {"found": 2, "open": 2, "unhandled": 1}

        log = Moderation(it.home.ledger, it.home.clock)
        [episode] = [one.episode for one in log.reconcile(LOCAL, it.channel.seq)]
        hidden = m.Taken(
            channel=it.channel.seq, measure=m.Measure.DELETE, on=log.today(),
            records=(episode.record,), ground="regel", decider=NAME,
        )  # fmt: skip
        log.take(LOCAL, hidden)
        after = figures(it)["regler"]
        assert (after["unlogged"], after["measures"], after["groundless"]) == (0, 1, 0)


def test_each_figure_is_given_or_says_why_not(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        report = audits(it.home).report(AUDITOR, it.channel.authority, PERIOD)
        for one in report.items:
            given, missing = set(one.answer.figures), set(one.answer.missing)
            assert not given & missing
            assert given | missing == {each.key for each in one.question.figures}, one.question.id
        missing = {f"{one.question.id}.{key}" for one in report.items for key in one.answer.missing}
        assert missing == {
            "syfte.measurable", "syfte.due", "uppsikt.longest_pause", "registrering.oldest",
            "gallring.undecided", "gallring.ruleless", "utlamnande.longest", "utlamnande.same_day",
        }  # fmt: skip


def test_verdicts_stay_and_come_back_next_year(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk, authority = audits(it.home), it.channel.authority
        seen = desk.seen(AUDITOR, authority, PERIOD, "gallring")
        desk.assess(AUDITOR, authority, replace(an_assessment(), seen=seen))
        [gallring] = [one for one in desk.report(AUDITOR, authority, PERIOD).items if one.said]
        assert (gallring.question.id, gallring.changed) == ("gallring", False)
        desk.assess(AUDITOR, authority, an_assessment(verdict=Verdict.MET))
        [again] = [one for one in desk.report(AUDITOR, authority, PERIOD).items if one.said]
        assert again.said is not None
        assert (again.said.said.verdict, again.changed) == (Verdict.MET, True)
        assert len(desk.assessments(AUDITOR, authority)) == 2, "the first stays"
        later = desk.report(AUDITOR, authority, Period(date(2027, 1, 1), date(2027, 12, 31)))
        [carried] = [one for one in later.items if one.before]
        assert carried.before is not None
        assert (carried.before.said, carried.said) == (again.said.said, None)

        before = rows_of(it.home.ledger.database)
        it.home.ledger.rebuild()
        assert rows_of(it.home.ledger.database) == before


def test_what_is_refused_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        desk, authority = audits(it.home), it.channel.authority
        size = it.home.ledger.log.size
        wrong: list[tuple[Assessed, type[Exception]]] = [
            (an_assessment("okänd"), ConfigError),
            (replace(an_assessment(), text=" "), ConfigError),
            (replace(an_assessment(), text="å" * 4_001), ConfigError),
            (replace(an_assessment(), since=YEAR[1], until=YEAR[0]), ConfigError),
            (replace(an_assessment(), since=date(2099, 1, 1), until=date(2099, 2, 1)), ConfigError),
        ]
        for said, error in wrong:
            with pytest.raises(error):
                desk.assess(AUDITOR, authority, said)
        for role in Role:
            who = viewer_of(20, [(role, HOME)])
            if role is not Role.AUDITOR:
                with pytest.raises(AccessRefused):
                    desk.assess(who, authority, an_assessment())
        both = viewer_of(20, [(Role.AUDITOR, HOME), (Role.REGISTRAR, authority)])
        for who in (both, LOCAL):
            with pytest.raises(AccessRefused, match="does not assess"):
                desk.assess(who, authority, an_assessment())
        elsewhere = viewer_of(20, [(Role.AUDITOR, authority + 1)])
        with pytest.raises(AccessRefused):
            desk.report(elsewhere, authority, PERIOD)
        for frame, seed, count in (("okänd", "frö", 1), ("handlingar", "två ord", 1),
                                   ("handlingar", "s", 0), ("handlingar", "s", 501)):  # fmt: skip
            with pytest.raises(ConfigError):
                desk.sample(AUDITOR, authority, PERIOD, frame=frame, seed=seed, size=count)
        assert it.home.ledger.log.size == size


def test_a_sample_is_drawn_again_by_another(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        for _ in range(6):
            it.comment(post)
        it.harvest()
        desk, authority = audits(it.home), it.channel.authority

        def draw(seed: str, size: int, period: Period = PERIOD) -> dict[str, Any]:
            drawn = desk.sample(
                AUDITOR, authority, period, frame="handlingar", seed=seed, size=size
            )
            return dict(told.sample_json(drawn))

        first = draw("revision-2026", 3)
        assert (first["population"], len(first["numbers"])) == (7, 3)
        assert first == draw("revision-2026", 3)
        whole = draw("revision-2026", 500)
        assert whole["numbers"][:3] == first["numbers"]
        assert whole["numbers"] != draw("annat", 500)["numbers"]
        ranked = subprocess.run(  # as the handbook says, without Diarkiv
            ["bash", "-c", REPEAT], input="\n".join(map(str, sorted(whole["numbers"]))) + "\n",
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert [int(line.split()[1]) for line in ranked.stdout.splitlines()] == whole["numbers"]
        frame = desk.frame(AUDITOR, authority, PERIOD, "handlingar")
        assert frame == sorted(whole["numbers"])
        lines = "".join(f"{one}\n" for one in frame)
        assert hashlib.sha256(lines.encode()).hexdigest() == whole["frame_sha256"]
        empty = draw("revision-2026", 3, Period(date(2020, 1, 1), date(2020, 12, 31)))
        assert (empty["population"], empty["numbers"]) == (0, [])


def test_the_paper_says_what_the_json_says_and_names_nobody(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        it.comment(it.post())
        it.harvest()
        initiative(it)
        user = User(seq=5, name=NAME, roles=frozenset({(Role.AUDITOR, HOME)}), disabled=False)
        desk = audits(it.home, user, stamps=((it.home.clock.now(), 7),))
        desk.assess(AUDITOR, it.channel.authority, an_assessment())
        report = desk.report(AUDITOR, it.channel.authority, PERIOD)
        data = told.as_json(report)
        pdf = as_pdf(told.document(report))
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        for one in report.items:
            assert one.question.heading.sv in text
        for words in ("Systemets iakttagelse", "Revisorns bedömning", "[ ] uppfyllt",
                      "delvis uppfyllt", "Beslut saknas för två handlingstyper.",
                      "Siffrorna är ändrade sedan bedömningen.", "Underlag saknas",
                      "30 / 93 (32.3 %)", "n = 215", "Arkivets integritet",
                      "allt i loggen finns eller är förklarat",
                      "diarkiv verify --deep"):  # fmt: skip
            assert words in text, words
        root = data["integrity"]["root"]
        assert root in text.replace(" ", "")
        metadata = reader.xmp_metadata
        assert metadata is not None
        assert b"pdfaid" in pdf
        said = json.dumps(data, ensure_ascii=False)
        for secret in (NAME, "Ingen ersättare i juli", "Kommunens sida"):
            assert secret not in said
            assert secret not in text
        assert "What the system sees" in str(told.document(report, "en").parts)


def test_from_the_terminal(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    of = ("--authority", "KS", "--from", "2026-01-01", "--to", "2026-12-31")
    made = cli("audit", "report", *of, "--json").json
    assert (made["authority"], made["since"], made["integrity"]["unexplained"]) == (
        "KS", "2026-01-01", 0,
    )  # fmt: skip
    assert "GRANSKNINGSRAPPORT" in cli("audit", "report", *of).out
    paper = tmp_path / "granskning.pdf"
    assert cli("audit", "report", *of, "--pdf", str(paper)).code == 0
    assert paper.read_bytes().startswith(b"%PDF")
    drawn = cli("audit", "sample", *of, "--seed", "revision-2026", "--json").json
    assert (drawn["population"], drawn["numbers"]) == (0, [])
    assess = ("audit", "assess", "gallring", "ej", *of, "--text", "Inget beslut.", "--json")
    assert cli(*assess).json["error"] == "access-refused", "nobody in particular"
    monkeypatch.setattr("sys.stdin", io.StringIO("hästar-och-moln\n"))
    assert cli("user", "add", "rut", "Rut Testsson", "--role", "auditor@KS").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("hästar-och-moln\n"))
    noted = cli(*assess, "--user", "rut").json
    line = cli("audit", "trail", "--authority", "KS", "--json").json[0]
    assert (line["seq"], line["said"]["verdict"]) == (noted["noted"], "ej")
    again = cli("audit", "report", *of, "--json").json
    [said] = [one for one in again["questions"] if one["assessment"]]
    assert (said["id"], said["figures_changed_since"]) == ("gallring", False)
    assert cli("audit", "report", "--authority", "XX").code != 0
