"""What a run tells whoever watches it.

The engine calls `sink(event)` from its event loop, synchronously. A sink must be quick and must not
raise. Events of one job come in the order of its way; events of different jobs interleave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from batch_transcriber.model import Job, Stage


class SkipReason(StrEnum):
    """Why an input was left alone."""

    ALREADY_WRITTEN = "already written"
    NAMED_TWICE = "named twice"
    VANISHED = "vanished before it was sent"


@dataclass(frozen=True, slots=True)
class JobFound:
    """An input entered the run."""

    job: Job


@dataclass(frozen=True, slots=True)
class PlanMeasured:
    """All sources were read once: so many recordings, and so many bytes of those that are files.

    An input that is named twice counts twice.
    """

    inputs: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """Bytes handed to the connection by this attempt; a new attempt begins at zero again."""

    job: Job
    sent_bytes: int
    total_bytes: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The service has all bytes of the recording."""

    job: Job


@dataclass(frozen=True, slots=True)
class Submitted:
    """The service has a transcript for the job; `adopted` where a lost reply was looked up."""

    job: Job
    transcript_id: str
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    """The service has finished the transcript."""

    job: Job
    transcript_id: str


@dataclass(frozen=True, slots=True)
class Written:
    """The text is on disk, complete. `audio_duration_s` is the service's figure, None if not told."""

    job: Job
    transcript_id: str
    audio_duration_s: float | None
    speech_model_used: str | None
    has_words: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended without a text. `job` is None where the input never became one."""

    source: str
    stage: Stage
    error: str
    job: Job | None = None
    transcript_id: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The input was left alone."""

    source: str
    reason: SkipReason
    output: Path | None = None
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One line that a person should see, such as what the run waits for."""

    message: str


Event: TypeAlias = (
    JobFound
    | PlanMeasured
    | UploadProgress
    | Uploaded
    | Submitted
    | Completed
    | Written
    | Failed
    | Skipped
    | Notice
)
Sink: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Drop the event: the sink of a run that nobody watches."""
