"""A completed transcript as files: fetch what their formats need, make each.

Nothing here knows of jobs: the id of a transcript and the places to write to are enough, so a
transcript of an earlier run is exported in the same way.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

from batch_transcriber.engine.outputs import Output
from batch_transcriber.engine.passages import have_words, of_paragraphs, of_transcript, of_utterances
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.formats import FORMATS, Part, Parts
from batch_transcriber.model import TranscriptStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from batch_transcriber.client import (
        Paragraphs,
        Sentences,
        Transcript,
        TranscriptionClient,
        WholeTranscript,
    )
    from batch_transcriber.client.replies import CaptionKind
    from batch_transcriber.formats import Passage
    from batch_transcriber.journal import Entry
    from batch_transcriber.model import Origin

    Passages: TypeAlias = tuple[Passage, ...]
T = TypeVar("T")
_AUDIO_URL = re.compile(r'"audio_url"\s*:\s*"(?:[^"\\]|\\.)*"')  # within a text, its quotes are escaped
DELETED_URL = "http://deleted_by_user"  # what the service shows for the audio of a deleted transcript


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the service gave of a transcript; `parts` do not say yet whose it is.

    Attributes:
        warnings: The service's own, as far as it was asked for what holds them: the whole transcript.
    """

    parts: Parts
    has_words: bool
    warnings: tuple[str, ...] = ()

    @property
    def audio_duration_s(self) -> float | None:
        """None if not told."""
        return self.parts.audio_duration_s

    @property
    def speech_model_used(self) -> str | None:
        """None if not told."""
        return self.parts.speech_model_used


async def fetch(client: TranscriptionClient, transcript_id: str, formats: Iterable[str]) -> Fetched:
    """Fetch what these formats need, each part once.

    Whatever they are, it is known in the end whether there are words, and how long the audio is:
    subtitles of no words are not asked for, since the service may refuse them.

    Raises:
        RetryableError: it cannot be had now.
        PermanentError: the service refuses.
    """
    needs = frozenset[Part]().union(*(FORMATS[name].NEEDS for name in formats))
    told: list[Paragraphs | Sentences | Transcript] = []
    cut: dict[Part, Passages] = {}
    uncut: Passages = ()
    body, language_code = "", None
    warnings: tuple[str, ...] = ()
    if Part.PARAGRAPHS in needs:
        told.append(paragraphs := await client.paragraphs(transcript_id))
        cut[Part.PARAGRAPHS] = of_paragraphs(paragraphs.paragraphs)
    if Part.SENTENCES in needs:
        told.append(sentences := await client.sentences(transcript_id))
        cut[Part.SENTENCES] = of_utterances(sentences.sentences)
    if Part.TRANSCRIPT in needs or not cut or not all(map(have_words, cut.values())):
        # Nobody asked for pieces, nothing was said, or the service could not cut what was said.
        whole = _completed(await client.whole(transcript_id))
        told.append(whole.transcript)
        warnings = whole.transcript.warnings
        body, language_code, uncut = whole.body, whole.transcript.language_code, of_transcript(whole)
        cut = {part: passages if have_words(passages) else uncut for part, passages in cut.items()}
    has_words = any(map(have_words, [*cut.values(), uncut]))
    chars = client.settings.chars_per_caption

    async def captions(kind: CaptionKind) -> str:
        return await client.captions(transcript_id, kind, chars_per_caption=chars) if has_words else ""

    return Fetched(
        Parts(
            audio_duration_s=_first(reply.audio_duration for reply in told),
            speech_model_used=_first(reply.speech_model_used for reply in told),
            language_code=language_code,
            paragraphs=cut.get(Part.PARAGRAPHS, ()),
            sentences=cut.get(Part.SENTENCES, ()),
            transcript=body,
            srt=await captions("srt") if Part.SRT in needs else "",
            vtt=await captions("vtt") if Part.VTT in needs else "",
        ),
        has_words,
        warnings,
    )


def outputs_of(fetched: Fetched, paths: Mapping[str, Path], origin: Origin, entry: Entry) -> Iterator[Output]:
    """Yield a file for each format.

    Args:
        fetched: What the service gave for these formats.
        paths: Where the files go, by the name of their format.
        origin: The recording as it was sent.
        entry: Its transcript.
    """
    parts = replace(fetched.parts, name=_name(origin), recorded_on=_day(origin))
    if origin.is_object:  # what was fetched from is signed, and no text is to open it to others
        body = _AUDIO_URL.sub(lambda _: f'"audio_url": {json.dumps(origin.source)}', parts.transcript)
        parts = replace(parts, transcript=body)
    for name, path in paths.items():
        yield Output(path, FORMATS[name].to_text(parts), origin, entry)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _name(origin: Origin) -> str:
    if origin.size_bytes is not None:
        return PurePath(origin.source).name
    parts = urlsplit(origin.source)  # whose query may be somebody's key
    return unquote(parts.path).rstrip("/").rpartition("/")[2] or parts.hostname or ""


def _day(origin: Origin) -> date | None:
    if origin.mtime_ns is None:
        return None
    try:
        return datetime.fromtimestamp(origin.mtime_ns / 1e9, UTC).astimezone().date()
    except (OverflowError, OSError, ValueError):  # a clock far from any calendar
        return None


def _completed(whole: WholeTranscript) -> WholeTranscript:
    """Return a transcript, unless it is not what a list, or another machine of the service, said it was."""
    if whole.transcript.status != TranscriptStatus.COMPLETED:
        raise RetryableError(f"the service shows the transcript as {whole.transcript.status!r} again")
    if whole.transcript.audio_url == DELETED_URL:
        raise PermanentError("the transcript was deleted at the service; --force asks, and pays, for another")
    return whole
