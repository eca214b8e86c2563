"""Several formats from one run: each call once, one stem a recording, nothing written that is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Written
from tests.support import faults
from tests.support.faults import PARAGRAPHS, SRT, STATUS, SUBMIT, VTT

if TYPE_CHECKING:
    from tests.support.world import World

ALL = ("txt", "srt", "vtt", "json")
CALLS = (PARAGRAPHS, STATUS, SRT, VTT)
NO_CAPTIONS = faults.error(400, "Transcript has no words, captions cannot be exported")


async def test_one_transcript_becomes_a_file_of_each_format(world: World) -> None:
    world.record("deep/a.mp3", "Hello you")
    report = await world.run(formats=ALL)
    texts = world.texts()
    assert list(texts) == ["deep/a.json", "deep/a.srt", "deep/a.txt", "deep/a.vtt"]
    assert texts["deep/a.txt"] == "Hello you\n"
    assert texts["deep/a.srt"] == "1\n00:00:00,000 --> 00:00:00,600\nHello you\n\n"
    assert texts["deep/a.vtt"] == "WEBVTT\n\n00:00:00.000 --> 00:00:00.600\nHello you\n\n"
    assert json.loads(texts["deep/a.json"])["words"][0]["text"] == "Hello"
    assert (report.written, world.service.books.transcripts) == (1, 1)
    (written,) = [event for event in world.events if isinstance(event, Written)]
    assert written.outputs == tuple(world.out / f"deep/a.{name}" for name in ALL)
    assert written.job.output == world.out / "deep/a.txt"


@pytest.mark.parametrize(
    ("formats", "requests"),
    [
        (("txt",), [1, 0, 0, 0]),
        (("json",), [0, 1, 0, 0]),
        (("srt",), [0, 1, 1, 0]),  # the transcript tells of words and of the length
        (("txt", "vtt"), [1, 0, 0, 1]),
        (ALL, [1, 1, 1, 1]),
        (("txt", "txt"), [1, 0, 0, 0]),
    ],
)
async def test_every_call_is_made_once_a_transcript_and_only_where_it_is_needed(
    world: World, formats: tuple[str, ...], requests: list[int]
) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.record(name)
    report = await world.run(formats=formats)
    made = [report.requests[name] for name in ("paragraphs", "transcript", "srt", "vtt")]
    assert made == [2 * count for count in requests]
    assert report.audio_duration_s > 0


async def test_silence_has_a_file_of_each_format_though_the_service_refuses_its_captions(
    world: World,
) -> None:
    world.record("a.mp3", "", size_bytes=500)
    for call in (SRT, VTT):
        world.faults.add(call, NO_CAPTIONS, times=99)
    report = await world.run(formats=ALL)
    assert (report.failed, len(report.without_words)) == ([], 1)
    texts = world.texts()
    assert json.loads(texts.pop("a.json"))["text"] == ""
    assert texts == {"a.txt": "", "a.srt": "", "a.vtt": "WEBVTT\n"}


async def test_captions_that_are_refused_for_words_fail_their_recording_alone(world: World) -> None:
    world.record("a.mp3")
    world.faults.add(SRT, NO_CAPTIONS, times=99)
    report = await world.run(formats=("txt", "srt"))
    (failed,) = report.failed
    assert "cannot be exported" in failed.error
    assert world.texts() == {}


async def test_a_text_that_the_service_cannot_cut_is_one_paragraph(world: World) -> None:
    world.record("a.mp3", "Hello you")
    world.faults.add(PARAGRAPHS, faults.reply(200, '{"paragraphs": []}'))
    await world.run(formats=("txt", "srt"))
    assert world.texts()["a.txt"] == "Hello you\n"
    assert "Hello you" in world.texts()["a.srt"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "trouble",
    [
        faults.error(503, "busy"),
        faults.reset,
        faults.error(400, "Transcript lookup error"),
        faults.reply(200, "<html><title>Back soon</title></html>"),
    ],
)
async def test_trouble_with_any_part_costs_no_file_and_no_second_payment(
    world: World, call: str, trouble: faults.Trouble
) -> None:
    world.record("a.mp3")
    world.faults.add(call, trouble, times=2)
    report = await world.run(formats=ALL)
    assert report.failed == []
    assert len(world.texts()) == len(ALL)
    assert world.service.books.transcripts == 1


@pytest.mark.parametrize("formats", [("json",), ("srt",)])
async def test_a_transcript_that_is_shown_as_unfinished_again_is_fetched_later(
    world: World, formats: tuple[str, ...]
) -> None:
    world.record("a.mp3", "Hello you")
    world.faults.add(STATUS, faults.reply(200, '{"id": "x", "status": "processing"}'), times=3)
    assert (await world.run(formats=formats)).failed == []
    (text,) = world.texts().values()
    assert "Hello" in text


async def test_a_transcript_that_was_deleted_is_written_in_no_format(world: World) -> None:
    world.record("a.mp3")
    gone = (
        '{"id": "x", "status": "completed", "text": "Deleted by user.", '
        '"audio_url": "http://deleted_by_user"}'
    )
    world.faults.add(STATUS, faults.reply(200, gone), times=99)
    (failed,) = (await world.run(formats=("json",))).failed
    assert "deleted at the service" in failed.error
    assert world.texts() == {}


async def test_a_stem_stays_with_its_recording_when_the_formats_change(world: World) -> None:
    world.record("call.mp3", "from mp3")
    await world.run()
    world.record("call.aac", "from aac")  # the first by name, had it been there
    await world.run(formats=("srt",))
    texts = world.texts()
    assert texts["call.txt"] == "from mp3\n"
    assert "from mp3" in texts["call.srt"]
    assert "from aac" in texts["call.aac.srt"]


async def test_what_all_formats_have_costs_nothing_and_a_missing_one_leaves_the_others_alone(
    world: World,
) -> None:
    world.record("a.mp3", "Hello you")
    await world.run(formats=("txt", "srt"))
    submits = world.faults.count(SUBMIT)
    for formats in (("txt",), ("srt",), ("srt", "txt")):
        assert (await world.run(formats=formats)).already_written == 1
    assert world.faults.count(SUBMIT) == submits
    (world.out / "a.txt").write_text("corrected by hand")
    assert (await world.run(formats=("txt", "vtt"))).written == 1
    assert world.texts()["a.txt"] == "corrected by hand"
    assert world.texts()["a.vtt"].startswith("WEBVTT")


async def test_a_format_that_there_is_not_is_refused_before_anything_is_done(world: World) -> None:
    world.record("a.mp3")
    with pytest.raises(FatalError, match="no such format: srtt; there are txt, srt, vtt, json") as caught:
        await world.run(formats=("txt", "srtt"))
    assert caught.value.exit_code is ExitCode.USAGE
    assert world.faults.arrivals == []
    assert not world.out.exists()
