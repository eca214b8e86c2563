"""Recordings made for tests: tones, noise and silence as WAV files."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE_HZ = 16_000


def tone(seconds: float, rate_hz: int = RATE_HZ) -> NDArray[np.int16]:
    """Return a tone of half the full loudness."""
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (np.sin(2 * np.pi * 440 * times_s) * 16_384).astype(np.int16)


def noise(seconds: float) -> NDArray[np.int16]:
    """Return a loud noise."""
    return np.random.default_rng(1).integers(-9000, 9000, round(seconds * RATE_HZ)).astype(np.int16)


def silence(seconds: float) -> NDArray[np.int16]:
    """Return nothing but zeros."""
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def wav(path: Path, samples: NDArray[np.int16], rate_hz: int = RATE_HZ) -> Path:
    """Write a mono WAV file and return its path."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def wav_of_channels(path: Path, samples: NDArray[np.int16]) -> Path:
    """Write a WAV file of one channel each column and return its path."""
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], 2, RATE_HZ, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def sparse_wav(path: Path, seconds: int) -> Path:
    """Write silence at 8 kHz that takes next to no disk and return its path."""
    rate_hz = 8000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(b"")
    head = bytearray(path.read_bytes())
    size_bytes = seconds * rate_hz * 2
    head[4:8] = (len(head) - 8 + size_bytes).to_bytes(4, "little")
    head[40:44] = size_bytes.to_bytes(4, "little")
    path.write_bytes(head)
    with path.open("r+b") as file_:
        file_.truncate(len(head) + size_bytes)
    return path
