"""`diarkiv inbox`: what waits, and what is decided of it, from the terminal.

The same services as the pages: a decision waits a minute and can be undone, and what is due is
sealed by whichever process comes first, so also by the next of these commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.core.access import LOCAL, Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound
from archiver.registry import shown
from archiver.registry.agenda import by_the_clock
from archiver.registry.cli_asked import Home, choice, record_numbers, today
from archiver.registry.cli_case import end_of
from archiver.registry.core.due import Running, what
from archiver.registry.core.triage import Decision, Elsewhere, Handover, Outcome
from archiver.registry.desk import Pending
from archiver.registry.inbox import AT_ONCE, Item, Page, Place, age
from archiver.registry.posts import Post, View
from archiver.registry.selection import Selection, select

if TYPE_CHECKING:
    from archiver.registry.web import Office

Homes = Callable[[], Home]
_SAY = "en"
_EXCERPT = 50  # characters
VIEWS = {
    "all": View.ALL,
    "new": View.NEW,
    "action": View.ACTION,
    "question": View.QUESTIONS,
    "secrecy": View.SECRET,
    "clock": View.CLOCK,
    "changed": View.CHANGED,
    "gone": View.GONE,
}
_OUTCOMES = {
    "kept-in-order": Outcome.KEPT_IN_ORDER,
    "minor": Outcome.MINOR,
    "elsewhere": Outcome.ELSEWHERE,
    "hand-over": Outcome.HANDED_OVER,
}
_authority = click.option("--authority", metavar="CODE", help="Only this authority's (KS).")


def commands(home: Homes) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("inbox")
    def group() -> None:
        """The inbox (inkorg): what came in and waits for a decision.

        \b
        Examples:
          diarkiv inbox list --view clock
          diarkiv inbox decide kept-in-order R4711 R4712
        """

    for one in (_list(home), _decide(home), _pending(home), _undo(home), _waiting(home)):
        group.add_command(one)
    return (group,)


def _office(home: Home) -> Office:
    """The inbox, when what is due was sealed."""
    office = home.registry_office()
    office.desk.seal_due()
    return office


def _viewer(home: Home, code: str | None) -> Viewer:
    """Whoever is at this machine, for all authorities or one."""
    if code is None:
        return LOCAL
    return Viewer(LOCAL.actor, {home.channels.authority(code).seq: frozenset(Permission)})


def _decided(pending: Sequence[Pending]) -> set[int]:
    return {record for one in pending if not one.failure for record in one.asked.records}


def _list(home: Homes) -> click.Command:
    @click.command("list")
    @click.option("--view", type=click.Choice(list(VIEWS)), default="all", show_default=True)
    @_authority
    @click.option("--after", metavar="PLACE", help="Only what comes after this place of a page.")
    @click.option("--limit", type=click.IntRange(1, 200), default=AT_ONCE, show_default=True)
    @json_option
    def list_(
        view: str, authority: str | None, after: str | None, limit: int, as_json: bool
    ) -> None:
        """List threads in which something waits, the newest first; with --view clock those for
        which a clock runs, the nearest last day first.

        \b
        Examples:
          diarkiv inbox list --view clock --authority KS
          diarkiv inbox list --view question --json
        """
        at, asks = _office(home()), _viewer(home(), authority)
        page = _page(at, asks, VIEWS[view], _place(after), limit)
        posts = at.posts.open(asks, [thread.items[0] for thread in page.threads])
        now = home().clock.now()
        rows = [_thread(posts[thread.items[0].seq], thread.items, now) for thread in page.threads]
        place = f"{page.after.at}.{page.after.seq}" if page.after else None
        data = {"threads": rows, "after": place, "cut": page.cut}
        show(as_json, data, lambda: table_of("Inbox", [_flat(one) for one in rows], "Nothing."))
        if place and not as_json:
            say(f"There may be more: --after {place}")
        if page.cut and view == "clock" and not as_json:
            say("More waits than is read at once: these are of the oldest and the newest.")

    return list_


def _page(at: Office, asks: Viewer, view: View, after: Place | None, limit: int) -> Page:
    decided = _decided(at.desk.pending(asks))
    if view is View.CLOCK:
        return by_the_clock(at.inbox, at.posts, asks, without=decided, after=after, limit=limit)
    chosen = at.posts.choice(asks, view)
    return at.inbox.page(asks, chosen, without=decided, after=after, limit=limit)


def _place(text: str | None) -> Place | None:
    place = Place.parse(text) if text is not None else None
    if text is not None and place is None:
        raise ConfigError("That is no place of a page.", remedy="Take the one that list gave.")
    return place


def _thread(post: Post, items: Sequence[Item], now: int) -> Mapping[str, Any]:
    """A thread as data; its words have passed the gate with the post."""
    item, first = post.item, post.suggested
    return {
        "record": item.seq,
        "waiting": [one.seq for one in items],
        "channel": item.channel,
        "authority": item.authority,
        "why": item.why.value,
        "state": item.state,
        "came_in": shown.moment(item.legal_at),
        "day": stockholm_date(item.legal_at).isoformat(),
        "working_days": age(item.legal_at, stockholm_date(now)),
        "author": post.author,
        "text": post.text,
        "suggestion": first.trigger if first else None,
        "level": int(first.level) if first and first.level is not None else None,
        "clocks": [_clock(one, now) for one in post.clocks],
        "leads_to": [
            {"recipient": one.key, "title": one.title.say(_SAY), "address": one.address}
            for one in post.leads_to
        ],
    }


def _clock(one: Running, now: int) -> Mapping[str, Any]:
    return {
        "words": what(one, _SAY),
        "due": None if one.due is None else shown.moment(one.due),
        "day": None if one.last is None else stockholm_date(one.last).isoformat(),
        "late": one.late(now),
        "working_days_late": one.late_days(now) if one.late(now) else 0,
    }


def _flat(row: Mapping[str, Any]) -> dict[str, object]:
    clock = row["clocks"][0] if row["clocks"] else None
    late = f", {clock['working_days_late']} working days late" if clock and clock["late"] else ""
    text = " ".join(row["text"].split())
    return {
        "record": f"R{row['record']}",
        "waits": len(row["waiting"]),
        "came in": row["day"],
        "days": row["working_days"],
        "suggestion": row["suggestion"] or "",
        "clock": f"{clock['words']} ({clock['day'] or 'no day'}{late})" if clock else "",
        "to": row["leads_to"][0]["title"] if row["leads_to"] else "",
        "from": row["author"],
        "text": text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…",
    }


def _decide(home: Homes) -> click.Command:
    @click.command("decide")
    @click.argument("outcome", type=choice(list(_OUTCOMES)))
    @click.argument("records", nargs=-1, required=True, metavar="R4711...")
    @click.option("--system", default="", help="elsewhere: the other system.")
    @click.option("--number", default="", help="elsewhere: the registration number there.")
    @click.option("--day", metavar="DATE", help="elsewhere: registered there on; else today.")
    @click.option("--to", default="", help="hand-over: the unit or function that answers.")
    @click.option("--way", default="", help="hand-over: how it is handed over.")
    @click.option("--due", metavar="DATE", help="hand-over: the last day for an answer.")
    @click.option("--note", default="", help="A note to the decision.")
    @click.option("--now", is_flag=True, help="Seal it at once: then it cannot be undone.")
    @json_option
    @click.pass_context
    def decide(
        context: click.Context,
        /,
        outcome: str,
        records: tuple[str, ...],
        now: bool,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Take one decision on all the records. It waits a minute, in which it can be undone. If
        one of them cannot be decided on, nothing is, and each is told.

        What is registered (diarieförs) here is registered with `diarkiv register add`.

        \b
        Examples:
          diarkiv inbox decide kept-in-order R4711 R4712
          diarkiv inbox decide hand-over R4711 --to Gatukontoret --way e-post --due 2026-11-27
          diarkiv inbox decide elsewhere R4711 --system Ciceron --number "BN 2026/88"
        """
        at = _office(home())
        wanted = dict.fromkeys(record_numbers(records))
        found = select(wanted, at.inbox.items(LOCAL, wanted), _decided(at.desk.pending(LOCAL)))
        if found.refused:
            _refused(context, found, as_json)
            return
        made = found.decisions(
            lambda items: _decision(home(), _OUTCOMES[outcome], items, given),
        )
        if now:
            _seal(at, made)
            data = {"decided": True, "records": list(wanted), "pending": []}
            show(as_json, data, lambda: f"Decided on {len(wanted)} records.")
            return
        ids = [one.hex() for one in at.desk.ask(LOCAL, made)]
        data = {"decided": True, "records": list(wanted), "pending": ids}
        show(as_json, data, lambda: "\n".join(ids))
        if not as_json:
            say(f"Decided on {len(wanted)} records. To undo it within a minute:")
            say(f"  diarkiv inbox undo {' '.join(ids)}")

    return decide


def _seal(at: Office, made: Sequence[Decision]) -> None:
    """Seal decisions at once; `ConfigError` for one that cannot be, which stays with its reason."""
    ids = at.desk.ask(LOCAL, made, wait=0)
    at.desk.seal_due()
    for one in at.desk.pending(LOCAL):
        if one.id in ids and one.failure:
            raise ConfigError(
                f"It could not be sealed: {one.failure}",
                remedy="See `diarkiv inbox pending`; take it back with `diarkiv inbox undo`.",
            )


def _refused(context: click.Context, found: Selection, as_json: bool) -> None:
    rows = [{"record": f"R{one.record}", "why": one.why.say(_SAY)} for one in found.refused]
    data = {"decided": False, "refused": rows}
    show(as_json, data, lambda: table_of("Not decided on", rows, ""))
    say("Nothing was decided: leave these out and try again.")
    context.exit(2)


def _decision(
    home: Home, outcome: Outcome, items: Sequence[Item], given: Mapping[str, Any]
) -> Decision:
    elsewhere = handover = None
    if outcome is Outcome.ELSEWHERE:
        day = given["day"] or today(home)
        elsewhere = Elsewhere(system=given["system"], number=given["number"], day=day).checked()
    if outcome is Outcome.HANDED_OVER:
        due = end_of(given["due"]) - 1 if given["due"] else None
        handover = Handover(to=given["to"], way=given["way"], due=due).checked()
    return Decision(
        authority=items[0].authority,
        records=tuple(one.seq for one in items),
        outcome=outcome,
        note=given["note"],
        elsewhere=elsewhere,
        handover=handover,
    )


def _pending(home: Homes) -> click.Command:
    @click.command("pending")
    @json_option
    def pending(as_json: bool) -> None:
        """List what was decided and is not sealed yet: it can still be undone.

        \b
        Example:
          diarkiv inbox pending
        """
        found = _office(home()).desk.pending(LOCAL)
        now = home().clock.now()
        rows = [
            {
                "draft": one.id.hex(),
                "records": [f"R{record}" for record in one.asked.records],
                "outcome": one.asked.outcome.value
                if isinstance(one.asked, Decision)
                else Outcome.REGISTERED.value,
                "seconds": max(0, (one.due_at - now) // 1000),
                "failure": one.failure,
            }
            for one in found
        ]
        flat = [{**row, "records": " ".join(row["records"])} for row in rows]  # type: ignore[arg-type]
        show(as_json, rows, lambda: table_of("Not sealed yet", flat, "Nothing waits to be sealed."))

    return pending


def _undo(home: Homes) -> click.Command:
    @click.command("undo")
    @click.argument("drafts", nargs=-1, required=True, metavar="DRAFT...")
    @json_option
    def undo(drafts: tuple[str, ...], as_json: bool) -> None:
        """Take back a decision that is not sealed yet; what it was about waits again.

        \b
        Example:
          diarkiv inbox undo 6f1c0a2b3d4e5f60718293a4b5c6d7e8
        """
        at = _office(home())
        back: list[int] = []
        for one in drafts:
            if len(one) != 32 or set(one) - set("0123456789abcdef"):
                raise NotFound("There is no such draft.", remedy="See `diarkiv inbox pending`.")
            back += at.desk.undo(LOCAL, bytes.fromhex(one)).records
        data = {"undone": list(drafts), "records": back}
        show(as_json, data, lambda: f"Undone: {', '.join(f'R{one}' for one in back)}.")

    return undo


def _waiting(home: Homes) -> click.Command:
    @click.command("waiting")
    @_authority
    @json_option
    def waiting(authority: str | None, as_json: bool) -> None:
        """Say how much waits, and how old the oldest is in Swedish working days (arbetsdagar).

        \b
        Examples:
          diarkiv inbox waiting
          diarkiv inbox waiting --authority KS --json
        """
        at, asks = _office(home()), _viewer(home(), authority)
        found = at.inbox.standing(asks, now=home().clock.now())
        day = None if found.since is None else stockholm_date(found.since).isoformat()
        data = {"waiting": found.waiting, "since": day, "working_days": found.working_days}
        oldest = f"the oldest came in {day}, {found.working_days} working days ago"
        words = f"{found.waiting} wait; {oldest}." if day else "Nothing waits."
        show(as_json, data, lambda: words)

    return waiting
