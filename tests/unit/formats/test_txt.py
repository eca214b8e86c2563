"""Plain text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.formats import Parts, Passage
from batch_transcriber.formats.txt import to_text


def txt(*paragraphs: str) -> str:
    return to_text(Parts(paragraphs=tuple(Passage(text) for text in paragraphs)))


def conversation(*said: tuple[str | None, str]) -> str:
    return to_text(Parts(paragraphs=tuple(Passage(text, speaker=speaker) for speaker, text in said)))


def test_paragraphs_have_one_empty_line_between_them_and_the_text_ends_with_a_newline() -> None:
    assert txt("One.", "Two.") == "One.\n\nTwo.\n"
    assert txt("One.") == "One.\n"


def test_no_words_are_an_empty_text() -> None:
    assert txt() == txt("", " \n") == conversation(("A", "")) == ""


def test_blanks_round_a_paragraph_are_left_out() -> None:
    assert txt(" One.\n", "\t", "Two. ") == "One.\n\nTwo.\n"


@given(st.lists(st.text()))
def test_every_word_comes_through_in_order(paragraphs: list[str]) -> None:
    assert txt(*paragraphs).split() == " ".join(paragraphs).split()


def test_a_speaker_is_named_at_the_beginning_of_each_turn_only() -> None:
    assert conversation(
        ("A", "State your name."), ("B", "Ann Lee."), ("B", " I live here. "), ("A", "Thank you.")
    ) == ("Speaker A: State your name.\n\nSpeaker B: Ann Lee.\n\nI live here.\n\nSpeaker A: Thank you.\n")


def test_a_paragraph_without_words_does_not_end_a_turn() -> None:
    assert conversation(("A", "One."), ("B", " "), ("A", "Two.")) == "Speaker A: One.\n\nTwo.\n"
