"""JSON: the whole transcript, for programs that want its words, times and speakers."""

from __future__ import annotations

import json
import re

from batch_transcriber.formats.parts import Part, Parts

NAME = "json"
SUFFIX = ".json"
NEEDS = frozenset({Part.TRANSCRIPT})
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")  # JSON can spell it, UTF-8 cannot hold it


def to_text(parts: Parts) -> str:
    """Return all that the service gave, with an indent; its content is not changed."""
    text = json.dumps(json.loads(parts.transcript), indent=2, ensure_ascii=False)
    return _HALF_CHARACTER.sub(lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"
