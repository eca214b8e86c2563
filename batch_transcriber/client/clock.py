"""What the service's clock shows, as its replies tell."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

KEPT_S = 60.0  # before it is read again


class ServiceClock:
    """The service's clock, to about a second; ours before its first reply. Within one event loop."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None  # its time, and the loop's then

    def note(self, date: str | None) -> None:
        """Take in the `Date` of a reply that has just come."""
        now = asyncio.get_running_loop().time()
        if date and (self._read is None or now - self._read[1] > KEPT_S):
            with suppress(ValueError, OverflowError):  # a clock that cannot be read tells nothing
                self._read = (parsedate_to_datetime(date).astimezone(UTC), now)

    def time_at(self, at: float) -> datetime:
        """Return what it showed at a time of the loop's clock, which nobody puts right in mid-run."""
        told, then = self._read or (datetime.now(UTC), asyncio.get_running_loop().time())
        return told + timedelta(seconds=at - then)
