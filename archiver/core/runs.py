"""Entries of the log as runs of (first, size), the short form in which clear entries name them.

Runs rise by number and do not overlap. Standard library only: the offline verifier carries this
module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archiver.errors import NotCanonical

RUNS_IN_AN_ENTRY = 12

Runs = tuple[tuple[int, int], ...]


def in_runs(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """The shortest runs over some numbers."""
    runs: list[tuple[int, int]] = []
    for seq in sorted(set(seqs)):
        if runs and seq == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((seq, 1))
    return runs


def parted(seqs: Iterable[int]) -> Iterator[Runs]:
    """The runs over some numbers, as many together as an entry holds."""
    runs = in_runs(seqs)
    for start in range(0, len(runs), RUNS_IN_AN_ENTRY):
        yield tuple(runs[start : start + RUNS_IN_AN_ENTRY])


def numbers(runs: Iterable[Sequence[int]]) -> Iterator[int]:
    """The numbers that runs name, rising."""
    for first, size in runs:
        yield from range(first, first + size)


def parse_runs(rows: object) -> Runs:
    """The runs in an entry's facts; `NotCanonical` if they are none, or not of their form."""
    if not isinstance(rows, list | tuple) or not 0 < len(rows) <= RUNS_IN_AN_ENTRY:
        raise NotCanonical("An entry names no runs of entries, or too many.")
    runs, end = list[tuple[int, int]](), 0
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != 2:
            raise NotCanonical("An entry holds a run of another length.")
        first, size = count(row[0]), count(row[1])
        if first < end or not size:
            raise NotCanonical("An entry's runs overlap or do not rise.")
        runs.append((first, size))
        end = first + size
    return tuple(runs)


def count(value: object) -> int:
    """A count in an entry's facts; `NotCanonical` for anything else."""
    if type(value) is not int or not 0 <= value < 10**15:
        raise NotCanonical("An entry holds something else than a count.")
    return value
