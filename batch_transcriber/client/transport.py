"""One request: it waits for its turn, goes out, and comes back as a typed reply or as one of our errors."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import aiohttp

from batch_transcriber.client.clock import ServiceClock
from batch_transcriber.client.connection import open_session
from batch_transcriber.client.failures import describe_unreadable, error_from_exception, error_from_reply
from batch_transcriber.client.outage import Outage
from batch_transcriber.client.pace import BACKOFF_MAX_S, Pace
from batch_transcriber.client.recognition import Recognition
from batch_transcriber.client.shared import shared_limit
from batch_transcriber.errors import ExitCode, FatalError, RetryableError, TranscriberError
from batch_transcriber.events import RequestEnded, Waiting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from aiohttp import ClientHandlerType as ClientHandler

    from batch_transcriber.events import Sink
    from batch_transcriber.settings import Settings

TRIES_WITHIN_PATIENCE = 6  # at least, before a silent host is given up

T = TypeVar("T")


class StallTimeout:
    """A deadline that every moved byte pushes away; it raises TimeoutError like `asyncio.timeout`."""

    def __init__(self, stall_timeout_s: float, reply_timeout_s: float) -> None:
        self._stall_timeout_s = stall_timeout_s
        self._reply_timeout_s = reply_timeout_s
        self.timeout = asyncio.timeout(None)

    def moved(self) -> None:
        """Give the next byte its full time."""
        self.timeout.reschedule(asyncio.get_running_loop().time() + self._stall_timeout_s)

    def all_sent(self) -> None:
        """Give the reply, for whose pieces there is the read timeout, its time as a whole."""
        self.timeout.reschedule(asyncio.get_running_loop().time() + self._reply_timeout_s)


class Transport:
    """Send requests to one service at one pace, and keep what only all of them together can know.

    Args:
        sink: Told of every pause, and of every request's end.

    Attributes:
        requests: Requests sent, by name of the call, tries included.
        outage: Whether the service is away.
        clock: What its clock shows.
    """

    def __init__(self, settings: Settings, sink: Sink) -> None:
        self.requests: Counter[str] = Counter()
        self._settings = settings
        self._sink = sink
        self._root = settings.base_url.rstrip("/") + "/v2"
        self._pace = Pace(
            settings.max_requests,
            settings.request_window_s,
            lambda reason, wait_s: sink(Waiting(reason, wait_s)),
            shared_limit(settings),
        )
        self.outage = Outage(settings, self._ask_whether_it_is_there, sink)
        self._session: aiohttp.ClientSession | None = None
        self._answered = False  # by the service, or by a gateway of its
        self._recognition = Recognition(settings.base_url)
        self._blocked_since: float | None = None  # loop clock, while no request gets through
        self.clock = ServiceClock()

    def open(self) -> None:
        """Open the session; nothing is sent yet."""
        self._session = open_session(self._settings)

    async def close(self) -> None:
        """Close the session and its connections, and leave to others what is left of the limit."""
        self._pace.close()
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        read: Callable[[bytes], T],
        name: str,
        method: str,
        path: str,
        *,
        wanted: str = "JSON",
        on_start: Callable[[], Awaitable[None] | None] | None = None,
        stall: asyncio.Timeout | None = None,
        is_probe: bool = False,
        **request: Any,
    ) -> T:
        """Send one request, once, and return its reply.

        Args:
            read: Makes the reply of the body; a ValueError where it is none.
            name: Name of the call, for the counts.
            method: HTTP method.
            path: Path below `/v2`.
            wanted: What the body must be, in a word.
            on_start: Called, and awaited, when the request is about to leave, after all waits.
            stall: Watches over the sending of a long body; whoever sends it moves it.
            is_probe: Sent even while the service is away, to see whether it still is.
            request: Further arguments of `aiohttp.ClientSession.request`.

        Raises:
            TranscriberError: it failed; which of the three kinds says what to do.
        """
        if self._session is None:
            raise RuntimeError("the client is not open; use it as `async with TranscriptionClient(...)`")

        deadline = stall or asyncio.timeout(None)

        async def paced(request: aiohttp.ClientRequest, send: ClientHandler) -> aiohttp.ClientResponse:
            # A middleware, because aiohttp by itself repeats a GET whose kept connection broke.
            await (self._pace.turn() if is_probe else self._turn(on_start))
            self.requests[name] += 1
            began_at = asyncio.get_running_loop().time()
            if stall is None:
                deadline.reschedule(began_at + self._settings.reply_timeout_s)
            status, problem = None, "given up"  # unless something better is known
            try:
                reply = await send(request)
                status, problem = reply.status, ""
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                problem = str(error_from_exception(error))
                raise
            except asyncio.CancelledError:
                if stall is not None and stall.expired():
                    problem = "no byte moved in time"
                raise
            finally:
                elapsed_s = asyncio.get_running_loop().time() - began_at
                self._sink(RequestEnded(name, method, f"/v2{path}", elapsed_s, status, problem or None))
            return reply

        try:
            async with (
                deadline,
                self._session.request(
                    method, self._root + path, allow_redirects=False, middlewares=[paced], **request
                ) as response,
            ):
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._note_failure(error_from_exception(error)) from error
        self.clock.note(response.headers.get("Date"))
        body = body.replace(self._settings.api_key.get_secret_value().encode(), b"<key>")
        if response.status != HTTPStatus.OK:
            refusal = error_from_reply(
                response.status,
                body,
                is_upload=name == "upload",
                retry_after=response.headers.get("Retry-After"),
                location=response.headers.get("Location", ""),
            )
            raise self._note_failure(self._recognition.judge(refusal, method, response.status, body))
        try:
            reply = read(body)
        except ValueError as error:  # pydantic's errors are these too
            what = describe_unreadable(body, wanted)
            unreadable = RetryableError(f"the service's answer cannot be read ({what})", http_status=200)
            raise self._note_failure(
                self._recognition.judge(unreadable, method, HTTPStatus.OK, body)
            ) from error
        self._recognition.certain()
        self._note_answer()
        self._pace.resume()
        return reply

    async def was_away(self, began_at: float, is_last: bool) -> bool:  # noqa: FBT001 - of `retried` alone
        """Return whether a request failed because the service was away, as soon as it is there again.

        Args:
            began_at: When it was sent, loop clock.
            is_last: It would be given up.

        Raises:
            FatalError: it was away for too long.
        """
        return self._answered and await self.outage.explains(began_at, is_last=is_last)

    async def _ask_whether_it_is_there(self) -> None:
        await self.call(json.loads, "list", "GET", "/transcript", is_probe=True, params={"limit": "1"})

    async def _turn(self, on_start: Callable[[], Awaitable[None] | None] | None) -> None:
        """Return when a request may leave, and is ready to."""
        await self._free()
        while on_start is not None and (ready := on_start()) is not None:
            await ready
            if not (self._pace.is_closed() or self.outage.is_on.is_set()):
                return
            await self._free()  # a rate limit, or an outage, was met meanwhile

    async def _free(self) -> None:
        """Return when the service is there, and takes one more."""
        await self._pace.turn()
        while self.outage.is_on.is_set():
            await self.outage.wait_out()
            await self._pace.turn()

    def _note_answer(self) -> None:
        self._answered = True
        self._blocked_since = None
        self.outage.note_answer()

    def _note_failure(self, error: TranscriberError) -> TranscriberError:
        """Make everybody wait where the trouble is everybody's; give up where it lasts too long."""
        if not isinstance(error, RetryableError):
            self._note_answer()
            return error
        is_refused = error.http_status == HTTPStatus.TOO_MANY_REQUESTS
        self._answered |= is_refused or (not error.service_wide and error.http_status is not None)
        if not is_refused:
            self.outage.note_failure()
        if self._answered and not is_refused:
            self._blocked_since = None
            error.service_wide = False  # from the first answer on it takes an outage to say that
        backoff_max_s = BACKOFF_MAX_S
        if error.service_wide:
            now = asyncio.get_running_loop().time()
            self._blocked_since = self._blocked_since or now
            known = self._answered
            patience_s = self._settings.give_up_after_s if known else self._settings.unreachable_after_s
            backoff_max_s = min(backoff_max_s, patience_s / TRIES_WITHIN_PATIENCE)
            if now - self._blocked_since >= patience_s:
                return FatalError(_in_vain(error, patience_s), ExitCode.UNREACHABLE)
        if error.http_status == HTTPStatus.TOO_MANY_REQUESTS and error.retry_after_s:
            self._pace.learn(error.retry_after_s)
        if error.service_wide or (error.retry_after_s is not None and not self.outage.is_on.is_set()):
            self._pace.pause(str(error), error.retry_after_s, backoff_max_s)
        return error


def _in_vain(error: RetryableError, patience_s: float) -> str:
    span = f"{patience_s:.0f} s" if patience_s < 3600 else f"{patience_s / 3600:.0f} h"
    advice = "check the network and --base-url"
    if error.http_status == HTTPStatus.TOO_MANY_REQUESTS:  # it can be reached, and takes nothing
        advice = "check the account's limits"
    return f"{error}, and nothing else for {span}; {advice}, then run the same command again"
