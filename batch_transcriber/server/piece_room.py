"""Room for pieces of recordings, whose number bounds the memory that all of them take."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class PieceRoom:
    """Room for as many pieces as are heard at a time, and one more; first come, first served.

    Args:
        places: Tells how many are heard at a time. It is asked whenever a piece comes or goes, for it changes
            where workers come and go.
    """

    def __init__(self, places: Callable[[], int]) -> None:
        self._places = places
        self._held = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait until there is room for one more."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had come
                self.give_back()
            raise

    def give_back(self) -> None:
        """Make room for another; in the event loop."""
        self._held -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._held <= self._places():
            turn = self._waiting.popleft()
            if not turn.done():
                self._held += 1
                turn.set_result(None)
