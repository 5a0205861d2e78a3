"""Cutting and splicing are inverse for every document, and no bytes make cutting fail."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core.connector import FeedLayout, JsonLayout, Layout
from archiver.harvest.segment import skeleton, splice, split

KEYS = ("data", "replies", "id", "text", "next")
LAYOUTS: tuple[Layout, ...] = (
    JsonLayout(arrays=((), (None,))),
    JsonLayout(arrays=(("data",), ("data", "*", "replies")), structural=frozenset(KEYS)),
    JsonLayout(
        arrays=(
            ("data", "*", "data"),
            ("data", "*", "data", "*", "replies", "data"),
            ("data", "*", "data", "*", "replies", "data", "*", "replies", "data"),
        ),
        structural=frozenset({"next"}),
    ),
    JsonLayout(arrays=((), ("*", "*"), ("*", "*", "*"))),
    JsonLayout(arrays=((None, "replies"), (None, "data", "*", "replies"))),
    JsonLayout(
        arrays=(("data", None), ("next", "text", None), ("next", "replies"), ("data", "replies")),
        structural=frozenset(KEYS),
    ),
    FeedLayout(),
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
names = st.sampled_from(KEYS) | st.text(max_size=3)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=25,
)
lists_of_objects = st.lists(st.dictionaries(names, values, max_size=5), max_size=6)
documents = values | lists_of_objects | st.fixed_dictionaries({"data": lists_of_objects})


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """A JSON document in any spelling: white space and escapes wherever they may stand."""

    def space() -> str:
        return draw(st.text(" \t\r\n", max_size=2))

    def write(value: Any) -> str:
        if isinstance(value, list):
            inner = f"{space()},{space()}".join(map(write, value))
            return f"[{space()}{inner}{space()}]"
        if isinstance(value, dict):
            members = [f"{write(k)}{space()}:{space()}{write(v)}" for k, v in value.items()]
            inner = f"{space()},{space()}".join(members)
            return f"{{{space()}{inner}{space()}}}"
        text = json.dumps(value, ensure_ascii=draw(st.booleans()))
        return text.replace("/", "\\/") if draw(st.booleans()) else text

    mark = "\N{ZERO WIDTH NO-BREAK SPACE}" if draw(st.integers(0, 9)) == 0 else ""
    return f"{mark}{space()}{write(draw(documents))}{space()}".encode()


@settings(deadline=None, max_examples=300)
@given(body=written(), layout=st.sampled_from(LAYOUTS[:-1]))
def test_what_was_cut_splices_to_the_body(body: bytes, layout: JsonLayout) -> None:
    cut = split(body, layout)
    assert cut.whole == bool(cut.problem)
    holes = [fragment.data for fragment in cut.fragments]
    assert splice(skeleton(body, cut.fragments), holes) == body
    for fragment in cut.fragments:
        json.loads(fragment.data)
        assert fragment.derived == cut.whole
        assert fragment.path in layout.arrays or fragment.path == (None,)


@settings(deadline=None, max_examples=200)
@given(items=st.lists(st.dictionaries(names, values, max_size=4), max_size=8))
def test_a_list_gives_its_items_in_order(items: list[dict[str, Any]]) -> None:
    cut = split(json.dumps(items).encode(), LAYOUTS[0])
    assert not cut.whole
    assert [json.loads(fragment.data) for fragment in cut.fragments] == items


@settings(deadline=None, max_examples=200)
@given(text=st.text("\\ud8De0c", max_size=24))
def test_half_a_surrogate_pair_is_never_overlooked(text: str) -> None:
    body = f'[{{"t":"{text}"}}]'.encode()
    try:
        value = json.loads(body)[0]["t"]
        value.encode()
        sound = True
    except ValueError:  # also what is no JSON, and a surrogate that cannot be encoded
        sound = False
    assert split(body, LAYOUTS[0]).whole == (not sound)


@settings(deadline=None, max_examples=400)
@given(
    body=st.binary(max_size=300)
    | st.text('{}[]",:\\ud8 <>/!item&;rsfeny=', max_size=80).map(str.encode),
    layout=st.sampled_from(LAYOUTS),
)
def test_no_bytes_make_it_fail(body: bytes, layout: Layout) -> None:
    cut = split(body, layout)
    if not cut.whole:
        holes = [fragment.data for fragment in cut.fragments]
        assert splice(skeleton(body, cut.fragments), holes) == body


@settings(deadline=None, max_examples=200)
@given(body=written(), place=st.floats(0, 1), junk=st.binary(max_size=2), cut_off=st.booleans())
def test_damaged_documents_do_not_make_it_fail(
    body: bytes, place: float, junk: bytes, cut_off: bool
) -> None:
    at = int(place * len(body))
    damaged = body[:at] + junk + (b"" if cut_off else body[at + 1 :])
    for layout in LAYOUTS:
        split(damaged, layout)


plain = st.text(st.characters(codec="utf-8", exclude_characters="<>&\r]", exclude_categories=["C"]))


@settings(deadline=None, max_examples=150)
@given(
    titles=st.lists(plain, max_size=5),
    around=plain,
    encoding=st.sampled_from(["utf-8", "iso-8859-1", "windows-1252"]),
)
def test_feeds_are_cut_between_the_tags(titles: list[str], around: str, encoding: str) -> None:
    items = [f"<item a='{n}'><title>{t}</title></item>" for n, t in enumerate(titles)]
    head = f'<?xml version="1.0" encoding="{encoding}"?><rss><channel><title>{around}</title>'
    body = f"{head}{around.join(items)}</channel></rss>".encode(encoding, "xmlcharrefreplace")
    cut = split(body, FeedLayout())
    assert not cut.whole
    assert [f.data for f in cut.fragments] == [
        item.encode(encoding, "xmlcharrefreplace") for item in items
    ]
    assert splice(skeleton(body, cut.fragments), [f.data for f in cut.fragments]) == body
