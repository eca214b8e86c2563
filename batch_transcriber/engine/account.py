"""A run's own account in its journal, for those who look at it from outside."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Self

from batch_transcriber.errors import FatalError
from batch_transcriber.events import Failed, PlanMeasured, Skipped, SkipReason, Written
from batch_transcriber.model import Job, Origin

if TYPE_CHECKING:
    from types import TracebackType

    from batch_transcriber.engine.report import BatchReport
    from batch_transcriber.events import Event
    from batch_transcriber.journal import Journal

COUNT_EVERY_S = 1.0
# Its text is there, and why is no question.
_HAS_TEXT = {SkipReason.ALREADY_WRITTEN, SkipReason.NAMED_TWICE}


class Account:
    """What a run has done so far, and how it ended; a sink of its events.

    To be entered as a context within that of the journal. Only what the transcripts cannot tell is noted of
    an input: that it never became one, or why its file could not be written.

    Args:
        report: Of the run; read at its end.
        is_endless: The run waits for inputs to come.
    """

    def __init__(self, journal: Journal, report: BatchReport, *, is_endless: bool = False) -> None:
        self._runs = journal.runs
        self._report = report
        self._is_endless = is_endless
        self._inputs: int | None = None
        self._done = 0
        self._counted: tuple[int | None, int] = (None, 0)
        self._counted_at = -COUNT_EVERY_S  # the first is noted at once
        self._to_count: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._runs.begin(is_endless=self._is_endless)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._to_count is not None:
            self._to_count.cancel()
        self._runs.count(self._inputs, self._done)
        self._runs.end(self._ending(error))

    def note(self, event: Event) -> None:
        """Take in one event; the count is up to date within a second."""
        match event:
            case PlanMeasured():
                self._inputs = event.inputs
            case Written():
                self._done += 1
                if self._is_endless:  # it may have failed before it changed, or have been away
                    self._runs.forget_outcome(_key(event.job))
            case Failed():
                self._done += 1
                self._runs.note_outcome(_key(event), "failed", event.error, event.stage)
            case Skipped() if event.reason.is_filtered:  # nobody counts on it
                self._runs.note_outcome(_key(event), "filtered", event.reason)
            case Skipped():
                self._done += 1
                if event.reason not in _HAS_TEXT:
                    self._runs.note_outcome(_key(event), "skipped", event.reason)
            case _:
                pass
        if (self._inputs, self._done) != self._counted and self._to_count is None:
            due_s = max(0.0, self._counted_at + COUNT_EVERY_S - monotonic())
            self._to_count = asyncio.get_running_loop().call_later(due_s, self._count)

    def _count(self) -> None:
        self._to_count = None
        self._counted_at, self._counted = monotonic(), (self._inputs, self._done)
        self._runs.count(*self._counted)

    def _ending(self, error: BaseException | None) -> str:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, FatalError):
            return str(error)
        if isinstance(error, Exception):
            return "an internal error; please report it"
        if error is not None or self._report.stopped:  # the former by a second Ctrl-C
            return "stopped"
        return "limit" if self._report.over_limit else "done"


def _key(about: Failed | Skipped | Job) -> str:
    """Return a source as the journal has it."""
    job = about if isinstance(about, Job) else about.job
    is_url = "://" in about.source if job is None else job.is_url
    return about.source if is_url else Origin.of(about.source, 0, None).source
