"""What a page's mark-up says, and one spelling for an account's address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.governance.checks import cookie
from archiver.governance.core.check import Outcome
from archiver.governance.core.page import account, host_of, read_page, within
from archiver.governance.core.upkeep import PageVisited

BASE = "https://testkoping.example/sociala-medier/"


@pytest.mark.parametrize(
    ("html", "hosts", "scripts"),
    [
        ("<p>Hej</p>", (), False),
        ('<iframe src="//www.facebook.com/plugins/page.php"></iframe>', ("facebook.com",), False),
        ('<img src="/bild.png">', ("testkoping.example",), False),
        ('<script src="https://connect.facebook.net/sv_SE/sdk.js"></script>',
         ("connect.facebook.net",), True),
        ("<script>1</script>", (), True),
        ('<a href="#" onclick="x()">x</a>', (), True),
        ('<link rel="preload stylesheet" href="https://fbcdn.net/a.css">', ("fbcdn.net",), False),
        ('<link rel="canonical" href="https://x.com/">', (), False),
        ('<a href="https://facebook.com/testkoping">Facebook</a>', (), False),
        ('<img src="data:image/png;base64,AA==">', (), False),
        ('<img src="https://[::1">', (), False),
    ],
)  # fmt: skip
def test_what_a_browser_fetches_by_itself(html: str, hosts: tuple[str, ...], scripts: bool) -> None:
    page = read_page(html, BASE)
    assert (page.hosts, page.scripts) == (hosts, scripts)


def test_links_are_whole_and_each_once() -> None:
    html = '<a href="../a">a</a><a href="mailto:x@y.se">x</a><a href="../a">b</a><a>c</a>'
    assert read_page(html, BASE).links == ("https://testkoping.example/a",)


@given(st.text())
def test_no_page_is_too_strange(html: str) -> None:
    read_page(html, BASE)
    account(html)


@pytest.mark.parametrize(
    "spelling",
    ["https://www.facebook.com/Testkoping/", "http://m.facebook.com/testkoping?ref=bookmarks",
     "https://sv-se.facebook.com/testkoping#om", "https://facebook.com/testkoping"],
)  # fmt: skip
def test_an_account_has_many_spellings(spelling: str) -> None:
    assert account(spelling) == "facebook.com/testkoping"


def test_what_is_no_account_and_who_is_another() -> None:
    assert account("https://www.facebook.com/sharer/sharer.php?u=x") == ""
    assert account("did:plc:abc") == account("") == account("http://[::1") == ""
    one, other = (account(f"https://facebook.com/profile.php?id={n}") for n in (1, 2))
    assert one != other
    assert host_of("https://www.facebook.com.") == "facebook.com"
    assert not within("notfacebook.com", {"facebook.com"})


def test_cookie_the_newest_visit_of_each_page() -> None:
    clean = PageVisited(address=BASE, sha256="00")
    taking = PageVisited(address=BASE, sha256="01", hosts=("connect.facebook.net", "x.example"))
    scripted = PageVisited(address=f"{BASE}2", sha256="02", scripts=True)
    found = [cookie.judge(every).outcome for every in ([], [clean], [taking], [clean, scripted])]
    assert found == [Outcome.UNKNOWN, Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN]
    assert cookie.judge([taking]).data["taken"] == {BASE: ["connect.facebook.net"]}
