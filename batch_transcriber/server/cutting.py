"""A stream of samples into pieces of 2 to 5 minutes, cut where it is quiet.

What a recogniser needs grows with what it gets at once, and pieces of one recording are heard side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from batch_transcriber.server.framing import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from numpy.typing import NDArray

SHORTEST = 120 * RATE_HZ  # samples of all channels together; only the last piece may be shorter
LONGEST = 300 * RATE_HZ
_LOOK = 30 * RATE_HZ  # how much more is looked through where there was no pause
_FRAME = RATE_HZ // 50
_PAUSE_FRAMES = 25  # half a second
_QUIET = 0.1  # of the loudness around: a pause, not a soft voice


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording, 16 kHz.

    Attributes:
        start_s: Where it begins in the recording.
        samples: One row a moment and one column a channel, 16 bits each.
    """

    start_s: float
    samples: NDArray[np.int16]

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE_HZ

    @property
    def end_s(self) -> float:
        """Where it ends in the recording."""
        return self.start_s + self.duration_s


def cut(blocks: Iterable[NDArray[np.int16]], *, start: int = 0) -> Generator[Piece]:
    """Gather blocks of samples into pieces; the pieces joined are the blocks again.

    Blocks are taken as they are needed: about one piece is held at a time. With more channels the pieces are
    shorter, so that they are no larger.

    Args:
        blocks: Rows of as many samples as there are channels, the same in all.
        start: Where the first block begins, in samples from the start of the recording.
    """
    held: list[NDArray[np.int16]] = []
    held_samples = 0
    shortest, longest, look = SHORTEST, LONGEST, _LOOK
    look_at = 0
    for block in blocks:
        if not look_at:
            shortest, longest, look = (size // block.shape[1] for size in (SHORTEST, LONGEST, _LOOK))
            look_at = shortest + look
        held.append(block)
        held_samples += len(block)
        while held_samples >= look_at:
            samples = np.concatenate(held)
            quietest, is_pause = _quietest(samples[shortest:look_at])
            if not is_pause and look_at < longest:
                held = [samples]
                look_at += look
                continue
            end = shortest + quietest
            yield Piece(start / RATE_HZ, samples[:end])
            start += end
            held = [samples[end:].copy()]  # a view would keep the whole piece in memory
            held_samples -= end
            look_at = shortest + look
            del samples
    if held_samples:
        yield Piece(start / RATE_HZ, np.concatenate(held))


def _quietest(samples: NDArray[np.int16]) -> tuple[int, bool]:
    """Return the middle of the quietest half second, and whether that is a pause."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME * samples.shape[1])
    energy = np.square(frames, dtype=np.float64).mean(axis=1)
    windows = np.convolve(energy, np.full(_PAUSE_FRAMES, 1 / _PAUSE_FRAMES), mode="valid")
    quietest = int(windows.argmin())
    is_pause = bool(windows[quietest] <= _QUIET**2 * energy.mean())
    return (quietest + _PAUSE_FRAMES // 2) * _FRAME, is_pause
