"""A certificate: what it must say, in which order things happen, and how it comes back."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core.calendar import stockholm_date
from archiver.core.form import as_json, parse
from archiver.core.merkle import leaf_hash, node_hash
from retention.core.certificate import (
    Act,
    Certificate,
    Copies,
    CopyKind,
    Decision,
    DecisionKind,
    Exempted,
    Extent,
    Head,
    Method,
    ResidueScan,
    Role,
    SeqRange,
    Stamp,
    Steps,
    Treatment,
    Verification,
    Why,
    disposed_root,
)
from tests.meta.generated import ROOT
from tests.unit.retention.examples import CERTIFICATE, DAY, at

said = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
name = said.filter(lambda text: bool(text.strip()))
hexes = st.text(string.hexdigits[:16], min_size=64, max_size=64)
some = st.integers(0, 10**9)
instants = st.integers(1_500_000_000_000, 2_500_000_000_000)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[SeqRange, ...]:
    bounds = sorted(draw(st.sets(st.integers(0, 10**6), min_size=1, max_size=8)))
    if len(bounds) % 2:
        bounds.append(bounds[-1] + 1)
    return tuple(SeqRange(first=a, last=b) for a, b in zip(bounds[::2], bounds[1::2], strict=True))


@st.composite
def extents(draw: st.DrawFn) -> tuple[Extent, ...]:
    codes = draw(st.sets(name, min_size=1, max_size=3))
    first = draw(st.dates(date(2010, 1, 1), date(2030, 1, 1)))
    return tuple(
        Extent(
            record_class=code,
            label=draw(said),
            channel=draw(said),
            period=draw(said),
            earliest=first,
            latest=first + timedelta(days=draw(st.integers(0, 900))),
            records=draw(st.integers(1, 10**6)),
            versions=draw(some),
            components=draw(some),
            volume=draw(some),
        )
        for code in sorted(codes)
    )


@st.composite
def certificates(draw: st.DrawFn) -> Certificate:
    proposed, approved, executed, keys, removed, checked = sorted(
        draw(st.lists(instants, min_size=6, max_size=6))
    )
    day = stockholm_date(executed)
    reached = draw(ranges())
    size = reached[-1].last + draw(st.integers(1, 99))
    why = draw(st.sampled_from(Why))
    stage = draw(st.integers(0, 3))
    return Certificate(
        number=draw(name),
        authority=draw(name),
        issued_at=checked,
        continuing=draw(st.booleans()),
        decisions=(
            Decision(
                number=draw(name),
                on=day - timedelta(days=draw(st.integers(0, 99))),
                body=draw(name),
                kind=draw(st.sampled_from(DecisionKind)),
                section=draw(said),
                in_force_from=day - timedelta(days=draw(st.integers(0, 99))),
                in_force_to=draw(st.sampled_from([None, day])),
            ),
        ),
        extents=draw(extents()),
        exempted=(Exempted(why=why, what=draw(said), records=3, one_in=5 * (why is Why.SAMPLE)),),
        method=Method(keys_accepted=draw(st.booleans()), wording=draw(said)),
        copies=tuple(
            Copies(kind=kind, treatment=draw(st.sampled_from(Treatment)), note=draw(said))
            for kind in CopyKind
        ),
        steps=Steps(
            keys_destroyed_at=keys if stage > 0 else None,
            bytes_removed_at=removed if stage > 1 else None,
            backups_rolled_on=stockholm_date(removed) if stage > 2 else None,
        ),
        acts=(
            Act(role=Role.PROPOSED, actor=1, name=draw(name), at=proposed),
            Act(role=Role.APPROVED, actor=2, name=draw(name), office=draw(said), at=approved),
            Act(role=Role.APPROVED, actor=3, name=draw(name), at=approved),
            Act(role=Role.EXECUTED, actor=1, name=draw(name), at=executed),
        ),
        verification=Verification(at=checked, passed=True, entries=draw(some), unexplained=0)
        if stage > 0
        else None,
        residue=ResidueScan(at=checked, places=draw(some), volume=draw(some), found=draw(some))
        if stage > 1
        else None,
        merkle_root=draw(hexes),
        ranges=reached,
        tombstone=Head(origin=draw(said), size=size, root=draw(hexes)),
        completion=draw(
            st.sampled_from([None, Head(origin="log", size=size + 2, root="0" * 64)]),
        ),
        stamps=(Stamp(authority=draw(said), at=executed, digest=draw(hexes)),),
        system=draw(said),
    )


@given(certificates())
@settings(max_examples=60, deadline=None)
def test_every_certificate_comes_back_as_it_was(one: Certificate) -> None:
    assert list(one.faults()) == []
    assert parse(Certificate, as_json(one)) == one


def test_the_example_has_no_faults_and_adds_up() -> None:
    assert list(CERTIFICATE.faults()) == []
    assert CERTIFICATE.records == 1402
    assert CERTIFICATE.entries == 9 + 1 + 1652


DECISION = CERTIFICATE.decisions[0]
EXTENT = CERTIFICATE.extents[0]
PROPOSED, APPROVED, EXECUTED = CERTIFICATE.acts
KEYS = CERTIFICATE.steps.keys_destroyed_at or 0
VERIFIED = CERTIFICATE.verification
SCAN = CERTIFICATE.residue
assert VERIFIED is not None
assert SCAN is not None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"number": ""}, "number: empty"),
        ({"authority": " "}, "authority: empty"),
        ({"decisions": ()}, "decisions: none"),
        ({"decisions": (replace(DECISION, body=""),)}, "decisions.0.body: empty"),
        (
            {"decisions": (replace(DECISION, on=DAY + timedelta(days=1)),)},
            "decisions.0.on: after the disposal",
        ),
        (
            {"decisions": (replace(DECISION, in_force_from=DAY + timedelta(days=1)),)},
            "decisions.0: not in force on the day of the disposal",
        ),
        (
            {"decisions": (replace(DECISION, in_force_to=DAY - timedelta(days=1)),)},
            "decisions.0: not in force on the day of the disposal",
        ),
        (
            {"decisions": (replace(DECISION, in_force_to=date(2020, 1, 1)),)},
            "decisions.0.in_force_to: before in_force_from",
        ),
        ({"extents": ()}, "extents: none"),
        ({"extents": (replace(EXTENT, records=0),)}, "extents.0.records: none"),
        ({"extents": (replace(EXTENT, volume=-1),)}, "extents.0.volume: negative"),
        ({"extents": (replace(EXTENT, latest=date(2020, 1, 1)),)}, "extents.0.latest: before"),
        ({"extents": (EXTENT, EXTENT)}, "extents.1: the same class, channel and period twice"),
        ({"exempted": (Exempted(why=Why.SAMPLE, records=1),)}, "exempted.0.one_in"),
        ({"exempted": (Exempted(why=Why.HOLD, records=1, one_in=2),)}, "exempted.0.one_in"),
        ({"exempted": (Exempted(why=Why.HOLD, records=-1),)}, "exempted.0.records: negative"),
        ({"copies": CERTIFICATE.copies[1:]}, "copies: replicas not answered for"),
        ({"copies": (*CERTIFICATE.copies, CERTIFICATE.copies[0])}, "copies: replicas twice"),
        ({"acts": (PROPOSED, APPROVED)}, "acts: executed once, by one"),
        ({"acts": (APPROVED, EXECUTED)}, "acts: not proposed by anybody"),
        ({"acts": (PROPOSED, EXECUTED)}, "acts: not approved by two persons"),
        (
            {"acts": (PROPOSED, replace(APPROVED, actor=PROPOSED.actor), EXECUTED)},
            "acts: not approved by two persons",
        ),
        ({"continuing": True}, "acts: not approved by two persons"),
        (
            {"acts": (PROPOSED, replace(APPROVED, at=at(1, 1)), EXECUTED)},
            "acts: approved before proposed",
        ),
        (
            {"acts": (PROPOSED, APPROVED, replace(EXECUTED, at=at(10, 1)))},
            "acts: executed before approved",
        ),
        ({"acts": (replace(PROPOSED, name=""), APPROVED, EXECUTED)}, "acts.0.name: empty"),
        ({"steps": Steps(bytes_removed_at=KEYS)}, "steps.bytes_removed_at: before"),
        (
            {"steps": Steps(keys_destroyed_at=KEYS, bytes_removed_at=KEYS - 1)},
            "steps.bytes_removed_at: before",
        ),
        (
            {"steps": Steps(keys_destroyed_at=KEYS, backups_rolled_on=date(2026, 11, 22))},
            "steps.backups_rolled_on: before",
        ),
        ({"verification": replace(VERIFIED, at=KEYS - 1)}, "verification.at: before"),
        ({"residue": replace(SCAN, at=KEYS - 1)}, "residue.at: before"),
        ({"verification": replace(VERIFIED, unexplained=1)}, "verification.passed: with"),
        ({"residue": replace(SCAN, found=-1)}, "residue.found: negative"),
        ({"merkle_root": "AB" * 32}, "merkle_root: not 64 hex digits"),
        ({"stamps": (Stamp(authority="a", at=1, digest=""),)}, "stamps.0.digest: not 64"),
        ({"ranges": ()}, "ranges: none"),
        ({"ranges": (SeqRange(first=3, last=2),)}, "ranges.0: not above the one before"),
        ({"ranges": (SeqRange(first=-1, last=2),)}, "ranges.0: not above the one before"),
        (
            {"ranges": (SeqRange(first=1, last=5), SeqRange(first=5, last=9))},
            "ranges.1: not above the one before",
        ),
        ({"tombstone": Head(origin="l", size=6851, root="0" * 64)}, "tombstone.size: not above"),
        ({"completion": Head(origin="l", size=1, root="0" * 64)}, "completion.size: smaller"),
    ],
)
def test_every_fault_is_named(changed: dict[str, Any], fault: str) -> None:
    assert any(one.startswith(fault) for one in replace(CERTIFICATE, **changed).faults())


def test_the_root_is_that_of_a_tree_over_the_leaves_in_order() -> None:
    a, b, c = (leaf_hash(text) for text in (b"a", b"b", b"c"))
    assert disposed_root([a, b, c]) == node_hash(node_hash(a, b), c).hex()
    assert disposed_root([a]) == a.hex()
    assert disposed_root([b, a]) != disposed_root([a, b])


def test_every_member_is_in_the_description_of_the_data() -> None:
    text = (ROOT / "docs/data-format.md").read_text("utf-8")
    part = text.split("## Disposal certificate\n")[1].split("\n## ")[0]
    for kind in (
        *(Act, Certificate, Copies, Decision, Exempted, Extent, Head, Method, ResidueScan),
        *(SeqRange, Stamp, Steps, Verification),
    ):
        for field in fields(kind):
            assert f"`{field.name}`" in part, f"{kind.__name__}.{field.name}"
    for codes in (CopyKind, DecisionKind, Role, Treatment, Why):
        for code in codes:
            assert f"`{code}`" in part, f"{codes.__name__}.{code}"


def test_a_continuing_disposal_rests_on_two_persons_who_approved_the_rule() -> None:
    acts = (APPROVED, replace(APPROVED, actor=9, name="Prov Provsson"), EXECUTED)
    assert list(replace(CERTIFICATE, continuing=True, acts=acts).faults()) == []
