"""How the model is made: corpora read into texts with places, more examples made of them, and a
small model trained from invented ones that finds what it was shown."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from gdpr.model import gazetteer, train
from gdpr.model.augment import Names, exchanged, filled, named, worn
from gdpr.model.corpora import BODY, PERSON, PLACE, Example, Mark, bearers, comments, news
from gdpr.model.tagger import Tagger
from gdpr.model.tokens import tokens

NEWS = """Rektor\t0
Gunhild\tPER
Ekman\tPER
,\t0
i\t0
Tallköping\tLOC
.\t0

Igår   0
sa     0
Tal\u00adlås   ORG
\t
nej   0
"""
COUNTS = [("Anna", 9000), ("Olle", 800), ("Xerxes", 3), ("Maj", 700), ("Per", 9000)]
OTHERS = {PLACE: ["Tallköping"], BODY: ["Tallås"]}


def spans(one: Example) -> list[tuple[str, str]]:
    return [(one.text[mark.start : mark.end], mark.label) for mark in one.marks]


def test_news_become_text_with_places(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_text(NEWS, "utf-8")
    first, second, _ = news(path)
    assert first.text == "Rektor Gunhild Ekman, i Tallköping."
    assert spans(first) == [("Gunhild Ekman", PERSON), ("Tallköping", PLACE)]
    assert spans(second) == [("Tallås", BODY)]


def test_comments_keep_names_and_places(tmp_path: Path) -> None:
    path = tmp_path / "comments.jsonl"
    data = {
        "text": "Anna, 070 i Ekvik",
        "spans": [
            {"start": 0, "end": 4, "label": "PERSON"},
            {"start": 6, "end": 9, "label": "PHONE"},
        ],
        "negatives": [{"start": 12, "end": 17, "label": "PLACE"}],
    }
    path.write_text(json.dumps(data) + "\n", "utf-8")
    (one,) = comments(path)
    assert spans(one) == [("Anna", PERSON), ("Ekvik", PLACE)]


def test_counts_are_read_from_every_file(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.csv").write_text("name,persons\nAnna,7\n", "utf-8")
    assert list(bearers(tmp_path)) == [("Anna", 7), ("Anna", 7)]


def test_what_is_made_keeps_its_marks_in_place() -> None:
    random = Random(3)
    names = Names(COUNTS, OTHERS, random)
    start = Example("Hon såg Annas hund i Ekvik", (Mark(8, 13, PERSON), Mark(21, 26, PLACE)))
    for _ in range(200):
        for made in (exchanged(start, names, random), named(start, names, random)):
            assert made is not None
            assert made.text.endswith(" i Ekvik")
            assert spans(made)[-1] == ("Ekvik", PLACE)
            edges = [at for mark in made.marks for at in (mark.start, mark.end)]
            assert edges == sorted(edges)
        small = worn(start, random, lower=0.5, upper=0.5, typos=0)
        assert small.text in (start.text.lower(), start.text.upper())
        assert small.marks == start.marks


def test_every_template_is_filled() -> None:
    random = Random(4)
    made = list(filled(Names(COUNTS, OTHERS, random), random, 1))
    assert len(made) > 300
    for one in made:
        assert "{" not in one.text
        assert all(one.text[mark.start : mark.end].strip() for mark in one.marks)


def test_nobody_is_where_there_is_no_pronoun() -> None:
    random = Random(5)
    names = Names(COUNTS, OTHERS, random)
    assert named(Example("Badet är stängt", ()), names, random) is None


@pytest.fixture
def corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(gazetteer, "NAMES", tmp_path / "names.txt")
    monkeypatch.setattr(train, "_TEMPLATES", 1)
    monkeypatch.setitem(train._PARAMETERS, "max_iterations", 15)
    (tmp_path / "news.txt").write_text(NEWS * 90, "utf-8")
    (tmp_path / "comments.jsonl").write_text("", "utf-8")
    (tmp_path / "counts").mkdir()
    rows = "".join(f"{name},{count}\n" for name, count in COUNTS)
    (tmp_path / "counts" / "all.csv").write_text("name,persons\n" + rows, "utf-8")
    options = {"klintan": "news.txt", "comments": "comments.jsonl", "names": "counts"}
    words = [word for name, to in options.items() for word in (f"--{name}", str(tmp_path / to))]
    return [*words, "--out", str(tmp_path / "small.crfsuite.xz")]


def test_a_small_model_finds_what_it_was_shown(corpora: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(train.main, corpora, catch_exceptions=False)
    gazetteer.given_names.cache_clear()
    assert "news, kept apart: precision 1.000" in done.stderr
    assert gazetteer.given_names.__wrapped__() == {"anna": 4, "olle": 3, "maj": 3, "per": 4}
    assert not list(tmp_path.glob("*.trial"))
    text = "Rektor Gunhild Ekman, i Tallköping."
    tags, _ = Tagger(tmp_path / "small.crfsuite.xz").tags(text, [one.text for one in tokens(text)])
    assert tags[:4] == ["O", "B", "I", "O"]


def test_the_same_corpora_make_the_same_model(corpora: list[str], tmp_path: Path) -> None:
    path = tmp_path / "small.crfsuite.xz"
    made = []
    for _ in range(2):
        CliRunner().invoke(train.main, [*corpora, "--no-measure"], catch_exceptions=False)
        made.append(path.read_bytes())
    gazetteer.given_names.cache_clear()
    assert made[0] == made[1]
