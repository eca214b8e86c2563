"""How many uploads run at a time: as many as make the link faster, and no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

MIN_SLOTS = 4
MAX_SLOTS = 16
WINDOW_S = 0.5  # of one measurement
WORTHWHILE = 1.1  # twice the slots must give a tenth more, or they are taken back
SETTLED_S = 30.0  # how long a level that was found is kept before it is tried again


class Climb:
    """Search for the level at which a link is busy: double while doubling pays. No I/O."""

    def __init__(self) -> None:
        self._below: tuple[int, float] | None = None  # the level that we climbed from, and its rate
        self._settled_until = 0.0

    def next_level(self, level: int, bytes_per_s: float, now: float) -> int:
        """Return the level to try after this one gave this rate.

        Args:
            level: Uploads at a time while it was measured; all slots were taken.
            bytes_per_s: All uploads together.
            now: Seconds on any clock that only goes forward.
        """
        if now < self._settled_until:
            return level
        if self._below is not None and bytes_per_s < self._below[1] * WORTHWHILE:
            level = self._below[0]
        elif level < MAX_SLOTS:
            self._below = (level, bytes_per_s)
            return min(level * 2, MAX_SLOTS)
        self._below = None
        self._settled_until = now + SETTLED_S
        return level


class UploadSlots:
    """A limit of uploads at a time that climbs from 4 to 16 while climbing pays.

    Enter it as a context for one upload, and tell it with `moved` of all bytes that go out.

    Args:
        fixed: Keep to this number instead.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self.limit = fixed or MIN_SLOTS
        self._climb = None if fixed else Climb()
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
        if self._climb is None:
            return
        now = asyncio.get_running_loop().time()
        self._bytes += count_bytes
        if self._window_began is None:
            self._begin_window(now)
        elif (elapsed_s := now - self._window_began) >= WINDOW_S:
            if self._saturated:
                self._resize(self._climb.next_level(self.limit, self._bytes / elapsed_s, now))
            self._begin_window(now)

    def _begin_window(self, now: float) -> None:
        self._window_began, self._bytes, self._saturated = now, 0, self._free.locked()

    def _resize(self, limit: int) -> None:
        for _ in range(limit - self.limit):
            if self._surplus:
                self._surplus -= 1
            else:
                self._free.release()
        self._surplus += max(0, self.limit - limit)
        self.limit = limit
