"""Letters: what is read of them, and that no letter can hang or break the reader."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.registry.core import letter as module
from archiver.registry.core.letter import Enclosure, read_letter


def message(text: str = "Hej!\n\nDet är hål i vägen.\n") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Åsa Öberg <asa.oberg@testkoping.example>"
    made["To"] = "kommunen@testkoping.example"
    made["Subject"] = "Hål i Ängsgatan, vid nr 7"
    made["Date"] = "Fri, 20 Nov 2026 14:05:00 +0100"
    made.set_content(text)
    return made


def test_words_sender_and_files_are_read() -> None:
    made = message()
    made.add_alternative("<p>Hej</p>", subtype="html")
    made.add_attachment(
        b"%PDF-1.7", maintype="application", subtype="pdf", filename="..\\kvitto för hål.pdf"
    )
    enclosed = message("Det förra.")
    made.add_attachment(enclosed)
    found = read_letter(made.as_bytes())
    assert (found.title, found.problem) == ("Hål i Ängsgatan, vid nr 7", "")
    assert found.sender == "Åsa Öberg <asa.oberg@testkoping.example>"
    assert found.text == "Hej!\n\nDet är hål i vägen."
    assert found.html == ""
    assert found.sent_at == datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
    pdf, inner = found.enclosures
    assert pdf == Enclosure(name="kvitto för hål.pdf", mime="application/pdf", data=b"%PDF-1.7")
    assert (inner.name, inner.mime) == ("Hål i Ängsgatan, vid nr 7.eml", "message/rfc822")
    assert read_letter(inner.data).text == "Det förra."


def test_a_letter_of_markup_only_gives_its_markup() -> None:
    made = EmailMessage()
    made["Subject"] = "=?utf-8?q?H=C3=A5l?="
    made.set_content("<p>Hål</p>", subtype="html")
    found = read_letter(made.as_bytes())
    assert (found.title, found.text, found.html.strip()) == ("Hål", "", "<p>Hål</p>")
    assert (found.sender, found.sent_at) == ("", None)


def test_old_encodings_are_read_and_broken_ones_seen() -> None:
    latin = b"Subject: x\nContent-Type: text/plain; charset=iso-8859-1\n\nsm\xf6r"
    assert read_letter(latin).text == "smör"
    broken = b"Subject: x\nContent-Type: text/plain; charset=utf-8\n\nsm\xf6r"
    assert read_letter(broken).text == "sm\ufffdr"
    unknown = b"Subject: x\nContent-Type: text/plain; charset=klingon\n\nsm\xc3\xb6r"
    assert read_letter(unknown).text == "smör"
    codec = b"Subject: x\nContent-Type: text/plain; charset=zip\n\nabc"  # no text encoding at all
    assert read_letter(codec).text == "abc"


def nested(depth: int) -> bytes:
    parts = [
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(depth)
    ]
    return b"".join(parts) + b"Content-Type: text/plain\n\ninnerst\n"


HOSTILE = {
    "empty": (b"", "no_letter"),
    "no header": (b"\n" * 1000, "no_letter"),
    "line feeds": (b"Subject: x\n\n" + b"\n" * 25_000_000, "too_deep"),
    "deep": (nested(150), "too_deep"),
    "deeper": (nested(5000), "too_deep"),
    "letters in letters": (b"Content-Type: message/rfc822\n\n" * 150, ""),
    "too many parts": (b"Content-Type: multipart/mixed\n" * 300, "too_deep"),
    "long field": (b"Content-Type: " + b";a=b" * 200_000 + b"\n\nx", "unreadable"),
    "quotes": (b"Content-Type: " + b';a="' * 200_000 + b"\n\nx", "unreadable"),
    "many fields": (b"A: b\n" * 3_000_000 + b"\nx", "unreadable"),
    "comments": (b"From: " + b"(" * 100_000 + b"\n\nx", "unreadable"),
    "date": (b"Subject: a\nDate: " + b"9" * 5000 + b"\n\nx", ""),
    "base64": (
        b"Subject: a\nContent-Transfer-Encoding: base64\n\n" + b"A" * 9_000_001,
        "too_large",
    ),
    "punycode": (b"Content-Type: text/plain; charset=punycode\n\na-" + b"b" * 50_000, ""),
    "escapes": (b"Content-Type: text/plain; charset=unicode_escape\n\n\\ud800", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_letter_hangs_or_breaks_the_reader(name: str) -> None:
    data, problem = HOSTILE[name]
    began = time.process_time()
    found = read_letter(data)
    assert time.process_time() - began < 5
    assert found.problem == problem
    found.text.encode()
    found.title.encode()


def test_there_are_only_so_many_files() -> None:
    made = message()
    for number in range(60):
        made.add_attachment(b"x", maintype="image", subtype="png", filename=f"{number}.png")
    found = read_letter(made.as_bytes())
    assert (len(found.enclosures), found.problem) == (module.MAX_FILES - 1, "too_many")


def test_a_letter_that_is_too_large_is_not_parsed() -> None:
    assert read_letter(b"Subject: x\n\n" + b"x" * module.MAX_BYTES).problem == "too_large"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600), st.sampled_from([b"", b"Content-Type: ", b"From: ", b"Subject: "]))
def test_any_bytes_give_an_answer(data: bytes, head: bytes) -> None:
    found = read_letter(head + data)
    found.text.encode()
    assert all(len(one.name) <= 150 for one in found.enclosures)
