"""How words are written: the options that change their text, and never what was heard or when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batch_transcriber.server.profanity import masked
from batch_transcriber.server.spacing import CLOSING, OPENING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from batch_transcriber.model import Word

_OPENING = "\"'([{\u201c\u2018\u201e\u00ab\u00bf\u00a1\u2014\u2013" + OPENING
_CLOSING = (
    CLOSING + "\"')]}\u201d\u2019\u00bb.,?!;:\u2026\u2014\u2013-\u3002\u3001\uff0c\uff1f\uff01\uff1b\uff1a"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A word apart from the marks around it.

    Attributes:
        is_respelled: Its text is what its user wants it to be, and is not to be touched.
    """

    word: Word
    opening: str
    text: str
    closing: str
    is_respelled: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """How a transcript is to be written.

    Attributes:
        spellings: By the words of a phrase, folded: what is written in its place.
    """

    spellings: Mapping[tuple[str, ...], str]
    punctuate: bool = True
    format_text: bool = True
    filter_profanity: bool = False

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Self:
        """Return what a transcript's options ask for; they were checked before."""
        return cls(
            spellings=_spellings(options.get("custom_spelling")),
            punctuate=options.get("punctuate") is not False,
            format_text=options.get("format_text") is not False,
            filter_profanity=options.get("filter_profanity") is True,
        )

    @property
    def is_plain(self) -> bool:
        """Whether nothing is to be changed."""
        return not self.spellings and self.punctuate and self.format_text and not self.filter_profanity

    def written(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Return words as they are to be written; a respelled phrase becomes one, a lone mark may go.

        A phrase is never looked for over a mark, so sentences may be written one by one or together.

        Args:
            words: What one speaker says without a pause.
        """
        if self.is_plain:
            return tuple(words)
        pieces = self._respelled([_piece(word) for word in words])
        texts = ((piece.word, self._text(piece)) for piece in pieces)
        return tuple(replace(word, text=text) for word, text in texts if text)

    def _text(self, piece: Piece) -> str:
        text = piece.text
        if not self.format_text and not piece.is_respelled:
            text = text.lower()
        if self.filter_profanity:
            text = masked(text)
        return f"{piece.opening}{text}{piece.closing}" if self.punctuate else text

    def _respelled(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        longest = max(map(len, self.spellings), default=0)
        position = 0
        while position < len(pieces):
            for count in range(min(longest, len(pieces) - position), 0, -1):
                phrase = pieces[position : position + count]
                spelling = self.spellings.get(tuple(folded(piece.text) for piece in phrase))
                if spelling is not None and _is_unbroken(phrase):
                    yield _joined(phrase, spelling)
                    position += count
                    break
            else:
                yield pieces[position]
                position += 1


def without_marks(text: str) -> str:
    """Return a word without the punctuation around it; marks inside it stay."""
    return text.lstrip(_OPENING).rstrip(_CLOSING)


def folded(text: str) -> str:
    """Return the same for words that are written alike but for case and the form of an apostrophe."""
    return text.casefold().replace("\u2019", "'")


def phrase_key(phrase: str) -> tuple[str, ...]:
    """Return a phrase as its words, so that it is found whatever its case and marks."""
    return tuple(folded(without_marks(word)) for word in phrase.split() if without_marks(word))


def _piece(word: Word) -> Piece:
    text = word.text.lstrip(_OPENING)
    opening = word.text[: len(word.text) - len(text)]
    bare = text.rstrip(_CLOSING)
    return Piece(word, opening, bare, text[len(bare) :])


def _is_unbroken(phrase: Sequence[Piece]) -> bool:
    return not any(piece.closing for piece in phrase[:-1]) and not any(piece.opening for piece in phrase[1:])


def _joined(phrase: Sequence[Piece], text: str) -> Piece:
    """Return a phrase as one word, from the start of its first to the end of its last."""
    first, last = phrase[0], phrase[-1]
    confidence = min(piece.word.confidence for piece in phrase)
    word = replace(first.word, end_ms=last.word.end_ms, confidence=confidence)
    return Piece(word, first.opening, text, last.closing, is_respelled=True)


def _spellings(asked: object) -> dict[tuple[str, ...], str]:
    spellings: dict[tuple[str, ...], str] = {}
    for item in asked if isinstance(asked, list) else ():
        for phrase in item["from"]:
            spellings.setdefault(phrase_key(phrase), item["to"].strip())
    return spellings
