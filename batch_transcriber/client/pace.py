"""One pace for all requests: a budget per window, and a gate that a rate limit closes for everybody."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING

from batch_transcriber.client.learned import LearnedLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.client.shared import SharedLimit

RETRY_AFTER_MAX_S = 900.0  # an answer that asks for more is taken for a mistake
BACKOFF_INITIAL_S = 1.0
BACKOFF_MAX_S = 60.0
DOUBLINGS_MAX = 16  # far beyond the cap; days of pauses would overflow a float
SHORT_WAIT_S = 1.0  # waits below this are not worth a line


class Pace:
    """Let requests start, in the order in which they asked, as fast as the limits allow.

    The budget is a true sliding window: never more than `max_requests` starts in any `window_s`,
    and bursts are welcome inside it. A leaky bucket would let twice the rate through at the start.

    Args:
        max_requests: Starts in any window. Memory is one float for each.
        window_s: Length of the window, seconds.
        on_wait: Told what everybody waits for, in words, and how long, when it is longer than a second.
        shared: What this run shares with others of its account on this machine; None for nothing.
    """

    def __init__(
        self,
        max_requests: int,
        window_s: float,
        on_wait: Callable[[str, float], None] | None = None,
        shared: SharedLimit | None = None,
    ) -> None:
        self._window_s = window_s
        self._starts: deque[float] = deque(maxlen=max_requests)  # loop clock, oldest first
        self._gate_opens_at = 0.0  # loop clock
        self._pauses = 0
        self._turnstile = asyncio.Lock()  # fair: asyncio wakes its waiters in order
        self._on_wait = on_wait
        self._shared = shared
        self._learned = shared or LearnedLimit()

    async def turn(self) -> None:
        """Return when one request may start; the caller starts it at once."""
        loop = asyncio.get_running_loop()
        async with self._turnstile:
            while (wait_s := self._wait_s(loop.time())) > 0:  # noqa: ASYNC110 - the gate may move meanwhile
                await asyncio.sleep(wait_s)
            self._starts.append(loop.time())
            self._learned.started(loop.time())

    def pause(self, reason: str, retry_after_s: float | None, backoff_max_s: float = BACKOFF_MAX_S) -> None:
        """Close the gate for all requests.

        Args:
            reason: What happened, in words.
            retry_after_s: What the service asked for; None, or a 0 that would have us hammer at it,
                makes it a jittered backoff that doubles with every pause until `resume`.
            backoff_max_s: Ceiling of that backoff, seconds.
        """
        now = asyncio.get_running_loop().time()
        if not retry_after_s:
            if now < self._gate_opens_at:
                return  # sent before the gate closed: the same trouble, not a further one
            self._pauses = min(self._pauses + 1, DOUBLINGS_MAX)
            ceiling_s = min(backoff_max_s, BACKOFF_INITIAL_S * 2.0 ** (self._pauses - 1))
            retry_after_s = random.uniform(ceiling_s / 2, ceiling_s)  # noqa: S311 - jitter, no secret
        opens_at = now + min(retry_after_s, RETRY_AFTER_MAX_S)
        if opens_at > self._gate_opens_at:
            if opens_at - max(now, self._gate_opens_at) >= SHORT_WAIT_S:
                self._tell(reason, opens_at - now)
            self._gate_opens_at = opens_at

    def learn(self, retry_after_s: float) -> None:
        """Take a rate limit's refusal as a sign of what the limit is; `pause` is to follow."""
        self._learned.refused(asyncio.get_running_loop().time(), min(retry_after_s, RETRY_AFTER_MAX_S))

    def is_closed(self) -> bool:
        """Tell whether the gate is closed, for one who had a turn before it was."""
        return asyncio.get_running_loop().time() < self._gate_opens_at

    def resume(self) -> None:
        """Note that the service took a request again, so that the next refusal backs off from the start."""
        self._pauses = 0

    def close(self) -> None:
        """Leave what was taken of a shared limit, and not used, to the others."""
        if self._shared is not None:
            self._shared.close(asyncio.get_running_loop().time())

    def _wait_s(self, now: float) -> float:
        """Return how long the next start has to wait, seconds; 0 or less for not at all."""
        wait_s = self._gate_opens_at - now
        if len(self._starts) == self._starts.maxlen:
            budget_wait_s = self._starts[0] + self._window_s - now
            if budget_wait_s > max(wait_s, SHORT_WAIT_S):
                self._tell(
                    f"the limit of {self._starts.maxlen:,} requests in {self._window_s:.0f} s is reached "
                    "(--max-requests)",
                    budget_wait_s,
                )
            wait_s = max(wait_s, budget_wait_s)
        if wait_s > 0:
            return wait_s
        wait_s = self._learned.wait_s(now)
        if wait_s > SHORT_WAIT_S:
            self._tell(self._learned.words, wait_s)
        return wait_s

    def _tell(self, reason: str, wait_s: float) -> None:
        if self._on_wait is not None:
            self._on_wait(reason, wait_s)
