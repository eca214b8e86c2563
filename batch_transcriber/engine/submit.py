"""Submit stage: the one request that costs money."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_transcriber.errors import FatalError, PermanentError, RetryableError, UploadRefusedError
from batch_transcriber.events import Submitted
from batch_transcriber.journal import State

if TYPE_CHECKING:
    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.engine.routes import Routes
    from batch_transcriber.engine.work import Work


class _StoppingError(Exception):
    """A submit had its turn after the run was asked to stop."""


class SubmitStage:
    """Ask for transcripts, each once.

    Args:
        client: Open, and owned by the caller.
        routes: Where jobs go from here.

    Attributes:
        is_stopping: Set it, and what has not left yet does not leave any more.
    """

    def __init__(self, client: TranscriptionClient, routes: Routes) -> None:
        self._client = client
        self._routes = routes
        self.is_stopping = False

    async def handle(self, work: Work) -> None:
        """Take a job to the poller: to be watched, or to be looked up where the reply was lost."""
        routes, ledger = self._routes, self._routes.ledger
        if not await routes.may_cost(work):
            return
        work.submits += 1

        async def note_start() -> None:
            if self.is_stopping:
                raise _StoppingError  # it waited for its turn: nothing is paid for yet
            await ledger.about_to_submit(work)
            work.submitted_at = asyncio.get_running_loop().time()

        try:
            transcript = await self._client.submit(work.audio_url, work.job.parameters.values, note_start)
        except _StoppingError:
            return
        except (PermanentError, FatalError) as error:
            ledger.not_submitted(work)
            if not isinstance(error, UploadRefusedError) or not routes.upload_again(work):
                raise
        except RetryableError as error:
            if not error.maybe_done:
                ledger.not_submitted(work)
                raise
            work.trouble = error
            routes.poller.look_up(work)
        else:
            work.transcript_id = transcript.id
            ledger.move(work, State.SUBMITTED, transcript_id=transcript.id)
            routes.tell(Submitted(work.job, transcript.id))
            routes.poller.watch(work)
