"""Upload stage: a recording goes to the service, or turns out to be a copy of one that did."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from batch_transcriber.engine.ledger import Next
from batch_transcriber.engine.rounds import NotBegunError
from batch_transcriber.engine.slots import MAX_SLOTS
from batch_transcriber.events import Skipped, SkipReason, Uploaded, UploadProgress
from batch_transcriber.journal import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from batch_transcriber.client import Look
    from batch_transcriber.client.look import Stamp
    from batch_transcriber.engine.routes import Routes
    from batch_transcriber.engine.slots import UploadSlots
    from batch_transcriber.engine.work import Work


class Uploads(Protocol):
    """Sends recordings: a client does, from this machine."""

    async def upload(
        self,
        path: Path | str,
        on_progress: Callable[[int, int, int], None] | None = None,
        on_digest: Callable[[bytes, Stamp], None] | None = None,
        look: Look | None = None,
    ) -> str:
        """Send one and return its `upload_url`, as `TranscriptionClient.upload` does."""


class _ClosedError(Exception):
    """An upload had its turn after the run's time was up."""


class UploadStage:
    """Upload recordings whose content nobody else brings along.

    Args:
        uploads: Sends them; owned by the caller.
        slots: The limit of uploads at a time; told of what moves.
        routes: Where jobs go from here.
        is_queued: What sends them has a queue, and enters the slots itself.

    Attributes:
        is_closed: Set it, and what has not begun to be sent does not begin any more.
    """

    def __init__(
        self,
        uploads: Uploads,
        slots: UploadSlots,
        routes: Routes,
        *,
        is_queued: bool = False,
    ) -> None:
        self._uploads = uploads
        self._slots = slots
        self._room: AbstractAsyncContextManager[None] = nullcontext() if is_queued else slots
        # What is looked at is in memory as a whole, what waits in a queue need not be.
        self._looks: AbstractAsyncContextManager[None] = (
            asyncio.Semaphore(MAX_SLOTS) if is_queued else nullcontext()
        )
        self._is_queued = is_queued
        self._routes = routes
        self.is_closed = False

    async def handle(self, work: Work) -> None:
        """Take a job to its submit, or to the job that it is a copy of."""
        routes, copies, ledger = self._routes, self._routes.copies, self._routes.ledger
        try:
            async with self._looks:
                where, look = await copies.compare(work)
                if self._is_queued and look is not None:
                    look = replace(look, content=None)
            if where is Next.UPLOAD:
                if not await routes.may_cost(work):
                    return
                ledger.begin_upload(work)
                upload_url = await self._upload(work, look)
                content = work.entry.content
                where = copies.settle(work, work.sent_content)
                if content not in {None, work.sent_content}:
                    routes.free(work)  # they have what it was before
                if where is Next.UPLOAD:
                    if work.origin != work.job.origin:  # it changed since it was found
                        ledger.share(work, work.entry)
                    work.audio_url = upload_url
                    ledger.move(work, State.UPLOADED, upload_url=upload_url)
                    where = Next.SUBMIT
        except (_ClosedError, NotBegunError):
            return  # as if it had not been found: the next run begins with it
        except FileNotFoundError:
            ledger.skip(work)
            routes.release(work)
            routes.end(work, Skipped(work.job.source, SkipReason.VANISHED, job=work.job))
        else:
            routes.route(work, where)

    async def _upload(self, work: Work, look: Look | None) -> str:
        """Upload a recording in a slot of its own, and return its `upload_url`; the work gets its content."""
        job, tell = work.job, self._routes.tell
        before_bytes = 0

        def on_progress(sent_bytes: int, total_bytes: int, attempt: int) -> None:
            nonlocal before_bytes
            if attempt > 1 and not sent_bytes:
                self._slots.failed()
            self._slots.moved(max(0, sent_bytes - before_bytes))
            before_bytes = sent_bytes
            tell(UploadProgress(job, sent_bytes, total_bytes, attempt))

        async with self._room:
            if self.is_closed:
                raise _ClosedError
            work.uploads += 1
            upload_url = await self._uploads.upload(job.source, on_progress, work.note_sent, look)
        tell(Uploaded(job))
        return upload_url
