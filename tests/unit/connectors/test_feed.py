"""What the feed connector asks for, and what it makes of entries."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.connectors.feed import connector
from archiver.core.agent import Agent
from archiver.core.connector import ControlStatus, FeedLayout, Page, Scan, Target, Wanted
from archiver.core.observation import COMMENT, POST, Access, Attachment, Item, ItemRef
from archiver.errors import SourceChanged, SourceRefusedLogin, SourceUnavailable
from archiver.harvest.segment import split
from tests.fakes import Answer, FakeHttp

FIXTURES = Path(__file__).parents[2] / "contract" / "fixtures" / "feed"
HOME = "https://www.testkoping.example"
TARGET = Target(url=f"{HOME}/feed/")
ENTRIES = connector.collections(TARGET)[0]
RSS = (FIXTURES / "entries.rss.xml").read_bytes()


def pages(http: FakeHttp, cursor: dict[str, str] | None = None) -> list[Page]:
    return list(connector.pages(TARGET, Scan(collection=ENTRIES, cursor=cursor or {}), http))


def items(body: bytes) -> list[Item]:
    cut = split(body, FeedLayout())
    return [connector.normalise("entries", fragment.data) for fragment in cut.fragments]


def item(inner: str) -> Item:
    return connector.normalise("entries", f"<item><guid>g</guid>{inner}</item>".encode())


# Asking.


def test_a_query_is_part_of_the_address() -> None:
    typed = "testkoping.example?feed=rss2&lang=sv"
    assert connector.normalise_target(typed) == "https://testkoping.example/?feed=rss2&lang=sv"


def test_absence_from_the_window_means_nothing() -> None:
    assert not ENTRIES.exhaustive
    assert connector.capabilities.deletes == "none"


def test_the_next_run_asks_whether_anything_is_new() -> None:
    headers = {"ETag": '"5a"', "Last-Modified": "Fri, 20 Nov 2026 08:15:00 GMT"}
    first = FakeHttp(lambda _: Answer(body=RSS, headers=headers))
    (page,) = pages(first)
    assert page.cursor == {"etag": '"5a"', "last_modified": headers["Last-Modified"]}
    assert not page.unchanged
    assert "If-None-Match" not in first.requests[0].headers

    second = FakeHttp(lambda _: Answer(status=304, headers={"ETag": '"5b"'}))
    (page,) = pages(second, dict(page.cursor))
    assert page.unchanged
    assert page.cursor == {"etag": '"5b"', "last_modified": headers["Last-Modified"]}
    assert second.requests[0].headers["If-None-Match"] == '"5a"'
    assert second.requests[0].headers["If-Modified-Since"] == headers["Last-Modified"]


def test_a_feed_without_validators_leaves_no_cursor() -> None:
    assert pages(FakeHttp(lambda _: Answer(body=RSS)))[0].cursor == {}


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (Answer(body=b"<html><rssi/>"), SourceChanged, ControlStatus.CHANGED),
        (Answer(body=RSS, status=404), SourceChanged, ControlStatus.CHANGED),
        (Answer(status=403), SourceRefusedLogin, ControlStatus.LOGIN_REFUSED),
        (Answer(status=502), SourceUnavailable, ControlStatus.UNREACHABLE),
    ],
)
def test_what_is_no_feed_is_named(
    answer: Answer, error: type[Exception], status: ControlStatus
) -> None:
    with pytest.raises(error):
        pages(FakeHttp(lambda _: answer))
    assert connector.control(TARGET, FakeHttp(lambda _: answer)).status is status


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_feed_is_known_in_any_encoding(encoding: str) -> None:
    body = RSS.decode().replace("😀", "").encode(encoding)
    assert connector.control(TARGET, FakeHttp(lambda _: Answer(body=body))).status == "ok"


def test_an_ill_formed_feed_is_still_a_page() -> None:
    assert len(pages(FakeHttp(lambda _: Answer(body=b"<rss><channel><item>")))) == 1


def test_a_probe_looks_in_the_window_once() -> None:
    shown, gone = (ItemRef(POST, f"{HOME}/?p={n}") for n in (11, 10))
    http = FakeHttp(lambda _: Answer(body=RSS))
    answers = {
        p.ref: p for p in connector.probe(TARGET, [Wanted(ref=shown), Wanted(ref=gone)], http)
    }
    assert (answers[shown].access, answers[shown].collection) == (Access.PRESENT, ENTRIES)
    assert (answers[gone].access, answers[gone].reason) == (Access.FAILED, "outside-window")
    assert len(http.requests) == 1
    assert list(connector.probe(TARGET, [], http)) == []


# Reading entries.


def test_rss_entries_are_read() -> None:
    first, second = items(RSS)
    picture = f"{HOME}/wp-content/uploads/2026/11/karta.png"
    assert first == Item(
        ref=ItemRef(POST, f"{HOME}/?p=11"),
        author=Agent(name="Testköpings kommun"),
        text="Vi öppnar Storsjöbadet på lördag 😀.",
        own=True,
        title="Badplatsen öppnar & alla är välkomna",
        created_at=datetime(2026, 11, 20, 8, 15, tzinfo=UTC),
        url=f"{HOME}/2026/11/badplatsen-oppnar/",
        links=(f"{HOME}/bad/",),
        attachments=(Attachment(url=picture, alt="Karta över badet"),),
    )
    assert second.ref.native_id == f"{HOME}/podd/1/"
    assert second.created_at == datetime(2026, 11, 19, 11, 0, tzinfo=UTC)
    assert second.attachments == (Attachment(url=f"{HOME}/podd/1.mp3", mime="audio/mpeg"),)


def test_atom_entries_are_read() -> None:
    first, second = items((FIXTURES / "entries.atom.xml").read_bytes())
    assert first.author == Agent(name="Testköpings kommun", url=HOME)
    assert first.created_at == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
    assert first.updated_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert first.title == "Badplatsen öppnar & alla är välkomna"
    assert (second.created_at, second.updated_at) == (
        None,
        datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
    )
    assert second.text == "Ett < två."


def test_rss_1_entries_are_read() -> None:
    (entry,) = items((FIXTURES / "entries.rdf.xml").read_bytes())
    assert entry.ref.native_id == f"{HOME}/1/"
    assert entry.created_at == datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
    assert entry.text == "Vi plogar."


def test_an_entry_of_a_comment_feed_is_somebody_elses_comment() -> None:
    (entry,) = items((FIXTURES / "entries.comments.xml").read_bytes())
    assert (entry.ref.kind, entry.own, entry.author.name) == (COMMENT, False, "Åsa Öberg")


def test_an_atom_entry_under_a_prefix_is_read() -> None:
    fragment = b"<x:entry><x:id>urn:1</x:id><x:title>Hej</x:title></x:entry>"
    assert connector.normalise("entries", fragment).title == "Hej"


def test_identity_is_guid_else_link_else_content() -> None:
    def native_id(inner: str) -> str:
        return connector.normalise("entries", f"<item>{inner}</item>".encode()).ref.native_id

    link = "<link>https://x.example/1</link>"
    assert native_id(f"<guid isPermaLink='false'>7</guid>{link}") == "7"
    assert native_id(link) == "https://x.example/1"
    bare = "<title>T</title><description>D</description>"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", native_id(bare))
    assert native_id(bare) == native_id(bare + "<comments>7</comments>")
    assert native_id(bare) != native_id("<title>T</title><description>E</description>")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("<author>ada@testkoping.example (Ada Lund)</author>", "Ada Lund"),
        ("<author>Ada Lund &lt;ada@testkoping.example&gt;</author>", "Ada Lund"),
        ("<author>ada@testkoping.example</author>", ""),
        ("<author>a@testkoping.se</author><dc:creator>Ada Lund</dc:creator>", "Ada Lund"),
        ("<dc:creator>Ada (vik.) Lund</dc:creator>", "Ada (vik.) Lund"),
    ],
)
def test_a_mail_address_is_no_name(written: str, name: str) -> None:
    assert item(written).author.name == name


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fri, 20 Nov 2026 08:15:00 GMT", 8),
        ("Fri, 20 Nov 2026 08:15:00 -0000", 8),
        ("Fri, 20 Nov 2026 09:15:00 CET", 8),
        ("20 Nov 26 09:15:00 +0100", 8),
        ("2026-11-20T08:15:00Z", 8),
        ("Fri, 20 Nov 2026 08:15:00", None),
        ("2026-11-20T08:15:00", None),
        ("--11-20", None),
        ("fredag", None),
        ("", None),
    ],
)
def test_dates_are_read_or_left_open(written: str, read: int | None) -> None:
    expected = datetime(2026, 11, 20, read, 15, tzinfo=UTC) if read else None
    assert item(f"<pubDate>{written}</pubDate>").created_at == expected


def test_an_entry_in_windows_1252_is_read() -> None:
    fragment = "<item><guid>g</guid><title>Å – ö</title></item>".encode("windows-1252")
    assert connector.normalise("entries", fragment).title == "Å – ö"


def test_an_undeclared_prefix_does_not_hide_the_entry() -> None:
    assert item("<title>Hej</title><okänt:x>1</okänt:x><kommun:y>2</kommun:y>").title == "Hej"


def test_an_ill_formed_entry_is_read_as_far_as_it_goes() -> None:
    assert (
        item("<title>Bad & bastu</title><description>Å<br>b</description>").title == "Bad & bastu"
    )


def test_entities_of_a_fragment_are_not_expanded() -> None:
    bomb = "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><title>&b;</title>"
    assert "ha" not in item(bomb).title
    outside = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><title>&x;</title>"
    assert item(outside).title in {"", "&x;"}


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<![CDATA[", "&#", "<div>", "</", "<x:y>", "<?"])
def test_hostile_markup_takes_no_time(piece: str) -> None:
    hostile = (piece * 60_000)[:60_000].replace("]]>", "")
    started = time.process_time()
    item(f"<description><![CDATA[{hostile}]]></description>")
    assert time.process_time() - started < 5


@pytest.mark.parametrize("tag", ["author", "dc:creator"])
def test_an_endless_name_is_refused_at_once(tag: str) -> None:
    started = time.process_time()
    with pytest.raises(SourceChanged):
        item(f"<{tag}><![CDATA[{'a' * 60_000}]]></{tag}>")
    assert time.process_time() - started < 1
