"""What waits in the inbox by the clock: the nearest last day first, what is late before that.

What an item is, and so its clock, is known from its text alone: no table has it. So a bounded
number of items is looked at, whatever waits: all, or the oldest and the newest, which is where the
nearest days are; and the page says when some were left out. A text is read once for each version.
"""

from __future__ import annotations

from collections.abc import Collection

from archiver.core.access import Viewer
from archiver.registry.inbox import AT_ONCE, Inbox, Item, Page, Place, Waiting
from archiver.registry.posts import Posts


def by_the_clock(
    inbox: Inbox,
    posts: Posts,
    viewer: Viewer,
    *,
    without: Collection[int] = (),
    after: Place | None = None,
    limit: int = AT_ONCE,
) -> Page:
    """A page of threads in which a clock runs. A thread stands where its nearest clock does, and
    holds the items that have one. `after` is a place of this order; `cut`: not all that waits was
    looked at."""
    items, cut = inbox.ends(viewer, without=without)
    order = posts.order(viewer, items)
    threads: dict[tuple[int, bytes], list[Item]] = {}
    for item in sorted(items, key=lambda one: (order.get(one.seq, 0), one.seq)):
        if item.seq in order:
            threads.setdefault(item.thread, []).append(item)
    places = {key: Place(order[held[0].seq], held[0].seq) for key, held in threads.items()}
    rest = [key for key, place in places.items() if after is None or place > after]
    page = rest[:limit]
    # What was put apart since its text was read has no clock to show.
    opened = posts.open(viewer, [threads[key][0] for key in page])
    shown = [key for key in page if opened[threads[key][0].seq].clocks]
    return Page(
        threads=tuple(
            Waiting(channel=key[0], authority=threads[key][0].authority, items=tuple(threads[key]))
            for key in shown
        ),
        after=places[page[-1]] if len(rest) > limit else None,
        cut=cut,
    )
