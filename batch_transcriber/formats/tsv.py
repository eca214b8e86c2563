"""Tab-separated values: a row for each sentence, for spreadsheets and programs."""

from __future__ import annotations

import csv
from io import StringIO

from batch_transcriber.formats.parts import Part, Parts
from batch_transcriber.formats.turns import one_line

NAME = "tsv"
SUFFIX = ".tsv"
NEEDS = frozenset({Part.SENTENCES})
COLUMNS = ("start", "end", "speaker", "text")  # times in whole milliseconds, as whisper's own .tsv has them


def to_text(parts: Parts) -> str:
    """Return a row of names, and one for each sentence; the names alone where there are no words.

    A text never holds a tab or the end of a line; one with a quotation mark stands in such marks, with its
    own doubled, which is how spreadsheets read it.
    """
    file = StringIO()
    rows = csv.writer(file, dialect="excel-tab", lineterminator="\n")
    rows.writerow(COLUMNS)
    for sentence in parts.sentences:
        if text := _cell(sentence.text):
            rows.writerow((sentence.start_ms, sentence.end_ms, _cell(sentence.speaker or ""), text))
    return file.getvalue()


def _cell(text: str) -> str:
    return one_line(text.replace("\t", " "))
