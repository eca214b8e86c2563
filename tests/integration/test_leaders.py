"""Copies whose turns cross: one is compared, or sent, while the fate of another is just decided."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from batch_transcriber.client import Look, look_at
from batch_transcriber.client.look import SMALL_SIZE_BYTES, Stamp, head_of
from batch_transcriber.engine import copies
from batch_transcriber.events import Failed
from batch_transcriber.journal import FOLDER
from tests.support import faults
from tests.support.faults import UPLOAD
from tests.support.world import DEADLINE_S

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from aiohttp import web

    from tests.support.faults import Handler
    from tests.support.world import World

LARGE_BYTES = SMALL_SIZE_BYTES + 1  # small ones are known before they are sent


def touch(path: Path) -> None:
    """Give a recording another time; its bytes stay what they are."""
    os.utime(path, (1_000_000_000, 1_000_000_000))


async def test_a_recording_that_was_touched_is_compared_with_another_of_its_size_while_it_is_sent(
    world: World,
) -> None:
    first = world.record("a.mp3", size_bytes=LARGE_BYTES)
    await world.run()
    touch(first)
    world.record("b.mp3", size_bytes=LARGE_BYTES)

    async def until_the_second_is_sent(request: web.Request, handler: Handler) -> web.StreamResponse:
        await world.until(lambda: world.faults.count(UPLOAD) == 3)
        return await handler(request)

    world.faults.add(UPLOAD, until_the_second_is_sent)
    report = await world.run()
    assert report.fatal is None
    assert (report.written, world.service.books.transcripts) == (2, 2)


async def test_a_recording_that_fails_while_its_copy_is_compared_with_it_leads_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.record(name, "the same words", size_bytes=LARGE_BYTES)
    is_read, has_failed = threading.Event(), threading.Event()

    def slow_look_at(path: str) -> Look:
        is_read.set()
        assert has_failed.wait(DEADLINE_S)
        return look_at(path)

    monkeypatch.setattr(copies, "look_at", slow_look_at)

    async def refuse_it_then(request: web.Request, handler: Handler) -> web.StreamResponse:
        await world.until(is_read.is_set)
        return await faults.error(400, "no")(request, handler)

    world.faults.add(UPLOAD, refuse_it_then)
    async with asyncio.timeout(DEADLINE_S):
        running = asyncio.ensure_future(world.run())
        await world.until(lambda: world.seen(Failed) == 1)
        has_failed.set()
        report = await running
    assert (report.written, len(report.failed)) == (1, 1)
    assert world.service.books.transcripts == 1


async def test_what_was_just_sent_is_submitted_where_all_is_asked_for_afresh(world: World) -> None:
    first = world.record("a.mp3")
    await world.run()
    touch(first)
    report = await world.run(force=True)
    assert report.failed == []
    assert (report.written, world.service.books.transcripts) == (1, 2)


async def test_large_recordings_of_one_size_that_begin_otherwise_are_sent_without_a_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def look_and_note(path: str) -> Look:
        looked_at.append(path)
        return look_at(path)

    monkeypatch.setattr(copies, "look_at", look_and_note)
    for name in ("a.mp3", "b.mp3"):
        world.record(name, size_bytes=LARGE_BYTES)
    await world.run()
    world.record("c.mp3", size_bytes=LARGE_BYTES)
    report = await world.run()
    assert (report.written, world.service.books.uploads, looked_at) == (1, 3, [])


async def test_a_large_copy_of_a_recording_that_was_written_long_ago_is_not_sent(world: World) -> None:
    world.record("a.mp3", "the same words", size_bytes=LARGE_BYTES)
    await world.run()
    world.record("b.mp3", "the same words", size_bytes=LARGE_BYTES)
    report = await world.run()
    assert (report.copies, report.written) == (0, 1)
    assert (world.service.books.uploads, world.service.books.transcripts) == (1, 1)


async def test_a_large_copy_of_a_recording_that_is_gone_by_now_is_not_sent(world: World) -> None:
    first = world.record("a.mp3", "the same words", size_bytes=LARGE_BYTES)
    await world.run()
    first.rename(first.with_name("b.mp3"))
    touch(first.with_name("b.mp3"))
    report = await world.run()
    assert report.written == 1
    assert (world.service.books.uploads, world.service.books.transcripts) == (1, 1)


async def test_a_recording_that_changes_once_its_copy_relies_on_it_leaves_that_its_own_text(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.record("z.mp3", "the same words", size_bytes=LARGE_BYTES - 1).open("ab") as file:
        file.write(b"!")
    await world.run()
    leader, copy = (
        world.record(name, "the same words", size_bytes=LARGE_BYTES) for name in ("a.mp3", "b.mp3")
    )
    is_read, has_changed = threading.Event(), threading.Event()

    def head_late(path: str) -> tuple[Stamp, bytes]:
        assert path != str(copy) or is_read.wait(DEADLINE_S)
        return head_of(path)

    def look_late(path: str) -> Look:
        if path == str(leader) and not is_read.is_set():  # by itself; the other time it is by its copy
            is_read.set()
            assert has_changed.wait(DEADLINE_S)
        return look_at(path)

    def have_one_transcript() -> bool:
        with closing(sqlite3.connect(world.out / FOLDER / "journal.db")) as database:
            counts = database.execute("SELECT count(*), count(DISTINCT transcript) FROM inputs").fetchone()
        return bool(counts == (3, 2))

    monkeypatch.setattr(copies, "head_of", head_late)
    monkeypatch.setattr(copies, "look_at", look_late)
    async with asyncio.timeout(DEADLINE_S):
        running = asyncio.ensure_future(world.run())
        await world.until(have_one_transcript)
        leader.write_text("other words")
        has_changed.set()
        report = await running
    assert (report.failed, world.service.books.transcripts) == ([], 3)
    assert world.texts() == {
        "a.txt": "other words\n",
        "b.txt": "the same words\n",
        "z.txt": "the same words\n",
    }


async def test_a_small_recording_that_cannot_be_read_to_its_end_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = world.record("a.mp3")
    for name in ("b.mp3", "c.mp3"):
        world.record(name)
    may_be_read = threading.Event()

    def stick(path: str) -> Look:
        assert path != str(stuck) or may_be_read.wait(DEADLINE_S)
        return look_at(path)

    monkeypatch.setattr(copies, "look_at", stick)
    monkeypatch.setattr(copies, "LOOK_MAX_S", 0.1)
    try:
        async with asyncio.timeout(DEADLINE_S):
            report = await world.run()
    finally:
        may_be_read.set()
    assert (report.written, world.service.books.transcripts) == (3, 3)
