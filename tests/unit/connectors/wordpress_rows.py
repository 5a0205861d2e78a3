"""Posts and comments in the shape `wp/v2` gives them, with invented people."""

from __future__ import annotations

from typing import Any

HOME = "https://blogg.testkoping.example"


def comment(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": number,
        "post": 11,
        "parent": 0,
        "author": 0,
        "author_name": "Bo Ek &amp; Co",
        "author_email": "bo@example.invalid",
        "author_url": "https://bo.example/",
        "author_ip": "192.0.2.7",
        "author_user_agent": "Mozilla/5.0",
        "date": "2026-11-21T00:30:00",
        "date_gmt": "2026-11-20T23:30:00",
        "content": {"rendered": f"<p>Fråga {number}</p>\n", "raw": f"Fråga {number}"},
        "link": f"{HOME}/2026/11/badet/#comment-{number}",
        "status": "approved",
        "type": "comment",
        **changed,
    }


def post(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date_gmt": "2026-11-20T08:15:00",
        "modified_gmt": "2026-11-20T09:00:00",
        "slug": "badet",
        "status": "publish",
        "link": f"{HOME}/2026/11/badet/",
        "title": {"rendered": "Badet &#8211; öppnar"},
        "content": {"rendered": "<p>Välkomna!</p>\n", "protected": False},
        "author": 3,
        **changed,
    }
