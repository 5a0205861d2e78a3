"""A masked value in letters that only look like its own, turned, unseen or written out is found,
and the same disguise over anything else passes; surnames alone, and short numbers of platforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from gdpr.leak import Kind, Leak, Output, Secret, check
from tests.unit.gdpr.leak.made import here

NAME, OTHER = "Josefin Fröberg", "Vita Tallåsens skidspår"
SMALL = dict(zip(map(ord, "abcdefghijklmnoprstuvwyz"), "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", strict=True))


def shifted(text: str, first: int, *, to: int) -> str:
    """Its ASCII letters, as capitals, in an alphabet that begins at `to`."""
    return "".join(
        chr(to + ord(one.upper()) - first) if one.isascii() and one.isalpha() else one
        for one in text
    )


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "tags between": lambda text: "\U000e0041".join(text),
    "variation selectors": lambda text: "\ufe0f".join(text),
    "more of them": lambda text: "\U000e0101".join(text),
    "small capitals": lambda text: text.lower().translate(SMALL),
    "squares": lambda text: shifted(text, 65, to=0x1F170),
    "circles": lambda text: shifted(text, 65, to=0x1F150),
    "flags": lambda text: shifted(text, 65, to=0x1F1E6),
    "struck out": lambda text: "\u0336".join(text) + "\u0336",
    "turned by RLO": lambda text: f"\u202e{text[::-1]}\u202c",
    "turned, to the end": lambda text: f"\u202e{text[::-1]}",
    "turned by RLI": lambda text: f"\u2067{text[::-1]}\u2069",
    "marks of direction": lambda text: "\u200e\u2066".join(text),
}


def found(text: str, *secrets: Secret, waived: tuple[str, ...] = ()) -> list[Leak]:
    return check(
        [Output("ut.txt", text.encode())], secrets, reader=here, key=b"k" * 32, waived=waived
    )


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_value_is_found_and_its_good_twin_passes(disguise: str) -> None:
    put_on, secret = DISGUISES[disguise], Secret(NAME, "mask 17", "name")
    (leak,) = found(f"Hej {put_on(NAME)}, då", secret)
    assert (leak.kind, leak.ref) == (Kind.VALUE, "mask 17")
    assert found(f"Hej {put_on(OTHER)}, då", secret) == []


def test_what_is_spelt_in_tags_alone_is_read() -> None:
    def tags(text: str) -> str:
        return "".join(chr(0xE0000 + ord(one)) for one in text)

    secret = Secret("Bo Ekman", "m", "name")
    assert [one.kind for one in found(f"Hej{tags('Bo Ekman')} då", secret)] == [Kind.VALUE]
    assert found(f"Hej{tags('gbeng')} då", secret) == []


WRITTEN = (
    "anna.ek@example.se",
    "anna.ek(at)example.se",
    "anna.ek [at] example.se",
    "Anna.Ek AT example.se",
    "anna.ek (snabel-a) example (punkt) se",
    "anna punkt ek snabela example punkt se",
    "anna(dot)ek(at)example(dot)se",
    "anna.ek (at)\r\n  example.se",
)


@pytest.mark.parametrize("planted", WRITTEN)
def test_an_address_is_found_however_it_is_written(planted: str) -> None:
    text = f"Skriv till {planted} före fredag."
    for masked in ("anna.ek@example.se", "anna.ek (at) example (punkt) se"):
        (leak,) = found(text, Secret(masked, "mask 3", "email"))
        assert (leak.kind, leak.ref) == (Kind.VALUE, "mask 3")
        assert found(text, Secret("bo.ek@example.se", "mask 4", "email")) == []
        assert found(f"bo.{text}", Secret("bo.ek@example.se", "mask 4", "email")) == []


@pytest.mark.parametrize(
    ("name", "text", "surname"),
    [
        ("Anna Lindgren", "grannen Lindgren klagar", True),
        ("Anna Lindgren", "Lindgrens häck", True),
        ("Anna Lindgren", "familjen lindgren", True),
        ("Lindgren, Anna", "LINDGREN", True),
        ("A. von Essen", "Essens brev", True),
        ("Åsa Öberg-Ström", "Öberg-Ström", True),
        ("Siv Ek-Al", "Ek-Als hus", True),
        ("Åsa Öberg", "https://sida.example/oberg/brev", True),
        ("Mehmet Yilmaz", "yilmaz sa nej", True),
        # A word of the language counts with its capital, and then a person says.
        ("Bo Ek", "herr Ek", True),
        ("Bo Ek", "möbler i ek", False),
        ("Bo Berg", "upp för ett berg", False),
        ("Siv Sten", "sten och grus", False),
        # Not as a part of another word, not a first name, and not of what is no name.
        ("Anna Lindgren", "Lindgrenska huset i Astridlindgrens värld", False),
        ("Anna Lindgren", "Anna svarade", False),
        ("Åsa Öberg", "oberg", False),
        ("Lindgren", "Lindgren-fri text utan Anna", None),
        ("Rum 12 Lindgren", "Lindgren", False),
    ],
)
def test_a_surname_alone_is_a_suspect(name: str, text: str, surname: bool | None) -> None:
    kinds = [one.kind for one in found(text, Secret(name, "mask 5", "name"))]
    assert kinds == ([Kind.VALUE] if surname is None else [Kind.SUSPECT] * surname)


def test_a_surname_is_answered_for_once_for_all_who_bear_it() -> None:
    secrets = Secret("Anna Lindgren", "mask 5", "name"), Secret("Bo Lindgren", "mask 6", "name")
    text = "Kommunalrådet Karin Lindgren svarar.\nLindgren är i Bergvik."
    leaks = found(text, *secrets)
    assert {one.ref for one in leaks} == {"mask 5", "mask 6"}
    (digest,) = {one.digest for one in leaks}
    assert found(text, *secrets, waived=(digest,)) == []
    # What was let pass is the surname, never the name.
    (leak,) = found(f"{text} Anna Lindgren", *secrets, waived=(digest,))
    assert (leak.kind, leak.ref) == (Kind.VALUE, "mask 5")


def test_only_what_is_known_to_be_a_name_has_a_surname() -> None:
    assert found("Kommunen ser över Storgatan.", Secret("Lilla Storgatan", "m", "address")) == []


@pytest.mark.parametrize(
    ("number", "category", "told"),
    [
        ("17", "url", False),
        ("1 7", "handle", False),
        ("4711", "name", False),
        # What a person masked for what it says, and numbers that single somebody out.
        ("17", "other", True),
        ("17", "", True),
        ("47110", "url", True),
        ("a17", "handle", True),
    ],
)
def test_a_short_number_of_a_platform_is_not_looked_for(
    number: str, category: str, told: bool
) -> None:
    text = "sidan 17, paragraf 4711, nr 47110 och a17"
    assert bool(found(text, Secret(number, "m", category))) == told
