"""What moves right now, recording by recording: uploads, and what is being heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.model import Job

HEARD_MIN_S = 2.0  # of one recording, before its time to go is told


@dataclass(slots=True)
class RunningUpload:
    """An upload under way; `began_at` on the monotonic clock, for this attempt."""

    job: Job
    began_at: float
    sent_bytes: int
    total_bytes: int
    attempt: int

    def bytes_per_s(self, now: float) -> float:
        """Return the mean speed of this attempt so far."""
        return self.sent_bytes / max(now - self.began_at, 0.1)


@dataclass(slots=True)
class Hearing:
    """A recording that is being heard, by a service that tells how far it is; times on the monotonic clock.

    Attributes:
        first_part: How much of it was heard, from 0 to 1, when that was told first.
        part: How much is now.
    """

    job: Job
    began_at: float
    first_part: float
    told_at: float
    part: float

    def to_go_s(self, now: float) -> float | None:
        """Return how long the rest will take at the pace so far; None while nobody can know."""
        gained, took_s = self.part - self.first_part, self.told_at - self.began_at
        if gained <= 0 or took_s < HEARD_MIN_S:
            return None
        return max(0.0, (1 - self.part) * took_s / gained - (now - self.told_at))
