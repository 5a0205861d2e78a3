"""What leads to a masked record is hidden in the files just as it is in the proof bundle."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from archiver.core.access import LOCAL
from archiver.core.egress import Purpose
from archiver.document.parts import as_text
from exports.core.masked import Kept
from exports.core.release import Item, ItemDecision, ReleaseSet
from exports.release.bundle import Gate, masked_bundle
from exports.release.document import Head, Made, as_json, as_table, document
from exports.release.frozen import Frozen, hiding_of
from exports.release.gate import Gate as Gate_
from exports.release.given import disclosed, given
from exports.release.queries import ReleaseRow
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import ImageBox, Mask, MaskState, Target, TextSpan
from gdpr.core.span import Span
from gdpr.leak import Output, check
from tests.unit.exports.given_out import ANNA, Desk, add, envelope, make_desk, members
from tests.unit.exports.neighbours import redact

CITED = (Citation(clause=Clause(21, 1)),)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("ut") / "home")


def frozen_of(
    desk: Desk, seqs: list[int], *targets: Target, withheld: int | None = None, **more: Any
) -> Frozen:
    """The first version masked so, the others whole but for one that is withheld."""
    items = tuple(Item(record=seq, version=seq, n=1, decision=ItemDecision.GIVEN) for seq in seqs)
    masks = tuple(
        Kept(
            900 + n,
            Mask(
                record=seqs[0],
                version=seqs[0],
                target=one,
                category="name",
                citations=CITED,
                state=MaskState.ACCEPTED,
            ),
        )
        for n, one in enumerate(targets)
    )
    if masks:
        items = (replace(items[0], decision=ItemDecision.MASKED), *items[1:])
    items = tuple(
        replace(one, decision=ItemDecision.WITHHELD) if one.version == withheld else one
        for one in items
    )
    made = ReleaseSet(request=1, items=items, masks=masks, newest={}, renderer="prov/1", **more)
    envelopes = {seq: desk.ledger.open_one(seq).envelope for seq in seqs}
    return Frozen(
        row=ReleaseRow(1, 1, 1, None),
        set=made,
        key=bytes(32),
        envelopes=envelopes,
        hiding=hiding_of(made, envelopes),
        platforms=dict.fromkeys(seqs, "demo"),
    )


def hidden_ways(desk: Desk, frozen: Frozen) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """Version → the ways that are hidden of it, in the files and in the bundle."""
    shown = given(LOCAL, frozen, lambda _item: [], redact)
    files = {
        one.item.version: {
            path
            for path in ("links", "url")
            if one.fields.get(path) != frozen.envelopes[one.item.version][path]
        }
        for one in shown
    }
    gate = Gate(purpose=Purpose.DISCLOSURE)
    data = members(masked_bundle(desk.ledger, disclosed(frozen), None, "bevis.zip", gate))
    bundle = {}
    for seq in files:
        openings = json.loads(data[f"entries/{seq}.json"])["openings"]
        bundle[seq] = {one["p"] for one in openings if "d" in one} & {"links", "url"}
    return files, bundle


@pytest.mark.parametrize("target", [TextSpan("text", *ANNA), ImageBox(0, 0, 0, 5, 5)])
def test_files_and_bundle_hide_the_same_ways(desk: Desk, target: Target) -> None:
    first, answer, linking, other = add(
        desk.ledger,
        envelope(21, attachments=[{"alt": "", "mime": "image/png"}]),
        envelope(22, parent="nativ-21"),
        envelope(23, links=["https://plats.test/nativ-21", "https://plats.test/annat"]),
        envelope(210, links=["https://plats.test/nativ-210"]),
    )
    frozen = frozen_of(desk, [first, answer, linking, other], target)
    wanted: dict[int, set[str]] = {
        first: {"links", "url"}, answer: {"url"}, linking: {"links", "url"}, other: set(),
    }  # fmt: skip
    assert hidden_ways(desk, frozen) == (wanted, wanted)
    shown = given(LOCAL, frozen, lambda _item: [], redact)
    leaves = dict.fromkeys(wanted, "00")
    head = Head(origin="x", size=1, root="00")
    made = Made(
        set=frozen.set, release=1, authority="KS", given=tuple(shown), leaves=leaves, head=head,
        made_at=0,
    )  # fmt: skip
    for file in (as_json(made), as_table(made)):
        assert b'nativ-21"' not in file.replace(b"nativ-210", b"")
        assert b"nativ-22" not in file
        assert b"nativ-210" in file


def test_what_stands_under_something_stopped_hides_its_ways_in_both(desk: Desk) -> None:
    one, two = add(desk.ledger, envelope(31), envelope(32))
    frozen = frozen_of(desk, [one, two], without=frozenset({one}))
    wanted: dict[int, set[str]] = {one: {"links", "url"}, two: set()}
    assert hidden_ways(desk, frozen) == (wanted, wanted)


def test_nothing_leads_to_what_is_withheld(desk: Desk) -> None:
    kept, answer, linking, other = add(
        desk.ledger,
        envelope(51),
        envelope(52, parent="nativ-51"),
        envelope(53, links=["https://plats.test/nativ-51"]),
        envelope(54),
    )
    wanted: dict[int, set[str]] = {answer: {"url"}, linking: {"links", "url"}, other: set()}
    frozen = frozen_of(desk, [kept, answer, linking, other], withheld=kept)
    assert hidden_ways(desk, frozen) == (wanted, wanted)
    gate = Gate(purpose=Purpose.DISCLOSURE)
    data = members(masked_bundle(desk.ledger, disclosed(frozen), None, "bevis.zip", gate))
    assert not any(b"nativ-51" in one for one in data.values())


def test_nothing_masked_hides_no_way(desk: Desk) -> None:
    one, two = add(desk.ledger, envelope(41), envelope(42, parent="nativ-41"))
    nothing: dict[int, set[str]] = {one: set(), two: set()}
    assert hidden_ways(desk, frozen_of(desk, [one, two])) == (nothing, nothing)


def test_each_mark_says_what_it_rests_on(desk: Desk) -> None:
    (seq,) = add(desk.ledger, envelope(51))
    frozen = frozen_of(desk, [seq], TextSpan("text", *ANNA), TextSpan("text", 16, 27))
    threat = (Citation(clause=Clause(21, 3)),)
    first, second = frozen.set.masks
    masks = (first, Kept(second.seq, replace(second.mask, citations=threat)))
    for structure in (False, True):
        made = replace(frozen.set, masks=masks, hide_structure=structure)
        at = replace(frozen, set=made, hiding=hiding_of(made, frozen.envelopes))
        shown = given(LOCAL, at, lambda _item: [], redact)
        head = Head(origin="x", size=1, root="00")
        whole = Made(
            set=made, release=1, authority="KS", given=tuple(shown), leaves={seq: "00"}, head=head,
            made_at=0,
        )  # fmt: skip
        said = as_text(document(whole, [Output("utlamnande.json", as_json(whole))]))
        text = str(shown[0].fields["text"])
        assert text.count("[NAMN-") == 2
        rows = dict(shown[0].marks)
        assert [sorted(str(c.clause) for c in rows[mark]) for mark in _marks_in(text)] == [
            ["21:1"], ["21:3"],
        ]  # fmt: skip
        assert ("Märke eller fil" in said) is not structure
        assert "21 kap. 3 §" in said


def _marks_in(text: str) -> list[str]:
    return re.findall(r"\[[^\]]+\]", text)


def test_a_salt_that_looks_like_a_number_is_nobodys(desk: Desk) -> None:
    (seq,) = add(desk.ledger, envelope(61))
    frozen = frozen_of(desk, [seq])
    gate = Gate_(check, lambda _text: [], _certain)
    salt, number = f"{'ab' * 8}8501019802{'c' * 6}", "8501019802"
    for said, leaks in ((salt, 0), (salt * 2, 0), (number, 1), (f"{salt}0{number}", 1)):
        found = gate.leaks(frozen, [], [Output("utlamnande.json", f'{{"s": "{said}"}}'.encode())])
        assert len(found) == leaks, said


def _certain(text: str) -> list[Span]:
    return [
        Span(start=one.start(), end=one.end(), label="NUMBER", score=1.0, source="t/1", reason="t")
        for one in re.finditer("8501019802", text)
    ]
