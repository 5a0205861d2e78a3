"""B9: the PDF of a disclosure, some 200 pages, beside WeasyPrint and fpdf2.

The product masks each record, makes the JSON that lies in the file, sets PDF/A-3a and PDF/UA-1 with
the page of proof, and makes room for the receipt. The peers get records that are already masked and
set headings, fields and text: WeasyPrint as PDF/UA-1, fpdf2 as a plain PDF; neither attaches, nor
proves. They run in a virtual environment of their own, which the bench makes (`uv`, from PyPI);
WeasyPrint also needs Pango on the machine. Where one cannot be had, that is said.
"""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pypdf

from archiver.core.canonical import Json
from archiver.document.parts import as_pdf
from exports.core.masked import Hidden, shown
from exports.core.release import Item, ItemDecision, ReleaseSet
from exports.release.document import JSON, Head, Made, as_json, document
from exports.release.given import Given
from exports.release.neighbours import Output
from exports.release.receipt import ATTACHMENT, hollow
from gdpr.core.pseudonym import tokens
from tests.bench.bench_personal import comments
from tests.bench.measure import Figure, Ratio, cpu
from tests.bench.peers import environment

_HERE = Path(__file__).parent
_PER_PAGE = 3.65  # records
_PAGES = 200
_PEERS = ("weasyprint", "fpdf2")
_GOAL = 2.0  # seconds, of wall time
_NEEDED = ("weasyprint>=66", "fpdf2>=2.8", "manimgx-fonts", "pypdf>=7")
_MADE_AT = 1_790_000_000_000

Record = dict[str, Json]


def records(count: int) -> list[Record]:
    """Invented comments of some lines, the same in every run."""
    texts = comments(4 * count)
    return [
        {
            "author_name": f"Person {at}",
            "created_at": _MADE_AT - 60_000 * at,
            "captured_at": _MADE_AT,
            "text": " ".join(texts[4 * at : 4 * at + 4]),
            "url": f"https://social.example/kommunen/{at}",
        }
        for at in range(count)
    ]


def _hiding(record: Record, at: int) -> list[Hidden]:
    """The author of each record, and a word of every second text."""

    def of(path: str, value: str, category: str, start: int | None) -> Hidden:
        end = 0 if start is None else start + len(value)
        return Hidden(
            path=path,
            start=start,
            end=end,
            category=category,
            value=value,
            words=(value,),
            seqs=(at + 1,),
        )

    word = str(record["text"]).split(" ", 1)[0]
    found = [of("author_name", str(record["author_name"]), "name", None)]
    return [*found, of("text", word, "name", 0)] if at % 2 else found


def release(some: Sequence[Record]) -> bytes:
    """The product's PDF of them, from records and masks."""
    hiding = [_hiding(record, at) for at, record in enumerate(some)]
    names = tokens(bytes(32), [one.key for found in hiding for one in found])
    given = tuple(
        Given(
            number=at + 1,
            item=Item(record=at, version=at, n=1, decision=ItemDecision.MASKED),
            platform="bluesky",
            fields=shown(record, hiding[at], names),
        )
        for at, record in enumerate(some)
    )
    chosen = ReleaseSet(
        request=1,
        items=tuple(one.item for one in given),
        masks=(),
        newest={one.item.record: one.item.version for one in given},
        renderer="bench",
    )
    made = Made(
        set=chosen,
        release=2,
        authority="Testköpings kommun",
        given=given,
        leaves={at: sha256(b"%d" % at).hexdigest() for at in range(len(some))},
        head=Head(origin="bench", size=len(some), root="00" * 32),
        made_at=_MADE_AT,
    )
    whole = document(made, [Output(JSON, as_json(made))])
    return hollow(as_pdf(replace(whole, attached=(*whole.attached, ATTACHMENT))))


def run(pages: int, rounds: int) -> tuple[list[Figure], list[Ratio]]:
    """The figures, and the ratios of wall time, since typst sets on all cores."""
    some = records(int(pages * _PER_PAGE))
    release(some[:50])
    taken: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = folder / "records.json"
        given.write_text(json.dumps(_masked(some)), "utf-8")
        python = environment(folder, _NEEDED)
        for _ in range(rounds):
            taken.setdefault("diarkiv", []).append(_own(some))
            for peer in _PEERS:
                if python and (found := _peer(python, peer, given)):
                    taken.setdefault(peer, []).append(found)
    for peer in _PEERS:
        if len(taken.get(peer, ())) < rounds:
            print(f"B9: {peer} cannot be had, and is not compared with", file=sys.stderr)
    figures = [_figure(who, found) for who, found in taken.items()]
    return figures, _ratios(figures, pages)


def _own(some: Sequence[Record]) -> dict[str, float]:
    wall, used = time.perf_counter(), cpu()
    made = release(some)
    used, wall = cpu() - used, time.perf_counter() - wall
    return {"cpu": used, "wall": wall, "pages": len(pypdf.PdfReader(io.BytesIO(made)).pages)}


def _peer(python: str, who: str, given: Path) -> dict[str, float] | None:
    """Seconds and pages of one round; None if it fails."""
    command = [python, str(_HERE / "disclosure_peer.py"), who, str(given)]
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=1800
    )
    found: dict[str, float] = {} if done.returncode else json.loads(done.stdout)
    return found or None


def _figure(who: str, found: Sequence[Mapping[str, float]]) -> Figure:
    pages = int(found[0]["pages"])
    return Figure(
        bench="B9",
        name=who,
        peer=who != "diarkiv",
        unit="page",
        cpu=statistics.median(one["cpu"] for one in found) / pages * 1e6,
        wall=statistics.median(one["wall"] for one in found) / pages * 1e6,
        units=pages,
        rounds=len(found),
        note=f"{pages} pages",
    )


def _ratios(figures: Sequence[Figure], pages: int) -> list[Ratio]:
    """Whole documents of the same records: pages differ with the fonts' sizes."""
    seconds = {one.name: one.wall * one.units / 1e6 for one in figures}
    own = seconds.pop("diarkiv")
    goal = _GOAL if pages >= _PAGES else None
    found = [Ratio(bench="B9", name=f"{figures[0].units} pages, s wall", value=own, goal=goal)]
    for peer, other in seconds.items():
        found.append(Ratio(bench="B9", name=f"diarkiv / {peer}, wall", value=own / other, goal=1.0))
    return found


def _masked(some: Sequence[Record]) -> list[Record]:
    return [{**record, "author_name": f"[NAMN-{at:04x}]"} for at, record in enumerate(some)]
