"""What releases tell the answers of a request (`exports.requests.given_out`).

What counts is the newest release that says something of a version; where none was made, since all
of it is refused, the draft in which its records were withheld. A decision's sections are counted
from that and from nothing else. The records as they are, for the court, are those that were masked
or withheld; what was stopped is not among them, nor the addresses that may quote it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from archiver.core.access import Viewer
from archiver.core.egress import Purpose
from archiver.core.egress import release as let_out
from archiver.db.apart import under_apart
from archiver.errors import NotFound
from archiver.ledger.service import Ledger
from exports.core.masked import WAYS
from exports.core.release import Because, Item, ItemDecision, ReleaseSet, set_of
from exports.core.ruling import OtherGround, Used
from exports.release import queries
from exports.release.drafts import Release
from exports.release.files import ending, stored_files
from exports.release.service import Releases
from exports.requests.given_out import Assessed, File, Handed
from gdpr.core.ground import Citation
from gdpr.leak import Leak, Output

_OTHER: Mapping[Because, OtherGround] = {
    Because.NOT_OFFICIAL: OtherGround.NOT_OFFICIAL,
    Because.CANNOT_COMPILE: OtherGround.CANNOT_COMPILE,
}


class ToldByReleases:
    """The port `exports.requests.given_out.GivenOut`, by the releases of a home."""

    def __init__(self, ledger: Ledger, releases: Releases) -> None:
        self._ledger, self._releases = ledger, releases

    def used(self, viewer: Viewer, request: int) -> Sequence[Used]:
        """The sections that masks and withheld records rest on."""
        masks, withheld = Counter[Citation](), Counter[Citation]()
        for item, cited in self._standing(viewer, request):
            if item.decision is ItemDecision.MASKED:
                masks.update(cited)
            elif item.decision is ItemDecision.WITHHELD and item.because is Because.SECRECY:
                withheld.update(item.citations)
        return [
            Used(
                clause=one.clause,
                masks=masks[one],
                withheld=withheld[one],
                activity=one.activity,
                through=one.through,
            )
            for one in sorted(masks.keys() | withheld.keys(), key=_order)
        ]

    def other(self, viewer: Viewer, request: int) -> Sequence[tuple[OtherGround, int]]:
        """On which other grounds how many records were withheld."""
        found = Counter(
            _OTHER[item.because]
            for item, _ in self._standing(viewer, request)
            if item.decision is ItemDecision.WITHHELD and item.because in _OTHER
        )
        return sorted(found.items())

    def handed(self, viewer: Viewer, request: int) -> Sequence[Handed]:
        """The releases that were made, in order."""
        found = []
        for one in self._made(viewer, request):
            said = self._said(one)
            items = set_of(said["set"]).items
            ways = self._releases.drafts.delivered(viewer, one.seq)
            found.append(
                Handed(
                    seq=int(one.made or 0),
                    at=int(said["at"]),
                    way=ways[-1] if ways else "",
                    files=tuple((str(name), str(digest)) for name, digest in said["files"]),
                    records=sum(item.leaves for item in items),
                    masks=len(said["set"]["masks"]),
                    withheld=sum(item.decision is ItemDecision.WITHHELD for item in items),
                )
            )
        return found

    def assessed(self, viewer: Viewer, request: int) -> Sequence[Assessed]:
        """What was decided on each version, with the sections it rests on."""
        found = []
        for item, cited in self._standing(viewer, request):
            if item.decision is None:
                continue
            masks = Counter(str(one.clause) for one in cited)
            if item.decision is not ItemDecision.MASKED:
                masks = Counter({str(one.clause): 0 for one in item.citations})
            because = item.because.value if item.because is not Because.SECRECY else ""
            found.append(
                Assessed(
                    record=item.record,
                    n=item.n,
                    decision=item.decision.value,
                    because=because if item.decision is ItemDecision.WITHHELD else "",
                    clauses=tuple(sorted(masks.items())),
                )
            )
        return sorted(found, key=lambda one: (one.record, one.n))

    def masked(self, viewer: Viewer, request: int) -> Sequence[File]:
        """The files of every release, made again."""
        return [
            File(f"{one.seq}-{output.name}", output.content)
            for one in self._made(viewer, request)
            for output in self._releases.render(viewer, one.seq).outputs
        ]

    def whole(self, viewer: Viewer, request: int) -> Sequence[File]:
        """The files of its releases with nothing hidden, and the fields and files of what was
        withheld in none of them. `NotFound` if one of them cannot be opened any more."""
        made = {one.seq: set_of(self._said(one)["set"]) for one in self._made(viewer, request)}
        inside = {item.version for one in made.values() for item in one.items}
        files = [
            File(f"{seq}-omaskat-{output.name}", output.content)
            for seq, found in made.items()
            if _hides(found)
            for output in self._releases.whole(viewer, seq)
        ]
        for item, _ in self._standing(viewer, request):
            if item.decision is ItemDecision.WITHHELD and item.version not in inside:
                files += self._whole(viewer, item)
        return files

    def leaks(
        self, viewer: Viewer, request: int, texts: Sequence[Output], known: str = ""
    ) -> Sequence[Leak]:
        """What texts that people wrote tell of what its releases hide."""
        return self._releases.leaks_in(viewer, request, texts, known)

    # --- within ------------------------------------------------------------------------------

    def _whole(self, viewer: Viewer, item: Item) -> list[File]:
        name = f"R{item.record}-{item.n}"
        with self._ledger.database.read() as connection:
            known = [one.seq for one in queries.versions(connection, [item.record])]
            opened = self._ledger.open(known, protected=True)
            if item.version not in opened:
                raise NotFound(
                    f"{item.name} cannot be opened: the package would lack it.",
                    remedy="It was stopped or disposed of. Tell the court what is missing.",
                )
            envelopes = {seq: one.envelope for seq, one in opened.items()}
            files = stored_files(self._ledger, connection, item.record, item.version, envelopes)
            above = under_apart(connection, [item.record]).get(item.record)
        allowed = let_out(viewer, Purpose.DISCLOSURE, envelopes[item.version])
        if above is not None and above.stopped:
            allowed = {name: value for name, value in allowed.items() if name not in WAYS}
        text = json.dumps(allowed, ensure_ascii=False, sort_keys=True, indent=1)
        return [
            File(f"{name}.json", text.encode()),
            *(File(f"{name}-{one.number + 1}{ending(one.mime)}", one.content) for one in files),
        ]

    def _made(self, viewer: Viewer, request: int) -> list[Release]:
        return [one for one in self._releases.drafts.all(viewer, request) if one.made is not None]

    def _said(self, one: Release) -> Any:
        assert one.made is not None
        return self._ledger.open_one(one.made).envelope

    def _standing(self, viewer: Viewer, request: int) -> list[tuple[Item, list[Citation]]]:
        """Each version as the newest release has it, with what each of its masks cites."""
        found: dict[int, tuple[Item, list[Citation]]] = {}
        made = self._made(viewer, request)
        for one in made:
            release_set = set_of(self._said(one)["set"])
            for item in release_set.items:
                cited = [c for kept in release_set.masks_of(item) for c in kept.mask.citations]
                found[item.version] = (item, cited)
        every = self._releases.drafts.all(viewer, request)
        for one in [one for one in every if one.made is None][-1:]:
            for item in one.items:  # after a part, what is withheld of the rest counts too
                if not made or item.decision is ItemDecision.WITHHELD:
                    found.setdefault(item.version, (item, []))
        return [found[version] for version in sorted(found)]


def _hides(found: ReleaseSet) -> bool:
    return bool(found.masks or found.withheld)


def _order(one: Citation) -> tuple[Any, str, str]:
    return one.clause, one.activity, str(one.through or "")
