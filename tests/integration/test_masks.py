"""Masks over both databases: what is suggested, what holds, what is refused, who may see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, Permission, Role, Viewer, viewer_of
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.ledger.apart import Apart
from archiver.registry.capture_files import from_bytes
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import (
    Component,
    ImageBox,
    Mask,
    MaskState,
    Target,
    TextSpan,
    TimeRange,
    WholeField,
)
from gdpr.core.place import code
from gdpr.core.recognizer import Rule
from gdpr.detector import Detector
from gdpr.masks.own_grounds import OwnGrounds
from gdpr.masks.reading import Again, Kept
from gdpr.masks.service import Masks
from gdpr.recognizers import handle, phone
from tests.databases import rows_of
from tests.unit.registry.desk import CaptureDesk, make_desk

pytestmark = pytest.mark.usefixtures("each_database")
DAY = 86_400_000
TEXT = "Min granne Zorka Ek dricker. Ring 070-174 06 05, eller 0701740605. Hälsar Zorka Ek"
HEALTH = Citation(clause=Clause.parse("21:1"))
SCHOOL = Citation(clause=Clause.parse("23:2"), activity="school")


def finder(year: int, version: int = 1) -> Detector:
    """Two recognisers: enough to suggest, and quick."""
    made = phone.recognizer
    assert isinstance(made, Rule)
    newer = Rule(made.name, version, made.examples, made.seek)
    return Detector((newer, handle.recognizer), year)


@dataclass
class Office:
    """A home with a letter that names somebody."""

    desk: CaptureDesk
    masks: Masks
    record: int

    def viewer(self, role: Role, actor: int = 17) -> Viewer:
        return viewer_of(actor, [(role, self.desk.authority.seq)])

    def mask(self, target: Target, *citations: Citation, category: str = "name") -> Mask:
        version = self.masks.review(LOCAL, self.record).version
        return Mask(
            record=self.record,
            version=version,
            target=target,
            category=category,
            citations=citations or (HEALTH,),
        )

    def kept(self, record: int | None = None) -> list[Kept]:
        record = record or self.record
        return list(self.masks.masks(LOCAL, [record])[record])

    def states(self) -> dict[str, str]:
        return {code(one.mask.target): one.mask.state.value for one in self.kept()}

    def pending(self) -> list[int]:
        return [one.seq for one in self.masks.pending(LOCAL, [self.record]).get(self.record, ())]

    @property
    def size(self) -> int:
        return self.desk.home.ledger.log.size


@pytest.fixture
def office(tmp_path: Path) -> Office:
    desk = make_desk(tmp_path)
    record = desk.capture(TEXT, title="Klagomål", sender="Zorka Ek").record
    return Office(desk, Masks(desk.home.ledger, desk.clock, finder=finder), record)


def test_what_recognisers_find_is_suggested_once(office: Office) -> None:
    assert office.masks.suggest(LOCAL, [office.record]) == 3
    assert office.states() == {
        "text text 34 47": "suggested",
        "text text 55 65": "suggested",
        "field author_name": "suggested",
    }
    assert {one.mask.source for one in office.kept()} == {"phone/1", "author/1"}
    before = office.size
    assert office.masks.suggest(LOCAL, [office.record]) == 0
    assert office.size == before
    phones = [one.seq for one in office.kept() if one.mask.source == "phone/1"]
    office.masks.reject(LOCAL, phones)
    assert office.masks.suggest(LOCAL, [office.record]) == 0
    newer = Masks(office.desk.home.ledger, office.desk.clock, finder=lambda year: finder(year, 2))
    assert newer.suggest(LOCAL, [office.record]) == 2  # rejected, of an older version
    assert office.masks.in_force(LOCAL, [office.record]) == {office.record: ()}


def test_all_alike_are_accepted_and_taken_back(office: Office) -> None:
    masks = office.masks
    masks.suggest(LOCAL, [office.record])
    first, other, author = office.pending()
    alike = masks.alike(LOCAL, office.kept()[0].seq)
    phones = {one.seq for one in office.kept() if one.mask.category == "phone"}
    assert {first, other, author} >= phones
    alike = masks.alike(LOCAL, min(phones))
    assert set(alike) == phones
    assert masks.accept(LOCAL, alike, [HEALTH], note="Hälsa") == 2
    held = masks.in_force(LOCAL, [office.record])[office.record]
    assert [one.mask.citations for one in held] == [(HEALTH,), (HEALTH,)]
    assert held[0].mask.note == "Hälsa"
    assert masks.undo(LOCAL, office.record) == 2
    assert set(office.pending()) >= phones
    with pytest.raises(RuleViolation, match="nothing of yours"):
        masks.undo(LOCAL, office.record)


def test_a_person_masks_and_the_same_value_is_suggested_elsewhere(office: Office) -> None:
    number = office.masks.add(LOCAL, office.mask(TextSpan("text", 11, 19)))
    found = {code(one.mask.target): one.mask for one in office.kept()}
    assert found["text text 11 19"].state is MaskState.ACCEPTED
    assert found["text text 11 19"].source == "person"
    assert {place for place, one in found.items() if one.source == "same/1"} == {
        "text text 74 82",
        "field author_name",
    }
    assert [one.seq for one in office.masks.in_force(LOCAL, [office.record])[office.record]] == [
        number
    ]
    assert set(office.masks.alike(LOCAL, number)) == set(office.pending())
    office.masks.undo(LOCAL, office.record)
    assert "text text 11 19" not in office.states()  # as if it had never been made


@pytest.mark.parametrize(
    ("target", "citations", "rule"),
    [
        (TextSpan("text", 80, 99), (HEALTH,), "text 80–99: outside the text, which has 82"),
        (TextSpan("text", 5, 5), (HEALTH,), "outside"),
        (TextSpan("raw", 0, 1), (HEALTH,), "no such text"),
        (WholeField("exchange"), (HEALTH,), "no such field"),
        (TextSpan("text", 15, 25), (HEALTH,), "text 15–25: overlaps text 11–19"),
        (WholeField("text"), (HEALTH,), "lies in a field that is masked whole"),
        (ImageBox(0, 0, 0, 9, 9), (HEALTH,), "the record has 0 components"),
        (TimeRange(0, 0, 9), (HEALTH,), "the record has 0 components"),
        (TextSpan("text", 0, 3), (), "names none"),
        (TextSpan("text", 0, 3), (SCHOOL,), "23:2: holds within school"),
        (TextSpan("text", 0, 3), (Citation(clause=Clause.parse("21:99")),), "not in the list"),
        (TextSpan("text", 0, 3), (Citation(clause=Clause.parse("10:14")),), "15 to 40"),
        (
            TextSpan("text", 0, 3),
            (Citation(clause=Clause.parse("23:2"), through=Clause.parse("12:1")),),
            "carried over by a section of 11 kap",
        ),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_and_nothing_changes(
    office: Office, target: Target, citations: tuple[Citation, ...], rule: str
) -> None:
    office.masks.add(LOCAL, office.mask(TextSpan("text", 11, 19)))
    before = office.size
    mask = Mask(record=office.record, version=office.kept()[0].mask.version, target=target,
                category="name", citations=citations)  # fmt: skip
    with pytest.raises(RuleViolation) as refused:
        office.masks.add(LOCAL, mask)
    assert rule in refused.value.message
    assert "Zorka" not in refused.value.message
    assert office.size == before


def test_grounds_follow_from_what_the_authority_does(office: Office) -> None:
    authority = office.desk.authority.seq
    assert SCHOOL.clause not in {
        one.clause for one in office.masks.review(LOCAL, office.record).grounds
    }
    carried = Citation(clause=SCHOOL.clause, through=Clause.parse("11:3"))
    office.masks.add(LOCAL, office.mask(TextSpan("text", 0, 3), carried))  # secondary
    with pytest.raises(ConfigError, match="No activity is called choir"):
        office.masks.set_activities(LOCAL, authority, ["choir"])
    office.masks.set_activities(LOCAL, authority, ["school", "library"])
    review = office.masks.review(LOCAL, office.record)
    assert review.activities == {"school", "library"}
    assert SCHOOL.clause in {one.clause for one in review.grounds}
    assert not {one.clause for one in review.grounds} & {one.clause for one in review.others}
    number = office.masks.add(LOCAL, office.mask(TextSpan("text", 4, 10), SCHOOL, HEALTH))
    (mask,) = [one.mask for one in office.kept() if one.seq == number]
    assert mask.citations == (SCHOOL, HEALTH)
    office.masks.set_activities(LOCAL, authority, [])
    assert office.masks.activities(LOCAL, authority) == frozenset()


OWN = """# Hamnnämndens egen lista, antagen i november
[activities]
port = ["hamnverksamhet", "port"]

[[ground]]
clause = "30:23"
topic = ["tillsyn i hamnen", "supervision of the port"]
harm = "straight"
certainty = "verified"
activities = ["port"]
"""
PORT = Citation(clause=Clause.parse("30:23"), activity="port")


def test_an_authority_has_grounds_of_its_own(office: Office) -> None:
    authority, masks, lists = office.desk.authority.seq, office.masks, office.masks.own_grounds
    with pytest.raises(RuleViolation, match="not in the list of grounds"):
        masks.add(LOCAL, office.mask(TextSpan("text", 0, 3), PORT))
    held = lists.set(LOCAL, authority, OWN.encode())
    masks.set_activities(LOCAL, authority, ["port"])
    (own,) = [one for one in masks.review(LOCAL, office.record).grounds if one.own]
    assert (own.clause, own.topic.sv) == (PORT.clause, "tillsyn i hamnen")
    number = masks.add(LOCAL, office.mask(TextSpan("text", 0, 3), PORT))
    # Nothing is imported of a list with faults, and every row that has one is named.
    before = office.size
    row = OWN[OWN.index("[[ground]]") :]
    with pytest.raises(ConfigError) as refused:
        lists.set(LOCAL, authority, (OWN + row + row.replace('"30:23"', '"21 kap"')).encode())
    assert "row 2 (30:23)" in refused.value.message
    assert "row 3 (21 kap)" in refused.value.message
    assert lists.set(LOCAL, authority, OWN.encode()) == held  # the same again
    assert office.size == before
    # Another's list is its own.
    assert not any(one.own for one in masks.picklist(authority + 1))
    # Taken back: what was set stays as it was, and nothing more can be.
    lists.set(LOCAL, authority, b"")
    (mask,) = [one.mask for one in office.kept() if one.seq == number]
    assert (mask.state, mask.citations) == (MaskState.ACCEPTED, (PORT,))
    with pytest.raises(RuleViolation, match="not in the list of grounds"):
        masks.add(LOCAL, office.mask(TextSpan("text", 4, 10), PORT))
    assert [one.text for one in lists.history(LOCAL, authority)] == ["", OWN]
    # A service made anew reads the same of the log.
    lists.set(LOCAL, authority, (OWN + "#" + "å" * 3_000).encode())
    again = OwnGrounds(office.desk.home.ledger).held(authority)
    assert [*again.picklist] == [*lists.held(authority).picklist]
    assert again.own is not None
    assert again.own == lists.held(authority).own
    assert again.own.text.startswith(OWN)


def test_who_may_not_disclose_sets_no_grounds(office: Office) -> None:
    communicator = office.viewer(Role.COMMUNICATOR)
    with pytest.raises(AccessRefused):
        office.masks.own_grounds.set(communicator, office.desk.authority.seq, OWN.encode())


def test_a_mask_whose_time_is_over_is_looked_at_again(office: Office) -> None:
    today = office.masks.today()
    target = TextSpan("text", 11, 19)
    with pytest.raises(ConfigError, match="has passed"):
        office.masks.add(LOCAL, office.mask(target), until=today - timedelta(days=1))
    number = office.masks.add(LOCAL, office.mask(target), until=today)
    assert office.kept()[0].mask.hides
    office.desk.clock.advance(2 * DAY)
    (kept,) = [one for one in office.kept() if one.seq == number]
    assert (kept.mask.state, kept.again) == (MaskState.SUGGESTED, Again.EXPIRED)
    assert number in office.pending()
    office.masks.accept(LOCAL, [number])  # on the grounds it had
    (kept,) = office.masks.in_force(LOCAL, [office.record])[office.record]
    assert (kept.mask.citations, kept.until) == ((HEALTH,), None)


def test_what_was_released_is_looked_at_anew_in_the_next_matter(office: Office) -> None:
    masks = office.masks
    number = masks.add(LOCAL, office.mask(WholeField("author_name")))
    masks.reject(LOCAL, office.pending())
    with pytest.raises(RuleViolation, match="rejected, and cannot become confirmed"):
        masks.confirm(LOCAL, [one.seq for one in office.kept()], matter=5)
    assert masks.confirm(LOCAL, [number], matter=5) == 1
    assert masks.confirm(LOCAL, [number], matter=5) == 0
    assert masks.suggest(LOCAL, [office.record], matter=5) == 2  # the telephone numbers
    assert number not in office.pending()
    assert masks.suggest(LOCAL, [office.record], matter=6) == 1
    (kept,) = [one for one in office.kept() if one.seq == number]
    assert (kept.again, kept.matter, kept.mask.citations) == (Again.RELEASED, 5, (HEALTH,))
    masks.accept(LOCAL, [number])
    assert masks.suggest(LOCAL, [office.record], matter=6) == 0
    assert number not in office.pending()


def test_a_new_version_carries_masks_over_where_the_text_stands(office: Office) -> None:
    masks = office.masks
    masks.add(LOCAL, office.mask(TextSpan("text", 11, 19)))
    masks.add(LOCAL, office.mask(WholeField("author_name")))
    masks.reject(LOCAL, office.pending())
    office.desk.clock.advance(DAY)
    text = "Rättelse. Zorka Ek dricker inte."
    office.desk.captures.correct(office.record, text=text, why="Ny text", actor=17)
    assert masks.suggest(LOCAL, [office.record]) == 2
    review = masks.review(LOCAL, office.record)
    assert {code(one.mask.target): one.again for one in review.masks} == {
        "text text 10 18": Again.CARRIED,
        "field author_name": Again.CARRIED,
    }
    assert {one.mask.citations for one in review.masks} == {(HEALTH,)}
    assert len(review.versions) == 2
    assert masks.accept(LOCAL, [one.seq for one in review.masks]) == 2
    assert masks.suggest(LOCAL, [office.record]) == 0
    held = masks.in_force(LOCAL, [office.record])[office.record]
    assert {one.mask.version for one in held} == set(review.versions)


def test_a_box_lies_inside_its_picture(office: Office) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(40)
    captured = office.desk.capture("Bild", files=[from_bytes("karta.png", picture, "image/png")])

    def measure(content: bytes, mime: str) -> Component:
        assert (content, mime) == (picture, "image/png")
        return Component(width=100, height=50)

    masks = Masks(office.desk.home.ledger, office.desk.clock, measure, finder)
    review = masks.review(LOCAL, captured.record)
    assert masks.file(LOCAL, captured.record, review.version, 0) == (picture, "image/png")
    mask = Mask(record=captured.record, version=review.version, target=ImageBox(0, 90, 0, 10, 50),
                category="face", citations=(HEALTH,))  # fmt: skip
    masks.add(LOCAL, mask)
    with pytest.raises(RuleViolation, match="media 0: outside the picture"):
        masks.add(LOCAL, replace(mask, target=ImageBox(0, 91, 0, 10, 50)))
    with pytest.raises(NotFound):
        masks.file(LOCAL, captured.record, review.version, 1)


def test_who_may_not_disclose_sees_and_does_nothing(office: Office) -> None:
    communicator = office.viewer(Role.COMMUNICATOR)
    other = viewer_of(17, [(Role.LAWYER, office.desk.authority.seq + 999)])
    number = office.masks.add(LOCAL, office.mask(TextSpan("text", 11, 19)))
    doings: list[Callable[[Viewer], object]] = [
        lambda who: office.masks.review(who, office.record),
        lambda who: office.masks.suggest(who, [office.record]),
        lambda who: office.masks.add(who, office.mask(TextSpan("text", 0, 3))),
        lambda who: office.masks.accept(who, [number], [HEALTH]),
        lambda who: office.masks.reject(who, [number]),
        lambda who: office.masks.confirm(who, [number], matter=1),
        lambda who: office.masks.alike(who, number),
        lambda who: office.masks.undo(who, office.record),
        lambda who: office.masks.in_force(who, [office.record]),
        lambda who: office.masks.pending(who, [office.record]),
    ]
    before = office.size
    for do in doings:
        with pytest.raises(AccessRefused):
            do(communicator)
        with pytest.raises(NotFound):
            do(other)
    with pytest.raises(AccessRefused):
        office.masks.set_activities(communicator, office.desk.authority.seq, [])
    assert office.size == before
    assert office.masks.review(office.viewer(Role.LAWYER), office.record).measure.fields


def test_protected_records_need_the_right_to_read_such(office: Office, tmp_path: Path) -> None:
    Apart(office.desk.home.ledger, tmp_path).protect(office.record, reason="Hot")
    archivist = office.viewer(Role.ARCHIVIST)  # may disclose, but not read what is protected
    assert archivist.may(Permission.DISCLOSE, office.desk.authority.seq)
    with pytest.raises(NotFound):
        office.masks.review(archivist, office.record)
    with pytest.raises(NotFound):
        office.masks.suggest(archivist, [office.record])
    lawyer = office.viewer(Role.LAWYER)
    assert office.masks.suggest(lawyer, [office.record]) == 3
    review = office.masks.review(lawyer, office.record)
    assert (review.protected, len(review.masks)) == (True, 3)
    assert office.masks.accept(lawyer, [one.seq for one in review.masks], [HEALTH]) == 3


def test_the_tables_hold_no_words(office: Office) -> None:
    office.masks.add(LOCAL, office.mask(TextSpan("text", 11, 19)))
    office.masks.suggest(LOCAL, [office.record])
    office.masks.accept(LOCAL, office.pending(), [HEALTH], note="Zorka nämns")
    office.masks.set_activities(LOCAL, office.desk.authority.seq, ["school"])
    ledger = office.desk.home.ledger
    live = rows_of(ledger.database)
    assert "Zorka" not in repr(live)
    assert HOME not in {row[0] for name, row in live if name == "mask"}
    ledger.rebuild()
    assert rows_of(ledger.database) == live
