"""Where words and phrases are in a transcript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.wording import folded, phrase_key, without_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_transcriber.model import Word

MAX_WORDS = 5  # of one phrase


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that was found.

    Attributes:
        text: As it was asked for.
        timestamps_ms: From where to where, each time that it is said.
        indexes: Of its first word among all words, likewise.
    """

    text: str
    timestamps_ms: list[tuple[int, int]]
    indexes: list[int]


def read_phrases(asked: Sequence[str]) -> list[str]:
    """Return what is to be found, each once.

    Args:
        asked: Words and phrases with commas between them.

    Raises:
        RefusedError: There are none, or one has too many words.
    """
    phrases = {
        phrase_key(phrase): phrase.strip()
        for part in asked
        for phrase in part.split(",")
        if phrase_key(phrase)
    }
    if not phrases:
        raise RefusedError('"words" must hold one or more words or phrases, with commas between them')
    if any(len(key) > MAX_WORDS for key in phrases):
        raise RefusedError(f'"words" may hold phrases of up to {MAX_WORDS} words')
    return list(phrases.values())


def search(turns: Sequence[Sequence[Word]], phrases: Sequence[str]) -> list[Match]:
    """Return which phrases are said, and where; those that nobody says are left out.

    Args:
        turns: All words; a phrase is looked for within one of them.
        phrases: As `read_phrases` returns them.
    """
    matches = {phrase_key(phrase): Match(phrase, [], []) for phrase in phrases}
    lengths = {len(key) for key in matches}
    first = 0
    for turn in turns:
        keys = [folded(without_marks(word.text)) for word in turn]
        for position, word in enumerate(turn):
            for length in lengths:
                match = matches.get(tuple(keys[position : position + length]))
                if match is not None and position + length <= len(turn):
                    match.timestamps_ms.append((word.start_ms, turn[position + length - 1].end_ms))
                    match.indexes.append(first + position)
        first += len(turn)
    return [match for match in matches.values() if match.indexes]
