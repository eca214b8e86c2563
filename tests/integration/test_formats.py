"""Several formats from one run: each call once, one stem a recording, nothing written that is there."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Written
from tests.support import faults
from tests.support.faults import PARAGRAPHS, SENTENCES, SRT, STATUS, SUBMIT, VTT

if TYPE_CHECKING:
    from tests.support.world import World

ALL = ("txt", "md", "srt", "vtt", "json", "tsv")
CALLS = (PARAGRAPHS, SENTENCES, STATUS, SRT, VTT)
NO_CAPTIONS = faults.error(400, "Transcript has no words, captions cannot be exported")


async def test_one_transcript_becomes_a_file_of_each_format(world: World) -> None:
    world.record("deep/a.mp3", "Hello you")
    report = await world.run(formats=ALL)
    texts = world.texts()
    assert list(texts) == [f"deep/a.{name}" for name in ("json", "md", "srt", "tsv", "txt", "vtt")]
    assert texts["deep/a.txt"] == "Hello you\n"
    assert texts["deep/a.srt"] == "1\n00:00:00,000 --> 00:00:00,600\nHello you\n\n"
    assert texts["deep/a.vtt"] == "WEBVTT\n\n00:00:00.000 --> 00:00:00.600\nHello you\n\n"
    assert texts["deep/a.md"].startswith("# a.mp3\n\n- Date: ")
    assert texts["deep/a.md"].endswith("- Language: en_us\n\n**[0:00:00]** Hello you\n")
    assert texts["deep/a.tsv"] == "start\tend\tspeaker\ttext\n0\t600\t\tHello you\n"
    assert json.loads(texts["deep/a.json"])["words"][0]["text"] == "Hello"
    assert (report.written, world.service.books.transcripts) == (1, 1)
    (written,) = [event for event in world.events if isinstance(event, Written)]
    assert written.outputs == tuple(world.out / f"deep/a.{name}" for name in ALL)
    assert written.job.output == world.out / "deep/a.txt"


@pytest.mark.parametrize(
    ("formats", "requests"),
    [
        (("txt",), [1, 0, 0, 0, 0]),
        (("md",), [1, 0, 1, 0, 0]),
        (("tsv",), [0, 1, 0, 0, 0]),
        (("json",), [0, 0, 1, 0, 0]),
        (("srt",), [0, 0, 1, 1, 0]),  # the transcript tells of words and of the length
        (("srt", "tsv"), [0, 1, 0, 1, 0]),  # and so do sentences
        (("txt", "vtt"), [1, 0, 0, 0, 1]),
        (("txt", "md", "json"), [1, 0, 1, 0, 0]),
        (ALL, [1, 1, 1, 1, 1]),
        (("txt", "txt"), [1, 0, 0, 0, 0]),
    ],
)
async def test_every_call_is_made_once_a_transcript_and_only_where_it_is_needed(
    world: World, formats: tuple[str, ...], requests: list[int]
) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.record(name)
    report = await world.run(formats=formats)
    made = [report.requests[name] for name in ("paragraphs", "sentences", "transcript", "srt", "vtt")]
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
    assert texts.pop("a.md").endswith("- Language: en_us\n")
    nothing = {"a.txt": "", "a.srt": "", "a.vtt": "WEBVTT\n", "a.tsv": "start\tend\tspeaker\ttext\n"}
    assert texts == nothing


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
    world.faults.add(SENTENCES, faults.reply(200, '{"sentences": []}'))
    await world.run(formats=("txt", "srt", "tsv"))
    assert world.texts()["a.txt"] == "Hello you\n"
    assert world.texts()["a.tsv"].splitlines()[1:] == ["\t\t\tHello you"]
    assert "Hello you" in world.texts()["a.srt"]


def said(text: str, *words: tuple[str, str], **more: object) -> dict[str, object]:
    """Return a piece of a transcript as the service gives it, with a word a second."""
    spoken = [
        {"text": word, "start": at * 1000, "end": at * 1000 + 900, "confidence": 0.9, "speaker": who}
        for at, (word, who) in enumerate(words)
    ]
    return {"text": text, "start": 0, "end": 900, "confidence": 0.9, "words": spoken, **more}


async def test_speakers_cost_no_further_request_and_are_named_in_all_that_people_read(world: World) -> None:
    world.record("a.mp3")
    paragraphs = [
        said("Who are you? Ann.", ("Who", "A"), ("are", "A"), ("you?", "A"), ("Ann.", "B")),
        said("Ann Lee.", ("Ann", "B"), ("Lee.", "B"), start=4000),
    ]
    sentences = [said("Who are you?", speaker="A"), said("Ann.", speaker="B")]
    world.faults.add(PARAGRAPHS, faults.reply(200, json.dumps({"paragraphs": paragraphs})), times=2)
    world.faults.add(SENTENCES, faults.reply(200, json.dumps({"sentences": sentences})))
    report = await world.run(formats=("txt",))
    assert (report.requests["paragraphs"], report.requests["transcript"]) == (1, 0)
    await world.run(formats=("md", "tsv"))
    texts = world.texts()
    assert texts["a.txt"] == "Speaker A: Who are you?\n\nSpeaker B: Ann.\n\nAnn Lee.\n"
    assert texts["a.md"].endswith(
        "**[0:00:00] Speaker A:** Who are you?\n\n**[0:00:03] Speaker B:** Ann.\n\n**[0:00:04]** Ann Lee.\n"
    )
    assert [row.split("\t")[2:] for row in texts["a.tsv"].splitlines()[1:]] == [
        ["A", "Who are you?"],
        ["B", "Ann."],
    ]


async def test_channels_at_the_same_time_are_read_from_their_utterances(world: World) -> None:
    world.record("a.mp3")
    mixed = said("Hello Hi you.")
    mixed["words"] = [
        {"text": word, "start": 0, "end": 1, "speaker": channel, "channel": channel}
        for word, channel in (("Hello", "1"), ("Hi", "2"), ("you.", "1"))
    ]
    utterances = [said("Hello you.", speaker="1", channel="1"), said("Hi", speaker="2", channel="2")]
    whole = {"id": "x", "status": "completed", "text": "Hello Hi you.", "utterances": utterances}
    world.faults.add(PARAGRAPHS, faults.reply(200, json.dumps({"paragraphs": [mixed]})))
    world.faults.add(STATUS, faults.reply(200, json.dumps(whole)), times=99)
    report = await world.run()
    assert world.texts()["a.txt"] == "Channel 1: Hello you.\n\nChannel 2: Hi\n"
    assert (report.requests["paragraphs"], report.requests["transcript"]) == (1, 1)


async def test_a_document_is_of_the_recording_beside_which_it_would_lie(world: World) -> None:
    for name, day in (("call.mp3", 86_400 * 365), ("copy of a [call].mp3", 86_400 * 400)):
        os.utime(world.record(name, "Hello you"), (day, day + 43_200))
    report = await world.run(formats=("md",))
    assert (report.written, world.service.books.transcripts) == (2, 1)
    heads = [text.partition("\n- Duration")[0] for text in world.texts().values()]
    assert heads == [
        "# call.mp3\n\n- Date: 1971-01-01",
        "# copy of a \\[call\\].mp3\n\n- Date: 1971-02-05",
    ]


async def test_a_document_of_a_url_has_its_name_and_nothing_that_may_be_a_key(world: World) -> None:
    world.faults.add("GET /talks/.*", faults.reply(200, "Hello you"), times=9)
    url = f"{world.service.base_url}/talks/my%20talk.mp3?token=hush"
    assert (await world.run(url, formats=("md",))).failed == []
    (text,) = world.texts().values()
    assert text.startswith("# my talk.mp3\n\n- Duration: ")


async def test_captions_are_as_long_as_they_may_be_and_stay_so_until_they_are_deleted(world: World) -> None:
    world.record("a.mp3", "Hello you there")
    await world.run(formats=("srt", "vtt"), chars_per_caption=9)
    assert [line for line in world.texts()["a.srt"].splitlines() if " --> " not in line] == (
        ["1", "Hello you", "", "2", "there", ""]
    )
    cut = world.texts()["a.vtt"]
    assert cut.endswith("Hello you\n\n00:00:00.600 --> 00:00:00.900\nthere\n\n")
    (world.out / "a.srt").unlink()
    await world.run(formats=("srt", "vtt"), chars_per_caption=80)
    assert "Hello you there" in world.texts()["a.srt"]
    assert world.texts()["a.vtt"] == cut
    assert world.service.books.transcripts == 1


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
    with pytest.raises(
        FatalError, match="no such format: srtt; there are txt, md, srt, vtt, json, tsv"
    ) as caught:
        await world.run(formats=("txt", "srtt"))
    assert caught.value.exit_code is ExitCode.USAGE
    assert world.faults.arrivals == []
    assert not world.out.exists()
