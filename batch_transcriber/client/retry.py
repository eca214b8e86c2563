"""One retry policy for all requests: exponential backoff, full jitter, a cap, bounded tries."""

from __future__ import annotations

import asyncio
import random
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from batch_transcriber.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_transcriber.settings import Settings

T = TypeVar("T")


async def _never(*_: float) -> bool:
    return False


async def retried(
    attempt: Callable[[int], Awaitable[T]],
    settings: Settings,
    may_repeat: Callable[[RetryableError], bool] = lambda _: True,
    was_away: Callable[[float, bool], Awaitable[bool]] = _never,
) -> T:
    """Return what `attempt` returns in the end; it is called with the number of the try, from 1.

    A library would do, were it not that waits for everybody's trouble are neither counted as failed
    tries nor slept through here: the gate holds such a request back, and all others.

    Args:
        attempt: One try; it starts anew each time.
        settings: Number of retries and bounds of the waits.
        may_repeat: Asked before every repetition; False hands the error to the caller.
        was_away: Asked after every failure, and told when its try began, on the loop's clock, and whether it
            is the last one that there may be. True says that the service was away and is there again: the
            tries so far tell nothing of this request.

    Raises:
        RetryableError: the last try's, after all retries.
        TranscriberError: of any other kind, at once.
    """
    failures = 0
    for number in count(1):
        began_at = asyncio.get_running_loop().time()
        try:
            return await attempt(number)
        except RetryableError as error:
            if not may_repeat(error):
                raise
            if error.service_wide:
                continue
            if await was_away(began_at, failures >= settings.retries):
                failures = 0
                continue
            failures += 1
            if failures > settings.retries:
                error.tries = failures
                raise
            ceiling_s = min(settings.retry_wait_max_s, settings.retry_wait_initial_s * 2.0 ** (failures - 1))
        await asyncio.sleep(random.uniform(0.0, ceiling_s))  # noqa: S311 - jitter, no secret
    raise AssertionError("tries are numbered without end")
