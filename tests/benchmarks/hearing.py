"""A recogniser that takes its time as a service does that is slow, uneven, or answers in bursts."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.benchmarks.recordings import AUDIO_S_PER_S, WAV_HEADER_BYTES, WAV_RATE_HZ
from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_transcriber.server import Heard, Wanted


class PacedRecogniser(ScriptedRecogniser):
    """Hear the words that a recording begins with, when their time has come.

    Args:
        seconds: For a recording that does not say how long it is.
        burst_s: Nothing is done but at multiples of this; 0 for at any time.
        slower: After so many recordings, each takes so many seconds instead.

    Attributes:
        done_at: When each was done, by its words; UTC, seconds.
    """

    def __init__(self, seconds: float, burst_s: float = 0.0, slower: tuple[int, float] | None = None) -> None:
        super().__init__(seconds)
        self.done_at: dict[str, float] = {}
        self._burst_s = burst_s
        self._slower = slower
        self._begun = 0

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        self._begun += 1
        heard = await super().hear(audio, wanted, on_progress=on_progress)
        self.done_at[self.heard[-1]] = time.time()
        return heard

    def seconds_for(self, audio: Path) -> float:
        now = asyncio.get_running_loop().time()
        seconds = self.seconds
        with audio.open("rb") as file:
            if file.read(4) == b"RIFF":
                samples = audio.stat().st_size - WAV_HEADER_BYTES
                seconds = samples / WAV_RATE_HZ / AUDIO_S_PER_S
        if self._slower is not None and self._begun > self._slower[0]:
            seconds = self._slower[1]
        if self._burst_s:
            seconds += -(now + seconds) % self._burst_s
        return seconds
