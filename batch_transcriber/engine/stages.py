"""The stages of a run at work: jobs come in as there is room, and each goes out with its outcome."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from batch_transcriber.engine.afford import Limits
from batch_transcriber.engine.copies import Copies
from batch_transcriber.engine.crew import Crew
from batch_transcriber.engine.finish import EXPORTERS, ExportStage
from batch_transcriber.engine.poll import Poller
from batch_transcriber.engine.results import Results
from batch_transcriber.engine.routes import Routes
from batch_transcriber.engine.sign import SIGNERS, SignStage
from batch_transcriber.engine.slots import MAX_SLOTS, UploadSlots
from batch_transcriber.engine.submit import SubmitStage
from batch_transcriber.engine.upload import UploadStage
from batch_transcriber.engine.work import Work
from batch_transcriber.errors import FatalError
from batch_transcriber.events import JobFound, UploadsAdapted
from batch_transcriber.model import Stage
from batch_transcriber.plan.lengths import audio_duration_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.engine.ledger import Ledger
    from batch_transcriber.events import Event
    from batch_transcriber.model import Job
    from batch_transcriber.settings import Settings

SUBMITTERS = 16  # at 0.2 s a submit, 80 a second: more than the service's limit for all requests
BYTES_PER_AUDIO_S = 16_000  # of a usual MP3, for recordings that do not tell their length


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
        self._tell = tell
        self._room = asyncio.Semaphore(settings.in_flight)
        self._under_way = 0
        self._all_ended = asyncio.Event()
        self._all_ended.set()
        self.fatal: asyncio.Future[FatalError] = asyncio.get_running_loop().create_future()
        self._routes = routes = Routes(ledger, Copies(ledger), Limits(settings), tell, self._count_ended)
        self._submit = SubmitStage(client, routes)
        slots = UploadSlots(settings.uploads, lambda *now: tell(UploadsAdapted(*now)))
        self._upload = UploadStage(client, slots, routes)
        self._sign = SignStage(settings, routes)
        self._export = ExportStage(client, settings, routes)
        crew = partial(Crew, fail=routes.fail, note_fatal=self.note_fatal)
        routes.to_upload = crew(Stage.UPLOAD, settings.uploads or MAX_SLOTS, self._upload.handle)
        routes.to_sign = crew(Stage.UPLOAD, SIGNERS, self._sign.handle)
        routes.to_submit = crew(Stage.SUBMIT, SUBMITTERS, self._submit.handle)
        routes.to_export = crew(Stage.EXPORT, EXPORTERS, self._export.handle)
        routes.poller = Poller(client, settings, Results(settings, routes))
        self._polling: asyncio.Task[None] | None = None

    def start(self, group: asyncio.TaskGroup) -> None:
        """Start the workers of all stages; `stop` ends them."""
        routes = self._routes
        for crew in (routes.to_upload, routes.to_sign, routes.to_submit, routes.to_export):
            crew.start(group)
        self._polling = group.create_task(self._poll(), name="poll")

    async def add(self, job: Job) -> None:
        """Take a job as soon as there is room for it."""
        await self._room.acquire()
        self._under_way += 1
        self._all_ended.clear()
        self._tell(JobFound(job))
        work = Work(job, job.origin)
        self._routes.route(work, self._routes.copies.enter(work))

    async def put_longest_first(self) -> None:
        """Upload the longest of what waits first, so that no long recording is left alone at the end.

        To be called once no job is to come.
        """
        crew = self._routes.to_upload
        waiting = crew.take_waiting()
        for work in waiting:
            crew.put(work)  # nobody waits for this
        lengths_s = await asyncio.to_thread(lambda: {work: _length_s(work.job) for work in waiting})
        for work in sorted(crew.take_waiting(), key=lambda work: lengths_s.get(work, 0.0), reverse=True):
            crew.put(work)

    async def ended(self) -> None:
        """Return once every job that was added has its outcome."""
        await self._all_ended.wait()

    async def drain(self) -> None:
        """Begin no further upload; return once those that run are submitted, or the service is away."""
        self._upload.is_closed = self._sign.is_closed = True
        self._routes.to_upload.take_waiting()
        self._routes.to_sign.take_waiting()
        async with asyncio.TaskGroup() as group:
            away = group.create_task(self._client.went_away(), name="away")
            for crew in (self._routes.to_upload, self._routes.to_sign, self._routes.to_submit):
                leaving = group.create_task(_all_of(crew.dismiss()), name="leave")
                await asyncio.wait([leaving, away], return_when=asyncio.FIRST_COMPLETED)
                leaving.cancel()
            away.cancel()

    async def stop(self, grace_s: float) -> None:
        """End all workers; what is paid for gets `grace_s` seconds to reach the disk."""
        self._submit.is_stopping = True
        self._routes.to_upload.cancel()
        self._routes.to_sign.cancel()
        if self._polling is not None:
            self._polling.cancel()
        self._routes.to_submit.take_waiting()  # nothing new is paid for
        finishers = (self._routes.to_submit, self._routes.to_export)
        await asyncio.wait([task for crew in finishers for task in crew.dismiss()], timeout=grace_s)
        for crew in finishers:
            crew.cancel()
        self._export.close()
        self._routes.copies.close()

    def note_fatal(self, error: FatalError) -> None:
        """Remember the first error that ends the run; whoever runs the stages stops them."""
        if not self.fatal.done():
            self.fatal.set_result(error)

    async def _poll(self) -> None:
        try:
            await self._routes.poller.run()
        except* FatalError as group:
            self.note_fatal(first_fatal(group))

    def _count_ended(self) -> None:
        self._room.release()
        self._under_way -= 1
        if not self._under_way:
            self._all_ended.set()


async def _all_of(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


def _length_s(job: Job) -> float:
    return (None if job.is_object else audio_duration_s(job.source)) or (
        job.size_bytes or 0
    ) / BYTES_PER_AUDIO_S


def first_fatal(group: BaseExceptionGroup[FatalError]) -> FatalError:
    """Return the first of what `except*` caught, however deep it lies."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, FatalError)  # noqa: S101 - what except* promises
    return error
