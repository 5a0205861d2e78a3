"""Invented comments in the shape WordPress sends them: seeded, so every run has the same bytes.

Two texts: **S**, short comments (median about 61 characters, 0.8 KB of JSON per item), and **L**,
long ones (46 words, 1.2 KB). A page is the JSON array of 100 items as PHP writes it: slashes and
everything beyond ASCII escaped. Nobody wrote these words and nobody lives at these addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

PER_PAGE = 100
HOST = "https://exempel.test"
_START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)

# Short, common words about nothing; some are beyond ASCII, as Swedish is.
_WORDS = """
och det att i en som på är av för med till den har de inte om ett men var jag sig så vid
kan man när år under också efter eller nu sin där vi mot ska skulle kommer ut får finns
vara hade alla andra mycket mer här då sedan över bara in blir upp även vad två vill ha
många hur mellan detta dag gatan vägen snön plogen bussen skolan parken lampan träden
gräset leken bron torget badet hallen isen löven sanden cykeln trottoaren kommunen tack
hälsningar undrar tycker varför imorgon igen fortfarande aldrig alltid kanske äntligen
"""
_VOCABULARY = _WORDS.split()
_ENDS = (".", ".", ".", "!", "?", "…", " 👍")


def _sentence(random: Random, words: int) -> str:
    chosen = random.choices(_VOCABULARY, k=words)
    return " ".join(chosen).capitalize() + random.choice(_ENDS)


def _text(random: Random, size: str) -> str:
    if size == "S":
        return _sentence(random, max(2, round(random.gauss(12, 5))))
    return " ".join(_sentence(random, words) for words in (14, 9, 16, 7))


def comment(number: int, size: str, *, edit: bool = False) -> dict[str, object]:
    """Comment `number` as `wp/v2/comments` shows it, without login or (`edit`) with one."""
    random = Random(f"{number}{size}")
    post, person = 40 + number // 60, random.randrange(4000)
    at = _START + timedelta(seconds=97 * number)
    avatar = f"{HOST}/avatar/{random.randbytes(16).hex()}"
    shown = _text(random, size)
    item: dict[str, object] = {
        "id": number,
        "post": post,
        "parent": max(1, number - random.randrange(1, 40)) if random.random() < 0.3 else 0,
        "author": 1 if random.random() < 0.05 else 0,
        "author_name": f"Person {person}",
        "author_url": "",
        "date": (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "content": {"rendered": f"<p>{shown}</p>\n"},
        "link": f"{HOST}/2026/{at:%m}/inlagg-{post}/#comment-{number}",
        "status": "approved",
        "type": "comment",
        "author_avatar_urls": {str(n): f"{avatar}?s={n}&d=mm&r=g" for n in (24, 48, 96)},
        "meta": [],
        "_links": {
            "self": [{"href": f"{HOST}/wp-json/wp/v2/comments/{number}"}],
            "collection": [{"href": f"{HOST}/wp-json/wp/v2/comments"}],
            "up": [
                {
                    "embeddable": True,
                    "post_type": "post",
                    "href": f"{HOST}/wp-json/wp/v2/posts/{post}",
                }
            ],
        },
    }
    if edit:
        item |= {
            "author_email": f"person{person}@exempel.test",
            "author_ip": "192.0.2.1",
            "author_user_agent": "Exempel/1.0",
            "content": {"rendered": f"<p>{shown}</p>\n", "raw": shown},
        }
    return item


def encode(value: object) -> bytes:
    """JSON as PHP's `json_encode` writes it."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def items(first: int, count: int, size: str) -> Iterator[bytes]:
    """The bytes of comments first, first + 1, …"""
    for number in range(first, first + count):
        yield encode(comment(number, size))


def page(number: int, size: str) -> bytes:
    """Page `number` (from 1) of the list by rising id: 100 items in one JSON array."""
    return b"[" + b",".join(items((number - 1) * PER_PAGE + 1, PER_PAGE, size)) + b"]"
