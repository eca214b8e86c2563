"""What goes wrong in a store, in our three kinds of errors and in one line each."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from batch_transcriber.errors import PermanentError, RetryableError, TranscriberError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.buckets.address import Address

REASON_MAX_CHARS = 120
# What the service of a store says of itself, or the network of it.
_MAY_PASS = {
    errno.EBUSY,
    errno.EIO,
    errno.ETIMEDOUT,
    errno.ECONNRESET,
    getattr(errno, "EREMOTEIO", errno.EIO),
}
# By the names of their classes, so that none of the packages that have them must be there.
_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "DefaultCredentialsError",
    "ProfileNotFound",
    "NoAuthTokenError",
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "TokenRetrievalError",
}
_NOT_THERE = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ProxyConnectionError",
    "HTTPClientError",
    "SSLError",
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ServerDisconnectedError",
    "ClientPayloadError",  # cut off amid an object
    "ResponseStreamingError",
}


class Verb(StrEnum):
    """What was tried."""

    LIST = "list"
    READ = "read"
    WRITE = "write"


_ALLOW = {
    Verb.LIST: "allow it (on S3: s3:ListBucket), or name the objects one by one",
    Verb.READ: "allow it (on S3: s3:GetObject), and run again",
    Verb.WRITE: "allow it (on S3: s3:PutObject), or choose another place with -o",
}


class NoSuchBucketError(PermanentError):
    """There is no bucket of this name."""


class NoRightError(PermanentError):
    """The credentials that were found do not allow it."""


@contextmanager
def translated(verb: Verb, address: Address) -> Iterator[None]:
    """Raise what a store raises as one of our errors.

    Raises:
        FileNotFoundError: there is no such object.
        NoSuchBucketError: there is no such bucket.
        NoRightError: it is not allowed.
        PermanentError: it will never work like this.
        RetryableError: the store cannot be reached, or is busy.
    """
    try:
        yield
    except (TranscriberError, FileNotFoundError) as error:
        if isinstance(error, FileNotFoundError) and _code(error) == "NoSuchBucket":
            raise NoSuchBucketError(f"there is no bucket {address.bucket!r}; check the name") from error
        raise
    except Exception as error:
        raise _translate(error, verb, address) from error


def _translate(error: Exception, verb: Verb, address: Address) -> PermanentError | RetryableError:
    names = {kind.__name__ for kind in type(error).__mro__}
    reason = _reason(error)
    if names & _NO_CREDENTIALS:
        advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        if address.scheme != "s3":
            advice = "log in with the tools of that store"
        return PermanentError(f"no credentials for {address.scheme}:// ({reason}); {advice}")
    if "InvalidRegionError" in names:
        return PermanentError(f"{reason}; check AWS_DEFAULT_REGION, and ~/.aws/config")
    if "Invalid endpoint" in reason:  # a ValueError as any other
        return PermanentError(f"{reason}; check AWS_ENDPOINT_URL, and ~/.aws/config")
    if "ParamValidationError" in names:
        return PermanentError(f"{address.bucket!r} cannot be the name of a bucket; check it")
    if isinstance(error, PermissionError):
        return NoRightError(f"no right to {verb} it ({reason}); {_ALLOW[verb]}")
    if names & _NOT_THERE or isinstance(error, TimeoutError | ConnectionError):
        advice = "check the network, and AWS_ENDPOINT_URL where that is set"
        return RetryableError(
            f"the store of {address.scheme}://{address.bucket} cannot be reached", advice=advice
        )
    if isinstance(error, OSError) and may_pass(error):
        return RetryableError(f"the store could not {verb} it ({reason})")
    return PermanentError(
        f"the store refuses to {verb} it ({reason}); check the address, and the credentials"
    )


def may_pass(error: OSError) -> bool:
    """Tell whether a store may take the same request later."""
    return error.errno in _MAY_PASS


def _code(error: Exception) -> str:
    """Return what S3 calls an error; empty where it is none of S3."""
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _reason(error: Exception) -> str:
    """Return the store's own words, short, and without addresses, for these may be signed."""
    text = getattr(error, "strerror", None) or str(error)
    words = " ".join(word for word in str(text).split() if "://" not in word)
    line = "".join(letter if letter.isprintable() else " " for letter in words).rstrip(".")
    return line[:REASON_MAX_CHARS] or type(error).__name__
