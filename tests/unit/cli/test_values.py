"""Values as they are typed."""

from __future__ import annotations

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.cli.values import complete_several, number, one_of, several_of, whole_number
from batch_transcriber.model import PollBy


@given(st.integers())
def test_every_whole_number_is_taken(value: int) -> None:
    assert whole_number(str(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_taken(value: float) -> None:
    assert number(str(value)) == value


@pytest.mark.parametrize("text", ["many", "", "1.5", "1,000", "0x10"])
def test_what_is_no_whole_number_is_shown(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        whole_number(text)
    assert caught.value.message == f"must be a whole number (it is {text!r})"


def test_of_a_long_value_as_much_is_shown_as_a_line_holds() -> None:
    with pytest.raises(typer.BadParameter) as caught:
        whole_number("x" * 1000)
    assert len(caught.value.message) < 80


@pytest.mark.parametrize("text", ["soon", "", "nan", "inf", "1s"])
def test_what_cannot_be_counted_to_is_no_number(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        number(text)
    assert caught.value.message == f"must be a number (it is {text!r})"


@pytest.mark.parametrize("word", PollBy)
def test_a_word_is_taken_as_it_is(word: PollBy) -> None:
    assert one_of(PollBy)(word.value) is word


def test_another_word_gets_all_of_them_and_the_nearest() -> None:
    with pytest.raises(typer.BadParameter) as caught:
        one_of(PollBy)("swep")
    assert caught.value.message == "must be sweep or id (it is 'swep'); did you mean sweep?"


@pytest.mark.parametrize(
    ("text", "words"),
    [("txt", ("txt",)), ("srt,txt", ("srt", "txt")), (" SRT , txt,", ("srt", "txt"))],
)
def test_several_words_keep_their_order(text: str, words: tuple[str, ...]) -> None:
    assert several_of(["txt", "srt"])(text) == words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("txt,str", "takes txt, srt (it is 'str'); did you mean srt?"),
        ("docx", "takes txt, srt (it is 'docx')"),
        ("", "takes txt, srt (it is '')"),
        (",", "takes txt, srt (it is ',')"),
    ],
)
def test_a_word_among_several_that_is_none_of_them_is_named_with_the_nearest(text: str, line: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        several_of(["txt", "srt"])(text)
    assert caught.value.message == line


def test_the_last_of_several_words_is_completed() -> None:
    complete = complete_several(["txt", "srt"])
    assert complete("") == ["txt", "srt"]
    assert complete("txt,s") == ["txt,srt"]
    assert complete("docx,x") == []
