"""Plain text: paragraphs with one empty line between them, and speakers where they are known."""

from __future__ import annotations

from batch_transcriber.formats.parts import Part, Parts
from batch_transcriber.formats.turns import turns

NAME = "txt"
SUFFIX = ".txt"
NEEDS = frozenset({Part.PARAGRAPHS})


def to_text(parts: Parts) -> str:
    """Return the paragraphs as a text that ends with a newline; empty where no words are in them."""
    text = "\n\n".join(
        f"{name}: {passage.text.strip()}" if name else passage.text.strip()
        for name, passage in turns(parts.paragraphs)
    )
    return text + "\n" if text else ""
