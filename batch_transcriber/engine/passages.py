"""Who said what and when: the service's paragraphs, sentences and utterances as passages of one speaker."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from batch_transcriber.formats import Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batch_transcriber.client import Paragraph, Utterance, WholeTranscript
    from batch_transcriber.client.replies import SpokenWord


def of_paragraphs(paragraphs: Sequence[Paragraph]) -> tuple[Passage, ...]:
    """Return paragraphs, cut where another begins to speak; the service does not promise to cut there.

    None where words of several channels stand between each other: people who speak at the same time
    would be cut into pieces of a word or two, and the utterances keep them apart.
    """
    if any(len({word.channel for word in paragraph.words}) > 1 for paragraph in paragraphs):
        return ()
    return tuple(passage for paragraph in paragraphs for passage in _cut(paragraph))


def of_utterances(utterances: Iterable[Utterance]) -> tuple[Passage, ...]:
    """Return utterances or sentences: the service tells one speaker of each."""
    return tuple(Passage(one.text, one.start, one.end, _speaker(one)) for one in utterances)


def of_transcript(whole: WholeTranscript) -> tuple[Passage, ...]:
    """Return what speakers said in turn, or the text as one where the service tells none apart."""
    return of_utterances(whole.utterances) or (Passage(whole.transcript.text or ""),)


def have_words(passages: Iterable[Passage]) -> bool:
    """Tell whether anything was said."""
    return any(passage.text.strip() for passage in passages)


def _speaker(spoken: SpokenWord | Utterance) -> str | None:
    """Return the service's label; where it tells only channels apart, that is named as such."""
    if spoken.channel and spoken.speaker in {None, "", spoken.channel}:
        return f"Channel {spoken.channel}"
    return spoken.speaker or None


def _cut(paragraph: Paragraph) -> Iterable[Passage]:
    runs = [(speaker, list(run)) for speaker, run in groupby(paragraph.words, _speaker)]
    if len(runs) <= 1:
        speaker = runs[0][0] if runs else None
        return [Passage(paragraph.text, paragraph.start, paragraph.end, speaker)]
    texts = _cut_text(paragraph.text, [words for _, words in runs])
    return [
        Passage(text, words[0].start, words[-1].end, speaker)
        for (speaker, words), text in zip(runs, texts, strict=True)
    ]


def _cut_text(text: str, runs: Sequence[Sequence[SpokenWord]]) -> list[str]:
    """Return the text of each run of words, with the blanks that the service put between them.

    Not all languages have blanks between words, so these are joined by us only where the text does not
    hold them one after the other.
    """
    begins, end = [], 0
    for words in runs:
        for number, word in enumerate(words):
            begin = text.find(word.text, end)
            if begin < 0 or any(letter.isalnum() for letter in text[end:begin]):
                return [" ".join(word.text for word in run) for run in runs]
            if number == 0:
                begins.append(begin)
            end = begin + len(word.text)
    return [text[begin:end].strip() for begin, end in pairwise([0, *begins[1:], len(text)])]
