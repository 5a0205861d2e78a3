"""The platform's own mark-up, made harmless for showing.

What holds: structure and emphasis only. No address, no image, no style, no script, no attribute
comes through, so nothing can be fetched or run, and a link cannot lead anywhere.
"""

from __future__ import annotations

import nh3
import orjson
from markupsafe import Markup

_cleaner = nh3.Cleaner(
    tags={"b", "blockquote", "br", "code", "del", "em", "figcaption", "figure", "h2", "h3", "h4"}
    | {"h5", "h6", "i", "ins", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "u", "ul"},
    clean_content_tags={"script", "style", "template", "noscript", "svg", "math", "iframe"},
    attributes={},
    generic_attribute_prefixes=set(),
    url_schemes=set(),
    link_rel=None,
)


def harmless(html: str) -> Markup:
    """The words and structure of HTML from a platform."""
    # What nh3 lets through holds no attribute and none but the tags above.
    return Markup(_cleaner.clean(html))  # noqa: S704


def platform_html(raw: bytes) -> str:
    """The mark-up in an item's own bytes, where the platform gives any as JSON; else "".

    Known shapes: WordPress (`content.rendered`) and Mastodon (`content`).
    """
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ""
    content = row.get("content") if isinstance(row, dict) else None
    if isinstance(content, dict):
        content = content.get("rendered")
    return content if isinstance(content, str) and "<" in content else ""
