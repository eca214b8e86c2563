"""What follows a run besides its screens: log, metrics, systemd, and those who want to hear of its end."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
from typing import TYPE_CHECKING, Any, Self

import typer

from batch_transcriber.engine.slots import MIN_SLOTS
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Event, Notice, ignore
from batch_transcriber.ui import Verbosity
from batch_transcriber.ui.lines import SUMMARY_INTERVAL_S
from batch_transcriber.ui.log_file import LogFile
from batch_transcriber.ui.news import news_of_end, news_of_failure
from batch_transcriber.ui.notify import TOLD_WITHIN_S, Notifier
from batch_transcriber.ui.stall import STALLED_AFTER_S, StallWatch
from batch_transcriber.ui.systemd import find_manager

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from batch_transcriber.ui import Ending
    from batch_transcriber.ui.metrics import MetricsFile
    from batch_transcriber.ui.news import News
    from batch_transcriber.ui.screen import Screen

STATS_EVERY_MIN_S = 0.1


class Attendants:
    """All of it, as it was asked for; as a context, it also hears of a run that never came to its summary.

    Args:
        context: Of a command with these options.
        verbosity: What the screens tell.
        say: Prints a line, whatever the verbosity.

    Attributes:
        stats_every_s: Between two lines that say where the run stands; infinite for none.
        screens: Sinks of events that write nothing on the terminal.

    Raises:
        typer.BadParameter: an option cannot be what it is.
        FatalError: a file cannot be opened.
    """

    def __init__(self, context: typer.Context, verbosity: Verbosity, say: Callable[[str], None]) -> None:
        values: Mapping[str, Any] = context.params
        self.stats_every_s = _stats_every_s(values["stats_every"])
        self.screens: list[Screen] = []
        self._out = values["out"]
        self._say = say
        self._is_quiet = verbosity < Verbosity.NORMAL
        self._show: Callable[[Event], None] = ignore
        self._is_running = False
        self._is_told = False
        self._log: LogFile | None = None
        self._metrics: MetricsFile | None = None
        run = secrets.token_hex(4)
        self._notifier = Notifier(
            values["notify"] or (), values["on_finish"], run=run, ca_bundle=values["ca_bundle"]
        )
        try:
            if (path := values["log_file"]) is not None:
                self._log = LogFile(path, run=run, verbosity=verbosity, interval_s=self.stats_every_s)
                self._log.on_trouble = self._tell_trouble
                self.screens.append(self._log)
            if values["metrics_file"] is not None:
                self._metrics = _metrics_file(values)
                self._metrics.on_trouble = self._tell_trouble
                self.screens.append(self._metrics)
        except FatalError as error:
            self._fail(error)
            raise
        if (manager := find_manager(os.environ)) is not None:
            self.screens.append(manager)
        stalled_after_s = STALLED_AFTER_S if values["stalled_after"] is None else values["stalled_after"]
        if stalled_after_s and (self.screens or self._notifier.has_listeners):
            self.screens.append(StallWatch(values["out"], stalled_after_s, self._tell_stall))

    def begin(self, show: Callable[[Event], None]) -> None:
        """Have what is to be said in mid-run said by the run's screens."""
        self._show, self._is_running = show, True

    async def end(self, ending: Ending, within_s: float = TOLD_WITHIN_S) -> None:
        """Tell everybody how the run ended; the screens have shown it. Takes no longer than it may."""
        self._is_running, self._is_told = False, True
        self._notifier.tell(news_of_end(ending))
        await asyncio.to_thread(self._notifier.wait, within_s)
        self._tell_troubles()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_running = False
        if isinstance(error, Exception) and not isinstance(error, typer.TyperException):
            self._fail(error)
        if self._log is not None:
            self._log.close()

    def _fail(self, error: Exception) -> None:
        if isinstance(error, FatalError):
            exit_code, message = error.exit_code, str(error)
        else:  # without its words, which may hold anything; stderr has them
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            exit_code, message = ExitCode.INTERNAL, f"internal error: {type(error).__name__}"
        if self._log is not None:
            self._log.fail(message, exit_code)
        if self._metrics is not None:
            self._metrics.fail(exit_code)
        if not self._is_told:
            self._notifier.tell(news_of_failure(message, exit_code, self._out))
            self._notifier.wait()
            self._tell_troubles()

    def _tell_stall(self, news: News) -> None:
        self._tell_trouble(news.text)
        self._notifier.tell(news)

    def _tell_trouble(self, line: str) -> None:
        if self._is_running and not self._is_quiet:
            self._show(Notice(line))
        else:
            self._say(line)

    def _tell_troubles(self) -> None:
        for line in self._notifier.troubles():
            self._say(line)
            if self._log is not None:
                self._log.show(Notice(line))


def _stats_every_s(asked_s: float | None) -> float:
    if asked_s is None:
        return SUMMARY_INTERVAL_S
    if asked_s and asked_s < STATS_EVERY_MIN_S:
        message = f"must be 0, or {STATS_EVERY_MIN_S} or more (it is {asked_s:g})"
        raise typer.BadParameter(message, param_hint="--stats-every")
    return asked_s or math.inf


def _metrics_file(values: Mapping[str, Any]) -> MetricsFile:
    from batch_transcriber.ui.metrics import MetricsFile  # noqa: PLC0415 - few runs need it, and its library

    return MetricsFile(values["metrics_file"], values["out"], values["uploads"] or MIN_SLOTS)
