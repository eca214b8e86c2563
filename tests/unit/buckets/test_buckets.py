from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, ServerDisconnectedError

from batch_transcriber.buckets.address import Address, is_bucket, normal
from batch_transcriber.buckets.objects import Stored
from batch_transcriber.buckets.place import BucketPath, is_in_bucket, place_of
from batch_transcriber.buckets.trouble import NoRightError, Verb, translated
from batch_transcriber.errors import FatalError, PermanentError, RetryableError

ADDRESS = Address("s3", "bucket", "a b/c?.mp3")


class InvalidRegionError(ValueError):
    """Stands for the one of S3's library, which goes by its name."""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("s3://b/a", True), ("GS://b", True), ("https://b/a", False), ("a/s3:/b", False), ("s3:/b", False)],
)
def test_an_address_is_told_by_its_scheme(text: str, is_one: bool) -> None:  # noqa: FBT001 - a table's
    assert is_bucket(text) is is_one


def test_a_key_is_what_the_store_has_with_nothing_escaped() -> None:
    assert Address.parse("s3://bucket/a b/c?.mp3") == ADDRESS
    assert str(ADDRESS) == "s3://bucket/a b/c?.mp3"
    assert str(Address.parse("s3://bucket//a//b/")) == "s3://bucket//a//b/"


@pytest.mark.parametrize(
    ("typed", "address"),
    [("S3://b/K", "s3://b/K"), ("s3a://b/k", "s3://b/k"), ("gcs://b", "gs://b"), ("abfss://b/k", "az://b/k")],
)
def test_an_address_has_one_form_whatever_its_scheme_is_called(typed: str, address: str) -> None:
    assert normal(typed) == address
    assert str(place_of(typed)) == address


@pytest.mark.parametrize("text", ["s3://", "s3:///a", "ftp://b/a"])
def test_what_is_no_address_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"bucket"):
        Address.parse(text)


def test_the_state_of_an_object_is_its_size_its_second_and_its_etag() -> None:
    at = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    listed = Stored.of("a", {"Size": 5, "LastModified": at, "ETag": '"tag"'})
    looked_at = Stored.of(
        "a", {"ContentLength": 5, "LastModified": at.replace(microsecond=7), "ETag": '"tag"'}
    )
    assert listed == looked_at
    assert listed.stamp_ns // 10**9 == at.timestamp()
    assert Stored.of("a", {"Size": 5, "LastModified": at, "ETag": '"other"'}) != listed
    assert Stored.of("a", {"size": 5, "mtime": at.timestamp()}).stamp_ns == int(at.timestamp()) * 10**9
    assert Stored.of("a", {"size": 5, "updated": "2026-11-22T12:00:00Z"}).stamp_ns // 10**9 == at.timestamp()


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (PermissionError("Access Denied"), NoRightError, "no right to list it (Access Denied)"),
        (FileNotFoundError("The bucket is there"), FileNotFoundError, "is there"),
        (OSError(errno.EBUSY, "Slow down"), RetryableError, "could not list it (Slow down)"),
        (TimeoutError(), RetryableError, "cannot be reached"),
        (ClientPayloadError("Response payload is not completed"), RetryableError, "cannot be reached"),
        (ServerDisconnectedError(), RetryableError, "cannot be reached"),
        (InvalidRegionError("'a b' is no region"), PermanentError, "AWS_DEFAULT_REGION"),
        (ValueError("Invalid endpoint: nonsense"), PermanentError, "AWS_ENDPOINT_URL"),
        (OSError(22, "see https://h/a?X-Amz-Signature=1"), PermanentError, "refuses to list it (see)"),
    ],
)
def test_what_a_store_raises_is_one_of_our_errors(error: Exception, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as raised, translated(Verb.LIST, ADDRESS):
        raise error
    assert said in str(raised.value)


def test_a_place_in_a_bucket_is_a_path_whose_text_is_its_address() -> None:
    out = place_of(Path("s3://bucket/texts/"))
    assert is_in_bucket(out)
    path = out / "a/b.txt"
    assert isinstance(path, BucketPath)
    assert (str(out), str(path)) == ("s3://bucket/texts", "s3://bucket/texts/a/b.txt")
    assert path.relative_to(out).as_posix() == "a/b.txt"
    assert (out / "s3:/x:/b.txt").relative_to(out).as_posix() == "s3:/x:/b.txt"
    with pytest.raises(ValueError, match="not below"):
        place_of("s3://bucket/texts-too/b.txt").relative_to(out)
    assert path.address == Address("s3", "bucket", "texts/a/b.txt")
    assert place_of(out) == out.absolute() == out
    assert not is_in_bucket(place_of("texts/s3:/x"))
    with pytest.raises(FatalError, match="names no bucket"):
        place_of(Path("s3://"))
