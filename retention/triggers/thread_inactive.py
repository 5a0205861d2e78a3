"""Thread inactive: the day of the last activity in the thread a record stands in.

A rule adds the days after which a thread counts as inactive. A record whose thread is not known,
or begins with a post that is not held, has no such day, and is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, union_all

from archiver.db.tables import record, thread
from retention.core.schedule import TriggerName
from retention.links import AT_MOST
from retention.trigger import Span, Subject, swedish_day

# The later of the two; what nobody has answered was last active when it was posted.
_LAST = case(
    (thread.c.activity_at > thread.c.created_at, thread.c.activity_at),
    else_=thread.c.created_at,
)


class ThreadInactive:
    """Posts that may be answered, and everything that names one as the root of its thread."""

    name = TriggerName.THREAD_INACTIVE
    rare = False

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The day of the last activity there."""
        wanted: dict[tuple[int, bytes], list[int]] = {}
        for one in subjects:
            key = (one.channel, one.native if one.root is None else one.root)
            wanted.setdefault(key, []).append(one.record)
        found, c = dict[int, date](), thread.c
        for channel in {channel for channel, _ in wanted}:
            natives = [native for of, native in wanted if of == channel]
            for start in range(0, len(natives), AT_MOST):
                part = natives[start : start + AT_MOST]
                query = select(c.native, func.max(_LAST)).group_by(c.native)
                query = query.where(c.channel == channel, c.native.in_(part))
                for native, at in connection.execute(query):
                    found |= dict.fromkeys(wanted[channel, native], swedish_day(at))
        return found

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """In a thread whose last activity was on a day of the span."""
        r, c = record.c, thread.c
        active = and_(c.channel == channel, span.of_instants(_LAST))
        if span.after is None:  # most of what there is: looked up from each record
            return exists().where(c.native == func.coalesce(r.root, r.native), active)
        # Few threads: found by their indexes, and the records from them.
        found = active & or_(span.of_instants(c.activity_at), span.of_instants(c.created_at))
        under, post = record.alias(), record.alias()
        answers = select(under.c.seq).join_from(
            thread, under, and_(under.c.channel == channel, under.c.root == c.native)
        )
        posts = select(post.c.seq).join_from(thread, post, post.c.seq == c.record)
        both = union_all(answers.where(found), posts.where(found, post.c.root.is_(None)))
        return r.seq.in_(both)


trigger = ThreadInactive()
