"""What the server counted of its own work, for tests and benchmarks: clients never see it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

KEPT_AUDIO_URLS = 20_000  # the newest; about 5 MB, whatever the number of transcripts


@dataclass(slots=True)
class Books:
    """Counts since the service started; memory is bounded.

    Attributes:
        uploads: Uploads that were received whole.
        uploaded_bytes: Their size together.
        transcripts: Transcripts created.
        transcripts_by_audio_url: How many were created of each of the newest audio URLs;
            more than 1 was paid twice.
        requests: Requests that arrived, by method and route, such as
            `("GET", "/v2/transcript/{transcript_id}")`; those of no route under `("*", "unmatched")`.
    """

    uploads: int = 0
    uploaded_bytes: int = 0
    transcripts: int = 0
    transcripts_by_audio_url: dict[str, int] = field(default_factory=dict)
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)

    def upload_received(self, size_bytes: int) -> None:
        """Count one upload."""
        self.uploads += 1
        self.uploaded_bytes += size_bytes

    def transcript_created(self, audio_url: str) -> None:
        """Count one transcript."""
        self.transcripts += 1
        made = self.transcripts_by_audio_url.pop(audio_url, 0)
        self.transcripts_by_audio_url[audio_url] = made + 1
        if len(self.transcripts_by_audio_url) > KEPT_AUDIO_URLS:
            del self.transcripts_by_audio_url[next(iter(self.transcripts_by_audio_url))]
