"""What people write in answers, before it leaves: it tells nothing that the releases hide.

A reason that repeats a masked name undoes the mask. So each text is looked through when it is
written, and a text that tells something is refused with what kind it is and where, never with what
stands there; whoever wrote it writes it anew. A surname alone does not stop the names of officials,
who may share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archiver.core.access import Viewer
from archiver.errors import RuleViolation
from exports.requests.given_out import GivenOut
from gdpr.leak import Kind, Leak, Output

_OFFICIALS = frozenset({"title", "rapporteur", "others"})
_TOLD = 6  # leaks that an error names


class TellsTooMuch(RuleViolation):
    """A text tells what is hidden; `leaks`: what and where."""

    def __init__(self, leaks: Iterable[Leak]) -> None:
        self.leaks = tuple(leaks)
        told = "; ".join(
            f"{one.output.removesuffix('.txt')}, {one.place}: {one.kind} ({one.ref})"
            for one in self.leaks[:_TOLD]
        )
        super().__init__(
            f"What is written tells what the release hides: {told}.",
            remedy="Nothing was recorded. Write it without what is named.",
        )


def refuse(
    given_out: GivenOut, viewer: Viewer, request: int, texts: Mapping[str, str], known: str = ""
) -> None:
    """`TellsTooMuch` if one of the texts, by its name, tells what a request's releases hide;
    `known`: words that stand in the paper anyway."""
    written = [Output(f"{name}.txt", text.encode()) for name, text in texts.items() if text.strip()]
    found = [one for one in given_out.leaks(viewer, request, written, known) if not _shared(one)]
    if found:
        raise TellsTooMuch(found)


def _shared(one: Leak) -> bool:
    """Whether it is a surname, or the like of one, among the officials."""
    likeness = one.kind is Kind.SUSPECT and one.ref.startswith("mask ")
    return likeness and one.output.removesuffix(".txt") in _OFFICIALS
