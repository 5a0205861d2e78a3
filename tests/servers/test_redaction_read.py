"""Redaction with a real reader of letters: what was hidden cannot be read, what is left can."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pypdf
import pytest
import typst
from PIL import Image, ImageDraw, ImageFont

from gdpr.core.mask import ImageBox, PageBox
from gdpr.detector import detector
from gdpr.leak import Output, Secret, check
from gdpr.masks.pictures import found_in
from gdpr.redaction import Redacted, Word, measure, page_image, reads, redact, words
from tests.unit.gdpr.redaction.received import SECRETS, everything

PDF, PNG = "application/pdf", "image/png"
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not reads(), reason="tesseract with Swedish is not installed"),
]
LETTER = """#set page(width: 360pt, height: 240pt)
#set text(size: 13pt)
Till Miljönämnden i Testköping.

Jag heter Barbro Påhittad och nås på 070-174 06 05.

Bron vid ån är trasig sedan april."""


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("letter") / "letter.typ"
    path.write_text(LETTER, "utf-8")
    return bytes(typst.compile(path))


@pytest.fixture(scope="module")
def masked(letter: bytes) -> Redacted:
    some = found_in(detector(2026), letter, PDF, 0, measure(letter, PDF))
    boxes = [one.target for one in some if isinstance(one.target, PageBox)]
    return redact(letter, PDF, boxes)


def test_a_letter_is_masked_by_what_recognisers_find(letter: bytes, masked: Redacted) -> None:
    for hidden in ("Barbro", "Påhittad", "070-174", "06 05"):
        assert hidden not in masked.text
    assert "Bron vid ån är trasig" in masked.text
    assert masked.unread == ()
    assert redact(letter, PDF, []).text.count("Påhittad") == 1


def test_the_text_of_the_new_file_is_what_was_read_from_its_pixels(masked: Redacted) -> None:
    text = pypdf.PdfReader(io.BytesIO(masked.content)).pages[0].extract_text()
    assert "Bron vid ån är trasig" in re.sub(r"\s+", " ", text)
    assert "Påhittad" not in text
    with pikepdf.open(io.BytesIO(masked.content)) as pdf:
        assert "/F0" in pdf.pages[0].obj.Resources.Font
    again = {word.text: word for word in words(masked.content, PDF, read=False)}
    assert again["trasig"].box.height > 500  # type: ignore[union-attr]


def test_text_that_nobody_drew_does_not_cover_the_picture(masked: Redacted) -> None:
    image = Image.open(io.BytesIO(page_image(masked.content, PDF, dpi=200)))
    with pikepdf.open(io.BytesIO(masked.content)) as pdf:
        drawn = pikepdf.PdfImage(pdf.pages[0].obj.Resources.XObject.P).as_pil_image()
    assert image.convert("L").tobytes() == drawn.convert("L").tobytes()


def test_what_is_seen_is_found_where_the_file_tells_another_word() -> None:
    told = [word for word in words(everything(), PDF, read=False) if word.text == "Kodask"]
    assert told, "the file tells a word that is not seen"
    seen = [word for word in words(everything(), PDF) if word.seen]
    assert not any(word.text == "Kodask" for word in seen)


def sign(lines: Sequence[str]) -> bytes:
    """A photograph of a notice, as far as a program can take one."""
    image = Image.new("RGB", (900, 400), (240, 238, 225))
    draw = ImageDraw.Draw(image)
    for at, line in enumerate(lines):
        draw.text((40, 40 + 90 * at), line, (30, 30, 60), font=ImageFont.load_default(48))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_picture_is_masked_by_the_words_read_from_it() -> None:
    content = sign(["Ring Barbro Testsson", "070-174 06 05", "Cykel till salu"])
    read: list[Word] = words(content, PNG)
    assert {"Barbro", "Cykel"} <= {word.text for word in read}
    hidden = [w.box for w in read if re.search(r"Barbro|Testsson|\d", w.text)]
    assert all(isinstance(box, ImageBox) for box in hidden)
    made = redact(content, PNG, [box for box in hidden if not isinstance(box, PageBox)])
    assert "Cykel" in made.text
    assert not re.search(r"Barbro|Testsson|070|174", made.text)


def test_a_page_that_is_only_a_picture_is_read_too(tmp_path: Path) -> None:
    out = io.BytesIO()
    image = Image.open(io.BytesIO(sign(["Barbro Testsson", "Storgatan 1"])))
    image.save(out, "PDF", resolution=150)
    read = words(out.getvalue(), PDF)
    assert all(word.seen for word in read)
    box = next(word.box for word in read if word.text == "Testsson")
    assert "Testsson" not in redact(out.getvalue(), PDF, [box]).text


def test_the_leak_check_finds_every_secret_before_and_none_after() -> None:
    source = everything()
    seen = (PageBox(0, 0, 2000, 3000, 8000, 1600), PageBox(0, 0, 2000, 6000, 8000, 1600))
    secrets = [Secret(value, ref) for ref, value in SECRETS.items()]
    assert {one.ref for one in check([Output("in.pdf", source)], secrets)} == set(SECRETS)
    assert check([Output("ut.pdf", redact(source, PDF, seen).content)], secrets) == []
