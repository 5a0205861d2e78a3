"""The disclosure commitment: anything may be hidden, nothing shown may be altered."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archiver.core.commitment import (
    Hidden,
    Leaf,
    Opening,
    Shown,
    ShownText,
    combine,
    commit,
    hide,
    open_leaves,
    plain_digest,
    recompute,
    salts,
    text_digest,
    tokens,
)

settings.register_profile("core", deadline=None)
settings.load_profile("core")

DEK = bytes(range(32))
OTHER_DEK = bytes(range(1, 33))

deks = st.binary(min_size=32, max_size=32)
words = st.lists(
    st.text(max_size=6) | st.sampled_from(["Ekbacken ", "får ", "!", "\n", " ", "😀", "a\u0308 "]),
    max_size=8,
).map("".join)
paths = st.text("abcdefghijklmnopqrstuvwxyz/_0123456789", min_size=1, max_size=12)
leaves = st.builds(Leaf, path=paths, value=words, text=st.booleans())
envelopes = st.lists(leaves, min_size=1, max_size=6)


# --- tokens ----------------------------------------------------------------------------------


@given(st.text(st.characters()) | words)
def test_tokens_join_back(text: str) -> None:
    split = tokens(text)
    assert "".join(split) == text
    assert all(split)


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("", []),
        ("Hej på dig!", ["Hej ", "på ", "dig", "!"]),
        ("a  b", ["a ", " ", "b"]),
        ("rad ett\n\trad två", ["rad ", "ett", "\n\t", "rad ", "två"]),
        ("070-123 45", ["070", "-", "123 ", "45"]),
        ("anna@exempel.se", ["anna", "@", "exempel", ".", "se"]),
        ("\x00\x7f", ["\x00", "\x7f"]),
        ("😀 \u2028\u00a0", ["😀 ", "\u2028\u00a0"]),
        ("a\r\n ", ["a", "\r\n "]),
        ("\ud800 x", ["\ud800 ", "x"]),
    ],
)
def test_splits(text: str, split: list[str]) -> None:
    assert tokens(text) == split


# --- the formula of the format, written out a second time ------------------------------------


def by_the_book(dek: bytes, envelope: list[Leaf]) -> bytes:
    supply = iter(salts(dek, 10_000))
    whole = b"DIARKIV-C1"
    for leaf in envelope:
        salt, path = next(supply), leaf.path.encode()
        if leaf.text:
            inner = b"".join(
                sha256(next(supply) + path + b"\x00" + word.encode()).digest()
                for word in tokens(leaf.value)
            )
            whole += sha256(salt + path + b"\x01" + inner).digest()
        else:
            whole += sha256(salt + path + b"\x00" + leaf.value.encode()).digest()
    return sha256(whole).digest()


@given(deks, envelopes)
def test_three_ways_lead_to_one_commitment(dek: bytes, envelope: list[Leaf]) -> None:
    c = commit(dek, envelope)
    assert c == recompute(open_leaves(dek, envelope)) == by_the_book(dek, envelope)


@given(deks, st.integers(0, 60), st.integers(0, 60))
def test_salts_are_one_stream_without_repeats(dek: bytes, few: int, many: int) -> None:
    few, many = sorted((few, many))
    assert salts(dek, many)[:few] == salts(dek, few)
    assert len(set(salts(dek, many))) == many
    assert {len(salt) for salt in salts(dek, many)} <= {16}


@given(envelopes)
def test_openings_show_the_values(envelope: list[Leaf]) -> None:
    for leaf, opening in zip(envelope, open_leaves(DEK, envelope), strict=True):
        assert (opening.path, opening.text()) == (leaf.path, leaf.value)
        assert not opening.masked


# --- hiding ----------------------------------------------------------------------------------


def token_count(opening: Opening) -> int:
    return len(opening.content.tokens) if isinstance(opening.content, ShownText) else 0


@st.composite
def masks(draw: st.DrawFn, openings: list[Opening]) -> list[tuple[int, set[int] | None]]:
    """Steps in any order: (leaf, tokens of it, or None for the whole leaf)."""
    steps: list[tuple[int, set[int] | None]] = []
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(openings) - 1))
        count = token_count(openings[at])
        some = st.sets(st.integers(0, count - 1), min_size=1) if count else st.nothing()
        steps.append((at, draw(st.none() | some)))
    return steps


def apply(openings: list[Opening], steps: list[tuple[int, set[int] | None]]) -> list[Opening]:
    masked = list(openings)
    for at, cut in steps:
        masked[at] = hide(masked[at], cut)
    return masked


@given(envelopes, st.data())
@settings(max_examples=200)
def test_hiding_in_any_order_keeps_the_commitment(
    envelope: list[Leaf], data: st.DataObject
) -> None:
    openings = open_leaves(DEK, envelope)
    steps = data.draw(masks(openings))
    masked = apply(openings, steps)
    assert recompute(masked) == commit(DEK, envelope)
    assert apply(masked, steps) == masked
    assert apply(openings, data.draw(st.permutations(steps))) == masked
    assert [opening.masked for opening in masked] == [
        any(at == i for at, _ in steps) for i in range(len(openings))
    ]


@given(envelopes, st.data())
@settings(max_examples=200)
def test_only_what_is_shown_remains(envelope: list[Leaf], data: st.DataObject) -> None:
    openings = open_leaves(DEK, envelope)
    steps = data.draw(masks(openings))
    masked = apply(openings, steps)
    for i, (before, after) in enumerate(zip(openings, masked, strict=True)):
        gone = any(at == i and cut is None for at, cut in steps)
        cuts = set().union(*(cut for at, cut in steps if at == i and cut is not None))
        if gone:
            assert after.content == Hidden(before.digest())
            assert after.text(mask="") == ""
        elif isinstance(before.content, ShownText):
            assert isinstance(after.content, ShownText)
            for n, part in enumerate(after.content.tokens):
                old = before.content.tokens[n]
                assert isinstance(old, Shown)
                if n in cuts:
                    assert part == Hidden(plain_digest(old.salt, before.path, old.value))
                else:
                    assert part == old
        else:
            assert after == before


def test_a_hidden_name_is_nowhere_in_the_opening() -> None:
    text = "Handläggaren Vilhelmina lovade svar i maj."
    [opening] = open_leaves(DEK, [Leaf("text", text, text=True)])
    at = tokens(text).index("Vilhelmina ")
    assert isinstance(opening.content, ShownText)
    secret = opening.content.tokens[at]
    assert isinstance(secret, Shown)
    masked = hide(opening, [at])
    assert masked.text() == "Handläggaren █lovade svar i maj."
    for trace in ("Vilhelmina", "Vil", repr(secret.salt)):
        assert trace in repr(opening)
        assert trace not in repr(masked)
    whole = repr(hide(opening))
    assert not any(word.strip() in whole for word in tokens(text) if len(word) > 3)


# --- altering --------------------------------------------------------------------------------


@st.composite
def alterations(draw: st.DrawFn, openings: list[Opening]) -> list[Opening]:
    """One change to what a released copy says."""
    changed = list(openings)
    at = draw(st.integers(0, len(openings) - 1))
    opening = openings[at]
    content = opening.content
    kind = draw(st.sampled_from(["path", "value", "salt", "drop", "double", "swap", "parts"]))
    other = draw(words)
    match kind, content:
        case "path", _:
            changed[at] = replace(opening, path=draw(paths))
        case "value", Shown():
            changed[at] = replace(opening, content=replace(content, value=other))
        case "salt", Shown() | ShownText():
            salt = draw(st.binary(min_size=16, max_size=16))
            changed[at] = replace(opening, content=replace(content, salt=salt))
        case "drop", _:
            del changed[at]
        case "double", _:
            changed.insert(at, opening)
        case "swap", _:
            there = draw(st.integers(0, len(openings) - 1))
            changed[at], changed[there] = changed[there], changed[at]
        case _, ShownText(salt, parts) if parts:
            n = draw(st.integers(0, len(parts) - 1))
            part = parts[n]
            new: tuple[Shown | Hidden, ...] = draw(
                st.sampled_from(
                    [(), (part, part), (Shown(DEK[:16], other),), (Hidden(sha256(salt).digest()),)]
                )
            )
            if isinstance(part, Shown) and draw(st.booleans()):
                new = (replace(part, value=other),)
            changed[at] = Opening(opening.path, ShownText(salt, parts[:n] + new + parts[n + 1 :]))
    return changed


@given(envelopes, st.data())
@settings(max_examples=400)
def test_any_alteration_changes_the_commitment(envelope: list[Leaf], data: st.DataObject) -> None:
    openings = open_leaves(DEK, envelope)
    changed = data.draw(alterations(openings))
    assume(changed != openings)
    assert recompute(changed) != commit(DEK, envelope)


@given(envelopes, st.data())
def test_every_flipped_bit_of_a_digest_or_salt_shows(
    envelope: list[Leaf], data: st.DataObject
) -> None:
    openings = apply(open_leaves(DEK, envelope), [(0, None)])
    at = data.draw(st.integers(0, len(openings) - 1))
    content = openings[at].content
    old = content.digest if isinstance(content, Hidden) else content.salt
    bad = bytearray(old)
    bad[data.draw(st.integers(0, len(bad) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    new = Hidden(bytes(bad)) if isinstance(content, Hidden) else replace(content, salt=bytes(bad))
    openings[at] = replace(openings[at], content=new)
    assert recompute(openings) != commit(DEK, envelope)


@given(envelopes, deks)
def test_another_key_gives_other_digests(envelope: list[Leaf], dek: bytes) -> None:
    assume(dek != DEK)
    ours, theirs = open_leaves(DEK, envelope), open_leaves(dek, envelope)
    assert commit(DEK, envelope) != commit(dek, envelope)
    assert not {o.digest() for o in ours} & {o.digest() for o in theirs}


@given(envelopes)
def test_equal_values_have_unequal_digests(envelope: list[Leaf]) -> None:
    """So that the recipient cannot tell that two hidden leaves or words are the same."""
    openings = open_leaves(DEK, [*envelope, *envelope])
    digests = [opening.digest() for opening in openings]
    for opening in openings:
        masked = hide(opening, range(token_count(opening))).content
        if isinstance(masked, ShownText):
            digests += [part.digest for part in masked.tokens if isinstance(part, Hidden)]
    assert len(set(digests)) == len(digests)


# --- levels ----------------------------------------------------------------------------------


@given(words, st.booleans())
def test_a_text_leaf_is_not_a_plain_leaf(value: str, text: bool) -> None:
    a = commit(DEK, [Leaf("text", value, text=text)])
    assert a != commit(DEK, [Leaf("text", value, text=not text)])


def test_a_token_does_not_pass_for_a_leaf() -> None:
    envelope = [Leaf("author", "Ture"), Leaf("text", "Ture", text=True)]
    author, text = open_leaves(DEK, envelope)
    assert isinstance(text.content, ShownText)
    [word] = text.content.tokens
    assert isinstance(word, Shown)
    c = commit(DEK, envelope)
    for forged in (
        [author, Opening("text", word)],
        [author, Opening("text", Shown(text.content.salt, word.value))],
        [author, Opening("text", Hidden(plain_digest(word.salt, "text", word.value)))],
        [Opening("text", word), text],
        [author, text, Opening("text", word)],
        [Opening("author", ShownText(word.salt, (word,))), text],
    ):
        assert recompute(forged) != c
    assert combine([author.digest(), text.digest()]) == c
    assert text_digest(DEK[:16], "p", []) != plain_digest(DEK[:16], "p", "")


def test_the_empty_envelope_and_the_empty_text() -> None:
    assert commit(DEK, []) == combine([]) == recompute([])
    empty = [Leaf("text", "", text=True)]
    assert recompute(open_leaves(DEK, empty)) == commit(DEK, empty)
    assert commit(DEK, empty) != commit(OTHER_DEK, empty)


# --- known weak points: each turns green when the opening is checked for shape ---------------


def verdict(openings: list[Opening]) -> bytes | None:
    """What a recipient computes, or None where the copy is refused."""
    try:
        return recompute(openings)
    except Exception:  # noqa: BLE001 - any refusal will do
        return None


SHAPE = pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="lengths and paths of an opening are not checked"
)


@SHAPE
def test_a_path_cannot_be_cut_through_a_longer_salt() -> None:
    envelope = [Leaf("reply/author", "Ture")]
    [opening] = open_leaves(DEK, envelope)
    assert isinstance(opening.content, Shown)
    forged = Opening("author", Shown(opening.content.salt + b"reply/", "Ture"))
    assert verdict([forged]) != commit(DEK, envelope)


@SHAPE
def test_a_value_cannot_be_cut_at_a_nul() -> None:
    envelope = [Leaf("title", "Beslut\x00upphävt")]
    [opening] = open_leaves(DEK, envelope)
    assert isinstance(opening.content, Shown)
    forged = Opening("title\x00Beslut", Shown(opening.content.salt, "upphävt"))
    assert verdict([forged]) != commit(DEK, envelope)


@SHAPE
@pytest.mark.parametrize("cut", [0, 16, 32])
def test_hidden_leaves_cannot_be_added_split_or_merged(cut: int) -> None:
    envelope = [Leaf("author", "Ture"), Leaf("title", "Beslut")]
    one, two = (hide(opening) for opening in open_leaves(DEK, envelope))
    joined = one.digest() + two.digest()
    forged = [Opening("x", Hidden(joined[:cut])), Opening("y", Hidden(joined[cut:]))]
    if cut == 32:
        forged.append(Opening("deleted_by", Hidden(b"")))
    assert verdict(forged) != commit(DEK, envelope)


@SHAPE
def test_hidden_words_cannot_be_merged() -> None:
    envelope = [Leaf("text", "ja nej", text=True)]
    [opening] = open_leaves(DEK, envelope)
    content = hide(opening, [0, 1]).content
    assert isinstance(content, ShownText)
    joined = b"".join(part.digest for part in content.tokens if isinstance(part, Hidden))
    forged = Opening("text", ShownText(content.salt, (Hidden(joined),)))
    assert verdict([forged]) != commit(DEK, envelope)


@SHAPE
def test_a_text_leaf_cannot_be_read_as_a_plain_one() -> None:
    """The salt swallows everything up to a NUL inside the token digests."""
    envelope = [Leaf("text", "ja", text=True)]
    for n in range(10_000):
        dek = n.to_bytes(32, "big")
        [opening] = open_leaves(dek, envelope)
        assert isinstance(opening.content, ShownText)
        [word] = opening.content.tokens
        assert isinstance(word, Shown)
        inside = opening.content.salt + b"text\x01" + plain_digest(word.salt, "text", word.value)
        at = inside.rfind(b"\x00")
        if at > 20 and inside[at + 1 :].isalnum():
            break
    else:
        pytest.fail("no suitable key in reach")
    forged = Opening("", Shown(inside[:at], inside[at + 1 :].decode()))
    assert verdict([forged]) != commit(dek, envelope)


@pytest.mark.xfail(strict=True, reason="an index outside the text hides nothing, silently")
@pytest.mark.parametrize("index", [-1, 2, 99])
def test_hiding_a_word_that_is_not_there_is_an_error(index: int) -> None:
    [opening] = open_leaves(DEK, [Leaf("text", "ja nej", text=True)])
    with pytest.raises((IndexError, ValueError)):
        hide(opening, [index])
