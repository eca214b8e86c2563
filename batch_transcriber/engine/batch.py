"""The run: find the jobs, feed the stages, stop when asked, and give account."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, TypeAlias

from batch_transcriber.buckets.place import place_of
from batch_transcriber.buckets.store import let_go, waits_of_run
from batch_transcriber.client import TranscriptionClient
from batch_transcriber.engine.account import Account
from batch_transcriber.engine.asked import Asked
from batch_transcriber.engine.curfew import Curfew
from batch_transcriber.engine.delete import delete_written
from batch_transcriber.engine.elsewhere import open_cluster
from batch_transcriber.engine.feed import feed_all
from batch_transcriber.engine.ledger import Ledger
from batch_transcriber.engine.prepare import open_journal, prepare_place
from batch_transcriber.engine.report import BatchReport
from batch_transcriber.engine.stages import Stages, first_fatal
from batch_transcriber.errors import FatalError
from batch_transcriber.events import Failed, Notice, RunStarted, ignore
from batch_transcriber.formats import FORMATS, find_formats
from batch_transcriber.journal import lists_of
from batch_transcriber.plan import Filters, find_jobs, find_recordings
from batch_transcriber.plan.lists.failed import FailedList
from batch_transcriber.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from pathlib import Path

    from batch_transcriber.engine.asked import Source
    from batch_transcriber.events import Event, Sink
    from batch_transcriber.journal import Journal

Feed: TypeAlias = "Callable[[Stages, Journal, Sink], Coroutine[Any, Any, None]]"

SUFFIXES = {name: one.SUFFIX for name, one in FORMATS.items()}
TIME_IS_UP = "the time is up: nothing new is begun, running uploads end"


class _End(Enum):
    DONE = auto()
    STOPPED = auto()  # somebody asked for it
    TIME_IS_UP = auto()  # and work is left


async def transcribe_batch(
    sources: Source | Iterable[Source],
    *,
    out: str | os.PathLike[str] = "transcripts",
    settings: Settings | None = None,
    filters: Filters | None = None,
    sink: Sink = ignore,
    stop: asyncio.Event | None = None,
) -> BatchReport:
    """Transcribe recordings into a folder of texts, and return what became of each.

    A recording whose files an earlier run wrote is left alone, unless it has changed since. Cancelling
    is safe and leaves whole files only.

    Args:
        sources: One or more files, folders (searched for recordings), patterns, http(s) URLs, addresses in
            buckets; a `Request` brings its own formats and parameters. Read twice, so from an iterator all
            are kept in memory.
        out: Folder of the texts, made where it is missing, or a place in a bucket; a searched folder's tree
            is mirrored in it.
        filters: Which of all recordings to take; None for all.
        settings: How to run; None takes key and base URL from the environment.
        sink: Gets every event, in this event loop; must neither block nor raise.
        stop: Set it to end the run early: nothing new starts, and what is paid for gets a short time
            to be written.

    Raises:
        FatalError: there is no key in the environment, and no settings, or these name a format that
            there is not. Every other trouble is in the report.
    """
    settings = settings or Settings.from_environment(os.environ)
    find_formats(settings.formats)
    asked, filters, folder = Asked(sources, settings), filters or Filters(), place_of(out)

    async def feed(stages: Stages, journal: Journal, tell: Sink) -> None:
        await feed_all(
            stages,
            planned=find_jobs(
                asked,
                folder,
                records=journal.outputs,
                suffixes=SUFFIXES,
                filters=filters,
                force=settings.force,
                is_through=settings.through,
            ),
            recordings=find_recordings(asked, folder, filters),
            tell=tell,
            is_through=settings.through,
        )

    return await run_batch(feed, asked, folder, settings=settings, sink=sink, stop=stop)


async def run_batch(
    feed: Feed,
    asked: Asked,
    folder: Path,
    *,
    settings: Settings,
    sink: Sink,
    stop: asyncio.Event | None,
    is_endless: bool = False,
) -> BatchReport:
    """Run what feeds the stages, and return what became of each input.

    Args:
        feed: Gives all jobs to the stages, and returns once each has its outcome.
        asked: What the run is asked for, for those who read along.
        folder: Of the texts.
        settings: How to run.
        sink: Gets every event.
        stop: Ends the run early when it is set.
        is_endless: The feed waits for jobs to come, and never returns.
    """
    stop = stop or asyncio.Event()
    report, curfew = BatchReport(), Curfew(settings)
    failed_list = FailedList(folder, lists_of(folder))
    account: Account | None = None

    def tell(event: Event) -> None:
        report.note(event)
        if account is not None:
            account.note(event)
        if isinstance(event, Failed) and not is_endless:  # which never publishes it
            failed_list.note(event)
        sink(event)

    try:
        tell(RunStarted(asked.told(), folder, settings.base_url, is_endless))
        if curfew.told():
            tell(Notice(f"nothing new is begun after {curfew.told()}"))
        async with AsyncExitStack() as stack:
            stack.enter_context(waits_of_run())
            client = TranscriptionClient(settings, sink=tell)
            report.requests = client.requests
            await stack.enter_async_context(client)  # first, for wrong settings leave no folder behind
            elsewhere = await open_cluster(stack, client, settings, asked, tell, stop=stop)
            await prepare_place(folder, stop)
            journal = open_journal(stack, folder, settings, tell)
            account = stack.enter_context(Account(journal, report, is_endless=is_endless))
            stack.enter_context(failed_list)
            ledger = Ledger(journal, settings, client.service_time)
            stages = Stages(client, ledger, settings, tell, elsewhere)
            loop = asyncio.get_running_loop()

            def on_broken(error: FatalError) -> None:
                loop.call_soon_threadsafe(stages.note_fatal, error)

            journal.database.on_broken = on_broken
            end = await _run(
                stages,
                feed(stages, journal, tell),
                tell=tell,
                stop=stop,
                curfew=curfew,
                grace_s=settings.grace_s,
            )
            report.stopped = end is not _End.DONE
            report.time_is_up = end is _End.TIME_IS_UP and not (is_endless and not report.unfinished)
            if not report.stopped:
                if not report.over_limit:  # what a limit held back is not in it, and may be in the last one
                    report.failed_list = failed_list.publish()
                if settings.delete_after:
                    report.stopped = await _is_stopped(delete_written(client, journal, tell), stop)
    except* FatalError as group:
        report.fatal = first_fatal(group)
    return report


async def _run(
    stages: Stages,
    feed: Coroutine[Any, Any, None],
    *,
    tell: Callable[[Event], None],
    stop: asyncio.Event,
    curfew: Curfew,
    grace_s: float,
) -> _End:
    """Return why the run ended.

    Raises:
        FatalError: something ended it; what was paid for has had its time to be written.
    """
    async with asyncio.TaskGroup() as group:
        stages.start(group)
        feeding = group.create_task(feed, name="feed")
        asked_to_stop = group.create_task(stop.wait(), name="stop")
        time_is_up = group.create_task(curfew.passed(), name="curfew")
        ends: list[asyncio.Future[Any]] = [feeding, asked_to_stop, stages.fatal]
        await asyncio.wait([*ends, time_is_up], return_when=asyncio.FIRST_COMPLETED)
        end = _End.DONE if feeding.done() else _End.STOPPED
        if not any(one.done() for one in ends):
            end = _End.TIME_IS_UP
            feeding.cancel()
            tell(Notice(TIME_IS_UP))
            draining = group.create_task(stages.drain(), name="drain")
            await asyncio.wait([draining, *ends[1:]], return_when=asyncio.FIRST_COMPLETED)
            draining.cancel()
        for task in (feeding, asked_to_stop, time_is_up):
            task.cancel()
        await stages.stop(grace_s)
        let_go()
    if stages.fatal.done():
        raise stages.fatal.result()
    return end


async def _is_stopped(last: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Return whether the last thing to do was stopped before it was done."""
    async with asyncio.TaskGroup() as group:
        doing = group.create_task(last, name="last")
        asked_to_stop = group.create_task(stop.wait(), name="stop")
        await asyncio.wait([doing, asked_to_stop], return_when=asyncio.FIRST_COMPLETED)
        is_done = doing.done()
        doing.cancel()
        asked_to_stop.cancel()
    return not is_done
