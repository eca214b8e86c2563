"""Who speaks: paragraphs with the speaker at the beginning of each turn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_transcriber.formats.parts import Passage

UNKNOWN = "Unknown speaker"
_LABEL = re.compile(r"[A-Z]{1,2}|\d+[A-Z]?")  # what is longer is a name or a role, and stands for itself


def turns(passages: Iterable[Passage]) -> Iterator[tuple[str, Passage]]:
    """Yield what has words, after who begins to speak with it: empty where the speaker goes on.

    Nobody is ever named where no passage has a speaker. Where some have, one without is not given to
    whoever spoke before.
    """
    said = [(_name(passage.speaker), passage) for passage in passages if passage.text.strip()]
    is_told = any(name for name, _ in said)
    before = ""
    for name, passage in said:
        who = name or (UNKNOWN if is_told else "")
        yield "" if who == before else who, passage
        before = who


def one_line(text: str) -> str:
    """Return a text without breaks of lines."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


def _name(speaker: str | None) -> str:
    label = one_line(speaker or "")
    return f"Speaker {label}" if _LABEL.fullmatch(label) else label
