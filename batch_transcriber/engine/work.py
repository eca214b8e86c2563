"""A job under way: what the run knows of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from batch_transcriber.client.look import Stamp
    from batch_transcriber.engine.budget import Reservation
    from batch_transcriber.errors import RetryableError
    from batch_transcriber.journal import Entry
    from batch_transcriber.model import Job


@dataclass(slots=True, eq=False)
class Work:
    """One job on its way; owned by one stage at a time.

    Attributes:
        job: The input and the place of its text.
        origin: The recording as it was when it was last read: for a copy, or to be sent.
        entry: Its transcript in the journal.
        followers: Jobs with the same content, which get their files with this one.
        sent_content: SHA-256 of what was uploaded.
        reservation: Its share of what the run may cost; None where there is no limit, or nothing to pay.
        is_compared: It is about to be sent, or is, as the first of its size.
        is_copy: Another job of this run has, or had, the same content.
        is_ended: It has its outcome.
        is_resumed: Its transcript is of an earlier run, and may be gone by now.
        audio_url: What is submitted: the `upload_url`, or the source itself where it is a URL.
        uploads: Times that the recording was uploaded.
        submits: Times that a transcript was asked for.
        submitted_at: When the last of these began, loop clock.
        trouble: What became of the last of these, where it was lost.
        transcript_id: Of the transcript that is awaited or done.
        processing_id: Of the transcript that was seen to be processed last.
        heard_part: How much of that one was heard when it was last seen; None where that was not told.
        exports: Times that its text was asked for.
        errors: Transcripts of it that ended in an error, in this run.
        past_ids: Its earlier transcripts: they ended in an error, or were replaced. A lookup must not take
            them again.
        watched_at: When the poller took it, loop clock.
        seen_at: When a list or a reply last showed it, loop clock.
    """

    job: Job
    origin: Origin
    entry: Entry = field(init=False)
    followers: list[Work] = field(default_factory=list)
    sent_content: bytes = b""
    reservation: Reservation | None = None
    is_compared: bool = False
    is_copy: bool = False
    is_ended: bool = False
    is_resumed: bool = False
    audio_url: str = ""
    uploads: int = 0
    submits: int = 0
    submitted_at: float = 0.0
    trouble: RetryableError | None = None
    transcript_id: str = ""
    processing_id: str = ""
    heard_part: float | None = None
    exports: int = 0
    errors: int = 0
    past_ids: set[str] = field(default_factory=set)
    watched_at: float = 0.0
    seen_at: float = 0.0

    def note_sent(self, digest: bytes, stamp: Stamp) -> None:
        """Keep what was uploaded: its SHA-256, and what the file was then."""
        self.sent_content = digest
        self.note_stamp(stamp)

    def note_stamp(self, stamp: Stamp) -> None:
        """Keep what the recording was when it was read."""
        self.origin = Origin.of(self.job.source, *stamp)
