"""What a format is, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Part(StrEnum):
    """What the service can be asked for of a transcript; each is a call of the API."""

    PARAGRAPHS = "paragraphs"
    TRANSCRIPT = "transcript"
    SRT = "srt"
    VTT = "vtt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the service gave; what no format needs may be empty.

    Attributes:
        paragraphs: Their texts; the whole text as one, where the service could not cut it.
        transcript: The transcript's JSON as it came.
        srt: Subtitles in SubRip form; empty where there are no words.
        vtt: Subtitles in WebVTT form; empty where there are no words.
    """

    paragraphs: tuple[str, ...] = ()
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
