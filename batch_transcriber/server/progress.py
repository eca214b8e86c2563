"""How far the hearing of a recording is, kept for those who ask and told to the log."""

from __future__ import annotations

import logging
from time import monotonic

TOLD_EVERY = 0.1  # of the whole
TOLD_EVERY_S = 10.0  # at most; what is heard in less is never told

logger = logging.getLogger(__name__)


class Progress:
    """The progress of one transcript.

    Args:
        transcript_id: Of the transcript.

    Attributes:
        fraction: What is heard of it, from 0 to 1.
    """

    def __init__(self, transcript_id: str) -> None:
        self.fraction = 0.0
        self._id = transcript_id
        self._began_at = self._told_at = monotonic()
        self._told = 0.0

    @property
    def took_s(self) -> float:
        """Seconds since the hearing began."""
        return monotonic() - self._began_at

    def begin(self) -> None:
        """Say that the recording is here, and is heard from now on."""
        self._began_at = self._told_at = monotonic()

    def report(self, fraction: float) -> None:
        """Take in what is heard by now, from 0 to 1."""
        self.fraction = fraction
        now = monotonic()
        if self._told + TOLD_EVERY <= fraction < 1 and now >= self._told_at + TOLD_EVERY_S:
            self._told, self._told_at = fraction, now
            logger.info("hearing: %s, %d %%", self._id, int(fraction * 100))


def clock_time(seconds: float) -> str:
    """Return a time as clocks show it: `0:07`, `62:03`."""
    minutes, rest_s = divmod(round(seconds), 60)
    return f"{minutes}:{rest_s:02}"
