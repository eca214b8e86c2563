"""The queue: transcripts are heard in the order they came, a few at a time."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self, TypeVar

from batch_transcriber.errors import TranscriberError
from batch_transcriber.model import TranscriptStatus
from batch_transcriber.server.asked import check_heard, wanted_of
from batch_transcriber.server.downloads import DownloadError
from batch_transcriber.server.progress import Progress, clock_time
from batch_transcriber.server.recogniser import NotAudioError
from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from batch_transcriber.server.downloads import Downloads
    from batch_transcriber.server.recogniser import Heard, Recogniser
    from batch_transcriber.server.store import Store
    from batch_transcriber.server.transcript import Transcript
    from batch_transcriber.server.uploads import Uploads

SERVER_ERROR = "Internal server error. Please retry your request."  # clients know it by its first words
ATTEMPTS_MAX = 2  # of a transcript at whose hearing the process died each time

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


class Hearing:
    """Takes queued transcripts from the store and has them heard.

    On entering, what an earlier process was hearing when it ended is queued again, and what is queued is
    gone on with. What may have made that process die is heard alone, so that it takes no others along.

    Args:
        recogniser: What hears.
        store: Of the transcripts.
        uploads: Where recordings are found.
        downloads: Where other recordings come from.
        concurrency: How many are in work at the same time, fetching their recordings included.
        heard_at_once: How many of these the recogniser is given; as many unless given.
        on_ended: Called when a transcript has ended.
        again_s: Pause before the store is tried again where the disk is full.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        store: Store,
        uploads: Uploads,
        downloads: Downloads,
        *,
        concurrency: int,
        heard_at_once: int | None = None,
        on_ended: Callable[[], None] = lambda: None,
        again_s: float = 5.0,
    ) -> None:
        self._recogniser = recogniser
        self._store = store
        self._uploads = uploads
        self._downloads = downloads
        self._concurrency = concurrency
        self._on_ended = on_ended
        self._again_s = again_s
        self._queued = asyncio.Semaphore(0)  # at least as many as the store's queued transcripts
        self._places = asyncio.Semaphore(heard_at_once or concurrency)
        self._suspect = asyncio.Lock()
        self._group = asyncio.TaskGroup()
        self._workers: list[asyncio.Task[None]] = []
        self._hearings: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, Progress] = {}
        self._begun: set[int] = set()  # positions of what the recogniser has

    def transcript_queued(self, transcript: Transcript) -> None:
        """Say that the store has one more queued transcript."""
        logger.info("queued: %s", transcript.id)
        self._queued.release()

    def progress(self, transcript_id: str) -> float | None:
        """Return how much of a transcript is heard, from 0 to 1; None where it is not being heard."""
        progress = self._progress.get(transcript_id)
        return None if progress is None else progress.fraction

    def delete(self, transcript_id: str) -> Transcript:
        """Delete a transcript of whatever status, with its upload, and return what is left of it.

        Raises:
            RefusedError: There is none of this id.
        """
        transcript = self._store.get(transcript_id)
        deleted = self._store.delete(transcript_id)
        if transcript_id in self._hearings:
            self._hearings[transcript_id].cancel()
        if transcript.upload is not None:  # at once, even where another transcript waits for it
            self._uploads.remove(transcript.upload)
        return deleted

    async def __aenter__(self) -> Self:
        for transcript in self._store.of_crash(ATTEMPTS_MAX):
            logger.warning("failed: %s: the service died of it %d times", transcript.id, ATTEMPTS_MAX)
            self._store.fail(transcript, SERVER_ERROR)
        self._store.queue_again()
        if queued := self._store.count(TranscriptStatus.QUEUED):
            logger.info("transcripts from before that go on: %d", queued)
        self._queued = asyncio.Semaphore(queued)
        await self._group.__aenter__()
        for number in range(1, self._concurrency + 1):
            self._workers.append(self._group.create_task(self._work(), name=f"work {number}"))
        return self

    async def __aexit__(self, *_: object) -> None:
        begun = tuple(self._begun)
        for task in [*self._workers, *self._hearings.values()]:
            task.cancel()
        # Without the error that ends the service, if any: the group would wrap it in one of its own.
        await self._group.__aexit__(None, None, None)
        with suppress(sqlite3.OperationalError):  # it is done at the next start then
            self._store.queue_again(not_at_fault=begun)

    async def _work(self) -> None:
        while True:
            await self._queued.acquire()
            transcript = await self._until_stored(self._store.start_next)
            if transcript is None:  # deleted before its turn
                continue
            # A task of its own, so that it can be ended without its worker.
            hearing = self._group.create_task(self._hear(transcript), name=f"hear {transcript.id}")
            self._hearings[transcript.id] = hearing
            try:
                await asyncio.wait([hearing])
            finally:
                del self._hearings[transcript.id]

    async def _hear(self, transcript: Transcript) -> None:
        progress = self._progress[transcript.id] = Progress(transcript.id)
        try:
            heard = await self._heard(transcript, progress)
            await self._until_stored(lambda: self._store.complete(transcript, heard))
            length, took = clock_time(heard.duration_s), clock_time(progress.took_s)
            logger.info("heard: %s, %s of audio in %s", transcript.id, length, took)
        except (NotAudioError, DownloadError) as error:
            await self._fail(transcript, str(error), str(error))
        except OSError as error:
            await self._fail(transcript, SERVER_ERROR, error.strerror or str(error))
        except TranscriberError as error:  # such as of a cluster, whose workers die of it
            await self._fail(transcript, SERVER_ERROR, str(error))
        except Exception as error:
            # A bug in a recogniser costs its own transcript, not the others.
            logger.exception("Transcript %s could not be heard", transcript.id)
            await self._fail(transcript, SERVER_ERROR, type(error).__name__)
        else:
            self._let_go(transcript)  # disk use follows the queue, not the batch
        finally:
            del self._progress[transcript.id]
        self._on_ended()

    async def _heard(self, transcript: Transcript, progress: Progress) -> Heard:
        options = json.loads(transcript.options)
        async with AsyncExitStack() as stack:
            audio = await stack.enter_async_context(self._recording(transcript))
            if transcript.attempts:
                await stack.enter_async_context(self._suspect)
            await stack.enter_async_context(self._places)
            await self._until_stored(lambda: self._store.begin(transcript))
            self._begun.add(transcript.position)
            stack.callback(self._begun.remove, transcript.position)
            progress.begin()
            heard = await self._recogniser.hear(audio, wanted_of(options), on_progress=progress.report)
        check_heard(options, heard)
        return heard

    async def _fail(self, transcript: Transcript, error: str, reason: str) -> None:
        logger.warning("failed: %s: %s", transcript.id, reason)
        await self._until_stored(lambda: self._store.fail(transcript, error))

    async def _until_stored(self, change: Callable[[], Result]) -> Result:
        """Make a change of the store, again and again while its disk takes nothing."""
        while True:
            try:
                return change()
            except sqlite3.OperationalError as error:
                logger.error("the database takes nothing (%s); make room, then it goes on", error)  # noqa: TRY400
            await asyncio.sleep(self._again_s)

    def _let_go(self, transcript: Transcript) -> None:
        """Remove the upload of a transcript, unless another one waits for it; one that stays does no harm."""
        try:
            if transcript.upload is not None and not self._store.is_awaited(transcript.upload):
                self._uploads.remove(transcript.upload)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            logger.warning("the upload of %s cannot be removed (%s)", transcript.id, reason)

    @asynccontextmanager
    async def _recording(self, transcript: Transcript) -> AsyncIterator[Path]:
        url = transcript.audio_url
        try:
            upload = self._uploads.find(url)
        except RefusedError as error:  # deleted since it was submitted
            raise DownloadError(f"Download error, unable to access file at {url}") from error
        if upload is not None:
            yield upload
        else:
            async with self._downloads.fetched(url) as download:
                yield download
