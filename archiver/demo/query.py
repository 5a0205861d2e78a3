"""Which rows a wp/v2 request asks for, in which order, and whether the asker may read them.

Parameters are read and refused as the REST API does (Handbook, "Global Parameters", "Pagination"):
a bad one is a 400 `rest_invalid_param` that names it. Permissions follow the controllers: hold,
spam and trash are not told apart to an anonymous reader; `status=all` leaves out spam and trash.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import request

from archiver.demo.site import Comment, DemoSite, Media, Post, Revision
from archiver.demo.view import Row, View

_ORDERS = {
    "posts": ("date", "id", "modified", "include", "slug", "title"),
    "media": ("date", "id", "modified", "include", "slug", "title"),
    "comments": ("date_gmt", "date", "id", "include", "post", "parent"),
    "revisions": ("date", "id", "include"),
}

NOT_ALLOWED = "Sorry, you are not allowed to "

_STATUSES = ("publish", "future", "draft", "pending", "private", "trash", "inherit", "any")


class RestError(Exception):
    """A refusal in the REST API's own form: code, message, HTTP status."""

    def __init__(self, code: str, message: str, status: int = 401, **data: Any) -> None:
        super().__init__(code)
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}
        self.status = status


def _invalid(parameter: str, message: str, code: str, data: Any = None) -> RestError:
    detail = {"code": code, "message": message, "data": data}
    text = f"Invalid parameter(s): {parameter}"
    more = {"params": {parameter: message}, "details": {parameter: detail}}
    return RestError("rest_invalid_param", text, 400, **more)


def number(name: str, default: int, highest: int | None = None) -> int:
    """Read a whole number from 1 to `highest`. Raises RestError 400."""
    value = request.args.get(name, str(default))
    if not re.fullmatch(r"-?\d+", value):
        raise _invalid(name, f"{name} is not of type integer.", "rest_invalid_type")
    if int(value) < 1 or (highest is not None and int(value) > highest):
        bounds = f"between 1 (inclusive) and {highest} (inclusive)"
        bounds = bounds if highest else "greater than or equal to 1"
        raise _invalid(name, f"{name} must be {bounds}", "rest_out_of_bounds")
    return int(value)


def choice(name: str, *allowed: str) -> str:
    """Read one of `allowed`, the first by default. Raises RestError 400."""
    value = request.args.get(name, allowed[0])
    if value not in allowed:
        message = f"{name} is not one of {', '.join(allowed)}."
        raise _invalid(name, message, "rest_not_in_enum")
    return value


def several(name: str) -> list[str]:
    """Read an array parameter in the three ways PHP takes it: `a=1,2`, `a[]=1`, `a[0]=1`."""
    own = re.compile(re.escape(name) + r"(\[\d*\])?")
    values = (v for k, vs in request.args.lists() if own.fullmatch(k) for v in vs)
    return [part for value in values for part in re.split(r"[\s,]+", value) if part]


def _numbers(name: str) -> list[int]:
    """Read an array of whole numbers. Raises RestError 400."""
    values = several(name)
    if not all(value.isdigit() for value in values):
        raise _invalid(name, f"{name}[0] is not of type integer.", "rest_invalid_type")
    return [int(value) for value in values]


def _moment(site: DemoSite, name: str) -> datetime | None:
    """Read an ISO 8601 time; without an offset it is the site's local time, as in WP_Date_Query."""
    if name not in request.args:
        return None
    try:
        at = datetime.fromisoformat(request.args[name])
    except ValueError:
        raise _invalid(name, "Invalid date.", "rest_invalid_date") from None
    return at if at.tzinfo else at.replace(tzinfo=site.timezone)


def _modified(row: Row) -> datetime:
    return row.modified if isinstance(row, Post) else row.at


def _parent(row: Row) -> int:
    return row.parent if isinstance(row, Comment) else row.post if isinstance(row, Media) else 0


def _slug(row: Row) -> str:
    return row.slug if isinstance(row, Post) else ""


def readable(view: View, row: Row) -> bool:
    """Tell whether the asker may read the row, by each controller's check_read_permission."""
    if view.user is not None:
        return True
    post: Post | None = None
    match row:
        case Post():
            return row.status == "publish"
        case Comment():
            return row.status == "approved"
        case Media():
            post = view.site.find_post(row.post)
            return post is None or post.status == "publish"
        case Revision():
            return False


def asked_posts(view: View) -> Iterable[Row]:
    """Posts by `status`; anything but `publish` is for those who may edit."""
    wanted = set(several("status")) or {"publish"}
    if view.user is None and wanted != {"publish"}:
        data = {"status": 401}
        raise _invalid("status", "Status is forbidden.", "rest_forbidden_status", data)
    if wanted - set(_STATUSES):
        message = f"status[0] is not one of {', '.join(_STATUSES)}."
        raise _invalid("status", message, "rest_not_in_enum")
    wanted |= {"publish"} if "any" in wanted else set()  # «any» leaves the trash out
    return (post for post in view.site.posts() if post.status in wanted)


def asked_comments(view: View) -> Iterable[Row]:
    """Comments by `post` and `status`; moderated ones are for those who may moderate."""
    posts, status = _numbers("post"), request.args.get("status", "approve")
    for post in map(view.site.find_post, posts):
        if post is not None and not readable(view, post):
            text = NOT_ALLOWED + "read the post for this comment."
            raise RestError("rest_cannot_read_post", text)
    if view.user is None and status != "approve":
        raise RestError("rest_forbidden_param", "Query parameter not permitted: status")
    shown = {"approve": {"approved"}, "all": {"approved", "hold"}}.get(status, {status})
    return (
        comment
        for comment in view.site.comments()
        if (not posts or comment.post in posts) and (status == "any" or comment.status in shown)
    )


def asked_revisions(view: View, parent: int) -> Iterable[Row]:
    """The revisions of one post, for those who may edit it."""
    post = view.site.find_post(parent)
    if post is None:
        raise RestError("rest_post_invalid_parent", "Invalid post parent ID.", 404)
    if view.user is None:
        raise RestError("rest_cannot_read", NOT_ALLOWED + "view revisions of this post.")
    return post.revisions


def filtered(view: View, rows: Iterable[Row]) -> list[Row]:
    """Apply the filters the collections share; comments know no `modified_*`."""
    include, exclude, parent = _numbers("include"), _numbers("exclude"), _numbers("parent")
    after, before = _moment(view.site, "after"), _moment(view.site, "before")
    changed = _moment(view.site, "modified_after"), _moment(view.site, "modified_before")
    slugs = several("slug")
    return [
        row
        for row in rows
        if (not include or row.id in include)
        and row.id not in exclude
        and (not parent or _parent(row) in parent)
        and (not slugs or _slug(row) in slugs)
        and (after is None or row.at > after)
        and (before is None or row.at < before)
        and (changed[0] is None or isinstance(row, Comment) or _modified(row) > changed[0])
        and (changed[1] is None or isinstance(row, Comment) or _modified(row) < changed[1])
    ]


def ordered(kind: str, rows: list[Row]) -> list[Row]:
    """Sort by `orderby` and `order`, newest first by default, ids breaking ties."""
    orderby, include = choice("orderby", *_ORDERS[kind]), _numbers("include")
    descending = choice("order", "desc", "asc") == "desc"
    if orderby == "include":
        if not include:
            text = "You need to define an include parameter to order by include."
            raise RestError("rest_orderby_include_missing_include", text, 400)
        return sorted(rows, key=lambda row: include.index(row.id))

    def key(row: Row) -> tuple[Any, int]:
        match orderby:
            case "id":
                return 0, row.id
            case "modified":
                return _modified(row), row.id
            case "parent":
                return _parent(row), row.id
            case "post" if isinstance(row, Comment):
                return row.post, row.id
            case "slug":
                return _slug(row), row.id
            case "title" if not isinstance(row, Comment):
                return row.title, row.id
        return row.at, row.id

    return sorted(rows, key=key, reverse=descending)
