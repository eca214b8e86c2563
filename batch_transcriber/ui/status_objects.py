"""The objects that `status --json` writes, and their schema. Stable: fields are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from batch_transcriber.journal.overview import Step
from batch_transcriber.ui.explanation import content_of, format_of
from batch_transcriber.ui.json_objects import Line

if TYPE_CHECKING:
    from batch_transcriber.journal.overview import Failure
    from batch_transcriber.ui.explanation import Explanation
    from batch_transcriber.ui.standing import Standing


@dataclass(frozen=True, kw_only=True)
class HolderPart:
    """The process that is at work in the output folder."""

    pid: int
    host: str
    since: str


@dataclass(frozen=True, kw_only=True)
class RunPart:
    """The last run: `done` of its `inputs` (null while they are counted) have an outcome.

    `ending` is `done`, `limit`, `stopped`, or what went wrong; null while it is at work, and where it was
    killed. One that is `endless` waits for inputs to come.
    """

    began_at: str
    endless: bool
    ended_at: str | None
    ending: str | None
    inputs: int | None
    done: int


@dataclass(frozen=True, kw_only=True)
class FailurePart:
    """An input without a text."""

    source: str
    error: str
    failed_at: str


@dataclass(frozen=True, kw_only=True)
class StepsPart:
    """How many of the inputs that the journal knows are where."""

    written: int
    failed: int
    skipped: int
    writing: int
    processing: int
    queued: int
    submitting: int
    uploading: int
    pending: int


@dataclass(frozen=True, kw_only=True)
class StatusLine(Line):
    """Where everything stands. Rates and `to_go_s` are null where they are not known.

    `holder` is null where nobody is at work, `run` where an older program wrote the journal.
    """

    type: Literal["status"] = "status"
    out: str
    journal: str
    holder: HolderPart | None
    run: RunPart | None
    inputs: int
    steps: StepsPart
    audio_duration_s: float
    texts_per_s: float | None
    audio_s_per_s: float | None
    to_go_s: float | None
    last_failures: list[FailurePart]


@dataclass(frozen=True, kw_only=True)
class FailureLine(Line):
    """With --failed: an input without a text."""

    type: Literal["failure"] = "failure"
    source: str
    error: str
    failed_at: str


@dataclass(frozen=True, kw_only=True)
class OutputPart:
    """A file that was written, and what it is by now."""

    path: str
    format: str
    written_at: str | None
    text_sha256: str | None
    state: Literal["there", "edited", "missing"]


@dataclass(frozen=True, kw_only=True)
class InputLine(Line):
    """With --file: one input.

    `moves` has the time of the latest move to each state. `content_sha256` is null for an address, and as
    long as it is not known. `next` says what the same command would do.
    """

    type: Literal["input"] = "input"
    source: str
    step: str
    reason: str | None
    next: str
    transcript_id: str | None
    past_transcript_ids: list[str]
    submits: int
    service: str | None
    content_sha256: str | None
    options_sha256: str | None
    audio_duration_s: float | None
    speech_model_used: str | None
    warnings: list[str]
    moves: dict[str, str]
    outputs: list[OutputPart]


AnyStatusLine: TypeAlias = StatusLine | FailureLine | InputLine


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a line."""
    from pydantic import Field, TypeAdapter  # noqa: PLC0415 - nobody else needs a schema

    line: TypeAdapter[AnyStatusLine] = TypeAdapter(Annotated[AnyStatusLine, Field(discriminator="type")])
    return line.json_schema(mode="serialization")


def status_object(standing: Standing) -> StatusLine:
    """Return where everything stands as an object."""
    holder, run, pace = standing.holder, standing.run, standing.pace
    return StatusLine(
        out=str(standing.out),
        journal=str(standing.journal),
        holder=HolderPart(pid=holder.pid, host=holder.host, since=_iso(holder.since)) if holder else None,
        run=RunPart(
            began_at=_time(run.began_at),
            ended_at=None if run.ended_at is None else _time(run.ended_at),
            ending=run.ending,
            endless=run.is_endless,
            inputs=run.inputs,
            done=run.done,
        )
        if run
        else None,
        inputs=standing.inputs,
        steps=StepsPart(**{step: standing.steps[step] for step in Step}),
        audio_duration_s=round(standing.heard.audio_s, 3),
        texts_per_s=round(pace.texts_per_s, 6) if pace else None,
        audio_s_per_s=round(pace.audio_s_per_s, 3) if pace else None,
        to_go_s=round(pace.to_go_s, 1) if pace and pace.to_go_s is not None else None,
        last_failures=[
            FailurePart(source=failure.source, error=failure.reason, failed_at=_time(failure.failed_at))
            for failure in standing.failures
        ],
    )


def failure_object(failure: Failure) -> FailureLine:
    """Return a failure as an object."""
    return FailureLine(source=failure.source, error=failure.reason, failed_at=_time(failure.failed_at))


def input_object(explanation: Explanation) -> InputLine:
    """Return one input as an object."""
    story, entry = explanation.story, explanation.story.entry
    return InputLine(
        source=story.source,
        step=explanation.step,
        reason=explanation.reason,
        next=explanation.next,
        transcript_id=entry.transcript_id or None if entry else None,
        past_transcript_ids=entry.past_ids if entry else [],
        submits=entry.submits if entry else 0,
        service=entry.service if entry else None,
        content_sha256=content_of(story),
        options_sha256=story.options.hex() if story.options else None,
        audio_duration_s=story.audio_s,
        speech_model_used=story.model,
        warnings=list(story.warnings),
        moves={move: _time(at) for move, at in story.times.items()},
        outputs=[
            OutputPart(
                path=output.path,
                format=format_of(output),
                written_at=None if output.written_at is None else _time(output.written_at),
                text_sha256=output.text_sha256.hex() if output.text_sha256 else None,
                state=presence.value,
            )
            for output, presence in explanation.outputs
        ],
    )


def _time(seconds: float) -> str:
    return _iso(datetime.fromtimestamp(seconds, UTC))


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds")
