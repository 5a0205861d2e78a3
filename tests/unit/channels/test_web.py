"""The forms that change a channel: what they record, what they refuse, what they never show."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from archiver.channels.desk import LoginHealth
from archiver.channels.web import pages as blueprint
from archiver.core.access import NOBODY
from archiver.core.channel import Channel, ChannelState
from archiver.core.connector import Credential
from archiver.core.ports import RequestProgress
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from tests.unit.channels.sites import demo_site
from tests.unit.web.served import Browser, Web

SECRET = "hemlig-KANARIE-4711"
EVIL = '<script>alert(1)</script>"onmouseover="x'


def add(web: Web, server: DemoServer, *, login: bool = True, title: str = "Nytt") -> Channel:
    host, port = server.address
    credential = Credential(user=LOGIN[0], secret=LOGIN[1]) if login else None
    return web.home.channels.add_channel(
        "wordpress",
        server.url,
        authority="KS",
        title=title,
        credential=credential,
        allow=[f"{host}:{port}"],
    )


def now(web: Web, channel: Channel) -> Channel:
    return web.home.channels.channel(str(channel.seq))


def every_form(seq: int) -> list[tuple[str, dict[str, str]]]:
    """Every address that takes a form, with what would do something."""
    at = f"/konton/C{seq}"
    return [
        (f"{at}/uppgifter", {"namn": "Kapat"}),
        (f"{at}/schema", {"schema": "full"}),
        (f"{at}/kris", {"dagar": "3"}),
        (f"{at}/lage", {"lage": "pausa"}),
        (f"{at}/inloggning", {"anvandare": "a", "hemlighet": SECRET}),
        (f"{at}/kontroll", {}),
        (f"{at}/hamta", {}),
        (f"{at}/luckor", {"lista": "posts:publish"}),
        ("/konton/ny", {"plattform": "feed"}),
        ("/konton/ny/abc/adress", {"adress": "https://x.example"}),
        ("/konton/ny/abc/kontroll", {"val": "anda"}),
        ("/konton/ny/abc/agare", {"agare": "KS"}),
    ]


def test_every_form_needs_its_token_and_our_own_origin(
    web: Web, browser: Browser, server: DemoServer
) -> None:
    channel = add(web, server)
    size = web.home.ledger.log.size
    forms = every_form(channel.seq)
    taken = {str(rule) for rule in browser.app.url_map.iter_rules() if "POST" in rule.methods}  # type: ignore[operator]
    taken -= {"/logga-in", "/logga-ut", "/mitt-konto/sessioner", "/mitt-konto/losenord"}
    forms += [("/sprak", {"language": "en"}), ("/verifiera", {})]
    forms += [("/sok/sparade", {"namn": "x"}), ("/sok/sparade/1/ta-bort", {})]
    others = ("/inkorg", "/diarium", "/handlingar", "/logga-in/", "/min-inloggning")
    others += ("/anvandare", "/jour", "/gallring", "/begaran", "/utlamnanden", "/masker")
    others += ("/dataskydd", "/livscykel", "/granskning")  # each has its own test of this
    taken = {rule for rule in taken if not rule.startswith(others)}
    assert len(taken) == len(forms)
    for path, data in forms:
        for forged in ({}, {"csrf_token": "x"}, {"csrf_token": browser.token() + "x"}):
            answer = browser.post(path, forged=True, data={**data, **forged})
            assert answer.status_code == 400, path
            assert "Formuläret gick inte att ta emot" in answer.text
        token = {"csrf_token": browser.token()}
        other = {"Origin": "https://fiende.example"}
        assert browser.post(path, data={**data, **token}, headers=other).status_code == 403, path
        stranger = Browser(browser.app)
        refused = stranger.post(path, forged=True, data={**data, **token}).status_code
        open_to_all = path in ("/sprak", "/verifiera")
        assert refused == (400 if open_to_all else 403), path  # whose token is not its own
        assert browser.get(path).status_code in (200, 404, 405), path
    assert web.home.ledger.log.size == size
    assert web.desk.asked == []
    assert now(web, channel) == channel


def test_who_may_not_see_may_not_change(web: Web, server: DemoServer) -> None:
    channel = add(web, server)
    size = web.home.ledger.log.size
    nobody = web.browser(viewer=NOBODY)
    token = re.search(r'name="csrf_token" value="([^"]+)"', nobody.get("/").text)
    assert token
    for path, data in every_form(channel.seq):
        answer = nobody.post(path, forged=True, data={**data, "csrf_token": token[1]})
        assert answer.status_code == 403, path
    assert web.home.ledger.log.size == size


def test_name_schedule_crisis_and_state_are_events(
    web: Web, browser: Browser, server: DemoServer
) -> None:
    channel = add(web, server)
    at = f"/konton/C{channel.seq}"
    for path, data, said in (
        ("uppgifter", {"namn": "Nyheter"}, "andrat"),
        ("schema", {"schema": "interval", "minuter": "120"}, "andrat"),
        ("schema", {"schema": "interval", "minuter": "120"}, "oforandrat"),
        ("kris", {"dagar": "14"}, "kris"),
        ("kris", {"dagar": "0"}, "kris-av"),
        ("lage", {"lage": "pausa"}, "pausat"),
        ("lage", {"lage": "ateruppta"}, "aterupptaget"),
        ("lage", {"lage": "avsluta"}, "avslutas"),
    ):
        answer = browser.post(f"{at}/{path}", data=data)
        assert (answer.status_code, answer.headers["Location"][-len(said) :]) == (303, said), path
        assert browser.get(answer.headers["Location"]).status_code == 200
    after = now(web, channel)
    assert (after.title, after.interval, after.state) == ("Nyheter", 7200, ChannelState.CLOSING)
    text = browser.get(f"{at}/andringar").text
    assert text.count('scope="rowgroup"') == 8
    assert "med 2 timmars mellanrum" in text
    assert "Driften" in text
    assert "Avslutas" in browser.get(f"{at}").text


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("uppgifter", {"namn": ""}, "namn"),
        ("uppgifter", {"namn": "x" * 201}, "namn"),
        ("schema", {"schema": "ofta"}, "schema"),
        ("schema", {"schema": "interval", "minuter": "0"}, "minuter"),
        ("schema", {"schema": "interval", "minuter": "många"}, "minuter"),
        ("kris", {"dagar": "32"}, "dagar"),
        ("kris", {"dagar": ""}, "dagar"),
        ("inloggning", {"anvandare": "a", "hemlighet": ""}, "hemlighet"),
        ("inloggning", {"anvandare": "", "hemlighet": SECRET}, "hemlighet"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_at_the_top(
    web: Web, browser: Browser, server: DemoServer, path: str, data: dict[str, str], field: str
) -> None:
    channel = add(web, server)
    answer = browser.post(f"/konton/C{channel.seq}/{path}", data=data)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-fel"' in answer.text
    assert f'id="{field}"' in answer.text
    assert SECRET not in answer.text
    assert now(web, channel) == channel


def test_nonsense_is_refused(web: Web, browser: Browser, server: DemoServer) -> None:
    channel = add(web, server)
    at = f"/konton/C{channel.seq}"
    assert browser.post(f"{at}/lage", data={"lage": "radera"}).status_code == 400
    assert browser.post("/konton/C999/lage", data={"lage": "pausa"}).status_code == 404
    for path in ("/konton/C999", f"{at}/dag/igår", f"{at}/dag/0001-01-01", "/konton/ny/x/adress"):
        assert browser.get(path).status_code == 404, path
    assert browser.get(f"{at}?sagt=<script>").status_code == 200
    assert "<script>" not in browser.get(f"{at}?sagt=<script>alert(1)</script>").text


def test_what_somebody_typed_is_text_everywhere(
    web: Web, browser: Browser, server: DemoServer
) -> None:
    channel = add(web, server, title=EVIL)
    at = f"/konton/C{channel.seq}"
    browser.post(f"{at}/uppgifter", data={"namn": EVIL + "2"})
    tabs = ("", "/tackning", "/luckor", "/schema", "/anrop", "/inloggning", "/andringar")
    for path in ("/", "/konton/ny", *(at + tab for tab in (*tabs, "/uppgifter"))):
        text = browser.get(path).text
        assert "<script>alert" not in text, path
        for tag in re.findall(r"<[a-z][^>]*>", text):
            assert not re.search(r'\sonmouseover=(?=[^"]*$)', tag), path
    wrong = browser.post("/konton/ny", data={"plattform": EVIL})
    assert (wrong.status_code, "<script>alert" in wrong.text) == (400, False)


# --- logins --------------------------------------------------------------------------------------


def test_a_login_is_taken_and_never_given_back(
    web: Web,
    browser: Browser,
    server: DemoServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    channel = add(web, server, login=False)
    at = f"/konton/C{channel.seq}/inloggning"
    assert "läses utan inloggning" in browser.get(at).text
    answers = [
        browser.post(at, data={"anvandare": f"bot-{SECRET}", "hemlighet": SECRET}),
        browser.post(at, data={"anvandare": f"bot-{SECRET}", "hemlighet": SECRET + "\x00"}),
        browser.get(at),
        browser.get(f"{at}?sagt=inloggning"),
        browser.get(f"/konton/C{channel.seq}/andringar"),
    ]
    held = web.home.credentials.get(channel.seq)
    assert held == Credential(user=f"bot-{SECRET}", secret=SECRET)
    assert [one.status_code for one in answers] == [303, 400, 200, 200, 200]
    for one in answers:
        assert SECRET not in one.text + str(one.headers)
    out = capfd.readouterr()
    assert SECRET not in out.out + out.err + caplog.text
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_only_health_is_said_of_a_login(web: Web, browser: Browser, server: DemoServer) -> None:
    channel = add(web, server)
    clock = web.home.clock.now()
    web.desk.health[channel.seq] = LoginHealth(
        entered_at=clock,
        last_ok_at=clock,
        expires_at=clock + 6 * 86_400_000,
        scopes=("read",),
        refused_at=clock,
        refused="login_expired",
    )
    text = browser.get(f"/konton/C{channel.seq}/inloggning").text
    assert "6 dagar kvar" in text
    assert "Nej, inloggningen har gått ut" in text
    assert LOGIN[1] not in text
    register = browser.get("/").text
    assert "6 dagar kvar" in register
    assert "Godtas inte" in register


# --- harvest now, check, gaps --------------------------------------------------------------------


def wait(browser: Browser, path: str) -> None:
    for _ in range(200):
        answer = browser.get(path).json
        if not answer["running"]:
            return
        time.sleep(0.02)
    raise AssertionError("it never ended")


def test_harvest_now_leaves_a_request_and_follows_it(
    web: Web, browser: Browser, server: DemoServer
) -> None:
    channel = add(web, server)
    done = {channel.seq: {"run": 9, "seen": 3, "exit_code": 0}}
    web.desk.steps = [
        RequestProgress(request=1, channels=(channel.seq,), results=done, exit_code=0)
    ]
    answer = browser.post(f"/konton/C{channel.seq}/hamta")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert web.desk.asked == [(channel.seq,)]
    wait(browser, f"{where}/lage")
    text = browser.get(where).text
    assert "Klart. Allt blev sett." in text
    assert 'href="/insamlingar/9"' in text
    web.desk.steps = [None]
    lonely = browser.post(f"/konton/C{channel.seq}/hamta").headers["Location"]
    wait(browser, f"{lonely}/lage")
    assert "Ingen arbetar med insamlingar" in browser.get(lonely).text
    assert "inget känt" in browser.get(f"/konton/C{channel.seq}/hamtning/77").text


def test_a_channel_is_checked_again_with_its_own_login(
    web: Web, browser: Browser, server: DemoServer
) -> None:
    channel = add(web, server)
    where = browser.post(f"/konton/C{channel.seq}/kontroll").headers["Location"]
    wait(browser, f"/konton/ny/{where.rpartition('/')[2]}/kontroll/lage")
    text = browser.get(where).text
    assert "Ja, kontot går att läsa" in text
    assert "inloggad" in text
    assert LOGIN[1] not in text
    other = add_feed(web, server)
    assert browser.get(where.replace(f"C{channel.seq}", f"C{other.seq}")).status_code == 404


def add_feed(web: Web, server: DemoServer) -> Channel:
    host, port = server.address
    return web.home.channels.add_channel(
        "feed", f"{server.url}/feed/", authority="KS", allow=[f"{host}:{port}"]
    )


def test_a_gap_is_shown_with_its_reason_and_acknowledged(web: Web, browser: Browser) -> None:
    with DemoServer(demo_site()) as server:
        channel = add(web, server)
    web.home.harvest(channel)
    at = f"/konton/C{channel.seq}/luckor"
    text = browser.get(at).text
    assert "källan svarade inte" in text
    assert "Öppen" in text
    pairs = re.findall(
        r'name="lista" value="([^"]*)"><input type="hidden" name="sedan" value="(\d+)"', text
    )
    fields = dict(zip(("lista", "sedan"), pairs[0], strict=True))
    before = web.desk.open_gaps(now(web, channel))
    empty = browser.post(at, data={**fields, "gjort": ""})
    assert (empty.status_code, "Skriv vad som är gjort" in empty.text) == (400, True)
    assert browser.post(at, data={**fields, "gjort": "Ringt <b>Alva</b>"}).status_code == 303
    assert web.desk.open_gaps(now(web, channel)) == before - 1
    assert "Kvitterad, post" in browser.get(at).text
    assert "Alva" not in browser.get(at).text
    assert browser.post(at, data={**fields, "lista": "annan", "gjort": "x"}).status_code == 404


def test_the_blueprint_is_the_one_the_shell_counts_on() -> None:
    assert blueprint.name == "channels"
