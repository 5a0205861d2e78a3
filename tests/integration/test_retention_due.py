"""`diarkiv retention hold`, `event`, `due`, `why` and `simulate`, end to end over a demo's records;
and what the alerts are told of holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archiver.core.calendar import day_begins
from archiver.notify.alert import Facts
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_retention_cli import adopt, answered, today
from tests.unit.registry.desk import make_desk

cli = _cli  # the fixture
KS = ("--authority", "KS")
PLAN = """
schedule = "Plan"
version = "1"
effective_from = "{day}"
required_levels = "authority"

[[rule]]
code = "B1"
label = "Brev"
retention = "{retention}"
trigger = "{trigger}"
"""


@pytest.fixture
def home(cli: Cli, tmp_path: Path) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    letter = tmp_path / "brev.txt"
    letter.write_text("Hej. Tack för snöröjningen.")
    done = cli(
        *("capture", "add", str(letter), *KS, "--way", "email"),
        *("--received", "2020-05-07 10:00", "--according-to", "sender", "--why", "Brev"),
        "--json",
    )
    assert done.code == 0, done
    return cli


def record_of(home: Cli) -> str:
    (row,) = home("records", "list", "--json").json
    return f"R{row['record']}" if isinstance(row["record"], int) else str(row["record"])


def plan(tmp_path: Path, retention: str = "2 år", trigger: str = "inkommen") -> str:
    file = tmp_path / "plan.toml"
    file.write_text(PLAN.format(day=today(), retention=retention, trigger=trigger))
    return str(file)


def decided(home: Cli, tmp_path: Path, **kinds: str) -> None:
    answered(home, "plan", "import", plan(tmp_path, **kinds), *KS, "--confirm")
    answered(
        home,
        *("decision", "record", *KS, "--number", "KS 2026/1", "--body", "Kommunstyrelsen"),
        *("--level", "authority", "--date", str(today()), "--paragraph", "§ 7", "--rule", "B1"),
        *("--records-from", "2019-01-01", "--grounds", "Ringa", "--confirm"),
    )


def test_due_is_counted_held_and_explained(home: Cli, tmp_path: Path) -> None:
    record = record_of(home)
    unruled = answered(home, "why", record)
    assert [step["code"] for step in unruled["trace"]] == ["no_schedule"]
    decided(home, tmp_path)
    due = answered(home, "due", *KS)
    assert due["records"] == 1
    (count,) = due["counts"]
    assert (count["class"], count["year"], count["sample"]) == ("B1", 2020, [record])
    assert count["bytes"] > 100
    assert answered(home, "due", "--on", "2022-12-31")["records"] == 0  # before the decision
    assert "B1" in home("retention", "due").out

    place = ("hold", "place", *KS, "--kind", "access_request", "--record", record)
    rest = ("--reason", "Begäran KS 2026/14", "--review", str(today() + timedelta(days=30)))
    assert answered(home, *place, *rest)["placed"] is False
    assert answered(home, "hold", "list") == []
    hold = answered(home, *place, *rest, "--confirm")["hold"]
    assert answered(home, "due", *KS)["counts"][0]["held"] == 1
    why = answered(home, "why", record)
    assert (why["may_go"], why["holds"], why["due"]) == (False, [hold], "2023-01-01")
    told = home("retention", "why", record).out
    assert f"Hold {hold}: request for access." in told
    assert "may go from 2023-01-01" in told

    later = str(today() + timedelta(days=60))
    review = ("hold", "review", str(hold), "--until", later, "--reason", "Överklagat")
    assert answered(home, *review)["review_on"] != later
    assert answered(home, *review, "--confirm")["review_on"] == later
    assert answered(home, "hold", "list", "--overdue") == []
    (listed,) = answered(home, "hold", "list", *KS)
    assert [note["reason"] for note in listed["notes"]] == ["Överklagat"]
    lift = ("hold", "lift", str(hold), "--reason", "Avgjord")
    assert answered(home, *lift)["lifted_on"] is None
    assert answered(home, *lift, "--confirm")["lifted_on"] == str(today())
    assert answered(home, "hold", "list") == []
    assert len(answered(home, "hold", "list", "--lifted")) == 1
    assert answered(home, "due", *KS)["records"] == 1


def test_an_event_is_noted_and_what_waits_for_it_is_due(home: Cli, tmp_path: Path) -> None:
    record = record_of(home)
    decided(home, tmp_path, retention="vid inaktualitet", trigger="förklarad inaktuell")
    assert answered(home, "why", record)["fate"] == "waiting"
    note = ("event", "note", "declared_inactive", record)
    assert answered(home, *note, "--on", "2026-01-07")["noted"] is False
    assert answered(home, "due")["records"] == 0
    assert answered(home, *note, "--on", "2026-01-07", "--confirm")["noted"]
    assert answered(home, "due")["records"] == 1
    answered(home, *note, "--take-back", "--confirm")
    assert answered(home, "due")["records"] == 0
    assert [one["on"] for one in answered(home, "event", "list")] == [None, "2026-01-07"]
    assert home("retention", *note).code == 2  # neither a day nor taken back


def test_a_simulation_changes_nothing_and_tells_the_difference(home: Cli, tmp_path: Path) -> None:
    decided(home, tmp_path)
    longer = plan(tmp_path, retention="10 år")
    found = answered(home, "simulate", *KS, "--plan", longer)
    assert [one["records"] for one in found["no_longer_due"]] == [1]
    assert (found["becomes_due"], found["due"]) == ([], [])
    asked = ("simulate", *KS, "--plan", longer, "--on", "2031-01-01")
    assert answered(home, *asked)["due"] == []  # the decision is about the row as it stood
    later = answered(home, *asked, "--as-decided")
    assert [one["records"] for one in later["due"]] == [1]
    assert answered(home, "due")["records"] == 1
    broken = tmp_path / "broken.toml"
    broken.write_text("name = 1")
    assert home("retention", "simulate", *KS, "--plan", str(broken)).code == 2


def test_the_shipped_plan_is_nothing_without_decisions(home: Cli, tmp_path: Path) -> None:
    file = adopt(home, tmp_path)
    assert answered(home, "due")["records"] == 0
    found = answered(home, "simulate", *KS, "--plan", str(file), "--as-decided")
    assert found["due"] == found["becomes_due"]


def test_wrong_words_are_refused(home: Cli) -> None:
    place = ("hold", "place", *KS, "--kind", "audit", "--reason", "R", "--review", "2099-01-01")
    for words in (
        place,  # names nothing
        (*place, "--everything", "--since", "2020-01-01"),
        ("hold", "place", *KS, "--kind", "whim", "--reason", "R", "--review", "2099-01-01"),
        ("hold", "review", "99999", "--until", "2099-01-01", "--reason", "R", "--confirm"),
        ("why", "R99999"),
    ):
        assert home("retention", *words).code == 2, words
    assert home("retention", *place, "--everything").code == 0


def test_alerts_are_told_of_a_hold_that_nobody_reviewed(tmp_path: Path) -> None:
    from retention.core.hold import HoldKind, HoldScope
    from retention.core.hold_request import HoldRequest
    from retention.holds.reminders import HoldReminders
    from retention.holds.service import Holds
    from retention.schedule.service import Retention

    desk = make_desk(tmp_path)
    ledger = desk.home.ledger
    holds = Holds(ledger, Retention(ledger, desk.clock))
    reminders = HoldReminders(ledger, holds, lambda: {desk.authority.seq: "KS"})
    from archiver.core.access import LOCAL
    from archiver.core.calendar import stockholm_date

    day = stockholm_date(desk.clock.now())
    seq = holds.place(
        LOCAL,
        HoldRequest(
            authority=desk.authority.seq,
            kind=HoldKind.AUDIT,
            scope=HoldScope(),
            reason="Revision",
            review_on=day,
        ),
    )
    assert reminders.added_to(Facts(), day_begins(day)).matters == ()
    at = day_begins(day + timedelta(days=1))
    (told,) = reminders.added_to(Facts(), at).matters
    assert (told.kind.value, told.item, told.code, told.since) == ("hold_review", seq, "KS", at)
    assert told.reasons == (f"review_{day}",)
