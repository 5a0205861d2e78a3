"""How WordPress 6.1 shows a post, comment, media item or revision in JSON.

Field names, their order and links follow what a real WordPress 6.1 answered and the REST API
Handbook's schemas (https://developer.wordpress.org/rest-api/reference/). What only an editor may
see (raw text, a commenter's e-mail and IP address) is in the edit context alone. Left out:
`wp:action-*` links.
"""

import hashlib
import re
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

from archiver.demo.site import Comment, DemoSite, Media, Post, Revision, User

Json = dict[str, Any]

Row = Post | Comment | Media | Revision

API = "/wp-json/wp/v2"

_IMAGE_META: Json = dict.fromkeys(("aperture", "created_timestamp", "focal_length", "iso"), "0")

_IMAGE_META |= dict.fromkeys(("shutter_speed", "orientation"), "0")

_IMAGE_META |= dict.fromkeys(("credit", "camera", "caption", "copyright", "title"), "")

_IMAGE_META |= {"keywords": []}

_CURIES = {"curies": [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}]}


def comment_html(text: str) -> str:
    """Render a comment as wpautop and make_clickable do: paragraphs, line breaks, links."""
    linked = re.sub(
        r"https?://[^\s<]+[^\s<.,;:!?)]",
        lambda hit: f'<a href="{hit[0]}" rel="nofollow ugc">{hit[0]}</a>',
        escape(text, quote=False),
    )
    blocks = (block.replace("\n", "<br />\n") for block in linked.split("\n\n"))
    return "".join(f"<p>{block}</p>\n" for block in blocks)


def excerpt_text(body: str) -> str:
    """Return the first 55 words of a post without tags, as wp_trim_excerpt does."""
    words = re.sub(r"<[^>]+>", " ", body).split()
    return " ".join(words[:55]) + (" [&hellip;]" if len(words) > 55 else "")


class View(NamedTuple):
    """Who asks, in which context, and at which address the site is being served."""

    site: DemoSite
    home: str
    user: User | None
    edit: bool

    def url(self, path: str) -> str:
        return f"{self.home}{API}/{path}"

    def dates(self, name: str, at: datetime) -> Json:
        local = at.astimezone(self.site.timezone)
        return {name: f"{local:%Y-%m-%dT%H:%M:%S}", f"{name}_gmt": f"{at:%Y-%m-%dT%H:%M:%S}"}

    def text(self, raw: str, rendered: str) -> Json:
        return {"raw": raw, "rendered": rendered} if self.edit else {"rendered": rendered}

    def html(self, row: Post | Revision) -> str:
        return row.html.replace("{home}", self.home)

    def guid(self, post_id: int) -> str:
        return f"{self.site.guid_base}/?p={post_id}"

    def link(self, post: Post) -> str:
        if post.status == "trash":
            return f"{self.home}/?p={post.id}"
        return f"{self.home}/{post.at.astimezone(self.site.timezone):%Y/%m}/{post.slug}/"

    def comment_link(self, comment: Comment) -> str:
        post = self.site.find_post(comment.post)
        return f"{self.link(post) if post else self.home}#comment-{comment.id}"

    def shape(self, row: Row) -> Json:
        match row:
            case Post():
                return self._post(row)
            case Comment():
                return self._comment(row)
            case Media():
                return self._media(row)
            case Revision():
                return self._revision(row)

    def _post(self, post: Post) -> Json:
        trashed, body = post.status == "trash", self.html(post)
        summary, me = f"<p>{excerpt_text(body)}</p>\n", f"posts/{post.id}"
        data = {"id": post.id, **self.dates("date", post.at)}
        data["guid"] = self.text(self.guid(post.id), self.guid(post.id))
        data |= self.dates("modified", post.modified)
        data |= {"password": ""} if self.edit else {}
        data |= {
            "slug": post.slug + ("__trashed" if trashed else ""),
            "status": post.status,
            "type": "post",
        }
        data |= {"link": self.link(post), "title": self.text(post.title, post.title)}
        data["content"] = {**self.text(body, body + "\n"), "protected": False}
        data["content"] |= {"block_version": 0} if self.edit else {}
        data["excerpt"] = {**self.text("", summary), "protected": False}
        data |= {"author": post.author, "featured_media": post.featured_media}
        data |= {"comment_status": "open", "ping_status": "open", "sticky": False, "template": ""}
        data |= {"format": "standard", "meta": [], "categories": [1], "tags": []}
        if self.edit:
            template = self.link(post).replace(f"/{post.slug}/", "/%postname%/")
            data |= {"permalink_template": template, "generated_slug": post.slug}
        links = self.links("posts", post.id, "types/post") | {
            "author": [{"embeddable": True, "href": self.url(f"users/{post.author}")}],
            "replies": [{"embeddable": True, "href": self.url(f"comments?post={post.id}")}],
            "version-history": [
                {"count": len(post.revisions), "href": self.url(f"{me}/revisions")}
            ],
        }
        if post.revisions:
            last = post.revisions[-1].id
            link = {"id": last, "href": self.url(f"{me}/revisions/{last}")}
            links["predecessor-version"] = [link]
        if post.featured_media:
            image = self.url(f"media/{post.featured_media}")
            links["wp:featuredmedia"] = [{"embeddable": True, "href": image}]
        links["wp:attachment"] = [{"href": self.url(f"media?parent={post.id}")}]
        links["wp:term"] = [
            {"taxonomy": name, "embeddable": True, "href": self.url(f"{base}?post={post.id}")}
            for name, base in {"category": "categories", "post_tag": "tags"}.items()
        ]
        return data | {"_links": links | _CURIES}

    def _comment(self, comment: Comment) -> Json:
        digest = hashlib.md5(comment.email.lower().encode(), usedforsecurity=False).hexdigest()
        avatar = f"http://{int(digest[0], 16) % 3}.gravatar.com/avatar/{digest}?s={{}}&d=mm&r=g"
        data: Json = {"id": comment.id, "post": comment.post, "parent": comment.parent}
        data |= {"author": comment.author, "author_name": comment.name}
        data |= {"author_email": comment.email} if self.edit else {}
        data["author_url"] = ""
        agent = "Mozilla/5.0 (Testköping)"
        data |= {"author_ip": comment.ip, "author_user_agent": agent} if self.edit else {}
        data |= self.dates("date", comment.at)
        data["content"] = self.text(comment.text, comment_html(comment.text))
        data |= {"link": self.comment_link(comment), "status": comment.status, "type": "comment"}
        data["author_avatar_urls"] = {s: avatar.format(s) for s in ("24", "48", "96")}
        links = self.links("comments", comment.id)
        if comment.author:
            author = self.url(f"users/{comment.author}")
            links["author"] = [{"embeddable": True, "href": author}]
        post = self.url(f"posts/{comment.post}")
        links["up"] = [{"embeddable": True, "post_type": "post", "href": post}]
        if comment.parent:
            parent = self.url(f"comments/{comment.parent}")
            links["in-reply-to"] = [{"embeddable": True, "href": parent}]
        if any(
            c.parent == comment.id and c.status in ("approved", "hold")
            for c in self.site.comments()
        ):
            replies = self.url(f"comments?parent={comment.id}")
            links["children"] = [{"embeddable": True, "href": replies}]
        return data | {"meta": [], "_links": links}

    def _media(self, media: Media) -> Json:
        source = f"{self.home}/wp-content/uploads/{media.path}"
        slug = media.path.rsplit("/", 1)[1].rsplit(".", 1)[0]
        size = f'width="{media.width}" height="{media.height}"'
        image = f'<img {size} src="{source}" alt="{escape(media.alt)}" />'
        text = f"<p class=\"attachment\"><a href='{source}'>{image}</a></p>\n"
        data = {"id": media.id, **self.dates("date", media.at)}
        data["guid"] = self.text(source, source)
        data |= {**self.dates("modified", media.at), "slug": slug, "status": "inherit"}
        data |= {"type": "attachment", "link": f"{self.home}/{slug}/"}
        data |= {"title": self.text(media.title, media.title), "author": media.author}
        data |= {"comment_status": "open", "ping_status": "closed", "template": "", "meta": []}
        if self.edit:
            template = f"{self.home}/?attachment_id={media.id}"
            data |= {"permalink_template": template, "generated_slug": slug}
        data |= {"description": self.text("", text), "caption": self.text("", "")}
        data |= {"alt_text": media.alt, "media_type": "image", "mime_type": media.mime}
        details = {"width": media.width, "height": media.height, "file": media.path}
        details |= {"filesize": len(media.data), "sizes": {}, "image_meta": _IMAGE_META}
        data |= {"media_details": details, "post": media.post or None, "source_url": source}
        data |= {"missing_image_sizes": []} if self.edit else {}
        links = self.links("media", media.id, "types/attachment") | {
            "author": [{"embeddable": True, "href": self.url(f"users/{media.author}")}],
            "replies": [{"embeddable": True, "href": self.url(f"comments?post={media.id}")}],
        }
        return data | {"_links": links}

    def _revision(self, revision: Revision) -> Json:
        post = next(p for p in self.site.posts() if revision in p.revisions)
        body = self.html(revision)
        data = {"author": revision.author, **self.dates("date", revision.at), "id": revision.id}
        data |= {**self.dates("modified", revision.at), "parent": post.id}
        data["slug"] = f"{post.id}-revision-v1"
        data["guid"] = self.text(self.guid(revision.id), self.guid(revision.id))
        data["title"] = self.text(revision.title, revision.title)
        data["content"] = self.text(body, body + "\n")
        data["excerpt"] = self.text("", "")
        return data | {"_links": {"parent": [{"href": self.url(f"posts/{post.id}")}]}}

    def links(self, kind: str, row_id: int, about: str = "") -> Json:
        links = {"self": [{"href": self.url(f"{kind}/{row_id}")}]}
        links["collection"] = [{"href": self.url(kind)}]
        return links | ({"about": [{"href": self.url(about)}]} if about else {})
