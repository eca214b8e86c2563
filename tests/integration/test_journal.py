"""What a run knows from the journal, and from its other recordings."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import wave
from contextlib import closing
from itertools import chain, repeat
from time import time
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.client.look import SMALL_SIZE_BYTES
from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Submitted
from batch_transcriber.journal import FOLDER, Database
from batch_transcriber.model import Stage
from tests.support import faults
from tests.support.faults import DELETE, LIST, PARAGRAPHS, SUBMIT, UPLOAD, Faults, meanwhile
from tests.support.scripted import transcript_error
from tests.support.world import DEADLINE_S, serve

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web
    from pydantic import JsonValue

    from tests.support.faults import Handler
    from tests.support.world import World


@pytest.mark.parametrize("size_bytes", [1_000, SMALL_SIZE_BYTES + 1])
async def test_copies_are_uploaded_heard_and_paid_for_once_and_each_has_its_text(
    world: World, size_bytes: int
) -> None:
    for number in range(6):
        world.record(f"copy {number}.mp3", "the same words", size_bytes=size_bytes)
        world.record(f"other {number}.mp3", size_bytes=size_bytes)
    report = await world.run()
    assert report.written == 12
    assert report.copies == 5
    assert world.service.books.transcripts == 7
    assert world.service.books.uploads == 7
    assert [text for name, text in world.texts().items() if name.startswith("copy")] == [
        "the same words\n"
    ] * 6


async def test_the_copies_of_a_recording_that_fails_fail_with_it(world: World) -> None:
    for number in range(3):
        world.record(f"copy {number}.mp3", "no audio", size_bytes=1_000)
    world.recogniser.errors["no audio"].append(transcript_error("Audio duration is too short."))
    report = await world.run()
    assert len(report.failed) == 3
    assert len({failed.error for failed in report.failed}) == 1
    assert world.service.books.transcripts == 1


async def test_other_options_are_another_transcript_and_the_same_ones_again_are_not(world: World) -> None:
    world.record("a.mp3")
    await world.run()
    await world.run(options={"punctuate": True})
    assert world.service.books.transcripts == 2
    await world.run(options={"punctuate": True})
    assert world.service.books.transcripts == 2


async def test_a_transcript_that_the_service_no_longer_has_is_asked_for_anew(world: World) -> None:
    world.record("a.mp3")
    await world.run()
    (world.out / "a.txt").unlink()
    world.faults.add(PARAGRAPHS, faults.error(404, "Transcript lookup error"), times=4)
    report = await world.run()
    assert report.written == 1
    assert world.service.books.transcripts == 2


async def test_a_journal_can_lie_elsewhere_and_is_that_of_one_folder(world: World) -> None:
    world.record("a.mp3")
    journal = world.out.parent / "kept" / "calls.db"
    await world.run(journal=journal)
    assert journal.exists()
    assert not (world.out / FOLDER / "journal.db").exists()
    assert (await world.run(journal=journal)).already_written == 1
    world.out = world.out.parent / "elsewhere"
    report = await world.run(journal=journal)
    assert "is the journal of" in str(report.fatal)
    assert report.exit_code is ExitCode.USAGE
    assert world.service.books.transcripts == 1


async def test_a_thousand_steps_cost_few_waits_for_the_disk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Database] = []
    open_it = Database.open

    def open_and_keep(self: Database) -> None:
        opened.append(self)
        open_it(self)

    monkeypatch.setattr(Database, "open", open_and_keep)
    for number in range(200):
        world.record(f"{number}.mp3")
    await world.run()
    assert 0 < opened[0].commits <= 100  # of some 1,400 steps


async def test_a_copy_of_a_recording_that_cannot_be_sent_is_sent_itself(world: World) -> None:
    for name in ("a", "b", "c"):
        world.record(f"{name}.mp3", "the same words", size_bytes=1_000)
    world.faults.add(UPLOAD, faults.error(400, "no"), times=1)
    report = await world.run(uploads=1)
    assert (report.written, len(report.failed)) == (2, 1)
    assert world.service.books.transcripts == 1


async def test_a_copy_of_a_recording_that_vanishes_is_sent_itself(world: World) -> None:
    first = world.record("a.mp3", "the same words", size_bytes=1_000)
    for name in ("b", "c"):
        world.record(f"{name}.mp3", "the same words", size_bytes=1_000)

    async def remove_it(request: web.Request, handler: Handler) -> web.StreamResponse:
        first.unlink()
        return await faults.error(503, "busy")(request, handler)

    world.faults.add(UPLOAD, remove_it)
    report = await world.run(uploads=1)
    assert (report.written, len(report.skipped)) == (2, 1)
    assert world.service.books.transcripts == 1


async def test_all_copies_together_are_asked_for_afresh_once(world: World) -> None:
    for number in range(3):
        world.record(f"copy {number}.mp3", "the same words", size_bytes=1_000)
    await world.run()
    report = await world.run(force=True, in_flight=1)  # one after the other has ended
    assert report.written == 3
    assert world.service.books.transcripts == 2


@pytest.mark.parametrize(("options", "transcripts"), [({"newer": 1}, 2), ({"newer": 2}, 1)])
async def test_of_an_address_a_transcript_counts_as_ours_only_with_our_options(
    world: World, options: dict[str, JsonValue], transcripts: int
) -> None:
    address = f"{world.service.base_url}/health"

    async def ask_in_our_place(request: web.Request, _handler: Handler) -> web.StreamResponse:
        async with world.client() as client:
            await client.submit(address, {**client.settings.parameters().values, **options})
        return faults.cut(request)

    world.faults.add(SUBMIT, ask_in_our_place)
    await world.run(address, options={"newer": 2})
    assert world.service.books.transcripts == transcripts


@pytest.mark.parametrize("ahead_s", [-4 * 3600, 4 * 3600])
async def test_a_service_with_another_time_is_not_paid_twice_for_an_address_after_a_stop(
    world: World, ahead_s: float
) -> None:
    address = f"{world.service.base_url}/health"
    world.faults.add(SUBMIT, faults.lose_reply)
    world.faults.add(LIST, faults.reply(503), times=faults.ALWAYS)
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.run(address, stop=stop))
    await world.until(lambda: world.faults.count(LIST) > 0)
    stop.set()
    assert (await running).unfinished == 1
    world.faults.script.clear()
    world.faults.add(LIST, faults.clock_off_by(ahead_s), times=faults.ALWAYS)
    await world.run(address)
    assert world.service.books.transcripts == 1


async def test_looking_a_submit_up_makes_its_upload_no_younger(world: World) -> None:
    world.record("a.mp3")
    submitted_at: list[float] = []

    async def lose_it(request: web.Request, _handler: Handler) -> web.StreamResponse:
        submitted_at.append(time())
        return faults.cut(request)

    world.faults.add(SUBMIT, lose_it)
    await world.run()
    with closing(sqlite3.connect(world.out / FOLDER / "journal.db")) as database:
        ((uploaded_at,),) = database.execute("SELECT uploaded_at FROM transcripts")
    assert uploaded_at <= submitted_at[0]


async def test_with_delete_after_the_service_keeps_nothing_whose_text_is_written(world: World) -> None:
    for number in range(20):
        world.record(f"{number}.mp3")
    world.record("copy.mp3", "words of 1.mp3")
    world.record("bad.mp3", "no audio")
    world.recogniser.errors["no audio"] += 2 * [transcript_error("Audio duration is too short.")]
    report = await world.run(delete_after=True, in_flight=1)
    assert (report.written, len(report.failed)) == (21, 1)
    assert world.faults.count(DELETE) == 20
    assert "transcripts deleted at the service: 20" in world.told()
    async with world.client() as client:
        page = await client.list()
    addresses = [row.audio_url for row in page.transcripts if row and row.status == "completed"]
    assert addresses == ["http://deleted_by_user"] * 20
    await world.run(delete_after=True)
    assert world.faults.count(DELETE) == 20


async def test_what_could_not_be_deleted_is_deleted_by_the_next_run(world: World) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    world.faults.add(DELETE, faults.error(403, "no"))
    await world.run(delete_after=True)
    assert "not deleted at the service: 1 (" in world.told()
    await world.run(delete_after=True)
    assert world.faults.count(DELETE) == 3
    assert world.service.books.transcripts == 2


async def test_a_text_whose_transcript_was_deleted_is_paid_for_again_only_on_demand(world: World) -> None:
    world.record("a.mp3")
    await world.run(delete_after=True)
    (world.out / "a.txt").unlink()
    (failed,) = (await world.run()).failed
    assert "--delete-after" in failed.error
    assert world.service.books.transcripts == 1
    assert (await world.run(force=True)).written == 1
    assert world.service.books.transcripts == 2


async def test_a_transcript_whose_text_could_not_be_written_is_not_deleted(world: World) -> None:
    for name in ("a.mp3", "copy.mp3"):
        world.record(name, "the same words")
    in_the_way = world.out / "copy.txt"

    async def put_a_folder_there(request: web.Request, handler: Handler) -> web.StreamResponse:
        in_the_way.mkdir()
        return await handler(request)

    world.faults.add(PARAGRAPHS, put_a_folder_there)
    report = await world.run(delete_after=True)
    assert (report.written, [failed.stage for failed in report.failed]) == (1, [Stage.WRITE])
    in_the_way.rmdir()
    report = await world.run(delete_after=True)
    assert (report.written, report.failed) == (1, [])
    assert world.texts() == {"a.txt": "the same words\n", "copy.txt": "the same words\n"}
    assert (world.service.books.transcripts, world.faults.count(DELETE)) == (1, 1)


async def test_a_stop_is_heard_while_transcripts_are_deleted(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(DELETE, faults.stall)
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.run(delete_after=True, stop=stop))
    await world.until(lambda: world.faults.count(DELETE) == 1)
    stop.set()
    async with asyncio.timeout(DEADLINE_S):
        report = await running
    assert (report.written, report.stopped) == (1, True)
    await world.run(delete_after=True)
    assert world.faults.count(DELETE) == 2


async def test_what_was_planned_at_one_service_and_paid_for_at_another_is_paid_for_once(world: World) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.record(name)
    world.faults.add(SUBMIT, faults.error(400, "no"), times=2)
    assert len((await world.run()).failed) == 2
    stop = asyncio.Event()
    world.faults.add(UPLOAD, faults.stall)
    running = asyncio.ensure_future(world.run(uploads=1, stop=stop))  # the second one waits, as planned
    await world.until(lambda: world.faults.count(UPLOAD) == 3)
    stop.set()
    assert (await running).unfinished == 2
    async with serve(world.recogniser, elsewhere := Faults()) as other:
        world.service = other
        world.recogniser.gate.clear()
        stop = asyncio.Event()
        running = asyncio.ensure_future(world.run(stop=stop))
        await world.until(lambda: world.seen(Submitted) == 2)
        stop.set()
        assert (await running).unfinished == 2
        world.recogniser.gate.set()
        assert (await world.run()).written == 2
        assert (other.books.transcripts, elsewhere.count(SUBMIT)) == (2, 2)


async def test_bytes_that_came_back_with_their_old_time_are_not_taken_for_those_that_were_sent(
    world: World,
) -> None:
    world.record("a.mp3")
    path = world.record("b.mp3", "before")
    before = path.stat()

    async def change_the_other(request: web.Request, handler: Handler) -> web.StreamResponse:
        path.write_text("behind")
        os.utime(path, ns=(0, before.st_mtime_ns + 10**9))
        return await handler(request)

    world.faults.add(UPLOAD, change_the_other)
    await world.run(uploads=1)
    assert world.texts()["b.txt"] == "behind\n"
    path.write_text("before")
    os.utime(path, ns=(0, before.st_mtime_ns))
    await world.run()
    assert world.texts()["b.txt"] == "before\n"


@pytest.mark.parametrize("size_bytes", [0, SMALL_SIZE_BYTES + 1])
async def test_bytes_that_came_back_with_their_old_time_are_not_taken_for_those_of_the_second_try(
    world: World, size_bytes: int
) -> None:
    path = world.record("a.mp3", "before", size_bytes)
    before = path.stat()

    def change(path: Path) -> None:
        path.write_text("behind")
        os.utime(path, ns=(0, before.st_mtime_ns + 10**9))

    world.faults.add(UPLOAD, meanwhile(change, path))
    await world.run()
    assert world.texts() == {"a.txt": "behind\n"}
    world.record("a.mp3", "before", size_bytes)
    os.utime(path, ns=(0, before.st_mtime_ns))
    await world.run()
    assert world.texts() == {"a.txt": "before\n"}


async def test_bytes_that_came_back_with_their_old_time_are_not_taken_for_the_copy_that_was_there(
    world: World,
) -> None:
    world.record("a.mp3")
    path = world.record("b.mp3", "before")
    before = path.stat()

    async def put_a_copy_there(request: web.Request, handler: Handler) -> web.StreamResponse:
        world.record("b.mp3", "words of a.mp3")
        os.utime(path, ns=(0, before.st_mtime_ns + 10**9))
        return await handler(request)

    world.faults.add(UPLOAD, put_a_copy_there)
    await world.run(uploads=1)
    assert world.texts()["b.txt"] == world.texts()["a.txt"]
    path.write_text("before")
    os.utime(path, ns=(0, before.st_mtime_ns))
    await world.run()
    assert world.texts()["b.txt"] == "before\n"


async def test_a_recording_that_was_forced_often_still_outlives_the_errors_of_the_service(
    world: World,
) -> None:
    world.record("a.mp3", "words")
    for _ in range(4):
        await world.run(force=True)
    world.recogniser.errors["words"] += 2 * [
        transcript_error("Internal server error. Please retry your request.")
    ]
    report = await world.run(force=True)
    assert (report.written, report.failed) == (1, [])


async def test_what_an_earlier_run_has_paid_for_takes_nothing_of_a_limit(world: World) -> None:
    paths = [world.recordings / name for name in ("a.wav", "b.wav")]
    for number, path in enumerate(paths):
        with wave.open(str(path), "wb") as file:  # 2.05 s; its head is ASCII up to the first NUL
            file.setparams((1, 1, 8000, 0, "NONE", ""))
            file.writeframes(bytes([number]) * (0x4040 - 36))
    await world.run(paths[0])
    os.utime(paths[0], (1_000_000_000, 1_000_000_000))  # its bytes are seen to be known once they are sent

    async def once_the_other_is_sent(request: web.Request, handler: Handler) -> web.StreamResponse:
        await world.until(lambda: world.faults.count(UPLOAD) == 3)
        return await handler(request)

    world.faults.add(PARAGRAPHS, once_the_other_is_sent)
    report = await world.run(*paths, uploads=1, max_hours=2.1 / 3600)
    assert (report.written, report.over_limit.total()) == (2, 0)
    assert world.service.books.transcripts == 2


async def test_a_clock_that_is_set_back_in_mid_run_does_not_make_a_copy_one_more_to_force(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp3", "copy.mp3"):
        world.record(name, "the same words")
    await world.run()
    set_back_s = chain([0.0], repeat(3600.0))  # after the journal was opened
    monkeypatch.setattr("batch_transcriber.journal.journal.time", lambda: time() - next(set_back_s))
    report = await world.run(force=True, in_flight=1)
    assert (report.written, world.service.books.transcripts) == (2, 2)


async def test_a_run_that_ended_between_the_text_and_the_word_of_it_is_made_up_for(world: World) -> None:
    """What `--delete-after` looks at is what is on disk, and not whether a run came to say so."""
    world.record("a.mp3")
    world.record("b.mp3", "words of a.mp3")
    world.record("c.mp3")
    await world.run()
    with closing(sqlite3.connect(world.out / FOLDER / "journal.db")) as database, database:
        database.execute("UPDATE transcripts SET state = 'completed'")
        database.execute("DELETE FROM outputs WHERE path = ?", (b"c.txt",))
    await world.run(world.recordings / "a.mp3", delete_after=True)
    assert "transcripts deleted at the service: 1" in world.told()
