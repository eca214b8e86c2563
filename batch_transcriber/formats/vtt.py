"""WebVTT subtitles, as the service cut them."""

from __future__ import annotations

from batch_transcriber.formats.parts import Part, Parts

NAME = "vtt"
SUFFIX = ".vtt"
NEEDS = frozenset({Part.VTT})
NO_CUES = "WEBVTT\n"  # an empty file is no WebVTT, and players refuse it


def to_text(parts: Parts) -> str:
    """Return the service's own file; the header alone where there are no words."""
    return parts.vtt or NO_CUES
