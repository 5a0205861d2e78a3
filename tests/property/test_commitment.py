"""The disclosure commitment: anything may be hidden, nothing shown may be altered."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256, shake_256
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archiver.core import canonical
from archiver.core.commitment import (
    Form,
    Hidden,
    Leaf,
    Opening,
    Shown,
    ShownText,
    combine,
    commit,
    hide,
    open_leaves,
    recompute,
    salts,
    tokens,
)
from archiver.errors import NotCanonical, ProofInvalid

DEK = bytes(range(32))
OTHER_DEK = bytes(range(1, 33))

deks = st.binary(min_size=32, max_size=32)
words = st.lists(
    st.text(max_size=6) | st.sampled_from(["Ekbacken ", "får ", "!", "\n", " ", "😀", "a\u0308 "]),
    max_size=8,
).map("".join)
paths = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
json_values = st.recursive(
    st.booleans() | st.integers(-9, 9) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(paths, inner, max_size=3),
    max_leaves=4,
).map(lambda value: canonical.encode(value).decode())
leaves = st.builds(Leaf, paths, words, st.sampled_from([Form.STRING, Form.TEXT])) | st.builds(
    Leaf, paths, json_values, st.just(Form.JSON)
)
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


def by_the_book(salt: bytes, path: str, domain: int, content: bytes) -> bytes:
    """d, d_text and d_json of the docstring; independent of the module but for the split."""
    return sha256(salt + path.encode() + bytes([domain]) + content).digest()


def commitment_by_the_book(dek: bytes, envelope: list[Leaf]) -> bytes:
    stream = shake_256(b"diarkiv/salt/v1" + dek).digest(16_000)
    supply = iter([stream[at : at + 16] for at in range(0, 16_000, 16)])
    whole = b"DIARKIV-C1"
    for leaf in envelope:
        salt, content = next(supply), leaf.value.encode()
        if leaf.form is Form.TEXT:
            split = tokens(leaf.value)
            parts = [by_the_book(next(supply), leaf.path, 0, word.encode()) for word in split]
            content = b"".join(parts)
        domain = {Form.STRING: 0, Form.TEXT: 1, Form.JSON: 2}[leaf.form]
        whole += by_the_book(salt, leaf.path, domain, content)
    return sha256(whole).digest()


@given(deks, envelopes)
def test_three_ways_lead_to_one_commitment(dek: bytes, envelope: list[Leaf]) -> None:
    c = commit(dek, envelope)
    assert c == recompute(open_leaves(dek, envelope)) == commitment_by_the_book(dek, envelope)


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
        if cut is not None and isinstance(masked[at].content, Hidden):
            with pytest.raises(ValueError, match="not divided"):
                hide(masked[at], cut)
        else:
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
                    digest = by_the_book(old.salt, before.path, 0, old.value.encode())
                    assert part == Hidden(digest)
                else:
                    assert part == old
        else:
            assert after == before


def test_a_hidden_name_is_nowhere_in_the_opening() -> None:
    text = "Handläggaren Vilhelmina lovade svar i maj."
    [opening] = open_leaves(DEK, [Leaf("text", text, Form.TEXT)])
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
    kind = draw(
        st.sampled_from(["path", "value", "form", "salt", "drop", "double", "swap", "parts"])
    )
    other = draw(words)
    match kind, content:
        case "path", _:
            changed[at] = replace(opening, path=draw(paths))
        case "value", Shown():
            changed[at] = replace(opening, content=replace(content, value=other))
        case "form", Shown(json=json):
            changed[at] = replace(opening, content=replace(content, json=not json))
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
    bad = bytearray(content.digest if isinstance(content, Hidden) else content.salt)
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
        if isinstance(opening.content, ShownText) and opening.content.tokens:
            masked = hide(opening, range(token_count(opening))).content
            assert isinstance(masked, ShownText)
            digests += [part.digest for part in masked.tokens if isinstance(part, Hidden)]
    assert len(set(digests)) == len(digests)


# --- no form passes for another ----------------------------------------------------------------


@given(paths, words | st.sampled_from(["true", "1", "[]", ""]))
def test_one_value_has_three_digests(path: str, value: str) -> None:
    """So that a copy cannot show the string "true" where the boolean was sealed."""
    assert len({commit(DEK, [Leaf(path, value, form)]) for form in Form}) == 3


def test_a_token_does_not_pass_for_a_leaf() -> None:
    envelope = [Leaf("author", "Ture"), Leaf("text", "Ture", Form.TEXT)]
    author, text = open_leaves(DEK, envelope)
    assert isinstance(text.content, ShownText)
    [word], c = text.content.tokens, commit(DEK, envelope)
    assert isinstance(word, Shown)
    inner = by_the_book(word.salt, "text", 0, b"Ture")
    for forged in (
        [author, Opening("text", word)],
        [author, Opening("text", Shown(text.content.salt, word.value))],
        [author, Opening("text", Hidden(inner))],
        [author, Opening("text", ShownText(text.content.salt, (replace(word, json=True),)))],
        [Opening("text", word), text],
        [author, text, Opening("text", word)],
        [Opening("author", ShownText(word.salt, (word,))), text],
    ):
        assert recompute(forged) != c
    assert combine([author.digest(), text.digest()]) == c
    assert text.digest() == by_the_book(text.content.salt, "text", 1, inner)


def test_the_empty_envelope_and_the_empty_text() -> None:
    assert commit(DEK, []) == combine([]) == recompute([]) == sha256(b"DIARKIV-C1").digest()
    empty = [Leaf("text", "", Form.TEXT)]
    assert recompute(open_leaves(DEK, empty)) == commit(DEK, empty)
    assert commit(DEK, empty) != commit(OTHER_DEK, empty)


# --- salts, digests and paths have one shape ---------------------------------------------------

bad_paths = st.sampled_from(["", " ", "a b", "a\n", "a\x7f", "\x00", "å"]) | st.text(
    max_size=6
).filter(lambda path: not path or not all("!" <= c <= "~" for c in path))
not_sixteen = st.binary(max_size=40).filter(lambda salt: len(salt) != 16)


@given(bad_paths, not_sixteen, st.sampled_from(Form))
def test_malformed_openings_and_leaves_are_refused(path: str, salt: bytes, form: Form) -> None:
    for leaf in (Leaf(path, "", form), Leaf(path, "[1]", form)):
        with pytest.raises(NotCanonical):
            commit(DEK, [leaf])
        with pytest.raises(NotCanonical):
            open_leaves(DEK, [Leaf("kind", "post"), leaf])
    good, bad = Shown(DEK[:16], "1"), Shown(salt, "1")
    for content in (good, replace(good, json=True), ShownText(good.salt, ())):
        with pytest.raises(ProofInvalid):
            recompute([Opening(path, content)])
    for content in (bad, replace(bad, json=True), ShownText(salt, ()), ShownText(DEK[:16], (bad,))):
        with pytest.raises(ProofInvalid):
            hide(Opening("text", content))


@given(st.binary(max_size=70).filter(lambda digest: len(digest) != 32))
def test_malformed_digests_are_refused(digest: bytes) -> None:
    bad = Hidden(digest)
    for content in (bad, ShownText(DEK[:16], (bad,)), ShownText(DEK[:16], (Hidden(DEK), bad))):
        with pytest.raises(ProofInvalid):
            recompute([Opening("text", content)])


@pytest.mark.parametrize("form", Form)
def test_a_lone_surrogate_is_refused(form: Form) -> None:
    envelope = [Leaf("text", "ja \ud800", form)]
    with pytest.raises(NotCanonical):
        recompute(open_leaves(DEK, envelope))
    with pytest.raises(NotCanonical):
        commit(DEK, envelope)


# --- a mask that hides nothing does not pass for one -------------------------------------------


@pytest.mark.parametrize("cut", [[-1], [2], [0, 99], []], ids=repr)
def test_hiding_a_word_that_is_not_there_is_an_error(cut: list[int]) -> None:
    [opening] = open_leaves(DEK, [Leaf("text", "ja nej", Form.TEXT)])
    with pytest.raises((IndexError, ValueError)):
        hide(opening, cut)


def test_hiding_words_of_what_has_none_is_an_error() -> None:
    envelope = [Leaf("author", "Ture"), Leaf("n", "1", Form.JSON), Leaf("text", "ja", Form.TEXT)]
    author, n, text = open_leaves(DEK, envelope)
    for opening, cut in product((author, n, hide(text), hide(author)), ([], [0])):
        with pytest.raises(ValueError, match="not divided"):
            hide(opening, cut)
