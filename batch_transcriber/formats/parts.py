"""What a format is, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date


class Part(StrEnum):
    """What the service can be asked for of a transcript; each is a call of the API."""

    PARAGRAPHS = "paragraphs"
    SENTENCES = "sentences"
    TRANSCRIPT = "transcript"
    SRT = "srt"
    VTT = "vtt"


@dataclass(frozen=True, slots=True)
class Passage:
    """Something said in one go by one speaker: a paragraph, or a piece of one, or a sentence.

    Attributes:
        text: As the service wrote it.
        start_ms: From the start of the audio, milliseconds; None if not told, as `end_ms`.
        speaker: The service's label, such as `A`, or a name; None where it tells no speakers apart.
    """

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A transcript in pieces; those that no format needs may be empty.

    Attributes:
        name: Of the recording: its file's, or the last part of its URL.
        recorded_on: When the recording was last changed, in this machine's time zone; None for a URL.
        audio_duration_s: Length of the recording; None if not told.
        speech_model_used: None if not told; surely told with `TRANSCRIPT`, as the language.
        language_code: In the service's words, such as `en_us`.
        paragraphs: In order, each of one speaker; all that was said as one, where the service could not
            cut it.
        sentences: Likewise.
        transcript: The transcript's JSON as it came.
        srt: Subtitles in SubRip form; empty where there are no words.
        vtt: Subtitles in WebVTT form; empty where there are no words.
    """

    name: str = ""
    recorded_on: date | None = None
    audio_duration_s: float | None = None
    speech_model_used: str | None = None
    language_code: str | None = None
    paragraphs: tuple[Passage, ...] = ()
    sentences: tuple[Passage, ...] = ()
    transcript: str = ""
    srt: str = ""
    vtt: str = ""


class Format(Protocol):
    """A way to write a transcript into a file; a module of these names is one.

    Attributes:
        NAME: What people type.
        SUFFIX: Of its files, with the one dot that it has.
        NEEDS: The parts that it is made of.
    """

    NAME: str
    SUFFIX: str
    NEEDS: frozenset[Part]

    def to_text(self, parts: Parts) -> str:
        """Return the file's text. Pure."""
