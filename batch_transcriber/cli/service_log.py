"""What a service tells of its work, a line each on stderr."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Self

from batch_transcriber.ui import printable
from batch_transcriber.ui.journald import ERROR, NOTICE, WARNING, is_journal
from batch_transcriber.ui.words import without_secrets

if TYPE_CHECKING:
    from rich.console import Console

NAME = "batch_transcriber.server"  # of the log, with all that is below it


class ServiceLog(logging.Handler):
    """Prints what the server logs, as long as it is entered. A trace is never printed, its last line is.

    Args:
        console: On stderr.
        is_quiet: Print only what fails.
        is_verbose: Print every request, and the time of each line.
    """

    def __init__(self, console: Console, *, is_quiet: bool, is_verbose: bool) -> None:
        super().__init__(logging.WARNING if is_quiet else logging.DEBUG if is_verbose else logging.INFO)
        self._console = console
        self._is_verbose = is_verbose

    def __enter__(self) -> Self:
        logger = logging.getLogger(NAME)
        logger.setLevel(self.level)
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger(NAME).removeHandler(self)

    def say(self, line: str) -> None:
        """Print a line that belongs to no event; nothing where only failures are wanted."""
        if self.level < logging.WARNING:
            self._put(line, logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Print one event."""
        line = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line += f" ({type(error).__name__}: {' '.join(str(error).split())})"
        self._put(line, record.levelno)

    def _put(self, line: str, level: int) -> None:
        line = printable(without_secrets(line))
        if self._is_verbose:
            line = f"{datetime.now().astimezone():%H:%M:%S} {line}"
        file = self._console.file
        if is_journal(file):
            line = (
                ERROR if level > logging.WARNING else WARNING if level == logging.WARNING else NOTICE
            ) + line
        # FORCE_COLOR makes no terminal of a pipe, which gets each line whole.
        style = "red" if level >= logging.WARNING else None
        try:
            self._console.print(
                line, style=style, markup=False, emoji=False, highlight=False, soft_wrap=not file.isatty()
            )
        except OSError:  # nobody is there to read it
            self._console.on_broken_pipe()
