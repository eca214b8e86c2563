"""What people read: one line that says what happened and what to do, the same for the same cause."""

from __future__ import annotations

import json
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.client.failures import (
    describe_transcript_error,
    describe_unreadable,
    error_from_exception,
    error_from_reply,
    is_error_of_the_api,
)
from batch_transcriber.errors import RetryableError

HOST = ConnectionKey("api.example.org", 443, True, True, None, None, None)
LINE_MAX_CHARS = 270  # with as much as is ever quoted of the service's own words
DAMAGED = "cannot be read as audio or video; it may be damaged, copy it again"
AUTHENTICATION = "Authentication error, API token missing/invalid"


def said(text: str) -> bytes:
    return json.dumps({"error": text}).encode()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            "Transcoding failed. File does not appear to contain audio. File type is text/plain (text).",
            "text, not a recording (text/plain); replace it, or leave it out",
        ),
        ("File does not appear to contain audio. File type is application/octet-stream (data).", DAMAGED),
        ("File does not appear to contain audio. File type is audio/mpeg.", DAMAGED),
        ("File does not appear to contain audio", DAMAGED),
        (
            "File does not appear to contain audio. File type is video/mp4.",
            "no sound found in this film; does it have any when you play it?",
        ),
        (
            "File does not appear to contain audio. File type is application/pdf.",
            "no audio in it (application/pdf); is it a recording?",
        ),
        ("Audio duration is too short.", "less than 0.16 s of audio in it; was the recording cut off?"),
        (
            "Download error, unable to access file at https://cdn.example.org/upload/secret",
            "the service could not read its own upload; run the same command again",
        ),
        (
            "Internal server error. Please retry your request.",
            "the service failed at it (3 tries); the same command tries again",
        ),
        ("Something\nelse.", "the service could not transcribe it: Something else."),
    ],
)
def test_a_transcript_that_is_given_up_says_why_and_what_to_do(error: str, line: str) -> None:
    assert describe_transcript_error(error, is_url=False, times=3) == line


@pytest.mark.parametrize("address", ["https://h/a.mp3", "https://h/b.mp3?token=404"])
def test_addresses_that_cannot_be_fetched_fail_for_one_reason(address: str) -> None:
    error = f"Download error to {address}, 403 Client Error: Forbidden for url"
    assert describe_transcript_error(error, is_url=True, times=1) == (
        "the service could not download it (403); check that the address opens without a login"
    )


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("text/html", "text, not a recording (text/html); pass the address of the recording itself"),
        (
            "application/octet-stream",
            "cannot be read as audio or video; it may be damaged, play it from its address",
        ),
        ("image/png", "no audio in it (image/png); is it the recording itself?"),
    ],
)
def test_an_address_that_leads_to_no_recording_is_what_is_to_be_checked(kind: str, line: str) -> None:
    error = f"File does not appear to contain audio. File type is {kind}."
    assert describe_transcript_error(error, is_url=True, times=1) == line


@pytest.mark.parametrize("body", [b"", said(AUTHENTICATION), said(AUTHENTICATION + ".")])
def test_a_refused_key_is_one_line_whatever_the_service_calls_it(body: bytes) -> None:
    assert str(error_from_reply(401, body)) == (
        "the service refused the key; check AAI_API_KEY (or --api-key-file); European accounts need --eu"
    )


def test_a_refused_key_says_what_the_service_adds() -> None:
    assert "(this key has expired)" in str(error_from_reply(401, said("this key has expired")))


def test_a_refused_model_names_those_that_are_not() -> None:
    error = str(error_from_reply(400, said("'speech_models' must be one or more of: a, b")))
    assert "one or more of: a, b" in error
    assert "--model" in error


@given(st.sampled_from([400, 401, 402, 403, 404, 413, 422, 429, 500]), st.text(max_size=600))
def test_every_refusal_fits_into_a_few_lines(status: int, words: str) -> None:
    error = error_from_reply(status, said(words), is_upload=True)
    line = error.in_vain() if isinstance(error, RetryableError) else str(error)
    assert len(line) <= LINE_MAX_CHARS
    assert line.isprintable()


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("self-signed certificate", "--ca-bundle"),
        ("Hostname mismatch, certificate is not valid for 'api.example.org'.", "--base-url"),
    ],
)
def test_a_certificate_that_is_not_trusted_says_what_would_help(reason: str, advice: str) -> None:
    cause = ssl.SSLCertVerificationError(1, reason)
    error = str(error_from_exception(aiohttp.ClientConnectorCertificateError(HOST, cause)))
    assert reason.rstrip(".") + ")" in error
    assert advice in error


def test_a_host_without_tls_is_not_called_a_forbidden_one() -> None:
    cause = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    cause.reason = "WRONG_VERSION_NUMBER"
    error = str(error_from_exception(aiohttp.ClientConnectorSSLError(HOST, cause)))
    assert error == "cannot connect to api.example.org:443 (no TLS: WRONG_VERSION_NUMBER)"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "nothing"),
        (b"<html><title>Welcome</title>", "an HTML page, 'Welcome'"),
        (b'{"id": "a", "sta', "half of it"),
        (b'{"id": "a"}', "JSON of another kind"),
        (b"[1, 2]", "JSON of another kind"),
        (b"pong", "no JSON"),
    ],
)
def test_a_reply_that_cannot_be_read_is_told_without_what_is_in_it(body: bytes, words: str) -> None:
    assert describe_unreadable(body) == words


def test_a_reply_of_another_kind_is_told_by_what_was_wanted() -> None:
    assert describe_unreadable(b"pong", "VTT captions") == "no VTT captions"


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (said("Not found"), True),
        (b'{"error": {"code": 404}}', False),
        (b'{"message": "no route"}', False),
        (b"<html>", False),
        (b'["error"]', False),
        (b"[" * 70_000, False),
        (b"", False),
    ],
)
def test_an_error_of_the_api_is_known_by_its_form(body: bytes, *, is_one: bool) -> None:
    assert is_error_of_the_api(body) is is_one


@pytest.mark.parametrize(("tries", "words"), [(1, "1 try"), (11, "11 tries")])
def test_what_was_tried_in_vain_says_how_often(tries: int, words: str) -> None:
    error = RetryableError("no answer in time", tries=tries)
    assert error.in_vain() == f"no answer in time ({words}); the same command tries again"
