"""What strangers write is shown, never run, never fetched; and only to whom may see it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from archiver.channels import reading as own
from archiver.core.access import NOBODY
from archiver.errors import AccessRefused
from archiver.web.markup import harmless, platform_html
from archiver.web.reading import archive, channels, evidence, records
from archiver.web.rows import Selection
from tests.unit.web.served import CANARY, Browser, Web, pages

_BODY_ELEMENTS = re.compile(r"<(script|iframe|svg|style|object|embed|base|form)\b([^>]*)>", re.I)


def test_hostile_words_are_shown_as_words(web: Web, browser: Browser) -> None:
    shown = 0
    for path in pages(web):
        text = browser.get(path).text
        shown += CANARY in text
        for name, attributes in _BODY_ELEMENTS.findall(text):
            charts = (
                ' class="timeline" aria-hidden="true"',
                ' class="chronicle" ',
                ' class="key" ',
                ' class="boxes" ',
                ' class="mask-picture" ',
            )
            chart = name == "svg" and attributes.startswith(charts)
            ours = name == "form" or chart or 'src="/static/' in attributes
            assert ours, (path, name, attributes)
        tags = re.findall(r"<[a-z][^>]*>", text)
        # A quote in a stranger's words must not end an attribute: what would then follow is here.
        assert not any(re.search(r'\son\w+\s*=(?=[^"]*$)', tag) for tag in tags), path
        assert not any("javascript:" in tag for tag in tags), path
        assert not any("fiende.example" in tag for tag in tags), path
        assert "7*7" not in text or "49" not in re.findall(r"7\*7 \}\} \$\{(\d+)", text)
    assert shown >= 5


def test_the_platforms_layout_holds_no_attribute(web: Web, browser: Browser) -> None:
    text = browser.get(f"/handlingar/R{web.record(CANARY)}").text
    found = re.search(r'class="rendered" dir="auto">(.*?)</div>', text, re.S)
    assert found
    assert f"<p>{CANARY}-text</p>" in found[1]
    assert set(re.findall(r"<(/?\w+)[^>]*>", found[1])) <= {"p", "/p"}
    assert "=" not in re.sub(r"\{.*?\}", "", found[1])


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg><script>alert(1)</script></svg>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<p style='background:url(//fiende.example)' onclick=alert(1)>x</p>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=//fiende.example><input name=x></form><link rel=stylesheet href=//f>",
    ],
)
def test_harmless_html_has_no_attributes_and_no_active_elements(html: str) -> None:
    cleaned = str(harmless(html))
    for tag in re.findall(r"<[^>]*>", cleaned):
        assert re.fullmatch(r"</?[a-z0-9]+>", tag), cleaned
        assert tag.strip("</>") not in {"script", "style", "svg", "math", "iframe", "img", "a"}


def test_platform_html_is_found_where_there_is_any() -> None:
    assert platform_html(b'{"content":{"rendered":"<p>a</p>"}}') == "<p>a</p>"
    assert platform_html(b'{"content":"<p>a</p>"}') == "<p>a</p>"
    for raw in (b"", b"<item/>", b"[]", b'{"content":7}', b'{"content":{"rendered":[]}}'):
        assert platform_html(raw) == ""


def test_nobody_sees_anything_on_any_page(web: Web) -> None:
    browser = web.browser(viewer=NOBODY)
    others = ["/progress", "/om/vkey", f"/handlingar/R{web.record('Samråd')}/fil/1/0"]
    raw = f"/handlingar/R{web.record(CANARY)}/ra/1"
    open_to_all = {"/verifiera"}
    for path in [*pages(web), *others, raw]:
        answer = browser.get(path)
        assert answer.status_code == (200 if path in open_to_all else 403), path
        assert CANARY not in answer.text, path
        assert "Kommunstyrelsen" not in answer.text, path
        assert "Testköping" not in answer.text, path


def test_nobody_reads_anything_from_any_read_model(web: Web) -> None:
    services = web.app().extensions["diarkiv"].services
    view = records.record_view(services, web.app().extensions["diarkiv"].settings.viewer, 12)
    version, channel = view.latest.row, web.channels["nyheter"].seq
    desk, one = web.desk, web.channels["nyheter"]
    today = date(2026, 2, 13)
    for read in (
        lambda: channels.accounts(services, NOBODY),
        lambda: own.register(desk, services, NOBODY),
        lambda: own.setting(services, NOBODY, channel),
        lambda: own.year_to(desk, services, NOBODY, one, today),
        lambda: own.day_view(desk, services, NOBODY, channel, today),
        lambda: own.budget(desk, services, NOBODY, one),
        lambda: own.changes(desk, NOBODY, one),
        lambda: channels.states(services, NOBODY, channel),
        lambda: channels.runs(services, NOBODY, channel),
        lambda: channels.run_view(services, NOBODY, web.runs()["gap"]),
        lambda: records.listing(services, NOBODY, Selection()),
        lambda: records.threads(services, NOBODY, Selection()),
        lambda: records.record_view(services, NOBODY, view.row.seq),
        lambda: records.lines(services, NOBODY, [view.row]),
        lambda: evidence.strength(services, NOBODY, version),
        lambda: evidence.evidence(services, NOBODY, version),
        lambda: evidence.raw_bytes(services, NOBODY, version),
        lambda: evidence.media(services, NOBODY, version.seq, 0),
        lambda: archive.health(services, NOBODY),
        lambda: archive.proof(services, NOBODY, version.seq),
        lambda: archive.vkey(services, NOBODY),
    ):
        with pytest.raises(AccessRefused):
            read()


@pytest.mark.parametrize("digits", ["9" * 5000, "9" * 30, "-1", "²", "٣"])
def test_a_number_that_is_none_breaks_no_page(web: Web, digits: str) -> None:
    """Python refuses to read a number of over 4,300 digits at all."""
    browser, record = web.browser(), web.record("Samråd")
    for path in (
        f"/diarium/webb?fran={digits}",
        f"/handlingar/R{record}?lika={digits}&version={digits}&ar={digits}",
        f"/handlingar/R{record}/da?kl={digits}",
        f"/handlingar?efter={digits}&konto=C{digits}",
        f"/inkorg?vald={digits}&efter={digits}.{digits}",
        f"/inkorg/flera?beslut=ringa&trad={digits}.{digits}.{digits}",
        f"/diarium?efter={digits}&arende={digits}",
        f"/diarium/overlamnat?fore={digits}",
        f"/diarium/atskilt?fore={digits}",
        f"/diarium/klassificering?sida={digits}",
        f"/sok?q=R{digits}&arende={digits}",
        f"/atkomstlogg?fore={digits}",
    ):
        assert browser.get(path).status_code < 500, path
