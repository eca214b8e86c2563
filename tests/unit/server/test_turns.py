"""Channels speak in turn: nothing is lost, nobody is cut off, and all cuts agree."""

from __future__ import annotations

from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.model import Word
from batch_transcriber.server.script import Script
from batch_transcriber.server.turns import PAUSE_MS, turns

texts = st.sampled_from(["so", "it", "goes.", "why?"])
pauses_ms = st.sampled_from([0, 100, PAUSE_MS, PAUSE_MS + 1])


@st.composite
def conversations(draw: st.DrawFn, channels: int = 3) -> list[Word]:
    words: list[Word] = []
    for channel in range(1, channels + 1):
        now_ms = draw(st.integers(0, 500))
        for text, pause_ms in draw(st.lists(st.tuples(texts, pauses_ms), max_size=20)):
            words.append(Word(text, now_ms, now_ms + 200, 0.9, channel))
            now_ms += 200 + pause_ms
    return sorted(words, key=lambda word: word.start_ms)


@given(conversations())
def test_every_word_is_in_one_turn_of_its_channel(words: list[Word]) -> None:
    spoken = list(chain.from_iterable(turns(words)))
    for channel in (1, 2, 3):
        of_one = [word for word in words if word.channel == channel]
        assert [word for word in spoken if word.channel == channel] == of_one
    assert all(len({word.channel for word in turn}) == 1 for turn in turns(words))


@given(conversations())
def test_turns_come_by_their_start_and_hold_no_pause(words: list[Word]) -> None:
    starts = [turn[0].start_ms for turn in turns(words)]
    assert starts == sorted(starts)
    for turn in turns(words):
        assert all(after.start_ms - word.end_ms <= PAUSE_MS for word, after in pairwise(turn))


@given(conversations())
def test_a_turn_ends_at_a_sentence_or_a_pause_or_with_its_channel(words: list[Word]) -> None:
    for turn in turns(words):
        last = turn[-1]
        following = [word for word in words if word.channel == last.channel and word.start_ms > last.start_ms]
        is_pause = not following or following[0].start_ms - last.end_ms > PAUSE_MS
        assert is_pause or last.text in {"goes.", "why?"}


def test_one_who_says_yes_meanwhile_takes_nobodys_turn() -> None:
    words = [
        Word("How", 0, 200, 0.9, 1),
        Word("Yes.", 250, 400, 0.9, 2),
        Word("are", 300, 500, 0.9, 1),
        Word("you?", 500, 800, 0.9, 1),
        Word("Well.", 900, 1200, 0.9, 2),
    ]
    assert [" ".join(word.text for word in turn) for turn in turns(words)] == ["How are you?", "Yes. Well."]


def test_without_channels_all_words_are_one_turn() -> None:
    words = [Word("so", 0, 200, 0.9), Word("long", 90_000, 90_500, 0.9)]
    assert turns(words) == [tuple(words)]
    assert turns([]) == []


@given(conversations() | conversations(channels=1), st.booleans())
def test_all_cuts_hold_the_same_words_in_the_same_order(words: list[Word], punctuate: bool) -> None:  # noqa: FBT001
    script = Script(words, {"punctuate": punctuate})
    assert len(script.words) == len(words)
    for parts in (script.turns, script.paragraphs(), script.sentences()):
        assert tuple(chain.from_iterable(parts)) == script.words


def test_sentences_are_cut_where_marks_were_that_are_gone() -> None:
    words = [Word("It", 0, 1, 0.9), Word("goes.", 2, 3, 0.9), Word("...", 3, 4, 0.9), Word("Why?", 4, 5, 0.9)]
    script = Script(words, {"punctuate": False})
    assert [[word.text for word in part] for part in script.sentences()] == [["It", "goes"], ["Why"]]
