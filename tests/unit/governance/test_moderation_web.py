"""The moderation log in the browser: a measure is logged, completed and lifted, and what is refused
is told."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.core.access import Role, viewer_of
from archiver.db import tables as t
from archiver.governance.core import moderation as m
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import Browser, FakeSearch, Web

PAGE = "/livscykel/moderering"


class Desk:
    """A home where a message came in, and who governs it."""

    def __init__(self, path: Path) -> None:
        desk = make_desk(path)
        self.authority = desk.authority.seq
        self.record = desk.capture("Ni är idioter").record
        self.web = Web(desk.home, {}, FakeSearch(desk.home.ledger))
        with desk.home.ledger.database.read() as connection:
            query = select(t.record.c.channel).where(t.record.c.seq == self.record)
            self.channel: int = connection.execute(query).scalar_one()
        self.viewer = viewer_of(17, [(Role.COMMUNICATOR, self.authority)])
        self.eva = self.web.browser(viewer=self.viewer)
        self.today = self.web.moderation.today()

    def sends(self, gor: str, **data: object) -> tuple[int, str]:
        """Status and page of a form."""
        named = {"gor": gor, **{key.replace("_", "-"): value for key, value in data.items()}}
        answer = self.eva.post(PAGE, data=named)
        return answer.status_code, answer.text

    def does(self, gor: str, **data: object) -> None:
        """Send a form that is taken."""
        status, page = self.sends(gor, **data)
        assert status == 303, re.findall(r'"mistake".*', page)

    @property
    def measures(self) -> list[tuple[int, m.Taken]]:
        return [(row.seq, one) for row, one in self.web.moderation.list(self.viewer)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_measure_is_logged_completed_and_lifted(desk: Desk) -> None:
    assert "Loggen är tom." in desk.eva.get(PAGE).text
    desk.does("logga", konto=desk.channel, vad="dolt", handlingar=f"R{desk.record}", motiv="Hån")
    [(seq, said)] = desk.measures
    assert (said.records, said.on, said.reply) == ((desk.record,), desk.today, "")
    page = desk.eva.get(PAGE).text
    for words in ("Hån", "grund saknas", "beslutsfattare saknas", f"R{desk.record}"):
        assert words in page
    later = desk.today + timedelta(days=30)
    whole = {"skal": "Grunden angavs inte", "grund": "regel", "beslutsfattare": "Alva"}
    desk.does("omprova", atgard=seq, **whole, omprovas=later)
    page = desk.eva.get(PAGE).text
    assert "Kanalens regler" in page
    assert str(later) in page
    for lacking in ("grund saknas", "beslutsfattare saknas"):
        assert lacking not in page
    assert f'value="{seq}" selected' in desk.eva.get(f"{PAGE}?gor=hav&atgard={seq}").text
    desk.does("hav", atgard=seq, skal="Visas igen")
    page = desk.eva.get(PAGE).text
    assert "hävd" in page
    assert f'value="{seq}"' not in page, "it is offered no more"


def test_the_grounds_own_reply_is_kept_with_a_block(desk: Desk) -> None:
    desk.does("logga", konto=desk.channel, vad="blockerat", vem="@troll", grund="regel")
    [(_, said)] = desk.measures
    assert (said.account, bool(said.reply)) == ("@troll", True)
    assert "@troll" in desk.eva.get(f"{PAGE}?konto=C{desk.channel}").text
    assert (
        "Inget som kommit in har slutat visas."
        in desk.eva.get(f"{PAGE}?konto=C{desk.channel}").text
    )


def test_what_is_wrong_is_told_and_what_was_typed_is_kept(desk: Desk) -> None:
    one = {"konto": desk.channel, "vad": "dolt", "motiv": "Hån mot Bo"}
    for wrong, told in (
        ({"handlingar": "alla"}, "named by their numbers"),
        ({"handlingar": "999999"}, "did not come in"),
        ({"handlingar": ""}, "of records, or of an account"),
        ({"handlingar": f"R{desk.record}", "dag": "2099-01-01"}, "day to come"),
        ({"handlingar": f"R{desk.record}", "dag": "i går"}, "Skriv dagen som"),
        ({"handlingar": f"R{desk.record}", "grund": "humör"}, "Välj ett av alternativen."),
    ):
        status, page = desk.sends("logga", **(one | wrong))
        assert (status, told in page) == (400, True), wrong
        assert "Hån mot Bo</textarea>" in page
    for gor, data, told in (
        ("", {}, "Välj vad som ska göras."),
        ("hav", {"atgard": 7, "skal": "Nej"}, "Välj ett av alternativen."),
        ("omprova", {"skal": "Nej"}, "Fyll i: Åtgärd i loggen."),
    ):
        status, page = desk.sends(gor, **data)
        assert (status, told in page) == (400, True), gor
    assert desk.measures == []


def _of(desk: Desk, *roles: tuple[Role, int]) -> Browser:
    return desk.web.browser(viewer=viewer_of(20, roles))


def test_an_auditor_reads_and_another_authority_sees_nothing(desk: Desk) -> None:
    desk.does("logga", konto=desk.channel, vad="blockerat", vem="@troll")
    auditor = _of(desk, (Role.AUDITOR, desk.authority))
    page = auditor.get(PAGE).text
    assert "@troll" in page
    assert 'name="gor"' not in page
    assert auditor.post(PAGE, data={"gor": "logga"}).status_code == 403
    for path in (PAGE, f"{PAGE}?konto=C{desk.channel}"):
        assert "@troll" not in _of(desk, (Role.COMMUNICATOR, desk.authority + 1)).get(path).text
    split = _of(desk, (Role.AUDITOR, desk.authority), (Role.LAWYER, desk.authority + 1))
    data = {"gor": "logga", "konto": desk.channel, "vad": "blockerat", "vem": "@annan"}
    assert split.post(PAGE, data=data).status_code == 400
    assert len(desk.measures) == 1
