"""Plain text: paragraphs with one empty line between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def paragraphs_to_txt(paragraphs: Iterable[str]) -> str:
    """Return the paragraphs as a text that ends with a newline; empty where no words are in them."""
    text = "\n\n".join(stripped for paragraph in paragraphs if (stripped := paragraph.strip()))
    return text + "\n" if text else ""
