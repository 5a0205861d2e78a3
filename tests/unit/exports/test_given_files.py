"""Files of versions that are given out whole: what does something or hides something is made anew,
what cannot be checked stays, and the rest goes on."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial

import pikepdf
import pytest
from pikepdf import Dictionary, Name, String

from archiver.core.access import LOCAL
from exports.core.release import Item, ItemDecision, ReleaseSet
from exports.release.files import StoredFile
from exports.release.frozen import Frozen
from exports.release.given import Given, given, remarks
from exports.release.queries import ReleaseRow
from gdpr.redaction import Limits, redact
from tests.unit.gdpr.redaction.received import (
    SECRETS,
    everything,
    locked,
    places,
    saved,
    unfolding,
    with_pages,
)

PDF = "application/pdf"
QUICK = partial(redact, limits=Limits(reading_seconds=0))
ITEM = Item(record=1, version=1, n=1, decision=ItemDecision.GIVEN)


def shown(*files: tuple[str, bytes]) -> Given:
    """A version given out whole with these files."""
    stored = [StoredFile(at, mime, content) for at, (mime, content) in enumerate(files)]
    whole = ReleaseSet(request=1, items=(ITEM,), masks=(), newest={}, renderer="prov/1")
    frozen = Frozen(
        row=ReleaseRow(1, 1, 1, None),
        set=whole,
        key=bytes(32),
        envelopes={1: {"text": "Hej"}},
        hiding={},
        platforms={1: "demo"},
    )
    (one,) = given(LOCAL, frozen, lambda _item: stored, QUICK)
    return one


def with_root(entries: Mapping[str, pikepdf.Object]) -> bytes:
    """A page in a file whose catalogue has these entries."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(300, 200))
    for name, value in entries.items():
        pdf.Root[name] = value
    return saved(pdf)


SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
LAUNCH = Dictionary(S=Name.Launch, F=String("a.exe"))


@pytest.mark.parametrize(
    ("found", "entries"),
    [
        ("javascript", {"/OpenAction": SCRIPT}),
        ("launch", {"/OpenAction": LAUNCH}),
        ("actions", {"/AA": Dictionary(WC=SCRIPT)}),
        ("form", {"/AcroForm": Dictionary(XFA=String("<xdp/>"))}),
    ],
)
def test_what_does_something_is_made_anew_and_told(
    found: str, entries: Mapping[str, pikepdf.Object]
) -> None:
    one = shown((PDF, with_root(entries)))
    (file,) = one.files
    assert found in file.remade
    assert not file.redacted
    with pikepdf.open(io.BytesIO(file.output.content)) as pdf:
        assert not set(entries) & set(pdf.Root.keys())
    (told,) = remarks([one])
    assert (told.of, told.remade, told.because) == (0, file.remade, "")


def test_nothing_that_is_not_seen_goes_along() -> None:
    (file,) = shown((PDF, everything())).files
    hidden = {"attachment", "script", "incremental save", "hidden layer", "comment"}
    assert not any(places(file.output.content, SECRETS[one]) for one in hidden)
    assert {"embedded-files", "hidden-annotations", "layers", "revisions"} <= set(file.remade)


def test_a_plain_pdf_leaves_as_it_came() -> None:
    content = with_pages(1)
    one = shown((PDF, content))
    assert [file.output.content for file in one.files] == [content]
    assert list(remarks([one])) == []


def test_what_cannot_be_checked_stays_and_the_rest_goes_on() -> None:
    plain = with_pages(1)
    one = shown(
        (PDF, with_pages(1_000)),
        (PDF, unfolding(280)),
        (PDF, locked()),
        ("text/html", b"<html><script>alert(1)</script></html>"),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        (PDF, plain),
    )
    assert [(kept.of, kept.because) for kept in one.withheld] == [
        (0, "too-many-pages"), (1, "too-large"), (2, "encrypted"), (3, "unsupported"),
        (4, "unsupported"),
    ]  # fmt: skip
    assert [(file.of, file.output) for file in one.files] == [(5, ("bilaga-001.pdf", plain))]
    assert [told.of for told in remarks([one])] == [0, 1, 2, 3, 4]
