"""One suite for every connector there is: what `archiver.core.connector.Connector` promises.

A connector brings `fixtures/<platform>/`: `target`, an address it accepts, and for each of its
collections one or more bodies in the platform's own shape, with invented people, in files named
`<collection>…` with "." for ":". `options`, if there is one, holds what a control read would have
filled in, a `name=value` a line. No connector without fixtures passes.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.core.connector import (
    Collection,
    Connector,
    ControlStatus,
    Credential,
    JsonLayout,
    Page,
    Reach,
    Scan,
    Target,
    Wanted,
)
from archiver.core.exchange import Exchange
from archiver.core.observation import POST, Access, Item, ItemRef
from archiver.core.push import PushConnector
from archiver.errors import ConfigError, PushForged, SourceChanged, SourceError
from archiver.harvest.segment import Segments, skeleton, splice, split
from archiver.plugins import connectors
from tests.fakes import Answer, FakeHttp, Request

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = Credential(user="arkivarie", secret="hemlig-0123-4567")
MOST_REQUESTS = 10_100
CONNECTORS = connectors()

every_connector = pytest.mark.parametrize("connector", CONNECTORS.values(), ids=CONNECTORS)
relaxed = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def target_of(connector: Connector, credential: Credential | None = SECRET) -> Target:
    folder = FIXTURES / connector.platform
    typed, given = (folder / "target").read_text().strip(), folder / "options"
    lines = given.read_text().split() if given.exists() else ()
    options = dict(line.split("=", 1) for line in lines)
    return Target(url=connector.normalise_target(typed), credential=credential, options=options)


def bodies(connector: Connector, *, earlier: bool = False) -> Iterator[tuple[Collection, bytes]]:
    collections = connector.collections(target_of(connector))
    history = connector.history_collection(target_of(connector))
    for collection in (*collections, history) if earlier and history else collections:
        stem = collection.name.replace(":", ".")
        found = sorted((FIXTURES / connector.platform).glob(f"{stem}[.-]*"))
        assert found, f"no fixture for {connector.platform} {collection.name}"
        for path in found:
            yield collection, path.read_bytes()


def fragments(connector: Connector, *, earlier: bool = True) -> Iterator[tuple[Collection, bytes]]:
    for collection, body in bodies(connector, earlier=earlier):
        for fragment in split(body, collection.layout).fragments:
            yield collection, fragment.data


def wanted(refs: Iterable[ItemRef]) -> list[Wanted]:
    return [Wanted(ref=ref) for ref in refs]


def scan_of(connector: Connector, collection: Collection) -> Scan:
    """Everything; of a list that is read under posts, what stands under some."""
    if Reach.ALL in collection.reach:
        return Scan(collection=collection)
    posts = tuple(ref for ref in refs(connector) if ref.kind == POST)
    assert posts, f"{connector.platform} has no fixture of a post"
    return Scan(collection=collection, under=posts[:3])


def refs(connector: Connector) -> list[ItemRef]:
    return [
        connector.normalise(c.name, data).ref for c, data in fragments(connector, earlier=False)
    ]


# What it is.


@every_connector
def test_it_says_what_it_is(connector: Connector) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", connector.platform)
    assert connector.title.strip()
    assert connector.normaliser >= 1
    assert connector.capabilities.edits in {"native", "hash"}
    assert connector.capabilities.deletes in {"proof", "event", "absence", "none"}


@every_connector
def test_its_collections_are_well_named(connector: Connector) -> None:
    for credential in (None, SECRET):
        collections = connector.collections(target_of(connector, credential))
        names = [collection.name for collection in collections]
        assert names
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9:_-]*", name) for name in names)
        assert all(collection.shows for collection in collections)


@every_connector
def test_no_names_stand_outside_items(connector: Connector) -> None:
    """A structural key is never one that can hold what somebody wrote or is called."""
    for collection in connector.collections(target_of(connector)):
        if isinstance(collection.layout, JsonLayout):
            telling = {"name", "text", "message", "content", "title", "username", "email"}
            assert not telling & collection.layout.structural


# Addresses.


JUNK = ("", " ", "ftp://x.example", "javascript:alert(1)", "http://", "https://u:p@x.example/")
MORE_JUNK = ("https://x.example:99999/", "https://[::1", "a b", "\x00", "file:///etc/hostname")


@every_connector
@pytest.mark.parametrize("junk", [*JUNK, *MORE_JUNK])
def test_junk_is_no_address(connector: Connector, junk: str) -> None:
    with pytest.raises(ConfigError):
        connector.normalise_target(junk)


@every_connector
def test_the_canonical_address_is_its_own(connector: Connector) -> None:
    url = target_of(connector).url
    assert connector.normalise_target(url) == url
    assert connector.normalise_target(f"  {url}\n") == url


@every_connector
@relaxed
@given(typed=st.text(max_size=40) | st.from_regex(r"https?://[\w.:/?#\[\]@%-]{0,30}"))
def test_any_text_is_an_address_or_refused(connector: Connector, typed: str) -> None:
    try:
        url = connector.normalise_target(typed)
    except ConfigError:
        return
    assert connector.normalise_target(url) == url


@every_connector
def test_media_of_others_are_not_its_own(connector: Connector) -> None:
    target = target_of(connector)
    for url in ("", "javascript:alert(1)", "data:image/png,x", "https://[", "/bild.png"):
        assert connector.owns_media(target, url) is False
    assert connector.owns_media(target, "https://tredje.part.invalid/bild.png") is False


# Reading bodies.


@every_connector
def test_fixtures_are_cut_exactly(connector: Connector) -> None:
    for collection, body in bodies(connector, earlier=True):
        cut: Segments = split(body, collection.layout)
        assert (cut.whole, cut.problem) == (False, "")
        assert cut.fragments
        assert splice(skeleton(body, cut.fragments), [f.data for f in cut.fragments]) == body


@every_connector
def test_items_are_sound(connector: Connector) -> None:
    shown = {kind for c in connector.collections(target_of(connector)) for kind in c.shows}
    for collection, data in fragments(connector):
        item = connector.normalise(collection.name, data)
        # A thread holds the post it stands under as well, which another list shows.
        assert item.ref.kind in (shown if collection.reach == {Reach.THREADS} else collection.shows)
        assert item.ref.native_id
        for instant in (item.created_at, item.updated_at):
            assert instant is None or instant.tzinfo is UTC
        assert "<p>" not in item.text
        repr(item).encode()  # no lone surrogates anywhere


@every_connector
def test_a_body_shows_no_item_twice(connector: Connector) -> None:
    for collection, body in bodies(connector, earlier=True):
        cut = split(body, collection.layout)
        found = [connector.normalise(collection.name, f.data).ref for f in cut.fragments]
        assert len(set(found)) == len(found)


@every_connector
def test_normalise_is_pure(connector: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("normalise opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    first: list[Item] = [connector.normalise(c.name, data) for c, data in fragments(connector)]
    again = [connector.normalise(c.name, data) for c, data in reversed([*fragments(connector)])]
    assert first == again[::-1]


@every_connector
@pytest.mark.parametrize(
    "junk", [b"", b"null", b"{}", b"[]", b"/etc/hostname", b"https://x.example/feed", b"<item/>"]
)
def test_junk_is_source_changed(connector: Connector, junk: bytes) -> None:
    for collection in connector.collections(target_of(connector)):
        with pytest.raises(SourceChanged):
            connector.normalise(collection.name, junk)


MISFITS = (b"null", b"[]", b"{}", b"-1", b"1e999", b'"\\ud800"', b"<![CDATA[", b"&x;")


@every_connector
@relaxed
@given(data=st.data())
def test_damaged_fragments_are_read_or_source_changed(
    connector: Connector, data: st.DataObject
) -> None:
    collection, whole = data.draw(st.sampled_from([*fragments(connector)]))
    at = data.draw(st.integers(0, len(whole)))
    until = data.draw(st.integers(at, min(len(whole), at + 40)))
    junk = data.draw(
        st.binary(max_size=4)
        | st.sampled_from(
            [b"null", b"[]", b"{}", b"-1", b"1e999", b'"\\ud800"', b"<![CDATA[", b"&x;"]
        )
    )
    damaged = whole[:at] + junk + whole[until:]
    try:
        item = connector.normalise(collection.name, damaged)
    except SourceChanged:
        return
    assert item == connector.normalise(collection.name, damaged)
    repr(item).encode()


@every_connector
@relaxed
@given(fragment=st.binary(max_size=200))
def test_any_bytes_are_read_or_source_changed(connector: Connector, fragment: bytes) -> None:
    for collection in connector.collections(target_of(connector)):
        try:
            connector.normalise(collection.name, fragment)
        except SourceChanged:
            continue


# Servers that lie, refuse or break. A script answers every request in the same way.

TOTALS: Mapping[str, str] = {"X-WP-Total": "999999999", "X-WP-TotalPages": "9999999"}
HTML = b"<!DOCTYPE html><html><title>Strax tillbaka</title></html>"
REFUSING: Mapping[str, Answer] = {
    "html": Answer(body=HTML),
    "nothing": Answer(),
    "cut off": Answer(body=b'[{"id":1,"da'),
    "an error as 200": Answer(body=b'{"code":"internal_error","message":"x"}'),
    "html 404": Answer(body=HTML, status=404),
    "gone": Answer(status=410),
    "not logged in": Answer(body=b'{"code":"rest_not_logged_in"}', status=401),
    "firewall": Answer(body=HTML, status=403),
    "moved": Answer(status=302, headers={"Location": "http://127.0.0.1/"}),
    "not modified, unasked": Answer(status=304),
    "too many": Answer(status=429),
    "broken": Answer(status=500),
    "odd request": Answer(body=b'{"code":"rest_invalid_param"}', status=400),
}
every_refusal = pytest.mark.parametrize("answer", REFUSING.values(), ids=REFUSING)


def always(answer: Answer) -> Callable[[Request], Answer]:
    return lambda _: answer


def read_all(connector: Connector, http: FakeHttp) -> list[tuple[Collection, Page]]:
    target = target_of(connector)
    pages: list[tuple[Collection, Page]] = []
    for collection in connector.collections(target):
        before = len(http.requests)
        try:
            for page in connector.pages(target, scan_of(connector, collection), http):
                pages.append((collection, page))
        except SourceError:
            continue
        finally:
            assert len(http.requests) - before <= MOST_REQUESTS
    return pages


@every_connector
@every_refusal
def test_no_page_is_made_of_a_refusal(connector: Connector, answer: Answer) -> None:
    target = target_of(connector)
    for collection in connector.collections(target):
        http = FakeHttp(always(answer))
        with pytest.raises(SourceError):
            list(connector.pages(target, scan_of(connector, collection), http))
        assert len(http.requests) < 10


@every_connector
@every_refusal
def test_a_refusal_is_no_proof_of_absence(connector: Connector, answer: Answer) -> None:
    known = refs(connector)
    http = FakeHttp(always(answer))
    try:
        probes = list(connector.probe(target_of(connector), wanted(known), http))
    except SourceError:
        return
    assert {probe.ref for probe in probes} == set(known)
    assert not {probe.access for probe in probes} & {Access.NOT_FOUND, Access.PRESENT}


@every_connector
@every_refusal
def test_the_control_fails_without_raising(connector: Connector, answer: Answer) -> None:
    for credential in (None, SECRET):
        control = connector.control(target_of(connector, credential), FakeHttp(always(answer)))
        assert control.status is not ControlStatus.OK
        if answer.status in (401, 403):
            assert control.status is ControlStatus.LOGIN_REFUSED
        if answer.status == 429:
            assert control.status is ControlStatus.QUOTA_EXHAUSTED
        if answer.status == 500:
            assert control.status is ControlStatus.UNREACHABLE


@every_connector
def test_pages_end_when_the_server_repeats_itself(connector: Connector) -> None:
    for _, body in bodies(connector):
        http = FakeHttp(always(Answer(body=body, headers=TOTALS)))
        assert len(read_all(connector, http)) < 1_000


@every_connector
def test_pages_end_when_the_server_has_nothing_but_totals(connector: Connector) -> None:
    read_all(connector, FakeHttp(always(Answer(body=b"[]", headers=TOTALS))))


@every_connector
def test_pages_end_when_totals_are_no_numbers(connector: Connector) -> None:
    for total in ("", "-1", "nio", "1e9", "9" * 5000):
        headers = {"X-WP-Total": total, "X-WP-TotalPages": total}
        for _, body in bodies(connector):
            read_all(connector, FakeHttp(always(Answer(body=body, headers=headers))))


@every_connector
def test_pages_hold_the_exchange_they_come_from(connector: Connector) -> None:
    for collection, body in bodies(connector):
        pages = read_all(connector, FakeHttp(always(Answer(body=body))))
        mine: list[Exchange] = [page.exchange for c, page in pages if c.name == collection.name]
        assert all(exchange.body == body for exchange in mine)


@every_connector
def test_a_present_probe_holds_the_item(connector: Connector) -> None:
    target = target_of(connector)
    for collection, body in bodies(connector):
        cut = split(body, collection.layout)
        known = [connector.normalise(collection.name, f.data).ref for f in cut.fragments]
        for probe in connector.probe(target, wanted(known), FakeHttp(always(Answer(body=body)))):
            if probe.access is not Access.PRESENT:
                continue
            assert probe.collection is not None
            again = split(probe.exchange.body, probe.collection.layout).fragments
            found = {connector.normalise(probe.collection.name, f.data).ref for f in again}
            assert probe.ref in found


@every_connector
def test_secrets_and_native_ids_stay_out_of_templates(connector: Connector) -> None:
    target = target_of(connector)
    http = FakeHttp(always(Answer(body=b"[]")))
    connector.control(target, http)
    read_all(connector, http)
    some = [ItemRef(ref.kind, "987654321") for ref in refs(connector)[:3]]
    with suppress(SourceError):
        list(connector.probe(target, wanted(some), http))
    assert http.requests
    for request in http.requests:
        assert request.template
        assert "987654321" not in request.template
        assert SECRET.secret not in f"{request.url} {request.params} {request.template}"


# What a platform tells by itself.


def pushing() -> list[Connector]:
    return [one for one in CONNECTORS.values() if one.capabilities.push]


every_pushing = pytest.mark.parametrize("connector", pushing(), ids=lambda one: one.platform)


@every_connector
def test_who_pushes_says_so(connector: Connector) -> None:
    assert isinstance(connector, PushConnector) is connector.capabilities.push


@every_pushing
@relaxed
@given(body=st.binary(max_size=200), value=st.text(max_size=80))
def test_what_is_not_signed_is_forged(connector: Connector, body: bytes, value: str) -> None:
    assert isinstance(connector, PushConnector)
    signed = replace(SECRET, signing="apphemlighet-0123456789")
    for headers in ({}, {"X-Hub-Signature-256": value}, {"X-LI-Signature": value}):
        for credential in (SECRET, signed):
            with pytest.raises(PushForged):
                connector.hints(headers, body, credential)


@every_pushing
@relaxed
@given(query=st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4))
def test_strangers_are_not_greeted(connector: Connector, query: Mapping[str, str]) -> None:
    assert isinstance(connector, PushConnector)
    for mode in ({}, {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": ""}):
        assert connector.greet({**query, **mode}, SECRET) is None
