"""The client's calls for captions and for the whole transcript, over a real socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.events import Written
from tests.support import faults
from tests.support.faults import SRT, STATUS, VTT

if TYPE_CHECKING:
    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.client.replies import CaptionKind
    from tests.support.world import World

PAGE = faults.reply(200, "<html><title>Back soon</title></html>", {"Content-Type": "text/html"})


async def transcript_of(world: World, text: str) -> str:
    """Return the id of a completed transcript of these words."""
    world.record("a.mp3", text, size_bytes=500)
    await world.run()
    (written,) = [event for event in world.events if isinstance(event, Written)]
    return written.transcript_id


async def fetched(client: TranscriptionClient, transcript_id: str, kind: CaptionKind) -> str:
    async with client:
        return await client.captions(transcript_id, kind)


async def test_captions_come_as_the_service_wrote_them(world: World) -> None:
    transcript_id = await transcript_of(world, "Hello you")
    assert await fetched(world.client(), transcript_id, "srt") == (
        "1\n00:00:00,000 --> 00:00:00,600\nHello you\n\n"
    )
    assert await fetched(world.client(), transcript_id, "vtt") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.600\nHello you\n\n"
    )


async def test_captions_are_cut_as_asked_and_a_refused_number_is_said(world: World) -> None:
    transcript_id = await transcript_of(world, "Hello you there")
    async with world.client() as client:
        cut = await client.captions(transcript_id, "srt", chars_per_caption=9)
        assert cut.splitlines()[2::4] == ["Hello you", "there"]
        with pytest.raises(PermanentError, match="chars_per_caption must be an Integer above 0"):
            await client.captions(transcript_id, "srt", chars_per_caption=0)


async def test_sentences_come_with_their_times_and_the_length(world: World) -> None:
    transcript_id = await transcript_of(world, "Hello you. Good bye.")
    async with world.client() as client:
        reply = await client.sentences(transcript_id)
    assert [(one.text, one.start, one.end, one.speaker) for one in reply.sentences] == [
        ("Hello you.", 0, 600, None),
        ("Good bye.", 600, 1200, None),
    ]
    assert (reply.audio_duration, reply.speech_model_used) == (1, "scripted")


@pytest.mark.parametrize(("kind", "call"), [("srt", SRT), ("vtt", VTT)])
async def test_a_page_in_the_place_of_captions_is_asked_past(
    world: World, kind: CaptionKind, call: str
) -> None:
    transcript_id = await transcript_of(world, "Hello you")
    async with world.client(retries=1) as client:
        await client.status(transcript_id)
        world.faults.add(call, PAGE)
        assert "Hello you" in await client.captions(transcript_id, kind)
        world.faults.add(call, PAGE, times=2)
        with pytest.raises(RetryableError, match=r"cannot be read \(an HTML page, 'Back soon'\)"):
            await client.captions(transcript_id, kind)


async def test_a_transcript_that_is_not_there_has_no_captions(world: World) -> None:
    with pytest.raises(PermanentError, match="400"):
        await fetched(world.client(), "no-such-transcript", "srt")


async def test_a_whole_transcript_keeps_what_nobody_here_knows(world: World) -> None:
    transcript_id = await transcript_of(world, "Hello you")
    reply: dict[str, Any] = {"id": transcript_id, "status": "completed", "text": "é", "mood": {"calm": 0.25}}
    body = json.dumps(reply, ensure_ascii=False)
    world.faults.add(STATUS, faults.reply(200, body))
    async with world.client() as client:
        whole = await client.whole(transcript_id)
    assert whole.body == body
    assert (whole.transcript.id, whole.transcript.text) == (transcript_id, "é")
