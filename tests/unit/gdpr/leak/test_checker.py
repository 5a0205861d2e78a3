"""What counts as a masked value and what does not; suspects, waivers, and what cannot be read."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence

import pytest

from gdpr.core.span import Label, Span
from gdpr.leak import Kind, Leak, Output, Secret, check, suspect
from gdpr.leak.piece import Gathered, Limits
from gdpr.leak.reader import read
from tests.unit.gdpr.leak.made import here

NOTHING = ""


def found(value: str, text: str) -> str:
    """The kind of the one leak there is; "" if there is none."""
    kinds = {
        leak.kind.value
        for leak in check([Output("ut", text.encode())], [Secret(value, "m")], reader=here)
    }
    assert len(kinds) <= 1
    return "".join(kinds)


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        # A lone short name counts where it stands alone.
        ("Ek", "Bo Ek skrev", "value"),
        ("Ek", "Eks brev, och mer", "value"),
        ("Ek", "EK, BO", "value"),
        ("Ek", "#BoEk", "value"),
        ("Ek", "Ek\u00ad", "value"),
        ("Ek", "Ekorren Eken i Eksjö, teknik och trek", NOTHING),
        ("Ek", "e k", NOTHING),
        ("Ek", "RWsK", NOTHING),
        # In small letters only, it may be a word.
        ("Ek", "möbler i ek", "suspect"),
        ("Sten", "en sten", "suspect"),
        ("sten", "en sten", "value"),
        ("Björn", "björnar och Björnlunda", NOTHING),
        ("Pär", "https://sida.example/par-skriver", "suspect"),
        ("Pär", "ett par skor", NOTHING),
        # Longer ones count anywhere.
        ("Lindberg", "familjenlindberg85@example.se", "value"),
        ("Öhlander", "ohlander", "value"),
        ("Åsa Öberg", "Öberg, Åsa", "value"),
        ("Åsa Öberg", "aasa_oeberg", "value"),
        ("Åsa Öberg", "Å s a  Ö b e r g", "value"),
        ("Åsa Öberg", "Åsa och Öberg", NOTHING),
        ("Bo Ek", "Jobo ekade", NOTHING),
        ("Bo Ek", "@boek", "value"),
        # Numbers, however they are written.
        ("19850101-9802", "850101+9802", "value"),
        ("850101-9802", "198501019802", "value"),
        ("070-174 06 05", "+46 (0)70 174 06 05", "value"),
        ("070-174 06 05", "0046701740605", "value"),
        ("+46701740605", "070-1740605", "value"),
        ("12 34 56", "nr 123456", "value"),
        ("12 34 56", "91234567", NOTHING),
        ("12", "sidan 12", "suspect"),
        ("12", "sidan 112", NOTHING),
        # A part of a long text may be chance.
        (
            "Jag bor granne med skolan och vill att bullret upphör nu",
            "… granne med skolan och vill att …",
            "suspect",
        ),
        ("Jag bor granne med skolan och vill att bullret upphör nu", "vill att det", NOTHING),
        ("🙂🙃", "hej 🙂🙃", "value"),
        ("  ", "hej  hej", NOTHING),
    ],
)
def test_what_counts(value: str, text: str, kind: str) -> None:
    assert found(value, text) == kind


def persons(text: str) -> Sequence[Span]:
    at = text.find("Siv")
    span = (
        Span(start=at, end=at + 3, label=Label.PERSON, score=1, source="fake/1", reason="a name")
        if at >= 0
        else None
    )
    mine = text.find("[NAMN-")
    ours = (
        Span(
            start=mine + 1,
            end=mine + 5,
            label=Label.PERSON,
            score=1,
            source="fake/1",
            reason="a name",
        )
        if mine >= 0
        else None
    )
    return [one for one in (span, ours) if one]


def suspects(text: str, *waived: str, key: bytes = b"k" * 32) -> list[Leak]:
    output = Output("ut.txt", text.encode())
    return check([output], [Secret("Bo Ek", "m")], suspects=persons, waived=waived, key=key)


def test_a_suspect_is_waived_by_its_digest_under_the_same_key() -> None:
    (leak,) = suspects("hej\nSiv och [NAMN-7f3a]")
    assert leak == Leak("ut.txt", "text, line 2", Kind.SUSPECT, "PERSON", leak.digest)
    assert suspects("Siv igen", leak.digest) == []
    assert leak.digest == suspect(b"k" * 32, "PERSON", "siv")
    (other,) = suspects("Siv", leak.digest, key=b"l" * 32)
    assert other.digest != leak.digest
    assert suspects("[NAMN-7f3a] skrev") == []


def test_a_masked_value_is_never_waived() -> None:
    (leak,) = suspects("Bo Ek")
    assert (leak.kind, leak.digest) == (Kind.VALUE, "")
    assert suspects("Bo Ek", "") == [leak]


def test_a_word_like_a_name_is_waived_once_for_all_files() -> None:
    outputs = [Output("a", b"av ek"), Output("b", b"ek i parken")]
    secrets = [Secret("Ek", "mask 3")]
    digests = {leak.digest for leak in check(outputs, secrets)}
    assert len(digests) == 1
    assert check(outputs, secrets, waived=digests) == []


def unread(content: bytes) -> list[tuple[str, str]]:
    leaks = check([Output("ut", content)], [], reader=here)
    assert all(leak.kind is Kind.UNREADABLE for leak in leaks)
    return [(leak.place, leak.ref) for leak in leaks]


def locked_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "hej")
    content = bytearray(made.getvalue())
    content[6] |= 1
    content[content.find(b"PK\1\2") + 8] |= 1
    return bytes(content)


def locked_pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Root 1 0 R/Encrypt 2 0 R>>\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (locked_zip(), ("member 1, content", "locked by a password")),
        (locked_pdf(), ("PDF", "locked by a password")),
        (b"7z\xbc\xaf\x27\x1c" + bytes(range(200)), ("file", "of a kind that is not known")),
        (b"PK\3\4torn", ("", "a broken zip")),
        (b"\x1f\x8b\x08torn", ("content", "cannot be unpacked")),
        (gzip.compress(b"hej" * 99, mtime=0)[:24], ("content", "torn")),
        (b"\x89PNG\r\n\x1a\ntorn", ("picture", "a broken picture")),
        (b"%PDF-1.7\ntorn", ("PDF", "does not open")),
    ],
)
def test_what_cannot_be_read_stops_the_release(content: bytes, reason: tuple[str, str]) -> None:
    assert reason in unread(content)


def test_a_person_may_answer_for_a_recording_and_for_nothing_else_unread() -> None:
    film = Output("film.mp4", b"\0\0\0\x18ftypisom" + bytes(range(256)) * 4)
    (leak,) = check([film], [], reader=here, key=b"k")
    assert (leak.place, leak.ref) == ("file", "sound or film")
    assert check([film], [], reader=here, key=b"k", waived=[leak.digest]) == []
    other = film._replace(content=film.content + b"\0\1\2\3")
    assert check([other], [], reader=here, key=b"k", waived=[leak.digest])


SMALL = Limits(content=9_000_000, unfolded=3_000_000, depth=3, parts=50, ratio=100)


def small(_name: str, content: bytes) -> Gathered:
    return read("ut", content, SMALL)


def test_bombs_are_contained() -> None:
    inner = b"hej"
    for _ in range(9):
        inner = gzip.compress(inner, mtime=0)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(60):
            archive.writestr(f"{number}.txt", "hej")
    large = b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode/Length 9>>stream\n"
    large += zlib.compress(bytes(5_000_000)) + b"\nendstream\nendobj"
    for content, word in (
        (gzip.compress(bytes(5_000_000)), "unfolds"),
        (large, "unfolds"),
        (inner, "within each other"),
        (many.getvalue(), "parts"),
        (b"x" * 9_000_001, "larger than"),
        (b"[" * 100_000, ""),
    ):
        leaks = check([Output("ut", content)], [], reader=small)
        assert [leak.kind for leak in leaks] == [Kind.UNREADABLE] * bool(word)
        assert all(word in leak.ref for leak in leaks)


def test_nothing_said_repeats_the_value() -> None:
    secret = Secret("Josefin Fröberg", "mask 17")
    text = '{"Josefin Fröberg": {"josefin_froberg": "Josefin Fröberg"}}'
    leaks = check([Output("Josefin Fröberg.json", text.encode())], [secret])
    assert leaks
    said = f"{leaks} {secret!r} {Output('Josefin', b'Josefin')!r}".casefold()
    assert "josefin" not in said
    assert "fröberg" not in said


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        ("Hej Josefin Frkberg då", Kind.SUSPECT),
        ("Hej Josefin Froberg då", Kind.VALUE),
        ("Josefin Frdberq", Kind.SUSPECT),
        ("Josef Nyberg", None),
        ("850101-9B02", Kind.SUSPECT),
        ("850711-2234", None),
    ],
)
def test_pixels_are_read_with_a_letter_wrong(seen: str, kind: Kind | None) -> None:
    def reads(_name: str, _content: bytes) -> Gathered:
        into = Gathered(Limits())
        into.text("pixels", seen, seen=True)
        return into

    secrets = [Secret("Josefin Fröberg", "m"), Secret("19850101-9802", "m"), Secret("Ek", "m")]
    found = {leak.kind for leak in check([Output("a.png", b"")], secrets, reader=reads)}
    assert found == ({kind} if kind else set())
