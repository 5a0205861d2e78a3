"""What each page asks of whoever opens it: a permission, declared beside its route.

    @pages.get("/inkorg")
    @needs(Permission.REGISTER)
    def inbox() -> str: ...

Denied by default: a route that declares nothing is refused to everybody (`check`), and a test fails
over it. A declared permission must be held for some authority, or with `home=True` for the whole
home. Of *which* authority a page shows anything is decided where it is read: lists narrow by
`viewer().authorities(permission)`, and one thing is found by `channel_of` or the read models, which
answer somebody else's number as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request

from archiver.core.access import Permission, Viewer
from archiver.errors import AccessRefused
from archiver.web.services import viewer

View = TypeVar("View", bound=Callable[..., Any])
_NEED = "__diarkiv_need__"
_FILES = frozenset({"static", "bootstrap.static"})  # style and script: nothing of the archive


@dataclass(frozen=True, slots=True)
class Need:
    """What a page asks for. `permission` None: only that it is known who asks, or with `open` not
    even that. `home`: the permission must be held for the whole home."""

    permission: Permission | None = None
    home: bool = False
    open: bool = False


OPEN = Need(open=True)


def needs(permission: Permission, *, home: bool = False) -> Callable[[View], View]:
    """Declare the permission that a page asks for."""
    return _declares(Need(permission, home))


def signed_in(page: View) -> View:
    """Declare that a page is for everybody who is signed in, whatever their roles."""
    return _declares(Need())(page)


def open_to_all(page: View) -> View:
    """Declare that a page is for anybody at all: it shows nothing of the archive."""
    return _declares(OPEN)(page)


def _declares(need: Need) -> Callable[[View], View]:
    def declared(page: View) -> View:
        setattr(page, _NEED, need)
        return page

    return declared


def need_of(app: Flask, endpoint: str) -> Need | None:
    """What a page declares; None if it declares nothing."""
    if endpoint in _FILES:
        return OPEN
    found: Need | None = getattr(app.view_functions.get(endpoint), _NEED, None)
    return found


def meets(who: Viewer, need: Need | None) -> bool:
    """Whether somebody may open a page that asks for this."""
    if need is None:
        return False
    if need.permission is None:
        return True
    return who.may(need.permission) if need.home else who.may_somewhere(need.permission)


def asks_for_a_role(app: Flask, endpoint: str | None) -> bool:
    """Whether a page is for those who have a role."""
    need = need_of(app, endpoint or "")
    return need is None or need.permission is not None


def check(who: Viewer) -> None:
    """`AccessRefused` if the page of this request is not for them. An address that is no page has
    nothing to refuse."""
    if request.endpoint is None:
        return
    need = need_of(current_app, request.endpoint)
    if not meets(who, need):
        wanted = need.permission.value if need and need.permission else "nothing that is declared"
        raise AccessRefused(
            f"This asks for a right that you do not have ({wanted}).",
            remedy="Whoever manages the users of your archive can give it.",
        )


def may_open(endpoint: str) -> bool:
    """For templates: whether whoever asks may open that page at all."""
    return meets(viewer(), need_of(current_app, endpoint))


def needed() -> Permission:
    """The permission that the page of this request asks for."""
    need = need_of(current_app, request.endpoint or "")
    assert need is not None
    assert need.permission is not None
    return need.permission
