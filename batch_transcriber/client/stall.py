"""A deadline for a long upload, which every moved byte pushes away."""

from __future__ import annotations

import asyncio


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
