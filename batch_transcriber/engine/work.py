"""A job under way: what the run knows of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.errors import RetryableError
    from batch_transcriber.model import Job, Origin


@dataclass(slots=True, eq=False)
class Work:
    """One job on its way; owned by one stage at a time.

    Attributes:
        job: The input and the place of its text.
        origin: The recording as it was sent.
        audio_url: What is submitted: the `upload_url`, or the source itself where it is a URL.
        uploads: Times that the recording was uploaded.
        submits: Times that a transcript was asked for.
        submitted_at: When the last of these began, loop clock.
        trouble: What became of the last of these, where it was lost.
        transcript_id: Of the transcript that is awaited or done.
        processing_id: Of the transcript that was seen to be processed last.
        exports: Times that its text was asked for.
        past_ids: Transcripts of this job that ended in an error; a lookup must not take them again.
        watched_at: When the poller took it, loop clock.
        seen_at: When a list or a reply last showed it, loop clock.
    """

    job: Job
    origin: Origin
    audio_url: str = ""
    uploads: int = 0
    submits: int = 0
    submitted_at: float = 0.0
    trouble: RetryableError | None = None
    transcript_id: str = ""
    processing_id: str = ""
    exports: int = 0
    past_ids: set[str] = field(default_factory=set)
    watched_at: float = 0.0
    seen_at: float = 0.0
