"""Words into what each channel says in turn."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from batch_transcriber.server.paragraphs import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_transcriber.model import Word

PAUSE_MS = 2000  # a longer silence ends a turn, even where nobody else speaks


def turns(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Cut words where another channel begins to speak or all are silent; turns come by their start.

    Nobody is cut off within a sentence, so turns of two channels may overlap. Words without a channel are
    one turn, however long.

    Args:
        words: By the time of their start.
    """
    channels: defaultdict[int | None, list[Word]] = defaultdict(list)
    for word in words:
        channels[word.channel].append(word)
    if set(channels) <= {None}:
        return [tuple(words)] if words else []
    parts = [
        part for heard in channels.values() for sentence in sentences(heard) for part in _parts(sentence)
    ]
    parts.sort(key=lambda part: (part[0].start_ms, part[0].channel or 0))
    joined: list[list[Word]] = []
    for part in parts:
        if joined and _goes_on(joined[-1][-1], part[0]):
            joined[-1].extend(part)
        else:
            joined.append(list(part))
    return [tuple(turn) for turn in joined]


def _parts(sentence: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Cut a sentence at its pauses."""
    start = 0
    for position, (word, following) in enumerate(pairwise(sentence), start=1):
        if not _goes_on(word, following):
            yield sentence[start:position]
            start = position
    yield sentence[start:]


def _goes_on(word: Word, following: Word) -> bool:
    return word.channel == following.channel and following.start_ms - word.end_ms <= PAUSE_MS
