"""Plain text: paragraphs with one empty line between them."""

from __future__ import annotations

from batch_transcriber.formats.parts import Part, Parts

NAME = "txt"
SUFFIX = ".txt"
NEEDS = frozenset({Part.PARAGRAPHS})


def to_text(parts: Parts) -> str:
    """Return the paragraphs as a text that ends with a newline; empty where no words are in them."""
    text = "\n\n".join(stripped for paragraph in parts.paragraphs if (stripped := paragraph.strip()))
    return text + "\n" if text else ""
