"""Who begins to speak."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.formats import Passage
from batch_transcriber.formats.turns import UNKNOWN, one_line, turns


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("A", "Speaker A"),
        ("AB", "Speaker AB"),
        ("1A", "Speaker 1A"),
        ("12", "Speaker 12"),
        ("Channel 1", "Channel 1"),
        ("Jo", "Jo"),
        ("Agent", "Agent"),
        (" Ann\nLee ", "Ann Lee"),
    ],
)
def test_a_label_is_made_a_name_and_a_name_stays_one(label: str, name: str) -> None:
    assert [who for who, _ in turns([Passage("Yes.", speaker=label)])] == [name]


def test_words_of_nobody_are_not_given_to_who_spoke_before() -> None:
    said = [Passage("One.", speaker="A"), Passage("Two."), Passage("Three.", speaker="A")]
    assert [who for who, _ in turns(said)] == ["Speaker A", UNKNOWN, "Speaker A"]


def test_a_label_of_blanks_is_none() -> None:
    assert [who for who, _ in turns([Passage("One.", speaker=" "), Passage("Two.", speaker="")])] == ["", ""]


@given(st.lists(st.sampled_from(["A", "B", None])))
def test_a_name_stands_exactly_where_the_speaker_changes(speakers: list[str | None]) -> None:
    names = [who for who, _ in turns([Passage("Yes.", speaker=speaker) for speaker in speakers])]
    if not any(speakers):
        assert not any(names)
    else:
        assert names[0]
        assert [bool(name) for name in names[1:]] == [one != other for one, other in pairwise(speakers)]


@given(st.text())
def test_a_line_keeps_every_word_and_breaks_nowhere(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(text).split() == text.split()
