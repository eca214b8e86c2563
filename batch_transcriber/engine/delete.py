"""After the last stage: transcripts whose files are written are deleted at the service."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from batch_transcriber.engine.finish import GONE
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.events import Notice

if TYPE_CHECKING:
    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.events import Sink
    from batch_transcriber.journal import Journal

AT_A_TIME = 16


async def delete_written(client: TranscriptionClient, journal: Journal, tell: Sink) -> None:
    """Delete, at the service, every transcript of this output folder whose files are written.

    It comes last, because until then a copy of a recording may need the transcript once more. Safe to
    call again: what is deleted is in the journal, and what could not be deleted is tried again.

    Raises:
        FatalError: no request will work any more.
    """
    deleted = failed = row = 0
    why = ""

    async def delete(row: int, transcript_id: str) -> None:
        nonlocal deleted, failed, why
        try:
            await client.delete(transcript_id)
        except PermanentError as error:
            if error.http_status not in GONE:
                failed, why = failed + 1, str(error)
                return
        except RetryableError as error:
            failed, why = failed + 1, str(error)
            return
        journal.note_deleted(row)
        deleted += 1

    await asyncio.wrap_future(journal.sync())
    while rows := await asyncio.to_thread(journal.to_delete, row, AT_A_TIME):
        if not row:
            await asyncio.to_thread(os.sync)  # a power cut must not take the files that cannot be had again
        async with asyncio.TaskGroup() as group:
            for row, transcript_id in rows:
                group.create_task(delete(row, transcript_id), name=f"delete {transcript_id}")
    await asyncio.wrap_future(journal.sync())
    if deleted:
        tell(Notice(f"transcripts deleted at the service: {deleted:,}"))
    if failed:
        tell(
            Notice(
                f"transcripts not deleted at the service: {failed:,} ({why}); the same command tries again"
            )
        )
