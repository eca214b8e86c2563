"""A recogniser that hears what a file's text says, as fast and as wrongly as it is told."""

from __future__ import annotations

import asyncio
import wave
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from batch_transcriber.model import Word
from batch_transcriber.server import Heard, NotAudioError, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

READ_BYTES = 512
WORD_MS = 300


class ScriptedRecogniser:
    """Hear the words that a file begins with, up to its first NUL byte; in a WAV, those of its samples.

    A WAV is as long as its header says, and any other file as its words.

    Attributes:
        seconds: How long each transcript takes.
        errors: By a file's words: what goes wrong, one entry for each time that it is heard.
        gate: Nothing is heard until it is set.
        heard_first: How much of each recording is heard by then, 0 to 1.
        heard: The words of every file heard, in order.
        wanted: How each of them was to be heard.
    """

    name = "scripted"
    languages = frozenset({"en"})

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.errors: defaultdict[str, deque[Exception]] = defaultdict(deque)
        self.gate = asyncio.Event()
        self.gate.set()
        self.heard_first = 0.0
        self.heard: list[str] = []
        self.wanted: list[Wanted] = []

    def takes(self, _: Sequence[str]) -> bool:
        return True

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        text, length_s = self.read(audio)
        if on_progress is not None:
            on_progress(self.heard_first)
        await self.gate.wait()
        await asyncio.sleep(self.seconds_for(audio))
        if on_progress is not None:
            on_progress(1.0)
        self.heard.append(text)
        self.wanted.append(wanted)
        if self.errors[text]:
            raise self.errors[text].popleft()
        words = tuple(
            Word(word, number * WORD_MS, (number + 1) * WORD_MS, 0.9)
            for number, word in enumerate(text.split())
        )
        return Heard(words, len(words) * WORD_MS / 1000 if length_s is None else length_s)

    def read(self, audio: Path) -> tuple[str, float | None]:
        """Return the words of a file, and its length if it says one, seconds."""
        with audio.open("rb") as file:
            start = file.read(READ_BYTES)
        length_s = None
        if start.startswith(b"RIFF"):
            with wave.open(str(audio)) as wav:
                length_s = wav.getnframes() / wav.getframerate()
                start = wav.readframes(READ_BYTES)
        return start.partition(b"\0")[0].decode(), length_s

    def seconds_for(self, audio: Path) -> float:  # noqa: ARG002 - of each the same, unless overridden
        return self.seconds


def transcript_error(message: str) -> NotAudioError:
    """Return what makes a transcript end with status `error` and this text."""
    return NotAudioError(message)
