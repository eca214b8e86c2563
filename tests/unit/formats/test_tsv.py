"""Tab-separated values, read back as spreadsheets read them."""

from __future__ import annotations

import csv
from io import StringIO

from hypothesis import example, given
from hypothesis import strategies as st

from batch_transcriber.formats import Parts, Passage
from batch_transcriber.formats.tsv import to_text
from batch_transcriber.formats.turns import one_line

NAMES = ["start", "end", "speaker", "text"]


def tsv(*sentences: Passage) -> str:
    return to_text(Parts(sentences=sentences))


def test_a_sentence_is_a_row_with_its_times_in_milliseconds() -> None:
    assert tsv(Passage("Hello.", 0, 900, "A"), Passage("You.", 1000, 1500)) == (
        "start\tend\tspeaker\ttext\n0\t900\tA\tHello.\n1000\t1500\t\tYou.\n"
    )


def test_no_words_are_the_names_of_the_columns() -> None:
    assert tsv() == tsv(Passage(" \n", 0, 1)) == "start\tend\tspeaker\ttext\n"


def test_times_that_are_not_told_are_empty() -> None:
    assert tsv(Passage("Hello.")).splitlines()[1] == "\t\t\tHello."


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
@example([('"Hello" she\tsaid,\r\n"bye', '"')])
def test_every_sentence_is_one_line_and_comes_through_with_its_words(said: list[tuple[str, str]]) -> None:
    text = tsv(*(Passage(words, 1, 2, speaker) for words, speaker in said))
    rows = list(csv.reader(StringIO(text, newline=""), dialect="excel-tab"))
    spoken = [(words, speaker) for words, speaker in said if words.strip()]
    assert rows[0] == NAMES
    assert len(text.splitlines()) == len(rows) == 1 + len(spoken)
    for (_, _, who, read), (words, speaker) in zip(rows[1:], spoken, strict=True):
        assert read.split() == words.split()
        assert who == one_line(speaker.replace("\t", " "))
