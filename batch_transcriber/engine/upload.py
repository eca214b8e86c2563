"""Upload stage: a recording goes to the service, or turns out not to be one that can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.events import Uploaded, UploadProgress
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.engine.slots import UploadSlots
    from batch_transcriber.engine.work import Work
    from batch_transcriber.events import Sink


async def upload(client: TranscriptionClient, slots: UploadSlots, work: Work, sink: Sink) -> None:
    """Upload the job's recording in a slot of its own; the work gets its `upload_url` and its content.

    Calling again uploads again, which costs nothing.

    Raises:
        FileNotFoundError: the recording vanished.
        TranscriberError: see `TranscriptionClient.upload`.
    """
    job = work.job
    before_bytes = 0

    def on_progress(sent_bytes: int, total_bytes: int, attempt: int) -> None:
        nonlocal before_bytes
        slots.moved(max(0, sent_bytes - before_bytes))
        before_bytes = sent_bytes
        sink(UploadProgress(job, sent_bytes, total_bytes, attempt))

    async with slots:
        work.uploads += 1
        status = os.stat(job.source)  # noqa: PTH116 - as quick as the fstat that proves it unchanged
        work.origin = Origin.of(job.source, status.st_size, status.st_mtime_ns)
        work.audio_url = await client.upload(Path(job.source), on_progress, work.note_content)
    sink(Uploaded(job))
