"""The duty roster's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.core.access import HOME, Role, viewer_of
from tests.unit.web.served import Browser, Web, build


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    return build(Path(tmp_path_factory.mktemp("duty")) / "home")


@pytest.fixture
def browser(web: Web) -> Iterator[Browser]:
    yield web.browser()
    web.duty.replace("from;to;address\n")


def lines(web: Web) -> int:
    return len(web.duty.roster().lines)


def test_a_line_is_added_shown_and_removed(web: Web, browser: Browser) -> None:
    data = {"fran": "mån 00:00", "till": "mån 00:00", "adress": "jour@testkoping.example"}
    assert "Det finns ingen jourlista" in browser.get("/jour").text
    assert browser.post("/jour/rader", data=data).status_code == 303
    text = browser.get("/jour").text
    assert text.count("jour@testkoping.example") >= 2  # now, and in the table
    row = {"rad": "mån 00:00;mån 00:00;jour@testkoping.example"}
    assert browser.post("/jour/ta-bort", data=row).status_code == 303
    assert browser.post("/jour/ta-bort", data=row).status_code == 404
    assert lines(web) == 0


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"fran": "måndag", "till": "tis", "adress": "a@t.example"}, "fran"),
        ({"fran": "mån 16:00", "till": "tis 07:00"}, "fran"),
        ({"fran": "mån 16:00", "till": "tis 07:00", "adress": "fel;adress"}, "adress"),
        ({"fran": "mån 16:00", "till": "tis 07:00", "vem": "U999999"}, "vem"),
        (
            {"fran": "mån 16:00", "till": "tis 07:00", "vem": "U1", "adress": "a@t.example"},
            "adress",
        ),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    web: Web, browser: Browser, data: dict[str, str], field: str
) -> None:
    answer = browser.post("/jour/rader", data=data)
    assert answer.status_code == 400
    assert f'id="{field}-fel"' in answer.text
    assert f'value="{data["fran"]}"' in answer.text  # nothing typed is lost
    assert lines(web) == 0


def test_who_oversees_sees_it_and_does_not_change_it(web: Web, browser: Browser) -> None:
    web.duty.add("mån 00:00", "mån 00:00", "jour@testkoping.example")
    reader = web.browser(viewer=viewer_of(40, [(Role.REGISTRAR, HOME)]))
    text = reader.get("/jour").text
    assert "jour@testkoping.example" in text
    assert "/jour/rader" not in text
    assert reader.post("/jour/rader", forged=False, data={}).status_code == 403


def test_every_form_needs_its_token_and_our_own_origin(web: Web, browser: Browser) -> None:
    for path in ("/jour/rader", "/jour/ta-bort"):
        assert browser.post(path, forged=True, data={}).status_code == 400
        data = {"csrf_token": browser.token()}
        other = {"Origin": "https://fiende.example"}
        assert browser.post(path, forged=True, data=data, headers=other).status_code == 403
