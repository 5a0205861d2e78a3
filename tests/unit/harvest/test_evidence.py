"""Evidence: an answer sealed in parts can be put together again, and says what is not kept."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from archiver.core.connector import JsonLayout
from archiver.core.exchange import Exchange, Redaction
from archiver.core.skeleton import splice
from archiver.harvest.evidence import (
    Bundle,
    Elided,
    NewVersion,
    SameBytes,
    seal_capture,
    seal_exchange,
)
from archiver.harvest.segment import split
from archiver.store.seal import FrameKind, unseal
from tests.build import seeded

LAYOUT = JsonLayout(arrays=((),))
bodies = st.lists(
    st.dictionaries(st.text(max_size=4), st.text(max_size=8) | st.integers(), max_size=3),
    max_size=6,
)
fates = st.lists(st.sampled_from("nse"), min_size=6, max_size=6)


def exchange(body: bytes = b"[]", **fields: Any) -> Exchange:
    given_: dict[str, Any] = {
        "number": 3,
        "method": "GET",
        "url": "https://site.example/wp-json/wp/v2/comments/7?page=1",
        "template": "/wp/v2/comments/{id}",
        "status": 200,
        "request_headers": (("Accept", "*/*"),),
        "response_headers": (("ETag", '"a"'), ("X-Odd", "\x00\udcff")),
        "started_at": 1,
        "ended_at": 2,
    }
    return Exchange(body=body, **(given_ | fields))


def bundle_of(body: bytes, fate: str) -> tuple[Bundle, list[bytes]]:
    segments = split(body, LAYOUT)
    assert not segments.whole
    parts: list[NewVersion | SameBytes | Elided] = []
    for number, fragment in enumerate(segments.fragments):
        parts.append(
            {
                "n": NewVersion({"n": 1, "number": number}, fragment.data),
                "s": SameBytes(100 + number),
                "e": Elided(200 + number),
            }[fate[number]]
        )
    bundle = seal_capture(exchange(body), 5, segments, parts, collection="x", random=seeded(1))
    return bundle, [fragment.data for fragment in segments.fragments]


@given(bodies, fates)
def test_every_fragment_is_kept_once_or_said_not_to_be(rows: list[Any], fate: list[str]) -> None:
    body = json.dumps(rows, ensure_ascii=False).encode()
    bundle, fragments = bundle_of(body, "".join(fate))
    capture = unseal(bundle.capture.frame, bundle.capture.dek)
    holes: list[dict[str, int]] = capture.envelope["holes"]  # type: ignore[assignment]
    assert len(holes) == len(fragments)
    held = []
    for number, (hole, fragment) in enumerate(zip(holes, fragments, strict=True)):
        match next(iter(hole.items())):
            case ("n", distance):
                version = bundle.versions[distance - 1]
                assert version.envelope["capture"] == distance
                assert version.envelope["number"] == number
                assert unseal(version.frame, version.dek).raw == fragment
            case ("s", seq):
                assert seq == 100 + number
            case ("e", record):
                assert record == 200 + number
        held.append(fragment if "e" not in hole else b"")
    spliced = splice(capture.raw, held)
    assert (spliced == body) is (not any("e" in hole for hole in holes))
    assert len(bundle.versions) == sum("n" in hole for hole in holes)
    assert capture.envelope["whole"] is False
    assert "problem" not in capture.envelope


@given(bodies)
def test_a_skeleton_holds_nothing_of_its_items(rows: list[Any]) -> None:
    body = json.dumps([{"t": f"hemligt{n}"} for n, _ in enumerate(rows)]).encode()
    bundle, _ = bundle_of(body, "n" * 6)
    assert b"hemligt" not in bundle.capture.raw
    assert "hemligt" not in str(bundle.capture.envelope) + str(bundle.exchange.envelope)


def test_a_body_that_cannot_be_cut_is_kept_whole_with_its_reason() -> None:
    body = b'[{"id":1},{"id":'
    segments = split(body, LAYOUT)
    part = NewVersion({"n": 1}, segments.fragments[0].data)
    bundle = seal_capture(exchange(body), 5, segments, [part], collection="x", random=seeded(1))
    assert bundle.capture.raw == body
    assert bundle.capture.envelope["whole"] is True
    assert bundle.capture.envelope["problem"] == segments.problem != ""


def test_an_exchange_is_sealed_apart_with_its_digest() -> None:
    one = exchange(
        b"[1]", redactions=(Redaction(part="url", offset=1, length=2, reason="credential"),)
    )
    sealed = seal_exchange(one, 5, random=seeded(1))
    opened = unseal(sealed.frame, sealed.dek)
    assert opened.kind is FrameKind.EXCHANGE
    assert opened.raw == b""
    assert opened.envelope["digest"] == sha256(b"[1]").hexdigest()
    assert opened.envelope["length"] == 3
    assert opened.envelope["response_headers"] == [["ETag", '"a"'], ["X-Odd", "\u2400\ufffd"]]
    assert opened.envelope["redactions"] == [
        {"part": "url", "offset": 1, "length": 2, "reason": "credential"}
    ]


def test_an_answer_that_broke_off_is_not_sealed_as_if_it_were_whole() -> None:
    broken = exchange(b"[1", truncated=True, failure="cut-off", certificate="ab" * 32)
    envelope = seal_exchange(broken, 5, random=seeded(1)).envelope
    assert envelope["failure"] == "cut-off"
    assert envelope["truncated"] is True
    assert envelope["certificate"] == "ab" * 32
    whole = seal_exchange(exchange(), 5, random=seeded(1)).envelope
    assert not {"failure", "truncated", "certificate"} & set(whole)
