"""An event as a line of text, for those who read along; the same words on a terminal and in a pipe."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from rich.text import Text

from batch_transcriber.events import (
    Completed,
    Failed,
    JobFound,
    Notice,
    PlanMeasured,
    Processing,
    RequestEnded,
    RunStarted,
    Skipped,
    SkipReason,
    Submitted,
    Uploaded,
    UploadProgress,
    UploadsAdapted,
    Waiting,
    Written,
)
from batch_transcriber.ui.words import count, duration, is_local, printable, size

if TYPE_CHECKING:
    from batch_transcriber.events import Event


class Verbosity(IntEnum):
    """How much is told; each tells what those before it do, and more."""

    ERRORS = -1
    NORMAL = 0
    TRANSITIONS = 1
    REQUESTS = 2


def tell(event: Event, verbosity: Verbosity) -> Text | None:
    """Return the event's line; None where it is not worth one to this reader.

    What comes from outside is spelt out where it could steer a terminal, and is never markup.
    """
    if isinstance(event, Failed):
        return _line(f"failed: {event.source}: {event.error}", "red")
    if isinstance(event, Skipped) and event.reason is SkipReason.VANISHED:
        return _line(f"skipped: {event.source}: {event.reason}", "red")
    line = None
    if verbosity >= Verbosity.NORMAL:
        line = _tell_the_run(event)
    if line is None and verbosity >= Verbosity.TRANSITIONS:
        line = _tell_a_job(event)
    if line is None and verbosity >= Verbosity.REQUESTS:
        line = _tell_a_request(event)
    return line


def _tell_the_run(event: Event) -> Text | None:
    match event:
        case RunStarted(sources=(first, *others)):
            more = " and more" if others else ""
            where = (
                f"on this machine ({event.base_url})"
                if is_local(event.base_url)
                else f"with {event.base_url}"
            )
            what = "watching" if event.is_endless else "transcribing"
            return _line(f"{what} {first}{more} to {event.out}, {where}")
        case PlanMeasured():
            sizes = f", {size(event.size_bytes)}" if event.size_bytes else ""
            return _line(f"{count(event.inputs, 'recording')} found{sizes}")
        case Waiting():
            return _line(f"waiting {duration(event.wait_s)}: {event.reason}", "yellow")
        case Notice():
            return _line(event.message, "yellow")
        case _:
            return None


def _tell_a_job(event: Event) -> Text | None:
    match event:
        case JobFound():
            return _line(f"found: {event.job.source}")
        case UploadProgress(sent_bytes=0):
            again = f", try {event.attempt}" if event.attempt > 1 else ""
            return _line(f"uploading: {event.job.source} ({size(event.total_bytes)}{again})")
        case UploadsAdapted():
            rate = size(round(event.bytes_per_s))
            return _line(f"uploads at a time: {event.at_a_time} ({rate} a second so far)")
        case Uploaded():
            return _line(f"uploaded: {event.job.source}")
        case Submitted():
            how = "found again" if event.adopted else "submitted"
            return _line(f"{how}: {event.job.source} (transcript {event.transcript_id})")
        case Processing():
            return _line(f"processing: {event.job.source}")
        case Completed():
            return _line(f"completed: {event.job.source}")
        case Written():
            of = f" ({duration(event.audio_duration_s)} of audio)" if event.audio_duration_s else ""
            return _line(f"written: {event.job.source} to {', '.join(map(str, event.outputs))}{of}", "green")
        case Skipped():
            to = f" ({', '.join(map(str, event.outputs))})" if event.outputs else ""
            return _line(f"skipped: {event.source}: {event.reason}{to}")
        case _:
            return None


def _tell_a_request(event: Event) -> Text | None:
    if not isinstance(event, RequestEnded):
        return None
    answer = event.error if event.status is None else event.status
    return _line(f"request: {event.method} {event.path}: {answer} in {event.elapsed_s:.2f} s", "dim")


def _line(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)
