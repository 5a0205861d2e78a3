"""Alerts of a home: looks at how it stands, decides what is to be said, and sends it.

One method, `tick`, which the worker calls each minute in a thread of its own (and `diarkiv alert
check` where no worker runs). A mail server that is down stops nothing: the message waits, is tried
again after a minute, two, four … at most six hours, and `diarkiv doctor` says so. Whom an e-mail
goes to is decided when it is sent, so that it finds whoever is on duty then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
import structlog

from archiver.core.access import LOCAL
from archiver.core.alert import Alert, Audience, Kind, Phase, Severity
from archiver.core.canonical import Json
from archiver.core.egress import Purpose, release
from archiver.core.ports import Notifier
from archiver.db.notices import AlertRow, Backlog, Message, NewMessage, Notices
from archiver.errors import DiarkivError, NotDelivered
from archiver.notify.alert import HOUR, ONCE, Facts, Held, Say, conditions, decide
from archiver.notify.duty import on_duty, parse, reached
from archiver.notify.matter import STEPS, whom

EVERY = 60.0  # seconds between two ticks of the worker
FIRST_WAIT = 60_000  # milliseconds after the first failure; doubled with each further one
LONGEST_WAIT = 6 * HOUR
LEASE = 300_000  # milliseconds one attempt may take before another may begin
MOST = 50  # messages in one tick
KEEP = 30 * 24 * HOUR  # how long messages that are done are kept
_DOUBLINGS = 12
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When things are said: `unseen_after` milliseconds without a look, and again `repeat_after`
    milliseconds while nobody has acknowledged it."""

    unseen_after: int = 24 * HOUR
    repeat_after: int = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What a tick did: messages put on their way, taken over by others, and failed."""

    said: int = 0
    sent: int = 0
    failed: int = 0


class Alerts:
    """The alerts of one home. `origin`: the name of its log, which keeps its numbers apart from
    other homes'; `facts`: how it stands now; `place`: authority code and platform of a channel;
    `reminded` notes, once, that a reminder of a handover (its stage) was taken over.
    `find`: where a user is reached, "" for who must not be or cannot.
    """

    def __init__(
        self,
        notices: Notices,
        notifiers: Sequence[Notifier],
        *,
        origin: str,
        facts: Callable[[int], Facts],
        place: Callable[[int], tuple[str, str]],
        pace: Pace | None = None,
        reminded: Callable[[int, str], None] = lambda _handover, _stage: None,
        find: Callable[[int], str] = lambda _user: "",
    ) -> None:
        self._notices = notices
        self._notifiers: Mapping[str, Notifier] = {one.way: one for one in notifiers}
        self._origin, self._facts, self._place = origin, facts, place
        self._pace = pace or Pace()
        self._reminded = reminded
        self._find = find

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways that are set up ("email", "webhook")."""
        return tuple(self._notifiers)

    def tick(self, now: int) -> Ticked:
        """Say what is to be said at `now` (milliseconds UTC) and send what waits. Without any way
        that is set up nothing is decided: it will all be news when there is one."""
        if not self._notifiers:
            return Ticked()
        self._note_reminders()  # what a crash kept from being noted, before it is judged again
        facts = self._facts(now)
        said = self._notices.settle(lambda held: self._settled(now, facts, held), now)
        sent, failed = self._deliver(now, facts)
        self._note_reminders()
        self._notices.prune(now - KEEP)
        return Ticked(said=said, sent=sent, failed=failed)

    def test(self, now: int, severity: Severity = Severity.ORDINARY) -> dict[str, str]:
        """Send a test by every way at once, past the queue: way → why it failed, "" if it went."""
        say = Say(
            phase=Phase.RAISED, key=f"test/{now}", kind=Kind.TEST, severity=severity,
            channel=None, since=now,
        )  # fmt: skip
        alert = Alert.of(self._fields(now, say))
        outcome = {}
        for way, notifier in self._notifiers.items():
            try:
                self._hand_over(notifier, alert, now)
                outcome[way] = ""
            except NotDelivered as error:
                outcome[way] = str(error)
        return outcome

    def backlog(self) -> Backlog:
        """What waits to be sent, for `doctor`."""
        return self._notices.backlog()

    # --- deciding ----------------------------------------------------------------------------

    def _settled(
        self, now: int, facts: Facts, rows: Sequence[AlertRow]
    ) -> tuple[Iterable[AlertRow], Iterable[NewMessage]]:
        decision = decide(
            now,
            conditions(now, facts, unseen_after=self._pace.unseen_after),
            {row.key: _held(row) for row in rows},
            repeat_after=self._pace.repeat_after,
            whole=facts.whole,
        )
        messages = []
        for say in decision.say:
            fields = self._fields(now, say)
            body = orjson.dumps(fields).decode()
            number = str(fields["number"])
            messages += [NewMessage(number, say.key, way, body) for way in self._notifiers]
        held = sorted(decision.held, key=lambda one: one.key)
        return [_row(one) for one in held], messages

    def _fields(self, now: int, say: Say) -> dict[str, Json]:
        """What may leave the house of one thing to be said."""
        code, platform = (say.code, "") if say.channel is None else self._place(say.channel)
        cleared = say.phase is Phase.CLEARED
        when = f"{say.phase.value}\x00{now}"
        alert = Alert(
            number=self._number(say.key, say.reasons[0] if say.kind in ONCE else when),
            kind=say.kind,
            severity=say.severity,
            phase=say.phase,
            at=now,
            since=say.since,
            until=now if cleared else None,
            channel=say.channel,
            authority_code=code,
            platform=platform,
            reasons=say.reasons,
            count=say.count,
            days=say.days,
            hours=say.hours,
            item=say.item,
            step=say.step,
        )
        return release(LOCAL, Purpose.ALERT, alert.fields())

    def _number(self, key: str, what: str) -> str:
        """A message's number. What is said once has the same whenever it is said."""
        told = f"{self._origin}\x00{key}\x00{what}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def _note_reminders(self) -> None:
        """Have it noted of every reminder that stands that it was taken over."""
        stages: dict[str, tuple[int, str]] = {}
        for row in self._notices.standing():
            if row.kind == Kind.HANDOVER:
                for stage in row.signature.split(","):
                    stages[self._number(row.key, stage)] = int(row.key.partition("/")[2]), stage
        for number in sorted(self._notices.delivered(list(stages))):
            try:
                self._reminded(*stages[number])
            except DiarkivError as error:  # it keeps nobody from being told; next time it is noted
                _log.error("alert.reminder_not_noted", code=error.code)

    # --- sending -----------------------------------------------------------------------------

    def _deliver(self, now: int, facts: Facts) -> tuple[int, int]:
        sent = failed = 0
        for _ in range(MOST):
            message = self._notices.take(now, self.ways, LEASE)
            if message is None:
                break
            alert = Alert.of(orjson.loads(message.body))
            if alert.kind is Kind.HANDOVER and facts.whole and alert.item not in facts.late:
                self._notices.give_up(message.id, now)  # it has its receipt or answer by now
            elif self._send(message, alert, now):
                sent += 1
            else:
                failed += 1
        return sent, failed

    def _send(self, message: Message, alert: Alert, now: int) -> bool:
        """Whether a message was taken over; if not, when it is tried again is noted."""
        try:
            self._hand_over(self._notifiers[message.way], alert, now)
        except DiarkivError as error:
            reason = error.reason if isinstance(error, NotDelivered) else error.code
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(message.attempts - 1, _DOUBLINGS))
            self._notices.failed(message.id, reason, now + wait)
            _log.warning(
                "alert.not_delivered", way=message.way, reason=reason, attempts=message.attempts
            )
            return False
        self._notices.done(message.id, now)
        _log.info("alert.delivered", way=message.way, alert=message.number)
        return True

    def _hand_over(self, notifier: Notifier, alert: Alert, now: int) -> None:
        audience = self._audience(alert, now) if notifier.is_addressed else Audience()
        notifier.send(alert, audience)

    def _audience(self, alert: Alert, now: int) -> Audience:
        """The recipients, and for what is urgent also whoever is on duty now. A reminder goes to
        one after the other."""
        to = [one.address for one in self._notices.recipients()]
        if alert.kind is not Kind.HANDOVER and alert.severity is not Severity.URGENT:
            return Audience(addresses=tuple(dict.fromkeys(to)))
        roster = parse(self._notices.roster())
        duty, missed = reached(on_duty(now, roster), self._find)
        if alert.kind is Kind.HANDOVER:
            # One that nobody takes over for a day goes to the next step's addresses too.
            step = min(STEPS, (alert.step or 1) + (now - alert.at) // (24 * HOUR))
            return Audience(addresses=whom(step, duty, to), missed=missed)
        return Audience(
            addresses=tuple(dict.fromkeys([*to, *duty])),
            nobody_on_duty=bool(roster.lines) and not duty,
            missed=missed,
        )


def keep_telling(tick: Callable[[], object], stop: Callable[[float], bool]) -> None:
    """The worker's teller, in a thread of its own: a tick each minute until `stop`, which waits for
    so many seconds and says whether to end. What goes wrong is logged and ends nothing."""
    while True:
        try:
            tick()
        except DiarkivError as error:
            _log.error("alert.error", code=error.code)
        except Exception as error:  # noqa: BLE001 its words may quote what was harvested
            _log.error("alert.fault", error=type(error).__name__)
        if stop(EVERY):
            return


def _held(row: AlertRow) -> Held:
    return Held(
        key=row.key,
        kind=Kind(row.kind),
        severity=Severity(row.severity),
        channel=row.channel,
        reasons=frozenset(row.signature.split(",")) - {""},
        since=row.since,
        told_at=row.told_at,
    )


def _row(held: Held) -> AlertRow:
    return AlertRow(
        key=held.key,
        kind=held.kind.value,
        channel=held.channel,
        signature=",".join(sorted(held.reasons)),
        severity=held.severity.value,
        since=held.since,
        told_at=held.told_at,
    )
