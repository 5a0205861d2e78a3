"""What the alerts are told of disposals: those that do not go on, those that were ended, and what
was disposed of and is shown changed.

Read anew each minute from the log's tables, so that nothing need be remembered: it costs as much as
there are open disposals, and those that ended in the last days. What cannot be read makes the facts
less than whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from archiver.core.access import LOCAL
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger
from archiver.notify.alert import HOUR, Facts
from archiver.notify.matter import of_disposals
from retention.core.disposal import DAY, State
from retention.disposal import queries
from retention.disposal.queries import DisposalRow
from retention.disposal.service import Disposals

NEWS = 7 * DAY  # how long what was ended or seen is told of
# How long each state may last, once its waiting time is over, and what is said of it then.
_PATIENCE: Mapping[State, tuple[int, str]] = {
    State.CONFIRMED: (24 * HOUR, "waiting"),
    State.INTENDED: (HOUR, "unstamped"),
    State.KEYS_DESTROYED: (HOUR, "unfinished"),
}
_TOLD = frozenset({*_PATIENCE, State.ABORTED})


class DisposalMatters:
    """The disposals of one home, as alerts tell of them. `codes`: authority → its code."""

    def __init__(
        self, ledger: Ledger, disposals: Disposals, codes: Callable[[], Mapping[int, str]]
    ) -> None:
        self._ledger, self._disposals, self._codes = ledger, disposals, codes

    def added_to(self, facts: Facts, now: int) -> Facts:
        """These facts, with what is to be said of disposals at `now` (milliseconds UTC)."""
        if not self._ledger.database.exists():
            return facts
        try:
            with self._ledger.database.read() as connection:
                rows = queries.disposals(connection, states=_TOLD)
                shown = queries.changed_after(connection, since=now - NEWS)
            told = [(row, why) for row in rows if (why := self._why(row, now))]
            codes = self._codes() if told else {}
        except DiarkivError as error:
            return replace(facts, whole=False, integrity=facts.integrity or error.code)
        newest: dict[int, int] = {}
        for one in shown:
            newest[one.channel] = max(one.at, newest.get(one.channel, 0))
        said = of_disposals(
            [(row.seq, codes.get(row.authority, ""), why, _since(row)) for row, why in told],
            sorted(newest.items()),
        )
        return replace(facts, matters=(*facts.matters, *said))

    def _why(self, row: DisposalRow, now: int) -> str:
        """The code of what stands in a disposal's way, or ended it; "" if it is well."""
        if row.state is State.ABORTED:
            fresh = now - row.changed_at < NEWS
            return self._disposals.get(LOCAL, row.seq).reason if fresh else ""
        patience, why = _PATIENCE[row.state]
        return why if now - _since(row) > patience else ""


def _since(row: DisposalRow) -> int:
    """Since when a disposal is where it is, though it could go on."""
    return max(row.changed_at, row.waits_until or 0, row.intended_at or 0)
