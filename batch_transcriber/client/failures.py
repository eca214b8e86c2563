"""The one place that turns failures of the wire into retryable, permanent and fatal errors.

Statuses and texts are those of the service's OpenAPI document and of its replies as recorded in
2026; texts are matched loosely, because they change.
"""

from __future__ import annotations

import errno
import json
import os
import re
import ssl
from enum import Enum, auto

import aiohttp

from batch_transcriber.errors import (
    ExitCode,
    FatalError,
    PermanentError,
    RetryableError,
    TranscriberError,
    UploadRefusedError,
)

ERROR_TEXT_MAX_CHARS = 150
HALF = "half of it"
READ_BYTES = 64 * 1024  # of a body that says what went wrong
_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_LOST = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE}
_SERVER_ERROR = re.compile(r"internal server error|server error, developers", re.IGNORECASE)
_DOWNLOAD_ERROR = re.compile(r"download error|http_error|connection_failure", re.IGNORECASE)
_HTTP_ERROR = re.compile(r"\b([45]\d\d) (?:client|server) error", re.IGNORECASE)
_NO_CREDIT = re.compile(r"balance is negative|top up|insufficient (funds|credit)", re.IGNORECASE)
_UPLOAD_URL = re.compile(r"(/upload/)[\w/-]+")
_QUERY = re.compile(r"(https?://[^\s?'\"]+\?)[^\s'\"]+", re.IGNORECASE)  # a signature, or somebody's key
_MODEL_REFUSED = re.compile(r"speech_models?\b", re.IGNORECASE)
_KEY_REFUSED = re.compile(r"authentication error|unauthori[sz]ed", re.IGNORECASE)
_NO_AUDIO = re.compile(
    r"does not appear to contain audio(?:\. File type is ([\w.+-]+/[\w.+-]*\w))?", re.IGNORECASE
)
_UNKNOWN = "application/octet-stream"  # bytes that are nothing known
_TOO_SHORT = re.compile(r"duration is too short", re.IGNORECASE)


class Verdict(Enum):
    """What to do about a transcript that ended with status `error`."""

    SUBMIT_AGAIN = auto()  # the service's own trouble
    UPLOAD_AGAIN = auto()  # it could not read our upload
    FINAL = auto()  # the recording, or an option, will never work


def judge_transcript(error: str, *, is_own_upload: bool) -> Verdict:
    """Sort the `error` of a transcript; failed transcripts are not billed."""
    if _SERVER_ERROR.search(error):
        return Verdict.SUBMIT_AGAIN
    if is_own_upload and _DOWNLOAD_ERROR.search(error):
        return Verdict.UPLOAD_AGAIN
    return Verdict.FINAL


def describe_transcript_error(error: str, *, is_url: bool, is_object: bool = False, times: int) -> str:
    """Return the line for a transcript that is given up; one and the same for all with this trouble.

    Args:
        error: What the service says.
        is_url: Whether the service fetched the recording itself.
        is_object: Whether it did so from a bucket.
        times: How many transcripts of this recording ended so.
    """
    if found := _NO_AUDIO.search(error):
        return _describe_no_audio(found[1] or _UNKNOWN, is_url=is_url)
    if _TOO_SHORT.search(error):
        return "less than 0.16 s of audio in it; was the recording cut off?"
    if _DOWNLOAD_ERROR.search(error):
        if is_url:
            code = f" ({found[1]})" if (found := _HTTP_ERROR.search(error)) else ""
            if is_object:
                return (
                    f"the service could not download it from its bucket{code}; "
                    "check that the bucket can be reached from outside, or add --through"
                )
            return f"the service could not download it{code}; check that the address opens without a login"
        return "the service could not read its own upload; run the same command again"
    if _SERVER_ERROR.search(error):
        return RetryableError("the service failed at it", tries=times).in_vain()
    return f"the service could not transcribe it: {clean(error)}"


def _describe_no_audio(kind: str, *, is_url: bool) -> str:
    """Return the line for a file in which no audio was found; `kind` is what it was taken for."""
    if kind.startswith("text/"):
        advice = "pass the address of the recording itself" if is_url else "replace it, or leave it out"
        return f"text, not a recording ({kind}); {advice}"
    if kind.startswith("video/"):
        return "no sound found in this film; does it have any when you play it?"
    if kind == _UNKNOWN or kind.startswith("audio/"):
        advice = "play it from its address" if is_url else "copy it again"
        return f"cannot be read as audio or video; it may be damaged, {advice}"
    return f"no audio in it ({kind}); is it {'the recording itself' if is_url else 'a recording'}?"


def error_from_reply(
    status: int, body: bytes, *, is_upload: bool = False, retry_after: str | None = None, location: str = ""
) -> TranscriberError:
    """Translate a reply that is not 200.

    Args:
        status: The HTTP status.
        body: The reply's body: JSON by the book, HTML or nothing from a gateway.
        is_upload: Whether the request was an upload that was not empty.
        retry_after: The `Retry-After` header.
        location: The `Location` header of a redirect.
    """
    said = describe_body(body)
    words = f"the service answered {status}" + (f": {said}" if said else "")
    if status == 401:
        more = "" if not said or _KEY_REFUSED.search(said) else f" ({said})"
        return FatalError(
            f"the service refused the key{more}; check AAI_API_KEY (or --api-key-file); "
            "European accounts need --eu",
            ExitCode.AUTH,
        )
    if status == 402 or (status == 400 and _NO_CREDIT.search(said)):
        return FatalError(
            "the account has no credit; top it up, then run the same command again", ExitCode.ACCOUNT
        )
    if status == 400 and _MODEL_REFUSED.search(said):
        return FatalError(f"the service refused the model ({said}); choose with --model", ExitCode.ACCOUNT)
    if 300 <= status < 400:
        target = f" to {clean(location)}" if location else ""
        return FatalError(f"the service redirects{target}; check --base-url", ExitCode.UNREACHABLE)
    if status in {408, 429} or status >= 500 or (status == 422 and is_upload):
        return RetryableError(
            words,
            retry_after_s=_seconds(retry_after),
            http_status=status,
            maybe_done=status != 429,
            service_wide=status == 429,
        )
    if status == 403:
        return UploadRefusedError(f"{words}; run the same command again", http_status=status)
    if status == 413:
        return PermanentError(
            f"too large for the service ({status}); cut it in parts, or pass a URL of it", http_status=status
        )
    return PermanentError(words, http_status=status)


def error_from_exception(error: aiohttp.ClientError | TimeoutError | OSError) -> TranscriberError:
    """Translate a failure of the connection; chain the result to it with `from`."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _distrusted(error)
    if isinstance(error, aiohttp.InvalidURL):
        # Not its own words: the address may be a proxy's, and hold a password.
        return FatalError("not a usable address; check --base-url and the proxy", ExitCode.UNREACHABLE)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        # Its own text holds the proxy's address, and with it a password.
        words = f"the proxy refuses the connection ({error.status} {clean(error.message)})"
    elif isinstance(error, aiohttp.ConnectionTimeoutError):
        words = "connecting took too long"
    elif isinstance(error, TimeoutError):  # aiohttp's timeouts are these too
        words = "no answer in time"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        words = f"the host name {error.host} is not known"
    elif isinstance(error, aiohttp.ClientConnectorError):
        words = f"cannot connect to {error.host}:{error.port} ({_why_no_connection(error)})"
    elif isinstance(error, aiohttp.ClientResponseError):
        words = "the answer is not HTTP"
    else:
        # How a lost connection was noticed is chance, and none of the reason.
        number = error.errno if isinstance(error, OSError) else None
        words = "the connection broke"
        if number is not None and number not in _LOST:
            words += f" ({os.strerror(number)})"
    connected = not isinstance(error, _NO_CONNECTION)
    return RetryableError(words, maybe_done=connected, service_wide=not connected)


def _distrusted(error: aiohttp.ClientConnectorCertificateError) -> FatalError:
    cause = error.certificate_error
    reason = clean(getattr(cause, "verify_message", "") or str(cause)).rstrip(".")
    advice = "behind a company proxy, pass its authority with --ca-bundle"
    if "mismatch" in reason:  # of names, which no authority can mend
        advice = "check --base-url"
    return FatalError(
        f"the certificate of {error.host} is not trusted ({reason}); {advice}", ExitCode.UNREACHABLE
    )


def _why_no_connection(error: aiohttp.ClientConnectorError) -> str:
    # Not its own words, which repeat the address; and the numbers of TLS are none of the system's.
    if isinstance(error.os_error, ssl.SSLError):
        return f"no TLS: {clean(error.os_error.reason or str(error.os_error))}"
    return clean(os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.os_error))


def is_error_of_the_api(body: bytes) -> bool:
    """Tell whether the body of a reply that is not 200 has the API's form."""
    try:
        reply = json.loads(body[:READ_BYTES])
    except (ValueError, RecursionError):
        return False
    return isinstance(reply, dict) and isinstance(reply.get("error"), str)


def describe_unreadable(body: bytes, wanted: str = "JSON") -> str:
    """Return in a few words what came in the place of a reply; the same for all of its kind."""
    text = body[:READ_BYTES].decode("utf-8", "replace").strip()
    if not text:
        return "nothing"
    if text.startswith("<"):
        return describe_body(body)
    if not text.startswith(("{", "[")):
        return f"no {wanted}"
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return HALF
    return "JSON of another kind"


def describe_body(body: bytes) -> str:
    """Return the reason that a body gives, in one short line; empty where it gives none."""
    text = body[:READ_BYTES].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return clean(f"an HTML page, {title[1]!r}" if title else "an HTML page")
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):  # the latter for a body of brackets alone
        return clean(text)
    if isinstance(reply, dict) and isinstance(reply.get("error"), str):
        return clean(reply["error"])
    return clean(text)


def clean(text: str) -> str:
    """Fold foreign text into one printable line of bounded length, without the secrets of addresses in it."""
    text = _QUERY.sub(r"\1…", _UPLOAD_URL.sub(r"\1…", text))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= ERROR_TEXT_MAX_CHARS else line[: ERROR_TEXT_MAX_CHARS - 1] + "…"


def _seconds(retry_after: str | None) -> float | None:
    # The service sends whole seconds; the date form of HTTP is not worth the clock it needs.
    return float(retry_after) if retry_after and retry_after.strip().isdecimal() else None
