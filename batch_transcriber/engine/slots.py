"""How many uploads run at a time: as many as make the link faster, and no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

MIN_SLOTS = 4
MAX_SLOTS = 16
WINDOW_S = 0.5  # of one measurement
STEP = 2  # slots more at a time
WORTHWHILE = 0.5  # of what a step would bring on a link without end: less, and it is not worth it
LESS = 0.75  # of the slots are kept where a step brought nothing
HALF = 0.5  # where uploads broke off
SETTLED_S = 30.0  # how long a level that was found is kept before a further step is tried
SHAKEN_S = 5.0  # likewise after uploads broke off


class Goodput:
    """Find the level at which a link is busy: up by steps while they pay, down by a share. No I/O.

    Args:
        most: The highest level, which may change.
    """

    def __init__(self, most: Callable[[], int] = lambda: MAX_SLOTS) -> None:
        self._most = most
        self._below: tuple[int, float] | None = None  # the level that we came from, and its rate
        self._settled_until = 0.0

    def next_level(self, level: int, bytes_per_s: float, failures: int, now: float) -> int:
        """Return the level to try after this one gave this rate.

        Args:
            level: Uploads at a time while it was measured; all slots were taken.
            bytes_per_s: All uploads together.
            failures: Uploads that broke off meanwhile.
            now: Seconds on any clock that only goes forward.
        """
        if failures:
            return self._settle(level * HALF, now + SHAKEN_S)
        if now < self._settled_until:
            return level
        if self._below is not None:
            below, rate = self._below
            if bytes_per_s < rate * (1 + WORTHWHILE * (level - below) / below):
                return self._settle(level * LESS, now + SETTLED_S)
        if level >= self._most():
            return self._settle(level, now + SETTLED_S)
        self._below = (level, bytes_per_s)
        return min(level + STEP, self._most())

    def _settle(self, level: float, until: float) -> int:
        self._below, self._settled_until = None, until
        return min(max(MIN_SLOTS, int(level)), self._most())


class UploadSlots:
    """A limit of uploads at a time, from 4 to 16 or as many as others can, that follows what the link gives.

    Enter it as a context for one upload, tell it with `moved` of all bytes that go out, and with `failed`
    of every try that broke off.

    Args:
        fixed: Keep to this number instead.
        on_change: Told the new limit, and the bytes per second that led to it.
        most: How many the machines that upload are made for, which may change; it is begun with. None where
            this machine uploads.
    """

    def __init__(
        self,
        fixed: int | None = None,
        on_change: Callable[[int, float], None] = lambda *_: None,
        most: Callable[[], int] | None = None,
    ) -> None:
        self._most = most or (lambda: MAX_SLOTS)
        self._made_for = self._most()
        self.limit = fixed or (MIN_SLOTS if most is None else self._made_for)
        self._on_change = on_change
        self._goodput = None if fixed else Goodput(self._most)
        self._failures = 0
        self._free = asyncio.Semaphore(self.limit)
        self._surplus = 0  # slots to take away as soon as their uploads end
        self._bytes = 0
        self._window_began: float | None = None
        self._saturated = False  # whether no slot was free since the window began

    async def __aenter__(self) -> None:
        await self._free.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._surplus:
            self._surplus -= 1
            return
        self._saturated = self._saturated and self._free.locked()
        self._free.release()

    def moved(self, count_bytes: int) -> None:
        """Note bytes that went out, and adapt the limit at the end of a window."""
        if self._goodput is None:
            return
        now = asyncio.get_running_loop().time()
        self._bytes += count_bytes
        if self._window_began is None:
            self._begin_window(now)
        elif (elapsed_s := now - self._window_began) >= WINDOW_S:
            if self._saturated or self._failures:
                rate = self._bytes / elapsed_s
                self._resize(self._goodput.next_level(self.limit, rate, self._failures, now), rate)
            self._follow(self._bytes / elapsed_s)
            self._begin_window(now)

    def failed(self) -> None:
        """Note that a try broke off; the limit follows at the end of the window."""
        self._failures += 1

    def _follow(self, bytes_per_s: float) -> None:
        """Keep to what the machines are made for, where these come and go."""
        before, self._made_for = self._made_for, self._most()
        if self.limit > self._made_for or self.limit == before:
            self._resize(self._made_for, bytes_per_s)

    def _begin_window(self, now: float) -> None:
        self._window_began, self._bytes, self._saturated = now, 0, self._free.locked()
        self._failures = 0

    def _resize(self, limit: int, bytes_per_s: float) -> None:
        if limit != self.limit:
            self._on_change(limit, bytes_per_s)
        for _ in range(limit - self.limit):
            if self._surplus:
                self._surplus -= 1
            else:
                self._free.release()
        self._surplus += max(0, self.limit - limit)
        self.limit = limit
