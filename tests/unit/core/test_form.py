"""One canonical form, there and back; every fault is named and nothing of the content is."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from archiver.core.canonical import decode_object, encode
from archiver.core.form import as_json, digest, parse
from archiver.errors import DocumentInvalid, NotCanonical
from retention.core.certificate import Certificate
from retention.core.description import Description
from retention.core.petition import Petition
from tests.unit.retention.examples import CERTIFICATE, DESCRIPTION, PETITION


def test_each_kind_of_document_comes_back_as_it_was() -> None:
    assert parse(Certificate, as_json(CERTIFICATE)) == CERTIFICATE
    assert parse(Petition, as_json(PETITION)) == PETITION
    assert parse(Description, as_json(DESCRIPTION)) == DESCRIPTION


def test_the_form_is_canonical_and_leaves_out_what_is_not() -> None:
    data = as_json(CERTIFICATE)
    written = decode_object(data)
    assert encode(written) == data
    assert json.loads(data)["steps"] == {
        "backups_rolled_on": "2026-12-23",
        "bytes_removed_at": CERTIFICATE.steps.bytes_removed_at,
        "keys_destroyed_at": CERTIFICATE.steps.keys_destroyed_at,
    }
    assert "in_force_to" not in json.loads(data)["decisions"][0]
    assert digest(CERTIFICATE) == sha256(data).hexdigest()


def test_a_second_spelling_or_what_is_not_known_is_refused() -> None:
    written = dict(decode_object(as_json(CERTIFICATE)))
    for data in (
        json.dumps(written).encode(),
        encode({**written, "added": 1}),
        encode({**written, "system": written["system"], "stamps": [], "continuing": False})[:-1]
        + b" }",
    ):
        with pytest.raises(NotCanonical):
            parse(Certificate, data)


@pytest.mark.parametrize(
    ("member", "value", "named"),
    [
        ("issued_at", "2026-11-23", "issued_at"),
        ("issued_at", True, "issued_at"),
        ("decisions", [{"number": "Hemlig 4711"}], "decisions.0.on"),
        ("method", {"keys_accepted": 1}, "method.keys_accepted"),
        ("ranges", [{"first": "Hemlig 4711", "last": 2}], "ranges.0.first"),
    ],
)
def test_what_is_of_the_wrong_type_is_named_and_not_quoted(
    member: str, value: object, named: str
) -> None:
    written = {**json.loads(as_json(CERTIFICATE)), member: value}
    with pytest.raises(DocumentInvalid, match=named) as raised:
        parse(Certificate, encode(written))
    assert "Hemlig" not in str(raised.value)


def test_what_is_missing_is_named() -> None:
    written = json.loads(as_json(CERTIFICATE))
    del written["merkle_root"], written["number"]
    with pytest.raises(DocumentInvalid, match=r"number: .*; merkle_root: "):
        parse(Certificate, encode(written))
    with pytest.raises(DocumentInvalid):
        parse(Certificate, b"not json")


def test_what_has_faults_is_not_written() -> None:
    with pytest.raises(DocumentInvalid, match="number: empty"):
        as_json(replace(CERTIFICATE, number=" "))


def test_many_faults_are_counted_not_listed() -> None:
    many = replace(CERTIFICATE, ranges=tuple(reversed(CERTIFICATE.ranges)) * 20)
    with pytest.raises(DocumentInvalid, match=r"\(and \d+ more\)"):
        as_json(many)
