"""What very many hours of audio come to: money, requests, days and disk, reckoned from what was measured.

Pure: a run of `make bench-plan` measures what our side takes for each recording, and all else is a price or a
limit that the service states, each with its source here or where it is imported from.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from batch_transcriber.plan.estimate import AT_ONCE_PAID, Estimate
from batch_transcriber.plan.prices import MODELS_USD, price_of
from batch_transcriber.settings import Settings

HOUR_S = 3600
DAY_S = 24 * HOUR_S
SIZES_HOURS = (100, 10_000, 1_000_000)
MOST_HOURS = SIZES_HOURS[-1]
LINK_BYTES_PER_S = 1e9 / 8  # a link of 1 Gbit/s that nobody else uses
THIN_BIT_PER_S, THICK_BIT_PER_S = 64_000, 256_000  # of recordings: speech in MP3, and what music takes
BLOCK_BYTES = 4096  # what a file takes at least, on every common file system
CHEAPEST = min(MODELS_USD, key=lambda name: MODELS_USD[name])
RAISED_TO = 1000  # transcripts at once: what an account may ask the service for
# As `make bench-serve` has it: the offline recogniser as it comes, times real time on so many cores.
OFFLINE_TIMES, OFFLINE_CORES, MANY_CORES = 45, 2, 64


@dataclass(frozen=True, slots=True)
class Kind:
    """Recordings of one length."""

    name: str
    audio_s: int

    def count(self, hours: int) -> int:
        return hours * HOUR_S // self.audio_s


HOURS, CALLS = Kind("files of 1 h", HOUR_S), Kind("calls of 5 min", 300)
KINDS = {"hours": HOURS, "calls": CALLS}


@dataclass(frozen=True, slots=True)
class Taken:
    """What our side took for recordings of one kind, each: measured.

    Attributes:
        recordings: Of how many this is the mean.
        uploads, submits, polls, texts: Requests; polls are all that only ask for a status.
        cpu_s: Of the whole run.
        text_bytes: Of its text.
        peak_memory_mib: Of the run, not of one.
    """

    recordings: int
    uploads: float
    submits: float
    polls: float
    texts: float
    cpu_s: float
    text_bytes: float
    peak_memory_mib: float

    @property
    def requests(self) -> float:
        return self.uploads + self.submits + self.polls + self.texts


@dataclass(frozen=True, slots=True)
class Reach:
    """So many hours of one kind.

    Attributes:
        journal_bytes: That one recording takes in the journal.
        bit_per_s: Of the recordings; 0 where the service fetches them itself, from a bucket for one.
        at_once: How many the service hears at a time.
    """

    hours: int
    kind: Kind
    taken: Taken
    journal_bytes: float
    bit_per_s: int = 0
    at_once: int = AT_ONCE_PAID

    @property
    def recordings(self) -> int:
        return self.kind.count(self.hours)

    @property
    def cost_usd(self) -> Decimal:
        """At the list price of what is asked for where nothing is said."""
        price = price_of({"speech_models": list(Settings.model_fields["speech_models"].default)})
        assert price.usd_per_hour is not None
        return self.hours * price.usd_per_hour

    @property
    def cheapest_usd(self) -> Decimal:
        return self.hours * MODELS_USD[CHEAPEST]

    @property
    def requests(self) -> float:
        each = self.taken.requests if self.bit_per_s else self.taken.requests - self.taken.uploads
        return self.recordings * each

    @property
    def upload_bytes(self) -> int:
        return self.hours * HOUR_S * self.bit_per_s // 8

    @property
    def texts_disk_bytes(self) -> float:
        """Of the texts, in the blocks that their files take."""
        return self.recordings * -(-self.taken.text_bytes // BLOCK_BYTES) * BLOCK_BYTES

    def times_s(self) -> dict[str, float]:
        """Return what a run cannot fall below, by what sets it; all of it goes on side by side."""
        audio_s = float(self.hours * HOUR_S)
        estimate = Estimate(self.recordings, 0, self.upload_bytes, audio_s, longest_audio_s=self.kind.audio_s)
        budget, window_s = (
            Settings.model_fields[name].default for name in ("max_requests", "request_window_s")
        )
        return {
            "service": estimate.service_s(self.at_once),
            "requests": max(0, self.requests - 1) // budget * window_s,
            "link": estimate.upload_s(LINK_BYTES_PER_S),
            "processor": self.recordings * self.taken.cpu_s,
        }

    @property
    def first(self) -> str:
        """What sets the time."""
        times_s = self.times_s()
        return max(times_s, key=lambda name: times_s[name])

    @property
    def least_s(self) -> float:
        return max(self.times_s().values())


def offline_days(hours: int, cores: int) -> float:
    """Return what the offline recogniser takes, if it is as fast on each of many cores as on one of two."""
    return hours / (OFFLINE_TIMES / OFFLINE_CORES * cores) * HOUR_S / DAY_S
