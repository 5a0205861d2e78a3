"""Small sites for the demo server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from archiver.demo.rounds import LOGIN
from archiver.demo.site import DemoSite, User

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def demo_site(*, posts: int = 2, comments: int = 1, name: str = "Testköping") -> DemoSite:
    """A site with posts a day apart and comments on the first."""
    users = (
        User(id=1, login="redaktor", name="Testköpings kommun"),
        User(id=2, login=LOGIN[0], name="Arkivet", application_password=LOGIN[1]),
    )
    site = DemoSite(name=name, users=users)
    first = 0
    for number in range(posts):
        at = AT + timedelta(days=number)
        made = site.publish_post(at=at, title=f"Snö {number}", html="<p>Vi plogar i natt.</p>")
        first = first or made
    for number in range(comments):
        site.comment(
            first, at=AT + timedelta(days=posts, hours=number), name="Alva Ekbacke", text="Tack!"
        )
    return site
