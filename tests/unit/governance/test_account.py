"""The register of accounts: what is folded, what an account lacks, and what checks make of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from archiver.governance.checks import behorig, konto, privat
from archiver.governance.core import account as a
from archiver.governance.core.book import Note
from archiver.governance.core.check import Outcome

TODAY = date(2026, 11, 22)
BEFORE, AFTER = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
PAGE = 7
EVA, BO = 1, 2
KNOWN = a.Described(
    channel=PAGE, kind=a.Kind.AUTHORITY, unit="Kommunikation", mfa=a.Mfa.YES, recovery="IT"
)


def appointed(person: int, **more: object) -> a.Appointed:
    given = {"channel": PAGE, "right": a.Right.ADMIN, "since": BEFORE, **more}
    return a.Appointed(person=person, **given)  # type: ignore[arg-type]


def folded(*said: a.Said) -> a.Register:
    """Eva is entry 1, Bo 2, and what is said follows from 3."""
    every = (a.Named(name="Eva Lind"), a.Named(name="Bo Berg"), *said)
    return a.folded(
        (n, Note(authority=1, day=TODAY, actor=0, said=one)) for n, one in enumerate(every, 1)
    )


WHOLE = (KNOWN, appointed(EVA), appointed(BO))  # entries 3, 4, 5


def lacks(*said: a.Said, day: date = TODAY) -> list[str]:
    return list(a.lacks(folded(*said), PAGE, day))


def test_what_was_never_noted_is_unknown_and_what_contradicts_is_wrong() -> None:
    assert lacks(*WHOLE) == []
    assert lacks() == ["no_admins", "no_mfa", "no_unit", "no_recovery"]
    assert lacks(*WHOLE, a.Described(channel=PAGE, mfa=a.Mfa.NO)) == ["mfa"]
    assert lacks(*WHOLE, a.Described(channel=PAGE, mfa=a.Mfa.UNKNOWN)) == ["no_mfa"]
    assert lacks(KNOWN, appointed(EVA)) == ["admins"]
    twice = appointed(EVA, since=BEFORE - timedelta(days=9), until=TODAY)
    assert lacks(KNOWN, appointed(EVA), twice) == ["admins"], "one person is one"
    assert lacks(KNOWN, appointed(EVA), appointed(BO, right=a.Right.SPEAKER)) == ["admins"]


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (TODAY, None, []),
        (AFTER, None, ["admins"]),
        (BEFORE, TODAY, []),
        (BEFORE, BEFORE, ["admins"]),
    ],
)
def test_a_right_counts_through_its_last_day(
    since: date, until: date | None, found: list[str]
) -> None:
    assert lacks(KNOWN, appointed(EVA), appointed(BO, since=since, until=until)) == found


def test_who_leaves_stays_until_somebody_has_taken_it_away_account_by_account() -> None:
    other = appointed(BO, channel=8)
    gone = (*WHOLE, other, a.Left(person=BO, on=TODAY))
    it = folded(*gone)
    assert [one.seq for one in it.to_end(BO, AFTER)] == [5, 6]
    assert lacks(*gone) == [], "it is their last day"
    assert lacks(*gone, day=AFTER) == ["admins", "left"]
    assert lacks(*gone, a.Ended(of=5, on=AFTER), day=AFTER) == ["admins"]
    assert [one.seq for one in folded(*gone, a.Ended(of=5, on=AFTER)).to_end(BO, AFTER)] == [6]


def test_the_newest_decision_on_a_shadow_page_counts() -> None:
    page = a.Reported(url="https://x.test/testkoping", platform="x", way=a.Way.FOUND)
    first = a.Settled(of=3, settlement=a.Settlement.CLOSE, decider="Alva", reason="Övergiven")
    then = a.Settled(of=3, settlement=a.Settlement.ADOPT, decider="Alva", reason="Används")
    assert folded(page).shadows[3].settled is None
    assert folded(page, first, then).shadows[3].settled == then


@pytest.mark.parametrize("said", [*WHOLE, *(a.Named(name="Eva", title="jurist"),)])
def test_a_note_is_read_as_it_was_written(said: a.Said) -> None:
    note: Note[a.Said] = Note(authority=1, day=TODAY, actor=2, said=said)
    assert a.BOOK.note_of(a.BOOK.payload(note)) == note


def test_konto_tells_what_is_wrong_before_what_was_not_noted() -> None:
    assert konto.judge({}).outcome is Outcome.UNKNOWN
    assert konto.judge({7: []}).outcome is Outcome.PASS
    unsaid = konto.judge({7: [], 8: ["no_mfa"]})
    assert (unsaid.outcome, unsaid.data["no_mfa"]) == (Outcome.UNKNOWN, [8])
    wrong = konto.judge({7: ["admins"], 8: ["no_mfa"]})
    assert (wrong.outcome, wrong.reason.sv) == (
        Outcome.FAIL,
        "C7 har färre än två administratörer.",
    )


def test_privat_asks_for_the_role_and_the_decision() -> None:
    own = a.Described(channel=7, kind=a.Kind.PERSONAL, owner="Kommunalrådet", decision="KS § 9")
    assert privat.judge([]).outcome is Outcome.UNKNOWN
    assert privat.judge([own, KNOWN]).outcome is Outcome.PASS
    assert privat.judge([own, a.Described(channel=9)]).outcome is Outcome.UNKNOWN
    for bare in (
        a.Described(channel=7, kind=a.Kind.PERSONAL, owner="Kommunalrådet"),
        a.Described(channel=7, kind=a.Kind.PERSONAL, decision="KS § 9"),
    ):
        found = privat.judge([bare, a.Described(channel=9)])
        assert (found.outcome, found.data["bare"]) == (Outcome.FAIL, [7])


def test_behorig_holds_each_post_against_its_own_day() -> None:
    listed = folded(appointed(EVA, handle="Eva.Lind", right=a.Right.SPEAKER, until=TODAY))

    def post(day: date = TODAY, *names: str, channel: int = PAGE) -> behorig.Published:
        return behorig.Published(100, channel, day, frozenset(names))

    assert behorig.judge([], listed).outcome is Outcome.UNKNOWN
    assert behorig.judge([post(TODAY, "eva.lind", "3")], listed).outcome is Outcome.PASS
    assert behorig.judge([post(TODAY, "eva.lind")], folded()).outcome is Outcome.UNKNOWN
    assert behorig.judge([post()], listed).outcome is Outcome.UNKNOWN, "the platform is silent"
    left = (appointed(EVA, handle="eva.lind"), a.Left(person=EVA, on=TODAY))
    for day, outcome in ((TODAY, Outcome.PASS), (AFTER, Outcome.FAIL)):
        found = behorig.judge([post(day, "eva.lind")], folded(*left))
        assert found.outcome is outcome, "who has left may not, although they still can"
    for strange in (
        post(AFTER, "eva.lind"),
        post(TODAY, "bo"),
        post(TODAY, "eva.lind", channel=8),
    ):
        found = behorig.judge([strange, post()], listed)
        assert (found.outcome, found.data["records"]) == (Outcome.FAIL, [100])
