"""What the events add up to; every screen draws from this."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING

from batch_transcriber.events import (
    Completed,
    Event,
    Failed,
    JobFound,
    PlanMeasured,
    Processing,
    Recognising,
    RequestEnded,
    RunStarted,
    Skipped,
    SkipReason,
    Submitted,
    Uploaded,
    UploadProgress,
    Waiting,
    Written,
)
from batch_transcriber.ui.moving import Hearing, RunningUpload

if TYPE_CHECKING:
    from batch_transcriber.model import Job

LAST_FAILURES = 3
SERVER_TROUBLE = 500  # statuses from here on, and 429, are the service's trouble and not a request's


class Step(StrEnum):
    """Where a job is, in the words that people are shown."""

    PENDING = "pending"
    UPLOADING = "uploading"
    SUBMITTING = "submitting"
    QUEUED = "queued"
    PROCESSING = "processing"
    WRITING = "writing"


_STEPS: dict[type[Event], Step] = {
    JobFound: Step.PENDING,
    Uploaded: Step.SUBMITTING,
    Submitted: Step.QUEUED,
    Processing: Step.PROCESSING,
    Completed: Step.WRITING,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps all requests, or the last ones, from getting through; times on the monotonic clock.

    Attributes:
        since: When it began.
        until: When the next request may start; `since` where that is not held back.
    """

    reason: str
    since: float
    until: float


@dataclass(slots=True)
class Tally:
    """Totals of a run so far. Memory grows with the jobs under way, not with the inputs.

    Attributes:
        began_at: Monotonic clock.
        base_url: Of the service.
        inputs: Recordings found by the first reading of all sources; None until it ended.
        size_bytes: Of those of them that are files.
        urls: How many of them are not.
        at: Jobs under way by the step that they are at.
        uploads: Running uploads by job number, oldest first.
        hearings: Recordings that are heard, or were and have no text yet, by job number; empty where the
            service does not tell how far they are.
        sent_bytes: Of the recordings that the service has.
        unsent_bytes: Of the recordings that need no upload any more without having had one.
        left_out: Inputs that never became jobs.
        left_out_bytes: Of these.
        ended: Jobs that have their outcome.
        ended_bytes: Of these.
        audio_duration_s: Of all that was written.
        last_failures: The latest few, oldest first.
        trouble: None as soon as a request gets through.
    """

    began_at: float = field(default_factory=monotonic)
    base_url: str = ""
    inputs: int | None = None
    size_bytes: int = 0
    urls: int = 0
    written: int = 0
    already_written: int = 0
    skipped: int = 0
    failed: int = 0
    at: Counter[Step] = field(default_factory=Counter)
    uploads: dict[int, RunningUpload] = field(default_factory=dict)
    hearings: dict[int, Hearing] = field(default_factory=dict)
    sent_bytes: int = 0
    unsent_bytes: int = 0
    left_out: int = 0
    left_out_bytes: int = 0
    ended: int = 0
    ended_bytes: int = 0
    audio_duration_s: float = 0.0
    last_failures: deque[Failed] = field(default_factory=lambda: deque(maxlen=LAST_FAILURES))
    trouble: Trouble | None = None
    _steps: dict[int, Step] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Inputs that have their outcome."""
        return self.written + self.already_written + self.skipped + self.failed

    @property
    def known(self) -> int:
        """Inputs known so far, refused ones included; grows until the sources are read."""
        return max(self.inputs or 0, self.done + len(self._steps))

    @property
    def moved_bytes(self) -> int:
        """Sent so far, by the uploads that run as well."""
        return self.sent_bytes + sum(upload.sent_bytes for upload in self.uploads.values())

    @property
    def heard_parts(self) -> float:
        """Of recordings that have no text yet, so much is heard: two halves make one."""
        return sum(hearing.part for hearing in self.hearings.values())

    @property
    def heard_bytes(self) -> float:
        """The same by their size."""
        return sum(hearing.part * (hearing.job.size_bytes or 0) for hearing in self.hearings.values())

    @property
    def being_heard(self) -> list[Hearing]:
        """What is heard right now, in the order of the jobs."""
        numbers = sorted(self.hearings)  # the list tells of the newest first
        return [self.hearings[number] for number in numbers if self._steps.get(number) is Step.PROCESSING]

    @property
    def to_send_bytes(self) -> int:
        """Of all recordings that this run sends, has sent or is still to send."""
        return max(self.size_bytes - self.left_out_bytes - self.unsent_bytes, self.moved_bytes)

    def add(self, event: Event) -> None:
        """Count one event."""
        match event:
            case UploadProgress():
                self._follow_upload(event)
            case Recognising():
                self._follow_hearing(event)
            case JobFound() | Uploaded() | Submitted() | Processing() | Completed():
                self._move(event.job, _STEPS[type(event)])
                if isinstance(event, Uploaded):
                    self.sent_bytes += event.job.size_bytes or 0
            case Written() | Failed() | Skipped():
                self._count_outcome(event)
            case RequestEnded():
                self._judge(event)
            case Waiting():
                now = monotonic()
                since = self.trouble.since if self.trouble else now
                self.trouble = Trouble(event.reason, since, now + event.wait_s)
            case RunStarted():
                self.base_url = event.base_url
            case PlanMeasured():
                self.inputs, self.size_bytes, self.urls = event.inputs, event.size_bytes, event.urls
            case _:
                pass

    def _count_outcome(self, event: Written | Failed | Skipped) -> None:
        if isinstance(event, Skipped) and event.reason.is_filtered:
            return  # nobody counts on it
        if event.job is not None:
            size_bytes = 0 if event.job.is_fetched else event.job.size_bytes or 0
            self.ended += 1
            self.ended_bytes += size_bytes
            if self._steps.get(event.job.number) in {Step.PENDING, Step.UPLOADING}:
                self.unsent_bytes += size_bytes
            self._move(event.job, None)
        elif not isinstance(event, Written):
            self.left_out += 1
            self.left_out_bytes += event.size_bytes or 0
        match event:
            case Written():
                self.written += 1
                self.audio_duration_s += event.audio_duration_s or 0.0
            case Failed():
                self.failed += 1
                self.last_failures.append(event)
            case Skipped(reason=SkipReason.ALREADY_WRITTEN):
                self.already_written += 1
            case Skipped():
                self.skipped += 1

    def _judge(self, event: RequestEnded) -> None:
        now = monotonic()
        if event.status is not None and event.status < SERVER_TROUBLE and event.status != 429:
            if self.trouble is not None and self.trouble.until <= now:  # or else it is an older request
                self.trouble = None
        elif self.trouble is None:
            reason = event.error or f"the service answered {event.status}"
            self.trouble = Trouble(reason, now, now)

    def _follow_upload(self, event: UploadProgress) -> None:
        running = self.uploads.get(event.job.number)
        if running is None or running.attempt != event.attempt:
            self._move(event.job, Step.UPLOADING)
            running = RunningUpload(event.job, monotonic(), 0, event.total_bytes, event.attempt)
            self.uploads[event.job.number] = running
        running.sent_bytes = event.sent_bytes

    def _follow_hearing(self, event: Recognising) -> None:
        now = monotonic()
        hearing = self.hearings.setdefault(
            event.job.number, Hearing(event.job, now, event.part, now, event.part)
        )
        hearing.part, hearing.told_at = event.part, now

    def _move(self, job: Job, step: Step | None) -> None:
        self.uploads.pop(job.number, None)
        if step is not Step.WRITING:
            self.hearings.pop(job.number, None)
        elif job.number in self.hearings:
            self.hearings[job.number].part = 1.0
        if (before := self._steps.pop(job.number, None)) is not None:
            self.at[before] -= 1
        if step is not None:
            self._steps[job.number] = step
            self.at[step] += 1
