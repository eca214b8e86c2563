"""One retry policy for all requests: exponential backoff, full jitter, a cap, bounded tries."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

import stamina

from batch_transcriber.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from batch_transcriber.settings import Settings

# stamina logs every retry; where nobody set up logging, Python would print that into our screen.
logging.getLogger("stamina").addHandler(logging.NullHandler())


def attempts(
    settings: Settings, may_repeat: Callable[[RetryableError], bool] = lambda _: True
) -> AsyncIterator[stamina.Attempt]:
    """Iterate over the tries of one call; each is a context manager that takes its failure.

    Args:
        settings: Number of retries and bounds of the waits.
        may_repeat: Asked before every repetition; False hands the error to the caller.
    """
    failures = 0

    def decide(error: Exception) -> bool | float:
        nonlocal failures
        if not isinstance(error, RetryableError) or not may_repeat(error):
            return False
        if error.service_wide:
            return 0.0  # the gate holds this request back, and all others
        failures += 1
        if failures > settings.retries:
            return False
        ceiling_s = min(settings.retry_wait_max_s, settings.retry_wait_initial_s * 2.0 ** (failures - 1))
        return random.uniform(0.0, ceiling_s)  # noqa: S311 - jitter, no secret

    return stamina.retry_context(on=decide, attempts=None, timeout=None)
