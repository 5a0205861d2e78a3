"""What a Mastodon instance writes: accounts, statuses, states and threads as the API gives them.

The keys, their order and what is left out for readers without a login follow the serializers of
Mastodon 4.7 (https://docs.joinmastodon.org/entities/) and recorded traffic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, TypeAlias

from archiver.demo.mastodon_instance import Account, Instance, Media, State, Status

Json: TypeAlias = dict[str, Any]

_WORDS = re.compile(r"(https?://[^\s<>]+)|@([\w.-]+(?:@[\w.-]+)?)|#(\w+)")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one reader (an account id; 0 = nobody who is logged in) at one address."""

    instance: Instance
    home: str
    reader: int = 0

    def account(self, account: Account, *, nested: bool = False) -> Json:
        """An account; of a suspended one only that it is."""
        gone = account.suspended
        picture = f"{self.home}/avatars/original/missing.png"
        header = f"{self.home}/headers/original/missing.png"
        mine = [s for s in self.instance.statuses.values() if s.account == account.id and s.for_all]
        shown: Json = {
            "id": str(account.id),
            "username": account.username,
            "acct": account.acct,
            "display_name": "" if gone else account.name,
            "locked": False,
            "bot": False,
            "discoverable": not gone,
            "indexable": False,
            "group": False,
            "created_at": f"{account.created.astimezone(UTC):%Y-%m-%d}T00:00:00.000Z",
            "note": "",
            "url": self.profile(account),
            "uri": self.actor(account),
            "avatar": picture,
            "avatar_static": picture,
            "avatar_description": "",
            "header": header,
            "header_static": header,
            "header_description": "",
            "followers_count": 12,
            "following_count": 3,
            "statuses_count": len(mine),
            "last_status_at": max((f"{s.at:%Y-%m-%d}" for s in mine), default=None),
            "hide_collections": None,
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "feature_approval": {"automatic": [], "manual": [], "current_user": "denied"},
            "emojis": [],
            "roles": [],
            "fields": []
            if gone
            else [{"name": n, "value": v, "verified_at": None} for n, v in account.fields],
        }
        if not account.domain:
            shown["noindex"] = False
        if gone:
            shown["suspended"] = True
        if account.limited:
            shown["limited"] = True
        if account.moved_to and not nested:
            shown["moved"] = self.account(self.instance.accounts[account.moved_to], nested=True)
        return shown

    def credentials(self, account: Account) -> Json:
        """An account as its own login sees it."""
        source = {"privacy": "public", "sensitive": False, "language": "sv", "note": ""}
        role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
        return {
            **self.account(account),
            "source": {**source, "fields": [], "follow_requests_count": 0},
            "role": role,
        }

    def status(self, status: Status, *, nested: bool = False) -> Json:
        """A status, and within it what it boosts or quotes."""
        account, state = self.instance.accounts[status.account], status.now
        about = self.instance.statuses
        shown: Json = {
            "id": str(status.id),
            "created_at": stamp(status.at),
            "in_reply_to_id": str(status.answers) if status.answers else None,
            "in_reply_to_account_id": str(status.answers_account)
            if status.answers_account
            else None,
            "sensitive": bool(state.warning),
            "spoiler_text": state.warning,
            "visibility": status.visibility,
            "language": None if status.boosts else "sv",
            "uri": self.uri(status),
            "url": self.page(status),
            "replies_count": self.instance.count_answers(status.id),
            "reblogs_count": sum(s.boosts == status.id for s in about.values()),
            "favourites_count": 0,
            "quotes_count": sum(s.quotes == status.id for s in about.values()),
            "edited_at": stamp(state.at) if len(status.states) > 1 else None,
        }
        if self.reader:
            shown |= {"favourited": False, "reblogged": False, "muted": False, "bookmarked": False}
            if self.reader == status.account:
                shown["pinned"] = False
        shown["content"] = self.html(state)
        if self.reader:
            shown["filtered"] = []
        boosted = about.get(status.boosts)
        shown |= {
            "reblog": self.status(boosted) if boosted else None,
            "application": {"name": "Web", "website": None} if not account.domain else None,
            "account": self.account(account),
            "media_attachments": [self.media(self.instance.media[m]) for m in state.media],
            "mentions": [self._mention(m) for m in self.instance.mentioned(status)],
            "tags": [self._tag(found[3]) for found in _WORDS.finditer(state.text) if found[3]],
            "emojis": [],
            "tagged_collections": [],
            "quote": self._quote(status, nested=nested) if status.quotes else None,
            "card": self._card(status.card) if status.card else None,
            "poll": self._poll(status) if state.options else None,
            "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "unknown"},
        }
        return shown

    def edit(self, status: Status, state: State) -> Json:
        """One state of a status, with neither id nor the status'."""
        shown: Json = {
            "content": self.html(state),
            "spoiler_text": state.warning,
            "sensitive": bool(state.warning),
            "created_at": stamp(state.at),
        }
        if state.options:
            shown["poll"] = {"options": [{"title": title} for title in state.options]}
        return shown | {
            "account": self.account(self.instance.accounts[status.account]),
            "media_attachments": [self.media(self.instance.media[m]) for m in state.media],
            "emojis": [],
        }

    def media(self, file: Media) -> Json:
        """A picture; one from another instance is shown from a copy."""
        folder = "cache/media_attachments" if file.remote_url else "media_attachments"
        base = f"{self.home}/system/{folder}/files/{file.id}"
        return {
            "id": str(file.id),
            "type": "image",
            "url": f"{base}/original/{file.id:x}.png",
            "preview_url": f"{base}/small/{file.id:x}.png",
            "remote_url": file.remote_url or None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": {"original": {"width": 160, "height": 90, "size": "160x90", "aspect": 1.78}},
            "description": file.alt or None,
            "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
        }

    def html(self, state: State) -> str:
        """The text as typed, marked up as Mastodon does."""
        paragraphs = [p for p in state.text.split("\n\n") if p]
        return "".join(f"<p>{self._marked_up(p)}</p>" for p in paragraphs)

    def profile(self, account: Account) -> str:
        """The account's page."""
        host = f"https://{account.domain}" if account.domain else self.home
        return f"{host}/@{account.username}"

    def actor(self, account: Account) -> str:
        """The account in ActivityPub."""
        if account.domain:
            return f"https://{account.domain}/users/{account.username}"
        return f"{self.home}/ap/users/{account.id}"

    def uri(self, status: Status) -> str:
        """The status in ActivityPub."""
        kind = "/activity" if status.boosts else ""
        actor = self.actor(self.instance.accounts[status.account])
        return f"{actor}/statuses/{status.id}{kind}"

    def page(self, status: Status) -> str:
        """Where a status can be read."""
        account = self.instance.accounts[status.account]
        return self.uri(status) if status.boosts else f"{self.profile(account)}/{status.id}"

    def _marked_up(self, text: str) -> str:
        out, done = [], 0
        for found in _WORDS.finditer(text):
            out.append(escape(text[done : found.start()], quote=False).replace("\n", "<br />"))
            out.append(self._link(found))
            done = found.end()
        return "".join(out) + escape(text[done:], quote=False).replace("\n", "<br />")

    def _link(self, found: re.Match[str]) -> str:
        url, name, tag = found.groups()
        if url:
            scheme, _, rest = url.partition("://")
            shown, hidden = rest[:30], rest[30:]
            dots = "ellipsis" if hidden else ""
            return (
                f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
                f'<span class="invisible">{scheme}://</span><span class="{dots}">{escape(shown)}'
                f'</span><span class="invisible">{escape(hidden)}</span></a>'
            )
        if tag:
            href = f"{self.home}/tags/{tag}"
            return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
        account = self.instance.find(name)
        if account is None:
            return escape(found[0])
        return (
            f'<span class="h-card" translate="no"><a href="{self.profile(account)}" '
            f'class="u-url mention">@<span>{account.username}</span></a></span>'
        )

    def _mention(self, account_id: int) -> Json:
        account = self.instance.accounts[account_id]
        named = {"id": str(account.id), "username": account.username}
        return {**named, "url": self.profile(account), "acct": account.acct}

    def _tag(self, name: str) -> Json:
        return {"name": name.lower(), "url": f"{self.home}/tags/{name.lower()}"}

    def _quote(self, status: Status, *, nested: bool) -> Json:
        quoted = self.instance.statuses.get(status.quotes)
        if quoted is None:
            return {"state": "deleted", "quoted_status": None}
        if nested:
            return {"state": "accepted", "quoted_status_id": str(quoted.id)}
        return {"state": "accepted", "quoted_status": self.status(quoted, nested=True)}

    def _card(self, url: str) -> Json:
        empty = ("author_name", "author_url", "provider_name", "provider_url", "html")
        return {
            "url": url,
            "title": "Testköpings kommun",
            "description": "",
            "language": "sv",
            "type": "link",
            **dict.fromkeys(empty, ""),
            "width": 0,
            "height": 0,
            "image": None,
            "image_description": "",
            "embed_url": "",
            "blurhash": None,
            "published_at": None,
            "authors": [],
        }

    def _poll(self, status: Status) -> Json:
        options = status.now.options
        return {
            "id": str(status.id),
            "expires_at": None,
            "expired": False,
            "multiple": False,
            "votes_count": 3,
            "voters_count": 3,
            "options": [{"title": title, "votes_count": None} for title in options],
            "emojis": [],
        }


def stamp(at: datetime) -> str:
    """An instant with milliseconds, as Rails writes it."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def error(text: str) -> Mapping[str, str]:
    """The body of an error answer."""
    return {"error": text}
