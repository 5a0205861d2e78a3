"""Addresses on the web that carry who somebody is: a profile, a user name, a number in a query.

An address of a page about a matter carries nobody, and stays. What tells: a service where the
first part of the path is a user, a part such as /user/ or /@name, or a query that names a person
or an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from gdpr.core.cue import words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_URL = re.compile(
    r"(?<![\w@.-])(?:https?://|www\.|(?=(?:[\w-]+\.)+[a-z]{2,10}/))[^\s<>\"'»”]+", re.IGNORECASE
)
_TRAILING = ".,;:!?)]}…"
_QUERY = words(
    """id uid user userid user_id username profile profile_id member memberid namn name fnamn
    enamn fornamn efternamn person personid pnr personnummer personnr email epost mail tel
    telefon phone author anv anvandare medlem fbid u kund kundnr patient elev sokande
    handlaggare story_fbid account konto firstname lastname"""
)
_SEGMENTS = words(
    """user users profile profiles profil people in u member members medlem person personer
    author anvandare användare channel c add story stories @"""
)
_FIRST_IS_USER = re.compile(
    r"(?:^|\.)(?:facebook|fb|instagram|twitter|x|threads|tiktok|snapchat|t|telegram|github|pinterest|"
    r"vimeo|soundcloud|flickr|linktr|medium|tumblr|twitch|wa|paypal|patreon|youtube)"
    r"\.(?:com|me|net|tv|ee|se|org)$"
)
_PEOPLE = words("ratsit.se mrkoll.se hitta.se eniro.se merinfo.se birthday.se upplysning.se")
_NO_USER = words(
    """p reel reels explore events event groups group pages watch help hashtag hashtags search
    i intent share sharer sharer.php login policies about legal business ads marketplace
    gaming photo photos video videos media posts permalink.php story.php photo.php home
    settings privacy tos terms jobs topics trending orgs features playlist results feed tag
    tags status notes public story l.php directory discover shorts live"""
)


def _carries(address: str) -> str:
    """Why an address carries somebody; "" if it does not."""
    rest = re.sub(r"^https?://", "", address, flags=re.IGNORECASE)
    where, _, query = rest.partition("?")
    host, *parts = unquote(where.partition("#")[0]).split("/")
    host = host.lower().partition(":")[0].removeprefix("www.")
    parts = [one for one in parts if one]
    names = {name.lower() for name, _ in parse_qsl(query.partition("#")[0])}
    if names & _QUERY:
        return "a query with a person or an id"
    for at, part in enumerate(parts):
        if part[0] in "@~" and len(part) > 2:
            return "a user in the path"
        if part.lower() in _SEGMENTS and at + 1 < len(parts) and (at or host != "youtube.com"):
            return "a user in the path"
    if parts and host in _PEOPLE:
        return "a service that shows who lives where"
    if parts and _FIRST_IS_USER.search(host):
        first = parts[0].lower()
        if first not in _NO_USER and not first.endswith(".php") and len(first) > 1:
            return "a user of a service"
        if first == "groups" and "user" in parts:
            return "a user of a service"
    return ""


def _seek(reading: Reading) -> Iterator[Found]:
    if "/" not in reading.plain:
        return
    for one in _URL.finditer(reading.plain):
        address = one[0].rstrip(_TRAILING)
        try:
            reason = _carries(address)
        except ValueError:  # a query of more fields than anybody writes
            reason = "a query with a person or an id"
        if reason and address:
            yield Found(one.start(), one.start() + len(address), Label.URL, 0.95, reason)


recognizer = Rule(
    name="url",
    version=1,
    examples=(
        "se ⟦https://www.facebook.com/profile.php?id=155036231773369⟧",
        "⟦https://www.facebook.com/groups/225890936710315/user/225890936710322/⟧ där",
        "⟦https://www.instagram.com/elvira_norrman/⟧",
        "⟦https://sv.linkedin.com/in/hanane-bergstrand-376b85⟧.",
        "(⟦facebook.com/oskar.gunnarsson.58⟧)",
        "⟦https://example.se/arende?namn=noah+hedin&id=61658⟧",
        "⟦https://social.example/@anna/1234⟧",
        "⟦https://bsky.app/profile/anna.example⟧",
        "⟦twitter.com/annaek/status/1⟧",
        "⟦https://www.ratsit.se/19850101-Anna_Ek⟧",
        "https://www.testkoping.example/bygglov/ansok",
        "https://example.se/nyheter?sida=2",
        "https://www.facebook.com/events/123456789",
        "https://www.youtube.com/watch?v=abc",
        "www.example.se",
        "och/eller och 1/2",
    ),
    seek=_seek,
)
