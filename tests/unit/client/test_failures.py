"""Replies and exceptions become one of three answers."""

from __future__ import annotations

import json
import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from batch_transcriber.client.failures import (
    ERROR_TEXT_MAX_CHARS,
    Verdict,
    clean,
    describe_body,
    error_from_exception,
    error_from_reply,
    judge_transcript,
)
from batch_transcriber.errors import (
    ExitCode,
    FatalError,
    PermanentError,
    RetryableError,
    TranscriberError,
    UploadRefusedError,
)

HOST = ConnectionKey("api.example.org", 443, True, True, None, None, None)
HERE = aiohttp.RequestInfo(URL("http://h"), "GET", CIMultiDictProxy(CIMultiDict()), URL("http://h"))
NOT_HTTP = aiohttp.ClientResponseError(HERE, (), status=400, message="Expected HTTP/")
NEGATIVE = "Your current account balance is negative. Please top up to continue using the API."
MODELS = '"speech_models" must be a non-empty list containing one or more of: "universal-2"'


def said(text: str) -> bytes:
    return json.dumps({"error": text}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, said("format_text must be a Boolean"), PermanentError),
        (
            400,
            said("The following models are not available in this language: speaker_labels"),
            PermanentError,
        ),
        (400, said("Transcript lookup error, transcript id not found"), PermanentError),
        (403, said("Cannot access uploaded file"), UploadRefusedError),
        (404, said("Not found"), PermanentError),
        (413, b"", PermanentError),
        (422, said("upload error"), PermanentError),
        (408, b"", RetryableError),
        (429, said("Too Many Requests"), RetryableError),
        (500, said("Internal Server Error"), RetryableError),
        (502, b"<html><title>502 Bad Gateway</title></html>", RetryableError),
        (503, b"", RetryableError),
        (504, b"", RetryableError),
        (599, b"?", RetryableError),
        (201, b"{}", PermanentError),
    ],
)
def test_each_status_has_its_answer(status: int, body: bytes, kind: type[TranscriberError]) -> None:
    error = error_from_reply(status, body)
    assert type(error) is kind
    assert str(status) in str(error)
    assert getattr(error, "http_status", None) == status


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, said("Authentication error, API token missing/invalid"), ExitCode.AUTH),
        (401, b"", ExitCode.AUTH),
        (402, b"", ExitCode.ACCOUNT),
        (400, said(NEGATIVE), ExitCode.ACCOUNT),
        (400, said(MODELS), ExitCode.ACCOUNT),
        (400, said('speech_model is deprecated. Use "speech_models" instead.'), ExitCode.ACCOUNT),
        (301, b"", ExitCode.UNREACHABLE),
        (308, b"<html>", ExitCode.UNREACHABLE),
    ],
)
def test_what_stops_the_run_has_an_exit_code(status: int, body: bytes, code: ExitCode) -> None:
    error = error_from_reply(status, body)
    assert isinstance(error, FatalError)
    assert error.exit_code is code


def test_an_upload_error_may_pass_for_a_recording_that_is_not_empty() -> None:
    assert isinstance(error_from_reply(422, said("upload error"), is_upload=True), RetryableError)


def test_only_a_rate_limit_is_certainly_not_carried_out_and_everybodys() -> None:
    for status in (408, 429, 500, 502, 503, 504):
        error = error_from_reply(status, b"")
        assert isinstance(error, RetryableError)
        assert (error.maybe_done, error.service_wide) == (status != 429, status == 429)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 30 ", 30.0), ("0", 0.0), ("1" * 400, float("inf"))]
    + [(text, None) for text in ("", "-1", "1.5", "soon", "²", "Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
def test_retry_after_is_whole_seconds_or_ignored(header: str | None, seconds: float | None) -> None:
    error = error_from_reply(429, b"", retry_after=header)
    assert isinstance(error, RetryableError)
    assert error.retry_after_s == seconds


def test_a_redirect_names_its_target() -> None:
    assert "https://login.example.org/" in str(
        error_from_reply(302, b"", location="https://login.example.org/")
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b" \r\n", ""),
        (said("no\nsuch\tthing"), "no such thing"),
        (said("\x1b[31mred\x07"), "[31mred"),
        (b'{"error": "cut', '{"error": "cut'),
        (b'{"error": 7}', '{"error": 7}'),
        (b'["a"]', '["a"]'),
        (b"<!doctype html><TITLE lang=en>Bad\nGateway</TITLE>", r"an HTML page, 'Bad\nGateway'"),
        (b"<html>", "an HTML page"),
        (b"plain words", "plain words"),
    ],
)
def test_a_body_is_told_in_one_printable_line(body: bytes, words: str) -> None:
    assert describe_body(body) == words


@given(st.one_of(st.binary(max_size=600), st.text(max_size=600).map(said)))
def test_any_body_at_all_is_told_in_one_short_printable_line(body: bytes) -> None:
    words = describe_body(body)
    assert words.isprintable()
    assert len(words) <= ERROR_TEXT_MAX_CHARS
    assert words in str(error_from_reply(500, body))


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 20_000, b"x" * 10_000_000, b"9" * 60_000])
def test_a_monstrous_body_is_told_in_short_too(body: bytes) -> None:
    assert len(describe_body(body)) <= ERROR_TEXT_MAX_CHARS


def test_a_text_that_was_cut_says_so() -> None:
    assert clean("x" * 1000) == "x" * (ERROR_TEXT_MAX_CHARS - 1) + "…"
    assert clean("x" * ERROR_TEXT_MAX_CHARS) == "x" * ERROR_TEXT_MAX_CHARS


def refused() -> OSError:
    return ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize(
    ("error", "words", "never_sent"),
    [
        (
            aiohttp.ClientConnectorError(HOST, refused()),
            "cannot connect to api.example.org:443 (Connection refused)",
            True,
        ),
        (
            aiohttp.ClientConnectorDNSError(HOST, socket.gaierror(-2, "?")),
            "the host name api.example.org is not known",
            True,
        ),
        (aiohttp.ConnectionTimeoutError(), "connecting took too long", True),
        (aiohttp.SocketTimeoutError(), "no answer in time", False),
        (aiohttp.ServerTimeoutError(), "no answer in time", False),
        (TimeoutError(), "no answer in time", False),
        (aiohttp.ServerDisconnectedError(), "the connection broke", False),
        (aiohttp.ClientPayloadError(), "the connection broke", False),
        (aiohttp.ClientOSError(104, "reset"), "the connection broke", False),
        (ConnectionResetError(104, "reset by peer"), "the connection broke", False),
        (
            aiohttp.ClientOSError(None, "Can not write request body for http://h"),
            "the connection broke",
            False,
        ),
        (OSError(113, "?"), "the connection broke (No route to host)", False),
        (NOT_HTTP, "the answer is not HTTP", False),
    ],
)
def test_a_request_is_lost_without_a_trace_only_where_there_was_no_connection(
    error: aiohttp.ClientError | OSError, words: str, *, never_sent: bool
) -> None:
    translated = error_from_exception(error)
    assert isinstance(translated, RetryableError)
    assert str(translated) == words
    assert (translated.maybe_done, translated.service_wide) == (not never_sent, never_sent)


def test_an_untrusted_certificate_stops_the_run_and_says_what_to_do() -> None:
    reason = ssl.SSLCertVerificationError(1, "self-signed certificate")
    error = error_from_exception(aiohttp.ClientConnectorCertificateError(HOST, reason))
    assert isinstance(error, FatalError)
    assert "--ca-bundle" in str(error)


def test_an_unusable_address_stops_the_run() -> None:
    assert isinstance(error_from_exception(aiohttp.InvalidURL("https://")), FatalError)


def test_a_proxy_that_refuses_is_no_connection_and_its_password_is_not_told() -> None:
    proxy = URL("http://user:hush@proxy.example.org:3128")
    request = aiohttp.RequestInfo(proxy, "CONNECT", CIMultiDictProxy(CIMultiDict()), proxy)
    error = error_from_exception(aiohttp.ClientHttpProxyError(request, (), status=407, message="Auth needed"))
    assert isinstance(error, RetryableError)
    assert (error.maybe_done, error.service_wide) == (False, True)
    assert "407 Auth needed" in str(error)
    assert "hush" not in str(error)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (
            "Internal server error. Please retry your request. If the error persists, ...",
            Verdict.SUBMIT_AGAIN,
        ),
        ("Server error, developers have been alerted.", Verdict.SUBMIT_AGAIN),
        ("server error, developers have been alerted", Verdict.SUBMIT_AGAIN),
        ("Download error, unable to download https://x/y. Please make sure ...", Verdict.UPLOAD_AGAIN),
        ("Download error to https://x/y, 403 Client Error: Forbidden", Verdict.UPLOAD_AGAIN),
        ("Transcoding failed. File does not appear to contain audio. File type is text/plain", Verdict.FINAL),
        ("Audio duration is too short.", Verdict.FINAL),
        ("Audio speech threshold 0.9461 is below the requested speech threshold value 1.0", Verdict.FINAL),
        ("detected language 'bg', confidence 0.2949, is below the requested", Verdict.FINAL),
        ("", Verdict.FINAL),
    ],
)
def test_a_failed_transcript_is_judged_by_the_recorded_texts(text: str, verdict: Verdict) -> None:
    assert judge_transcript(text, is_own_upload=True) is verdict
    of_a_url = Verdict.FINAL if verdict is Verdict.UPLOAD_AGAIN else verdict
    assert judge_transcript(text, is_own_upload=False) is of_a_url
