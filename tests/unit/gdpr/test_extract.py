"""The extract: one's own data whole, others' masked, with nothing of them left."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gdpr.core.extract import Held, Subject, Wishes, extract, folded, left
from gdpr.core.recognizer import Mode
from gdpr.core.span import Span
from gdpr.detector import detector

ME = Subject(ids=("10001",), names=("Petra Zorkelby", "@petraz"))
OTHERS = ("Sten Kvastmo", "kvasten77", "20002")


def detect(text: str) -> Sequence[Span]:
    return detector(2026).detect(text, Mode.LEAK_CHECK)


def held(record: int = 4, **fields: object) -> Held:
    return Held(
        record=record,
        n=1,
        kind="comment",
        where="Testköpings kommun",
        platform="facebook",
        on="2026-03-02",
        captured_on="2026-03-03",
        state="visible",
        fields=fields,
    )


MINE = held(
    author_id="10001",
    author_name="Petra Zorkelby",
    text="Håller med Sten Kvastmo, ring 070-174 06 05 eller skriv @kvasten77. /Petra Zorkelby",
    url="https://plattform.example/p/1?c=9",
)
THEIRS = held(
    5,
    author_id="20002",
    author_name="Sten Kvastmo",
    author_url="https://plattform.example/kvasten77",
    url="https://plattform.example/kvasten77/inlagg/3",
    text="Petra Zorkelby har fel, säger Stens granne. Mejla sten@kvastmo.example",
    links=["https://kvastmo.example/"],
    attachments=[{"alt": "Sten Kvastmo på torget", "url": "https://x.example/1.jpg"}],
)


def test_ones_own_stays_and_others_go() -> None:
    made = extract([MINE, THEIRS], ME, OTHERS, detect)
    text = json.dumps(made.data, ensure_ascii=False)
    for secret in ("Kvastmo", "kvasten77", "20002", "sten@", "070-174", "x.example"):
        assert secret not in text, secret
    mine, theirs = made.rows
    assert mine["own"] is True
    assert (mine["author_name"], mine["author_id"]) == ("Petra Zorkelby", "10001")
    assert str(mine["text"]).endswith("/Petra Zorkelby")
    assert str(theirs["text"]).startswith("Petra Zorkelby har fel")
    assert theirs["own"] is False
    assert not {"author_name", "author_id", "author_url", "url"} & theirs.keys()
    assert theirs["links"] == 1
    assert sum(made.masks.values()) >= 5
    assert left(text, OTHERS, ME) == 0


def test_a_shared_name_is_not_the_same_person_where_ids_are_known() -> None:
    namesake = held(author_id="30003", author_name="Petra Zorkelby", text="Jag är en annan.")
    (row,) = extract([namesake], ME, (), detect).rows
    assert row["own"] is False
    (row,) = extract([namesake], Subject(names=("petra  zorkelby",)), (), detect).rows
    assert row["own"] is True
    by_handle = held(author_url="https://plattform.example/PetraZ/", text="Hej")
    assert Subject(names=("@petraz",)).is_author(by_handle.fields)


def test_an_official_shows_hides_and_withholds() -> None:
    wishes = Wishes(show=("070-174 06 05",), hide=("torget",), withheld={5: "OSL 21:3"})
    made = extract([MINE, THEIRS], ME, OTHERS, detect, wishes)
    assert "070-174 06 05" in str(made.rows[0]["text"])
    assert len(made.rows) == 1
    assert made.withheld == {"OSL 21:3": 1}
    (row,) = extract([held(text="Vi ses på torget")], ME, (), detect, wishes).rows
    assert row["text"] == "Vi ses på [maskat: annan]"


def test_an_address_that_names_somebody_is_left_out() -> None:
    slug = held(author_id="10001", url="https://nyheter.example/2026/sten-kvastmo-hyllas")
    assert "url" not in extract([slug], ME, OTHERS, detect).rows[0]
    assert extract([MINE], ME, (), lambda _text: ()).rows[0]["url"]


def test_what_is_left_is_counted() -> None:
    assert left("Kvar står sten\u00a0kvastmo här", OTHERS, ME) == 1
    assert left("Kvasten står i hörnet", OTHERS, ME) == 0
    assert left("Petra Zorkelby", ["Petra Zorkelby"], ME) == 0


@given(
    st.text("abcåäö S@.\n", max_size=60),
    st.sampled_from(["Sten Kvastmo", "sten  kvastmo", "Sten Kvastmos", "Kvasten77"]),
    st.text("abcåäö S@.\n", max_size=60),
)
def test_nobody_else_is_ever_left(before: str, name: str, after: str) -> None:
    one = held(author_id="10001", text=f"{before} {name} {after}")
    made = extract([one], ME, OTHERS, lambda _text: ())
    assert left(str(made.rows[0]["text"]), OTHERS, ME) == 0
    assert "kvast" not in str(made.rows[0]["text"]).casefold()
    again = extract([held(author_id="10001", text=made.rows[0]["text"])], ME, OTHERS, lambda _t: ())
    assert again.rows[0]["text"] == made.rows[0]["text"]


def test_folding() -> None:
    assert folded(" @Petra  Z ") == "petra z"
