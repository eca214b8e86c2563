"""The time at which a run takes in nothing more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.settings import Settings

LOOK_S = 30.0  # between two looks at a clock that somebody may set, or that went on while we slept


class Curfew:
    """The end of a run's time, by the clock on the wall, or so long after the run began.

    To be made in the event loop, when the run begins.
    """

    def __init__(self, settings: Settings) -> None:
        self._until = settings.until
        self._ends_at: float | None = None  # loop clock
        if settings.max_duration_s is not None:
            self._ends_at = asyncio.get_running_loop().time() + settings.max_duration_s

    def told(self) -> str:
        """Return when it will be, for people; empty where there is none."""
        ends = [(self._until, "--until")] if self._until is not None else []
        if self._ends_at is not None:
            left_s = self._ends_at - asyncio.get_running_loop().time()
            ends.append((datetime.now(UTC) + timedelta(seconds=left_s), "--max-duration"))
        if not ends:
            return ""
        at, by = min(ends)
        return f"{at.astimezone():%Y-%m-%d %H:%M:%S} ({by})"

    async def passed(self) -> None:
        """Return once it is past; never, where there is none."""
        while (left_s := self._left_s()) is None or left_s > 0:  # noqa: ASYNC110 - clocks can be set
            await asyncio.sleep(LOOK_S if left_s is None else min(left_s, LOOK_S))

    def _left_s(self) -> float | None:
        lefts_s = []
        if self._until is not None:
            lefts_s.append((self._until - datetime.now(UTC)).total_seconds())
        if self._ends_at is not None:
            lefts_s.append(self._ends_at - asyncio.get_running_loop().time())
        return min(lefts_s, default=None)
