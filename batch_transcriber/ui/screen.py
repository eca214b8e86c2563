"""Choose the screen once: bars on a terminal, lines in a pipe, failures alone when asked to be quiet."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from batch_transcriber.ui.bars import Bars
from batch_transcriber.ui.lines import Lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rich.console import Console

    from batch_transcriber.events import Event


class Screen(Protocol):
    """A sink of events that draws on a clock of its own.

    Attributes:
        interval_s: Seconds between two calls of `tick`.
    """

    interval_s: float

    def show(self, event: Event) -> None:
        """Take in one event; quick, and draws at most a line."""

    def tick(self) -> None:
        """Draw what has changed."""

    def close(self) -> None:
        """Leave a clean screen; calling again is safe."""


@asynccontextmanager
async def open_screen(console: Console, *, quiet: bool = False) -> AsyncIterator[Screen]:
    """Open the screen that fits the console, and keep it drawn until the end of the context.

    Args:
        console: On stderr, for stdout is for results.
        quiet: Failures alone.
    """
    screen: Screen = Bars(console) if console.is_terminal and not quiet else Lines(console, quiet=quiet)

    async def draw() -> None:
        while True:
            await asyncio.sleep(screen.interval_s)
            screen.tick()

    drawing = asyncio.get_running_loop().create_task(draw(), name="screen")
    try:
        yield screen
    finally:
        drawing.cancel()
        screen.close()
