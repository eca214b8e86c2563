"""The queue: transcripts are heard in the order they came, a few at a time."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Self

from batch_transcriber.server.asked import check_heard, wanted_of
from batch_transcriber.server.downloads import DownloadError
from batch_transcriber.server.recogniser import NotAudioError
from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batch_transcriber.server.downloads import Downloads
    from batch_transcriber.server.recogniser import Recogniser
    from batch_transcriber.server.store import Store, Transcript
    from batch_transcriber.server.uploads import Uploads

SERVER_ERROR = "Internal server error. Please retry your request."  # clients know it by its first words

logger = logging.getLogger(__name__)


class Hearing:
    """Takes queued transcripts from the store and has them heard.

    Args:
        concurrency: How many are heard at the same time.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        store: Store,
        uploads: Uploads,
        downloads: Downloads,
        *,
        concurrency: int,
    ) -> None:
        self._recogniser = recogniser
        self._store = store
        self._uploads = uploads
        self._downloads = downloads
        self._concurrency = concurrency
        self._queued = asyncio.Semaphore(0)  # counts the store's queued transcripts
        self._workers = asyncio.TaskGroup()
        self._running: list[asyncio.Task[None]] = []
        self._progress: dict[str, float] = {}  # by the id of what is being heard

    def transcript_queued(self) -> None:
        """Say that the store has one more queued transcript."""
        self._queued.release()

    def progress(self, transcript_id: str) -> float | None:
        """Return how much of a recording is heard, 0 to 1; None unless it is being heard."""
        return self._progress.get(transcript_id)

    async def __aenter__(self) -> Self:
        await self._workers.__aenter__()
        for number in range(1, self._concurrency + 1):
            self._running.append(self._workers.create_task(self._work(), name=f"hear {number}"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._running:
            worker.cancel()
        # Without the error that ends the service, if any: the group would wrap it in one of its own.
        await self._workers.__aexit__(None, None, None)

    async def _work(self) -> None:
        while True:
            await self._queued.acquire()
            await self._hear(self._store.start_next())

    async def _hear(self, transcript: Transcript) -> None:
        options = json.loads(transcript.options)
        try:
            async with self._recording(transcript.audio_url) as audio:
                self._progress[transcript.id] = 0.0
                on_progress = partial(self._progress.__setitem__, transcript.id)
                heard = await self._recogniser.hear(audio, wanted_of(options), on_progress=on_progress)
            check_heard(options, heard)
            self._store.complete(transcript, heard)
            if not self._store.is_awaited(transcript.audio_url):
                self._uploads.remove(transcript.audio_url)  # disk use follows the queue, not the batch
        except (NotAudioError, DownloadError) as error:
            self._store.fail(transcript, str(error))
        except Exception:
            # A bug in a recogniser costs its own transcript, not the others.
            logger.exception("Transcript %s could not be heard", transcript.id)
            self._store.fail(transcript, SERVER_ERROR)
        finally:
            self._progress.pop(transcript.id, None)

    @asynccontextmanager
    async def _recording(self, audio_url: str) -> AsyncIterator[Path]:
        try:
            upload = self._uploads.find(audio_url)
        except RefusedError as error:  # deleted since it was submitted
            raise DownloadError(f"Download error, unable to access file at {audio_url}") from error
        if upload is not None:
            yield upload
        else:
            async with self._downloads.fetched(audio_url) as download:
                yield download
