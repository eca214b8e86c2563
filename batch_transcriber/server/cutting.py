"""A stream of samples into pieces of 5 to 10 minutes, cut where it is quiet.

What a recogniser needs grows with what it gets at once: 0.8 GB for 10 minutes, 3.5 GB for an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from numpy.typing import NDArray

RATE_HZ = 16_000
SHORTEST = 300 * RATE_HZ  # samples; only the last piece may be shorter
LONGEST = 600 * RATE_HZ
_LOOK = 60 * RATE_HZ  # how much more is looked through where there was no pause
_FRAME = RATE_HZ // 50
_PAUSE_FRAMES = 25  # half a second
_QUIET = 0.1  # of the loudness around: a pause, not a soft voice


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording: 16 kHz, mono, samples from -1 to 1."""

    start_s: float
    samples: NDArray[np.float32]

    @property
    def end_s(self) -> float:
        """Where it ends in the recording."""
        return self.start_s + len(self.samples) / RATE_HZ


def cut(blocks: Iterable[NDArray[np.float32]]) -> Generator[Piece]:
    """Gather blocks of samples into pieces; the pieces joined are the blocks again.

    Blocks are taken as they are needed: about one piece is held at a time.
    """
    start = 0
    held: list[NDArray[np.float32]] = []
    held_samples = 0
    look_at = SHORTEST + _LOOK
    for block in blocks:
        held.append(block)
        held_samples += len(block)
        while held_samples >= look_at:
            samples = np.concatenate(held)
            quietest, is_pause = _quietest(samples[SHORTEST:look_at])
            if not is_pause and look_at < LONGEST:
                held = [samples]
                look_at += _LOOK
                continue
            end = SHORTEST + quietest
            yield Piece(start / RATE_HZ, samples[:end])
            start += end
            held = [samples[end:].copy()]  # a view would keep the whole piece in memory
            held_samples -= end
            look_at = SHORTEST + _LOOK
    if held_samples:
        yield Piece(start / RATE_HZ, np.concatenate(held))


def _quietest(samples: NDArray[np.float32]) -> tuple[int, bool]:
    """Return the middle of the quietest half second, and whether that is a pause."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    energy = np.square(frames, dtype=np.float64).mean(axis=1)
    windows = np.convolve(energy, np.full(_PAUSE_FRAMES, 1 / _PAUSE_FRAMES), mode="valid")
    quietest = int(windows.argmin())
    is_pause = bool(windows[quietest] <= _QUIET**2 * energy.mean())
    return (quietest + _PAUSE_FRAMES // 2) * _FRAME, is_pause
