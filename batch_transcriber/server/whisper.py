"""The real recogniser: whisper by faster-whisper, on this machine's processor alone."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Self

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.model import Word
from batch_transcriber.server.models import NOT_INSTALLED, choose
from batch_transcriber.server.recogniser import Effort, Heard, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment
    from faster_whisper.transcribe import Word as WhisperWord

    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.recogniser import Wanted

_BESIDES_BYTES = 250_000_000  # Python and its libraries, loaded
_HEARING_BYTES = 400_000_000  # what one piece of up to 10 minutes needs on top


class WhisperRecogniser:
    """Whisper, with word times. An async context manager: loaded once, on entering.

    Args:
        model: A folder with a model for CTranslate2, or a model hub's name such as `small` or `base.en`,
            which is downloaded on entering unless it is here. None: tiny.en, which comes along; for
            accurate transcripts base, of an extra of its own.
        effort: How much work a transcript is worth.
        workers: How many recordings are heard at a time; one a core, as far as memory goes, unless given.

    Attributes:
        concurrency: How many recordings are heard at a time.

    Raises:
        FatalError: The folder holds no model.
    """

    def __init__(
        self, model: str | None = None, *, effort: Effort = Effort.NORMAL, workers: int | None = None
    ) -> None:
        self._chosen = choose(model, effort)
        self.name = self._chosen.name
        self.languages = self._chosen.languages
        self.concurrency = workers or _affordable_workers(self._chosen.size_bytes)
        self._effort = effort
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
        except ImportError as error:
            raise FatalError(NOT_INSTALLED, ExitCode.LOCAL) from error
        folder = self._chosen.folder()
        try:
            # One thread an utterance and many utterances: twice the threads each gains nothing.
            return WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=self.concurrency
            )
        except (RuntimeError, ValueError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise FatalError(f"cannot load the model in {folder}: {reason}", ExitCode.LOCAL) from error

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
            beam_size=1 if self._effort is Effort.FAST else 5,
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


def _affordable_workers(model_bytes: int) -> int:
    """Return how many recordings can be heard at once: one a core, as far as memory goes."""
    cores = usable_cores()
    if not hasattr(os, "sysconf"):  # not on Windows
        return cores
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    left_bytes = memory_bytes - _BESIDES_BYTES - 2 * model_bytes
    return max(1, min(cores, left_bytes // (_HEARING_BYTES + model_bytes)))
