"""What is shown on the web is what was allowed, whatever an entry holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archiver.registry.core.entry import (
    Dated,
    Direction,
    Entry,
    Marking,
    Registration,
    Secret,
    Voided,
)
from archiver.registry.core.public import problems
from archiver.registry.core.publication import (
    BARE,
    Candidate,
    Field,
    Ruling,
    Setting,
    Withheld,
    payload,
    published,
    quotes,
    setting_of,
    withheld,
)

TODAY = date(2026, 11, 22)
CLASSES = ("", "Synpunkt", "Fråga", "Orosanmälan")
NAMES = ("", "Alva Ekbacke", "Bosse Granlund", "Kommunstyrelsen")
TITLES = (
    "Synpunkt på snöröjningen",
    "Fråga om badhuset",
    "Alva Ekbackes klagomål",
    "Anmälan om 20121224-0015",
    "Ring 070-174 06 35",
    "Det var helt fruktansvärt kallt i skolan",
)
TEXTS = ("", "Det var helt fruktansvärt kallt i skolan i går.", "Kan ni ploga?")

settings = st.builds(
    Setting,
    authority=st.sampled_from([3, 4]),
    on=st.booleans(),
    ruling=st.just(Ruling(number="KS 2026/1", day="2026-11-01", body="KS")),
    fields=st.frozensets(st.sampled_from(Field)).map(lambda some: some | {Field.NUMBER}),
    record_classes=st.frozensets(st.sampled_from(CLASSES)),
    directions=st.frozensets(st.sampled_from(Direction)),
    days=st.integers(1, 400),
    bare=st.booleans(),
)
registrations = st.builds(
    Registration,
    authority=st.sampled_from([3, 4]),
    direction=st.sampled_from(Direction),
    day=st.integers(-2, 500).map(lambda days: (TODAY - timedelta(days)).isoformat()),
    dated=st.just(Dated.STATED),
    title=st.sampled_from(TITLES),
    sender=st.sampled_from(NAMES),
    recipient=st.sampled_from(NAMES),
    record_class=st.sampled_from(CLASSES),
    class_code=st.just("hemlig-1.9"),
    level=st.sampled_from([2, 2, 3, 4]),
    marking=st.none() | st.just(Marking(clause="OSL 26:1", day="2026-11-20", authority="KS")),
    secret=st.just(Secret()) | st.just(Secret(title="hemlig-rubrik", sender="hemlig-namn")),
    trigger=st.just("hemlig-regel"),
)
entries = st.builds(
    Entry,
    seq=st.just(7),
    at=st.just(0),
    actor=st.just(0),
    number=st.just("KS 2026/7"),
    fields=registrations,
    voided=st.none() | st.just(Voided(seq=9, at=0, actor=0, reason="Dubbel")),
)
candidates = st.builds(
    Candidate,
    entry=entries,
    apart=st.booleans(),
    seen=st.booleans(),
    taken_down=st.booleans(),
    case_voided=st.booleans(),
    case_number=st.sampled_from(["", "KS 2026/5"]),
    names=st.lists(st.sampled_from(NAMES[1:])).map(tuple),
    texts=st.lists(st.sampled_from(TEXTS)).map(tuple),
    own=st.just(frozenset({"kommunstyrelsen"})),
)
# Nearly all that chance makes is not shown; this makes what is.
fit = st.builds(
    lambda title, days, kind: Candidate(
        entry=Entry(
            seq=7,
            at=0,
            actor=0,
            number="KS 2026/7",
            fields=Registration(
                authority=3,
                direction=Direction.RECEIVED,
                day=(TODAY - timedelta(days)).isoformat(),
                dated=Dated.STATED,
                title=title,
                sender="Alva Ekbacke",
                record_class=kind,
            ),
        ),
        case_number="KS 2026/5",
    ),
    st.sampled_from(TITLES[:2]),
    st.integers(0, 90),
    st.sampled_from(CLASSES[1:3]),
)
OPEN = Setting(
    authority=3,
    on=True,
    ruling=Ruling(number="KS 2026/1", day="2026-11-01", body="KS"),
    fields=frozenset(Field),
    record_classes=frozenset(CLASSES[1:3]),
    directions=frozenset({Direction.RECEIVED}),
    days=90,
    bare=True,
)


@given(candidates | fit, settings | st.just(OPEN))
def test_nothing_is_shown_that_was_not_allowed(candidate: Candidate, setting: Setting) -> None:
    entry, fields = candidate.entry, candidate.entry.fields
    shown = published(candidate, setting, TODAY)
    if shown is None:
        return
    assert setting.on
    assert fields.authority == setting.authority
    assert shown.fields.keys() <= setting.fields
    assert not entry.voided
    assert not candidate.case_voided
    assert not candidate.taken_down
    assert candidate.seen
    assert fields.direction in setting.directions
    assert fields.record_class in setting.record_classes
    age = (TODAY - date.fromisoformat(fields.day)).days
    assert 0 <= age <= setting.days
    if shown.bare:
        assert setting.bare
        assert shown.fields.keys() <= {Field.NUMBER, Field.DAY}
    else:
        assert entry.marking is None
        assert fields.level < 4
        assert not fields.secret
        assert not candidate.apart
        for name in {*candidate.names, fields.sender, fields.recipient} - {"Kommunstyrelsen"}:
            assert not problems(fields.title, name)
    said = " ".join(shown.fields.values())
    assert "hemlig" not in said
    assert "Ekbacke" not in said
    assert "20121224" not in said
    assert "fruktansvärt" not in said or not any(candidate.texts)


@given(fit)
def test_what_was_allowed_is_shown(candidate: Candidate) -> None:
    shown = published(candidate, OPEN, TODAY)
    assert shown is not None
    assert shown.fields.keys() == set(Field)
    assert not shown.bare


@given(candidates, settings)
def test_why_and_what_agree(candidate: Candidate, setting: Setting) -> None:
    why, shown = withheld(candidate, setting, TODAY), published(candidate, setting, TODAY)
    assert (shown is None) == (why is not None and not (why in BARE and setting.bare))


@given(fit, st.sampled_from(["on", "fields", "record_classes", "directions"]))
def test_each_part_of_the_decision_is_needed(candidate: Candidate, part: str) -> None:
    none = replace(OPEN, **{part: False if part == "on" else frozenset()})  # type: ignore[arg-type]
    shown = published(candidate, none, TODAY)
    assert shown is None or not shown.fields


@given(fit)
def test_without_a_leave_to_show_it_bare_it_does_not_exist(candidate: Candidate) -> None:
    fields = replace(candidate.entry.fields, level=4)
    kept = replace(candidate, entry=replace(candidate.entry, fields=fields))
    assert published(kept, replace(OPEN, bare=False), TODAY) is None
    bare = published(kept, OPEN, TODAY)
    assert bare is not None
    assert bare.fields.keys() == {Field.NUMBER, Field.DAY}
    assert withheld(kept, OPEN, TODAY) is Withheld.LEVEL


@given(settings)
def test_a_setting_is_sealed_and_read_again(setting: Setting) -> None:
    assert setting_of(payload(setting, actor=0)) == setting


@given(st.lists(st.sampled_from("abcdefgh"), min_size=5), st.integers(0, 30))
def test_five_words_in_a_row_are_a_quotation(words: list[str], start: int) -> None:
    run = words[start % (len(words) - 4) :][:5]
    assert quotes(f"Synpunkt: {', '.join(run).upper()}", " ".join(words))
    assert not quotes("Synpunkt på x y z", " ".join(words))


def test_quotations() -> None:
    text = "Det var helt fruktansvärt kallt i skolan i går."
    assert quotes("Synpunkt: ”det var HELT fruktansvärt kallt”", text)
    assert not quotes("Synpunkt på kyla i skolan", text)
    assert quotes("Jag är rädd", "jag är rädd!")
    assert not quotes("Jag är rädd", "jag")
