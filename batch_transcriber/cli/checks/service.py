"""Checks of the service, from the outside in: host, certificate, what it says to the key, clock."""

from __future__ import annotations

import asyncio
import os
import ssl
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batch_transcriber.cli.checks.finding import Finding, Verdict
from batch_transcriber.client import TranscriptionClient
from batch_transcriber.client.connection import find_certificates, find_proxy
from batch_transcriber.errors import ExitCode, FatalError, PermanentError, RetryableError
from batch_transcriber.ui.words import duration, is_local

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from batch_transcriber.settings import Settings

REPLY_WITHIN_S = 20.0
CLOCK_OFF_MAX_S = 60.0
PORTS = {"http": 80, "https": 443}


async def check_service(settings: Settings, *, has_key: bool) -> AsyncIterator[Finding]:
    """Yield what was found; what lies behind a problem is not looked at.

    Args:
        settings: Of the run.
        has_key: One request is sent, the cheapest there is; without a key, none.
    """
    try:
        proxy = find_proxy(settings.base_url)
        certificates = find_certificates(settings.ca_bundle)
    except FatalError as error:
        yield Finding.of_error("host", error)
        return
    host = await _check_host(proxy or settings.base_url, settings, is_proxy=proxy is not None)
    yield host
    if host.verdict is Verdict.PROBLEM:
        return
    if proxy is None:
        certificate = await _check_certificate(
            settings, certificates if isinstance(certificates, ssl.SSLContext) else None
        )
        yield certificate
        if certificate.verdict is Verdict.PROBLEM:
            return
    if has_key:
        async for finding in _check_reply(settings):
            yield finding


async def _check_host(address: str, settings: Settings, *, is_proxy: bool) -> Finding:
    parts = urlsplit(address)
    place = f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
    began_at = monotonic()
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or PORTS[parts.scheme])
    except (OSError, UnicodeError) as error:  # a timeout is one of the first
        message = f"cannot connect to {place} ({_reason(error)})"
        advice = "check the network and the proxy" if is_proxy else "check the network and --base-url"
        return Finding("host", Verdict.PROBLEM, message, advice, ExitCode.UNREACHABLE)
    writer.transport.abort()  # without a farewell, which the other side may keep waiting for
    way = f"by way of the proxy {place}" if is_proxy else place
    return Finding("host", Verdict.OK, f"{way} answers, in {(monotonic() - began_at) * 1000:.0f} ms")


async def _check_certificate(settings: Settings, certificates: ssl.SSLContext | None) -> Finding:
    parts = urlsplit(settings.base_url)
    if parts.scheme == "http":
        if is_local(settings.base_url):
            return Finding("certificate", Verdict.OK, "none, and none needed on this machine")
        advice = "use https: the key and the recordings go unencrypted"
        return Finding("certificate", Verdict.WARNING, "none, by --insecure", advice)
    context = certificates or ssl.create_default_context()
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except OSError as error:
        message, advice = f"no TLS with {parts.hostname} ({_reason(error)})", "check --base-url"
        if isinstance(error, ssl.SSLCertVerificationError):
            message = f"that of {parts.hostname} is not trusted ({error.verify_message.rstrip('.')})"
            advice += "; behind a company proxy, pass its authority with --ca-bundle"
        return Finding("certificate", Verdict.PROBLEM, message, advice, ExitCode.UNREACHABLE)
    connection = writer.get_extra_info("ssl_object")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(connection.getpeercert()["notAfter"]), UTC)
    writer.transport.abort()
    return Finding("certificate", Verdict.OK, f"trusted, until {until:%Y-%m-%d} ({connection.version()})")


async def _check_reply(settings: Settings) -> AsyncIterator[Finding]:
    once = settings.model_copy(update={"retries": 0, "unreachable_after_s": 1.0})
    try:
        async with asyncio.timeout(REPLY_WITHIN_S), TranscriptionClient(once) as client:
            await client.list(limit=1)
            off_s = (
                datetime.now(UTC) - client.service_time(asyncio.get_running_loop().time())
            ).total_seconds()
    except FatalError as error:
        yield Finding.of_error("service", error)
    except PermanentError as error:
        yield Finding("service", Verdict.PROBLEM, str(error), "check --base-url", ExitCode.UNREACHABLE)
    except (RetryableError, TimeoutError) as error:
        words = str(error) or "no answer in time"
        yield Finding("service", Verdict.WARNING, words, "a run would wait, and try again")
    else:
        yield Finding("service", Verdict.OK, f"{settings.base_url} accepts the key")
        yield _judge_clock(off_s)


def _judge_clock(off_s: float) -> Finding:
    if abs(off_s) <= CLOCK_OFF_MAX_S:
        return Finding("clock", Verdict.OK, "as that of the service, to a minute")
    which = "ahead of" if off_s > 0 else "behind"
    return Finding(
        "clock",
        Verdict.WARNING,
        f"{duration(abs(off_s))} {which} that of the service",
        "set it (timedatectl set-ntp true)",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    number = getattr(error, "errno", None)
    if number is not None and number > 0 and not isinstance(error, ssl.SSLError):
        return os.strerror(number)  # its own words repeat the address
    return str(getattr(error, "strerror", None) or "none of its addresses answers")
