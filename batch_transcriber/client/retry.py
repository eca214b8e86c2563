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


async def retried(
    attempt: Callable[[int], Awaitable[T]],
    settings: Settings,
    may_repeat: Callable[[RetryableError], bool] = lambda _: True,
) -> T:
    """Return what `attempt` returns in the end; it is called with the number of the try, from 1.

    A library would do, were it not that waits for everybody's trouble are neither counted as failed
    tries nor slept through here: the gate holds such a request back, and all others.

    Args:
        attempt: One try; it starts anew each time.
        settings: Number of retries and bounds of the waits.
        may_repeat: Asked before every repetition; False hands the error to the caller.

    Raises:
        RetryableError: the last try's, after all retries.
        TranscriberError: of any other kind, at once.
    """
    failures = 0
    for number in count(1):
        try:
            return await attempt(number)
        except RetryableError as error:
            if not may_repeat(error):
                raise
            if error.service_wide:
                continue
            failures += 1
            if failures > settings.retries:
                error.tries = failures
                raise
            ceiling_s = min(settings.retry_wait_max_s, settings.retry_wait_initial_s * 2.0 ** (failures - 1))
        await asyncio.sleep(random.uniform(0.0, ceiling_s))  # noqa: S311 - jitter, no secret
    raise AssertionError("tries are numbered without end")
