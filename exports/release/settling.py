"""What follows from a release that was made: its masks are confirmed, its request's step is taken.

The release's entry comes first, so whoever dies in between leaves a release without its step; the
tables tell which. Invariants: the step is taken once, whoever takes it; none is taken where the
request has gone on since, be it answered by hand, reopened or closed; taking it again does nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import structlog

from archiver.core.access import LOCAL, Viewer
from archiver.errors import DiarkivError, RuleViolation
from archiver.ledger.service import Ledger
from exports.core.access_request import Step, Taken, take
from exports.core.release import ReleaseSet, set_of
from exports.release import queries
from exports.release.neighbours import MaskSource
from exports.release.queries import ReleaseRow
from exports.requests.service import Requests

_log = structlog.get_logger(__name__)


class Settling:
    """Settles the releases of a home."""

    def __init__(self, ledger: Ledger, requests: Requests, masks: MaskSource) -> None:
        self._ledger, self._requests, self._masks = ledger, requests, masks

    def settle(self) -> int:
        """Do what follows from every release after which it was not done; of how many it was. What
        cannot be done is told in the program's log, and keeps no other waiting."""
        with self._ledger.database.read() as connection:
            rows = queries.unsettled(connection)
        done = 0
        for row in rows:
            try:
                self.follow(LOCAL, row)
                done += 1
            except DiarkivError as error:
                _log.warning("release.unsettled", release=row.seq, code=error.code)
        return done

    def before(self, request: int) -> None:
        """Do what follows from a request's earlier releases, before another is made. Raises as
        `Requests.take` does."""
        with self._ledger.database.read() as connection:
            rows = queries.unsettled(connection, request)
        for row in rows:
            self.follow(LOCAL, row)

    def follow(self, viewer: Viewer, row: ReleaseRow) -> None:
        """Confirm the masks of a release that was made, and take its request's step unless the
        request has gone on. Raises as `Requests.take` does."""
        said, release_set = self._said(row)
        with self._ledger.database.read() as connection:
            if row.seq not in {one.seq for one in queries.unsettled(connection, row.request)}:
                return
        self._masks.confirm(viewer, release_set.masks, row.request)
        taken = self._taken(viewer, row, said)
        self._requests.take(viewer, row.request, taken, unless_after=row.made)

    def untaken(self, viewer: Viewer, row: ReleaseRow) -> str:
        """Why the step of a release that was made is not among its request's; "" if it is."""
        said, _ = self._said(row)
        taken = self._taken(viewer, row, said)
        request = self._requests.get(viewer, row.request)
        if any((one.reason, one.step) == (taken.reason, taken.step) for one in request.steps):
            return ""
        with self._ledger.database.read() as connection:
            if row.seq in {one.seq for one in queries.unsettled(connection, row.request)}:
                return "The worker takes the request's step, within a minute."
        try:
            take(request.standing, taken)
        except RuleViolation as error:
            return str(error)
        return "The request went on without it."

    def _taken(self, viewer: Viewer, row: ReleaseRow, said: Any) -> Taken:
        """The step that a release was made with, by what its entry says; an answer is what all
        releases of the request amount to."""
        step = Step(said["step"])
        answers = step is Step.ANSWER
        return Taken(
            step=step,
            day=date.fromisoformat(said["day"]),
            actor=int(said["actor"]),
            answer=self._requests.extent(viewer, row.request).answer if answers else None,
            told=bool(said.get("told", False)),
            reason=reason(row.seq),
        )

    def _said(self, row: ReleaseRow) -> tuple[Any, ReleaseSet]:
        assert row.made is not None
        said: Any = self._ledger.open_one(row.made).envelope
        return said, set_of(said["set"])


def reason(release: int) -> str:
    """What the request's step says of the release it was taken for."""
    return f"Utlämnande {release}"
