"""A completed transcript as files: fetch what their formats need, write each.

Nothing here knows of jobs: the id of a transcript and the places to write to are enough, so a
transcript of an earlier run is exported in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_transcriber.engine.write import write_output
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.formats import FORMATS, Part, Parts
from batch_transcriber.model import TranscriptStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from batch_transcriber.client import Paragraphs, Transcript, TranscriptionClient, WholeTranscript
    from batch_transcriber.journal import Entry, Journal
    from batch_transcriber.model import Origin

DELETED_URL = "http://deleted_by_user"  # what the service shows for the audio of a deleted transcript


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the service gave of a transcript.

    Attributes:
        audio_duration_s: None if not told.
        speech_model_used: Likewise.
    """

    parts: Parts
    audio_duration_s: float | None
    speech_model_used: str | None
    has_words: bool


async def fetch(client: TranscriptionClient, transcript_id: str, formats: Iterable[str]) -> Fetched:
    """Fetch what these formats need, each part once.

    Whatever they are, it is known in the end whether there are words, and how long the audio is:
    subtitles of no words are not asked for, since the service may refuse them.

    Raises:
        RetryableError: it cannot be had now.
        PermanentError: the service refuses.
    """
    needs = frozenset[Part]().union(*(FORMATS[name].NEEDS for name in formats))
    told: Paragraphs | Transcript | None = None
    paragraphs: tuple[str, ...] = ()
    body = ""
    if Part.PARAGRAPHS in needs:
        told = reply = await client.paragraphs(transcript_id)
        paragraphs = tuple(paragraph.text for paragraph in reply.paragraphs)
    if Part.TRANSCRIPT in needs or not _has_words(paragraphs):
        # No paragraphs: nobody asked, nothing was said, or the service could not cut what was said.
        whole = _completed(await client.whole(transcript_id))
        told, body = whole.transcript, whole.body
        paragraphs = paragraphs if _has_words(paragraphs) else (whole.transcript.text or "",)
    has_words = _has_words(paragraphs)
    parts = Parts(
        paragraphs=paragraphs,
        transcript=body,
        srt=await client.captions(transcript_id, "srt") if has_words and Part.SRT in needs else "",
        vtt=await client.captions(transcript_id, "vtt") if has_words and Part.VTT in needs else "",
    )
    duration_s, model = (told.audio_duration, told.speech_model_used) if told else (None, None)
    return Fetched(parts, duration_s, model, has_words)


def write_all(
    journal: Journal, fetched: Fetched, outputs: Mapping[str, Path], origin: Origin, entry: Entry
) -> None:
    """Write a file for each format; blocking, and safe to call again.

    Args:
        journal: Gets a record of each.
        fetched: What the service gave for these formats.
        outputs: Where the files go, by the name of their format.
        origin: The recording as it was sent.
        entry: Its transcript.

    Raises:
        FatalError: the disk is full, or output folder or journal cannot be written to.
        PermanentError: one of these paths cannot be written.
    """
    for name, path in outputs.items():
        write_output(journal, path, FORMATS[name].to_text(fetched.parts), origin, entry)


def _has_words(paragraphs: Iterable[str]) -> bool:
    return any(paragraph.strip() for paragraph in paragraphs)


def _completed(whole: WholeTranscript) -> WholeTranscript:
    """Return a transcript, unless it is not what a list, or another machine of the service, said it was."""
    if whole.transcript.status != TranscriptStatus.COMPLETED:
        raise RetryableError(f"the service shows the transcript as {whole.transcript.status!r} again")
    if whole.transcript.audio_url == DELETED_URL:
        raise PermanentError("the transcript was deleted at the service; --force asks, and pays, for another")
    return whole
