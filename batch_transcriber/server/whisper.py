"""The real recogniser: whisper by faster-whisper, on this machine's processor alone."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.server.children import Decoders
from batch_transcriber.server.listening import Listener
from batch_transcriber.server.machine import usable_cores, usable_memory_bytes
from batch_transcriber.server.models import choose
from batch_transcriber.server.pieces import PieceProgress
from batch_transcriber.server.recogniser import Effort, Heard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from batch_transcriber.model import Word
    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.decoding import Decoding
    from batch_transcriber.server.listening import Settled
    from batch_transcriber.server.recogniser import Wanted

_BESIDES_BYTES = 250_000_000  # Python and its libraries, loaded
_HEARING_BYTES = 400_000_000  # what one piece of up to 5 minutes needs on top
DECODER_BYTES = 2 * 1024**3
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
        self._takes: Callable[[Sequence[str]], bool] = lambda _: True
        self._recordings = asyncio.Semaphore(self.concurrency)
        self._room = asyncio.Semaphore(self.concurrency + 1)  # pieces held: one is decoded ahead
        self._hearings: dict[asyncio.Task[Any] | None, threading.Event] = {}

    async def __aenter__(self) -> Self:
        """Check and load the model: half a second, unless it has to be downloaded.

        Raises:
            FatalError: The extra is not installed, or the model is not the one we know or can't be had.
        """
        self._loop = asyncio.get_running_loop()
        self._listener = await asyncio.to_thread(
            Listener, self._chosen.folder, self._effort, self.concurrency
        )
        self._takes = self._listener.takes
        self._decoders = Decoders(memory_bytes=self._decoder_bytes)
        pool = concurrent.futures.ThreadPoolExecutor
        self._hearing_threads = pool(self.concurrency, thread_name_prefix="whisper")
        self._decoding_threads = pool(self.concurrency, thread_name_prefix="decode")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what is being heard; returns when threads and children have ended, within seconds."""
        for task, stop in self._hearings.items():
            stop.set()
            if task is not None:
                task.cancel()
        await asyncio.to_thread(self._shut_down)

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether it can listen for all of these at once; until it is loaded, that it can."""
        return self._takes(key_terms)

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

        stop = threading.Event()
        task = asyncio.current_task()
        self._hearings[task] = stop
        try:
            async with self._recordings:
                decoding = Decoding(self._decoders, audio, wanted, most_s=self._max_audio_s)
                try:
                    return await self._hear(decoding, wanted, PieceProgress(wanted, on_progress), stop)
                finally:
                    stop.set()
                    decoding.cancel()
                    with suppress(RuntimeError):  # closed meanwhile, which ends the children, too
                        self._decoding_threads.submit(decoding.close)
        finally:
            self._hearings.pop(task, None)

    async def _hear(
        self, decoding: Decoding, wanted: Wanted, progress: PieceProgress, stop: threading.Event
    ) -> Heard:
        hearings: list[concurrent.futures.Future[list[Word]]] = []
        found: tuple[str, float] | None = None
        while piece := await self._next_piece(decoding):
            progress.decoded(piece, decoding.stated_s)
            settled: Settled = concurrent.futures.Future()
            hearing = self._hearing_threads.submit(
                self._listener.hear, piece, wanted, stop, progress.reporter(piece), settled
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

    def _shut_down(self) -> None:
        self._decoders.stop()
        self._hearing_threads.shutdown(cancel_futures=True)
        self._decoding_threads.shutdown(cancel_futures=True)
        self._decoders.close()


def _affordable_workers(model_bytes: int) -> int:
    """Return how many recordings can be heard at once: one a core, as far as memory goes."""
    cores, memory_bytes = usable_cores(), usable_memory_bytes()
    if memory_bytes is None:
        return cores
    left_bytes = memory_bytes - _BESIDES_BYTES - 2 * model_bytes
    return max(1, min(cores, left_bytes // (_HEARING_BYTES + model_bytes)))
