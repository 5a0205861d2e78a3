"""How anything here is measured: product and peers in one run, taking turns, medians of the rounds.

CPU time is the figure (this process, its threads and the children it waited for); wall time stands
beside it. What a contender needs beforehand is made outside the clock.
"""

from __future__ import annotations

import gc
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

Timed = Callable[[], int]


class Contender(NamedTuple):
    """`prepare` gets an empty folder and returns the work to time, which returns how many units it
    did. `peer`: somebody else's program."""

    name: str
    prepare: Callable[[Path], Timed]
    peer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Medians over the rounds, in microseconds per unit."""

    bench: str
    name: str
    peer: bool
    unit: str
    cpu: float
    wall: float
    units: int
    rounds: int
    goal: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.goal is None else self.cpu <= self.goal

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One figure over another, and the most it may be."""

    bench: str
    name: str
    value: float
    goal: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.value <= self.goal

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "met": self.met}


def cpu() -> float:
    """Seconds of CPU this process and its finished children have used, in user and system mode."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def compare(
    bench: str,
    contenders: Sequence[Contender],
    *,
    unit: str,
    rounds: int,
    goals: dict[str, float] | None = None,
    note: str = "",
) -> list[Figure]:
    """Run every contender once per round, each round beginning with another one."""
    taken: dict[str, list[tuple[float, float]]] = {one.name: [] for one in contenders}
    units = dict.fromkeys(taken, 0)
    for turn in range(rounds):
        at = turn % len(contenders)
        for one in (*contenders[at:], *contenders[:at]):
            folder = Path(tempfile.mkdtemp(prefix="bench-"))
            try:
                work = one.prepare(folder)
                gc.collect()
                wall, used = time.perf_counter(), cpu()
                units[one.name] = work()
                used, wall = cpu() - used, time.perf_counter() - wall
                count = units[one.name]
                taken[one.name].append((used / count * 1e6, wall / count * 1e6))
            finally:
                shutil.rmtree(folder)
    return [
        Figure(
            bench=bench,
            name=one.name,
            peer=one.peer,
            unit=unit,
            cpu=statistics.median(used for used, _ in taken[one.name]),
            wall=statistics.median(wall for _, wall in taken[one.name]),
            units=units[one.name],
            rounds=rounds,
            goal=(goals or {}).get(one.name),
            note=note,
        )
        for one in contenders
    ]


def ratio(figures: Iterable[Figure], name: str, peer: str, *, goal: float | None = None) -> Ratio:
    """CPU of `name` over CPU of `peer`, both of one benchmark."""
    by_name = {figure.name: figure for figure in figures}
    bench = by_name[name].bench
    return Ratio(
        bench=bench, name=f"{name} / {peer}", value=by_name[name].cpu / by_name[peer].cpu, goal=goal
    )


_MARKS = {True: "✓", False: "✗", None: ""}


def table(figures: Iterable[Figure], ratios: Iterable[Ratio]) -> str:
    """Both as Markdown."""
    lines = [
        "| | work | CPU µs | wall µs | goal (CPU) | |",
        "|---|---|--:|--:|--:|---|",
    ]
    for one in figures:
        name = f"*{one.name}*" if one.peer else one.name
        goal = "" if one.goal is None else f"≤ {one.goal:g}"
        lines.append(
            f"| {one.bench} | {name}, per {one.unit} | {one.cpu:.1f} | {one.wall:.1f} | {goal} "
            f"| {_MARKS[one.met]} |"
        )
    lines += ["", "| | ratio | value | goal | |", "|---|---|--:|--:|---|"]
    for each in ratios:
        goal = "" if each.goal is None else f"≤ {each.goal:g}"
        lines.append(
            f"| {each.bench} | {each.name} | {each.value:.2f} | {goal} | {_MARKS[each.met]} |"
        )
    return "\n".join(lines)
