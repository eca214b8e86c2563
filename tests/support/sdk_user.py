"""What users of the vendor's Python SDK write; run as a program, it prints what they get as JSON.

The address and the key come from the SDK's own environment variables: nothing else says where the service is.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import assemblyai as aai


def alone(recording: str) -> dict[str, Any]:
    """Transcribe a recording and take all that can be taken from it, then delete it."""
    transcript = aai.Transcriber().transcribe(recording)
    return {
        "status": transcript.status,
        "text": transcript.text,
        "words": [word.text for word in transcript.words],
        "confidence": transcript.confidence,
        "audio_duration": transcript.audio_duration,
        "model": transcript.speech_model_used,
        "paragraphs": [paragraph.text for paragraph in transcript.get_paragraphs()],
        "sentences": [sentence.text for sentence in transcript.get_sentences()],
        "srt": transcript.export_subtitles_srt(),
        "vtt": transcript.export_subtitles_vtt(chars_per_caption=20),
        "found": [[match.text, match.count] for match in transcript.word_search(["hello", "how are"])],
        "again": aai.Transcript.get_by_id(transcript.id).text,
        "deleted": aai.Transcript.delete_by_id(transcript.id).text,
    }


def with_options(recording: str) -> dict[str, Any]:
    """Ask for what the SDK has a way of its own to ask for, and wait apart from it."""
    config = aai.TranscriptionConfig(
        speech_models=["universal-3-5-pro", "universal-2"],
        punctuate=False,
        format_text=False,
        multichannel=True,
        keyterms_prompt=["Hello"],
        custom_spelling={"HOWDY": ["hello"]},
    )
    config.set_audio_slice(start=0, end=60_000)
    transcript = aai.Transcriber(config=config).submit(recording)
    transcript.wait_for_completion()
    return {"text": transcript.text, "turns": [[turn.channel, turn.text] for turn in transcript.utterances]}


def refused(recording: str) -> str:
    """Ask for what is refused."""
    try:
        aai.Transcriber().transcribe(recording, aai.TranscriptionConfig(speaker_labels=True))
    except aai.TranscriptError as error:
        return str(error)
    return "nothing was refused"


def failed(recording: str) -> list[Any]:
    """Transcribe what cannot be heard."""
    transcript = aai.Transcriber().transcribe(recording)
    return [transcript.status, transcript.error]


def grouped(recordings: list[str]) -> list[str]:
    """Transcribe several recordings at a time."""
    return sorted(transcript.text for transcript in aai.Transcriber().transcribe_group(recordings))


def listed() -> list[Any]:
    """Walk the list from the newest to the oldest, two at a time."""
    found: list[Any] = []
    parameters = aai.ListTranscriptParameters(limit=2)
    while True:
        page = aai.Transcriber().list_transcripts(parameters)
        found += [[item.status, bool(item.error)] for item in page.transcripts]
        if page.page_details.before_id_of_prev_url is None:
            return found
        parameters.before_id = page.page_details.before_id_of_prev_url


async def in_a_loop(recordings: list[str]) -> dict[str, Any]:
    """Do much of the same with the SDK's asynchronous half."""
    async with aai.AsyncTranscriber() as transcriber:
        transcript = await transcriber.transcribe(recordings[0])
        group = await transcriber.transcribe_group(recordings)
        return {
            "text": transcript.text,
            "paragraphs": [paragraph.text for paragraph in await transcript.get_paragraphs()],
            "srt": await transcript.export_subtitles_srt(),
            "found": [match.count for match in await transcript.word_search(["you"])],
            "group": sorted(one.text for one in group),
            "deleted": (await transcriber.delete_by_id(transcript.id)).text,
            "listed": len((await transcriber.list_transcripts()).transcripts),
        }


if __name__ == "__main__":
    recording, silent, *others = sys.argv[1:]
    told = {
        "alone": alone(recording),
        "with options": with_options(recording),
        "refused": refused(recording),
        "failed": failed(silent),
        "grouped": grouped([recording, *others]),
        "listed": listed(),
        "in a loop": asyncio.run(in_a_loop([recording, *others])),
    }
    print(json.dumps(told))
