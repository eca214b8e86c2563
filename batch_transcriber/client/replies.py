"""The service's replies as types; what the run does not use is not kept.

Everything that may be absent or null in practice is optional here, and unknown keys are ignored,
so that a newer service does not break an older client.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
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


def _utc(time: datetime) -> datetime:
    # The list's times come with and without a zone; they are UTC either way.
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _web_address(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("not a web address")
    return url


UtcTime = Annotated[datetime, AfterValidator(_utc)]


def _readable_or_none(value: Any, read: ValidatorFunctionWrapHandler) -> float | None:
    """Keep a reply whose figure is none, such as NaN: nothing depends on it but sums."""
    try:
        return read(value)  # type: ignore[no-any-return]
    except ValidationError:
        return None


Seconds = Annotated[float | None, Field(ge=0, allow_inf_nan=False), WrapValidator(_readable_or_none)]
TranscriptId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]  # it becomes part of a path


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Upload(_Reply):
    """Answer of `POST /v2/upload`."""

    upload_url: Annotated[str, AfterValidator(_web_address)]


class Transcript(_Reply):
    """Answer of `POST /v2/transcript` and `GET /v2/transcript/{id}`.

    Attributes:
        status: One of `TranscriptStatus`, or a word that a later service may add.
        text: The whole text; None until completed.
        error: Why it failed; empty or None where it did not.
        audio_duration: Length of the recording, seconds.
    """

    id: TranscriptId
    status: str
    audio_url: str | None = None
    text: str | None = None
    error: str | None = None
    audio_duration: Seconds = None
    speech_models: list[str] | None = None
    speech_model_used: str | None = None


class TranscriptItem(_Reply):
    """One row of the list: status without text. `error` is empty, not null, on success."""

    id: TranscriptId
    status: str
    created: UtcTime | None = None
    completed: UtcTime | None = None
    audio_url: str | None = None
    error: str | None = None


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


class Paragraph(_Reply):
    """One paragraph; its words and times are left on the wire."""

    text: str


class Paragraphs(_Reply):
    """Answer of `GET /v2/transcript/{id}/paragraphs`; no paragraphs where nothing was said.

    Attributes:
        audio_duration: Length of the recording, seconds.
    """

    paragraphs: list[Paragraph]
    audio_duration: Seconds = None
    speech_model_used: str | None = None
