"""HTML becomes the words, links and media a reader would have met."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.connectors.markup import absolute, plain, read_html
from archiver.core.observation import Attachment

HOME = "https://testkoping.example/"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("  Bara   ord\n ", "Bara ord"),
        ("<p>Ett<br />\ntvå</p>\n<p>Tre &amp; <b>fyra</b></p>\n", "Ett\ntvå\n\nTre & fyra"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "a\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc"),
        ("<p>a</p><pre>def f():\n    pass</pre>", "a\n\ndef f():\n    pass"),
        ("a<script>alert(1)</script><style>p{}</style><!-- dolt -->b", "ab"),
        ("<noscript>slå på JavaScript</noscript>ja", "ja"),
        ("1 < 2 & 3", "1 < 2 & 3"),
        ("<![if !IE]>a<![CDATA[b]]>", "a"),
        ("a&nbsp;b", "a\N{NO-BREAK SPACE}b"),
        ("<p>oavslutad <b>fet", "oavslutad fet"),
        ('Hej <img class="wp-smiley" alt="😀" src="https://s.w.org/e.png">', "Hej 😀"),
    ],
)
def test_text(html: str, text: str) -> None:
    assert read_html(html).text == text


def test_a_title_is_one_line() -> None:
    assert plain("Badet &#8211;<br>öppnar <em>nu</em>") == "Badet – öppnar nu"


def test_links_are_resolved_once_each_and_harmless() -> None:
    html = (
        '<a href="/a">1</a><a href="https://x.example/b">2</a><a href="/a">3</a><a href="#c">4</a>'
        '<a href="javascript:x()">5</a><a href="mailto:ada@example.invalid">6</a><a>7</a>'
        '<a href="https://[oj">8</a><iframe src="//film.example/9"></iframe>'
    )
    assert read_html(html, HOME).links == (
        f"{HOME}a",
        "https://x.example/b",
        "mailto:ada@example.invalid",
        "https://film.example/9",
    )


def test_media_are_found_where_pages_put_them() -> None:
    html = (
        '<img src="/a.png" alt="A &amp; O"><img src="data:image/gif;base64,R0" data-src="/b.png">'
        '<video src="/c.mp4"></video><audio><source src="/d.mp3" type="audio/mpeg"></audio>'
        '<a href="/wp-content/uploads/2026/e.pdf">E</a><a href="/wp-content/uploads/">F</a><img>'
    )
    assert read_html(html, HOME).attachments == (
        Attachment(url=f"{HOME}a.png", alt="A & O"),
        Attachment(url=f"{HOME}b.png"),
        Attachment(url=f"{HOME}c.mp4"),
        Attachment(url=f"{HOME}d.mp3", mime="audio/mpeg"),
        Attachment(url=f"{HOME}wp-content/uploads/2026/e.pdf"),
    )


def test_an_address_that_leads_nowhere_is_none() -> None:
    assert absolute("bild.png", "") == ""
    assert absolute("  ", HOME) == ""
    assert absolute("https://[oj", HOME) == ""


@settings(deadline=None, max_examples=300)
@given(html=st.text() | st.text("<>/!-[]&;#=\"' abp\n", max_size=60))
def test_any_text_is_read(html: str) -> None:
    reading = read_html(html, HOME)
    assert reading.text == reading.text.strip(" \n")


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!--", "<![", "<", "&", "&#", "</", '<a x="', "<b>", "<?", "/wp-content/uploads/"],
)
def test_hostile_markup_is_read_in_linear_time(piece: str) -> None:
    started = time.process_time()
    read_html(f'<a href="{piece * (60_000 // len(piece))}')
    read_html(piece * (60_000 // len(piece)))
    assert time.process_time() - started < 3
