"""What a run would take, added up input by input."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

REQUESTS_PER_INPUT = 3  # upload, submit and fetch; looking for results is shared by hundreds of them
REQUESTS_PER_URL = 2  # the service uploads it to itself

# The service's own examples: 63 minutes of audio in 35 s, 195 in 133, 501 in 300; this is the slowest.
SERVICE_S_PER_AUDIO_S = 133 / (195 * 60)
AT_ONCE_PAID = 200  # transcripts that the service hears at a time; more wait in its queue
AT_ONCE_FREE = 5


@dataclass(slots=True)
class Estimate:
    """Totals of a plan. What is not known is counted, never guessed; no row is kept.

    Attributes:
        inputs: Recordings to be transcribed.
        urls: How many of them are not files of ours.
        size_bytes: Of all others.
        audio_s: Length of all whose length is known, seconds.
        unknown_lengths: How many have another.
        longest_audio_s: The longest known one.
        cost_usd: Of all whose length and price are known: an upper bound of what the service takes for them.
        unknown_costs: How many are not in it.
    """

    inputs: int = 0
    urls: int = 0
    size_bytes: int = 0
    audio_s: float = 0.0
    unknown_lengths: int = 0
    longest_audio_s: float = 0.0
    cost_usd: Decimal = Decimal(0)
    unknown_costs: int = 0

    def add(self, size_bytes: int | None, audio_s: float | None, usd_per_hour: Decimal | None) -> None:
        """Count an input.

        Args:
            size_bytes: Of a file; None for a URL.
            audio_s: Its length, seconds; None where it is not known.
            usd_per_hour: Price of its request; None where it is not known, 0 where it costs nothing or an
                earlier run has paid for it.
        """
        self.inputs += 1
        self.urls += size_bytes is None
        self.size_bytes += size_bytes or 0
        if audio_s is None:
            self.unknown_lengths += 1
        else:
            self.audio_s += audio_s
            self.longest_audio_s = max(self.longest_audio_s, audio_s)
        if usd_per_hour == 0:
            return
        if audio_s is None or usd_per_hour is None:
            self.unknown_costs += 1
        else:
            self.cost_usd += cost_usd(audio_s, usd_per_hour)

    def requests_s(self, max_requests: int, window_s: float) -> float:
        """Return the shortest time in which a budget of requests lets all of them start.

        Args:
            max_requests: Starts in any window; as many leave at once.
            window_s: Its length.
        """
        requests = self.inputs * REQUESTS_PER_INPUT - self.urls * (REQUESTS_PER_INPUT - REQUESTS_PER_URL)
        return max(0, requests - 1) // max_requests * window_s

    def service_s(self, at_once: int = AT_ONCE_PAID) -> float:
        """Return how long the service is busy with what is known, if so many are heard at a time."""
        return max(self.audio_s / at_once, self.longest_audio_s) * SERVICE_S_PER_AUDIO_S

    def upload_s(self, bytes_per_s: float) -> float:
        """Return how long a link of this speed is busy."""
        return self.size_bytes / bytes_per_s

    def least_s(
        self,
        max_requests: int,
        window_s: float,
        *,
        at_once: int = AT_ONCE_PAID,
        bytes_per_s: float | None = None,
    ) -> float:
        """Return a time that a run will not fall below, for all three go on side by side.

        Args:
            max_requests: As in `requests_s`.
            window_s: As there.
            at_once: As in `service_s`.
            bytes_per_s: Speed of the link; None leaves the uploads out.
        """
        times_s = [self.requests_s(max_requests, window_s), self.service_s(at_once)]
        if bytes_per_s is not None:
            times_s.append(self.upload_s(bytes_per_s))
        return max(times_s)


def cost_usd(audio_s: float, usd_per_hour: Decimal) -> Decimal:
    """Return what so many seconds of audio cost; not rounded."""
    return Decimal(audio_s) * usd_per_hour / 3600
