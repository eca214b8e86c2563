"""Recordings for benchmarks: each says which one it is, and some say how long they are."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 512  # of a recording tell it from all others
WAV_RATE_HZ = 1000  # at one byte a sample
WAV_HEADER_BYTES = 44
AUDIO_S_PER_S = 20.0  # how fast the service hears what says how long it is
# Of how long the service takes for each, where they differ: e to the power of these.
MEDIAN_LN, SPREAD_LN = 0.5, 1.2
SHORTEST_S, LONGEST_S = 0.2, 20.0
SEED = 6


@dataclass(frozen=True)
class Recordings:
    """A folder of recordings that is still to be made.

    Attributes:
        count: How many.
        size_bytes: Of each; of those that say how long they are, it follows from that.
        hearing_s: How long the service takes for each, by the recording's own word; None where they
            say nothing of it.
    """

    count: int
    size_bytes: int = 64 * 1024
    hearing_s: tuple[float, ...] | None = None

    def make(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for number in range(self.count):
            words = words_of(number).encode()
            if self.hearing_s is None:
                # Not made in memory: the peak of whoever is measured would be at least ours.
                with (folder / f"{number:06}.mp3").open("wb") as file:
                    file.write(words)
                    file.truncate(self.size_bytes)
            else:
                audio_s = self.hearing_s[number] * AUDIO_S_PER_S
                (folder / f"{number:06}.wav").write_bytes(wav(words, audio_s))


def words_of(number: int) -> str:
    return f"These are the words of file {number}."


def wav(words: bytes, audio_s: float) -> bytes:
    """Return a WAV of a length, whose first samples are these words."""
    samples = words.ljust(round(audio_s * WAV_RATE_HZ), b"\0")
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, WAV_RATE_HZ, WAV_RATE_HZ, 1, 8)
    body = b"WAVE" + layout + struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def very_different(count: int, longest_s: float = LONGEST_S) -> tuple[float, ...]:
    """Return hearing times, log-normal within bounds: the same ones each time."""
    lots = Random(SEED)  # noqa: S311 - chance that can be repeated
    drawn = (lots.lognormvariate(MEDIAN_LN, SPREAD_LN) for _ in range(count))
    return tuple(min(max(seconds, SHORTEST_S), longest_s) for seconds in drawn)
