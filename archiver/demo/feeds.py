"""RSS 2.0, Atom 1.0 and pages as WordPress 6.1 writes them, and its rule for 304.

A feed's ETag is a digest of its Last-Modified and nothing else (WP::send_headers), so what changes
no time, such as an edited comment, goes unseen by a conditional request. Guids never change.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape

from flask import Response, request

from archiver.demo.site import Comment, Post
from archiver.demo.view import View, comment_html, excerpt_text

VERSION = "6.1.9"

NEVER = datetime(2000, 1, 1, tzinfo=UTC)

_NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "atom": "http://www.w3.org/2005/Atom",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
}


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]&gt;')}]]>"


def rss_post(view: View, post: Post) -> str:
    """One RSS item for a post."""
    link, body = view.link(post), view.html(post)
    count = sum(c.post == post.id and c.status == "approved" for c in view.site.comments())
    return f"""
	<item>
		<title>{escape(post.title, quote=False)}</title>
		<link>{link}</link>
		<comments>{link}#{"comments" if count else "respond"}</comments>
		<dc:creator>{_cdata(view.site.user(post.author).name)}</dc:creator>
		<pubDate>{format_datetime(post.at)}</pubDate>
		<category>{_cdata("Nyheter")}</category>
		<guid isPermaLink="false">{view.guid(post.id)}</guid>
		<description>{_cdata(excerpt_text(body))}</description>
		<content:encoded>{_cdata(body + chr(10))}</content:encoded>
		<wfw:commentRss>{link}feed/</wfw:commentRss>
		<slash:comments>{count}</slash:comments>
	</item>"""


def rss_comment(view: View, comment: Comment) -> str:
    """One RSS item for a comment."""
    post, link = view.site.find_post(comment.post), escape(view.comment_link(comment))
    answered = view.site.find_comment(comment.parent)
    intro = ""
    if answered is not None and answered.status == "approved":
        intro = f'In reply to <a href="{view.comment_link(answered)}">{answered.name}</a>.'
    title = f"Kommentar till {post.title if post else ''} av {comment.name}"
    text = (escape(intro) + "\n\n" if intro else "") + comment.text
    body = (f"<p>{intro}</p>\n" if intro else "") + comment_html(comment.text)
    return f"""
	<item>
		<title>{escape(title, quote=False)}</title>
		<link>{link}</link>
		<dc:creator>{_cdata(comment.name)}</dc:creator>
		<pubDate>{format_datetime(comment.at)}</pubDate>
		<guid isPermaLink="false">{view.guid(comment.post)}#comment-{comment.id}</guid>
		<description>{_cdata(text)}</description>
		<content:encoded>{_cdata(body)}</content:encoded>
	</item>"""


def rss(view: View, title: str, path: str, updated: datetime, items: Iterable[str]) -> str:
    """An RSS 2.0 document around ready items."""
    spaces = "".join(f'\n\txmlns:{name}="{uri}"' for name, uri in _NAMESPACES.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"{spaces}>
<channel>
	<title>{escape(title, quote=False)}</title>
	<atom:link href="{view.home}{path}" rel="self" type="application/rss+xml" />
	<link>{view.home}</link>
	<description>{escape(view.site.description, quote=False)}</description>
	<lastBuildDate>{format_datetime(updated)}</lastBuildDate>
	<language>sv-SE</language>
	<sy:updatePeriod>hourly</sy:updatePeriod>
	<sy:updateFrequency>1</sy:updateFrequency>
	<generator>https://wordpress.org/?v={VERSION}</generator>{"".join(items)}
</channel>
</rss>
"""


def atom(view: View, updated: datetime, posts: Iterable[Post]) -> str:
    """An Atom 1.0 document of posts."""
    head = f"""<?xml version="1.0" encoding="UTF-8"?><feed
	xmlns="http://www.w3.org/2005/Atom"
	xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="sv-SE">
	<title type="text">{escape(view.site.name, quote=False)}</title>
	<subtitle type="text">{escape(view.site.description, quote=False)}</subtitle>
	<updated>{updated:%Y-%m-%dT%H:%M:%SZ}</updated>
	<link rel="alternate" type="text/html" href="{view.home}" />
	<id>{view.site.guid_base}/feed/atom/</id>
	<link rel="self" type="application/atom+xml" href="{view.home}/feed/atom/" />
	<generator uri="https://wordpress.org/" version="{VERSION}">WordPress</generator>"""
    entries = (
        f"""
	<entry>
		<author><name>{escape(view.site.user(post.author).name)}</name></author>
		<title type="html">{_cdata(post.title)}</title>
		<link rel="alternate" type="text/html" href="{view.link(post)}" />
		<id>{view.guid(post.id)}</id>
		<updated>{post.modified:%Y-%m-%dT%H:%M:%SZ}</updated>
		<published>{post.at:%Y-%m-%dT%H:%M:%SZ}</published>
		<summary type="html">{_cdata(excerpt_text(view.html(post)))}</summary>
		<content type="html" xml:base="{view.link(post)}">{_cdata(view.html(post))}</content>
	</entry>"""
        for post in posts
    )
    return f"{head}{''.join(entries)}\n</feed>\n"


def feed_answer(text: str, kind: str, updated: datetime) -> Response:
    """Answer a feed request, 304 by the rule of WP::send_headers: both validators when both given,
    either when one is."""
    stamp = format_datetime(updated, usegmt=True)
    etag = f'"{hashlib.md5(stamp.encode(), usedforsecurity=False).hexdigest()}"'
    headers = {"Last-Modified": stamp, "ETag": etag}
    sent, since = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
    try:
        fresh = since is not None and parsedate_to_datetime(since) >= updated
    except ValueError:
        fresh = False
    unchanged = fresh and sent == etag if since and sent else fresh or sent == etag
    if unchanged:
        return Response(status=304, headers=headers)
    return Response(text, headers=headers, content_type=f"application/{kind}+xml; charset=UTF-8")


def html_page(view: View, title: str, body: str, status: int = 200) -> Response:
    """An HTML page by which a client can find the REST API and the feed."""
    feed = f'{view.home}/feed/" title="{escape(view.site.name)}'
    text = f"""<!DOCTYPE html>
<html lang="sv-SE"><head><meta charset="UTF-8"><title>{escape(title)}</title>
<link rel="alternate" type="application/rss+xml" href="{feed}">
<link rel="https://api.w.org/" href="{view.home}/wp-json/">
<meta name="generator" content="WordPress {VERSION}"></head>
<body>{body}</body></html>
"""
    api = {"Link": f'<{view.home}/wp-json/>; rel="https://api.w.org/"'}
    return Response(text, status, headers=api, content_type="text/html; charset=UTF-8")
