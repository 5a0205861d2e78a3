"""Where a body is cut, and what makes it whole."""

from __future__ import annotations

import json

import pytest

from archiver.core.connector import FeedLayout, JsonLayout
from archiver.errors import IntegrityError
from archiver.harvest.segment import Fragment, Segments, skeleton, splice, split

LIST = JsonLayout(arrays=((), (None,)))
NESTED = JsonLayout(
    arrays=(("data",), ("data", "*", "comments", "data")),
    structural=frozenset({"paging", "cursors", "after"}),
)
FEED = FeedLayout()


def texts(cut: Segments) -> list[bytes]:
    return [fragment.data for fragment in cut.fragments]


def rejoined(body: bytes, cut: Segments) -> bytes:
    return splice(skeleton(body, cut.fragments), texts(cut))


def test_items_are_cut_out_of_a_list_byte_for_byte() -> None:
    body = '[ {"id" : 1, "t":"å\\u00e5"} ,\n\t{"id":2}]\n'.encode()
    cut = split(body, LIST)
    assert texts(cut) == ['{"id" : 1, "t":"å\\u00e5"}'.encode(), b'{"id":2}']
    assert [f.start for f in cut.fragments] == [2, body.index(b'{"id":2}')]
    assert not cut.whole
    assert rejoined(body, cut) == body


def test_a_body_that_is_one_item() -> None:
    cut = split(b' {"id":7} ', LIST)
    assert texts(cut) == [b'{"id":7}']
    assert cut.fragments[0].path == (None,)


THREAD = JsonLayout(
    arrays=(("thread", "post", None), ("thread", "replies"), ("thread", "replies", "*", "replies")),
    structural=frozenset({"kind"}),
)


def test_an_item_that_stands_by_itself_beside_a_list() -> None:
    body = b'{"thread":{"kind":"t","post": {"id":1},"replies":[{"id":2,"replies":[{"id":3}]}]}}'
    cut = split(body, THREAD)
    assert texts(cut) == [b'{"id":1}', b'{"id":2,"replies":[]}', b'{"id":3}']
    assert cut.fragments[0].path == ("thread", "post", None)
    assert rejoined(body, cut) == body
    assert b'"id"' not in skeleton(body, cut.fragments)


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b'{"thread":{"post":null}}', False),
        (b'{"thread":{}}', False),
        (b'{"thread":{"post":[{"id":1}]}}', True),
        (b'{"thread":{"post":"Anna"}}', True),
        (b'{"thread":[{"post":{"id":1}}]}', True),
    ],
)
def test_where_an_item_is_due_nothing_else_may_stand(body: bytes, whole: bool) -> None:
    cut = split(body, THREAD)
    assert (cut.whole, cut.fragments) == (whole, ())
    assert bool(cut.problem) is whole


def test_nested_items_leave_json_behind() -> None:
    body = (
        b'{"data":[{"id":1,"comments":{"data":[ {"id":11}, {"id":12} ]},"x":2},{"id":2}],'
        b'"paging":{"cursors":{"after":"Q"}}}'
    )
    cut = split(body, NESTED)
    assert not cut.whole
    parent, *children, second = cut.fragments
    assert json.loads(parent.data) == {"id": 1, "comments": {"data": []}, "x": 2}
    assert [json.loads(child.data)["id"] for child in children] == [11, 12]
    assert [child.path for child in children] == [("data", "*", "comments", "data")] * 2
    assert second.path == ("data",)
    assert rejoined(body, cut) == body
    assert b'"id"' not in skeleton(body, cut.fragments)


def test_a_byte_order_mark_is_kept_outside() -> None:
    body = b'\xef\xbb\xbf[{"id":1}]'
    cut = split(body, LIST)
    assert (texts(cut), cut.whole) == ([b'{"id":1}'], False)
    assert rejoined(body, cut) == body


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[{"id":1}],"viewer":"Ada Lund"}',
        b'{"data":[{"id":1}],"paging":{"previous_author":"Ada Lund"}}',
        b'{"data":[{"id":1}],"paging":[{"cursors":{"name":"Ada Lund"}}]}',
    ],
)
def test_an_unknown_key_outside_items_makes_it_whole(body: bytes) -> None:
    cut = split(body, NESTED)
    assert cut.whole
    assert cut.problem
    assert "Ada" not in cut.problem
    assert cut.fragments == (Fragment(b'{"id":1}', ((9, 17),), ("data",), derived=True),)


@pytest.mark.parametrize(
    ("body", "layout"),
    [
        (b"", LIST),
        (b"<!DOCTYPE html><title>Underh\xc3\xa5ll</title>", LIST),
        (b'"text"', LIST),
        (b"[1,]", LIST),
        (b'[{"id":1}', LIST),
        (b'[{"id":1}] [', LIST),
        (b'[{"id":NaN}]', LIST),
        (b'{"data":"text"}', NESTED),
        (b'{"data":{"id":1}}', NESTED),
        (b'{"data" [', NESTED),
        (b'{1:"data"}', NESTED),
        (b'{"error":{"message":"Ada Lund"}}', NESTED),
    ],
)
def test_what_is_not_as_declared_is_whole_with_a_problem(body: bytes, layout: JsonLayout) -> None:
    cut = split(body, layout)
    assert cut.whole
    assert cut.problem
    assert all(fragment.derived for fragment in cut.fragments)


def test_items_before_a_cut_off_are_derived() -> None:
    assert texts(split(b'[{"id":1},{"id":2},{"i', LIST)) == [b'{"id":1}', b'{"id":2}']


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'[{"t":"\xff"}]', "UTF-8"),
        (rb'[{"t":"\ud83d"}]', "surrogate"),
        (rb'[{"t":"\ude00\ud83d"}]', "surrogate"),
        (rb'[{"t":"\\ud83d\ude00"}]', "surrogate"),
    ],
)
def test_characters_that_are_none_make_it_whole(body: bytes, says: str) -> None:
    cut = split(body, LIST)
    assert cut.whole
    assert says in cut.problem
    assert len(cut.fragments) == 1


def test_a_proper_surrogate_pair_is_a_character() -> None:
    assert not split(rb'[{"t":"\ud83d\ude00 \\ud83d \\\ud83d\ude00"}]', LIST).whole


def test_deep_nesting_is_whole() -> None:
    cut = split(b'[{"id":1},' + b"[" * 100_000, LIST)
    assert cut.whole
    assert texts(cut) == [b'{"id":1}']


def test_null_where_items_would_be_is_no_items() -> None:
    assert split(b'{"data":null}', NESTED) == Segments(())


def test_a_skeleton_tells_no_lengths() -> None:
    short, long = (b'[{"t":"' + b"x" * n + b'"}]' for n in (1, 1000))
    bones = [skeleton(body, split(body, LIST).fragments) for body in (short, long)]
    assert bones[0] == bones[1] == b'{"holes":[[1,0,0]],"v":1}\n[]'


@pytest.mark.parametrize(
    ("bones", "holes"),
    [
        (b"", []),
        (b"[]", []),
        (b'{"holes":[],"v":1}', []),
        (b'{"holes":[[0,0,0]],"v":1}\n', []),
        (b'{"holes":[[9,0,0]],"v":1}\n', [b"x"]),
        (b'{"holes":[[0,-1,0]],"v":1}\n', [b"x"]),
        (b'{"holes":[[0,0,1]],"v":1}\n', [b"xy"]),
        (b'{"holes":[[0,"0",0]],"v":1}\n', [b"x"]),
        (b'{"holes":[[1,0,0],[0,1,0]],"v":1}\nab', [b"x", b"y"]),
        (b'{"holes":[],"v":1}\n', [b"left over"]),
    ],
)
def test_a_damaged_skeleton_is_refused(bones: bytes, holes: list[bytes]) -> None:
    with pytest.raises(IntegrityError):
        splice(bones, holes)


RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Testköping</title>
<item><title>Ett</title><description><![CDATA[<item>inte en</item>]]></description></item>
 <item/><item
 ><title>Två</title></item ></channel></rss>"""


def test_feed_items_are_cut_by_byte() -> None:
    body = RSS.encode()
    cut = split(body, FEED)
    assert not cut.whole
    assert [f.data[-8:] for f in cut.fragments] == [b"></item>", b"<item/>", b"</item >"]
    assert rejoined(body, cut) == body


def test_atom_and_rdf_have_items_of_their_own() -> None:
    atom = (
        b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>x</a:id></a:entry></a:feed>'
    )
    rdf = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel><items/>'
        b'</channel><item rdf:about="x"/></rdf:RDF>'
    )
    assert texts(split(atom, FEED)) == [b"<a:entry><a:id>x</a:id></a:entry>"]
    assert texts(split(rdf, FEED)) == [b'<item rdf:about="x"/>']
    assert texts(split(b"<feed><entry/></feed>", FEED)) == [b"<entry/>"]


def test_a_feed_in_latin_1_is_cut_exactly() -> None:
    body = RSS.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    cut = split(body, FEED)
    assert not cut.whole
    assert "Två".encode("latin-1") in cut.fragments[2].data
    assert rejoined(body, cut) == body


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-15"])
def test_a_feed_in_another_encoding_is_whole_without_a_problem(encoding: str) -> None:
    cut = split(RSS.replace("UTF-8", encoding).encode(encoding), FEED)
    assert (cut.whole, cut.problem) == (True, "")
    assert len(cut.fragments) == 3
    assert "Två".encode() in cut.fragments[2].data
    assert [(f.derived, f.start) for f in cut.fragments] == [(True, -1)] * 3


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", 0),
        (b"<html><body/></html>", 0),
        (b"<rss><channel><item>a &nbsp; b</item><item>c</item><item>d", 2),
        (b"<rss><channel><item>\xe5\xe4\xf6</item></channel></rss>", 1),
        (b'<?xml version="1.0" encoding="klingon"?><rss><item>a</item></rss>', 1),
        (b'<?xml version="1.0" encoding="utf-16"?><rss><item>a</item></rss>x', 1),
        (b"<rss><channel><x:item>a</x:item></channel></rss>", 1),
    ],
)
def test_an_ill_formed_feed_is_whole_with_what_can_be_told(body: bytes, found: int) -> None:
    cut = split(body, FEED)
    assert cut.whole
    assert cut.problem
    assert len(cut.fragments) == found
    assert all(fragment.derived for fragment in cut.fragments)


def test_entities_are_refused_not_expanded() -> None:
    levels = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE rss [<!ENTITY b0 "ha">{levels}]><rss><item>&b11;</item></rss>'
    outside = (
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><item>&x;</item></rss>'
    )
    for text, inside in ((bomb, b"&b11;"), (outside, b"&x;")):
        cut = split(text.encode(), FEED)
        assert cut.problem == "The feed declares entities."
        assert texts(cut) == [b"<item>" + inside + b"</item>"]
