"""The Bluesky connector against a network in memory: what it asks, and what it makes of answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archiver.connectors.bluesky import connector
from archiver.connectors.bluesky_item import THREADGATE
from archiver.core.connector import (
    Blind,
    Collection,
    Control,
    ControlStatus,
    Page,
    Probe,
    Scan,
    Target,
    Wanted,
)
from archiver.core.exchange import Exchange
from archiver.core.observation import POST as A_POST
from archiver.core.observation import REPLY, SHARE, Access, Item, ItemRef, Moderation
from archiver.errors import (
    ConfigError,
    SourceAccountGone,
    SourceError,
    SourceLoops,
    SourceQuotaExhausted,
    SourceUnavailable,
)
from archiver.harvest.segment import split
from tests.fakes import Answer, FakeHttp
from tests.unit.connectors.bluesky_network import (
    BASE,
    GATE,
    POST,
    START,
    Network,
    Person,
    pointer,
    refused,
    said,
    tid,
)
from tests.unit.connectors.bluesky_repository import Repository, Signer, signed_car

OPTIONS = {"plc": BASE, "pds": "", "appview": BASE}


class World:
    """A network, an account of the municipality's on it, and what a connector reads there."""

    def __init__(self) -> None:
        self.network = Network()
        self.kommun = self.network.join("testkoping.example")
        self.anna = self.network.join("anna.example")
        self.http = FakeHttp(self.network.script, now=lambda: self.network.now)
        url = connector.normalise_target(self.kommun.did)
        self.typed = Target(url=url, options=OPTIONS)
        self.target = replace(self.typed, options={**OPTIONS, "did": self.kommun.did, "pds": BASE})

    def control(self) -> Control:
        return connector.control(self.typed, self.http)

    def collection(self, name: str) -> Collection:
        return next(c for c in connector.collections(self.target) if c.name == name)

    def pages(
        self, name: str, under: Sequence[str] = (), since: datetime | None = None
    ) -> Iterator[Page]:
        posts = tuple(ItemRef(A_POST, uri) for uri in under)
        scan = Scan(collection=self.collection(name), under=posts, since=since)
        return connector.pages(self.target, scan, self.http)

    def items(self, name: str, pages: Sequence[Page]) -> list[Item]:
        layout = self.collection(name).layout
        cut = [split(page.exchange.body, layout) for page in pages]
        assert not any(one.whole for one in cut)
        return [connector.normalise(name, f.data) for one in cut for f in one.fragments]

    def read(self, name: str, under: Sequence[str] = ()) -> list[Item]:
        return self.items(name, list(self.pages(name, under)))

    def ask(self, *addresses: str) -> list[Probe]:
        wanted = [Wanted(ref=self.ref(address)) for address in addresses]
        probes = {p.ref: p for p in connector.probe(self.target, wanted, self.http)}
        return [probes[one.ref] for one in wanted]

    def ref(self, address: str) -> ItemRef:
        if f"/{GATE}/" in address:
            return ItemRef(THREADGATE, address)
        person = next(p for p in self.network.people.values() if p.did in address)
        record = person.records.get(
            address.partition(f"{person.did}/")[2], self.kept.get(address, {})
        )
        return ItemRef(REPLY if "reply" in record else A_POST, address)

    def delete(self, person: Person, address: str) -> None:
        self.kept[address] = person.records[address.partition(f"{person.did}/")[2]]
        person.delete(address)

    @property
    def kept(self) -> dict[str, dict[str, object]]:
        return self.__dict__.setdefault("_kept", {})


@pytest.fixture
def world() -> World:
    return World()


# Addresses.


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("@Testkoping.example", "testkoping.example"),
        ("testköping.example", "xn--testkping-47a.example"),
        ("https://bsky.app/profile/testkoping.example/", "testkoping.example"),
        ("https://bsky.app/profile/testkoping.example/post/3n2", "testkoping.example"),
        ("at://testkoping.example", "testkoping.example"),
        (f"at://did:plc:{'a' * 24}/{POST}/3n2", f"did:plc:{'a' * 24}"),
        ("did:web:testkoping.example", "did:web:testkoping.example"),
    ],
)
def test_an_account_is_known_by_its_profile(typed: str, name: str) -> None:
    url = connector.normalise_target(typed)
    assert url == f"https://bsky.app/profile/{name}"
    assert connector.normalise_target(url) == url


@pytest.mark.parametrize(
    "typed",
    [
        "testkoping",
        "https://www.testkoping.example/",
        "https://bsky.app/",
        "https://bsky.app/search?q=x",
        "did:plc:a",
        "a.b.",
        "@",
        "10.1.2.3",
        "x.1",
    ],
)
def test_what_is_no_account_is_refused(typed: str) -> None:
    with pytest.raises(ConfigError):
        connector.normalise_target(typed)


def test_what_cannot_be_seen_is_said() -> None:
    target = Target(url="https://bsky.app/profile/x.example", options={"appview": ""})
    assert Blind.OTHERS_REPLIES in connector.blind(target)
    assert "threads" not in [c.name for c in connector.collections(target)]
    target = Target(url="https://bsky.app/profile/x.example", options=OPTIONS)
    assert Blind.OTHERS_REPLIES not in connector.blind(target)
    assert connector.api(target) == BASE
    assert connector.history_collection(target) is None
    assert (
        list(connector.history(target, (), datetime.now(UTC), FakeHttp(lambda _: Answer()))) == []
    )


def test_limits_are_read_from_the_headers() -> None:
    def told(**headers: str) -> Exchange:
        return FakeHttp(lambda _: Answer(headers=headers)).get("https://x.example/")

    usage = connector.usage(
        told(
            **{
                "RateLimit-Limit": "3000",
                "RateLimit-Remaining": "7",
                "RateLimit-Reset": "1795000000",
            }
        )
    )
    assert usage is not None
    assert (usage.limit, usage.remaining, usage.reset_at) == (3000, 7, 1_795_000_000_000)
    assert connector.usage(told()) is None
    assert connector.usage(told(**{"RateLimit-Limit": "många"})) is None


# The control read.


def test_the_account_is_looked_up_and_pinned(world: World) -> None:
    control = world.control()
    assert (control.status, control.account) == (ControlStatus.OK, world.kommun.did)
    assert control.target == world.target


def test_a_handle_leads_to_the_account_if_both_say_so(world: World) -> None:
    world.typed = replace(world.typed, url=connector.normalise_target("testkoping.example"))
    assert world.control().account == world.kommun.did
    world.kommun.operate(alsoKnownAs=["at://annat.example"])
    control = world.control()
    assert (control.status, control.detail) == (ControlStatus.ACCOUNT_MOVED, "handle-mismatch")
    world.kommun.handle = "annat.example"
    control = world.control()
    assert (control.status, control.detail) == (ControlStatus.ACCOUNT_MOVED, "handle-not-found")


@pytest.mark.parametrize("way", ["testkoping.example", "did:web:testkoping.example"])
def test_a_web_server_may_tell_the_account(world: World, way: str) -> None:
    """Without an AppView a handle is looked up at its own web server; a did:web always is."""
    did = way if way.startswith("did:web") else world.kommun.did
    document = {
        "id": did,
        "alsoKnownAs": ["at://testkoping.example"],
        "verificationMethod": [],
        "service": [{"id": "#atproto_pds", "serviceEndpoint": BASE}],
    }
    world.network.faults[".well-known/atproto-did"] = Answer(body=f"{did}\n".encode())
    world.network.faults[".well-known/did.json"] = said(document)
    world.network.faults["com.atproto.sync.getRepoStatus"] = said({"did": did, "active": True})
    options = OPTIONS | {"appview": ""}
    world.typed = Target(url=connector.normalise_target(way), options=options)
    assert world.control().account == did
    for answer in (Answer(status=404), Answer(body=b"<html>"), Answer(status=403)):
        world.network.faults[".well-known/atproto-did"] = answer
        world.network.faults[".well-known/did.json"] = answer
        assert world.control().status is not ControlStatus.OK


@pytest.mark.parametrize(
    "word", ["deactivated", "suspended", "takendown", "deleted", "deleted here"]
)
def test_an_account_that_is_not_there_is_gone_for_now(world: World, word: str) -> None:
    world.kommun.status = word
    control = world.control()
    assert control.status is ControlStatus.ACCOUNT_GONE
    assert control.detail in (word, "RepoNotFound")
    with pytest.raises(SourceAccountGone):
        list(world.pages("posts"))


def test_an_account_may_end_or_move_or_change_its_key(world: World) -> None:
    post = world.kommun.post("Kvar")
    old, new = world.kommun.signer, Signer()
    world.kommun.operate(
        verificationMethods={"atproto": new.did_key},
        services={"atproto_pds": {"endpoint": "https://annan.testkoping.example"}},
    )
    control = world.control()
    assert control.target is not None
    assert control.target.options["pds"] == "https://annan.testkoping.example"
    world.kommun.signer = new
    assert world.ask(post)[0].access is Access.PRESENT
    world.kommun.signer = old  # what was signed with the old key is no longer believed
    assert world.ask(post)[0].reason == "proof:signature"
    end = {"type": "plc_tombstone", "prev": world.kommun.log[-1]["cid"]}
    world.kommun.operate(**end)
    for field in ("rotationKeys", "verificationMethods", "alsoKnownAs", "services"):
        world.kommun.log[-1]["operation"].pop(field)
    assert world.control().detail == "proof:did-log"  # it was not signed like that


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(status=429), ControlStatus.QUOTA_EXHAUSTED),
        (refused("RateLimitExceeded"), ControlStatus.QUOTA_EXHAUSTED),
        (Answer(status=503), ControlStatus.UNREACHABLE),
        (said({"did": "x", "active": True}), ControlStatus.CHANGED),
        (said({}), ControlStatus.CHANGED),
        (refused("MethodNotImplemented", 404), ControlStatus.VERSION_SUNSET),
        (refused("XRPCNotSupported", 404), ControlStatus.VERSION_SUNSET),
        (Answer(status=410), ControlStatus.VERSION_SUNSET),
        (refused("AuthMissing", 401), ControlStatus.LOGIN_REFUSED),
    ],
)
def test_a_data_server_in_trouble_is_named(
    world: World, answer: Answer, status: ControlStatus
) -> None:
    world.network.faults["com.atproto.sync.getRepoStatus"] = answer
    assert world.control().status is status


def test_a_server_that_cannot_serve_now_is_no_departure(world: World) -> None:
    for word in ("desynchronized", "throttled", None):
        told = {"did": world.kommun.did, "active": False, "status": word}
        world.network.faults["com.atproto.sync.getRepoStatus"] = said(told)
        assert world.control().status is ControlStatus.UNREACHABLE


# Lists.


def test_lists_come_whole_while_records_are_written(world: World) -> None:
    known = {world.kommun.post(f"Inlägg {number}") for number in range(250)}
    world.network.meanwhile = lambda _method: world.kommun.post("Ett till")
    found = {item.ref.native_id for item in world.read("posts")}
    assert known <= found
    assert world.network.asked.count("com.atproto.repo.listRecords") == 4  # the last one is empty


def test_recent_is_told_by_the_keys(world: World) -> None:
    for number in range(250):
        world.kommun.post(f"Gammalt {number}")
    world.network.now += 30 * 86_400_000
    since = datetime.fromtimestamp(world.network.now / 1000, UTC)
    new = world.kommun.post("Nytt")
    pages = list(world.pages("posts", since=since))
    assert len(pages) == 2  # the first holds new ones, all of the second are older
    assert new in {item.ref.native_id for item in world.items("posts", pages)}


def test_a_list_that_leads_nowhere_is_a_loop(world: World) -> None:
    first = world.kommun.post("Ett")
    row = {
        "uri": first,
        "cid": "bafy",
        "value": world.kommun.records[first[len(world.kommun.did) + 6 :]],
    }
    for cursor in ("a", "b", "c"):
        told = said({"records": [row], "cursor": cursor})
        world.network.faults["com.atproto.repo.listRecords"] = told
        with pytest.raises(SourceLoops):
            list(world.pages("posts"))
    numbers = iter(range(10))
    world.network.faults["com.atproto.repo.listRecords"] = lambda _asked: said(
        {"records": [row], "cursor": str(next(numbers))}
    )
    with pytest.raises(SourceLoops):
        list(world.pages("posts"))


def test_an_account_switched_off_during_a_run_is_gone_and_not_empty(world: World) -> None:
    world.kommun.post("Ett")
    world.network.faults["com.atproto.repo.listRecords"] = refused("InvalidRequest")
    with pytest.raises(SourceError):  # the server gives no reason, and the account is there
        list(world.pages("posts"))
    world.kommun.status = "deactivated"
    with pytest.raises(SourceAccountGone):
        list(world.pages("posts"))


def test_shares_gates_and_profile_are_items(world: World) -> None:
    theirs = world.anna.post("Hej")
    world.kommun.write("app.bsky.feed.repost", {"subject": pointer(theirs)})
    post = world.kommun.post("Fråga oss")
    rude = world.anna.reply("Fult", post)
    world.kommun.write(GATE, {"post": post, "hiddenReplies": [rude]}, post.rpartition("/")[2])
    world.kommun.write("app.bsky.actor.profile", {"displayName": "Testköping"}, "self")
    (share,), (gate,), (page,) = (world.read(name) for name in ("reposts", "gates", "profile"))
    assert share.ref.kind == SHARE
    assert share.links == (
        f"https://bsky.app/profile/{world.anna.did}/post/{theirs.rpartition('/')[2]}",
    )
    assert (gate.text, gate.root) == ("everybody", ItemRef(A_POST, post))
    assert len(gate.links) == 1
    assert page.title == "Testköping"
    assert all(item.own for item in (share, gate, page))


# Threads.


def test_a_thread_is_read_to_its_depth(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    under = [world.anna.reply("Djup 0", post)]
    for number in range(1, 40):
        under.append(world.anna.reply(f"Djup {number}", under[-1], post))
    pages = list(world.pages("threads", [post]))
    assert [page.read for page in pages] == [(), (), (ItemRef(A_POST, post),)]
    found = {item.ref.native_id for item in world.items("threads", pages)}
    assert found == {post, *under}


def test_an_appview_may_give_fewer_levels_than_asked_for(world: World) -> None:
    world.network.depth = 2
    post = world.kommun.post("Fråga oss")
    last = world.anna.reply("0", post)
    for number in range(1, 7):
        last = world.anna.reply(str(number), last, post)
    assert last in {item.ref.native_id for item in world.read("threads", [post])}


def test_hidden_replies_and_copies_are_named(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    rude, own = world.anna.reply("Fult", post), world.kommun.reply("Svar", post)
    rkey = post.rpartition("/")[2]
    gate = world.kommun.write(GATE, {"post": post, "hiddenReplies": [rude, "skräp", 7]}, rkey)
    (page,) = world.pages("threads", [post])
    assert page.hidden == {ItemRef(REPLY, rude)}
    assert page.left_out == {
        *(ItemRef(A_POST, post), ItemRef(REPLY, own), ItemRef(THREADGATE, gate)),
    }
    items = {item.ref: item for item in world.items("threads", [page])}
    assert items[ItemRef(REPLY, rude)].author.name == "Anna.Example"
    own_list = {item.ref: item for item in world.read("posts")}
    for ref in page.left_out & own_list.keys():  # the same content in both views
        one, other = items[ref], own_list[ref]
        assert (one.text, one.links, one.attachments, one.parent) == (
            *(other.text, other.links, other.attachments, other.parent),
        )


def test_one_thread_that_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    posts = [world.kommun.post(str(number)) for number in range(4)]
    world.network.unseen = {posts[1]}
    read: list[Page] = []
    with pytest.raises(SourceUnavailable):
        read.extend(world.pages("threads", posts))
    assert [ref.native_id for page in read for ref in page.read] == [posts[0], *posts[2:]]
    world.network.unseen = set(posts)
    world.network.asked.clear()
    with pytest.raises(SourceUnavailable):
        list(world.pages("threads", posts))
    assert len(world.network.asked) == 3
    world.network.faults["app.bsky.feed.getPostThread"] = Answer(status=429)
    world.network.asked.clear()
    with pytest.raises(SourceQuotaExhausted):
        list(world.pages("threads", posts))
    assert len(world.network.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        said({"thread": {"$type": "app.bsky.feed.defs#notFoundPost", "notFound": True}}),
        said({"thread": {"$type": "app.bsky.feed.defs#blockedPost", "blocked": True}}),
        said({"thread": {"post": {"uri": "at://did:plc:annan/x/y"}}}),
        said({"thread": 7}),
        said({}),
    ],
)
def test_a_thread_that_is_not_the_one_asked_for_is_not_read(world: World, answer: Answer) -> None:
    post = world.kommun.post("Fråga oss")
    world.network.faults["app.bsky.feed.getPostThread"] = answer
    with pytest.raises(SourceError):
        list(world.pages("threads", [post]))


# Probes.


def test_what_is_there_and_what_is_not_is_proved(world: World) -> None:
    stays, goes = world.kommun.post("Kvar"), world.kommun.post("Borta")
    world.delete(world.kommun, goes)
    present, absent = world.ask(stays, goes)
    assert (present.access, present.collection and present.collection.name) == (
        *(Access.PRESENT, "posts"),
    )
    assert (absent.access, absent.reason) == (Access.ABSENT, f"rev:{world.kommun.rev}")
    assert [one.template for one in absent.also] == [
        *("/{did}/log/audit", "/xrpc/com.atproto.sync.getRepoStatus"),
    ]
    assert world.network.asked.count("com.atproto.sync.getRepoStatus") == 1  # once per account


def test_citizens_answers_are_asked_of_the_appview_and_of_their_servers(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    shown, taken, goes = (world.anna.reply(t, post) for t in ("Ett", "Två", "Tre"))
    world.delete(world.anna, goes)
    world.network.unseen = {taken}
    one, two, three = world.ask(shown, taken, goes)
    assert (one.access, one.collection and one.collection.name) == (Access.PRESENT, "views")
    assert (two.access, two.reason) == (Access.HIDDEN, "not-in-appview")
    assert b"Tv" not in two.exchange.body  # what is kept of it holds nobody's words
    assert three.access is Access.ABSENT
    for word in ("deactivated", "suspended", "takendown", "deleted here"):
        world.anna.status = word
        assert {probe.access for probe in world.ask(shown, taken, goes)} == {Access.AUTHOR_GONE}


def test_a_reply_that_the_account_hides_is_present_and_hidden(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    rude, fine = world.anna.reply("Fult", post), world.anna.reply("Fint", post)
    world.kommun.write(GATE, {"post": post, "hiddenReplies": [rude]}, post.rpartition("/")[2])
    one, two = world.ask(rude, fine)
    assert [(p.access, p.hidden) for p in (one, two)] == [
        *((Access.PRESENT, True), (Access.PRESENT, False)),
    ]
    assert b"Fint" not in one.exchange.body


def test_many_answers_are_asked_for_at_once(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    replies = [world.anna.reply(str(number), post) for number in range(60)]
    assert {probe.access for probe in world.ask(*replies)} == {Access.PRESENT}
    assert world.network.asked.count("app.bsky.feed.getPosts") == 4  # one for the post above


def lying(world: World, **odd: object) -> Answer:
    tree = Repository({})
    commit = {"did": world.kommun.did, "rev": world.kommun.rev, **odd}
    return Answer(body=signed_car(tree.root, tree.way_to("a/b"), world.kommun.signer, commit))


def test_nothing_is_concluded_from_a_proof_that_does_not_hold(world: World) -> None:
    post = world.kommun.post("Kvar")
    before = tid(START - 86_400_000)

    def asked(answer: Answer) -> tuple[Access, str]:
        world.network.faults["com.atproto.sync.getRecord"] = answer
        (probe,) = world.ask(post)
        return probe.access, probe.reason

    assert asked(lying(world)) == (Access.ABSENT, f"rev:{world.kommun.rev}")  # it may well lie
    assert asked(lying(world, rev=before)) == (Access.FAILED, "proof:stale")
    assert asked(lying(world, did=world.anna.did)) == (Access.FAILED, "proof:other-account")
    assert asked(Answer(body=b"")) == (Access.FAILED, "proof:file")
    world.kommun.signer, signer = Signer(), world.kommun.signer
    assert asked(lying(world)) == (Access.FAILED, "proof:signature")
    world.kommun.signer = signer
    world.kommun.log[0]["operation"]["alsoKnownAs"] = ["at://annan.example"]
    assert asked(lying(world)) == (Access.FAILED, "proof:did-log")


def test_a_proof_older_than_the_newest_revision_is_stale(world: World) -> None:
    """A server that was set back to an old copy still knows, or should, how far it had come."""
    post = world.kommun.post("Kvar")
    older = world.kommun.rev
    world.kommun.rev = tid(world.network.tick())
    world.network.faults["com.atproto.sync.getRecord"] = lying(world, rev=older)
    assert world.ask(post)[0].reason == "proof:stale"


@pytest.mark.parametrize(
    ("answer", "access"),
    [
        (refused("RecordNotFound"), Access.NOT_FOUND),  # a word without a signature
        (refused("RepoDeactivated"), Access.AUTHOR_GONE),
        (refused("InvalidRequest"), Access.FAILED),
        (refused("AuthMissing", 401), Access.NO_ACCESS),
        (Answer(status=404), Access.FAILED),
        (Answer(status=503), Access.FAILED),
        (Answer(status=429), Access.FAILED),
    ],
)
def test_a_refusal_of_the_proof_is_named(world: World, answer: Answer, access: Access) -> None:
    post = world.kommun.post("Kvar")
    world.network.faults["com.atproto.sync.getRecord"] = answer
    assert world.ask(post)[0].access is access


@pytest.mark.parametrize(
    "method", ["log", "com.atproto.sync.getRepoStatus", "com.atproto.sync.getRecord"]
)
def test_one_citizen_s_server_that_is_down_says_nothing_of_the_others(
    world: World, method: str
) -> None:
    bo = world.network.join("bo.example")
    post = world.kommun.post("Fråga oss")
    first, second = world.anna.reply("Ett", post), bo.reply("Två", post)
    for person, address in ((world.anna, first), (bo, second)):
        world.delete(person, address)

    def down(asked: dict[str, str]) -> Answer | None:
        mine = asked.get("did", world.http.requests[-1].url)
        return Answer(status=503) if world.anna.did in mine else None

    world.network.faults[method] = down  # type: ignore[assignment]
    one, two = world.ask(first, second)
    assert (one.access, two.access) == (Access.FAILED, Access.ABSENT)


def test_an_account_that_nobody_knows_is_unclear(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    reply = world.anna.reply("Ett", post)
    wanted = Wanted(ref=ItemRef(REPLY, reply))
    del world.network.people[world.anna.did]
    (probe,) = connector.probe(world.target, [wanted], world.http)
    assert probe.access is Access.FAILED


def test_a_record_that_changes_meanwhile_or_its_kind_is_unclear(world: World) -> None:
    post = world.kommun.post("Kvar")
    world.network.faults["com.atproto.repo.getRecord"] = refused("RecordNotFound")
    assert world.ask(post)[0].access is Access.FAILED
    del world.network.faults["com.atproto.repo.getRecord"]
    wanted = Wanted(ref=ItemRef(REPLY, post))
    (probe,) = connector.probe(world.target, [wanted], world.http)
    assert (probe.access, probe.reason) == (Access.FAILED, "changed-meanwhile")


def test_without_an_appview_a_citizen_s_own_server_is_asked(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    reply = world.anna.reply("Ett", post)
    world.target = replace(world.target, options={**world.target.options, "appview": ""})
    (probe,) = world.ask(reply)
    assert (probe.access, probe.collection and probe.collection.name) == (Access.PRESENT, "record")
    item = connector.normalise("record", probe.exchange.body)
    assert (item.own, item.author.native_id) == (False, world.anna.did)


def test_an_id_of_another_platform_is_an_error(world: World) -> None:
    with pytest.raises(SourceError):
        list(connector.probe(world.target, [Wanted(ref=ItemRef(A_POST, "17"))], world.http))


# Files.


def test_files_are_the_account_s_own_and_come_from_its_server(world: World) -> None:
    cid = "bafkreidlp6sdj6jkroakvmbntpy2clsj77foijheae5byt3iwz7d2k542a"
    mine, theirs = f"at://{world.kommun.did}/{cid}", f"at://{world.anna.did}/{cid}"
    assert connector.owns_media(world.target, mine)
    assert not connector.owns_media(world.target, theirs)
    did = world.kommun.did.replace(":", "%3A")
    assert connector.media_url(world.target, mine) == (
        f"{BASE}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}"
    )
    by_handle = Target(url="https://bsky.app/profile/testkoping.example", options=OPTIONS)
    assert not connector.owns_media(by_handle, mine)
    assert connector.media_url(by_handle, mine) == mine


def test_labels_of_moderators_hide(world: World) -> None:
    post = world.kommun.post("Fråga oss")
    world.anna.reply("Ett", post)

    def labelled(value: str, *, neg: bool) -> Moderation:
        view = world.network._view(post) or {}
        view["labels"] = [{"val": value, "src": "did:plc:x", "neg": neg}]
        return connector.normalise("views", said(view).body).moderation

    assert labelled("!hide", neg=False) is Moderation.HIDDEN
    assert labelled("!hide", neg=True) is Moderation.VISIBLE
    assert labelled("spam", neg=False) is Moderation.VISIBLE
