"""Real requests to a served demo site: what WordPress answers, and how it fails."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from archiver.demo.rounds import CHANNELS, LOGIN, ROUNDS, map_picture, new_sites
from archiver.demo.server import DemoServer
from archiver.demo.site import DemoSite, Moderation, User

START = datetime(2026, 2, 2, 7, 0, tzinfo=UTC)
API = "/wp-json/wp/v2"
EDITOR = User(id=1, login="redaktion", name="Testköpings kommun", application_password="ab cd 12")


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


@pytest.fixture
def site() -> DemoSite:
    return DemoSite(name="Testköping", users=(EDITOR,))


@pytest.fixture
def server(site: DemoSite) -> Iterator[DemoServer]:
    with DemoServer(site) as running:
        yield running


@pytest.fixture
def anyone(server: DemoServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


@pytest.fixture
def owner(server: DemoServer) -> Iterator[httpx.Client]:
    login = ("redaktion", "abcd12")  # WordPress shows it in groups, and ignores the spaces
    with httpx.Client(base_url=server.url, auth=login, trust_env=False) as client:
        yield client


@pytest.fixture
def post(site: DemoSite) -> int:
    return site.publish_post(at=minute(0), title="Öppettider på biblioteket", html="<p>10–18</p>")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()]


def test_pages_are_followed_by_link_until_none_is_left(
    site: DemoSite, post: int, anyone: httpx.Client
) -> None:
    made = [site.comment(post, at=minute(n), name=f"M{n}", text=f"{n}") for n in range(1, 8)]
    answer = anyone.get(f"{API}/comments", params={"post": post, "per_page": 3, "order": "asc"})
    assert answer.headers["X-WP-Total"] == "7"
    assert answer.headers["X-WP-TotalPages"] == "3"
    seen = ids(answer)
    while "next" in answer.links:
        assert "post%5B0%5D=4" in answer.links["next"]["url"]
        answer = anyone.get(answer.links["next"]["url"])
        seen += ids(answer)
    assert seen == made
    assert "prev" in answer.links


def test_beyond_the_end_posts_refuse_and_comments_are_empty(
    post: int, anyone: httpx.Client
) -> None:
    answer = anyone.get(f"{API}/posts", params={"page": 2})
    assert refusal(answer) == (400, "rest_post_invalid_page_number")
    assert ids(anyone.get(f"{API}/comments", params={"page": 2})) == []


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"per_page": 101}, "per_page"),
        ({"page": 0}, "page"),
        ({"orderby": "colour"}, "orderby"),
        ({"modified_after": "igår"}, "modified_after"),
        ({"include": "x"}, "include"),
        ({"status": "trash"}, "status"),
        ({"context": "all"}, "context"),
    ],
)
def test_a_bad_parameter_is_named(
    parameters: dict[str, str], named: str, anyone: httpx.Client
) -> None:
    answer = anyone.get(f"{API}/posts", params=parameters)
    assert refusal(answer) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == [named]


def test_moderated_comments_are_one_401_to_anyone_and_named_states_to_the_owner(
    site: DemoSite, post: int, anyone: httpx.Client, owner: httpx.Client
) -> None:
    words: tuple[Moderation, ...] = ("hold", "spam", "trash")
    states = {site.comment(post, at=minute(1), name="M", text=w, status=w): w for w in words}
    shown = site.comment(post, at=minute(2), name="M", text="synlig")
    assert ids(anyone.get(f"{API}/comments")) == [shown]
    for comment, state in states.items():
        assert refusal(anyone.get(f"{API}/comments/{comment}")) == (401, "rest_cannot_read")
        edit = owner.get(f"{API}/comments/{comment}", params={"context": "edit"}).json()
        assert (edit["status"], edit["content"]["raw"]) == (state, state)
        assert ids(owner.get(f"{API}/comments", params={"status": state})) == [comment]
        query = anyone.get(f"{API}/comments", params={"status": state})
        assert refusal(query) == (401, "rest_forbidden_param")
    held = next(c for c, word in states.items() if word == "hold")
    assert ids(owner.get(f"{API}/comments", params={"status": "all"})) == [shown, held]
    context = anyone.get(f"{API}/comments", params={"context": "edit"})
    assert refusal(context) == (401, "rest_forbidden_context")


def test_personal_fields_are_for_the_edit_context_only(
    site: DemoSite, post: int, anyone: httpx.Client, owner: httpx.Client
) -> None:
    made = site.comment(post, at=minute(1), name="M", text="hej", email="m@example.org")
    private = {"author_email", "author_ip", "author_user_agent"}
    assert not private & set(anyone.get(f"{API}/comments/{made}").json())
    edit = owner.get(f"{API}/comments/{made}", params={"context": "edit"}).json()
    assert private < set(edit)
    assert edit["date"] == "2026-02-02T08:01:00"
    assert edit["date_gmt"] == "2026-02-02T07:01:00"


def test_deleted_is_404_and_no_different_from_never(
    site: DemoSite, post: int, anyone: httpx.Client
) -> None:
    made = site.comment(post, at=minute(1), name="M", text="hej")
    site.delete_comment(made, at=minute(2))
    never = anyone.get(f"{API}/comments/999")
    gone = anyone.get(f"{API}/comments/{made}")
    assert refusal(gone) == (404, "rest_comment_invalid_id")
    assert gone.content == never.content
    site.delete_post(post, at=minute(3))
    assert refusal(anyone.get(f"{API}/posts/{post}")) == (404, "rest_post_invalid_id")


def test_a_trashed_post_hides_its_comments_and_comes_back(
    site: DemoSite, post: int, anyone: httpx.Client, owner: httpx.Client
) -> None:
    made = site.comment(post, at=minute(1), name="M", text="hej")
    page = anyone.get(f"{API}/posts/{post}").json()["link"]
    site.trash_post(post, at=minute(2))
    assert refusal(anyone.get(f"{API}/posts/{post}")) == (401, "rest_forbidden")
    assert refusal(anyone.get(f"{API}/comments/{made}")) == (401, "rest_cannot_read")
    listed = anyone.get(f"{API}/comments", params={"post": post})
    assert refusal(listed) == (401, "rest_cannot_read_post")
    assert anyone.get(page).status_code == 404
    trashed = owner.get(f"{API}/posts/{post}").json()
    assert (trashed["status"], trashed["slug"]) == ("trash", "oppettider-pa-biblioteket__trashed")
    assert ids(owner.get(f"{API}/posts", params={"status": "publish,trash"})) == [post]
    assert owner.get(f"{API}/comments/{made}").json()["status"] == "post-trashed"
    site.untrash_post(post, at=minute(3))
    assert ids(anyone.get(f"{API}/posts")) == [post]
    assert anyone.get(page).status_code == 200


def test_an_edit_moves_modified_and_leaves_a_revision(
    site: DemoSite, post: int, anyone: httpx.Client, owner: httpx.Client
) -> None:
    site.publish_post(at=minute(1), title="Annat", html="<p>x</p>")
    revision = site.edit_post(post, at=minute(9), html="<p>10–16</p>")
    local = {"modified_after": "2026-02-02T08:05:00"}  # without an offset: the site's time
    assert ids(anyone.get(f"{API}/posts", params=local)) == [post]
    assert ids(anyone.get(f"{API}/posts", params={"modified_after": "2026-02-02T07:10:00Z"})) == []
    assert refusal(anyone.get(f"{API}/posts/{post}/revisions")) == (401, "rest_cannot_read")
    assert ids(owner.get(f"{API}/posts/{post}/revisions")) == [revision]
    missing = owner.get(f"{API}/posts/999/revisions")
    assert refusal(missing) == (404, "rest_post_invalid_parent")
    links = anyone.get(f"{API}/posts/{post}").json()["_links"]
    assert links["predecessor-version"][0]["id"] == revision


def test_order_and_selection(site: DemoSite, post: int, anyone: httpx.Client) -> None:
    more = [site.publish_post(at=minute(n), title=t, html="") for n, t in ((1, "B"), (2, "A"))]
    site.edit_post(post, at=minute(3), html="<p>nytt</p>")
    everything = [post, *more]

    def posts(**parameters: object) -> list[int]:
        return ids(anyone.get(f"{API}/posts", params=parameters))  # type: ignore[arg-type]

    assert posts() == everything[::-1]
    assert posts(orderby="id", order="asc") == everything
    assert posts(orderby="modified")[0] == post
    assert posts(orderby="title", order="asc") == [more[1], more[0], post]
    assert posts(include=f"{more[1]},{post}", orderby="include") == [more[1], post]
    assert posts(exclude=post) == more[::-1]
    assert posts(slug="b") == [more[0]]
    assert posts(after="2026-02-02T07:00:30Z", before="2026-02-02T07:01:30Z") == [more[0]]
    picked = anyone.get(f"{API}/posts", params={"_fields": "id,status"}).json()
    assert set(picked[0]) == {"id", "status"}


def test_logins(anyone: httpx.Client, owner: httpx.Client, post: int) -> None:
    assert owner.get(f"{API}/users/me").json()["slug"] == "redaktion"
    assert refusal(anyone.get(f"{API}/users/me")) == (401, "rest_not_logged_in")
    wrong = anyone.get(f"{API}/posts", auth=("redaktion", "fel"))
    assert refusal(wrong) == (401, "incorrect_password")
    unknown = anyone.get(f"{API}/posts", auth=("ingen", "abcd12"))
    assert refusal(unknown) == (401, "invalid_username")
    assert anyone.get("/feed/", auth=("ingen", "abcd12")).status_code == 200


def test_discovery_unknown_routes_and_writing(anyone: httpx.Client) -> None:
    index = anyone.get("/wp-json/")
    assert index.json()["namespaces"] == ["wp/v2"]
    assert anyone.get("/").links["https://api.w.org/"]["url"] == str(index.url)
    assert refusal(anyone.get("/wp-json/wp/v3/posts")) == (404, "rest_no_route")
    assert refusal(anyone.post(f"{API}/posts", json={})) == (404, "rest_no_route")


def test_json_is_written_as_php_writes_it(post: int, anyone: httpx.Client) -> None:
    body = anyone.get(f"{API}/posts/{post}").content
    assert b"\\u00d6ppettider" in body
    assert b"http:\\/\\/127.0.0.1" in body
    assert body.isascii()


def test_media_and_files(site: DemoSite, post: int, anyone: httpx.Client) -> None:
    data = map_picture()
    image = site.add_media(at=minute(1), filename="karta.png", data=data, alt="Karta", post=post)
    shown = anyone.get(f"{API}/media/{image}").json()
    assert (shown["alt_text"], shown["media_details"]["width"]) == ("Karta", 160)
    file = anyone.get(shown["source_url"])
    assert (file.content, file.headers["Content-Type"]) == (data, "image/png")
    again = anyone.get(shown["source_url"], headers={"If-None-Match": file.headers["ETag"]})
    assert again.status_code == 304
    site.trash_post(post, at=minute(2))
    hidden = anyone.get(f"{API}/media")
    assert (ids(hidden), hidden.headers["X-WP-Total"]) == ([], "1")


@pytest.mark.parametrize("path", ["/feed/", "/feed/atom/", "/comments/feed/"])
def test_feeds_are_well_formed_and_conditional(
    path: str, site: DemoSite, post: int, anyone: httpx.Client
) -> None:
    first = site.comment(post, at=minute(1), name="Åsa & Bo", text="Hej <b> & hå 🚲")
    site.comment(post, at=minute(2), name="Svar", text="se https://a.example/b.", parent=first)
    answer = anyone.get(path)
    ET.fromstring(answer.text)
    tag, stamp = answer.headers["ETag"], answer.headers["Last-Modified"]
    both = {"If-None-Match": tag, "If-Modified-Since": stamp}
    assert anyone.get(path, headers=both).status_code == 304
    assert anyone.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert anyone.get(path, headers=both | {"If-None-Match": '"x"'}).status_code == 200
    site.edit_comment(first, at=minute(3), text="ändrad")
    assert anyone.get(path, headers=both).status_code == 304, "a comment's edit has no time"
    site.edit_post(post, at=minute(4), html="<p>ny</p>")
    site.comment(post, at=minute(5), name="M", text="ny")
    assert anyone.get(path, headers=both).status_code == 200


def test_a_feed_shows_the_latest_and_keeps_its_ids(site: DemoSite, anyone: httpx.Client) -> None:
    made = [site.publish_post(at=minute(n), title=f"P{n}", html="<p>x</p>") for n in range(12)]
    root = ET.fromstring(anyone.get("/feed/").text)
    guids = [item.findtext("guid") for item in root.iter("item")]
    assert guids == [f"https://testkoping.example/?p={number}" for number in made[:1:-1]]
    moved = anyone.get("/", params={"p": made[0]}, follow_redirects=True)
    assert moved.status_code == 200
    assert "P0" in moved.text


@pytest.mark.parametrize(
    ("mode", "status", "header"),
    [("500", 500, None), ("503-retry-after", 503, "600"), ("429", 429, "30"), ("401", 401, None)],
)
def test_outages_answer_everywhere_and_end(
    mode: str, status: int, header: str | None, site: DemoSite, post: int, anyone: httpx.Client
) -> None:
    site.outage(mode, at=minute(1))  # type: ignore[arg-type]
    for path in (f"{API}/posts", "/feed/", "/"):
        answer = anyone.get(path)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, header)
    site.outage(None, at=minute(2))
    assert ids(anyone.get(f"{API}/posts")) == [post]


def test_outages_that_look_like_success(site: DemoSite, post: int, anyone: httpx.Client) -> None:
    site.outage("html-instead-of-json", at=minute(1))
    answer = anyone.get(f"{API}/posts")
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")
    site.outage("cut-off-body", at=minute(2), after_requests=1)
    assert ids(anyone.get(f"{API}/posts")) == [post]
    with pytest.raises(httpx.RemoteProtocolError):
        anyone.get(f"{API}/posts")


def test_a_stopped_server_gives_its_port_back(site: DemoSite) -> None:
    server = DemoServer(site)
    host, port = server.address
    assert server.url == f"http://{host}:{port}"
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False)


def everything(client: httpx.Client, home: str) -> SimpleNamespace:
    """Enumerate a site as a harvester with the owner's login would."""

    def rows(kind: str, statuses: tuple[str, ...]) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        for status in statuses:
            query: dict[str, str | int] = {
                "status": status,
                "context": "edit",
                "per_page": 4,
                "orderby": "id",
            }
            answer = client.get(f"{home}{API}/{kind}", params=query)
            found |= {row["id"]: row for row in answer.json()}
            while "next" in answer.links:
                answer = client.get(answer.links["next"]["url"])
                found |= {row["id"]: row for row in answer.json()}
        return found

    states = ("approve", "hold", "spam", "trash", "post-trashed")
    return SimpleNamespace(
        posts=rows("posts", ("publish", "trash")), comments=rows("comments", states)
    )


def test_every_round_is_seen_whole_by_a_harvester_with_the_owners_login() -> None:
    sites = new_sites()
    with (
        DemoServer(sites) as server,
        httpx.Client(auth=LOGIN, trust_env=False) as client,
    ):
        for played in ROUNDS:
            played.apply(sites)
            for channel in CHANNELS:
                site, home = sites[channel.site], server.site_url(channel.site)
                answer = client.get(home + channel.path)
                if site.take_request():
                    assert answer.status_code == 503
                    continue
                assert answer.status_code == 200
                if channel.platform == "wordpress":
                    seen = everything(client, home)
                    states = {c.id: c.status for c in site.comments()}
                    assert {c["id"]: c["status"] for c in seen.comments.values()} == states
                    assert set(seen.posts) == {post.id for post in site.posts()}
        cycle = sites["nyheter"].id_of("cykelvag")
        html = client.get(f"{server.site_url('nyheter')}{API}/posts/{cycle}").json()["content"]
        image = html["rendered"].split('src="')[1].split('"')[0]
        assert client.get(image).content == map_picture()
