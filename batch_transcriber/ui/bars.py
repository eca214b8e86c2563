"""The live display of a terminal: it is drawn on a clock of its own, and events only change numbers."""

from __future__ import annotations

import os
from contextlib import ExitStack
from time import monotonic, thread_time
from typing import TYPE_CHECKING

from rich.console import Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from batch_transcriber.events import Notice
from batch_transcriber.ui.estimate import Estimate
from batch_transcriber.ui.frame import Window, frame
from batch_transcriber.ui.keys import hidden_control_keys
from batch_transcriber.ui.summary import summary_lines
from batch_transcriber.ui.tally import Tally
from batch_transcriber.ui.telling import Verbosity, tell

if TYPE_CHECKING:
    from rich.console import Console

    from batch_transcriber.events import Event
    from batch_transcriber.ui.summary import Ending

FRAME_INTERVAL_S = 0.1
FRAME_INTERVAL_MAX_S = 1.0
PAUSE_PER_FRAME = 100  # times the CPU that a frame took: about a hundredth of a core at most


class Bars:
    """Redraw at most ten times a second, less often where that is dear.

    Args:
        console: A terminal that can move its cursor.
        verbosity: From `TRANSITIONS` on, lines pass above the bars.
    """

    def __init__(self, console: Console, verbosity: Verbosity = Verbosity.NORMAL) -> None:
        self.interval_s = FRAME_INTERVAL_S
        self._console = console
        self._verbosity = verbosity
        self._tally = Tally()
        self._estimate = Estimate(self._tally.began_at)
        self._lines: list[Text] = []  # to pass above the bars with the next frame
        self._frame = Text()
        self._columns = self._window()[0]
        self._leaving = ExitStack()
        self._leaving.enter_context(hidden_control_keys())
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._leaving.enter_context(self._live)

    def show(self, event: Event) -> None:
        """Count the event; what the bars do not show themselves becomes a line above them."""
        self._tally.add(event)
        if isinstance(event, Notice) or self._verbosity >= Verbosity.TRANSITIONS:
            line = tell(event, self._verbosity)
            if line is not None:
                self._lines.append(line)

    def tick(self) -> None:
        """Draw a frame."""
        self._pass_lines()
        began_at = thread_time()
        columns, lines = self._window()
        self._leave_no_dead_rows(columns)
        # The last column stays free: a key pressed there would wrap the line and shift the frame. The
        # last line stays free for the cursor.
        window = Window(max(1, columns - 1), max(1, lines - 1))
        self._frame = frame(self._tally, self._estimate, monotonic(), window)
        self._live.update(self._frame, refresh=True)
        pause_s = PAUSE_PER_FRAME * (thread_time() - began_at)
        self.interval_s = min(max(FRAME_INTERVAL_S, pause_s), FRAME_INTERVAL_MAX_S)

    def _window(self) -> tuple[int, int]:
        """Return the window's columns and lines; not those of COLUMNS and LINES, which may be of another."""
        try:
            return os.get_terminal_size(self._console.file.fileno())
        except (OSError, ValueError):  # no terminal after all
            return self._console.width, self._console.height

    def _pass_lines(self) -> None:
        """Print what is to stand above the bars; all at once, for the bars are drawn again with it."""
        lines, self._lines = self._lines, []
        if lines:
            self._console.print(Group(*lines))

    def _leave_no_dead_rows(self, columns: int) -> None:
        """Erase the rows that a narrower window made of the last frame by breaking its lines."""
        if columns < self._columns:
            cells = (line.cell_len for line in self._frame.split("\n"))
            broken = sum((max(width, 1) - 1) // columns for width in cells)
            erase_row = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(*erase_row * broken))
        self._columns = columns

    def end(self, ending: Ending) -> None:
        """Take the bars off the screen, and say what became of the run."""
        self._pass_lines()
        self.close()
        everything = self._verbosity >= Verbosity.TRANSITIONS
        # A group, for rich joins bare texts to one and forgets which of them must not be broken.
        self._console.print(Group(*summary_lines(ending, everything=everything)), crop=False)

    def close(self) -> None:
        """Take the bars off the screen; calling again is safe."""
        self._leaving.close()
