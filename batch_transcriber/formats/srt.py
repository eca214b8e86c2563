"""SubRip subtitles, as the service cut them."""

from __future__ import annotations

from batch_transcriber.formats.parts import Part, Parts

NAME = "srt"
SUFFIX = ".srt"
NEEDS = frozenset({Part.SRT})


def to_text(parts: Parts) -> str:
    """Return the service's own file; empty where there are no words, for SubRip has no header."""
    return parts.srt
