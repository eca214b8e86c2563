"""Words and phrases are found whatever their case and marks, and where they are."""

from __future__ import annotations

import pytest

from batch_transcriber.model import Word
from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.word_search import Match, read_phrases, search


def spoken(text: str, start_ms: int) -> list[Word]:
    return [
        Word(word, start_ms + 100 * at, start_ms + 100 * at + 90, 0.9) for at, word in enumerate(text.split())
    ]


FIRST = spoken("Smoke, in New York. Smoke!", 0)
SECOND = spoken("York\u2019s smoke", 500)


def test_every_place_is_told_by_its_time_and_its_number() -> None:
    assert search([FIRST, SECOND], read_phrases(["smoke,new york"])) == [
        Match("smoke", [(0, 90), (400, 490), (600, 690)], [0, 4, 6]),
        Match("new york", [(200, 390)], [2]),
    ]


@pytest.mark.parametrize("asked", ["york's", "YORK\u2019S", " york's! "])
def test_case_and_marks_do_not_count(asked: str) -> None:
    (match,) = search([FIRST, SECOND], read_phrases([asked]))
    assert (match.text, match.indexes) == (asked.strip(), [5])


def test_what_nobody_says_is_left_out_and_no_phrase_goes_over_a_turn() -> None:
    assert search([FIRST, SECOND], read_phrases(["fire", "smoke york's"])) == []
    assert search([], ["smoke"]) == []


def test_a_word_asked_for_twice_is_counted_once() -> None:
    assert len(read_phrases(["smoke,Smoke", "smoke"])) == 1


@pytest.mark.parametrize("asked", [[], [""], [",,"], ["?!"], ["one two three four five six"]])
def test_nothing_to_find_is_refused(asked: list[str]) -> None:
    with pytest.raises(RefusedError, match='"words" '):
        read_phrases(asked)
