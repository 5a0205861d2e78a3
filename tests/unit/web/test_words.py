"""Every Swedish message has its English, and the English interface is English."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import archiver.web
from archiver.channels import words as channels
from archiver.registry import words as registry
from archiver.web import words
from archiver.web import words_captured as captured
from tests.unit.web.served import Browser, Web, pages

FOLDER = Path(next(iter(archiver.web.__path__)))
FOLDERS = (
    FOLDER,
    FOLDER.parent / "channels",
    FOLDER.parent / "governance",
    FOLDER.parent / "registry",
    FOLDER.parent.parent / "retention",
    FOLDER.parent.parent / "exports",
    FOLDER.parent.parent / "gdpr",
)
CATALOGUE = FOLDER / "translations" / "en" / "LC_MESSAGES"


def _messages() -> set[str]:
    found = [
        row
        for folder in FOLDERS
        for row in extract_from_dir(
            folder,
            method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2")],
            keywords={
                "_": None,
                "_l": None,
                "gettext": None,
                "lazy_gettext": None,
                "ngettext": (1, 2),
            },
        )
    ]
    ids = {row[2][0] if isinstance(row[2], tuple) else row[2] for row in found}
    return ids - {""}


def test_every_message_has_its_english_and_none_is_left_over() -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    ids = {
        message.id[0] if isinstance(message.id, tuple) else message.id
        for message in catalogue
        if message.id
    }
    assert ids == _messages()
    for message in catalogue:
        if message.id:
            strings, ids_ = _several(message.string), _several(message.id)
            assert all(strings), message.id
            assert {_places(text) for text in strings} <= {_places(text) for text in ids_}, ids_


def _several(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value]  # type: ignore[attr-defined]


def _places(text: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"%\(\w+\)s", text)))


def test_the_compiled_catalogue_is_not_stale() -> None:
    with (CATALOGUE / "messages.po").open("rb") as po, (CATALOGUE / "messages.mo").open("rb") as mo:
        written, compiled = read_po(po, locale="en"), read_mo(mo)
    for message in written:
        if message.id:
            held = compiled.get(message.id)
            assert held is not None
            assert _several(held.string) == _several(message.string)


def test_the_switch_changes_every_page(web: Web, browser: Browser) -> None:
    assert browser.post("/sprak", data={"language": "en", "back": "/om"}).status_code == 303
    swedish = re.compile(r"\b(Handlingar|Konton|insamling|källan|Synlig|Täckning|och|inte)\b")
    titles = {channel.title for channel in web.channels.values()}
    headings = re.compile(r"<(?:dt|th scope=\"col\"[^>]*|h[12][^>]*|button[^>]*)>([^<]+)<")
    for path in pages(web):
        text = browser.get(path).text
        assert '<html lang="en">' in text, path
        for label in headings.findall(text):
            assert label in titles or not swedish.search(label), (path, label)


def test_codes_that_are_not_known_are_shown_as_they_stand(browser: Browser) -> None:
    with browser.app.test_request_context(base_url=browser.base):
        assert words.state("nytt_lage") == "nytt_lage"
        assert words.reason("http:503") == "källan svarade med HTTP-status 503"
        assert words.reason("status:draft") == "källan anger läget ”draft”"
        assert words.reason("rest_new_code") == "plattformens kod: rest_new_code"
        assert words.reason("") == "inget skäl angivet"
        assert words.collection("comments:post-trashed").startswith("Kommentarer, vars inlägg")
        assert words.collection("stories") == "stories"
        assert words.interval(3600) == "med en timmes mellanrum"
        assert words.interval(7200) == "med 2 timmars mellanrum"
        assert words.interval(302_400) == "med 84 timmars mellanrum"
        assert words.interval(86_400) == "med en dags mellanrum"
        assert words.interval(366 * 86_400) == "med 366 dagars mellanrum"
        assert words.interval(300) == "med 5 minuters mellanrum"


def test_no_part_takes_anothers_filter() -> None:
    """Filters are shared by all templates: one name twice would change another part's words."""
    tables = (words.FILTERS, captured.FILTERS, channels.FILTERS, registry.FILTERS)
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
