"""The objects that `--json` writes, and their schema. Stable: fields are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias


def now() -> str:
    """Return the time as all objects have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Line:
    """What all objects have: `time` is when it was written, ISO 8601 in UTC."""

    __pydantic_config__: ClassVar = {"json_schema_serialization_defaults_required": True}

    time: str = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class StartLine(Line):
    """The run has begun."""

    type: Literal["start"] = "start"
    sources: list[str]
    out: str
    base_url: str


@dataclass(frozen=True, kw_only=True)
class PlanLine(Line):
    """All sources were read once: so many recordings, and so many bytes of those that are files."""

    type: Literal["plan"] = "plan"
    inputs: int
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class TransitionLine(Line):
    """A recording has come a step further; only with -v."""

    type: Literal["found", "uploading", "uploaded", "submitted", "processing", "completed"]
    source: str
    transcript_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class WrittenLine(Line):
    """All files of a recording are on disk; `output` is the first of them."""

    type: Literal["written"] = "written"
    source: str
    output: str
    outputs: list[str]
    transcript_id: str
    audio_duration_s: float | None
    speech_model_used: str | None
    has_words: bool


@dataclass(frozen=True, kw_only=True)
class FailedLine(Line):
    """An input has no text; `error` says why and what to do."""

    type: Literal["failed"] = "failed"
    source: str
    stage: Literal["plan", "upload", "submit", "poll", "export", "write"]
    error: str
    transcript_id: str | None


@dataclass(frozen=True, kw_only=True)
class SkippedLine(Line):
    """An input was left alone."""

    type: Literal["skipped"] = "skipped"
    source: str
    reason: Literal[
        "already written",
        "named twice",
        "vanished before it was sent",
        "left out by --exclude",
        "not matched by --include",
        "left out by .batchignore",
        "smaller than --min-size",
        "larger than --max-size",
        "not newer than --newer-than",
        "changed less than --min-age ago",
        "it would cost more than --max-cost leaves",
        "it is longer than --max-hours leaves",
        "its length is not known before it is paid for, and a limit is set",
        "its price is not known, and --max-cost is set; give one with --price",
    ]
    output: str | None
    outputs: list[str]


@dataclass(frozen=True, kw_only=True)
class UploadsLine(Line):
    """So many uploads go at a time from now on; only with -v."""

    type: Literal["uploads"] = "uploads"
    at_a_time: int
    bytes_per_s: float


@dataclass(frozen=True, kw_only=True)
class WaitingLine(Line):
    """No request starts for so long."""

    type: Literal["waiting"] = "waiting"
    reason: str
    wait_s: float


@dataclass(frozen=True, kw_only=True)
class NoticeLine(Line):
    """A word on the run."""

    type: Literal["notice"] = "notice"
    message: str


@dataclass(frozen=True, kw_only=True)
class RequestLine(Line):
    """A request has ended; only with -vv. `status` is null where there was no reply."""

    type: Literal["request"] = "request"
    call: str
    method: str
    path: str
    elapsed_s: float
    status: int | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class ProgressLine(Line):
    """Where the run stands, every `--stats-every` seconds; `inputs` grows until all sources are read."""

    type: Literal["progress"] = "progress"
    inputs: int
    done: int
    failed: int
    pending: int
    uploading: int
    submitting: int
    queued: int
    processing: int
    writing: int
    sent_bytes: int


@dataclass(frozen=True, kw_only=True)
class ExpectedLine(Line):
    """With --dry-run: what a run would do for an input.

    `is_paid`: its transcript is paid for already. `limit` says why one of yours would keep it back. Length
    and cost are null where they are not known; the length also where it does not matter.
    """

    type: Literal["expected"] = "expected"
    source: str
    output: str
    outputs: list[str]
    size_bytes: int | None
    is_paid: bool
    audio_duration_s: float | None
    cost_usd: float | None
    limit: str | None


@dataclass(frozen=True, kw_only=True)
class PricePart:
    """A model, or what comes on top: its price, and what it comes to."""

    usd_per_hour: float
    audio_duration_s: float
    cost_usd: float


@dataclass(frozen=True, kw_only=True)
class EstimateLine(Line):
    """The last line with --dry-run. `cost_usd` is an upper bound for all but `unknown_costs` inputs.

    `prices` has the parts of it by model and parameter; `unpriced` how many inputs are asked for with what
    has no known price. `least_s` is null offline, `prices_as_of` where the price is yours.
    """

    type: Literal["estimate"] = "estimate"
    to_transcribe: int
    size_bytes: int
    audio_duration_s: float
    unknown_lengths: int
    cost_usd: float
    unknown_costs: int
    prices_as_of: str | None
    prices: dict[str, PricePart]
    unpriced: dict[str, int]
    least_s: float | None
    paid: int
    over_limit: int
    skipped: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class CheckLine(Line):
    """Of `check`: what it found. `exit_code` is what a run would end with because of it, 0 for none."""

    type: Literal["check"] = "check"
    name: str
    verdict: Literal["ok", "warning", "problem"]
    message: str
    advice: str
    exit_code: int


@dataclass(frozen=True, kw_only=True)
class SummaryLine(Line):
    """The last line of every run, unless it is a dry one.

    `to_go` inputs have no outcome yet; `fatal` says why it ended early.
    """

    type: Literal["summary"] = "summary"
    written: int
    without_words: int
    already_written: int
    filtered: int
    over_limit: int
    skipped: int
    failed: int
    to_go: int
    audio_duration_s: float
    sent_bytes: int
    requests: int
    elapsed_s: float
    out: str
    stopped: bool
    fatal: str | None
    exit_code: int


AnyLine: TypeAlias = (
    StartLine
    | PlanLine
    | TransitionLine
    | WrittenLine
    | FailedLine
    | SkippedLine
    | UploadsLine
    | WaitingLine
    | NoticeLine
    | RequestLine
    | ProgressLine
    | ExpectedLine
    | EstimateLine
    | CheckLine
    | SummaryLine
)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a line."""
    from pydantic import Field, TypeAdapter  # noqa: PLC0415 - a run needs no schema

    line: TypeAdapter[AnyLine] = TypeAdapter(Annotated[AnyLine, Field(discriminator="type")])
    return line.json_schema(mode="serialization")
