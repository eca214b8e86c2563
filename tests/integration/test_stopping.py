"""A run that is stopped while texts are being written."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.engine import finish
from batch_transcriber.engine.outputs import write_outputs
from tests.support.faults import PARAGRAPHS
from tests.support.world import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from aiohttp import web

    from batch_transcriber.engine.outputs import Make, Trouble
    from batch_transcriber.journal import Journal
    from tests.support.faults import Handler
    from tests.support.world import World


class SlowDisk:
    """Writes outputs once it may; keeps how many came together."""

    def __init__(self) -> None:
        self.may_write, self.has_written = threading.Event(), threading.Event()
        self.begun: list[int] = []

    def write(self, journal: Journal, makes: Sequence[Make]) -> list[Trouble | None]:
        self.begun.append(len(makes))
        assert self.may_write.wait(DEADLINE_S)
        try:
            return write_outputs(journal, makes)
        finally:
            self.has_written.set()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    disk = SlowDisk()
    monkeypatch.setattr(finish, "write_outputs", disk.write)
    yield disk
    disk.may_write.set()


@pytest.fixture
def noise() -> list[dict[str, Any]]:
    return []


async def stop_while_writing(world: World, disk: SlowDisk, noise: list[dict[str, Any]]) -> asyncio.Task[Any]:
    """Return a run that is asked to stop while the text of one recording is written, and two more wait."""
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        world.record(name)
    may_export, stop = asyncio.Event(), asyncio.Event()

    async def later(request: web.Request, handler: Handler) -> web.StreamResponse:
        await may_export.wait()
        return await handler(request)

    world.faults.add(PARAGRAPHS, later, times=2, after=1)
    running = asyncio.ensure_future(world.run(stop=stop, grace_s=0.2))
    await world.until(lambda: disk.begun == [1] and world.faults.count(PARAGRAPHS) == 3)
    may_export.set()
    stop.set()
    return running


async def test_what_is_written_within_the_last_moment_is_accounted_for_and_what_waits_is_left(
    world: World, disk: SlowDisk, noise: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    close = finish.ExportStage.close

    def close_and_write(stage: finish.ExportStage) -> None:
        close(stage)
        disk.may_write.set()

    monkeypatch.setattr(finish.ExportStage, "close", close_and_write)
    report = await (await stop_while_writing(world, disk, noise))
    assert (report.written, report.unfinished, len(world.texts())) == (1, 2, 1)
    assert disk.begun == [1]
    gc.collect()
    assert noise == []
    report = await world.run()
    assert (report.written, len(world.texts()), world.service.books.transcripts) == (2, 3, 3)


async def test_what_is_written_too_late_for_a_stop_leaves_no_word_and_no_half_of_a_file(
    world: World, disk: SlowDisk, noise: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finish, "LAST_WRITE_S", 0.05)
    report = await (await stop_while_writing(world, disk, noise))
    assert (report.written, report.unfinished) == (0, 3)
    disk.may_write.set()
    await world.until(disk.has_written.is_set)
    await asyncio.to_thread(gc.collect)  # after what the thread had to tell
    gc.collect()
    assert noise == []
    assert world.texts() == {}
    report = await world.run()
    assert (report.written, len(world.texts()), world.service.books.transcripts) == (3, 3, 3)
