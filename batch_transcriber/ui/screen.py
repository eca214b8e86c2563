"""Choose the screens of a run, and keep them drawn: bars or lines on stderr, and objects on stdout."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from batch_transcriber.ui.keys import is_in_background
from batch_transcriber.ui.telling import Verbosity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
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
    """Several screens as one, none of which ends a run that is paid for.

    Attributes:
        unwritten: The first trouble with a terminal, a pipe or a disk that a screen writes to; None as
            long as all could be shown. A reader that went away is none.
        bug: The first other error of a screen, which is shown no more.
    """

    def __init__(self, screens: list[Screen]) -> None:
        self._screens = screens
        self._broken: set[Screen] = set()
        self.unwritten: OSError | None = None
        self.bug: Exception | None = None

    def show(self, event: Event) -> None:
        """Show the event on all of them."""
        for screen in self._screens:
            if screen not in self._broken:
                self._try(screen, lambda one: one.show(event))

    def tick(self, screen: Screen) -> None:
        """Draw one of them."""
        if screen not in self._broken:
            self._try(screen, lambda one: one.tick())

    def end(self, ending: Ending) -> None:
        """Close all of them with what became of the run, broken ones as well."""
        for screen in self._screens:
            self._try(screen, lambda one: one.end(ending))

    def _try(self, screen: Screen, act: Callable[[Screen], None]) -> None:
        try:
            act(screen)
        except BrokenPipeError:
            pass
        except OSError as error:
            self.unwritten = self.unwritten or error
        except Exception as error:  # noqa: BLE001 - kept, and raised once the run is over
            self.bug = self.bug or error
            self._broken.add(screen)


def choose_screens(
    console: Console,
    verbosity: Verbosity,
    json_file: TextIO | None,
    stats_every_s: float = 30.0,
    *,
    is_endless: bool = False,
) -> list[Screen]:
    """Return the screens that fit where they are shown.

    Args:
        console: On stderr, for stdout is for results.
        verbosity: What a person wants to read.
        json_file: Gets an object a line; None for no objects.
        stats_every_s: Between two lines that say where the run stands; infinite for none.
        is_endless: The run has no end that a bar could grow to: lines do, on a terminal too.
    """
    screens: list[Screen] = []
    if json_file is not None:
        from batch_transcriber.ui.json_lines import JsonLines  # noqa: PLC0415 - few runs need it

        screens.append(JsonLines(json_file, verbosity, stats_every_s))
        if json_file.isatty() or not console.file.isatty():
            verbosity = Verbosity.ERRORS  # the objects say it all, and bars would break into them
    # Not is_terminal alone: FORCE_COLOR makes that true for a pipe.
    can_draw = console.file.isatty() and console.is_interactive and not console.is_dumb_terminal
    # What the terminal's letters lack would be spelt out, and break the lines; and a run in the
    # background would draw over what is typed.
    can_draw = can_draw and not console.options.ascii_only and not is_in_background(console.file.fileno())
    if can_draw and verbosity >= Verbosity.NORMAL and not is_endless:
        from batch_transcriber.ui.bars import Bars  # noqa: PLC0415 - a pipe needs none

        return [*screens, Bars(console, verbosity)]
    from batch_transcriber.ui.lines import Lines  # noqa: PLC0415

    return [*screens, Lines(console, verbosity, stats_every_s)]


@asynccontextmanager
async def open_screens(chosen: list[Screen]) -> AsyncIterator[Screens]:
    """Keep the screens drawn until the end of the context, and then leave them clean.

    A bug in one of them is raised, but only once the context is over: the run goes on unseen.
    """
    screens = Screens(chosen)

    async def draw(screen: Screen) -> None:
        while True:
            await asyncio.sleep(screen.interval_s)
            screens.tick(screen)

    drawing = [asyncio.create_task(draw(screen), name="screen") for screen in chosen]
    try:
        yield screens
    finally:
        for task in drawing:
            task.cancel()
        await asyncio.gather(*drawing, return_exceptions=True)
        for screen in chosen:
            with suppress(OSError):
                screen.close()
    if screens.bug is not None:
        raise screens.bug
