"""The workers of one stage, and the queue that they serve."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_transcriber.errors import FatalError, PermanentError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from batch_transcriber.engine.work import Work
    from batch_transcriber.model import Stage


class Crew:
    """A fixed number of tasks that take jobs from one queue.

    The queue needs no bound of its own: the room for jobs under way bounds all queues together.

    Args:
        stage: What it does, for the names of its tasks and the failures of its jobs.
        size: Jobs at a time.
        handle: Does it with one job.
        fail: Gets a job whose handling raised, with the reason.
        note_fatal: Gets what ends the run.
    """

    def __init__(
        self,
        stage: Stage,
        size: int,
        handle: Callable[[Work], Awaitable[None]],
        *,
        fail: Callable[[Work, Stage, str], None],
        note_fatal: Callable[[FatalError], None],
    ) -> None:
        self._stage = stage
        self._size = size
        self._handle = handle
        self._fail = fail
        self._note_fatal = note_fatal
        self._queue: asyncio.Queue[Work | None] = asyncio.Queue()  # None: no more, leave
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, group: asyncio.TaskGroup) -> None:
        """Start to work, in a group that the caller owns."""
        self._tasks = [
            group.create_task(self._work(), name=f"{self._stage} {number + 1}")
            for number in range(self._size)
        ]

    def put(self, work: Work) -> None:
        """Take a job."""
        self._queue.put_nowait(work)

    def put_later(self, work: Work, after_s: float) -> None:
        """Take a job after a while."""
        asyncio.get_running_loop().call_later(after_s, self.put, work)

    def take_waiting(self) -> list[Work]:
        """Take back the jobs that nobody has begun, in their order."""
        works = []
        while not self._queue.empty():
            work = self._queue.get_nowait()
            if work is not None:
                works.append(work)
        return works

    def dismiss(self) -> list[asyncio.Task[Any]]:
        """Let the workers leave once nothing waits, and return them."""
        for _ in self._tasks:
            self._queue.put_nowait(None)
        return list(self._tasks)

    def cancel(self) -> None:
        """End the workers wherever they are."""
        for task in self._tasks:
            task.cancel()

    async def _work(self) -> None:
        while (work := await self._queue.get()) is not None:
            try:
                await self._handle(work)
            except PermanentError as error:
                self._fail(work, self._stage, str(error))
            except RetryableError as error:
                self._fail(work, self._stage, error.in_vain())
            except FatalError as error:
                self._note_fatal(error)
                return
