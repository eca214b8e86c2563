"""One transcript of the service, as its row in the table says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from batch_transcriber.model import TranscriptStatus

DELETED_URL = "http://deleted_by_user"


@dataclass(frozen=True, slots=True)
class Transcript:
    """One transcript as it stands, without its words.

    Attributes:
        position: Its number in the order of creation.
        options: The request's options, a JSON object; without the value of the webhook's header.
        created: When, as the list shows it; `completed` likewise, None until it is.
        error: Why it failed; empty where it did not.
        duration_s: Length of the audio; None until it was heard.
        language: What was found to be spoken; None where that was not asked for.
        language_confidence: From 0 to 1, with `language`.
        channels: How many the audio has, where they were told apart.
        upload: Name of the upload that is heard; None for what is fetched.
        attempts: How often its hearing began and was not asked to stop.
        webhook_status_code: What its webhook answered last; None before.
    """

    position: int
    id: str
    audio_url: str
    options: str
    status: TranscriptStatus
    created: str
    completed: str | None
    error: str
    duration_s: float | None
    language: str | None
    language_confidence: float | None
    channels: int | None
    upload: str | None
    attempts: int
    webhook_status_code: int | None

    @property
    def is_deleted(self) -> bool:
        """Whether its user deleted it: the row stays, its words are gone."""
        return self.audio_url == DELETED_URL

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Self:
        """Return a row of the table as a transcript; its fields are the columns, in their order."""
        fields = list(row)
        fields[4] = TranscriptStatus(fields[4])
        return cls(*fields)
