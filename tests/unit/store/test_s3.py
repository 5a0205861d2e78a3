"""What the store's settings may be, and that nothing of them is told. What S3 does with what we
send is tested against a real one (tests/contract, tests/servers)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from archiver.clock import SystemClock
from archiver.config import Settings
from archiver.errors import ConfigError, NotFound, StoreUnavailable
from archiver.store.place import StorePlace
from archiver.store.s3 import Access, BucketAddress, clients, explained

SECRETS = {"S3_ACCESS_KEY": "nyckel", "S3_SECRET_KEY": "h3mligt"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://arkiv", ("arkiv", "")),
        ("s3://arkiv/", ("arkiv", "")),
        ("s3://arkiv.testkoping/hem/1/", ("arkiv.testkoping", "hem/1/")),
    ],
)
def test_a_buckets_address(url: str, expected: tuple[str, str]) -> None:
    assert BucketAddress.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "arkiv",
        "https://arkiv",
        "s3://",
        "s3://AB",
        "s3://a",
        "s3://arkiv/a//b",
        "s3://arkiv/../x",
        "s3://nyckel:h3mligt@arkiv",
        "s3://arkiv/å",
        "s3://arkiv?x=1",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BucketAddress.parse(url)
    assert "h3mligt" not in str(caught.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://s3.testkoping.example",
        "https://nyckel:h3mligt@s3.testkoping.example",
        "s3.example",
        "ftp://127.0.0.1",
        "https://",
    ],
)
def test_endpoints_that_secrets_are_not_sent_to(endpoint: str) -> None:
    access = Access(endpoint=endpoint, region="", access_key="nyckel", secret_key="h3mligt")
    with pytest.raises(ConfigError) as caught:
        clients(access)
    assert "h3mligt" not in f"{caught.value}{access!r}{access}"


def _place(secrets: dict[str, str] | None = None, **settings: str) -> StorePlace:
    made = Settings.model_validate(settings)
    given = SECRETS if secrets is None else secrets
    return StorePlace(made, lambda name: given.get(name, ""), SystemClock())


def test_a_home_without_a_store() -> None:
    place = _place()
    assert (place.is_set, place.hosts()) == (False, [])
    with pytest.raises(ConfigError, match="no store"):
        place.opened()


def test_a_store_with_one_bucket_and_with_two() -> None:
    where = {"store": "s3://arkiv/hem", "store_endpoint": "https://s3.testkoping.example:8333"}
    place = _place(**where)
    assert place.is_set
    assert place.opened().keys is None
    assert place.hosts() == ["https://s3.testkoping.example:8333 (store)"]
    both = {**SECRETS, "S3_KEYS_ACCESS_KEY": "annan", "S3_KEYS_SECRET_KEY": "h3mlig2"}
    assert _place(both, **where, store_keys="s3://nycklar").opened().keys
    assert _place(store="s3://arkiv").hosts() == ["https://amazonaws.com (store)"]


@pytest.mark.parametrize(
    ("secrets", "settings", "said"),
    [
        ({}, {"store": "s3://arkiv"}, "credentials"),
        (SECRETS, {"store": "arkiv"}, "s3://BUCKET"),
        (SECRETS, {"store": "s3://arkiv", "store_keys": "s3://nycklar"}, "credentials"),
        (SECRETS, {"store": "s3://arkiv/a", "store_keys": "s3://arkiv/b"}, "another bucket"),
    ],
)
def test_what_is_missing_is_said(
    secrets: dict[str, str], settings: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        _place(secrets, **settings).opened()


def test_errors_say_what_to_do_and_nothing_of_the_place() -> None:
    answer = {
        "Error": {"Code": "SignatureDoesNotMatch", "Message": "nyckel h3mligt s3.example"},
        "ResponseMetadata": {"HTTPStatusCode": 403},
    }
    with pytest.raises(StoreUnavailable) as caught, explained("packs/1-0.pack"):
        raise ClientError(answer, "PutObject")  # type: ignore[arg-type]
    assert "DIARKIV_S3_SECRET_KEY" in caught.value.remedy
    with pytest.raises(StoreUnavailable) as away, explained("packs/1-0.pack"):
        raise EndpointConnectionError(endpoint_url="https://nyckel:h3mligt@s3.example")
    strange = {"Error": {"Code": "s3.example says h3mligt"}}
    with pytest.raises(StoreUnavailable) as other, explained("packs/1-0.pack"):
        raise ClientError(strange, "PutObject")  # type: ignore[arg-type]
    with pytest.raises(NotFound), explained("packs/1-0.pack"):
        raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
    for one in (caught, away, other):
        assert one.value.__cause__ is None
        assert "packs/1-0.pack" in one.value.message
        assert "h3mligt" not in str(one.value)
        assert "s3.example" not in str(one.value)
