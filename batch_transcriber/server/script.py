"""A transcript's words, cut as the recogniser punctuated them and written as they were asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from batch_transcriber.server.paragraphs import paragraphs, sentences
from batch_transcriber.server.turns import turns
from batch_transcriber.server.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batch_transcriber.model import Word

    Parts = Sequence[tuple[Word, ...]]
    Cut = Callable[[Sequence[Word]], Iterable[tuple[Word, ...]]]


class Script:
    """What all replies about a transcript are made from: however cut, the same words in the same order.

    Args:
        heard: By the time of their start.
        options: The transcript's.
    """

    def __init__(self, heard: Sequence[Word], options: Mapping[str, object]) -> None:
        self._turns = turns(heard)
        self._wording = Wording.of(options)

    @cached_property
    def turns(self) -> Parts:
        """What each channel says in turn; all of it where channels are not told apart."""
        return self._written(self._turns)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """All words, turn by turn."""
        return tuple(word for turn in self.turns for word in turn)

    @property
    def has_channels(self) -> bool:
        """Whether channels were told apart, and somebody spoke."""
        return any(word.channel is not None for turn in self._turns[:1] for word in turn)

    def sentences(self) -> Parts:
        """All sentences, each of one channel."""
        return self._cut(sentences)

    def paragraphs(self) -> Parts:
        """All paragraphs, each of one channel."""
        return self._cut(paragraphs)

    def _cut(self, cut: Cut) -> Parts:
        return self._written(part for turn in self._turns for part in cut(turn))

    def _written(self, parts: Iterable[Sequence[Word]]) -> Parts:
        """Return parts as they are written; of one that was nothing but marks, nothing may be left."""
        written = (self._wording.written(part) for part in parts)
        return [part for part in written if part]
