"""Choose the screen once: bars on a terminal, lines in a pipe, failures alone when asked to be quiet."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from batch_transcriber.ui.bars import Bars
from batch_transcriber.ui.lines import Lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


class _NeverInTheWay:
    """A screen whose terminal or pipe may go away: the run goes on unseen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.interval_s = screen.interval_s

    def show(self, event: Event) -> None:
        with suppress(OSError):
            self._screen.show(event)

    def tick(self) -> None:
        with suppress(OSError):
            self._screen.tick()

    def close(self) -> None:
        with suppress(OSError):
            self._screen.close()


class PatientConsole(Console):
    """A console that falls silent where rich's own would end the program: its reader went away."""

    def on_broken_pipe(self) -> None:
        """Write no more, not even what is left at exit."""
        self.quiet = True
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


@asynccontextmanager
async def open_screen(console: Console, *, quiet: bool = False) -> AsyncIterator[Screen]:
    """Open the screen that fits the console, and keep it drawn until the end of the context.

    Args:
        console: On stderr, for stdout is for results.
        quiet: Failures alone.
    """
    shown: Screen = Bars(console) if console.is_terminal and not quiet else Lines(console, quiet=quiet)
    screen = _NeverInTheWay(shown)

    async def draw() -> None:
        while True:
            await asyncio.sleep(screen.interval_s)
            screen.tick()

    drawing = asyncio.get_running_loop().create_task(draw(), name="screen")
    try:
        yield screen
    finally:
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing
        screen.close()
