"""What the events add up to; every screen draws from this."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from batch_transcriber.events import (
    Completed,
    Event,
    Failed,
    JobFound,
    Notice,
    PlanMeasured,
    Skipped,
    SkipReason,
    Submitted,
    Uploaded,
    UploadProgress,
    Written,
)
from batch_transcriber.model import Stage

if TYPE_CHECKING:
    from batch_transcriber.model import Job

_NEXT_STAGE: dict[type[Event], Stage] = {
    JobFound: Stage.PLAN,
    Uploaded: Stage.SUBMIT,
    Submitted: Stage.POLL,
    Completed: Stage.EXPORT,
}


@dataclass(slots=True)
class RunningUpload:
    """An upload under way; `began_at` on the monotonic clock, for this attempt."""

    job: Job
    began_at: float
    sent_bytes: int
    total_bytes: int
    attempt: int

    def bytes_per_s(self, now: float) -> float:
        """Return the mean speed of this attempt so far."""
        return self.sent_bytes / max(now - self.began_at, 0.1)


@dataclass(slots=True)
class Tally:
    """Totals of a run so far. Memory grows with the jobs under way, not with the inputs.

    Attributes:
        inputs: Recordings found by the first reading of all sources; None until it ended.
        at: Jobs under way by the stage that they are in.
        uploads: Running uploads by job number, oldest first.
        notice: What the run said last, until the next text is written.
    """

    began_at: float = field(default_factory=monotonic)
    inputs: int | None = None
    written: int = 0
    already_written: int = 0
    skipped: int = 0
    failed: int = 0
    at: Counter[Stage] = field(default_factory=Counter)
    uploads: dict[int, RunningUpload] = field(default_factory=dict)
    notice: str = ""
    _stages: dict[int, Stage] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Inputs that have their outcome."""
        return self.written + self.already_written + self.skipped + self.failed

    @property
    def known(self) -> int:
        """Inputs known so far, refused ones included; grows until the sources are read."""
        return max(self.inputs or 0, self.done + len(self._stages))

    def add(self, event: Event) -> None:
        """Count one event."""
        match event:
            case UploadProgress():
                self._follow_upload(event)
            case JobFound() | Uploaded() | Submitted() | Completed():
                self._move(event.job, _NEXT_STAGE[type(event)])
            case Written() | Failed() | Skipped():
                self._move(event.job, None)
                self._count_outcome(event)
            case PlanMeasured():
                self.inputs = event.inputs
            case Notice():
                self.notice = event.message

    def _count_outcome(self, event: Written | Failed | Skipped) -> None:
        match event:
            case Written():
                self.written += 1
                self.notice = ""
            case Failed():
                self.failed += 1
            case Skipped(reason=SkipReason.ALREADY_WRITTEN):
                self.already_written += 1
            case Skipped():
                self.skipped += 1

    def _follow_upload(self, event: UploadProgress) -> None:
        running = self.uploads.get(event.job.number)
        if running is None or running.attempt != event.attempt:
            self._move(event.job, Stage.UPLOAD)
            running = RunningUpload(event.job, monotonic(), 0, event.total_bytes, event.attempt)
            self.uploads[event.job.number] = running
        running.sent_bytes = event.sent_bytes

    def _move(self, job: Job | None, stage: Stage | None) -> None:
        if job is None:
            return
        self.uploads.pop(job.number, None)
        if (before := self._stages.pop(job.number, None)) is not None:
            self.at[before] -= 1
        if stage is not None:
            self._stages[job.number] = stage
            self.at[stage] += 1
