from __future__ import annotations

import json
from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st

from archiver.core.connector import Credential
from archiver.core.exchange import Redaction
from archiver.harvest.masking import MASK, Masker, RawExchange, spellings

SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), min_size=5)
HEADERS = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=80)), max_size=4)


def unmasked(stored: bytes, redactions: list[Redaction], part: str) -> list[bytes]:
    """What is left between the masks of one part."""
    pieces, done = [], 0
    for redaction in redactions:
        if redaction.part == part:
            assert stored[redaction.offset :][: redaction.length] == MASK
            pieces.append(stored[done : redaction.offset])
            done = redaction.offset + redaction.length
    return [*pieces, stored[done:]]


def in_order(pieces: list[bytes], original: bytes) -> bool:
    """Whether `original` is those pieces with something between them."""
    at = 0
    for piece in pieces:
        at = original.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return original.startswith(pieces[0]) and original.endswith(pieces[-1])


@given(SECRETS, st.binary(max_size=50), st.binary(max_size=50), st.data())
def test_no_spelling_survives_and_all_else_does(
    secret: str, before: bytes, after: bytes, data: st.DataObject
) -> None:
    masker = Masker(Credential(user="u", secret=secret))
    form = data.draw(st.sampled_from(sorted(spellings(secret))))
    body = before + form + after
    raw = RawExchange(url=b"http://x/", template=b"/", request_headers=[], body=body)
    masked = masker.mask(raw)
    assert form not in b"".join(masked.body.split(MASK)) or form in MASK
    assert in_order(unmasked(masked.body, masked.redactions, "body"), body)
    assert masked.redactions


@given(SECRETS)
def test_the_usual_ways_to_echo_a_secret_are_known(secret: str) -> None:
    known = set(spellings(secret))
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
        assert form.encode() in known or form.strip().encode() in known


@given(st.binary(max_size=200), HEADERS, HEADERS, st.binary(max_size=100), st.booleans())
def test_anything_can_be_masked_and_nothing_known_means_the_body_is_untouched(
    url: bytes,
    asked: list[tuple[bytes, bytes]],
    said: list[tuple[bytes, bytes]],
    body: bytes,
    truncated: bool,
) -> None:
    raw = RawExchange(
        url=url,
        template=b"/",
        request_headers=asked,
        response_headers=said,
        body=body,
        truncated=truncated,
    )
    masker = Masker()
    masker.learn(url, asked)
    masker.mask(raw)
    assert (
        Masker().mask(RawExchange(url=b"", template=b"", request_headers=[], body=body)).body
        == body
    )


@given(st.text("abc%&=?;#", max_size=30), st.text("xyz0123456789", min_size=1, max_size=20))
def test_a_token_parameter_is_masked_wherever_it_stands(noise: str, token: str) -> None:
    for separator in "?&;#":
        for url in (
            f"http://h/p{noise}{separator}ToKeN={token}",
            f"http://h/p{noise}{separator}t%6Fken={token}&a={noise}",
            f"http://h/{noise}{separator}u=" + quote(f"http://i/?token={token}&q={noise}", safe=""),
        ):
            raw = RawExchange(url=url.encode(), template=b"", request_headers=[])
            assert token not in unquote(Masker().mask(raw).url).replace(noise, "")


PAGED = (
    r'{"data":[],"paging":{"next":"https:\/\/g.example\/1?access_token=%s&after=QV"}}',
    '{"paging": {"previous": "https://g.example/1?limit=1&access_token=%s"}}',
    r'{"paging":{"next":"https://g.example/1?limit=1\u0026access_token=%s\u0026after=QV"}}',
)


@given(st.sampled_from(PAGED), st.text("xyzXYZ0123456789_-", min_size=1, max_size=40))
def test_any_token_in_the_address_of_a_next_page_is_masked(body: str, token: str) -> None:
    given_ = (body % token).encode()
    raw = RawExchange(url=b"http://x/", template=b"/", request_headers=[], body=given_)
    masked = Masker().mask(raw)
    assert masked.body == (body % MASK.decode()).encode()
    assert unmasked(masked.body, masked.redactions, "body") == (body.encode()).split(b"%s")


def test_what_somebody_wrote_of_a_token_stays() -> None:
    said = json.dumps({"message": '"next":"https://g.example/?access_token=abc123" är mitt'})
    raw = RawExchange(url=b"http://x/", template=b"/", request_headers=[], body=said.encode())
    assert Masker().mask(raw).body == said.encode()


def test_secrets_do_not_show_in_repr() -> None:
    assert "hunter2hunter2" not in repr(Masker(secrets=["hunter2hunter2"]))
