"""What is found in a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from batch_transcriber.buckets.address import is_bucket
from batch_transcriber.events import Failed, Notice, Skipped
from batch_transcriber.model import Origin, is_address

NO_RECORDINGS = "no recordings in this folder; a file of another kind is taken if you name it"
LEFT_OUT = "no recordings outside the folders that --exclude or .batchignore leaves out"
NOT_FETCHED = "only http and https addresses can be fetched, and those in a bucket; copy it to this machine"


def can_be_fetched(source: str) -> bool:
    """Tell whether a source is no address, or one of a kind that can be transcribed."""
    return not is_address(source) or is_bucket(source) or source.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Found:
    """One recording.

    Attributes:
        source: Its path as reached from what was typed, its URL, or its address in a bucket.
        place: Where its text belongs below the output folder, with the recording's own name; the parts of
            this path are parted by slashes everywhere.
        size_bytes: None for a URL.
        mtime_ns: Time of the last change, nanoseconds; None for a URL.
        is_placed: The folder of the place was asked for, and no earlier run's will do.
        is_named: The place is the very name of its files, without their suffix.
    """

    source: str
    place: str
    size_bytes: int | None = None
    mtime_ns: int | None = None
    is_placed: bool = False
    is_named: bool = False

    @property
    def origin(self) -> Origin:
        """The recording as it was found."""
        return Origin.of(self.source, self.size_bytes, self.mtime_ns)

    @property
    def is_url(self) -> bool:
        """Whether nothing is known of it but its web address."""
        return self.size_bytes is None


Finding: TypeAlias = Found | Failed | Skipped | Notice
