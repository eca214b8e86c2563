"""A run from sources to texts, with nothing going wrong."""

from __future__ import annotations

import asyncio
import hashlib
import os
import wave
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.engine import transcribe_batch
from batch_transcriber.engine.stages import Stages
from batch_transcriber.errors import ExitCode
from batch_transcriber.events import (
    Completed,
    JobFound,
    PlanMeasured,
    Processing,
    RequestEnded,
    RunStarted,
    Submitted,
    Uploaded,
    UploadProgress,
    Written,
)
from batch_transcriber.model import CHUNK_SIZE_BYTES, Parameters, Request
from tests.support import faults
from tests.support.faults import LIST, PARAGRAPHS, STATUS, SUBMIT, UPLOAD
from tests.support.points import Point
from tests.support.scripted import ScriptedRecogniser
from tests.support.world import serve

if TYPE_CHECKING:
    from typing import Any

    from aiohttp import web

    from batch_transcriber.server import Heard, Wanted
    from tests.support.faults import Handler
    from tests.support.world import World


async def test_a_folder_becomes_a_folder_of_texts_with_the_same_tree(world: World) -> None:
    world.record("a.mp3", "hello from a")
    world.record("deep/er/b.wav", "hello from b")
    world.record("notes.pdf", "no recording")
    report = await world.run()
    assert world.texts() == {"a.txt": "hello from a\n", "deep/er/b.txt": "hello from b\n"}
    assert (report.written, report.failed, report.exit_code) == (2, [], ExitCode.OK)


async def test_every_recording_is_paid_for_once_and_costs_three_requests_and_a_share_of_the_sweeps(
    world: World,
) -> None:
    for number in range(300):
        world.record(f"{number:03}.mp3")
    world.recogniser.seconds = 0.2
    report = await world.run(poll_interval_s=0.3)
    assert report.written == 300
    assert world.service.books.transcripts == 300
    assert set(world.service.books.transcripts_by_audio_url.values()) == {1}
    assert [world.faults.count(call) for call in (UPLOAD, SUBMIT, PARAGRAPHS)] == [300, 300, 300]
    assert world.faults.count(LIST) + world.faults.count(STATUS) <= 0.15 * 300


async def test_all_bytes_of_a_large_recording_arrive_in_order(world: World) -> None:
    path = world.record("large.wav", "a large one", size_bytes=3 * CHUNK_SIZE_BYTES + 12_345)
    data = bytearray(path.read_bytes())
    data[1000:] = hashlib.shake_256(b"noise").digest(len(data) - 1000)
    path.write_bytes(data)
    received: list[str] = []

    class Digesting(ScriptedRecogniser):
        async def hear(self, audio: Path, wanted: Wanted, **more: Any) -> Heard:
            received.append(hashlib.sha256(audio.read_bytes()).hexdigest())  # noqa: ASYNC240
            return await super().hear(audio, wanted, **more)

    async with serve(Digesting()) as service:
        world.service = service
        report = await world.run()
    assert report.written == 1
    assert received == [hashlib.sha256(data).hexdigest()]
    sent = [event.sent_bytes for event in world.events if isinstance(event, UploadProgress)]
    assert sent == sorted(sent)
    assert sent[0] == 0
    assert sent[-1] == len(data)


async def test_a_web_address_is_submitted_as_it_is(world: World) -> None:
    world.record("never-uploaded.mp3")
    address = f"{world.service.base_url}/no-such-recording/talk%20one.mp3?token=1"
    report = await world.run(address)
    assert world.faults.count(UPLOAD) == 0
    assert world.service.books.transcripts_by_audio_url == {address: 1}
    (failed,) = report.failed  # nothing is served there, and the service says so
    assert "could not download it" in failed.error


async def test_paragraphs_are_divided_by_one_empty_line(world: World) -> None:
    sentence = "one two three four five six seven eight nine ten. "
    world.record("long.mp3", sentence * 10)
    await world.run()
    text = world.texts()["long.txt"]
    assert text.count("\n\n") == 1
    assert "\n\n\n" not in text
    assert text.endswith(".\n")
    assert text.split() == (sentence * 10).split()


async def test_a_recording_without_words_gives_an_empty_text_and_is_counted(world: World) -> None:
    world.record("silence.mp3", " ")
    report = await world.run()
    assert world.texts() == {"silence.txt": ""}
    assert (report.written, len(report.without_words)) == (1, 1)


async def test_what_is_written_costs_no_request_the_next_time(world: World) -> None:
    world.record("a.mp3")
    await world.run()
    before = len(world.faults.arrivals)
    report = await world.run()
    assert (report.written, report.already_written) == (0, 1)
    assert len(world.faults.arrivals) == before


async def test_force_transcribes_again(world: World) -> None:
    world.record("a.mp3")
    await world.run()
    report = await world.run(force=True)
    assert (report.written, world.service.books.transcripts) == (1, 2)


async def test_a_recording_named_twice_is_sent_once(world: World) -> None:
    path = world.record("a.mp3")
    report = await world.run(world.recordings, path, str(world.recordings / "*.mp3"))
    assert (report.written, len(report.skipped)) == (1, 2)
    assert world.service.books.transcripts == 1


async def test_events_of_a_job_come_in_the_order_of_its_way(world: World) -> None:
    world.record("a.mp3")
    await world.run()
    noise = UploadProgress | PlanMeasured | RequestEnded | Processing
    kinds = [type(event) for event in world.events if not isinstance(event, noise)]
    assert kinds == [RunStarted, JobFound, Uploaded, Submitted, Completed, Written]


async def test_a_transcript_that_is_being_heard_is_told_once(world: World) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    running = asyncio.ensure_future(world.run())
    await world.until(lambda: world.seen(Processing) == 3 and world.faults.count(LIST) >= 5)
    world.recogniser.gate.set()
    await running
    assert world.seen(Processing) == 3


async def test_every_request_is_told_with_its_answer_and_without_a_secret(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(PARAGRAPHS, faults.error(503, "busy"))
    world.faults.add(PARAGRAPHS, faults.reset)
    report = await world.run()
    told = [event for event in world.events if isinstance(event, RequestEnded)]
    assert Counter(event.call for event in told) == report.requests
    assert [event.status for event in told if event.call == "paragraphs"] == [503, None, 200]
    assert all((event.status is None) == (event.error is not None) for event in told)
    (upload,) = [event for event in told if event.call == "upload"]
    assert upload.path == "/v2/upload"


async def test_the_options_and_models_of_the_settings_reach_the_service(world: World) -> None:
    world.record("a.mp3")
    await world.run(speech_models=("universal-2",), options={"punctuate": True})
    (written,) = [event for event in world.events if isinstance(event, Written)]
    async with world.client() as client:
        transcript = await client.status(written.transcript_id)
    assert transcript.speech_models == ["universal-2"]


async def test_jobs_under_way_are_bounded(world: World) -> None:
    for number in range(40):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    running = asyncio.ensure_future(world.run(in_flight=7))
    await world.until(lambda: world.service.books.transcripts == 7)
    # All seven are at the service: an eighth would have been found by now, were it allowed.
    assert world.seen(JobFound) == 7
    world.recogniser.gate.set()
    assert (await running).written == 40


async def test_uploads_at_a_time_are_those_that_were_asked_for(world: World) -> None:
    for number in range(12):
        world.record(f"{number}.mp3")
    at_once = most = 0
    three = asyncio.Event()

    async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == 3:
            three.set()
        await three.wait()
        try:
            return await handler(request)
        finally:
            at_once -= 1

    world.faults.add(UPLOAD, counted, times=12)
    assert (await world.run(uploads=3)).written == 12
    assert most == 3


async def test_asking_to_stop_ends_the_run_soon_with_whole_files_only(world: World) -> None:
    for number in range(30):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.run(stop=stop, in_flight=10))
    await world.until(lambda: world.service.books.transcripts == 10)
    stop.set()
    report = await running
    assert report.stopped
    assert (report.written, report.unfinished) == (0, 10)
    assert world.texts() == {}


async def test_the_output_folder_inside_the_searched_folder_never_feeds_back(world: World) -> None:
    world.record("a.mp3")
    world.out = world.recordings / "texts"
    world.record("texts/old.mp3")
    report = await world.run()
    assert report.written == 1


async def test_an_output_path_that_is_a_file_stops_the_run_before_anything_is_sent(world: World) -> None:
    world.record("a.mp3")
    world.out.write_text("mine")
    report = await world.run()
    assert report.fatal is not None
    assert report.exit_code is ExitCode.LOCAL
    assert "is not a folder" in str(report.fatal)
    assert world.faults.arrivals == []


@pytest.mark.parametrize("poll_by", ["sweep", "id"])
async def test_both_ways_of_polling_bring_every_text(world: World, poll_by: str) -> None:
    for number in range(25):
        world.record(f"{number}.mp3")
    report = await world.run(poll_by=poll_by)
    assert report.written == 25
    assert (world.faults.count(LIST) == 0) is (poll_by == "id")


async def test_a_recording_added_later_never_takes_the_text_of_another(world: World) -> None:
    world.record("call.mp3", "the first")
    await world.run()
    world.record("call.aac", "the second")
    report = await world.run()
    assert world.texts() == {"call.txt": "the first\n", "call.aac.txt": "the second\n"}
    assert (report.written, report.already_written) == (1, 1)


async def test_a_recording_that_changed_is_transcribed_again_in_its_place(world: World) -> None:
    world.record("a.mp3", "before")
    await world.run()
    world.record("a.mp3", "after it changed")
    await world.run()
    assert world.texts() == {"a.txt": "after it changed\n"}


async def test_a_file_that_no_run_wrote_is_not_overwritten(world: World) -> None:
    world.record("a.mp3")
    world.out.mkdir()
    (world.out / "a.txt").write_text("my own notes")
    report = await world.run()
    assert world.texts() == {"a.txt": "my own notes"}
    assert "no run wrote it" in report.failed[0].error
    assert world.faults.arrivals == []


async def test_corrections_to_a_text_are_not_overwritten_when_its_recording_changes(world: World) -> None:
    world.record("a.mp3", "before")
    await world.run()
    (world.out / "a.txt").write_text("my corrections")
    world.record("a.mp3", "after it changed")
    report = await world.run()
    assert world.texts() == {"a.txt": "my corrections"}
    assert "edited by hand" in report.failed[0].error
    assert (await world.run(force=True)).written == 1


async def test_one_source_may_be_named_without_a_list(world: World) -> None:
    world.record("a.mp3")
    report = await transcribe_batch(str(world.recordings), out=world.out, settings=world.settings())
    assert (report.written, report.inputs) == (1, 1)


async def test_one_recording_in_two_languages_keeps_its_texts_apart_from_run_to_run(world: World) -> None:
    path = str(world.record("a.mp3"))
    asked = [
        Request(path, ("txt",), Parameters.of({"speech_models": ["one"], "newer": code})) for code in (1, 2)
    ]
    assert (await world.run(*asked)).written == 2
    assert world.service.books.transcripts == 2
    assert set(world.texts()) == {"a.txt", "a.mp3.txt"}
    assert (await world.run(*asked)).already_written == 2
    (world.out / "a.mp3.txt").unlink()
    report = await world.run(*reversed(asked))
    assert (report.written, report.already_written) == (1, 1)
    assert world.service.books.transcripts == 2


async def test_a_format_that_there_is_not_ends_the_run(world: World) -> None:
    path = str(world.record("a.mp3"))
    report = await world.run(Request(path, ("doc",), Parameters.of({})))
    assert "no such format: doc" in str(report.fatal)
    assert report.exit_code is ExitCode.USAGE


async def test_what_waits_for_its_upload_goes_longest_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths_s = [1, 5, 2, 9, 3, 8, 4]
    for number, length_s in enumerate(lengths_s):
        with wave.open(str(world.recordings / f"{number}.wav"), "wb") as recording:
            recording.setnchannels(1)
            recording.setsampwidth(1)
            recording.setframerate(1000)
            recording.writeframes(bytes([128]) * 1000 * length_s)
    sort, sorted_by_then = Stages.put_longest_first, asyncio.Event()

    async def sort_and_say(self: Stages) -> None:
        await sort(self)
        sorted_by_then.set()

    monkeypatch.setattr(Stages, "put_longest_first", sort_and_say)
    point = Point()
    world.faults.add(UPLOAD, point.arrived)  # the first, until all others wait
    running = asyncio.ensure_future(world.run(uploads=1))
    await point.reached.wait()
    await sorted_by_then.wait()
    point.let_go.set()
    await running
    uploaded = [event.job.source for event in world.events if isinstance(event, Uploaded)]
    sent_s = [lengths_s[int(Path(source).stem)] for source in uploaded]
    assert sent_s[1:] == sorted(sent_s[1:], reverse=True)


@pytest.mark.parametrize("year", [1600, 2400])
async def test_a_recording_from_a_year_that_few_clocks_have_is_a_recording_like_any_other(
    world: World, year: int
) -> None:
    path = world.record("a.mp3")
    mtime_s = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    os.utime(path, ns=(0, mtime_s * 10**9))
    assert (await world.run()).written == 1
    assert (await world.run()).already_written == 1
