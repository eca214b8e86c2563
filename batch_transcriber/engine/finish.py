"""Export stage: a completed transcript becomes the files of its job, and of all copies of its recording."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from batch_transcriber.engine.export import fetch, outputs_of
from batch_transcriber.engine.outputs import write_outputs
from batch_transcriber.engine.together import Together
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.events import Failed, Notice, Written
from batch_transcriber.model import Stage

if TYPE_CHECKING:
    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.engine.export import Fetched
    from batch_transcriber.engine.routes import Routes
    from batch_transcriber.engine.work import Work
    from batch_transcriber.settings import Settings

EXPORTERS = 32  # one half fetches while the texts of the other wait for the disk
EXPORTS_MAX = 3  # after so many refusals it is one
LAST_WRITE_S = 1.0  # for a file that is half written when the time of the run is up
DELETED = (
    "its transcript was deleted at the service once its files were written (--delete-after); "
    "--force asks, and pays, for another"
)
GONE = {400, 404}  # how the service answers for a transcript that it does not have


class ExportStage:
    """Fetch what is paid for, and write it.

    Args:
        client: Open, and owned by the caller.
        routes: Where jobs go from here.
    """

    def __init__(self, client: TranscriptionClient, settings: Settings, routes: Routes) -> None:
        self._client = client
        self._settings = settings
        self._routes = routes
        self._away_since: datetime | None = None  # the store that the texts go to
        self._writer = Together(partial(write_outputs, routes.ledger.journal), name="write")

    def close(self) -> None:
        """Let the writing thread go; what it writes is written."""
        self._writer.close()

    async def handle(self, work: Work) -> None:
        """Take a job to its end, or back to the queue where that cannot be now."""
        work.exports += 1
        if work.entry.deleted_at:
            raise PermanentError(DELETED)
        try:
            await self._fetch_and_write(work)
        except RetryableError:
            # Paid for, so not given up: later, for as long as the transcript is waited for at all.
            waited_s = asyncio.get_running_loop().time() - work.watched_at
            if waited_s > self._settings.transcript_deadline_s + self._client.away_s:
                raise
            self._routes.to_export.put_later(work, self._settings.retry_wait_max_s)
        except PermanentError as error:
            # Right after its completion, another machine of the service may not know of it yet.
            if work.exports <= EXPORTS_MAX:
                self._routes.to_export.put_later(work, self._settings.submit_again_after_s)
            elif error.http_status not in GONE or not self._routes.begin_again(work):
                raise

    async def _fetch_and_write(self, work: Work) -> None:
        """Write the files of a job and of all that follow it; more may come while that goes on."""
        while places := [place for place in (work, *work.followers) if not place.is_ended]:
            formats = {name: None for place in places for name in place.job.missing}
            fetched = await fetch(self._client, work.transcript_id, formats)
            for place in places:
                await self._write(place, work.transcript_id, fetched, is_copy=place.is_copy)
        self._routes.ledger.written(
            work, fetched.audio_duration_s, fetched.speech_model_used, fetched.warnings
        )

    async def _write(self, place: Work, transcript_id: str, fetched: Fetched, *, is_copy: bool) -> None:
        written = Written(
            place.job,
            transcript_id,
            fetched.audio_duration_s,
            fetched.speech_model_used,
            has_words=fetched.has_words,
            is_copy=is_copy,
        )
        writing = self._writer.add(partial(outputs_of, fetched, place.job.missing, place.origin, place.entry))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A thread cannot be stopped, and what it writes is to be accounted for.
            await asyncio.wait([writing], timeout=LAST_WRITE_S)
            if not writing.cancel() and writing.exception() is None:  # what comes later, nobody hears
                self._routes.end(place, written)
            raise
        except PermanentError as error:
            self._routes.ledger.unwritten(place)
            self._routes.end(
                place, Failed(place.job.source, Stage.WRITE, str(error), place.job, transcript_id)
            )
        except RetryableError as error:
            if self._away_since is None:
                self._away_since = datetime.now().astimezone()
                self._routes.tell(Notice(f"{error}; the texts wait for it"))
            raise
        else:
            if self._away_since is not None:
                back = Notice(f"the store takes texts again; it did not since {self._away_since:%H:%M}")
                self._away_since = None
                self._routes.tell(back)
            self._routes.end(place, written)
