"""S3, and whatever speaks its protocol; credentials and endpoint are those that its library finds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import fsspec
from fsspec.config import conf

from batch_transcriber.buckets.objects import Stored
from batch_transcriber.buckets.store import Store, wait
from batch_transcriber.buckets.trouble import Verb, may_pass, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.buckets.address import Address


class S3Store(Store):
    """S3 by its own calls: paths of s3fs cannot tell `a//b` or `a?versionId=b` from other keys.

    Raises:
        ImportError: s3fs is not installed.
    """

    def __init__(self) -> None:
        configured: dict[str, Any] = dict(conf.get("s3", {}))
        options = configured.pop("config_kwargs", {})
        if not configured.get("anon"):
            # The older form of signatures opens no object that is encrypted with a key of KMS.
            options = {"signature_version": "s3v4", **options}
        self._options = {"use_listings_cache": False, "skip_instance_cache": True, "config_kwargs": options}
        self._fs: Any = fsspec.filesystem("s3", **self._options)
        self._signers: dict[str, Any] = {}  # by bucket
        self._signers_lock = asyncio.Lock()

    def objects(self, address: Address) -> Iterator[Stored]:
        """Yield the objects whose keys begin with that of an address; up to 1,000 are read at a time."""
        token: dict[str, str] = {}
        while True:
            reply = wait(self._page(address, token))
            for told in reply.get("Contents", ()):
                yield Stored.of(told["Key"], told)
            if not reply.get("IsTruncated"):
                return
            token = {"ContinuationToken": reply["NextContinuationToken"]}

    async def _page(self, address: Address, token: dict[str, str]) -> dict[str, Any]:
        return await self._call(
            Verb.LIST, "list_objects_v2", address, Bucket=address.bucket, Prefix=address.key, **token
        )

    async def look(self, address: Address) -> Stored:
        """Return an object as it is now."""
        reply = await self._call(Verb.READ, "head_object", address, Bucket=address.bucket, Key=address.key)
        return Stored.of(address.key, reply)

    async def sign(self, address: Address, valid_s: int) -> str:
        """Return an address that opens an object; one request for its bucket, and some for credentials."""
        with translated(Verb.READ, address):
            signer = await self._signer(address.bucket)
            await signer.set_session()
            client = await signer.get_s3(address.bucket)
            url: str = await client.generate_presigned_url(
                "get_object", Params={"Bucket": address.bucket, "Key": address.key}, ExpiresIn=valid_s
            )
        return url

    async def _signer(self, bucket: str) -> Any:
        """Return what signs for the region of a bucket: in another, no signature holds."""
        async with self._signers_lock:
            if bucket not in self._signers:
                region = await self._region_of(bucket)
                client = await self._fs.get_s3(bucket)
                self._signers[bucket] = (
                    self._fs
                    if region in {None, client.meta.region_name}
                    else fsspec.filesystem("s3", **self._options, client_kwargs=self._of_region(region))
                )
            return self._signers[bucket]

    async def _region_of(self, bucket: str) -> str | None:
        """Return where a bucket is; None where its store has no regions."""
        try:
            reply = await self._fs._call_s3("head_bucket", Bucket=bucket)  # noqa: SLF001 - as in `read`
        except OSError as error:
            reply = getattr(error.__cause__, "response", None)  # S3 says it to those who may not list, too
            if reply is None or may_pass(error):
                raise
        region: str | None = reply["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-bucket-region")
        return region

    def _of_region(self, region: str | None) -> dict[str, Any]:
        return {**self._fs.client_kwargs, "region_name": region}

    async def read(self, address: Address, start: int, end: int) -> bytes:
        """Return the bytes of an object from one offset up to another."""
        with translated(Verb.READ, address):
            reply = await self._fs._call_s3(  # noqa: SLF001 - the coroutine behind its public call_s3
                "get_object", Bucket=address.bucket, Key=address.key, Range=f"bytes={start}-{end - 1}"
            )
            async with reply["Body"] as body:
                content: bytes = await body.read()
        return content

    async def put(self, address: Address, content: bytes) -> None:
        """Write an object by one request, which S3 carries out wholly or not at all."""
        await self._call(
            Verb.WRITE, "put_object", address, Bucket=address.bucket, Key=address.key, Body=content
        )

    async def _call(self, verb: Verb, name: str, address: Address, **parameters: Any) -> dict[str, Any]:
        with translated(verb, address):
            reply: dict[str, Any] = await self._fs._call_s3(name, **parameters)  # noqa: SLF001 - as above
        return reply
