"""Runs against a service and a network that misbehave: every text is written, nothing is paid for twice."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Skipped, SkipReason, Submitted, Waiting
from tests.support import faults
from tests.support.faults import LIST, PARAGRAPHS, STATUS, SUBMIT, UPLOAD
from tests.support.scripted import transcript_error

if TYPE_CHECKING:
    from aiohttp import web

    from tests.support.faults import Handler, Trouble
    from tests.support.world import World

PASSING_TROUBLE = {
    "429": faults.error(429, "Too Many Requests"),
    "500": faults.error(500, "Internal Server Error"),
    "503 HTML": faults.reply(503, "<html><title>Service Unavailable</title></html>"),
    "504 empty": faults.reply(504),
    "reset": faults.reset,
    "lost reply": faults.lose_reply,
    "cut body": faults.cut_body,
    "half JSON": faults.half_json,
    "HTML with 200": faults.reply(200, "<html>welcome to this hotel</html>"),
    "empty with 200": faults.reply(200),
    "JSON of another kind": faults.reply(200, "[1, 2]"),
}


@pytest.mark.parametrize("trouble", PASSING_TROUBLE.values(), ids=PASSING_TROUBLE.keys())
@pytest.mark.parametrize("call", [UPLOAD, SUBMIT, LIST, STATUS, PARAGRAPHS])
async def test_passing_trouble_with_any_call_costs_no_text_and_no_second_payment(
    world: World, call: str, trouble: Trouble
) -> None:
    poll_by = "id" if call == STATUS else "sweep"
    for number in range(3):
        world.record(f"{number}.mp3")
    world.faults.add(call, trouble, times=2)
    report = await world.run(poll_by=poll_by)
    assert report.failed == []
    assert len(world.texts()) == 3
    assert world.service.books.transcripts == 3


async def test_a_submit_whose_reply_is_lost_is_adopted_and_said_to_be(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.lose_reply)
    await world.run()
    assert world.service.books.transcripts == 1
    assert world.faults.count(SUBMIT) == 1
    (submitted,) = [event for event in world.events if isinstance(event, Submitted)]
    assert submitted.adopted


async def test_a_submit_that_was_not_carried_out_is_sent_again_only_after_the_last_lookup(
    world: World,
) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.error(500, "Internal Server Error"))
    report = await world.run()
    assert report.written == 1
    (first, second) = (i for i, (_, name) in enumerate(world.faults.arrivals) if name == SUBMIT)
    lookups = [time for time, name in world.faults.arrivals[first:second] if name == LIST]
    assert len(lookups) >= 3
    assert lookups[-1] - world.faults.arrivals[first][0] >= 0.2  # the last of lookup_delays_s


async def test_a_lost_submit_of_a_web_address_never_adopts_an_older_transcript_of_it(world: World) -> None:
    address = f"{world.service.base_url}/health"
    async with world.client() as client:
        await client.submit(address)
        (item,) = (await client.list()).transcripts
        assert item is not None
        created = item.created
        assert created is not None
        now = asyncio.get_running_loop().time
        # The service's clock is told in whole seconds, so an older transcript is one of seconds ago.
        await world.until(lambda: client.service_time(now()) - created > timedelta(seconds=3))
    world.faults.add(SUBMIT, faults.error(503, "busy"))
    await world.run(address)
    assert world.service.books.transcripts_by_audio_url == {address: 2}


async def test_retry_after_closes_the_gate_for_all_requests(world: World) -> None:
    for number in range(6):
        world.record(f"{number}.mp3")
    limited = faults.reply(429, '{"error": "Too Many Requests"}', {"Retry-After": "1"})
    world.faults.add(UPLOAD, limited, after=2)
    report = await world.run(uploads=1)
    assert report.written == 6
    times = [time for time, _ in world.faults.arrivals]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert sum(gap >= 0.99 for gap in gaps) == 1
    assert any(isinstance(event, Waiting) and "429" in event.reason for event in world.events)


async def test_waiting_for_a_rate_limit_is_no_failed_try(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(UPLOAD, faults.reply(429, headers={"Retry-After": "0"}), times=2)
    report = await world.run(retries=0)
    assert report.written == 1


async def test_an_upload_in_which_nothing_moves_is_given_up_and_sent_again(world: World) -> None:
    world.record("a.mp3", "stalled once", size_bytes=30_000_000)
    world.faults.add(UPLOAD, faults.stall)
    report = await world.run(stall_timeout_s=0.3)
    assert report.written == 1
    assert world.service.books.uploads == 1
    assert world.faults.count(UPLOAD) == 2


async def test_a_reply_that_never_comes_is_given_up_and_asked_for_again(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(PARAGRAPHS, faults.stall)
    report = await world.run(read_timeout_s=0.3)
    assert report.written == 1


async def test_trouble_that_does_not_pass_fails_its_recording_alone_with_the_services_words(
    world: World,
) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    world.faults.add(UPLOAD, faults.error(500, "Internal Server Error"), times=3)
    report = await world.run(retries=2, uploads=1)
    assert report.written == 1
    (failed,) = report.failed
    assert failed.source.endswith("a.mp3")
    assert failed.error == (
        "the service answered 500: Internal Server Error (3 tries); the same command tries again"
    )
    assert report.exit_code is ExitCode.SOME_FAILED


async def test_a_transcript_that_ends_in_error_fails_its_recording_alone(world: World) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    world.recogniser.errors["words of a.mp3"].append(transcript_error("Audio duration is too short."))
    report = await world.run()
    (failed,) = report.failed
    assert "less than 0.16 s of audio" in failed.error
    assert failed.transcript_id
    assert world.texts() == {"b.txt": "words of b.mp3\n"}
    assert world.service.books.transcripts == 2


@pytest.mark.parametrize(("errors", "written", "transcripts"), [(1, 1, 2), (2, 1, 3), (3, 0, 3)])
async def test_the_services_own_errors_are_submitted_again_at_most_twice(
    world: World, errors: int, written: int, transcripts: int
) -> None:
    world.record("a.mp3")
    message = "Internal server error. Please retry your request."
    world.recogniser.errors["words of a.mp3"].extend([transcript_error(message)] * errors)
    report = await world.run()
    assert (report.written, world.service.books.transcripts) == (written, transcripts)
    assert world.service.books.uploads == 1


async def test_an_upload_that_the_service_cannot_read_is_uploaded_once_more(world: World) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    for name, times in (("a", 1), ("b", 2)):
        error = transcript_error("Download error, unable to access file at somewhere")
        world.recogniser.errors[f"words of {name}.mp3"].extend([error] * times)
    report = await world.run()
    assert report.written == 1
    assert world.service.books.uploads == 4
    (failed,) = report.failed
    assert failed.source.endswith("b.mp3")


async def test_a_submit_refused_with_403_uploads_once_more(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.error(403, "Cannot access uploaded file"))
    report = await world.run()
    assert (report.written, world.service.books.uploads) == (1, 2)


@pytest.mark.parametrize(
    ("status", "message", "code", "advice"),
    [
        (401, "Authentication error, API token missing/invalid", ExitCode.AUTH, "AAI_API_KEY"),
        (400, "Your current account balance is negative. Please top up.", ExitCode.ACCOUNT, "top it up"),
        (400, "'speech_models' must be one or more of: a", ExitCode.ACCOUNT, "--model"),
        (302, "", ExitCode.UNREACHABLE, "--base-url"),
    ],
)
async def test_what_no_recording_can_survive_stops_the_run_at_once(
    world: World, status: int, message: str, code: ExitCode, advice: str
) -> None:
    for number in range(50):
        world.record(f"{number}.mp3")
    world.faults.add(SUBMIT, faults.error(status, message), times=1000)
    report = await world.run(in_flight=5)
    assert report.fatal is not None
    assert advice in str(report.fatal)
    assert report.exit_code is code
    assert world.faults.count(SUBMIT) <= 5
    assert world.service.books.transcripts == 0


async def test_a_wrong_key_is_refused_and_never_shown(world: World) -> None:
    world.record("a.mp3")
    report = await world.run(api_key="wrong-key-of-mine")
    assert report.exit_code is ExitCode.AUTH
    assert "wrong-key-of-mine" not in str(report.fatal) + str(world.events)


async def test_a_host_that_never_answers_ends_the_run(world: World) -> None:
    world.record("a.mp3")
    with socket.create_server(("127.0.0.1", 0)) as closed_at_once:
        address = f"http://127.0.0.1:{closed_at_once.getsockname()[1]}"
    report = await world.run(base_url=address, unreachable_after_s=0.1)
    assert report.exit_code is ExitCode.UNREACHABLE
    assert "cannot connect" in str(report.fatal)


async def test_a_host_name_that_is_not_known_ends_the_run(world: World) -> None:
    world.record("a.mp3")
    report = await world.run(base_url="https://no-such-host.invalid", unreachable_after_s=0.1)
    assert report.exit_code is ExitCode.UNREACHABLE
    assert "no-such-host.invalid" in str(report.fatal)


async def test_a_service_without_the_list_call_is_asked_by_id(world: World) -> None:
    for number in range(5):
        world.record(f"{number}.mp3")
    world.faults.add(LIST, faults.error(404, "Not found"), times=1000)
    report = await world.run()
    assert report.written == 5
    assert world.faults.count(LIST) == 1


async def test_a_lost_submit_is_not_repeated_where_it_cannot_be_looked_up(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.lose_reply)
    report = await world.run(poll_by="id")
    (failed,) = report.failed
    assert "paid for twice" in failed.error
    assert world.service.books.transcripts == 1


async def test_foreign_transcripts_between_ours_are_noise(world: World) -> None:
    for number in range(20):
        world.record(f"{number}.mp3")
    async with world.client() as somebody_else:

        async def a_foreign_page_first(request: web.Request, handler: Handler) -> web.StreamResponse:
            for _ in range(250):
                await somebody_else.submit(f"{world.service.base_url}/health")
            return await handler(request)

        world.faults.add(LIST, a_foreign_page_first, times=3)
        report = await world.run()
    assert report.written == 20


async def test_a_transcript_that_the_list_never_shows_is_asked_for_by_id(world: World) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    empty = '{"page_details": {"prev_url": null}, "transcripts": []}'
    world.faults.add(LIST, faults.reply(200, empty), times=10_000)
    report = await world.run(unseen_after_s=0.05)
    assert report.written == 3


async def test_an_empty_file_is_refused_before_a_byte_is_sent(world: World) -> None:
    world.record("empty.mp3", "")
    world.record("b.mp3")
    report = await world.run()
    (failed,) = report.failed
    assert failed.error == "the file is empty; record or copy it again"
    assert world.faults.count(UPLOAD) == 1
    assert report.exit_code is ExitCode.SOME_FAILED


async def test_a_file_larger_than_an_upload_may_be_is_refused_before_a_byte_is_sent(world: World) -> None:
    with (world.recordings / "huge.mp4").open("wb") as file:
        os.truncate(file.fileno(), 2_300_000_000)
    report = await world.run()
    (failed,) = report.failed
    assert "over 2.2 GB" in failed.error
    assert "URL" in failed.error
    assert world.faults.arrivals == []


async def test_a_file_that_grows_while_it_is_sent_is_sent_again(world: World) -> None:
    path = world.record("a.mp3", "growing", size_bytes=1_000_000)

    async def grow_it(request: web.Request, handler: Handler) -> web.StreamResponse:
        with path.open("ab") as file:
            file.write(b"\0" * 10)
        return await handler(request)

    world.faults.add(UPLOAD, grow_it)
    report = await world.run()
    assert report.written == 1
    assert world.faults.count(UPLOAD) == 2
    assert world.service.books.uploaded_bytes in {1_000_010, 2_000_010}


async def test_a_file_that_vanishes_is_skipped_and_counts_as_trouble(world: World) -> None:
    world.record("a.mp3")
    gone = world.record("b.mp3")

    async def remove_it(request: web.Request, handler: Handler) -> web.StreamResponse:
        gone.unlink()
        return await handler(request)

    world.faults.add(UPLOAD, remove_it)
    report = await world.run(uploads=1)
    assert report.written == 1
    (skipped,) = report.skipped
    assert skipped == Skipped(str(gone), SkipReason.VANISHED, job=skipped.job)
    assert report.exit_code is ExitCode.SOME_FAILED


async def test_one_path_that_cannot_be_written_fails_its_recording_alone(world: World) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    (world.out / "a.txt").mkdir(parents=True)
    report = await world.run()
    assert world.texts() == {"b.txt": "words of b.mp3\n"}
    (failed,) = report.failed
    assert "a folder has the name of its text" in failed.error
    assert world.service.books.transcripts == 1  # nothing is paid for a text that has no place


async def test_three_in_a_hundred_requests_failing_costs_no_text(world: World) -> None:
    for number in range(200):
        world.record(f"{number}.mp3")
    troubles = [
        faults.reset,
        faults.error(503, "busy"),
        faults.lose_reply,
        faults.error(429, "Too Many Requests"),
    ]
    for every, trouble in zip((31, 67, 101, 131), troubles, strict=True):
        for call in (UPLOAD, SUBMIT, PARAGRAPHS):
            for start in range(1, 200, every):
                world.faults.add(call, trouble, after=start)
    report = await world.run()
    assert report.failed == []
    assert report.written == 200
    assert world.service.books.transcripts == 200
