"""The real recogniser: whisper by faster-whisper, on this machine's processor alone."""

from __future__ import annotations

import asyncio
import concurrent.futures
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.server.children import Decoders
from batch_transcriber.server.ears import OwnEars
from batch_transcriber.server.models import choose
from batch_transcriber.server.piece_room import PieceRoom
from batch_transcriber.server.pieces import PieceProgress
from batch_transcriber.server.recogniser import Effort, Heard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from batch_transcriber.model import Word
    from batch_transcriber.server.cluster_ears import Help
    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.decoding import Decoding
    from batch_transcriber.server.ears import Ears
    from batch_transcriber.server.listening import Found
    from batch_transcriber.server.recogniser import Wanted

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
        concurrency: How many recordings are heard at a time; 0 where others hear, until it is entered.

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
        self._ears: Ears = OwnEars(self._chosen, effort, workers)
        self.concurrency = self._ears.places
        self._model = model
        self._effort = effort
        self._max_audio_s = max_audio_s
        self._decoder_bytes = decoder_bytes
        self._hearings: set[asyncio.Task[Any]] = set()  # of recordings
        self._pieces: set[asyncio.Task[list[Word]]] = set()

    def hear_on(self, help: Help) -> None:  # noqa: A002 - what it is
        """Have the workers of a cluster hear, and not this machine; to be called before it is entered."""
        from batch_transcriber.server.cluster_ears import ClusterEars  # noqa: PLC0415 - few have a cluster

        self._ears = ClusterEars(self._chosen, self._model, self._effort, help)
        self.concurrency = self._ears.places

    async def __aenter__(self) -> Self:
        """Check and load the model: half a second, unless it has to be downloaded.

        Raises:
            FatalError: The extra is not installed, or the model is not the one we know or can't be had; or
                there is no cluster that hears.
        """
        self._loop = asyncio.get_running_loop()
        await self._ears.__aenter__()
        self.concurrency = self._ears.places
        self._recordings = asyncio.Semaphore(self.concurrency)
        self._room = PieceRoom(lambda: self._ears.places)
        self._decoders = Decoders(memory_bytes=self._decoder_bytes)
        self._decoding_threads = concurrent.futures.ThreadPoolExecutor(
            self.concurrency, thread_name_prefix="decode"
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what is being heard; returns when threads and children have ended, within seconds."""
        for task in (*self._hearings, *self._pieces):
            task.cancel()
        self._decoders.stop()
        if self._pieces:
            await asyncio.wait(self._pieces)
        await self._ears.__aexit__(kind, error, trace)
        await asyncio.to_thread(self._shut_down)

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether it can listen for all of these at once; until it is loaded, that it can."""
        return self._ears.takes(key_terms)

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

        task = asyncio.current_task()
        if task is not None:
            self._hearings.add(task)
        try:
            async with self._recordings:
                decoding = Decoding(self._decoders, audio, wanted, most_s=self._max_audio_s)
                hearings: list[asyncio.Task[list[Word]]] = []
                try:
                    return await self._hear(decoding, wanted, PieceProgress(wanted, on_progress), hearings)
                finally:
                    for hearing in hearings:
                        hearing.cancel()
                    decoding.cancel()
                    with suppress(RuntimeError):  # closed meanwhile, which ends the children, too
                        self._decoding_threads.submit(decoding.close)
        finally:
            if task is not None:
                self._hearings.discard(task)

    async def _hear(
        self,
        decoding: Decoding,
        wanted: Wanted,
        progress: PieceProgress,
        hearings: list[asyncio.Task[list[Word]]],
    ) -> Heard:
        found: Found | None = None
        while piece := await self._next_piece(decoding):
            progress.decoded(piece, decoding.stated_s)
            settled: asyncio.Future[Found] = self._loop.create_future()
            hearing = self._begin(piece, wanted, progress.reporter(piece), settled)
            del piece  # what is held is counted
            hearings.append(hearing)
            if wanted.language is None:
                await asyncio.wait((settled, hearing), return_when=asyncio.FIRST_COMPLETED)
                if settled.done():
                    found = settled.result()
                    wanted = replace(wanted, language=found[0])  # and so for the rest
            for heard in hearings:
                if heard.done():
                    heard.result()
        progress.all_decoded()
        words = [word for heard in hearings for word in await heard]
        if wanted.by_channel:
            words.sort(key=lambda word: word.start_ms)
        language, confidence = found if found is not None and words else (None, None)
        channels = decoding.channels if wanted.by_channel else None
        return Heard(tuple(words), decoding.duration_s, language, confidence, channels)

    def _begin(
        self, piece: Piece, wanted: Wanted, report: Callable[[float], None], settled: asyncio.Future[Found]
    ) -> asyncio.Task[list[Word]]:
        def settle(found: Found) -> None:
            if not settled.done():  # another worker may find it again
                settled.set_result(found)

        hearing = asyncio.create_task(self._ears.hear(piece, wanted, report=report, settle=settle))
        self._pieces.add(hearing)
        hearing.add_done_callback(self._end)
        return hearing

    def _end(self, hearing: asyncio.Task[list[Word]]) -> None:
        self._pieces.discard(hearing)
        self._room.give_back()
        if not hearing.cancelled():
            hearing.exception()  # where one piece failed already, nobody asks for that of another

    async def _next_piece(self, decoding: Decoding) -> Piece | None:
        """Return the next piece once there is room for one more; the room is free again when it is heard."""
        await self._room.take()
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
            self._room.give_back()
        return piece

    def _make_room(self, _: object) -> None:
        self._loop.call_soon_threadsafe(self._room.give_back)

    def _shut_down(self) -> None:
        self._decoding_threads.shutdown(cancel_futures=True)
        self._decoders.close()
