"""A real S3 server on this machine, which is not ours (moto), with a bucket to fill and to read."""

from __future__ import annotations

import json
import logging
import urllib.request
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from types import TracebackType

NAME = "recordings"
SECRET = "a-secret-of-s3-for-tests"


class Bucket:
    """A bucket on a server of its own; while entered. Nothing is remembered of an earlier one.

    Attributes:
        environ: What leads a command there, with credentials.
        url: Of the server.
        s3: A client of it, for what is done here by no method.
    """

    def __init__(self) -> None:
        server = pytest.importorskip("moto.server", reason="moto is not installed")
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        self._server: Any = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def __enter__(self) -> Self:
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.environ = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "key-of-tests",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._post("reset")
        self.s3 = self._client("s3")
        self.s3.create_bucket(Bucket=NAME)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.s3.close()
        self._server.stop()

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
            aws_secret_access_key=SECRET,
            region_name=self.environ["AWS_DEFAULT_REGION"],
        ).client(name, endpoint_url=self.url)

    def _post(self, name: str, body: bytes = b"") -> None:
        headers = {"Content-Type": "text/plain"}  # or it would be a form
        request = urllib.request.Request(f"{self.url}/moto-api/{name}", body, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - loopback
            reply.read()
