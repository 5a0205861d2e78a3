"""Facebook: addresses, what items say, the control read, lists, threads and probes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.connectors import facebook_item as shape
from archiver.connectors.facebook import connector
from archiver.connectors.facebook_address import page_address
from archiver.core.connector import (
    Blind,
    ControlStatus,
    Credential,
    Page,
    Scan,
    Target,
    Wanted,
)
from archiver.core.observation import COMMENT, POST, REPLY, Access, ItemRef, Kind, Moderation
from archiver.errors import (
    ConfigError,
    SourceError,
    SourceLoginExpired,
    SourceLoops,
    SourceMissingRights,
    SourceQuotaExhausted,
    SourceUnavailable,
)
from tests.fakes import Answer, FakeHttp, Request

PAGE = "100200300400500"
TARGET = Target(
    url=f"https://www.facebook.com/{PAGE}", credential=Credential(secret="EAAtestkoping0123456")
)
POSTS, COMMENTS = connector.collections(TARGET)


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def error(code: int, subcode: int = 0, **more: object) -> Answer:
    found = {"message": "(#1) Nej", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    found |= {"error_subcode": subcode} if subcode else {}
    return Answer(status=400, body=body({"error": found | more}))


def script(answers: Mapping[str, Answer | Sequence[Answer]]) -> FakeHttp:
    """Answers by the end of the path; a sequence is used up one by one, the last one stays."""
    left = {key: [one] if isinstance(one, Answer) else list(one) for key, one in answers.items()}

    def answer(request: Request) -> Answer:
        path = request.url.removeprefix("https://graph.facebook.com/v26.0/")
        queue = left.get(path) or left[path.rpartition("/")[2]]
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return FakeHttp(answer)


def comment(number: int, **fields: object) -> dict[str, Any]:
    row: dict[str, Any] = {"id": f"7_{number}", "message": f"nr {number}"}
    return row | {"created_time": "2026-02-03T08:41:00+0000"} | fields


def listed(rows: Sequence[object], after: str = "") -> Answer:
    paging: dict[str, Any] = {"cursors": {"before": "b", "after": after or "sista"}}
    if after:
        address = f"https://graph.facebook.com/v26.0/x?access_token=EAAannan&after={after}"
        paging["next"] = address
    return Answer(body=body({"data": rows, "paging": paging}))


# --- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("facebook.com/Testkoping", "testkoping"),
        ("https://m.facebook.com/testkoping/?ref=page_internal", "testkoping"),
        ("https://sv-se.facebook.com/testkopings.kommun/posts/123", "testkopings.kommun"),
        ("https://www.facebook.com/profile.php?id=100200300400500", PAGE),
        ("https://www.facebook.com/pages/Testk%C3%B6ping/100200300400500", PAGE),
        ("https://www.facebook.com/p/Testkoping-100200300400500/", PAGE),
        ("https://www.facebook.com/people/Testkoping/100200300400500", PAGE),
        ("http://www.facebook.com/Testkoping-100200300400500/about", PAGE),
        ("https://www.facebook.com/100200300400500", PAGE),
    ],
)
def test_a_page_has_one_address(typed: str, page: str) -> None:
    assert page_address(typed) == f"https://www.facebook.com/{page}"
    assert connector.normalise_target(typed) == f"https://www.facebook.com/{page}"


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.facebook.com/",
        "https://www.facebook.com/groups/testkoping",
        "https://www.facebook.com/events/123456789",
        "https://www.facebook.com/photo.php?fbid=123456789",
        "https://www.facebook.com/profile.php?id=inget",
        "https://www.facebook.com/..",
        "https://facebook.com.example/testkoping",
        "https://www.facebook.com:8443/testkoping",
        "https://testkoping.example/",
    ],
)
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(ConfigError):
        connector.normalise_target(typed)


# --- items -----------------------------------------------------------------------------------


def test_a_post_is_the_pages_own_and_known_without_the_page() -> None:
    row = {"id": f"{PAGE}_42", "message": "Hej", "from": {"id": PAGE, "name": "Testköping"}}
    item = shape.read_post(body(row | {"created_time": "2026-02-03T09:41:00+0100"}))
    assert item.ref == ItemRef(POST, "42")
    assert item.own
    assert item.created_at == datetime(2026, 2, 3, 8, 41, tzinfo=UTC)
    assert (item.parent, item.root) == (None, None)


def test_a_reply_answers_a_comment_and_stands_under_a_post() -> None:
    row = comment(9, parent={"id": "7_8"}, object={"id": f"{PAGE}_42"})
    item = shape.read_comment(body(row))
    assert item.ref == ItemRef(REPLY, "7_9")
    assert item.parent == ItemRef(COMMENT, "7_8")
    assert item.root == ItemRef(POST, "42")
    assert not item.own


@pytest.mark.parametrize(
    ("fields", "root"),
    [
        ({"permalink_url": f"https://www.facebook.com/{PAGE}/posts/42/?comment_id=9"}, "42"),
        ({"permalink_url": "https://www.facebook.com/testkoping/posts/pfbid0abc"}, "7"),
        ({"object": {"id": f"{PAGE}_43"}}, "43"),
        ({"object": {"id": "909150000000001"}}, "7"),
        ({}, "7"),
    ],
)
def test_the_post_of_a_comment(fields: Mapping[str, object], root: str) -> None:
    assert shape.read_comment(body(comment(9, **fields))).root == ItemRef(POST, root)


def test_a_comment_without_id_is_known_by_its_permalink() -> None:
    link = f"https://www.facebook.com/{PAGE}/posts/42/?comment_id=8&reply_comment_id=9"
    item = shape.read_comment(body({"message": "Hej", "permalink_url": link}))
    assert item.ref == ItemRef(REPLY, "42_9")
    assert item.parent == ItemRef(COMMENT, "42_8")


@pytest.mark.parametrize("flag", ["is_hidden", "is_private"])
def test_what_others_do_not_see_is_hidden(flag: str) -> None:
    assert shape.read_comment(body(comment(9, **{flag: True}))).moderation is Moderation.HIDDEN
    assert shape.read_comment(body(comment(9))).moderation is Moderation.VISIBLE


def test_half_a_surrogate_pair_is_replaced() -> None:
    item = shape.read_comment(b'{"id":"7_9","message":"hal\\ud83d"}')
    assert item.text == "hal\N{REPLACEMENT CHARACTER}"


def picture(host: str, variant: str, signature: str, **target: str) -> dict[str, Any]:
    src = f"https://{host}.fbcdn.net/v/{variant}/1_909150_2_n.jpg?oh={signature}&oe=1"
    return {"type": "photo", "media": {"image": {"src": src}}, "target": target, "url": "x"}


@pytest.mark.parametrize("target", [{"id": "909150"}, {}])
def test_a_picture_is_the_same_from_every_server_of_the_cdn(target: Mapping[str, str]) -> None:
    one = comment(9, attachment=picture("scontent-arn2-1.xx", "p720x720", "aa", **target))
    two = comment(9, attachment=picture("scontent.xx", "p400x400", "bb", **target))
    first, second = (shape.read_comment(body(row)).attachments[0].url for row in (one, two))
    assert first.partition("?")[0] == second.partition("?")[0]
    assert connector.media_url(TARGET, first) == one["attachment"]["media"]["image"]["src"]
    assert connector.owns_media(TARGET, first)


def test_media_of_other_hosts_are_not_the_pages() -> None:
    row = comment(9, attachment=picture("x", "y", "z", id="1"))
    row["attachment"]["media"]["image"]["src"] = "https://media.example/fbcdn.net/x.png"
    url = shape.read_comment(body(row)).attachments[0].url
    assert not connector.owns_media(TARGET, url)
    assert not connector.owns_media(TARGET, "https://scontent.fbcdn.net/x.png")


def test_links_lose_their_wrapping_and_click_ids() -> None:
    wrapped = "https://l.facebook.com/l.php?u=https%3A%2F%2Ftestkoping.example%2Fval%3Fs%3D1%26fbclid%3DIwAR1&h=AT0"
    post = {"id": f"{PAGE}_42", "attachments": {"data": [{"type": "share", "url": wrapped}]}}
    assert shape.read_post(body(post)).links == ("https://testkoping.example/val?s=1",)


def test_an_album_shows_its_pictures_and_no_links() -> None:
    inside = [picture("scontent.xx", "p", "a", id=str(number)) for number in (1, 2)]
    album = {"type": "album", "url": "https://x.example", "subattachments": {"data": inside}}
    item = shape.read_post(body({"id": f"{PAGE}_42", "attachments": {"data": [album]}}))
    assert len(item.attachments) == 2
    assert not item.links


def test_nobody_is_named_where_the_platform_names_nobody() -> None:
    named = shape.read_comment(body(comment(9, **{"from": {"id": "24", "name": "Åsa"}})))
    nameless = shape.read_comment(body(comment(9)))
    assert (named.author.native_id, named.author.name) == ("24", "Åsa")
    assert (nameless.author.native_id, nameless.author.name) == ("", "")
    assert (named.text, named.links, named.parent) == (
        nameless.text,
        nameless.links,
        nameless.parent,
    )


# --- control ---------------------------------------------------------------------------------


def fine(**fields: object) -> Answer:
    return Answer(body=body({"id": PAGE, "is_published": True} | fields))


NO_RIGHTS_TOLD = error(100)


def test_a_readable_page_tells_its_number() -> None:
    typed = Target(url="https://www.facebook.com/testkoping", credential=TARGET.credential)
    http = script({"testkoping": fine(), "permissions": NO_RIGHTS_TOLD})
    control = connector.control(typed, http)
    assert control.status is ControlStatus.OK
    assert control.authenticated
    assert (control.account, control.scopes, control.expires_at) == (PAGE, (), None)
    assert control.target is not None
    assert control.target.url == TARGET.url


def granted(*names: str) -> Answer:
    rows = [{"permission": name, "status": "granted"} for name in names]
    return Answer(body=body({"data": [*rows, {"permission": "email", "status": "declined"}]}))


def test_rights_that_are_told_must_be_enough() -> None:
    enough = granted("pages_read_engagement", "pages_read_user_content")
    control = connector.control(TARGET, script({PAGE: fine(), "permissions": enough}))
    assert control.status is ControlStatus.OK
    assert control.scopes == ("pages_read_engagement", "pages_read_user_content")
    few = granted("pages_read_engagement")
    control = connector.control(TARGET, script({PAGE: fine(), "permissions": few}))
    assert control.status is ControlStatus.MISSING_RIGHTS
    assert control.detail == "pages_read_user_content"


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        (error(190, 463), ControlStatus.LOGIN_EXPIRED, "190/463"),
        (error(190, 458), ControlStatus.LOGIN_REFUSED, "190/458"),
        (error(190, 460), ControlStatus.LOGIN_REFUSED, "190/460"),
        (error(190, 467), ControlStatus.LOGIN_REFUSED, "190/467"),
        (error(190), ControlStatus.LOGIN_REFUSED, "190"),
        (error(104), ControlStatus.LOGIN_REFUSED, "104"),
        (error(10), ControlStatus.MISSING_RIGHTS, "10"),
        (error(200), ControlStatus.MISSING_RIGHTS, "200"),
        (error(299), ControlStatus.MISSING_RIGHTS, "299"),
        (error(4), ControlStatus.QUOTA_EXHAUSTED, "4"),
        (error(17), ControlStatus.QUOTA_EXHAUSTED, "17"),
        (error(32), ControlStatus.QUOTA_EXHAUSTED, "32"),
        (error(613), ControlStatus.QUOTA_EXHAUSTED, "613"),
        (error(80001), ControlStatus.QUOTA_EXHAUSTED, "80001"),
        (error(2635), ControlStatus.VERSION_SUNSET, "2635"),
        (error(12), ControlStatus.VERSION_SUNSET, "12"),
        (error(21), ControlStatus.ACCOUNT_MOVED, "21"),
        (error(2), ControlStatus.UNREACHABLE, "2"),
        (error(9999, is_transient=True), ControlStatus.UNREACHABLE, "9999"),
        (error(9999), ControlStatus.CHANGED, "9999"),
        (fine(is_published=False), ControlStatus.ACCOUNT_GONE, "unpublished"),
        (fine(id="namn"), ControlStatus.CHANGED, "source-changed"),
    ],
)
def test_what_the_control_read_says(answer: Answer, status: ControlStatus, detail: str) -> None:
    control = connector.control(TARGET, script({PAGE: answer, "permissions": NO_RIGHTS_TOLD}))
    assert (control.status, control.detail) == (status, detail)


def test_a_quota_says_how_long_it_lasts() -> None:
    counters = [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 27}]
    headers = {"X-Business-Use-Case-Usage": json.dumps({PAGE: counters})}
    told = Answer(status=400, body=error(80001).body, headers=headers)
    assert connector.control(TARGET, script({PAGE: told})).retry_after == 27 * 60
    assert connector.control(TARGET, script({PAGE: error(4)})).retry_after == 3600


def test_a_page_out_of_sight_is_gone_or_anothers() -> None:
    another = script({PAGE: error(100, 33), "me": Answer(body=body({"id": "999"}))})
    assert connector.control(TARGET, another).status is ControlStatus.MISSING_RIGHTS
    gone = script({PAGE: error(100, 33), "me": error(100, 33)})
    control = connector.control(TARGET, gone)
    assert (control.status, control.detail) == (ControlStatus.ACCOUNT_GONE, "100/33")


def test_blindness_without_a_token_is_nearly_total() -> None:
    anonymous = Target(url=TARGET.url)
    assert connector.blind(TARGET) < connector.blind(anonymous)
    assert Blind.UNTRIED in connector.blind(TARGET)


# --- lists -----------------------------------------------------------------------------------


def read(http: FakeHttp, *posts: str) -> list[Page]:
    under = tuple(ItemRef(POST, post) for post in posts)
    return list(connector.pages(TARGET, Scan(collection=COMMENTS, under=under), http))


def test_the_next_page_is_asked_for_by_its_cursor_alone() -> None:
    http = script({"comments": [listed([comment(1)], "QVFI"), listed([comment(2)])]})
    pages = read(http, "42")
    assert [page.read for page in pages] == [(), (ItemRef(POST, "42"),)]
    first, second = http.requests
    assert first.url == second.url == f"https://graph.facebook.com/v26.0/{PAGE}_42/comments"
    assert second.params == {**first.params, "after": "QVFI"}
    assert "access_token" not in second.params
    assert first.template == "/v26.0/{id}/comments"


def test_a_cursor_without_next_is_the_end() -> None:
    assert len(read(script({"comments": listed([comment(1)])}), "42")) == 1


def test_older_lists_are_followed_by_time() -> None:
    follow = "https://graph.facebook.com/v26.0/x?access_token=E&until=17&__paging_token=p&limit=9"
    first = Answer(body=body({"data": [comment(1)], "paging": {"next": follow}}))
    http = script({"comments": [first, listed([comment(2)])]})
    assert len(read(http, "42")) == 2
    asked = dict(http.requests[1].params)
    assert (asked["until"], asked["__paging_token"]) == ("17", "p")
    assert asked["limit"] == "100"
    assert "access_token" not in asked


def test_an_expired_cursor_begins_the_list_anew() -> None:
    answers = [listed([comment(1)], "a"), error(100), listed([comment(1)], "b")]
    http = script({"comments": [*answers, listed([comment(2)])]})
    assert len(read(http, "42")) == 3
    assert ["after" in request.params for request in http.requests] == [False, True, False, True]


def test_cursors_that_always_expire_end_it() -> None:
    with pytest.raises(SourceUnavailable):
        read(script({"comments": [listed([comment(1)], "a"), error(100)] * 4}), "42")


def test_a_list_that_leads_back_is_a_loop() -> None:
    with pytest.raises(SourceLoops):
        read(script({"comments": listed([comment(1)], "a")}), "42")


def test_a_list_that_brings_nothing_new_ends() -> None:
    endless = [listed([comment(1)], f"c{number}") for number in range(40)]
    http = script({"comments": endless})
    with pytest.raises(SourceLoops):
        read(http, "42")
    assert len(http.requests) < 30


def test_empty_pages_in_between_are_no_end() -> None:
    http = script({"comments": [listed([], "a"), listed([], "b"), listed([comment(1)])]})
    assert len(read(http, "42")) == 3


def test_one_thread_that_cannot_be_read_does_not_keep_the_others() -> None:
    gone = f"{PAGE}_42/comments"
    http = script({gone: error(100, 33), "comments": listed([comment(1)])})
    under = tuple(ItemRef(POST, post) for post in ("41", "42", "43"))
    pages = connector.pages(TARGET, Scan(collection=COMMENTS, under=under), http)
    came = [next(pages), next(pages)]
    with pytest.raises(SourceError) as caught:
        next(pages)
    assert [page.read for page in came] == [(under[0],), (under[2],)]
    assert "100/33" in caught.value.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(190, 463), SourceLoginExpired),
        (error(10), SourceMissingRights),
        (error(80001), SourceQuotaExhausted),
    ],
)
def test_what_concerns_the_whole_channel_ends_it_at_once(
    answer: Answer, kind: type[SourceError]
) -> None:
    http = script({"comments": answer})
    with pytest.raises(kind):
        read(http, "41", "42", "43")
    assert len(http.requests) == 1


def test_recent_posts_are_asked_for_since_an_instant() -> None:
    http = script({"published_posts": listed([{"id": f"{PAGE}_1"}])})
    since = datetime(2026, 2, 3, tzinfo=UTC)
    list(connector.pages(TARGET, Scan(collection=POSTS, since=since), http))
    assert http.requests[0].params["since"] == str(int(since.timestamp()))


# --- probes ----------------------------------------------------------------------------------


def probed(http: FakeHttp, *refs: tuple[Kind, str]) -> Mapping[str, Any]:
    wanted = [Wanted(ref=ItemRef(*ref)) for ref in refs]
    return {probe.ref.native_id: probe for probe in connector.probe(TARGET, wanted, http)}


def test_a_present_item_is_the_whole_body() -> None:
    http = script({f"{PAGE}_42": Answer(body=body({"id": f"{PAGE}_42", "message": "Hej"}))})
    probe = probed(http, (POST, "42"))["42"]
    assert probe.access is Access.PRESENT
    item = connector.normalise(probe.collection.name, probe.exchange.body)
    assert (item.ref, item.text) == (ItemRef(POST, "42"), "Hej")


def test_what_is_gone_is_not_found_only_if_the_page_is_there() -> None:
    there = script({"7_9": error(100, 33), "7_8": error(100, 33), PAGE: fine()})
    found = probed(there, (COMMENT, "7_9"), (REPLY, "7_8"))
    assert [probe.access for probe in found.values()] == [Access.NOT_FOUND] * 2
    assert {probe.reason for probe in found.values()} == {"100/33"}
    assert all(probe.also for probe in found.values())
    assert len(there.requests) == 3  # the page is asked for once
    away = script({"7_9": error(100, 33), PAGE: error(100, 33)})
    assert probed(away, (COMMENT, "7_9"))["7_9"].access is Access.FAILED


def test_a_token_that_is_gone_says_nothing_of_any_item() -> None:
    http = script({"7_8": error(190, 460)})
    found = probed(http, (COMMENT, "7_8"), (COMMENT, "7_9"))
    assert {probe.access for probe in found.values()} == {Access.NO_ACCESS}
    assert len(http.requests) == 1


def test_rights_may_be_missing_for_one_item_only() -> None:
    http = script({"7_8": error(10), "7_9": Answer(body=body(comment(9)))})
    found = probed(http, (COMMENT, "7_8"), (COMMENT, "7_9"))
    assert found["7_8"].access is Access.NO_ACCESS
    assert found["7_9"].access is Access.PRESENT


def test_a_quota_ends_the_probing() -> None:
    with pytest.raises(SourceQuotaExhausted):
        probed(script({"7_8": error(80001)}), (COMMENT, "7_8"))


def test_another_item_than_the_one_asked_for_proves_nothing() -> None:
    http = script({"7_8": Answer(body=body(comment(9)))})
    assert probed(http, (COMMENT, "7_8"))["7_8"].access is Access.FAILED
