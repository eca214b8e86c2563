"""Is it this request that fails, or is the service away? Who asks for something else knows."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from batch_transcriber.client.pace import RETRY_AFTER_MAX_S
from batch_transcriber.errors import ExitCode, FatalError, PermanentError, RetryableError
from batch_transcriber.events import Notice, Waiting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_transcriber.events import Sink
    from batch_transcriber.settings import Settings

DOUBLINGS_MAX = 16  # far beyond any cap
S_PER_HOUR = 3600
S_PER_DAY = 24 * S_PER_HOUR


class Outage:
    """The times at which nothing gets through to a service that was there before; within one event loop.

    Nobody can tell from a request of his own whether the service is away. Before one is given up, and where
    none got through for a while, a cheap request is sent: where that fails too, all wait until it works.

    Args:
        ask: Sends that request, once.
        sink: Told of every pause, and of the end.

    Attributes:
        is_on: Set while nothing gets through.
        past_s: How long all of them lasted that are over, seconds.
    """

    def __init__(self, settings: Settings, ask: Callable[[], Awaitable[object]], sink: Sink) -> None:
        self._settings = settings
        self._ask = ask
        self._sink = sink
        self._asking = asyncio.Lock()  # one asks, and the others learn what that gave
        self._failing_since: float | None = None  # loop clock, while no request gets through
        self._ended_at: float | None = None  # loop clock, of the last one
        self.is_on = asyncio.Event()
        self.past_s = 0.0

    def note_answer(self) -> None:
        """Note that a request got through."""
        self._failing_since = None

    def note_failure(self) -> None:
        """Note that one did not."""
        if self._failing_since is None:
            self._failing_since = asyncio.get_running_loop().time()

    async def explains(self, began_at: float, *, is_last: bool) -> bool:
        """Return whether a failure was the service's; where it is away, as soon as it is there again.

        Args:
            began_at: When the request that failed was sent, loop clock.
            is_last: It would be given up; or else the service is asked only after a while in which no
                request got through.

        Raises:
            FatalError: it was away for too long.
        """
        now = asyncio.get_running_loop().time()
        lasting_s = 0.0 if self._failing_since is None else now - self._failing_since
        if is_last or lasting_s >= self._settings.away_after_s:
            await self.wait_out()
        return self._ended_at is not None and self._ended_at >= began_at

    async def wait_out(self) -> None:
        """Return once the service is there, as far as anybody knows.

        Raises:
            FatalError: it was away for too long.
        """
        async with self._asking:
            if self._failing_since is not None:  # no other request got through meanwhile
                await self._ask_until_answered(self._failing_since)
            self.is_on.clear()

    async def _ask_until_answered(self, since: float) -> None:
        loop = asyncio.get_running_loop()
        began_at = datetime.now().astimezone() - timedelta(seconds=loop.time() - since)
        pauses, reason = 0, ""
        while (trouble := await self._trouble()) is not None:
            self.is_on.set()
            reason = reason or f"the service is away since {_clock(began_at)} ({trouble})"
            left_s = since + self._settings.give_up_after_s - loop.time()
            if left_s <= 0:
                raise FatalError(_in_vain(trouble, self._settings.give_up_after_s), ExitCode.UNREACHABLE)
            asked_s = min(trouble.retry_after_s or 0.0, RETRY_AFTER_MAX_S)
            wait_s = min(left_s, max(self._pause_s(pauses), asked_s))
            self._sink(Waiting(reason, wait_s))  # one and the same, however the trouble changes its form
            await asyncio.sleep(wait_s)
            pauses += 1
        if reason:
            self._ended_at = loop.time()
            self.past_s += self._ended_at - since
            self._sink(Notice(f"the service is back; it was away since {_clock(began_at)}"))

    async def _trouble(self) -> RetryableError | None:
        """Return why the service does not answer; None where it does, whatever it says."""
        try:
            await self._ask()
        except RetryableError as error:
            return error if error.http_status != HTTPStatus.TOO_MANY_REQUESTS else None
        except PermanentError:
            pass
        return None

    def _pause_s(self, pauses: int) -> float:
        doubled_s = self._settings.away_wait_initial_s * 2.0 ** min(pauses, DOUBLINGS_MAX)
        ceiling_s = min(doubled_s, self._settings.away_wait_max_s)
        return random.uniform(ceiling_s / 2, ceiling_s)  # noqa: S311 - jitter, no secret


def _clock(moment: datetime) -> str:
    is_long_ago = datetime.now().astimezone() - moment > timedelta(seconds=S_PER_DAY / 2)
    return f"{moment:%Y-%m-%d %H:%M}" if is_long_ago else f"{moment:%H:%M:%S}"


def _in_vain(error: RetryableError, patience_s: float) -> str:
    span = f"{patience_s:g} s" if patience_s < S_PER_HOUR else f"{patience_s / S_PER_HOUR:g} h"
    return (
        f"{error}, and nothing got through for {span} (--give-up-after); "
        "when the service is there again, run the same command again"
    )
