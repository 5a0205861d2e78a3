"""B8: personal data in comments, beside Presidio with and without a small NER of spaCy.

The peers run in a virtual environment of their own, which the bench makes (`uv`, from PyPI); where
that fails the product is measured alone, and it says so. No model of Swedish names is to be had
from a package registry: Presidio's NER is spaCy's small architecture, not trained, which costs what
a trained one costs; what it would find is no part of this.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from gdpr.model.augment import Names, filled
from gdpr.model.corpora import BODY, PLACE
from gdpr.model.gazetteer import given_names
from tests.bench.measure import Figure, Ratio
from tests.bench.peers import environment

_HERE = Path(__file__).parent
_GOAL = 400.0  # microseconds: 2,500 comments a second
_NEEDED = ("presidio-analyzer>=2.2", "click")
_OTHERS = {PLACE: ["Tallköping", "Ekvik"], BODY: ["Tallköpings kommun", "Miljönämnden"]}


def comments(count: int) -> list[str]:
    """Invented comments, the same in every run; every fourth has a number or an address in it."""
    random = Random(8)
    counts = [(name.title(), 10**size) for name, size in sorted(given_names().items())]
    names = Names(counts, _OTHERS, random)
    texts: list[str] = []
    while len(texts) < 2 * count:
        texts += [one.text for one in filled(names, random, 1)]
    random.shuffle(texts)
    texts = [f"{one} {other}" for one, other in zip(texts[::2], texts[1::2], strict=False)]
    extra = (" Ring 070-174 06 {}.", " Mejla a{}@example.se", " KS 2026/00{}", " {} 000 kr!")
    return [
        text + (extra[at // 4 % len(extra)].format(10 + at % 90) if at % 4 == 0 else "")
        for at, text in enumerate(texts[:count])
    ]


def run(count: int, rounds: int) -> tuple[list[Figure], list[Ratio]]:
    """The figures, and the ratios to each peer there is."""
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.json"
        texts.write_text(json.dumps(comments(count)), "utf-8")
        product = _measured([sys.executable], "product", texts, rounds)
        if product is None:
            raise RuntimeError("the product cannot be measured")
        figures = [_figure("diarkiv", product, count, rounds)]
        ratios = [
            Ratio(bench="B8", name="load, s", value=product["load"], goal=0.5),
            Ratio(bench="B8", name="memory, MB", value=product["memory"], goal=80),
        ]
        python = environment(Path(folder), _NEEDED)
        for peer, goal in (("presidio-ner", 0.2), ("presidio", None)):
            found = python and _measured([python], peer, texts, rounds)
            if found:
                figures.append(_figure(peer, found, count, rounds))
                value = product["cpu"] / found["cpu"]
                ratios.append(Ratio(bench="B8", name=f"diarkiv / {peer}", value=value, goal=goal))
            else:
                print(f"B8: {peer} cannot be had, and is not compared with", file=sys.stderr)
    return figures, ratios


def _figure(name: str, found: dict[str, float], count: int, rounds: int) -> Figure:
    return Figure(
        bench="B8",
        name=name,
        peer=name != "diarkiv",
        unit="comment",
        cpu=found["cpu"],
        wall=found["wall"],
        units=count,
        rounds=rounds,
        goal=_GOAL if name == "diarkiv" else None,
        note="one core, warm, 90 characters on average",
    )


def _measured(python: Sequence[str], who: str, texts: Path, rounds: int) -> dict[str, float] | None:
    """Microseconds a comment, seconds to load, megabytes at most; None if it fails."""
    command = [*python, str(_HERE / "personal_peer.py"), who, str(texts), str(rounds)]
    environment = {**os.environ, "PYTHONPATH": str(_HERE.parents[1])}
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=None if who == "product" else subprocess.DEVNULL,  # wants the network
        env=environment,
        timeout=1800,
    )
    if done.returncode:
        return None
    data = json.loads(done.stdout)
    return {
        "cpu": statistics.median(data["cpu"]),
        "wall": statistics.median(data["wall"]),
        "load": data["load"],
        "memory": data["memory"],
    }
