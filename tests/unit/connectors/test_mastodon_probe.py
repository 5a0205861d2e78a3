"""What became of a status: there, gone, out of sight, or not to be told."""

from __future__ import annotations

import pytest

from archiver.connectors.mastodon import connector
from archiver.connectors.mastodon_probe import Authors
from archiver.core.connector import Wanted
from archiver.core.observation import POST, REPLY, Access, ItemRef
from tests.fakes import Answer, FakeHttp
from tests.unit.connectors.mastodon_site import TOKEN, Site, items


@pytest.fixture
def site() -> Site:
    return Site()


def post_ref(native_id: int) -> ItemRef:
    return ItemRef(POST, str(native_id))


def reply_ref(native_id: int) -> ItemRef:
    return ItemRef(REPLY, str(native_id))


def test_a_status_that_is_there(site: Site) -> None:
    answer = site.answer(site.post())
    probe = site.probe(reply_ref(answer), site.alva)
    assert probe.access is Access.PRESENT
    assert probe.collection is not None
    item = connector.normalise(probe.collection.name, probe.exchange.body)
    assert item.ref == reply_ref(answer)
    assert not item.own


def test_an_answer_to_what_was_deleted_is_still_there(site: Site) -> None:
    post = site.post()
    first = site.answer(post)
    second = site.answer(first)
    site.instance.delete(first, at=site.now())
    [page] = site.threads(post)
    assert items(page) == []
    assert site.probe(reply_ref(second), site.alva).access is Access.PRESENT
    assert site.probe(reply_ref(first), site.alva).access is Access.NOT_FOUND


def test_a_deleted_status_is_not_found_and_its_author_vouches_for_it(site: Site) -> None:
    answer = site.answer(site.post())
    site.instance.delete(answer, at=site.now())
    probe = site.probe(reply_ref(answer), site.alva)
    assert (probe.access, probe.reason, len(probe.also)) == (Access.NOT_FOUND, "http:404", 1)


def test_a_suspended_author_is_gone(site: Site) -> None:
    answer = site.answer(site.post())
    site.instance.suspend(site.alva, at=site.now())
    probe = site.probe(reply_ref(answer), site.alva)
    assert (probe.access, probe.reason) == (Access.AUTHOR_GONE, "author:suspended")
    site.instance.unsuspend(site.alva, at=site.now())
    assert site.probe(reply_ref(answer), site.alva).access is Access.PRESENT


def test_a_deleted_author_is_gone(site: Site) -> None:
    answer = site.answer(site.post())
    site.instance.leave(site.alva, at=site.now())
    assert site.probe(reply_ref(answer), site.alva).access is Access.AUTHOR_GONE


def test_an_author_who_may_not_be_asked_for_decides_nothing(site: Site) -> None:
    answer = site.answer(site.post())
    site.instance.delete(answer, at=site.now())

    def script(request):  # type: ignore[no-untyped-def]
        if "/accounts/" in request.url:
            return Answer(
                body=b'{"error":"This method requires an authenticated user"}', status=401
            )
        return Answer(body=b'{"error":"Record not found"}', status=404)

    wanted = [Wanted(ref=reply_ref(answer), author=str(site.alva))]
    [probe] = connector.probe(site.target, wanted, FakeHttp(script))
    assert probe.access is Access.FAILED


def test_an_author_who_blocks_us_has_deleted_nothing(site: Site) -> None:
    answer = site.answer(site.post())
    site.instance.block(site.alva, site.kommun, at=site.now())
    assert site.probe(reply_ref(answer), site.alva).access is Access.PRESENT
    site.instance.grant("folj-token-0123", site.kommun, "read")
    site.login("folj-token-0123")
    probe = site.probe(reply_ref(answer), site.alva)
    assert (probe.access, probe.reason) == (Access.NO_ACCESS, "author:blocked_by")


def test_a_login_that_ended_says_nothing_of_the_status(site: Site) -> None:
    answer = site.answer(site.post())
    site.login()
    site.instance.end_token(TOKEN, "revoked")
    assert site.probe(reply_ref(answer), site.alva).access is Access.NO_ACCESS


def test_authors_are_asked_for_once(site: Site) -> None:
    answers = [site.answer(site.post()) for _ in range(5)]
    for answer in answers:
        site.instance.delete(answer, at=site.now())
    wanted = [Wanted(ref=reply_ref(n), author=str(site.alva)) for n in answers]
    assert len(list(connector.probe(site.target, wanted, site.http))) == 5
    assert sum("/accounts/" in request.url for request in site.http.requests) == 1


def test_a_page_for_people_is_no_proof(site: Site) -> None:
    page = Answer(body=b"<html>404</html>", status=404)
    [probe] = connector.probe(site.target, [Wanted(ref=post_ref(1))], FakeHttp(lambda _: page))
    assert probe.access is Access.FAILED


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":"7","acct":"nagon_annan"}'])
def test_an_author_of_unknown_shape_decides_nothing(site: Site, body: bytes) -> None:
    authors = Authors(site.target, FakeHttp(lambda _: Answer(body=body)))
    assert authors.judge("1")[0] is Access.FAILED


def test_an_unknown_author_is_not_asked_for(site: Site) -> None:
    assert Authors(site.target, site.http).judge("") == (Access.NOT_FOUND, "", ())
    assert site.http.requests == []
