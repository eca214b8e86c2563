"""What options do to the words' text, and that they do it to nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.model import Word
from batch_transcriber.server.paragraphs import sentences
from batch_transcriber.server.profanity import masked
from batch_transcriber.server.wording import Wording

SPELLING = [
    {"from": ["new york", "Big Apple"], "to": "NYC"},
    {"from": ["c plus plus"], "to": "C++"},
    {"from": ["York"], "to": "Eboracum"},
]
options = st.fixed_dictionaries(
    {},
    optional={
        "punctuate": st.booleans(),
        "format_text": st.booleans(),
        "filter_profanity": st.booleans(),
        "custom_spelling": st.just(SPELLING),
    },
)
texts = st.sampled_from(
    ["New", "new", "York", "york,", '"Big', 'apple."', "Bullshit!", "3.5", "—", "...", "c", "plus", "goes."]
)


def heard(texts: list[str]) -> list[Word]:
    return [Word(text, 100 * number, 100 * number + 90, 0.9) for number, text in enumerate(texts)]


def written(text: str, **options: Any) -> str:
    return " ".join(word.text for word in Wording.of(options).written(heard(text.split())))


@given(st.lists(texts))
def test_nothing_asked_is_nothing_changed(texts: list[str]) -> None:
    words = heard(texts)
    asked = {"punctuate": True, "format_text": True, "filter_profanity": False, "custom_spelling": None}
    assert Wording.of({}).written(words) == Wording.of(asked).written(words) == tuple(words)


@given(st.lists(texts), options)
def test_sentences_written_one_by_one_are_the_whole_written(texts: list[str], options: Any) -> None:
    words, wording = heard(texts), Wording.of(options)
    one_by_one = [word for sentence in sentences(words) for word in wording.written(sentence)]
    assert one_by_one == list(wording.written(words))


@given(st.lists(texts), options)
def test_times_rise_and_no_word_is_empty(texts: list[str], options: Any) -> None:
    words = Wording.of(options).written(heard(texts))
    assert all(word.text and word.start_ms < word.end_ms for word in words)
    assert sorted(words, key=lambda word: word.start_ms) == list(words)


@given(st.lists(texts))
def test_without_punctuation_and_form_only_small_letters_are_left(texts: list[str]) -> None:
    words = Wording.of({"punctuate": False, "format_text": False}).written(heard(texts))
    assert all(word.text.replace("3.5", "").isalpha() or word.text == "3.5" for word in words)
    assert all(word.text == word.text.lower() for word in words)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('He said: "It\'s 3.5 — no?" (Really!)', "He said It's 3.5 no Really"),
        ("¿Qué? U.S. dogs' well-known C++ $5 50% -5", "Qué U.S dogs well-known C++ $5 50% -5"),
        ("Ende… 終わり。", "Ende 終わり"),
    ],
)
def test_marks_around_a_word_go_and_those_inside_it_stay(text: str, bare: str) -> None:
    assert written(text, punctuate=False) == bare
    assert written(text, format_text=False) == text.lower()


@pytest.mark.parametrize(
    ("text", "respelled"),
    [
        ("In new YORK, they write c plus plus.", "In NYC, they write C++."),
        ('The "Big Apple" is new.', 'The "NYC" is new.'),
        ("It is new. York is old.", "It is new. Eboracum is old."),  # no phrase goes over a mark
        ("Yorkshire and new", "Yorkshire and new"),
    ],
)
def test_a_word_or_phrase_is_spelled_as_its_user_wants(text: str, respelled: str) -> None:
    assert written(text, custom_spelling=SPELLING) == respelled


def test_a_spelling_keeps_its_own_capitals_and_marks() -> None:
    bare = written("In New York: C Plus Plus!", custom_spelling=SPELLING, punctuate=False, format_text=False)
    assert bare == "in NYC C++"


def test_a_respelled_phrase_lasts_from_its_first_word_to_its_last() -> None:
    (word,) = Wording.of({"custom_spelling": SPELLING}).written(
        [Word("New", 100, 200, 0.9, 2), Word("York.", 250, 400, 0.5, 2)]
    )
    assert word == Word("NYC.", 100, 400, 0.5, 2)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("What the Fuck, that's bullshit!", "What the F***, that's b*******!"),
        ("Shit-faced motherfucker's", "S***-faced m*************"),
        (
            "Scunthorpe cockpit Dickens assess Hancock shiitake",
            "Scunthorpe cockpit Dickens assess Hancock shiitake",
        ),
    ],
)
def test_profanity_is_its_first_letter_and_asterisks(text: str, clean: str) -> None:
    assert written(text, filter_profanity=True) == clean


@given(st.text(max_size=12))
def test_masking_keeps_a_words_length(word: str) -> None:
    assert len(masked(word)) == len(word)
    assert masked(word)[:1] == word[:1]
