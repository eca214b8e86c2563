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

from batch_transcriber.model import Job, Request, Stage


class SkipReason(StrEnum):
    """Why an input was left alone."""

    ALREADY_WRITTEN = "already written"
    NAMED_TWICE = "named twice"
    VANISHED = "vanished before it was sent"
    EXCLUDED = "left out by --exclude"
    NOT_INCLUDED = "not matched by --include"
    IGNORED = "left out by .batchignore"
    TOO_SMALL = "smaller than --min-size"
    TOO_LARGE = "larger than --max-size"
    TOO_OLD = "not newer than --newer-than"
    TOO_YOUNG = "changed less than --min-age ago"
    OVER_COST = "it would cost more than --max-cost leaves"
    OVER_HOURS = "it is longer than --max-hours leaves"
    LENGTH_UNKNOWN = "its length is not known before it is paid for, and a limit is set"
    PRICE_UNKNOWN = "its price is not known, and --max-cost is set; give one with --price"

    @property
    def is_filtered(self) -> bool:
        """Whether it was the user's own filters that left it out."""
        return self in _FILTERS

    @property
    def is_limit(self) -> bool:
        """Whether a limit of the user's keeps it waiting."""
        return self in _LIMITS


_FILTERS = frozenset(
    {
        SkipReason.EXCLUDED,
        SkipReason.NOT_INCLUDED,
        SkipReason.IGNORED,
        SkipReason.TOO_SMALL,
        SkipReason.TOO_LARGE,
        SkipReason.TOO_OLD,
        SkipReason.TOO_YOUNG,
    }
)
_LIMITS = frozenset(
    {SkipReason.OVER_COST, SkipReason.OVER_HOURS, SkipReason.LENGTH_UNKNOWN, SkipReason.PRICE_UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run has begun; nothing is read or sent yet.

    Attributes:
        sources: The first of them, at most 100.
        is_endless: They are watched for recordings to come.
    """

    sources: tuple[str, ...]
    out: Path
    base_url: str
    is_endless: bool = False


@dataclass(frozen=True, slots=True)
class JobFound:
    """An input entered the run."""

    job: Job


@dataclass(frozen=True, slots=True)
class PlanMeasured:
    """All sources were read once; an input that is named twice counts twice.

    Attributes:
        inputs: Recordings in all sources.
        size_bytes: Of those that are files.
        urls: How many of them are not.
    """

    inputs: int
    size_bytes: int
    urls: int = 0


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
class Processing:
    """The service has begun to hear the recording; short ones are completed without it."""

    job: Job
    transcript_id: str


@dataclass(frozen=True, slots=True)
class Recognising:
    """So much of a recording is heard, from 0 to 1; only some services tell. Told when it changes."""

    job: Job
    transcript_id: str
    part: float


@dataclass(frozen=True, slots=True)
class Completed:
    """The service has finished the transcript."""

    job: Job
    transcript_id: str


@dataclass(frozen=True, slots=True)
class Written:
    """All files are on disk, complete. `audio_duration_s` is the service's figure, None if not told."""

    job: Job
    transcript_id: str
    audio_duration_s: float | None
    speech_model_used: str | None
    has_words: bool
    is_copy: bool = False

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files, in the order of the run's formats."""
        return tuple(self.job.outputs.values())


@dataclass(frozen=True, slots=True)
class Failed:
    """The input ended without a text.

    Attributes:
        job: None where the input never became one.
        size_bytes: Of a recording that the plan refused; None where there is none, or a job tells.
        request: What asks for it alone, where it never became a job; None where that would not be the same.
    """

    source: str
    stage: Stage
    error: str
    job: Job | None = None
    transcript_id: str | None = None
    size_bytes: int | None = None
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The input was left alone.

    Attributes:
        outputs: Its files, where it has them all, in the order of the run's formats.
        job: None where the input never became one.
        size_bytes: Of a recording that the plan left out; None where it is a URL, where a filter left it
            out, or where a job tells.
    """

    source: str
    reason: SkipReason
    outputs: tuple[Path, ...] = ()
    job: Job | None = None
    size_bytes: int | None = None

    @property
    def output(self) -> Path | None:
        """The first of its files."""
        return next(iter(self.outputs), None)


@dataclass(frozen=True, slots=True)
class UploadsAdapted:
    """So many uploads go at a time from now on, for that is what the link gives.

    Attributes:
        bytes_per_s: All uploads together, in the half second before.
    """

    at_a_time: int
    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """No request starts for so long, because of this; a later one takes its place."""

    reason: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request was answered, or was not; every try is one.

    Attributes:
        call: What it was for, such as `upload`.
        path: Below the base URL, without the query.
        elapsed_s: From its start to the reply's first line; an upload's includes the sending.
        status: Of the reply; None where there was none.
        error: Why there was none, in words.
    """

    call: str
    method: str
    path: str
    elapsed_s: float
    status: int | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One line that a person should see."""

    message: str


Event: TypeAlias = (
    RunStarted
    | JobFound
    | PlanMeasured
    | UploadProgress
    | Uploaded
    | Submitted
    | Processing
    | Recognising
    | Completed
    | Written
    | Failed
    | Skipped
    | UploadsAdapted
    | Waiting
    | RequestEnded
    | Notice
)
Sink: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Drop the event: the sink of a run that nobody watches."""
