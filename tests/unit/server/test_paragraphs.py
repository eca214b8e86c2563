"""Sentences and paragraphs: nothing is lost, and every cut has its reason."""

from __future__ import annotations

from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.model import Word
from batch_transcriber.server.paragraphs import FULL_WORDS, PAUSE_MS, paragraphs, sentences

texts = st.sampled_from(["so", "it", "goes.", "why?", "no!", 'said."', "3.5"])
pauses_ms = st.sampled_from([0, 100, PAUSE_MS, PAUSE_MS + 1, 5000])
spoken = st.lists(st.tuples(texts, pauses_ms), max_size=400)


def words_of(parts: list[tuple[str, int]]) -> list[Word]:
    words, now_ms = [], 0
    for text, pause_ms in parts:
        words.append(Word(text, now_ms, now_ms + 200, 0.9))
        now_ms += 200 + pause_ms
    return words


def ends_sentence(word: Word) -> bool:
    return word.text in {"goes.", "why?", "no!", 'said."'}


@given(spoken)
def test_the_parts_joined_are_the_words(parts: list[tuple[str, int]]) -> None:
    words = words_of(parts)
    assert list(chain.from_iterable(sentences(words))) == words
    assert list(chain.from_iterable(paragraphs(words))) == words


@given(spoken)
def test_a_sentence_ends_with_its_mark_and_holds_no_other(parts: list[tuple[str, int]]) -> None:
    for sentence, _ in pairwise([*sentences(words_of(parts)), ()]):
        assert not any(ends_sentence(word) for word in sentence[:-1])
    assert all(ends_sentence(sentence[-1]) for sentence in list(sentences(words_of(parts)))[:-1])


@given(spoken)
def test_a_paragraph_ends_at_a_sentence_that_a_pause_follows_or_when_it_is_full(
    parts: list[tuple[str, int]],
) -> None:
    for paragraph, following in pairwise(paragraphs(words_of(parts))):
        assert ends_sentence(paragraph[-1])
        pause_ms = following[0].start_ms - paragraph[-1].end_ms
        assert pause_ms > PAUSE_MS or len(paragraph) >= FULL_WORDS


@given(spoken)
def test_a_paragraph_goes_on_over_nothing_that_should_end_it(parts: list[tuple[str, int]]) -> None:
    for paragraph in paragraphs(words_of(parts)):
        for number, (word, following) in enumerate(pairwise(paragraph), start=1):
            is_pause = following.start_ms - word.end_ms > PAUSE_MS
            assert not (ends_sentence(word) and (is_pause or number >= FULL_WORDS))


def test_an_abbreviated_number_ends_no_sentence() -> None:
    words = words_of([("It", 0), ("is", 0), ("3.5", 0), ("now.", 0)])
    assert len(list(sentences(words))) == 1


def test_no_words_make_no_paragraph() -> None:
    assert list(paragraphs([])) == []
    assert list(sentences([])) == []
