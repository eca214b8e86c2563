"""An event loop whose clock jumps to the next timer, so that hours of waiting take no time."""

from __future__ import annotations

import asyncio
from selectors import DefaultSelector
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from selectors import SelectorKey

T = TypeVar("T")

START_S = 1000.0  # like a real loop's clock, it does not begin at zero


class JumpingSelector(DefaultSelector):
    """Report what is ready now, and move the clock instead of waiting for a timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START_S

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait only where no timer is set: for a thread, or for another process."""
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout is not None:
            self.now += max(0.0, timeout)
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop for code that waits for timers alone."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the clock: it stands still while code runs."""
        return self._jumping.now


def in_no_time(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end by a clock that jumps."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
