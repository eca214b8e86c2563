"""A real S3 server on this machine, which is not ours, with a bucket to fill and to read.

It is moto's, unless BUCKET_TESTS_URL names another: http://KEY:SECRET@127.0.0.1:PORT. All that is in the
bucket `recordings` there is deleted.
"""

from __future__ import annotations

import json
import logging
import os
import urllib.request
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from tests.support.faults import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

NAME = "recordings"
OTHER_SERVER = "BUCKET_TESTS_URL"
KEY = "key-of-tests"
SECRET = "a-secret-of-s3-for-tests"
OF_THE_WAY = {"connection", "content-encoding", "content-length", "transfer-encoding"}


@contextmanager
def serve_s3() -> Iterator[str]:
    """Serve S3 for several buckets, one after the other; gives its address, with key and secret in it."""
    if there := os.environ.get(OTHER_SERVER):
        yield there
        return
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    moto = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{KEY}:{SECRET}@{host}:{port}"
    moto.stop()


class Bucket:
    """A bucket that is empty at first; while entered.

    Args:
        server: What `serve_s3` gives.

    Attributes:
        environ: What leads a command there, with credentials.
        secret: The one of these.
        url: Of the server.
        s3: A client of it, for what is done here by no method.
    """

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self.url = f"http://{parts.hostname}:{parts.port}"
        self.secret = unquote(parts.password or "")
        self.environ = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": unquote(parts.username or ""),
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        self.s3 = self._client("s3")
        if OTHER_SERVER not in os.environ:
            self.allow_all()
            self._post("reset")
        with suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(Bucket=NAME)
        for key in self.keys():
            self.delete(key)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.s3.close()

    @asynccontextmanager
    async def behind(self, faults: Faults) -> AsyncIterator[str]:
        """Give another address of the server, on whose way there is scripted trouble; of no TLS."""
        async with ClientSession(auto_decompress=False) as session:

            async def forward(request: web.Request) -> web.StreamResponse:
                kept = {
                    name: request.headers[name] for name in request.headers if name.lower() != "connection"
                }
                url = URL(self.url + request.raw_path, encoded=True)
                body = await request.read()
                async with session.request(request.method, url, headers=kept, data=body) as reply:
                    dropped = OF_THE_WAY - ({"content-length"} if request.method == "HEAD" else set())
                    told = {name: it for name, it in reply.headers.items() if name.lower() not in dropped}
                    return web.Response(status=reply.status, headers=told, body=await reply.read())

            app = web.Application(middlewares=[faults.middleware])
            app.router.add_route("*", "/{path:.*}", forward)
            async with TestServer(app) as server:
                yield str(server.make_url("")).rstrip("/")

    def record(self, key: str, text: str | None = None, size_bytes: int = 0) -> str:
        """Put a recording of these words (its own last name's, unless given), and return its address."""
        words = f"words of {key.rpartition('/')[2]}" if text is None else text
        self.s3.put_object(Bucket=NAME, Key=key, Body=words.encode().ljust(size_bytes, b"\0"))
        return f"s3://{NAME}/{key}"

    def get(self, key: str) -> bytes:
        """Return what an object holds."""
        content: bytes = self.s3.get_object(Bucket=NAME, Key=key)["Body"].read()
        return content

    def delete(self, key: str) -> None:
        """Delete an object."""
        self.s3.delete_object(Bucket=NAME, Key=key)

    def keys(self) -> list[str]:
        """Return the names of all objects, in order; of the first 1,000 that is."""
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=NAME).get("Contents", ())]

    def texts(self, prefix: str) -> dict[str, str]:
        """Return all texts below a prefix, by what follows on it."""
        return {
            key.removeprefix(prefix): self.get(key).decode()
            for key in self.keys()
            if key.startswith(prefix) and not key.rpartition("/")[2].startswith(".")
        }

    def deny(self, *actions: str) -> dict[str, str]:
        """Return credentials of somebody who may do all on S3 but this; nobody else may do anything more."""
        if OTHER_SERVER in os.environ:
            pytest.skip("only moto has users to whom rights can be given like this")
        iam = self._client("iam")
        statements = [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": list(actions), "Resource": "*"},
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        name = f"not-{actions[0].partition(':')[2]}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all-but", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        iam.close()
        self._post("reset-auth", b"0")
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def allow_all(self) -> None:
        """Ask for no rights any more."""
        self._post("reset-auth", b"inf")

    def _client(self, name: str) -> Any:
        import boto3

        return boto3.Session(
            aws_access_key_id=self.environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.secret,
            region_name=self.environ["AWS_DEFAULT_REGION"],
        ).client(name, endpoint_url=self.url)

    def _post(self, name: str, body: bytes = b"") -> None:
        headers = {"Content-Type": "text/plain"}  # or it would be a form
        request = urllib.request.Request(f"{self.url}/moto-api/{name}", body, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - loopback
            reply.read()
