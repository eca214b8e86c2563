"""Whisper's words as ours."""

from __future__ import annotations

from dataclasses import dataclass

from batch_transcriber.model import Word
from batch_transcriber.server.listening import words_of


@dataclass
class Part:
    word: str
    start: float
    end: float
    probability: float


def test_words_are_trimmed_and_moved_to_their_place_in_the_recording() -> None:
    assert words_of([Part(" Hello", 0.0, 0.42, 0.9), Part(" there.", 0.5, 1.0, 0.8)], start_s=300.5) == [
        Word("Hello", 300_500, 300_920, 0.9),
        Word("there.", 301_000, 301_500, 0.8),
    ]


def test_what_has_no_space_before_it_belongs_to_the_word_before() -> None:
    parts = [Part(" 10", 0.0, 0.2, 0.9), Part(",000", 0.2, 0.6, 0.7), Part(" well", 0.7, 0.9, 0.6)]
    assert words_of([*parts, Part("-known", 0.9, 1.2, 0.8)], start_s=0.0) == [
        Word("10,000", 0, 600, 0.7),
        Word("well-known", 700, 1200, 0.6),
    ]


def test_a_part_without_letters_is_no_word() -> None:
    assert words_of([Part(" ", 0.0, 0.2, 0.9), Part("Hi", 0.2, 0.4, 0.9)], start_s=0.0) == [
        Word("Hi", 200, 400, 0.9)
    ]
