"""A worker's part of uploads on a cluster: it proves that it can, and sends one recording, once.

The key is the worker's own; it comes from the worker's environment, and goes nowhere but to the service.
"""

from __future__ import annotations

import asyncio
import os
import platform
from contextlib import asynccontextmanager
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import aiohttp
from pydantic import ValidationError

from batch_transcriber.client.answer import Answer
from batch_transcriber.client.connection import KEEP_ALIVE_S, open_session
from batch_transcriber.client.errand import Delivery
from batch_transcriber.client.failures import error_from_exception
from batch_transcriber.client.keys import key_of_this_machine
from batch_transcriber.client.look import SMALL_SIZE_BYTES, Look, Stamp, open_at_once
from batch_transcriber.client.recording import open_recording
from batch_transcriber.client.stall import StallTimeout
from batch_transcriber.errors import ExitCode, FatalError, NotSeenError, PermanentError, TranscriberError
from batch_transcriber.settings import is_this_machine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from batch_transcriber.client.errand import Errand, Service, Terms
    from batch_transcriber.client.recording import Recording
    from batch_transcriber.settings import Settings

PROGRESS_EVERY_S = 0.5  # every message costs the scheduler and the run something
ROUND_S = 1.0  # nobody hears of an upload that is done before its round is
NO_KEY = "it has no API key; set AAI_API_KEY in its environment"
OTHER_KEY = "its API key is not that of the run"
MOUNTED = "is the folder mounted there, at the same path?"


class Link(Protocol):
    """The way back to the run; `address` is the worker's own."""

    address: str

    def send(self, message: object) -> None:
        """Send which recording of the round is under way, and its bytes that are sent so far."""


def check_worker(threads: int, terms: Terms) -> int:
    """Return how many uploads go at a time from here: as many as the worker has threads.

    Raises:
        FatalError: this worker cannot upload for this run; the message goes on after its name.
    """
    service = terms.service
    key = key_of_this_machine(os.environ)
    if key is None:
        raise FatalError(NO_KEY, ExitCode.AUTH)
    settings = _settings(service, key)
    if not terms.proof.holds_for(settings.api_key.get_secret_value()):
        raise FatalError(OTHER_KEY, ExitCode.AUTH)
    host = urlsplit(service.base_url).hostname or ""
    if is_this_machine(host) and platform.node() != terms.host:
        raise FatalError(f"{service.base_url} is on {terms.host} alone; check --base-url", ExitCode.USAGE)
    if service.ca_bundle is not None and not Path(service.ca_bundle).is_file():
        raise FatalError(f"it does not see {service.ca_bundle} (--ca-bundle)", ExitCode.USAGE)
    for place in terms.places:
        if not os.path.lexists(place):
            raise FatalError(f"it does not see {place}; {MOUNTED}", ExitCode.USAGE)
    return threads


async def carry(errands: Sequence[Errand], link: Link) -> list[Delivery | TranscriberError]:
    """Send recordings one after the other, each once, and return what became of the first of them, or of all.

    It ends early once the service does not take one, and after a second.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + ROUND_S
    results: list[Delivery | TranscriberError] = []
    for number, errand in enumerate(errands):
        if number and loop.time() >= ends_at:
            break
        try:
            delivery = await _carry(errand, number, link)
        except TranscriberError as error:
            results.append(error)
            continue
        results.append(delivery)
        if not isinstance(delivery.answer, Answer) or delivery.answer.status != HTTPStatus.OK:
            break
    return results


async def _carry(errand: Errand, number: int, link: Link) -> Delivery:
    """Send a recording, and return what the service said.

    Raises:
        NotSeenError: it is not here, or another one is.
        PermanentError: it cannot be read here.
        RetryableError: it changed meanwhile.
    """
    try:
        look = await asyncio.to_thread(_look, errand)
        async with open_recording(Path(errand.path), look) as recording:
            if recording.size_bytes != errand.stamp.size_bytes:
                raise NotSeenError(
                    f"worker {link.address} sees another {errand.path} "
                    f"({recording.size_bytes:,} bytes instead of {errand.stamp.size_bytes:,})",
                    advice="is the same folder mounted there?",
                )
            began_at = asyncio.get_running_loop().time()
            answer = await _send(errand.service, recording, number, link)
            elapsed_s = asyncio.get_running_loop().time() - began_at
            return Delivery(answer, elapsed_s, recording.stamp, recording.digest)
    except FileNotFoundError:
        raise NotSeenError(f"worker {link.address} does not see {errand.path}", advice=MOUNTED) from None
    except PermanentError as error:
        raise PermanentError(f"at worker {link.address}: {error}", http_status=error.http_status) from None


def _look(errand: Errand) -> Look | None:
    """Return what is known of the file: of a small one all its bytes; None of one that cannot be read."""
    if errand.stamp.size_bytes > SMALL_SIZE_BYTES:
        return None if errand.digest is None else Look(errand.stamp, errand.digest, None)
    try:
        with open(errand.path, "rb", buffering=0, opener=open_at_once) as file:
            stamp = Stamp.of(os.fstat(file.fileno()))
            if stamp.size_bytes != errand.stamp.size_bytes:
                return None
            content = file.read(stamp.size_bytes) or b""
            if len(content) != stamp.size_bytes or stamp != Stamp.of(os.fstat(file.fileno())):
                return None
    except OSError:
        return None
    is_known = errand.digest is not None and stamp == errand.stamp
    return Look(stamp, errand.digest if is_known and errand.digest else sha256(content).digest(), content)


async def _send(service: Service, recording: Recording, number: int, link: Link) -> Answer | TranscriberError:
    """Return the service's answer, or what is wrong with the connection."""
    stall = StallTimeout(service.stall_timeout_s, service.reply_timeout_s)
    loop = asyncio.get_running_loop()
    told_at = loop.time()

    def moved(sent_bytes: int) -> None:
        nonlocal told_at
        if sent_bytes == recording.size_bytes:
            stall.all_sent()
            return
        stall.moved()
        if loop.time() - told_at >= PROGRESS_EVERY_S:
            told_at = loop.time()
            link.send([number, sent_bytes])

    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(recording.size_bytes)}
    address = service.base_url.rstrip("/") + "/v2/upload"
    try:
        async with stall.timeout, _line_to(service) as line:
            stall.moved()
            body = recording.slices(moved)
            async with line.session.post(address, data=body, headers=headers, allow_redirects=False) as reply:
                said = await reply.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if recording.failure is not None:
            raise recording.failure from None
        trouble = error_from_exception(error)
        trouble.args = (f"at worker {link.address}: {trouble}",)
        return trouble
    await recording.check_unchanged()
    return Answer(
        reply.status,
        said.replace(line.key, b"<key>"),
        reply.headers.get("Retry-After"),
        reply.headers.get("Location", ""),
        reply.headers.get("Date"),
    )


class _Line:
    """An open session for one service, which closes itself after a while without uploads."""

    def __init__(self, settings: Settings) -> None:
        self.session = open_session(settings)
        self.key = settings.api_key.get_secret_value().encode()
        self.uploads = 0
        self.closing: asyncio.TimerHandle | None = None
        self.closed: asyncio.Task[None] | None = None


_lines: dict[tuple[Service, asyncio.AbstractEventLoop], _Line] = {}


@asynccontextmanager
async def _line_to(service: Service) -> AsyncIterator[_Line]:
    """Yield the session for a service; there is one in a process."""
    loop = asyncio.get_running_loop()
    name = service, loop
    if name not in _lines:
        key = key_of_this_machine(os.environ)
        if key is None:
            raise FatalError(NO_KEY, ExitCode.AUTH)
        _lines[name] = _Line(_settings(service, key))
    line = _lines[name]
    line.uploads += 1
    if line.closing is not None:
        line.closing.cancel()
    try:
        yield line
    finally:
        line.uploads -= 1
        if not line.uploads:

            def close() -> None:
                if _lines.pop(name, None) is line:
                    line.closed = loop.create_task(line.session.close())

            line.closing = loop.call_later(KEEP_ALIVE_S, close)


def _settings(service: Service, key: str) -> Settings:
    try:
        return service.settings(key)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise FatalError(problem["msg"].removeprefix("Value error, "), ExitCode.AUTH) from None
