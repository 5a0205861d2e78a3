"""`diarkiv search`: full text from the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.records import number
from archiver.core.search import Hit, SearchIndex


def commands(index: Callable[[], SearchIndex]) -> Sequence[click.Command]:
    """The command, over the index that the composition root gives."""

    @click.command("search")
    @click.argument("query")
    @click.option("--channel", "channels", multiple=True, metavar="ID", help="Only this channel.")
    @click.option("--state", "states", multiple=True, help="Only this state.")
    @click.option("--limit", default=20, show_default=True, help="At most so many.")
    @json_option
    def search(
        query: str, channels: tuple[str, ...], states: tuple[str, ...], limit: int, as_json: bool
    ) -> None:
        """Search posts and comments. Quotes make an exact phrase, a star the beginning of a word.

        \b
        Examples:
          diarkiv search snöröjning
          diarkiv search '"nya cykelvägen"' --channel C17
          diarkiv search 'bibliot*' --json
        """
        page = index().search(
            query,
            channels=[number(one, "C") for one in channels] or None,
            states=states or None,
            limit=limit,
        )
        rows = [{"id": f"R{hit.record}", "text": _marked(hit)} for hit in page.hits]
        data = {
            "total": page.total,
            "lag": page.lag,
            "hits": [
                {
                    "record": f"R{hit.record}",
                    "version": hit.version,
                    "score": hit.score,
                    "snippet": hit.snippet,
                    "highlights": hit.highlights,
                }
                for hit in page.hits
            ],
        }
        show(as_json, data, lambda: table_of(f"{page.total} hits", rows, "No hit."))
        if page.lag and not as_json:
            say("The index is behind the archive; a running worker catches up.")

    return (search,)


def _marked(hit: Hit) -> str:
    """The snippet with ‹hits› marked, on one line."""
    text, at = "", 0
    for start, end in hit.highlights:
        text += f"{hit.snippet[at:start]}‹{hit.snippet[start:end]}›"
        at = end
    return " ".join((text + hit.snippet[at:]).split())
