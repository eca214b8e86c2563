"""The stages of a run and the queues between them.

::

    add ─▶ upload ─▶ submit ─▶ poller ─▶ export and write ─▶ end
             ▲          ▲         │
             └──────────┴─────────┘  the service's own trouble, or a submit that got lost

Queues need no bound of their own: the room for jobs under way bounds all of them together.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_transcriber.client import Verdict, describe_transcript_error, judge_transcript
from batch_transcriber.engine.export import fetch, write_all
from batch_transcriber.engine.ledger import Next
from batch_transcriber.engine.poll import Poller
from batch_transcriber.engine.slots import MAX_SLOTS, UploadSlots
from batch_transcriber.engine.upload import upload
from batch_transcriber.engine.work import Work
from batch_transcriber.errors import FatalError, PermanentError, RetryableError, UploadRefusedError
from batch_transcriber.events import (
    Completed,
    Failed,
    JobFound,
    Processing,
    Skipped,
    SkipReason,
    Submitted,
    Written,
)
from batch_transcriber.journal import State
from batch_transcriber.model import Stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.engine.export import Fetched
    from batch_transcriber.engine.ledger import Ledger
    from batch_transcriber.events import Event
    from batch_transcriber.model import Job
    from batch_transcriber.settings import Settings

SUBMITTERS = 16  # at 0.2 s a submit, 80 a second: more than the service's limit for all requests
EXPORTERS = 16
SERVER_ERRORS_MAX = 2  # further submits after these
EXPORTS_MAX = 3  # after so many refusals it is one
GONE = {400, 404}  # how the service answers for a transcript that it does not have
UPLOADS_MAX = 2  # one more, where the service could not read the first

if TYPE_CHECKING:
    WorkQueue: TypeAlias = asyncio.Queue[Work | None]  # None: no more, leave


class _StoppingError(Exception):
    """A submit had its turn after the run was asked to stop."""


class Stages:
    """Move jobs from stage to stage until each has its outcome.

    Args:
        client: Open, and owned by the caller.
        ledger: What is known of each job.
        tell: Gets every event.

    Attributes:
        fatal: Gets the first error that ends the run; `stop` is to follow.
    """

    def __init__(
        self,
        client: TranscriptionClient,
        ledger: Ledger,
        settings: Settings,
        tell: Callable[[Event], None],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._settings = settings
        self._tell = tell
        self._slots = UploadSlots(settings.uploads)
        self._poller = Poller(client, settings, self)
        self._room = asyncio.Semaphore(settings.in_flight)
        self._under_way = 0
        self._all_ended = asyncio.Event()
        self._all_ended.set()
        self._to_upload: WorkQueue = asyncio.Queue()
        self._to_submit: WorkQueue = asyncio.Queue()
        self._to_export: WorkQueue = asyncio.Queue()
        self._stopping = False
        self.fatal: asyncio.Future[FatalError] = asyncio.get_running_loop().create_future()
        self._feeders: list[asyncio.Task[None]] = []  # what starts something new
        self._finishers: list[asyncio.Task[None]] = []  # what ends something that is paid for

    def start(self, group: asyncio.TaskGroup) -> None:
        """Start the workers of all stages; `stop` ends them."""

        def hire(
            stage: Stage, count: int, queue: WorkQueue, handle: Callable[[Work], Awaitable[None]]
        ) -> list[asyncio.Task[None]]:
            return [
                group.create_task(self._serve(stage, queue, handle), name=f"{stage} {number}")
                for number in range(1, count + 1)
            ]

        uploaders = self._settings.uploads or MAX_SLOTS
        self._feeders = hire(Stage.UPLOAD, uploaders, self._to_upload, self._upload)
        self._feeders.append(group.create_task(self._poll(), name="poll"))
        self._finishers = hire(Stage.SUBMIT, SUBMITTERS, self._to_submit, self._submit)
        self._finishers += hire(Stage.EXPORT, EXPORTERS, self._to_export, self._export)

    async def add(self, job: Job) -> None:
        """Take a job as soon as there is room for it."""
        await self._room.acquire()
        self._under_way += 1
        self._all_ended.clear()
        self._tell(JobFound(job))
        work = Work(job, job.origin)
        self._route(work, self._ledger.enter(work))

    def _route(self, work: Work, where: Next) -> None:
        """Send a job on; what was begun by an earlier run is not begun again."""
        match where:
            case Next.UPLOAD if work.job.is_url:
                work.audio_url = work.job.source
                self._ledger.move(work, State.UPLOADED, upload_url=work.audio_url)
                self._to_submit.put_nowait(work)
            case Next.UPLOAD:
                self._to_upload.put_nowait(work)
            case Next.SUBMIT:
                self._to_submit.put_nowait(work)
            case Next.LOOK_UP:
                self._poller.look_up(work)
            case Next.POLL:
                self._tell(Submitted(work.job, work.transcript_id, adopted=True))
                self._poller.watch(work)
            case Next.EXPORT:
                work.watched_at = asyncio.get_running_loop().time()  # patience begins now
                self._to_export.put_nowait(work)
            case Next.FOLLOW:
                pass

    async def ended(self) -> None:
        """Return once every job that was added has its outcome."""
        await self._all_ended.wait()

    async def stop(self, grace_s: float) -> None:
        """End all workers; what is paid for gets `grace_s` seconds to reach the disk."""
        self._stopping = True
        for task in self._feeders:
            task.cancel()
        while not self._to_submit.empty():
            self._to_submit.get_nowait()  # nothing new is paid for
        for queue, count in ((self._to_submit, SUBMITTERS), (self._to_export, EXPORTERS)):
            for _ in range(count):
                queue.put_nowait(None)
        await asyncio.wait(self._finishers, timeout=grace_s)
        for task in self._finishers:
            task.cancel()

    async def _serve(self, stage: Stage, queue: WorkQueue, handle: Callable[[Work], Awaitable[None]]) -> None:
        while (work := await queue.get()) is not None:
            try:
                await handle(work)
            except PermanentError as error:
                self._fail(work, stage, str(error))
            except RetryableError as error:
                self._fail(work, stage, error.in_vain())
            except FatalError as error:
                self.note_fatal(error)
                return
            except _StoppingError:
                return

    async def _poll(self) -> None:
        try:
            await self._poller.run()
        except* FatalError as group:
            self.note_fatal(first_fatal(group))

    def note_fatal(self, error: FatalError) -> None:
        """Remember the first error that ends the run; whoever runs the stages stops them."""
        if not self.fatal.done():
            self.fatal.set_result(error)

    async def _upload(self, work: Work) -> None:
        try:
            where = await self._ledger.compare(work)
            if where is Next.UPLOAD:
                self._ledger.begin_upload(work)
                await upload(self._client, self._slots, work, self._tell)
                content = work.entry.content
                where = self._ledger.settle(work, work.sent_content)
                if content not in {None, work.sent_content}:
                    self._free(work)  # they have what it was before
                if where is Next.UPLOAD:
                    self._ledger.move(work, State.UPLOADED, upload_url=work.audio_url)
                    where = Next.SUBMIT
        except FileNotFoundError:
            self._ledger.skip(work)
            self._release(work)
            self._end(work, Skipped(work.job.source, SkipReason.VANISHED, job=work.job))
        else:
            self._route(work, where)

    async def _submit(self, work: Work) -> None:
        work.submits += 1

        async def note_start() -> None:
            if self._stopping:
                raise _StoppingError  # it waited for its turn: nothing is paid for yet
            await self._ledger.about_to_submit(work)
            work.submitted_at = asyncio.get_running_loop().time()

        try:
            transcript = await self._client.submit(work.audio_url, on_start=note_start)
        except (PermanentError, FatalError) as error:
            self._ledger.not_submitted(work)
            if not isinstance(error, UploadRefusedError) or not self._upload_again(work):
                raise
        except RetryableError as error:
            if not error.maybe_done:
                self._ledger.not_submitted(work)
                raise
            work.trouble = error
            self._poller.look_up(work)
        else:
            work.transcript_id = transcript.id
            self._ledger.move(work, State.SUBMITTED, transcript_id=transcript.id)
            self._tell(Submitted(work.job, transcript.id))
            self._poller.watch(work)

    async def _export(self, work: Work) -> None:
        loop = asyncio.get_running_loop()
        work.exports += 1
        try:
            await self._fetch_and_write(work)
        except RetryableError:
            # Paid for, so not given up: later, for as long as the transcript is waited for at all.
            if loop.time() - work.watched_at > self._settings.transcript_deadline_s:
                raise
            loop.call_later(self._settings.retry_wait_max_s, self._to_export.put_nowait, work)
        except PermanentError as error:
            # Right after its completion, another machine of the service may not know of it yet.
            if work.exports > EXPORTS_MAX:
                if error.http_status in GONE and self._begin_again(work):
                    return
                raise
            loop.call_later(self._settings.submit_again_after_s, self._to_export.put_nowait, work)

    async def _fetch_and_write(self, work: Work) -> None:
        """Write the files of a job and of all that follow it; more may come while that goes on."""
        while places := [place for place in (work, *work.followers) if not place.is_ended]:
            formats = {name: None for place in places for name in place.job.missing}
            fetched = await fetch(self._client, work.transcript_id, formats)
            for place in places:
                await self._write(place, work.transcript_id, fetched, is_copy=place is not work)
        self._ledger.written(work, fetched.audio_duration_s, fetched.speech_model_used)

    async def _write(self, place: Work, transcript_id: str, fetched: Fetched, *, is_copy: bool) -> None:
        written = Written(
            place.job,
            transcript_id,
            fetched.audio_duration_s,
            fetched.speech_model_used,
            has_words=fetched.has_words,
            is_copy=is_copy,
        )
        writing = asyncio.get_running_loop().run_in_executor(
            None, write_all, self._ledger.journal, fetched, place.job.missing, place.origin, place.entry
        )
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A thread cannot be stopped, and what it writes is to be accounted for.
            await asyncio.wait([writing], timeout=self._settings.grace_s)
            if writing.done() and writing.exception() is None:
                self._end(place, written)
            raise
        except PermanentError as error:
            self._end(place, Failed(place.job.source, Stage.WRITE, str(error), place.job, transcript_id))
        else:
            self._end(place, written)

    # What the poller tells: see poll.Outcomes.

    def processing(self, work: Work) -> None:
        """Say so; there is nothing else to do."""
        self._tell(Processing(work.job, work.transcript_id))

    def completed(self, work: Work) -> None:
        """Fetch its text next."""
        self._ledger.move(work, State.COMPLETED)
        self._tell(Completed(work.job, work.transcript_id))
        self._to_export.put_nowait(work)

    def adopted(self, work: Work) -> None:
        """Go on as if the reply had not been lost."""
        self._ledger.move(work, State.SUBMITTED, transcript_id=work.transcript_id)
        self._tell(Submitted(work.job, work.transcript_id, adopted=True))

    def absent(self, work: Work) -> None:
        """Submit once more, within the retries of any request."""
        self._ledger.not_submitted(work)
        if work.trouble is not None and work.submits > self._settings.retries:
            work.trouble.tries = work.submits
            self._fail(work, Stage.SUBMIT, work.trouble.in_vain())
        else:
            self._route(work, self._ledger.go_on(work))

    def errored(self, work: Work, error: str) -> None:
        """Try again what was the service's fault; such transcripts are not billed."""
        self._ledger.errored(work)
        verdict = judge_transcript(error, is_own_upload=not work.job.is_url)
        if verdict is Verdict.SUBMIT_AGAIN and len(work.past_ids) <= SERVER_ERRORS_MAX:
            asyncio.get_running_loop().call_later(
                self._settings.submit_again_after_s, self._to_submit.put_nowait, work
            )
        elif verdict is not Verdict.UPLOAD_AGAIN or not self._upload_again(work):
            reason = describe_transcript_error(error, is_url=work.job.is_url, times=len(work.past_ids))
            self._fail(work, Stage.POLL, reason)

    def is_known(self, transcript_id: str) -> bool:
        """Ask the journal."""
        return self._ledger.journal.knows(transcript_id)

    def gone(self, work: Work, reason: str) -> None:
        """Begin again where the transcript is of an earlier run; report the job as failed otherwise."""
        if not self._begin_again(work):
            self._fail(work, Stage.POLL, reason)

    def gave_up(self, work: Work, reason: str) -> None:
        """Report the job as failed."""
        self._fail(work, Stage.POLL, reason)

    def _upload_again(self, work: Work) -> bool:
        if work.job.is_url or work.uploads >= UPLOADS_MAX:
            return False
        self._ledger.plan_again(work)
        self._to_upload.put_nowait(work)
        return True

    def _release(self, work: Work) -> None:
        """Let go of a job that cannot lead, and its followers go their own way."""
        self._ledger.end(work)
        self._free(work)

    def _free(self, work: Work) -> None:
        followers, work.followers = work.followers, []
        for follower in followers:
            self._route(follower, self._ledger.enter(follower))

    def _begin_again(self, work: Work) -> bool:
        """Transcribe a recording anew whose transcript of an earlier run the service no longer has."""
        if not work.is_resumed:
            return False
        work.is_resumed, work.exports = False, 0
        self._ledger.restart(work.entry, "gone at the service")
        self._route(work, self._ledger.go_on(work))
        return True

    def _fail(self, work: Work, stage: Stage, error: str) -> None:
        """Give a job up for this run, and all that follow it; their own files may still be uploaded."""
        self._ledger.fail(work, error)
        if stage is Stage.UPLOAD:
            self._release(work)
        transcript_id = work.transcript_id or None
        for place in (work, *work.followers):
            if not place.is_ended:
                self._end(place, Failed(place.job.source, stage, error, place.job, transcript_id))

    def _end(self, work: Work, outcome: Failed | Skipped | Written) -> None:
        work.is_ended = True
        self._ledger.end(work)
        self._tell(outcome)
        self._room.release()
        self._under_way -= 1
        if not self._under_way:
            self._all_ended.set()


def first_fatal(group: BaseExceptionGroup[FatalError]) -> FatalError:
    """Return the first of what `except*` caught, however deep it lies."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, FatalError)  # noqa: S101 - what except* promises
    return error
