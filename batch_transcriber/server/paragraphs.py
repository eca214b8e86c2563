"""Words into sentences and paragraphs."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING

from batch_transcriber.server.spacing import CLOSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_transcriber.model import Word

PAUSE_MS = 800  # a longer silence after a sentence starts a paragraph
FULL_WORDS = 90  # a paragraph this long ends with its sentence, pause or not
_CLOSING = f"\"')]}}\u2019\u201d\u00bb{CLOSING}"  # what may follow a sentence's last mark
_MARKS = tuple(
    ".?!\u3002\uff0e\uff61\uff1f\uff01\u0964\u06d4\u061f\u0589\u104b\u17d4\u1362"
)  # of all scripts


def sentences(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Cut words after each final . ? or ! of any script; the parts joined are the words again."""
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
    return word.text.rstrip(_CLOSING).endswith(_MARKS)
