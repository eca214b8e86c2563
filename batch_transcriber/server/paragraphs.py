"""Words into sentences and paragraphs."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_transcriber.model import Word

PAUSE_MS = 800  # a longer silence after a sentence starts a paragraph
FULL_WORDS = 90  # a paragraph this long ends with its sentence, pause or not
_CLOSING = "\"')]}\u2019\u201d\u00bb"  # what may follow a sentence's last mark


def sentences(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Cut words after each final . ? or !; the parts joined are the words again."""
    sentence: list[Word] = []
    for word in words:
        sentence.append(word)
        if _ends_sentence(word):
            yield tuple(sentence)
            sentence = []
    if sentence:
        yield tuple(sentence)


def paragraphs(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Gather sentences up to a pause, or up to 90 words; the parts joined are the words again."""
    paragraph: list[Word] = []
    for sentence, following in pairwise(chain(sentences(words), [()])):
        paragraph.extend(sentence)
        pause_ms = following[0].start_ms - sentence[-1].end_ms if following else PAUSE_MS + 1
        if pause_ms > PAUSE_MS or len(paragraph) >= FULL_WORDS:
            yield tuple(paragraph)
            paragraph = []


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip(_CLOSING).endswith((".", "?", "!"))
