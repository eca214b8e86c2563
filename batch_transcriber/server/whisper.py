"""The real recogniser: whisper by faster-whisper, on this machine's processor alone."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.model import Word
from batch_transcriber.server.models import NOT_INSTALLED, choose
from batch_transcriber.server.progress import Progress
from batch_transcriber.server.recogniser import Effort, Heard, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment, TranscriptionInfo
    from faster_whisper.transcribe import Word as WhisperWord
    from numpy.typing import NDArray

    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.decoding import Decoding
    from batch_transcriber.server.recogniser import Wanted

_BESIDES_BYTES = 250_000_000  # Python and its libraries, loaded
_HEARING_BYTES = 400_000_000  # what one piece of up to 5 minutes needs on top
DECODER_BYTES = 2 * 1024**3
_LOUDEST = 32_768
_FAST_BATCH = 4  # windows of 30 s at a time; more gains nothing
_LOOK_S = 1.0  # how often a decoder is looked after


class WhisperRecogniser:
    """Whisper, with word times. An async context manager: loaded once, on entering.

    Args:
        model: A folder with a model for CTranslate2, or a model hub's name such as `small` or `base.en`,
            which is downloaded on entering unless it is here. None: tiny.en, which comes along; for
            accurate transcripts base, of an extra of its own.
        effort: How much work a transcript is worth.
        workers: How many pieces are heard at a time; one a core, as far as memory goes, unless given.
        max_audio_s: A longer recording is refused; None for no limit.
        decoder_bytes: The most memory that the process which decodes a recording may take.

    Attributes:
        concurrency: How many recordings are heard at a time.

    Raises:
        FatalError: The folder holds no model.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        effort: Effort = Effort.NORMAL,
        workers: int | None = None,
        max_audio_s: float | None = None,
        decoder_bytes: int = DECODER_BYTES,
    ) -> None:
        self._chosen = choose(model, effort)
        self.name = self._chosen.name
        self.languages = self._chosen.languages
        self.concurrency = workers or _affordable_workers(self._chosen.size_bytes)
        self._effort = effort
        self._max_audio_s = max_audio_s
        self._decoder_bytes = decoder_bytes
        self._closing = threading.Event()
        self._recordings = asyncio.Semaphore(self.concurrency)
        self._room = asyncio.Semaphore(self.concurrency + 1)  # pieces held: one is decoded ahead
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        """Check and load the model: half a second, unless it has to be downloaded.

        Raises:
            FatalError: The extra is not installed, or the model is not the one we know or can't be had.
        """
        self._loop = asyncio.get_running_loop()
        self._model = await asyncio.to_thread(self._load)
        from batch_transcriber.server.decoding import Decoders  # noqa: PLC0415 - needs the extra

        self._decoders = Decoders(memory_bytes=self._decoder_bytes)
        pool = concurrent.futures.ThreadPoolExecutor
        self._hearing_threads = pool(self.concurrency, thread_name_prefix="whisper")
        self._decoding_threads = pool(self.concurrency, thread_name_prefix="decode")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what is being heard; returns when threads and children have ended, within seconds."""
        self._closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.to_thread(self._shut_down)

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Return the words of a recording; cancelling it stops the work at the next segment.

        A recording longer than some minutes is heard in pieces, by all workers that are free. More recordings
        than there are workers wait for each other, first come, first served.

        Args:
            audio: A file of any name and format.
            wanted: How it is to be heard.
            on_progress: Called in the event loop with the part done, 0 to 1, never falling.

        Raises:
            NotAudioError: Nothing in the file can be heard, or it is longer than may be.
        """
        from batch_transcriber.server.decoding import Decoding  # noqa: PLC0415 - needs the extra

        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
        stop = threading.Event()
        try:
            async with self._recordings:
                decoding = Decoding(self._decoders, audio, wanted, most_s=self._max_audio_s)
                try:
                    return await self._hear(decoding, wanted, Progress(wanted, on_progress), stop)
                finally:
                    stop.set()
                    decoding.cancel()
                    with suppress(RuntimeError):  # closed meanwhile, which ends the children, too
                        self._decoding_threads.submit(decoding.close)
        finally:
            self._tasks.discard(task)

    async def _hear(
        self, decoding: Decoding, wanted: Wanted, progress: Progress, stop: threading.Event
    ) -> Heard:
        hearings: list[concurrent.futures.Future[list[Word]]] = []
        found: tuple[str, float] | None = None
        while piece := await self._next_piece(decoding):
            progress.decoded(piece, decoding.stated_s)
            settled: concurrent.futures.Future[tuple[str, float] | None] = concurrent.futures.Future()
            hearing = self._hearing_threads.submit(
                self._listen, piece, wanted, stop, progress.reporter(piece), settled
            )
            del piece  # what is held is counted
            hearing.add_done_callback(self._make_room)
            hearings.append(hearing)
            if wanted.language is None and (found := await asyncio.wrap_future(settled)):
                wanted = replace(wanted, language=found[0])  # and so for the rest
            for heard in hearings:
                if heard.done():
                    heard.result()
        progress.all_decoded()
        words = [word for heard in hearings for word in await asyncio.wrap_future(heard)]
        if wanted.by_channel:
            words.sort(key=lambda word: word.start_ms)
        language, confidence = found if found is not None and words else (None, None)
        channels = decoding.channels if wanted.by_channel else None
        return Heard(tuple(words), decoding.duration_s, language, confidence, channels)

    async def _next_piece(self, decoding: Decoding) -> Piece | None:
        """Return the next piece once there is room for one more; the room is free again when it is heard."""
        await self._room.acquire()
        reading = self._decoding_threads.submit(decoding.next_piece)
        read = asyncio.wrap_future(reading)
        try:
            while not (await asyncio.wait((read,), timeout=_LOOK_S))[0]:
                decoding.end_if_stalled()
            piece = read.result()
        except BaseException:
            reading.add_done_callback(self._make_room)  # at once, or when the thread is out of it
            reading.cancel()
            raise
        if piece is None:
            self._room.release()
        return piece

    def _make_room(self, _: object) -> None:
        self._loop.call_soon_threadsafe(self._room.release)

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

    def _shut_down(self) -> None:
        self._decoders.stop()
        self._hearing_threads.shutdown(cancel_futures=True)
        self._decoding_threads.shutdown(cancel_futures=True)
        self._decoders.close()

    def _listen(
        self,
        piece: Piece,
        wanted: Wanted,
        stop: threading.Event,
        report: Callable[[float], None],
        settled: concurrent.futures.Future[tuple[str, float] | None],
    ) -> list[Word]:
        """Hear a piece, in a thread; `settled` gets the language as soon as somebody speaks."""
        words: list[Word] = []
        channels = piece.samples.shape[1]
        language = wanted.language
        try:
            for channel in range(channels):
                self._check_wanted(stop)
                segments, info = self._transcribe(
                    piece.samples[:, channel].astype("f4") / _LOUDEST,
                    language=language,
                    hotwords=", ".join(wanted.key_terms) or None,
                    vad_filter=True,  # without it silence becomes "Thanks for watching!"
                    word_timestamps=True,
                    condition_on_previous_text=False,
                )
                if info.duration_after_vad == 0:
                    continue
                if language is None:
                    language = info.language
                    settled.set_result((language, float(info.language_probability)))
                for segment in segments:
                    self._check_wanted(stop)
                    words += _words(
                        segment.words or (), piece.start_s, channel + 1 if wanted.by_channel else None
                    )
                    report((channel * piece.duration_s + float(segment.end)) / channels)
            report(piece.duration_s)
        finally:
            if not settled.done():
                settled.set_result(None)
        return words

    def _transcribe(
        self, samples: NDArray[np.floating], **options: Any
    ) -> tuple[Iterable[Segment], TranscriptionInfo]:
        """Return what is said, each segment of which is heard when it is asked for."""
        heard: tuple[Iterable[Segment], TranscriptionInfo]
        if self._effort is Effort.FAST:
            from faster_whisper import BatchedInferencePipeline  # noqa: PLC0415 - an extra

            # Without a second try of what sounds odd; a pipeline is for one caller at a time, and is free.
            pipeline = BatchedInferencePipeline(self._model)
            heard = pipeline.transcribe(samples, beam_size=1, batch_size=_FAST_BATCH, **options)
        else:
            heard = self._model.transcribe(samples, beam_size=5, **options)
        return heard

    def _check_wanted(self, stop: threading.Event) -> None:
        if stop.is_set() or self._closing.is_set():
            raise concurrent.futures.CancelledError


def _words(heard: Iterable[WhisperWord], start_s: float, channel: int | None = None) -> list[Word]:
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
            words.append(Word(text, start_ms, end_ms, confidence, channel))
    return words


def _affordable_workers(model_bytes: int) -> int:
    """Return how many recordings can be heard at once: one a core, as far as memory goes."""
    cores = usable_cores()
    if not hasattr(os, "sysconf"):  # not on Windows
        return cores
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    left_bytes = memory_bytes - _BESIDES_BYTES - 2 * model_bytes
    return max(1, min(cores, left_bytes // (_HEARING_BYTES + model_bytes)))
