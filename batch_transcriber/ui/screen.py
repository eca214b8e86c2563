"""Choose the screens of a run, and keep them drawn: bars or lines on stderr, and objects on stdout."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from batch_transcriber.ui.telling import Verbosity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import TextIO

    from batch_transcriber.events import Event
    from batch_transcriber.ui.summary import Ending


class Screen(Protocol):
    """A sink of events that draws on a clock of its own.

    Attributes:
        interval_s: Seconds until the next call of `tick`; read again after each.
    """

    interval_s: float

    def show(self, event: Event) -> None:
        """Take in one event; quick, and draws at most a line."""

    def tick(self) -> None:
        """Draw what has changed."""

    def end(self, ending: Ending) -> None:
        """Say what became of the run; the last thing that is shown."""

    def close(self) -> None:
        """Leave a clean screen; calling again is safe."""


class PatientConsole(Console):
    """A console that falls silent where rich's own would end the program: its reader went away."""

    def on_broken_pipe(self) -> None:
        """Write no more, not even what is left at exit."""
        self.quiet = True
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Screens:
    """Several screens as one; those whose terminal or pipe goes away are no longer drawn."""

    def __init__(self, screens: list[Screen]) -> None:
        self.screens = screens

    def show(self, event: Event) -> None:
        """Show the event on all of them."""
        for screen in self.screens:
            with suppress(OSError):
                screen.show(event)

    def end(self, ending: Ending) -> None:
        """Close all of them with what became of the run."""
        for screen in self.screens:
            with suppress(OSError):
                screen.end(ending)


def choose_screens(console: Console, verbosity: Verbosity, json_file: TextIO | None) -> list[Screen]:
    """Return the screens that fit where they are shown.

    Args:
        console: On stderr, for stdout is for results.
        verbosity: What a person wants to read.
        json_file: Gets an object a line; None for no objects.
    """
    screens: list[Screen] = []
    if json_file is not None:
        from batch_transcriber.ui.json_lines import JsonLines  # noqa: PLC0415 - few runs need it

        screens.append(JsonLines(json_file, verbosity))
        if json_file.isatty() or not console.file.isatty():
            verbosity = Verbosity.ERRORS  # the objects say it all, and bars would break into them
    # Not is_terminal alone: FORCE_COLOR makes that true for a pipe.
    can_draw = console.file.isatty() and console.is_interactive and not console.is_dumb_terminal
    if can_draw and verbosity >= Verbosity.NORMAL:
        from batch_transcriber.ui.bars import Bars  # noqa: PLC0415 - a pipe needs none

        return [*screens, Bars(console, verbosity)]
    from batch_transcriber.ui.lines import Lines  # noqa: PLC0415

    return [*screens, Lines(console, verbosity)]


@asynccontextmanager
async def open_screens(screens: list[Screen]) -> AsyncIterator[Screens]:
    """Keep the screens drawn until the end of the context, and then leave them clean.

    A bug in the drawing of one is raised, but only once the context is over: the run goes on unseen.
    """

    async def draw(screen: Screen) -> None:
        while True:
            await asyncio.sleep(screen.interval_s)
            with suppress(OSError):
                screen.tick()

    drawing = [asyncio.create_task(draw(screen), name="screen") for screen in screens]
    try:
        yield Screens(screens)
    finally:
        for task in drawing:
            task.cancel()
        ended = await asyncio.gather(*drawing, return_exceptions=True)
        for screen in screens:
            with suppress(OSError):
                screen.close()
    for error in ended:
        if isinstance(error, Exception):
            raise error
