"""`--json`: one object a line on stdout, as the run goes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

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
    Submitted,
    Uploaded,
    UploadProgress,
    UploadsAdapted,
    Waiting,
    Written,
)
from batch_transcriber.ui.json_objects import (
    AnyLine,
    FailedLine,
    NoticeLine,
    PlanLine,
    ProgressLine,
    RequestLine,
    SkippedLine,
    StartLine,
    SummaryLine,
    TransitionLine,
    UploadsLine,
    WaitingLine,
    WrittenLine,
)
from batch_transcriber.ui.tally import Step, Tally
from batch_transcriber.ui.telling import Verbosity

if TYPE_CHECKING:
    from typing import TextIO

    from batch_transcriber.events import Event
    from batch_transcriber.ui.summary import Ending

PROGRESS_INTERVAL_S = 30.0


class JsonLines:
    """Write an object for every event that the verbosity asks for, and one every `interval_s`."""

    def __init__(
        self,
        file: TextIO,
        verbosity: Verbosity = Verbosity.NORMAL,
        interval_s: float = PROGRESS_INTERVAL_S,
    ) -> None:
        self.interval_s = interval_s
        self._file = file
        self._verbosity = verbosity
        self._tally = Tally()

    def show(self, event: Event) -> None:
        """Write the event's object, if there is one at this verbosity."""
        self._tally.add(event)
        if (line := line_of(event, self._verbosity)) is not None:
            self._write(line)

    def tick(self) -> None:
        """Write where the run stands."""
        self._write(progress(self._tally))

    def end(self, ending: Ending) -> None:
        """Write the summary."""
        self._write(summary(ending))

    def close(self) -> None:
        """Do nothing: every line is out already."""

    def _write(self, line: AnyLine) -> None:
        # ASCII, because a name that is no UTF-8 has no other form in JSON.
        print(json.dumps({"type": line.type} | asdict(line)), file=self._file, flush=True)


def line_of(event: Event, verbosity: Verbosity) -> AnyLine | None:
    """Return the event's object; None where there is none at this verbosity."""
    line = outcome(event) or _word(event)
    if line is None and verbosity >= Verbosity.TRANSITIONS:
        line = _transition(event)
    if line is None and verbosity >= Verbosity.REQUESTS:
        line = _request(event)
    return line


def progress(tally: Tally) -> ProgressLine:
    """Return where a run stands."""
    return ProgressLine(
        inputs=tally.known,
        done=tally.done,
        failed=tally.failed,
        sent_bytes=tally.moved_bytes,
        pending=tally.at[Step.PENDING],
        uploading=tally.at[Step.UPLOADING],
        submitting=tally.at[Step.SUBMITTING],
        queued=tally.at[Step.QUEUED],
        processing=tally.at[Step.PROCESSING],
        writing=tally.at[Step.WRITING],
    )


def summary(ending: Ending) -> SummaryLine:
    """Return what became of a run."""
    account = ending.account
    return SummaryLine(
        written=account.written,
        without_words=len(account.without_words),
        already_written=account.already_written,
        filtered=account.filtered,
        over_limit=account.over_limit.total(),
        skipped=len(account.skipped),
        failed=len(account.failed),
        to_go=account.to_go,
        audio_duration_s=round(account.audio_duration_s, 3),
        sent_bytes=account.sent_bytes,
        requests=sum(account.requests.values()),
        elapsed_s=round(ending.elapsed_s, 3),
        out=str(ending.out),
        stopped=account.stopped,
        fatal=None if account.fatal is None else str(account.fatal),
        exit_code=ending.exit_code,
    )


def outcome(event: Event) -> AnyLine | None:
    """Return the object of what became of an input; None for any other event."""
    match event:
        case Written(job=job):
            return WrittenLine(
                source=job.source,
                output=str(job.output),
                outputs=[str(path) for path in event.outputs],
                transcript_id=event.transcript_id,
                audio_duration_s=event.audio_duration_s,
                speech_model_used=event.speech_model_used,
                has_words=event.has_words,
            )
        case Failed():
            return FailedLine(
                source=event.source,
                stage=event.stage.value,
                error=event.error,
                transcript_id=event.transcript_id,
            )
        case Skipped(output=output):
            return SkippedLine(
                source=event.source,
                reason=event.reason.value,
                output=None if output is None else str(output),
                outputs=[str(path) for path in event.outputs],
            )
        case _:
            return None


def _word(event: Event) -> AnyLine | None:
    match event:
        case RunStarted():
            return StartLine(sources=list(event.sources), out=str(event.out), base_url=event.base_url)
        case PlanMeasured():
            return PlanLine(inputs=event.inputs, size_bytes=event.size_bytes)
        case Waiting():
            return WaitingLine(reason=event.reason, wait_s=round(event.wait_s, 3))
        case Notice():
            return NoticeLine(message=event.message)
        case _:
            return None


def _transition(event: Event) -> AnyLine | None:
    match event:
        case JobFound():
            return TransitionLine(type="found", source=event.job.source)
        case UploadProgress(sent_bytes=0):
            return TransitionLine(type="uploading", source=event.job.source)
        case UploadsAdapted():
            return UploadsLine(at_a_time=event.at_a_time, bytes_per_s=round(event.bytes_per_s))
        case Uploaded():
            return TransitionLine(type="uploaded", source=event.job.source)
        case Submitted():
            return TransitionLine(
                type="submitted", source=event.job.source, transcript_id=event.transcript_id
            )
        case Processing():
            return TransitionLine(
                type="processing", source=event.job.source, transcript_id=event.transcript_id
            )
        case Completed():
            return TransitionLine(
                type="completed", source=event.job.source, transcript_id=event.transcript_id
            )
        case _:
            return None


def _request(event: Event) -> AnyLine | None:
    if not isinstance(event, RequestEnded):
        return None
    return RequestLine(
        call=event.call,
        method=event.method,
        path=event.path,
        elapsed_s=round(event.elapsed_s, 3),
        status=event.status,
        error=event.error,
    )
