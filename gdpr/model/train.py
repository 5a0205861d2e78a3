"""Trains the name model: `python -m gdpr.model.train --klintan … --comments … --names …`.

Writes the list of given names and the model beside this file, and prints the metrics that
`datasheet.md` records, measured on sentences that the measured model was not trained on. The
shipped one is then trained on everything. The same corpora, seed and version of CRFsuite make the
same file.
"""

from __future__ import annotations

import lzma
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

import click
import pycrfsuite

from gdpr.model import gazetteer
from gdpr.model.augment import Names, exchanged, filled, named, worn
from gdpr.model.corpora import BODY, PERSON, PLACE, Example, bearers, comments, news
from gdpr.model.features import casing, features
from gdpr.model.tagger import BEGIN, CERTAIN, INSIDE, MODEL, OTHER, OUTSIDE, Tagger
from gdpr.model.tokens import tokens

SEED = 20261123
_BLOCK, _PARTS = 40, 7  # every seventh block of forty sentences is kept apart for measuring
_PARAMETERS = {
    "c1": 0.2,
    "c2": 0.1,
    "max_iterations": 90,
    "feature.minfreq": 3,
    "feature.possible_transitions": True,
}
_TEMPLATES = 4
_NAMED = 0.5


def tagged(one: Example) -> tuple[list[str], list[str]]:
    """The words of an example and their right tags."""
    words: list[str] = []
    tags: list[str] = []
    for word, start, end in tokens(one.text):
        tag = OUTSIDE
        for mark in one.marks:
            if start < mark.end and mark.start < end:
                first = start <= mark.start or not tags or tags[-1] not in (BEGIN, INSIDE)
                tag = (BEGIN if first else INSIDE) if mark.label == PERSON else OTHER
        words.append(word)
        tags.append(tag)
    return words, tags


def parts(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """What to train on, and what is kept apart."""
    kept: tuple[list[Example], list[Example]] = ([], [])
    for at, one in enumerate(examples):
        kept[at // _BLOCK % _PARTS == _PARTS // 2].append(one)
    return kept


def material(
    articles: Sequence[Example],
    comment: Sequence[Example],
    counts: Sequence[tuple[str, int]],
    random: Random,
) -> Iterator[Example]:
    """Everything to train on, with what is made of it."""
    names = Names(counts, _others(articles), random)
    for one in articles:
        yield one
        if random.random() < 0.8:
            yield worn(one, random, lower=1, upper=0, typos=0)
        if random.random() < 0.1:
            yield worn(one, random, lower=0, upper=1, typos=0)
        if random.random() < _NAMED and (other := named(one, names, random)):
            yield worn(other, random, lower=0.4, upper=0.06, typos=0.1)
        if any(mark.label == PERSON for mark in one.marks):
            changed = exchanged(one, names, random)
            yield worn(changed, random, lower=0.4, upper=0.06, typos=0.1)
    for one in comment:
        changed = exchanged(one, names, random) if random.random() < 0.5 else one
        yield worn(changed, random, lower=0.2, upper=0.05, typos=0.1)
    for one in filled(names, random, _TEMPLATES):
        if random.random() < 0.3 and (other := named(one, names, random)):
            yield worn(other, random, lower=0.35, upper=0.08, typos=0.15)
        yield worn(one, random, lower=0.35, upper=0.08, typos=0.15)


def _others(articles: Iterable[Example]) -> Mapping[str, Sequence[str]]:
    found: dict[str, set[str]] = {PLACE: set(), BODY: set()}
    for one in articles:
        for mark in one.marks:
            if mark.label in found:
                found[mark.label].add(one.text[mark.start : mark.end])
    return {label: sorted(words) for label, words in found.items()}


def train(examples: Iterable[Example], path: Path) -> int:
    """Train on the examples and write the model, compressed; how many there were."""
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_PARAMETERS)
    count = 0
    for one in examples:
        words, tags = tagged(one)
        if words:
            trainer.append(features(words, casing(one.text)), tags)
            count += 1
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model"
        trainer.train(str(plain))
        path.write_bytes(lzma.compress(plain.read_bytes(), preset=9))
    return count


def exact(path: Path, examples: Iterable[Example]) -> tuple[float, float, float]:
    """Precision, recall and F of whole names, as they are suggested."""
    tagger = Tagger(path)
    both = found = there = 0
    for one in examples:
        words, tags = tagged(one)
        if words:
            right = _names(tags)
            guess, likely = tagger.tags(one.text, words)
            said = {
                (begin, end)
                for begin, end in _names(guess)
                if sum(likely[begin:end]) >= CERTAIN * (end - begin)
            }
            both, found, there = both + len(right & said), found + len(said), there + len(right)
    precision, recall = both / max(1, found), both / max(1, there)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _names(tags: Sequence[str]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    begin = None
    for at, tag in enumerate([*tags, OUTSIDE]):
        if begin is not None and tag != INSIDE:
            found.add((begin, at))
            begin = None
        if tag == BEGIN or (tag == INSIDE and begin is None):
            begin = at
    return found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--klintan", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--comments", "comment", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--names", "folder", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=MODEL, show_default=True)
@click.option("--measure/--no-measure", default=True, help="First one on six sevenths, to measure.")
def main(klintan: Path, comment: Path, folder: Path, out: Path, *, measure: bool) -> None:
    """Train the name model from corpora on this machine.

    \b
    python -m gdpr.model.train --klintan train_corpus.txt \\
        --comments comments_train.jsonl --names scb-names/
    """
    counts = list(bearers(folder))
    gazetteer.NAMES.write_text(gazetteer.trimmed(counts), "utf-8")
    gazetteer.given_names.cache_clear()
    articles, remarks = list(news(klintan)), list(comments(comment))
    if measure:
        learnt, apart = parts(articles)
        trial = out.with_suffix(".trial")
        train(material(learnt, remarks, counts, _random()), trial)
        _tell("news, kept apart", exact(trial, apart))
        lower = [worn(one, _random(), lower=1, upper=0, typos=0) for one in apart]
        _tell("the same, small letters", exact(trial, lower))
        trial.unlink()
    count = train(material(articles, remarks, counts, _random()), out)
    click.echo(f"{count} examples, {out.stat().st_size:,} bytes", err=True)


def _random() -> Random:
    return Random(SEED)  # noqa: S311 (nothing secret is drawn)


def _tell(what: str, figures: tuple[float, float, float]) -> None:
    precision, recall, f = figures
    click.echo(f"{what}: precision {precision:.3f}, recall {recall:.3f}, F {f:.3f}", err=True)


if __name__ == "__main__":
    sys.exit(main())
