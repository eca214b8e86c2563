"""A run without an end: recordings are transcribed as they come into folders."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import place_of
from batch_transcriber.engine.asked import Asked
from batch_transcriber.engine.batch import SUFFIXES, run_batch
from batch_transcriber.engine.changes import Changes
from batch_transcriber.engine.feed import feed_round
from batch_transcriber.errors import FatalError
from batch_transcriber.events import Failed, JobFound, Notice, Skipped, SkipReason, Written, ignore
from batch_transcriber.formats import find_formats
from batch_transcriber.plan import Filters
from batch_transcriber.plan.jobs import Planning
from batch_transcriber.plan.watch import Watch
from batch_transcriber.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable

    from batch_transcriber.engine.asked import Source
    from batch_transcriber.engine.report import BatchReport
    from batch_transcriber.engine.stages import Stages
    from batch_transcriber.events import Event, Sink
    from batch_transcriber.journal import Journal

PAUSE_MIN_S, PAUSE_MAX_S = 1.0, 600.0  # between two rounds through all folders
BUSY_SHARE = 0.005  # of one processor's time, which these rounds may take
TURN_MIN_S = 0.2  # however often something changes


async def watch_folders(
    folders: Iterable[Source],
    *,
    out: str | os.PathLike[str] = "transcripts",
    settings: Settings | None = None,
    filters: Filters | None = None,
    settle_s: float = 10.0,
    sink: Sink = ignore,
    stop: asyncio.Event | None = None,
) -> BatchReport:
    """Transcribe what is in folders, and what comes into them, until `stop` is set or the run's time is up.

    A folder that is not there is waited for. A recording that changes is transcribed again; one that failed
    is tried again when it changes, and by the next run.

    Args:
        folders: Watched with all that is below them; not the output folder, wherever it lies.
        out: Folder of the texts, made where it is missing; the folders' trees are mirrored in it.
        settings: How to run; None takes key and base URL from the environment.
        filters: Which of all recordings to take; None for all.
        settle_s: A file is complete once it stood still for so long, seconds.
        sink: Gets every event, in this event loop; must neither block nor raise.
        stop: Set it to end the run.

    Raises:
        FatalError: there is no key in the environment, and no settings, or these name a format that
            there is not. Every other trouble is in the report.
    """
    settings = settings or Settings.from_environment(os.environ)
    find_formats(settings.formats)
    asked = Asked(list(folders), settings)
    requests, folder = list(asked), place_of(out)
    watch = Watch(requests, folder, filters or Filters(), settle_s=settle_s)

    def note(event: Event) -> None:
        _note(watch, event)
        sink(event)

    async def feed(stages: Stages, journal: Journal, tell: Sink) -> None:
        planning = Planning(
            folder, records=journal.outputs, suffixes=SUFFIXES, force=settings.force, may_come_again=True
        )
        changes = Changes([request.source for request in requests], lambda line: tell(Notice(line)))
        stack, turn = ExitStack(), threading.Lock()

        def tell_and_follow(event: Event) -> None:
            tell(event)
            if isinstance(event, Notice):  # a folder went away, or is back
                changes.follow_anew()

        async def take(paths: Collection[str] | None) -> None:
            await feed_round(stages, planning.jobs(watch.look(paths)), tell_and_follow, turn)

        def close() -> None:
            with turn:  # a thread may still be looking through a large folder
                stack.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(changes.follow(), name="changes")
            try:
                stack.enter_context(watch)
                stack.enter_context(planning)
                await _take_all(watch, changes, take)
            except FatalError as error:
                stages.note_fatal(error)
            finally:
                _ = asyncio.get_running_loop().run_in_executor(None, close)  # nobody waits for it

    return await run_batch(feed, asked, folder, settings=settings, sink=note, stop=stop, is_endless=True)


def _note(watch: Watch, event: Event) -> None:
    if isinstance(event, JobFound):
        watch.begun(event.job.source)
    elif isinstance(event, Written | Failed | Skipped) and event.job is not None:
        watch.ended(event.job.source)
        if isinstance(event, Skipped) and event.reason is SkipReason.VANISHED:
            watch.vanished(event.job.source)


async def _take_all(
    watch: Watch, changes: Changes, take: Callable[[Collection[str] | None], Awaitable[None]]
) -> None:
    """Take, for ever, all that is there now and then, and what changes as soon as that is told.

    Raises:
        FatalError: nothing can be planned any more.
    """
    loop = asyncio.get_running_loop()
    while True:
        await take(None)
        again_at = loop.time() + min(max(PAUSE_MIN_S, watch.busy_s / BUSY_SHARE), PAUSE_MAX_S)
        while (left_s := again_at - loop.time()) > 0 and not changes.are_too_many:
            settles_in_s = watch.settles_in_s()
            wait_s = left_s if settles_in_s is None else min(left_s, max(settles_in_s, TURN_MIN_S))
            paths = await changes.wait(wait_s)
            if watch.settles_in_s() == 0:
                paths |= set(watch.unsettled())
            if paths:
                await take(paths)
                await asyncio.sleep(TURN_MIN_S)
        changes.are_too_many = False
