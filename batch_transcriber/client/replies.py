"""The service's replies as types; what the run does not use is not kept.

Everything that may be absent or null in practice is optional here, and unknown keys are ignored,
so that a newer service does not break an older client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass


def _utc(time: datetime) -> datetime:
    # The list's times come with and without a zone; they are UTC either way.
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _web_address(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("not a web address")
    return url


CaptionKind: TypeAlias = Literal["srt", "vtt"]
# What begins otherwise is a gateway's page, whatever its status; the media type tells nothing, for the
# service itself sends both text/plain and text/html.
_BEGINNINGS = {
    "srt": re.compile(r"\ufeff?\s*(\d+[ \t]*\r?\n.*-->|\Z)"),  # a cue's number and times, or no cue at all
    "vtt": re.compile(r"\ufeff?WEBVTT(\s|\Z)"),
}

UtcTime = Annotated[datetime, AfterValidator(_utc)]


def _readable_or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Keep a reply whose figure is none, such as NaN: nothing depends on it but sums and times shown."""
    try:
        return read(value)
    except ValidationError:
        return None


def _readable_or_empty(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Keep a reply whose list is null, or of what nobody here knows."""
    try:
        return read(value)
    except ValidationError:
        return []


Seconds = Annotated[float | None, Field(ge=0, allow_inf_nan=False), WrapValidator(_readable_or_none)]
# Of one; only our own service tells it.
Part = Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False), WrapValidator(_readable_or_none)]
TranscriptId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]  # it becomes part of a path


Milliseconds = Annotated[int | None, Field(ge=0), WrapValidator(_readable_or_none)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Upload(_Reply):
    """Answer of `POST /v2/upload`."""

    upload_url: Annotated[str, AfterValidator(_web_address)]


class _Warning(_Reply):
    message: str


class _Metadata(_Reply):
    warnings: Annotated[list[_Warning], WrapValidator(_readable_or_empty)] = []


class Transcript(_Reply):
    """Answer of `POST /v2/transcript` and `GET /v2/transcript/{id}`.

    Attributes:
        status: One of `TranscriptStatus`, or a word that a later service may add.
        text: The whole text; None until completed.
        error: Why it failed; empty or None where it did not.
        audio_duration: Length of the recording, seconds.
        progress: How much of it is heard; None where the service does not tell.
    """

    id: TranscriptId
    status: str
    audio_url: str | None = None
    text: str | None = None
    error: str | None = None
    progress: Part = None
    audio_duration: Seconds = None
    speech_models: list[str] | None = None
    speech_model_used: str | None = None
    language_code: str | None = None
    metadata: Annotated[_Metadata | None, WrapValidator(_readable_or_none)] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the service has to say of it, in its own words."""
        return tuple(warning.message for warning in self.metadata.warnings) if self.metadata else ()


class Utterance(_Reply):
    """A sentence, or all that a speaker said until another began; times in milliseconds.

    Its words are left on the wire.
    """

    text: str
    start: Milliseconds = None
    end: Milliseconds = None
    speaker: str | None = None
    channel: str | None = None


class _Spoken(Transcript):
    utterances: Annotated[list[Utterance], WrapValidator(_readable_or_empty)] = []


@dataclass(frozen=True, slots=True)
class WholeTranscript:
    """A transcript as it came: what the run reads of it, and the JSON with all that the service gave.

    Attributes:
        utterances: Empty but with speaker labels or several channels.
    """

    transcript: Transcript
    utterances: list[Utterance]
    body: str

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the reply of this body.

        Raises:
            ValueError: it is none.
        """
        spoken = _Spoken.model_validate_json(body)
        return cls(spoken, spoken.utterances, body.decode("utf-8"))


class TranscriptItem(_Reply):
    """One row of the list: status without text. `error` is empty, not null, on success.

    Attributes:
        progress: How much of it is heard; None where the service does not tell.
    """

    id: TranscriptId
    status: str
    created: UtcTime | None = None
    completed: UtcTime | None = None
    audio_url: str | None = None
    error: str | None = None
    progress: Part = None


def _row_by_row(rows: Any, read_all: ValidatorFunctionWrapHandler) -> list[TranscriptItem | None]:
    """Keep the place of a row that cannot be read: somebody else's must not hide all of ours."""
    try:
        return read_all(rows)  # type: ignore[no-any-return]
    except ValidationError:
        if not isinstance(rows, list):
            raise
    readable: list[TranscriptItem | None] = []
    for row in rows:
        try:
            readable += read_all([row])
        except ValidationError:
            readable.append(None)
    return readable


class PageDetails(_Reply):
    """Where a page stands; `prev_url` leads to OLDER transcripts and is None on the last page."""

    prev_url: str | None = None


class TranscriptPage(_Reply):
    """Answer of `GET /v2/transcript`: up to 200 transcripts, newest first; None for an unreadable row."""

    page_details: PageDetails
    transcripts: Annotated[list[TranscriptItem | None], WrapValidator(_row_by_row)]


@pydantic_dataclass(frozen=True, slots=True, config=ConfigDict(coerce_numbers_to_str=True))
class SpokenWord:
    """A word of a paragraph; a dataclass, for an hour has ten thousand. Times in milliseconds."""

    text: str
    start: int | None = None
    end: int | None = None
    speaker: str | None = None
    channel: str | None = None


class Paragraph(_Reply):
    """One paragraph; times in milliseconds. Who speaks is told by its words alone.

    Attributes:
        words: Empty where they cannot be read, for the text does without them.
    """

    text: str
    start: Milliseconds = None
    end: Milliseconds = None
    words: Annotated[list[SpokenWord], WrapValidator(_readable_or_empty)] = []


class _Pieces(_Reply):
    audio_duration: Seconds = None
    speech_model_used: str | None = None


class Paragraphs(_Pieces):
    """Answer of `GET /v2/transcript/{id}/paragraphs`; no paragraphs where nothing was said.

    Attributes:
        audio_duration: Length of the recording, seconds.
    """

    paragraphs: list[Paragraph]


class Sentences(_Pieces):
    """Answer of `GET /v2/transcript/{id}/sentences`; as `Paragraphs`, but each tells its speaker itself."""

    sentences: list[Utterance]


def read_captions(kind: CaptionKind, body: bytes) -> str:
    """Return captions as they came.

    Raises:
        ValueError: they are none of this kind.
    """
    text = body.decode("utf-8")
    if not _BEGINNINGS[kind].match(text):
        raise ValueError("not captions")
    return text
