"""Series, classification and web diarium set in the browser: looked at first, done once, refused
with the reason beside the field."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import pytest
from werkzeug.test import TestResponse

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.core.publication import Field, Ruling, Setting
from archiver.registry.core.table_file import MOST_BYTES
from archiver.webdiary.database import read
from tests.build import DAY, FakeClock
from tests.unit.web.served import Browser, Web

EVIL = '<script>alert(1)</script>"onmouseover="x'
HEADER = "schema;version;kod;benämning;gäller från;gäller till\n"
FIRST = HEADER + "KLASSA;1;1;Leda;;\nKLASSA;1;1.9;Kansli;;\nKLASSA;1;1.10;Val;2026-01-01;\n"


def authority(web: Web, code: str = "KS") -> int:
    return web.home.channels.authority(code).seq


# --- series --------------------------------------------------------------------------------------


def series(web: Web, **more: str) -> dict[str, str]:
    given = {"namnd": str(authority(web)), "kod": "KSD", "mask": "{ORG}-{ÅÅÅÅ}-{LÖP:04}"}
    return given | {"gor": "spara"} | more


def held(web: Web) -> list[tuple[str, str]]:
    return [(one.code, str(one.mask)) for one in web.register_desk.register.series(LOCAL)]


def test_numbers_are_shown_before_a_series_is_saved(web: Web, browser: Browser) -> None:
    before, year = held(web), stockholm_date(web.home.clock.now()).year
    answer = browser.post("/diarium/serier", data=series(web, gor="prova", forsta="312"))
    assert answer.status_code == 200
    assert f"<strong>KSD-{year}-0312</strong>" in answer.text
    assert f"<strong>KSD-{year}-0312-1</strong>" in answer.text
    assert 'value="312"' in answer.text
    assert held(web) == before
    data = series(web, forsta="312")
    assert browser.post("/diarium/serier", data=data).status_code == 303
    assert f"KSD-{year}-0312" in browser.get("/diarium/serier").text
    assert browser.post("/diarium/serier", data=data).status_code == 400  # double submit
    assert len(held(web)) == len(before) + 1


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"mask": "{ORG}/{LÖP}"}, "mask", "Året saknas"),
        ({"mask": "{ORG}/{ÅÅÅÅ}"}, "mask", "Löpnumret saknas"),
        ({"mask": "{LÖP}{ÅÅ}"}, "mask", "ingen siffra"),
        ({"mask": f"{EVIL}{{LÖP}}"}, "mask", "får bara stå"),
        ({"mask": "{ÅÅÅÅ}/{LÖP}" + "x" * 5000}, "mask", "1 till 60"),
        ({"mask": "{ORG} {ÅÅÅÅ}/{LÖP}", "kod": "KS"}, "mask", "En annan serie"),
        ({"mask": "{ORG} {ÅÅÅÅ}/{LÖP}-2", "kod": "KS"}, "mask", "En annan serie"),
        ({"kod": EVIL}, "kod", "1 till 16"),
        ({"kod": ""}, "kod", "1 till 16"),
        ({"forsta": "0"}, "forsta", "heltal från 1"),
        ({"forsta": "1e3"}, "forsta", "heltal från 1"),
        ({"forsta": "99999999999"}, "forsta", "heltal från 1"),
        ({"namnd": "4711"}, "namnd", "Välj en myndighet"),
    ],
)
@pytest.mark.parametrize("gor", ["prova", "spara"])
def test_what_is_wrong_with_a_series_is_told_beside_its_field(
    web: Web, browser: Browser, wrong: dict[str, str], field: str, words: str, gor: str
) -> None:
    before = held(web)
    answer = browser.post("/diarium/serier", data=series(web, **wrong, gor=gor))
    assert answer.status_code == 400
    assert words in answer.text
    assert f'id="{field}-fel"' in answer.text
    assert "<script>alert" not in answer.text
    assert held(web) == before


def test_a_series_that_was_changed_meanwhile_is_not_set_unseen(web: Web, browser: Browser) -> None:
    register, owner = web.register_desk.register, authority(web)
    (one,) = register.series_of(owner)
    page = browser.get(f"/diarium/serier?serie={one.seq}").text
    (seen,) = re.findall(r'name="sedd" value="(\d+)"', page)
    register.set_series(LOCAL, owner, "KS", "{ORG}-{LÖP}/{ÅÅ}", series=one.seq)
    data = series(web, kod="KS", mask="{ORG} {ÅÅ}/{LÖP}", serie=str(one.seq), sedd=seen)
    answer = browser.post("/diarium/serier", data=data)
    assert answer.status_code == 409
    assert "Någon ändrade serien" in answer.text
    assert "{ORG} {ÅÅ}/{LÖP}" in answer.text
    assert str(register.series_of(owner)[0].mask) == "{ORG}-{LÖP}/{ÅÅ}"
    (data["sedd"],) = re.findall(r'name="sedd" value="(\d+)"', answer.text)
    assert browser.post("/diarium/serier", data=data).status_code == 303
    assert str(register.series_of(owner)[0].mask) == "{ORG} {ÅÅ}/{LÖP}"


def test_anothers_series_is_neither_shown_nor_set(web: Web) -> None:
    other = web.browser(viewer=viewer_of(41, [(Role.ARCHIVIST, authority(web, "KFN"))]))
    (one,) = web.register_desk.register.series_of(authority(web))
    assert f"serie={one.seq}" not in other.get("/diarium/serier").text
    answer = other.post("/diarium/serier", data=series(web, serie=str(one.seq)))
    assert answer.status_code == 404
    assert held(web) == [("KS", "{ORG} {ÅÅÅÅ}/{LÖP}"), ("KFN", "{ORG} {ÅÅÅÅ}/{LÖP}")]


# --- classification ------------------------------------------------------------------------------


def send(browser: Browser, web: Web, data: bytes | str, name: str = "klassa.csv") -> TestResponse:
    file = (BytesIO(data.encode() if isinstance(data, str) else data), name)
    return browser.post("/diarium/klassificering", data={"namnd": str(authority(web)), "fil": file})


def previewed(browser: Browser, web: Web, text: str) -> tuple[str, dict[str, str]]:
    """The preview's page and the form on it."""
    answer = send(browser, web, text)
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.location).text
    fields = re.findall(r'name="(utkast|namnd|sedd)" value="(\w+)"', page)
    return page, {**dict(fields), "gor": "las-in"}


def imported(web: Web) -> list[tuple[str, str, int]]:
    found = web.office().classes.schemes(LOCAL)
    return [(one.scheme, one.version, one.classes) for one in found]


def test_nothing_is_imported_before_it_was_looked_at_and_confirmed(
    web: Web, browser: Browser
) -> None:
    page, form = previewed(browser, web, FIRST)
    assert imported(web) == []
    assert "3 klasser lästa" in page
    assert page.count("tone-good") == 3  # each is new
    assert browser.post("/diarium/klassificering/las-in", data=form).status_code == 303
    assert imported(web) == [("KLASSA", "1", 3)]
    again = browser.post("/diarium/klassificering/las-in", data=form)  # double submit
    assert again.location.endswith("sagt=klasser-borta")
    assert imported(web) == [("KLASSA", "1", 3)]
    page = browser.get("/diarium/klassificering").text
    places = [page.index(f">{code}</th>") for code in ("1", "1.9", "1.10")]
    assert all(one < after for one, after in pairwise(places))


def test_the_preview_says_what_is_new_changed_and_ended(web: Web, browser: Browser) -> None:
    _, form = previewed(browser, web, FIRST)
    browser.post("/diarium/klassificering/las-in", data=form)
    second = HEADER + "KLASSA;1;1;Leda och styra;;\nKLASSA;1;1.9;Kansli;;2026-12-31\n"
    second += "KLASSA;1;1.11;Arkiv;;\n"
    page, form = previewed(browser, web, second)
    assert "Ersätter den version som är inläst" in page
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["1", "1", "2", "0"]
    assert "<del>Leda</del> <ins>Leda och styra</ins>" in page
    assert "finns inte i filen" in page
    page, _ = previewed(browser, web, FIRST.replace("KLASSA;1;", "KLASSA;2;"))
    assert "jämförd med 1" in page
    assert "Filen ändrar ingenting" in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Välj en fil"),
        (FIRST.encode("latin-1"), "Rad 1: filen är inte sparad som UTF-8"),
        (FIRST.encode("utf-16"), "inte sparad som UTF-8"),
        (b"\x00\xff\xfe" * 50, "inte sparad som UTF-8"),
        (FIRST + "KLASSA;1;1.12;Fel;i går;\n", "Rad 5: ”i går” är inte ett datum"),
        (FIRST + "KLASSA;1;1.9;Igen;;\n", "Rad 5: koden 1.9 finns redan på rad 3"),
        (FIRST + "KLASSA;1;1.12\n", "Rad 5: raden har 3 fält, rubriken 6"),
        (FIRST + 'KLASSA;1;1.12;"Öppet\n', "citattecknen går inte ihop"),
        (FIRST + f"KLASSA;1;{EVIL};Elak;;\n", "är ingen klasskod"),
        (HEADER, "inga rader"),
        ("a;b\n1;2\n", "känns inte igen"),
        (FIRST.encode() + b"x" * MOST_BYTES, "större än 5 MB"),
    ],
)
def test_a_broken_file_is_refused_row_by_row_and_not_kept(
    web: Web, browser: Browser, data: bytes | str, words: str
) -> None:
    answer = send(browser, web, data)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'id="fil-fel"' in answer.text
    assert "<script>alert" not in answer.text
    assert imported(web) == []
    assert _drafts(web) == 0


def _drafts(web: Web) -> int:
    import sqlite3

    with sqlite3.connect(web.home.path / "db" / "operations.sqlite") as connection:
        found: int = connection.execute("SELECT count(*) FROM capture_draft").fetchone()[0]
        return found


def test_script_in_a_file_is_shown_as_text(web: Web, browser: Browser) -> None:
    text = HEADER + f'KLASSA;1;1;"{EVIL.replace(chr(34), chr(34) * 2)}";;\n'
    answer = send(browser, web, text, name=f"{EVIL}.csv")
    page = browser.get(answer.location).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    _, form = previewed(browser, web, text)
    browser.post("/diarium/klassificering/las-in", data=form)
    page = browser.get("/diarium/klassificering?q=%3Cscript").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") == 1


def test_what_was_imported_meanwhile_is_looked_at_anew(web: Web, browser: Browser) -> None:
    _, form = previewed(browser, web, FIRST)
    other = HEADER + "KLASSA;1;1;Annat;;\n"
    web.office().classes.take_in(LOCAL, authority(web), other.encode())
    answer = browser.post("/diarium/klassificering/las-in", data=form)
    assert answer.status_code == 409
    assert "Något annat lästes in" in answer.text
    assert "<del>Annat</del> <ins>Leda</ins>" in answer.text
    assert imported(web) == [("KLASSA", "1", 1)]
    (form["sedd"],) = re.findall(r'name="sedd" value="(\d+)"', answer.text)
    assert browser.post("/diarium/klassificering/las-in", data=form).status_code == 303
    assert imported(web) == [("KLASSA", "1", 3)]


def test_a_file_waits_sealed_for_whoever_sent_it_and_for_a_day(web: Web, browser: Browser) -> None:
    page, form = previewed(browser, web, FIRST + "KLASSA;1;1.12;Kanariefågel;;\n")
    assert "Kanariefågel" in page
    for file in (one for one in web.home.path.rglob("*") if one.is_file()):
        assert "Kanariefågel".encode() not in file.read_bytes(), file.name
    other = web.browser(viewer=viewer_of(41, [(Role.REGISTRAR, HOME)]))
    for answer in (
        other.get(f"/diarium/klassificering/granska?utkast={form['utkast']}&namnd={form['namnd']}"),
        other.post("/diarium/klassificering/las-in", data=form),
    ):
        assert answer.location.endswith("sagt=klasser-borta")
    other.post("/diarium/klassificering/las-in", data={**form, "gor": "avbryt"})
    assert _drafts(web) > 0
    clock = web.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance(DAY + 1)
    answer = browser.post("/diarium/klassificering/las-in", data=form)
    assert answer.location.endswith("sagt=klasser-borta")
    assert imported(web) == []


def test_a_file_is_taken_away_when_it_is_cancelled(web: Web, browser: Browser) -> None:
    _, form = previewed(browser, web, FIRST)
    browser.post("/diarium/klassificering/las-in", data={**form, "gor": "avbryt"})
    assert (_drafts(web), imported(web)) == (0, [])


def test_codes_are_searched_and_paged(web: Web, browser: Browser) -> None:
    rows = [f"KLASSA;1;{n};Klass nummer {n};;" for n in range(1, 251)]
    rows[6] = "KLASSA;1;7;Vatten;2026-01-01;2026-01-31"
    classes = web.office().classes
    classes.take_in(LOCAL, authority(web), (HEADER + "\n".join(rows)).encode())
    page = browser.get("/diarium/klassificering").text
    assert "1–100 av 250" in page
    assert "fran=100" in page
    assert "201–250 av 250" in browser.get("/diarium/klassificering?fran=200").text
    assert "250–250 av 250" in browser.get("/diarium/klassificering?fran=99999").text
    page = browser.get("/diarium/klassificering?q=vATTEN").text
    assert "1–1 av 1" in page
    assert "Gäller inte längre" in page
    assert "av 249" in browser.get("/diarium/klassificering?dag=2026-02-01").text
    assert "Ingen klass" in browser.get("/diarium/klassificering?q=finnsinte").text
    assert browser.get("/diarium/klassificering?version=4711").status_code == 404
    (one,) = classes.schemes(LOCAL)
    other = web.browser(viewer=viewer_of(41, [(Role.REGISTRAR, authority(web, "KFN"))]))
    assert other.get(f"/diarium/klassificering?version={one.seq}").status_code == 404
    assert "KLASSA" not in other.get("/diarium/klassificering").text


# --- the web diarium -----------------------------------------------------------------------------


def decision(web: Web, **more: str) -> dict[str, str]:
    """The form as it would be filled in; "-" leaves a field out."""
    today = stockholm_date(web.home.clock.now()).isoformat()
    given = {
        "namnd": str(authority(web)),
        "sedd": "0",
        "pa": "1",
        "beslut": "KS 2026/12",
        "beslutsdag": today,
        "organ": "Kommunstyrelsen",
        "falt-number": "1",
        "falt-title": "1",
        "riktning-received": "1",
        "klasser": "Synpunkt\r\nFråga",
        "dagar": "30",
        "nedtagare": "Bosse Granlund",
        "kontakt": "registrator@testkoping.example",
        "beskrivning": "Kommunstyrelsen har handlingar om\r\nkommunens ledning.",
    }
    return {name: value for name, value in {**given, **more}.items() if value != "-"}


def entered(web: Web, title: str = "Synpunkt på snöröjningen", code: str = "KS") -> int:
    asked = Registration(
        authority=authority(web, code),
        direction=Direction.RECEIVED,
        day=stockholm_date(web.home.clock.now()).isoformat(),
        dated=Dated.STATED,
        title=title,
        record_class="Synpunkt",
    )
    return web.register_desk.register.register(LOCAL, asked)


def published(web: Web) -> set[int]:
    book = read(web.web_diary_file)
    return {row.id for row in book.rows} if book else set()


def test_it_is_off_until_it_is_decided_and_then_written_at_once(web: Web, browser: Browser) -> None:
    entry = entered(web)
    page = browser.get("/diarium/webb").text
    assert "Avstängt" in page
    assert "aldrig" in page
    assert not re.search(r'id="(falt|riktning|pa)[^>]* checked', page)
    assert browser.post("/diarium/webb", data=decision(web)).status_code == 303
    setting = web.office().web_diary.setting(LOCAL, authority(web))
    assert setting.fields == {Field.NUMBER, Field.TITLE}
    assert setting.record_classes == {"Synpunkt", "Fråga"}
    assert published(web) == {entry}
    page = browser.get("/diarium/webb").text
    assert "Synpunkt på snöröjningen" in page
    assert "1 post" in page or "en post" in page
    assert "aldrig</dd>" not in page
    assert browser.post("/diarium/webb/av", data={"namnd": str(authority(web))}).status_code == 303
    assert published(web) == set()
    setting = web.office().web_diary.setting(LOCAL, authority(web))
    assert (setting.on, setting.takes_down) == (False, "Bosse Granlund")


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"beslut": ""}, "beslut", "beslutets nummer"),
        ({"beslutsdag": "snart"}, "beslutsdag", "vilken dag"),
        ({"beslutsdag": "2999-01-01"}, "beslutsdag", "inte varit än"),
        ({"organ": ""}, "organ", "vem som fattade"),
        ({"falt-number": "-"}, "falt-number", "måste vara med"),
        ({"riktning-received": "-"}, "riktning-received", "minst en riktning"),
        ({"klasser": " \n"}, "klasser", "minst en handlingstyp"),
        ({"klasser": "Om 811228-9874"}, "klasser", "pekar ut någon"),
        ({"klasser": "\n".join(map(str, range(21)))}, "klasser", "Högst 20"),
        ({"dagar": "0"}, "dagar", "antal dagar"),
        ({"dagar": "3661"}, "dagar", "antal dagar"),
        ({"dagar": "-"}, "dagar", "hur många dagar"),
        ({"nedtagare": "-"}, "nedtagare", "vem som tar ner"),
        ({"kontakt": "\u0007"}, "kontakt", "inte är text"),
        ({"beskrivning": "x" * 901}, "beskrivning", "Högst 900"),
        ({"beskrivning": ""}, "beskrivning", "Beskriv vad"),
        ({"description": "x" * 4000}, "description", "Högst 900"),
        ({"namnd": "4711"}, "namnd", "Välj en myndighet"),
    ],
)
def test_what_is_wrong_with_a_decision_is_told_beside_its_field(
    web: Web, browser: Browser, wrong: dict[str, str], field: str, words: str
) -> None:
    data = decision(web, **{"organ": f"Nämnden {EVIL}", **wrong})
    answer = browser.post("/diarium/webb", data=data)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert "<script>alert" not in answer.text
    if "organ" not in wrong:
        assert "Nämnden &lt;script&gt;" in answer.text
    assert web.office().web_diary.setting(LOCAL, authority(web)) == Setting(
        authority=authority(web)
    )


def test_a_decision_that_another_took_meanwhile_is_not_overwritten_unseen(
    web: Web, browser: Browser
) -> None:
    assert browser.post("/diarium/webb", data=decision(web)).status_code == 303
    answer = browser.post("/diarium/webb", data=decision(web, dagar="60"))  # read before the first
    assert answer.status_code == 409
    assert 'value="60"' in answer.text
    assert web.office().web_diary.setting(LOCAL, authority(web)).days == 30
    (seen,) = re.findall(r'name="sedd" value="(\d+)"', answer.text)
    answer = browser.post("/diarium/webb", data=decision(web, dagar="60", sedd=seen))
    assert answer.status_code == 303
    assert web.office().web_diary.setting(LOCAL, authority(web)).days == 60


def test_an_entry_is_withheld_with_its_reason_and_put_back(web: Web, browser: Browser) -> None:
    entry = entered(web)
    browser.post("/diarium/webb", data=decision(web))
    assert published(web) == {entry}
    bad = browser.post("/diarium/webb/undanta", data={"post": str(entry), "skal": " "})
    assert (bad.status_code, published(web)) == (400, {entry})
    assert 'id="skal-fel"' in bad.text
    data = {"post": str(entry), "skal": f"Pekar ut {EVIL}"}
    assert browser.post("/diarium/webb/undanta", data=data).status_code == 303
    assert published(web) == set()
    page = browser.get(f"/diarium/webb?post={entry}").text
    assert "Posten är undantagen." in page
    assert "Pekar ut &lt;script&gt;" in page
    assert browser.post("/diarium/webb/undanta", data=data).status_code == 409  # double submit
    data |= {"ater": "1", "skal": "Prövad på nytt"}
    assert browser.post("/diarium/webb/undanta", data=data).status_code == 303
    assert published(web) == {entry}
    assert browser.post("/diarium/webb/undanta", data=data).status_code == 409
    assert web.office().web_diary.withheld(LOCAL, authority(web)) == []


def test_an_entry_is_looked_up_by_its_number(web: Web, browser: Browser) -> None:
    entry = entered(web)
    number = web.register_desk.register.reader.entry(LOCAL, entry).number
    page = browser.get("/diarium/webb", query_string={"nummer": number.lower()}).text
    assert f'name="post" value="{entry}"' in page
    assert "Webbdiariet är avstängt för myndigheten." in page
    page = browser.get("/diarium/webb", query_string={"nummer": EVIL}).text
    assert 'id="nummer-fel"' in page
    assert "<script>alert" not in page


def test_nobody_decides_or_withholds_for_another_authority(web: Web) -> None:
    entry, own = entered(web), authority(web, "KFN")
    other = web.browser(viewer=viewer_of(41, [(Role.REGISTRAR, own)]))
    assert other.get(f"/diarium/webb?post={entry}").status_code == 404
    data = {"post": str(entry), "skal": "Ska bort"}
    assert other.post("/diarium/webb/undanta", data=data).status_code == 404
    other.post("/diarium/webb", data=decision(web))  # is read as for the only one there is
    web_diary = web.office().web_diary
    assert not web_diary.setting(LOCAL, authority(web)).on
    assert "Kommunstyrelsen</h2>" not in other.get(f"/diarium/webb?namnd={authority(web)}").text


def test_what_cannot_be_written_now_is_said(web: Web, browser: Browser) -> None:
    web.web_diary_file.mkdir(parents=True)  # nothing can take its place
    answer = browser.post("/diarium/webb", data=decision(web))
    assert answer.location.endswith("sagt=webb-senare")
    assert "kunde inte skrivas just nu" in browser.get(answer.location).text
    assert web.office().web_diary.setting(LOCAL, authority(web)).on


def test_what_is_read_of_a_setting_is_typed_back_as_it_was(web: Web, browser: Browser) -> None:
    today = stockholm_date(web.home.clock.now()).isoformat()
    given = Setting(
        authority=authority(web),
        on=True,
        ruling=Ruling(number="KS 1", day=today, body="KS"),
        fields=frozenset(Field),
        record_classes=frozenset({"Fråga", "Synpunkt"}),
        directions=frozenset(Direction),
        days=9,
        bare=True,
        takes_down="Bosse Granlund",
        contact="KS",
        description="Ett.\n\nTvå.",
        description_en="One.",
    )
    web_diary = web.office().web_diary
    web_diary.set(LOCAL, given)
    page = browser.get("/diarium/webb").text
    form = page[page.index('action="/diarium/webb"') :]
    inputs = re.findall(r'<input[^>]* name="([\w-]+)" value="([^"]*)"( checked)?', form)
    boxes = ("falt-", "riktning-", "pa", "utan-")
    data = {name: value for name, value, on in inputs if on or not name.startswith(boxes)}
    typed = dict(re.findall(r'<input[^>]* id="([\w-]+)" name="[\w-]+" value="([^"]*)"', form))
    data |= {name: value for name, value in typed.items() if not name.startswith(boxes)}
    areas = re.findall(r'<textarea[^>]* name="([\w-]+)"[^>]*>([^<]*)</textarea>', form)
    data |= dict(areas)
    data["dagar"] = "10"
    assert browser.post("/diarium/webb", data=data).status_code == 303
    assert web_diary.setting(LOCAL, authority(web)) == replace(given, days=10)
