"""The corners in which a run could pay twice, lose what it paid for, or never end."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Waiting
from batch_transcriber.journal import FOLDER
from tests.support import faults
from tests.support.faults import LIST, PARAGRAPHS, SUBMIT, UPLOAD
from tests.support.world import KEY

if TYPE_CHECKING:
    from typing import Any

    from tests.support.faults import Handler, Trouble
    from tests.support.world import World


def changed_list(change: Any) -> Trouble:
    """Answer the list with rows that `change` has had its hands on."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)
        assert isinstance(reply, web.Response)
        page = json.loads(reply.text or "")
        page["transcripts"] = [change(row) for row in page["transcripts"]]
        return web.json_response(page)

    return trouble


async def test_after_a_stop_no_submit_that_waited_for_its_turn_is_sent(world: World) -> None:
    for number in range(30):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    world.faults.add(SUBMIT, faults.reply(429, headers={"Retry-After": "2"}), after=3)
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.run(stop=stop, grace_s=4))
    await world.until(lambda: world.seen(Waiting) == 1)  # the gate is closed, for two seconds
    stop.set()
    stopped_at = asyncio.get_running_loop().time()
    report = await running
    assert report.stopped
    submitted_at = [time for time, name in world.faults.arrivals if name == SUBMIT]
    assert max(submitted_at) < stopped_at + 1  # those that were on their way
    assert world.service.books.transcripts < 30


async def test_two_lost_submits_of_one_upload_url_both_end(world: World) -> None:
    for name in ("a", "b"):
        world.record(f"{name}.mp3", "the same words")
    address: list[str] = []

    async def by_content(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)
        assert isinstance(reply, web.Response)
        address.append(json.loads(reply.text or "")["upload_url"])
        return web.json_response({"upload_url": address[0]})

    world.faults.add(UPLOAD, by_content, times=2)
    world.faults.add(SUBMIT, faults.lose_reply, times=2)
    report = await world.run(uploads=1)
    assert report.written + len(report.failed) == 2
    assert world.service.books.transcripts <= 2


async def test_a_row_without_a_time_is_still_adopted(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.lose_reply)
    world.faults.add(LIST, changed_list(lambda row: row | {"created": None}), times=15)
    report = await world.run()
    assert report.written == 1
    assert world.service.books.transcripts == 1


async def test_a_list_that_cannot_be_read_whole_is_no_proof_that_a_submit_got_lost(world: World) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    world.faults.add(SUBMIT, faults.lose_reply)
    world.faults.add(LIST, changed_list(lambda row: row | {"id": "../x"}), times=10_000)
    report = await world.run(uploads=1)
    assert report.written == 1
    (failed,) = report.failed
    assert "paid for twice" in failed.error
    assert world.service.books.transcripts == 2


async def test_a_service_whose_clock_is_behind_ours_is_not_paid_twice_for_an_address(world: World) -> None:
    address = f"{world.service.base_url}/health"
    world.faults.add(SUBMIT, faults.lose_reply)
    world.faults.add(LIST, faults.clock_off_by(-10), times=faults.ALWAYS)
    await world.run(address)
    assert world.service.books.transcripts_by_audio_url == {address: 1}


async def test_one_row_that_cannot_be_read_hides_no_other(world: World) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    world.faults.add(
        LIST,
        changed_list(lambda row: row if row["status"] == "completed" else row | {"id": "../x"}),
        times=999,
    )
    assert (await world.run()).written == 2


async def the_same_page_again(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer the list with its newest row alone, and promise more, for ever."""
    reply = await handler(request)
    assert isinstance(reply, web.Response)
    page = json.loads(reply.text or "")
    page["page_details"]["prev_url"] = "more"
    page["transcripts"] = page["transcripts"][:1]
    if "before_id" in request.query:
        page["transcripts"] = [row | {"id": request.query["before_id"]} for row in page["transcripts"]]
    return web.json_response(page)


async def test_a_list_that_goes_round_in_circles_is_left(world: World) -> None:
    for number in range(5):
        world.record(f"{number}.mp3")
    world.recogniser.seconds = 0.3
    world.faults.add(LIST, the_same_page_again, times=10_000)
    report = await world.run(unseen_after_s=0.2)
    assert report.written == 5


async def test_a_list_that_goes_round_in_circles_is_no_proof_that_a_submit_got_lost(world: World) -> None:
    for name in ("a", "b", "c"):
        world.record(f"{name}.mp3")
    world.recogniser.seconds = 0.5
    world.faults.add(SUBMIT, faults.lose_reply)
    world.faults.add(LIST, the_same_page_again, times=10_000)
    report = await world.run(uploads=1, unseen_after_s=0.2)
    assert world.service.books.transcripts == 3
    assert report.written + len(report.failed) == 3


async def only_a_first_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer the list with its newest row alone, and promise more that cannot be had."""
    if "before_id" in request.query:
        return await faults.error(404, "no such transcript")(request, handler)
    return await the_same_page_again(request, handler)


async def test_a_list_that_cannot_go_on_is_asked_again_and_is_no_proof_that_a_submit_got_lost(
    world: World,
) -> None:
    for name in ("a", "b", "c"):
        world.record(f"{name}.mp3")
    world.recogniser.seconds = 0.3
    world.faults.add(SUBMIT, faults.lose_reply)
    world.faults.add(LIST, only_a_first_page, times=10)
    report = await world.run(uploads=1, unseen_after_s=0.2, lookup_delays_s=(0.05, 3.0))
    assert report.written == 3
    assert world.service.books.transcripts == 3


async def test_a_list_page_that_is_refused_once_changes_nothing(world: World) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    world.recogniser.seconds = 0.2
    world.faults.add(LIST, faults.error(400, "Transcript lookup error"))
    world.faults.add(SUBMIT, faults.lose_reply)
    report = await world.run()
    assert report.written == 3
    assert world.faults.count(LIST) > 1


async def test_texts_that_are_paid_for_outlive_a_long_outage_of_their_call(world: World) -> None:
    for number in range(5):
        world.record(f"{number}.mp3")
    world.faults.add(PARAGRAPHS, faults.reply(503), times=40)
    report = await world.run(retries=1)
    assert report.written == 5
    assert world.service.books.transcripts == 5


async def test_what_is_paid_for_is_written_before_a_fatal_error_ends_the_run(world: World) -> None:
    for number in range(40):
        world.record(f"{number:02}.mp3")
    world.faults.add(
        SUBMIT, faults.error(400, "Your current account balance is negative."), after=20, times=99
    )
    report = await world.run(in_flight=10)
    assert report.exit_code is ExitCode.ACCOUNT
    assert report.written == len(world.texts())
    assert report.written + report.unfinished <= 40
    assert not list(world.out.rglob("*.part"))


async def test_a_journal_that_breaks_leaves_the_old_text_and_no_half_file(world: World) -> None:
    world.record("a.mp3", "before")
    await world.run()
    world.record("a.mp3", "after it changed")
    database = sqlite3.connect(world.out / FOLDER / "journal.db")
    database.execute(
        "CREATE TRIGGER full BEFORE INSERT ON outputs BEGIN SELECT RAISE(FAIL, 'disk full'); END"
    )
    database.close()
    report = await world.run()
    assert report.exit_code is ExitCode.LOCAL
    assert world.texts() == {"a.txt": "before\n"}
    assert "disk full" in str(report.fatal)


async def test_a_key_that_the_service_echoes_is_not_shown(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(UPLOAD, faults.error(401, f"Invalid API key: {KEY}"))
    report = await world.run()
    assert report.exit_code is ExitCode.AUTH
    assert KEY not in str(report.fatal)
    assert "<key>" in str(report.fatal)


async def test_a_recording_of_the_same_name_size_and_time_is_another_one(world: World) -> None:
    first, second = world.record("monday/0001.wav", "one"), world.record("tuesday/0001.wav", "two")
    for path in (first, second):
        os.utime(path, (1000, 1000))
    await world.run(first.parent)
    await world.run(second.parent)
    assert world.texts() == {"0001.txt": "one\n", "0001.wav.txt": "two\n"}


@pytest.mark.parametrize("signal_when", ["upload", "export"])
async def test_cancelling_leaves_no_task_and_no_half_file(world: World, signal_when: str) -> None:
    for number in range(20):
        world.record(f"{number}.mp3", size_bytes=300_000)
    world.faults.add(UPLOAD if signal_when == "upload" else PARAGRAPHS, faults.stall, times=99)
    running = asyncio.ensure_future(world.run())
    call = UPLOAD if signal_when == "upload" else PARAGRAPHS
    await world.until(lambda: world.faults.count(call) >= 3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    stages = {task.get_name().split()[0] for task in asyncio.all_tasks()}
    assert not stages & {"upload", "submit", "export", "poll", "ask", "feed", "count", "stop"}
    assert not list(world.out.rglob("*.part"))


async def test_a_name_stays_with_its_recording_when_others_come_before_it(world: World) -> None:
    for day in "1234":
        world.record(f"{day}/a.mp3", f"day {day}")
    days = [world.recordings / day / "a.mp3" for day in "1234"]
    await world.run(*days)
    first = world.texts()
    report = await world.run(world.record("0/a.mp3", "day 0"), *days)
    assert (report.written, report.already_written) == (1, 4)
    assert first.items() <= world.texts().items()


async def test_recordings_reached_through_a_linked_folder_are_the_same_ones(world: World) -> None:
    world.record("a.mp3")
    await world.run()
    link = world.recordings.with_name("link")
    link.symlink_to(world.recordings)
    report = await world.run(link)
    assert (report.written, report.already_written) == (0, 1)


async def test_a_recording_named_alone_is_known_from_the_run_over_its_folder(world: World) -> None:
    path = world.record("monday/a.mp3")
    await world.run()
    report = await world.run(path)
    assert (report.written, report.already_written) == (0, 1)


async def test_a_text_and_a_folder_of_one_name_do_not_clash(world: World) -> None:
    world.record("a.mp3", "one")
    world.record("a.txt/b.mp3", "two")
    report = await world.run()
    assert report.failed == []
    assert world.texts() == {"a.mp3.txt": "one\n", "a.txt/b.txt": "two\n"}


async def test_a_text_that_another_machine_of_the_service_does_not_know_yet_is_asked_for_again(
    world: World,
) -> None:
    world.record("a.mp3")
    world.faults.add(PARAGRAPHS, faults.error(400, "Transcript lookup error, transcript id not found"))
    report = await world.run()
    assert report.written == 1


async def test_a_pipe_in_the_place_of_a_recording_holds_nothing_up(world: World) -> None:
    world.record("a.mp3")
    pipe = world.record("b.mp3")

    async def replace_it(request: web.Request, handler: Handler) -> web.StreamResponse:
        pipe.unlink()
        os.mkfifo(pipe)
        return await handler(request)

    world.faults.add(UPLOAD, replace_it)
    report = await world.run(uploads=1)
    assert report.written == 1
    assert [failed.error for failed in report.failed] == ["not a regular file; save it to one first"]


async def test_a_file_in_the_place_of_a_recordings_folder_costs_that_recording_alone(world: World) -> None:
    world.record("a.mp3")
    path = world.record("monday/b.mp3")

    async def replace_it(request: web.Request, handler: Handler) -> web.StreamResponse:
        path.unlink()
        path.parent.rmdir()
        path.parent.touch()
        return await handler(request)

    world.faults.add(UPLOAD, replace_it)
    report = await world.run(uploads=1)
    assert report.written == 1
    (failed,) = report.failed
    assert failed.error.startswith("the file cannot be read (Not a directory)")


async def test_a_submit_that_waits_for_its_lookup_makes_no_other_look_go_further_back(world: World) -> None:
    for number in range(450):
        world.record(f"old {number}.mp3")
    await world.run()
    for number in range(3):
        world.record(f"new {number}.mp3")
    world.recogniser.seconds = 1.5
    looks = further_pages = 0

    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal looks, further_pages
        if "before_id" in request.query:
            further_pages += 1
        else:
            looks += 1
        return await handler(request)

    world.faults.add(LIST, count, times=10_000)
    world.faults.add(SUBMIT, faults.error(500, "Internal Server Error"))
    report = await world.run(lookup_delays_s=(0.2, 0.8))
    assert report.written == 3
    assert world.service.books.transcripts == 453
    assert looks > 10
    assert further_pages == 2 * 2  # two lookups, each of three pages
