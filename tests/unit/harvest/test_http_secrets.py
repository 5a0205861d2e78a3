from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from archiver.core.connector import Credential, Login, Target
from archiver.core.exchange import Exchange
from archiver.errors import SourceUnavailable
from tests.unit.harvest.web import Rig, Web, answer, redirect, web

SECRET = "tPz9 Qx/7+mKe w4Lr"
CREDENTIAL = Credential(user="anna", secret=SECRET)
BASIC = base64.b64encode(f"anna:{SECRET}".encode()).decode()


def every_byte(exchange: Exchange) -> bytes:
    return repr(exchange).encode() + exchange.body


def test_the_credential_is_sent_to_the_targets_origin_only(rig: Rig) -> None:
    with web() as other:
        for site in (rig.site, other):
            site.says("/end", answer(b"x"))
        rig.site.says("/here", redirect("/end"))
        rig.site.says("/away", redirect(other.url("/end")))
        rig.site.says("/round", redirect(other.url("/trip")))
        other.says("/trip", redirect(rig.site.url("/here")))
        rig.site.says("/port", redirect(other.url("/back")))
        other.says("/back", redirect(rig.site.url("/end")))
        target = Target(url=rig.site.url("/blog/"), credential=CREDENTIAL)
        client = rig.client(rig.site.place, other.place, target=target)
        asked = {"X-Api-Key": "key-of-the-caller", "If-None-Match": "e"}

        def sent(site: Web, path: str, **how: Any) -> list[bool]:
            rig.site.requests.clear()
            other.requests.clear()
            client.get(site.url(path), **how)
            return [b"\r\nAuthorization: " in r for r in rig.site.requests + other.requests]

        assert sent(rig.site, "/end") == [True]
        assert f"Authorization: Basic {BASIC}".encode() in rig.site.requests[0]
        assert sent(rig.site, "/here") == [True, True]
        assert sent(rig.site, "/away", headers=asked) == [True, False]
        assert b"key-of-the-caller" in rig.site.requests[0]
        assert b"key-of-the-caller" not in other.requests[0]
        assert b"If-None-Match: e" in other.requests[0]
        assert sent(other, "/end") == [False]
        assert sent(other, "/back") == [False, False]  # nobody else may make us use it
        assert sent(rig.site, "/port") == [True, False, False]
        assert sent(rig.site, "/round") == [True, False, False, False]
        list(client.stream(rig.site.url("/end"), cap=9).chunks(9))
        assert b"Authorization" not in rig.site.requests[-1]


def test_cookies_are_not_kept(rig: Rig) -> None:
    rig.site.says("/", answer(b"x", 200, "Set-Cookie: sid=wl0ngen0ugh; Path=/"))
    client = rig.client()
    for _ in range(2):
        exchange = client.get(rig.site.url("/"))
    assert b"Cookie" not in rig.site.requests[1]
    assert exchange.header("set-cookie") == "~masked~"


def leaks(secret: str, user: str = "anna") -> list[str]:
    pair = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return [secret, quote(secret), quote(secret, safe=""), "".join(secret.split()), pair,
            json.dumps(secret)[1:-1].replace("/", "\\/"), quote(pair, safe="")]  # fmt: skip


def test_no_secret_is_in_any_recorded_byte(rig: Rig) -> None:
    """The server echoes every secret it got, in every spelling, in every place."""
    token, signature = "EAAB-token-0123456789", "sig+nature/987654321=="
    forms = [*leaks(SECRET), token, quote(signature, safe="")]
    echo = "|".join(forms)
    location = (
        f"/next?access_token={token}&sig={quote(signature, safe='')}&page=3"
        f"&redirect_to=%2Fx%3Ftoken%3D{token}%26a%3D1#access_token={token}"
    )
    headers = [f"X-Echo: {echo}", f"X-{token}: 1", "Set-Cookie: wp_login=anna%7Csessionvalue"]
    headers += [f"Link: <{rig.site.url(location)}>; rel=next, </?key=k1>; rel=prev"]
    body = json.dumps({"paging": location, "echo": echo}).encode()
    rig.site.says("/start", answer(body, 500, *headers),
                  answer(body, 302, f"Location: {location}", *headers))  # fmt: skip
    rig.site.says("/next", answer(f"<p>{signature} {echo}</p>".encode(), 200, *headers))
    target = Target(url=rig.site.url("/"), credential=CREDENTIAL)
    client = rig.client(target=target)
    url = rig.site.url("/start", host="u5er:pa55word@127.0.0.1")
    client.get(url, params={"access_token": token})
    assert [e.status for e in client.exchanges] == [500, 302, 200]
    for exchange in client.exchanges:
        stored = every_byte(exchange)
        for form in [*forms, signature, "sessionvalue", "pa55word", "k1>"]:
            assert form.encode() not in stored, form
        assert_redactions_fit(exchange)
    assert client.exchanges[1].header("location") == (
        "/next?access_token=~masked~&sig=~masked~&page=3"
        "&redirect_to=%2Fx%3Ftoken%3D~masked~%26a%3D1#access_token=~masked~"
    )
    assert client.exchanges[0].url == rig.site.url("/start?access_token=~masked~")
    assert ("Authorization", "Basic ~masked~") in client.exchanges[0].request_headers
    assert json.loads(client.exchanges[0].body)["echo"].count("~masked~") == len(forms)


def assert_redactions_fit(exchange: Exchange) -> None:
    """The map names every mask there is, and each where it is."""
    masks = 0
    for redaction in exchange.redactions:
        part, _, index = redaction.part.removesuffix(".name").partition("[")
        stored = getattr(exchange, part)
        if index:
            stored = stored[int(index[:-1])][not redaction.part.endswith(".name")]
        data = stored if isinstance(stored, bytes) else stored.encode("latin-1")
        end = redaction.offset + redaction.length
        assert data[redaction.offset : end] == b"~masked~"
        masks += 1
    parts = [exchange.url, exchange.template, exchange.body.decode("latin-1")]
    parts += [x for h in exchange.request_headers + exchange.response_headers for x in h]
    assert masks == sum(text.count("~masked~") for text in parts)


def test_a_connector_sends_no_credential_by_itself(rig: Rig) -> None:
    client = rig.client(target=Target(url=rig.site.url("/"), credential=CREDENTIAL))
    with pytest.raises(ValueError, match="by itself"):
        client.get(rig.site.url("/"), headers={"authorization": "Bearer bearer-token-xyz"})
    assert rig.site.requests == []


def test_a_token_is_sent_to_the_platforms_interface_and_masked_everywhere(rig: Rig) -> None:
    token = Credential(secret="EAAB-token-of-the-page", signing="app-secret-0123")
    with web() as api:
        rig.site.says("/", answer(b"who comes here"))
        api.says("/", answer(b"you are EAAB-token-of-the-page, signed app-secret-0123"))
        target = Target(url=rig.site.url("/"), credential=token)
        client = rig.client(
            rig.site.place, api.place, target=target, login=Login.BEARER, api=api.url("/")
        )
        client.get(rig.site.url("/"))
        exchange = client.get(api.url("/"))
        assert b"uthorization" not in rig.site.requests[0]
        assert b"Authorization: Bearer EAAB-token-of-the-page" in api.requests[0]
    assert exchange.body == b"you are ~masked~, signed ~masked~"
    assert ("Authorization", "Bearer ~masked~") in exchange.request_headers


def test_short_values_are_masked_in_place_only(rig: Rig) -> None:
    rig.site.says("/", answer(b"1 and 1 is 2; pageToken CURSOR-123456"))
    exchange = rig.client().get(rig.site.url("/?key=1&pageToken=CURSOR-123456"))
    assert exchange.url.endswith("/?key=~masked~&pageToken=CURSOR-123456")
    assert exchange.body == b"1 and 1 is 2; pageToken CURSOR-123456"


def test_the_beginning_of_a_secret_where_a_body_was_cut_is_masked(rig: Rig) -> None:
    rig.site.says(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n..tPz9 Qx/7+"
    )
    client = rig.client(target=Target(url=rig.site.url("/"), credential=CREDENTIAL))
    with pytest.raises(SourceUnavailable):
        client.get(rig.site.url("/"))
    assert client.exchanges[0].body == b"..~masked~"
