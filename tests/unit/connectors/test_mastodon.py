"""The Mastodon connector against an instance of known contents: what it says of each state."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archiver.connectors.mastodon import connector
from archiver.core.connector import (
    Blind,
    Control,
    ControlStatus,
    Credential,
    Scan,
    Target,
    Usage,
)
from archiver.core.observation import POST, REPLY, REVISION, SHARE, ItemRef, placed
from archiver.demo.mastodon import Fault
from archiver.errors import (
    ConfigError,
    SourceChanged,
    SourceLoginExpired,
    SourceLoops,
    SourceMissingRights,
    SourceRefusedLogin,
    SourceUnavailable,
    SourceVersionSunset,
)
from archiver.harvest.segment import split
from tests.fakes import Answer, FakeHttp
from tests.unit.connectors.mastodon_site import REPLIES, STATUSES, TOKEN, URL, Site, items

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def site() -> Site:
    return Site()


def post_ref(native_id: int) -> ItemRef:
    return ItemRef(POST, str(native_id))


def reply_ref(native_id: int) -> ItemRef:
    return ItemRef(REPLY, str(native_id))


# Addresses.


@pytest.mark.parametrize(
    "typed",
    [
        "https://social.testkoping.example/@kommun",
        "https://social.testkoping.example/@Kommun/",
        "@kommun@social.testkoping.example",
        "acct:kommun@social.testkoping.example",
        "https://social.testkoping.example/users/kommun",
        "https://social.testkoping.example/web/@kommun",
        "https://social.testkoping.example/@kommun/117194371891200001",
        "https://elefant.example/@kommun@social.testkoping.example",
        "social.testkoping.example/@kommun",
    ],
)
def test_an_account_has_one_address(typed: str) -> None:
    assert connector.normalise_target(typed) == URL


@pytest.mark.parametrize(
    "typed",
    [
        "https://social.testkoping.example",
        "https://social.testkoping.example/explore",
        "https://social.testkoping.example/ap/users/117194371891200001",
        "https://social.testkoping.example/@kommun?lang=sv",
        "kommun@social.testkoping.example",
        "@kommun",
        "@@social.testkoping.example",
    ],
)
def test_what_is_no_account_is_refused(typed: str) -> None:
    with pytest.raises(ConfigError):
        connector.normalise_target(typed)


def test_media_lie_with_the_instance_or_where_the_channel_says() -> None:
    target = Target(url=URL, options={"media_host": "filer.testkoping.example"})
    assert connector.owns_media(target, "https://social.testkoping.example/system/bild.png")
    assert connector.owns_media(target, "https://filer.testkoping.example/bild.png")
    assert not connector.owns_media(Target(url=URL), "https://filer.testkoping.example/bild.png")
    assert not connector.owns_media(target, "https://media.elefant.example/bild.png")


# Control.


def test_an_open_account_is_read_without_a_login(site: Site) -> None:
    control = connector.control(Target(url=URL), site.http)
    assert control.status is ControlStatus.OK
    assert control.account == str(site.kommun)
    assert control.target is not None
    assert control.target.options["account"] == str(site.kommun)
    assert not control.authenticated


def test_a_good_token_is_told(site: Site) -> None:
    site.login()
    control = connector.control(site.target, site.http)
    assert (control.status, control.authenticated) == (ControlStatus.OK, True)


def test_the_token_of_an_application_will_do(site: Site) -> None:
    site.instance.grant("app-token-0123", 0, "read")
    site.login("app-token-0123")
    assert connector.control(site.target, site.http).status is ControlStatus.OK


def control_with(site: Site, token: str = TOKEN) -> Control:
    site.login(token)
    return connector.control(site.target, site.http)


def test_a_token_nobody_knows_is_no_login(site: Site) -> None:
    assert control_with(site, "okand-token-0123").status is ControlStatus.LOGIN_REFUSED


def test_a_revoked_token_is_refused(site: Site) -> None:
    site.instance.end_token(TOKEN, "revoked")
    assert control_with(site).status is ControlStatus.LOGIN_REFUSED


def test_an_expired_token_is_told_apart(site: Site) -> None:
    site.instance.end_token(TOKEN, "expired")
    assert control_with(site).status is ControlStatus.LOGIN_EXPIRED


def test_an_expired_token_is_told_apart_in_swedish(site: Site) -> None:
    answer = Answer(body='{"error":"The access token utgången"}'.encode(), status=401)
    site.login()
    control = connector.control(site.target, FakeHttp(lambda _: answer))
    assert control.status is ControlStatus.LOGIN_EXPIRED


def test_a_token_without_the_scope_is_told(site: Site) -> None:
    site.instance.grant("write-token-0123", site.kommun, "write")
    assert control_with(site, "write-token-0123").status is ControlStatus.MISSING_RIGHTS


def test_an_instance_may_demand_a_login(site: Site) -> None:
    site.instance.login_required = True
    control = connector.control(Target(url=URL), site.http)
    assert control.status is ControlStatus.LOGIN_REFUSED


def test_a_suspended_account_is_gone(site: Site) -> None:
    site.instance.suspend(site.kommun, at=site.now())
    control = connector.control(site.target, site.http)
    assert (control.status, control.detail) == (ControlStatus.ACCOUNT_GONE, "suspended")
    site.instance.unsuspend(site.kommun, at=site.now())
    assert connector.control(site.target, site.http).status is ControlStatus.OK


def test_a_deleted_account_is_gone(site: Site) -> None:
    site.instance.leave(site.kommun, at=site.now())
    control = connector.control(site.target, site.http)
    assert (control.status, control.detail) == (ControlStatus.ACCOUNT_GONE, "http:404")


def test_an_account_that_moved_is_told(site: Site) -> None:
    new = site.instance.join("nya", "Nya kontot", at=site.now())
    site.instance.move(site.kommun, new, at=site.now())
    assert connector.control(site.target, site.http).status is ControlStatus.ACCOUNT_MOVED


def test_a_limited_account_is_read(site: Site) -> None:
    site.instance.limit(site.kommun, at=site.now())
    control = connector.control(site.target, site.http)
    assert (control.status, control.detail) == (ControlStatus.OK, "limited")


def test_an_api_that_is_no_longer_served_is_told(site: Site) -> None:
    site.server.fault = Fault(mode="sunset")
    assert connector.control(site.target, site.http).status is ControlStatus.VERSION_SUNSET


# The account's own list.


def test_the_list_is_read_to_its_end(site: Site) -> None:
    made = [site.post(f"Nr {n}") for n in range(95)]
    pages = site.statuses()
    assert [len(items(page)) for page in pages] == [40, 40, 15, 0]
    assert [ref for page in pages for ref in items(page)] == [post_ref(n) for n in made[::-1]]


def test_nothing_is_left_out_of_the_list_but_what_is_not_for_all(site: Site) -> None:
    first = site.post()
    reply = site.answer(site.answer(first), "@alva Tack!", site.kommun)
    boost = site.instance.boost(site.kommun, site.post("Hej", site.alva), at=site.now())
    unlisted = site.post("Olistat", visibility="unlisted")
    site.post("För följare", visibility="private")
    site.post("@alva Enskilt", visibility="direct")
    site.login()
    [page, _] = site.statuses()
    assert items(page) == [post_ref(unlisted), ItemRef(SHARE, str(boost)), post_ref(first)]
    [page, _] = site.own_replies()
    assert items(page) == [reply_ref(reply)]
    assert page.under == {}


def test_a_recent_answer_is_placed_by_what_stands_above_it(site: Site) -> None:
    post, theirs = site.post(), site.post("Vet någon?", site.alva)
    old = site.answer(post, "Gammalt", site.kommun)
    since = site.now()
    ours = site.answer(site.answer(post), "@alva Tack!", site.kommun)
    elsewhere = site.answer(theirs, "@alva Ja.", site.kommun)
    gone = site.answer(post, "Strax borta", site.kommun)

    def meanwhile(path: str) -> None:
        if path.endswith("/statuses"):
            site.instance.delete(gone, at=site.now())

    site.server.after_answer = meanwhile
    [page] = site.own_replies(since)
    assert items(page) == [reply_ref(elsewhere), reply_ref(ours)]
    assert page.under == {reply_ref(ours): post_ref(post)}
    assert {reply_ref(old), reply_ref(gone), post_ref(post)} <= page.left_out


def test_recent_ones_are_read_until_one_from_before(site: Site) -> None:
    for n in range(60):
        site.post(f"Nr {n}")
    since = site.now()
    newest = site.post("Nyast")
    [page] = site.statuses(since)
    assert items(page)[0] == post_ref(newest)


def test_what_is_posted_meanwhile_pushes_nothing_out_of_sight(site: Site) -> None:
    made = {post_ref(site.post(f"Nr {n}")) for n in range(90)}
    new = list[int]()

    def meanwhile(path: str) -> None:
        if path.endswith("/statuses") and len(new) < 4:
            new.append(site.post("Emellan"))

    site.server.after_answer = meanwhile
    seen = [ref for page in site.statuses() for ref in items(page)]
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def test_what_is_deleted_meanwhile_ends_nothing(site: Site) -> None:
    made = [site.post(f"Nr {n}") for n in range(90)]

    def meanwhile(_path: str) -> None:
        if len(made) > 87:
            site.instance.delete(made.pop(), at=site.now())

    site.server.after_answer = meanwhile
    seen = {ref for page in site.statuses() for ref in items(page)}
    assert {post_ref(n) for n in made} <= seen


@pytest.mark.parametrize("mode", ["link-loop", "repeats"])
def test_a_list_that_leads_back_ends(site: Site, mode: str) -> None:
    for n in range(50):
        site.post(f"Nr {n}")
    site.server.fault = Fault(mode=mode)  # type: ignore[arg-type]
    with pytest.raises(SourceLoops):
        site.statuses()
    assert len(site.http.requests) < 10


def test_the_account_is_looked_up_where_no_control_did(site: Site) -> None:
    made = site.post()
    pages = connector.pages(Target(url=URL), Scan(collection=STATUSES), site.http)
    assert items(next(pages)) == [post_ref(made)]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("maintenance", SourceChanged),
        ("503", SourceUnavailable),
        ("429", SourceUnavailable),
        ("sunset", SourceVersionSunset),
    ],
)
def test_what_goes_wrong_has_a_name(site: Site, fault: str, error: type[Exception]) -> None:
    site.server.fault = Fault(mode=fault)  # type: ignore[arg-type]
    with pytest.raises(error):
        site.statuses()


def test_a_token_that_ends_meanwhile_is_told(site: Site) -> None:
    site.login()
    site.instance.end_token(TOKEN, "expired")
    with pytest.raises(SourceLoginExpired):
        site.statuses()


def test_a_login_may_be_needed_for_the_list(site: Site) -> None:
    site.instance.login_required = True
    with pytest.raises(SourceRefusedLogin, match="access token"):
        site.statuses()


# Threads.


def test_answers_stand_under_their_post(site: Site) -> None:
    post = site.post()
    answer = site.answer(post)
    ours = site.answer(answer, "@alva Tack!", site.kommun)
    [page] = site.threads(post)
    assert items(page) == [reply_ref(answer), reply_ref(ours)]
    assert (set(page.under.values()), page.read) == ({post_ref(post)}, (post_ref(post),))
    item = connector.normalise(
        "replies", split(page.exchange.body, REPLIES.layout).fragments[1].data
    )
    assert placed(item, page.under[item.ref]).root == post_ref(post)
    assert item.parent == reply_ref(answer)


def test_messages_to_the_authority_are_left_out(site: Site) -> None:
    post = site.post()
    open_ = site.answer(post)
    site.answer(post, "@kommun Enskilt", visibility="direct")
    site.login()
    [page] = site.threads(post)
    assert items(page) == [reply_ref(open_)]
    assert b"Enskilt" in page.exchange.body
    assert Blind.PRIVATE in connector.blind(site.target)


def test_a_thread_that_is_cut_short_is_not_read(site: Site) -> None:
    long, short = site.post("Lång"), site.post("Kort")
    for n in range(70):
        site.answer(long, f"@kommun Nr {n}")
    site.answer(short)
    pages = site.threads_one_by_one(long, short)
    assert [next(pages).read, next(pages).read] == [(), (post_ref(short),)]
    with pytest.raises(SourceMissingRights, match="part of a thread"):
        next(pages)
    site.login()
    assert [len(items(page)) for page in site.threads(long)] == [70]


def test_a_post_that_fails_does_not_keep_the_others_from_being_read(site: Site) -> None:
    posts = [site.post(f"Nr {n}") for n in range(3)]
    site.server.fault = Fault(mode="maintenance", path=f"{posts[1]}/context")
    pages = site.threads_one_by_one(*posts)
    assert [next(pages).read, next(pages).read] == [(post_ref(posts[0]),), (post_ref(posts[2]),)]
    with pytest.raises(SourceChanged):
        next(pages)


def test_a_post_that_is_gone_has_no_thread(site: Site) -> None:
    post = site.post()
    site.instance.delete(post, at=site.now())
    assert site.threads(post) == []


# Earlier states.


def test_every_text_but_the_newest_is_history(site: Site) -> None:
    post = site.post("Den 1 december.")
    site.instance.edit(post, at=site.now(), text="Den 15 december.")
    site.instance.edit(post, at=site.now(), text="Den 20 december.")
    untouched = site.post("Hej")
    refs = [post_ref(post), post_ref(untouched)]
    [page] = connector.history(site.target, refs, EPOCH, site.http)
    cut = split(page.exchange.body, STATUSES.layout)
    found = [connector.normalise("edits", f.data) for f in cut.fragments]
    states = [placed(one, page.under[one.ref]) for one in found if one.ref not in page.left_out]
    assert [state.text for state in states] == [
        "Den 1 december.",
        "Den 15 december.",
    ]
    assert {state.ref.kind for state in states} == {REVISION}
    assert {state.root for state in states} == {post_ref(post)}


def test_a_status_that_is_gone_has_no_history(site: Site) -> None:
    post = site.post()
    site.instance.delete(post, at=site.now())
    assert list(connector.history(site.target, [post_ref(post)], EPOCH, site.http)) == []


# Limits.


def test_the_limit_is_told_in_iso_time(site: Site) -> None:
    connector.control(site.target, site.http)
    usage = connector.usage(site.http.exchanges[-1])
    assert usage is not None
    assert (usage.limit, usage.remaining) == (300, 299)
    assert usage.reset_at is not None
    reset = datetime.fromtimestamp(usage.reset_at / 1000, UTC)
    assert (reset.minute % 5, reset.second) == (0, 0)


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, None),
        ({"X-RateLimit-Limit": "300"}, None),
        ({"X-RateLimit-Limit": "många", "X-RateLimit-Remaining": "-1"}, None),
        (
            {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "nu"},
            Usage(limit=300, remaining=0),
        ),
        (
            {
                "X-RateLimit-Limit": "300",
                "X-RateLimit-Remaining": "7",
                "X-RateLimit-Reset": "2026-08-01T13:50:00.104512Z",
            },
            Usage(limit=300, remaining=7, reset_at=1_785_592_200_104),
        ),
    ],
)
def test_usage_is_what_the_headers_say(headers: dict[str, str], usage: Usage | None) -> None:
    exchange = FakeHttp(lambda _: Answer(headers=headers)).get("https://social.testkoping.example")
    assert connector.usage(exchange) == usage


def test_a_credential_shows_what_only_it_is_blind_to() -> None:
    logged_in = Target(url=URL, credential=Credential(secret=TOKEN))
    assert connector.blind(logged_in) - connector.blind(Target(url=URL)) == {Blind.HIDDEN}
