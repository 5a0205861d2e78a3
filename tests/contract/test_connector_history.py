"""Earlier states of items: the part of the connectors' contract that not every platform has."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from archiver.core.connector import Connector
from archiver.core.observation import ItemRef, placed
from archiver.errors import SourceError
from archiver.harvest.segment import split
from tests.contract.test_connector import (
    SECRET,
    TOTALS,
    always,
    bodies,
    every_connector,
    every_refusal,
    refs,
    target_of,
)
from tests.fakes import Answer, FakeHttp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@every_connector
def test_its_history_is_a_list_of_its_own(connector: Connector) -> None:
    history = connector.history_collection(target_of(connector))
    assert connector.capabilities.history is (history is not None)
    if history is None:
        return
    collections = connector.collections(target_of(connector))
    shown = {kind for collection in collections for kind in collection.shows}
    assert history.name not in {collection.name for collection in collections}
    assert re.fullmatch(r"[a-z][a-z0-9:_-]*", history.name)
    assert history.shows
    assert not shown & set(history.shows)  # or a state that is missing would raise suspicion
    assert set(history.of) <= shown
    assert history.exhaustive is False
    some = ItemRef(history.of[0], "1")  # where the states do not say it, their page does
    for _, body in (one for one in bodies(connector, earlier=True) if one[0] == history):
        for fragment in split(body, history.layout).fragments:
            item = placed(connector.normalise(history.name, fragment.data), some)
            assert item.parent == item.root
            assert item.root is not None
            assert item.root.kind in history.of


@every_connector
def test_no_history_is_asked_for_where_there_is_none(connector: Connector) -> None:
    http = FakeHttp(always(Answer(body=b"[]")))
    public, known = target_of(connector, None), refs(connector)
    if connector.history_collection(public) is None:
        assert list(connector.history(public, known, EPOCH, http)) == []
        assert http.requests == []
    assert list(connector.history(target_of(connector), [], EPOCH, http)) == []
    assert http.requests == []


@every_connector
@every_refusal
def test_no_history_is_made_of_a_refusal(connector: Connector, answer: Answer) -> None:
    target, http = target_of(connector), FakeHttp(always(answer))
    if connector.history_collection(target) is None:
        return
    with pytest.raises(SourceError):
        list(connector.history(target, refs(connector), EPOCH, http))
    assert len(http.requests) < 10


@every_connector
def test_a_history_ends_when_the_server_repeats_itself(connector: Connector) -> None:
    target, known = target_of(connector), refs(connector)
    for _, body in bodies(connector, earlier=True):
        http = FakeHttp(always(Answer(body=body, headers=TOTALS)))
        with suppress(SourceError):
            list(connector.history(target, known, EPOCH, http))
        assert len(http.requests) < 100


@every_connector
def test_secrets_and_native_ids_stay_out_of_its_templates(connector: Connector) -> None:
    listed = b'[{"id":987654321,"date_gmt":"2026-11-20T08:15:00"}]'
    http = FakeHttp(always(Answer(body=listed)))
    some = [ItemRef(ref.kind, "987654321") for ref in refs(connector)[:3]]
    with suppress(SourceError):
        list(connector.history(target_of(connector), some, EPOCH, http))
    for request in http.requests:
        assert request.template
        assert "987654321" not in request.template
        assert SECRET.secret not in f"{request.url} {request.params} {request.template}"
