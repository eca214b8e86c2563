"""Jobs from the plan, which blocks, into the stages, as there is room."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import aclosing, suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from batch_transcriber.errors import FatalError
from batch_transcriber.events import PlanMeasured
from batch_transcriber.model import Job

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from batch_transcriber.engine.stages import Stages
    from batch_transcriber.events import Sink
    from batch_transcriber.plan import Found, Planned

FOUND_AT_ONCE_MAX = 256  # inputs looked for in one turn of the planning thread

T = TypeVar("T")


async def feed_all(
    stages: Stages,
    *,
    planned: Iterator[Planned],
    recordings: Iterator[Found],
    tell: Sink,
    is_through: bool = False,
) -> None:
    """Give every job to the stages, count ahead meanwhile, and wait until all have their outcome.

    Args:
        stages: Get the jobs.
        planned: Blocks.
        recordings: The same once more, to be counted; blocks.
        tell: Gets all that is no job.
        is_through: What lies in buckets is uploaded by this machine.
    """
    async with asyncio.TaskGroup() as group:
        begun = asyncio.Event()
        counting = _count(stages, recordings, tell, begun, is_through=is_through)
        group.create_task(counting, name="count")
        try:
            await feed_round(stages, _told(planned, begun), tell)
        except FatalError as error:
            stages.note_fatal(error)
        else:
            await stages.put_longest_first()
            await stages.ended()


async def feed_round(
    stages: Stages, planned: Iterator[Planned], tell: Sink, turn: threading.Lock | None = None
) -> None:
    """Give jobs to the stages as there is room, and tell what is none.

    Args:
        stages: Get the jobs.
        planned: Blocks; its thread may still be in it when a round is cancelled.
        tell: Gets all else.
        turn: Held by that thread as long as it is.

    Raises:
        FatalError: the plan cannot go on.
    """
    async with aclosing(_in_thread(planned, turn)) as batches:
        async for items in batches:
            for item in items:
                if isinstance(item, Job):
                    await stages.add(item)
                else:
                    tell(item)


def _told(planned: Iterator[Planned], begun: asyncio.Event) -> Iterator[Planned]:
    """Yield what is planned, and tell when the first of it is there; it is read in a thread."""
    loop = asyncio.get_running_loop()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(begun.set)

    def read() -> Iterator[Planned]:
        try:
            for number, item in enumerate(planned):
                if not number:
                    tell()
                yield item
        finally:
            tell()
            if isinstance(planned, Generator):
                planned.close()

    return read()


async def _count(
    stages: Stages, recordings: Iterator[Found], tell: Sink, begun: asyncio.Event, *, is_through: bool
) -> None:
    await begun.wait()  # what is listed by somebody else is had sooner by one who asks than by two
    inputs = size_bytes = urls = 0
    try:
        async with aclosing(_in_thread(recordings)) as batches:
            async for items in batches:
                inputs += len(items)
                fetched = sum(found.is_url or (found.origin.is_object and not is_through) for found in items)
                sent = (found for found in items if is_through or not found.origin.is_object)
                size_bytes += sum(found.size_bytes or 0 for found in sent)
                urls += fetched
    except FatalError as error:  # what is paid for has time to be written all the same
        stages.note_fatal(error)
    else:
        tell(PlanMeasured(inputs, size_bytes, urls))


async def _in_thread(items: Iterator[T], turn: threading.Lock | None = None) -> AsyncGenerator[list[T], None]:
    """Yield the items of a blocking iterator in lists that grow, so that the first are there at once.

    Left early, it closes the iterator, which may hold files, as soon as the thread has let go of it.
    """
    turn = turn or threading.Lock()

    def take(most: int) -> list[T]:
        with turn:
            return list(islice(items, most))

    def close() -> None:
        with turn:
            if isinstance(items, Generator):
                items.close()

    most = 1
    try:
        while batch := await asyncio.to_thread(take, most):
            yield batch
            most = min(most * 2, FOUND_AT_ONCE_MAX)
    finally:
        _ = asyncio.get_running_loop().run_in_executor(None, close)  # nobody waits for it
