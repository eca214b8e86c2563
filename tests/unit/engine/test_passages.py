"""Who said what: the service's pieces as passages of one speaker."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.client import Paragraphs, Sentences, WholeTranscript
from batch_transcriber.engine.passages import of_paragraphs, of_transcript, of_utterances
from batch_transcriber.formats import Passage


def word(text: str, start: int, speaker: str | None = None, **more: object) -> dict[str, object]:
    return {"text": text, "start": start, "end": start + 50, "confidence": 0.9, "speaker": speaker, **more}


def passages(text: str, *words: object, **more: object) -> tuple[Passage, ...]:
    paragraph: dict[str, Any] = {"text": text, "start": 0, "end": 500, "words": words, **more}
    return of_paragraphs(Paragraphs.model_validate({"paragraphs": [paragraph]}).paragraphs)


def test_a_paragraph_of_one_speaker_stays_as_it_is() -> None:
    assert passages("Oh,  well.", word("Oh,", 0, "A"), word("well.", 100, "A")) == (
        Passage("Oh,  well.", 0, 500, "A"),
    )
    assert passages("Oh,  well.", word("Oh,", 0), word("well.", 100)) == (Passage("Oh,  well.", 0, 500),)


def test_a_paragraph_is_cut_where_another_begins_to_speak() -> None:
    assert passages(
        "Ready? Yes. Good.", word("Ready?", 0, "A"), word("Yes.", 100, "B"), word("Good.", 200, "A")
    ) == (Passage("Ready?", 0, 50, "A"), Passage("Yes.", 100, 150, "B"), Passage("Good.", 200, 250, "A"))


def test_a_language_without_blanks_gets_none() -> None:
    cut = passages(
        "はい。そう です。", word("はい。", 0, "A"), word("そう", 100, "B"), word("です。", 200, "B")
    )
    assert [passage.text for passage in cut] == ["はい。", "そう です。"]


@pytest.mark.parametrize("text", ["Of course not. Oh", "Something else", "Oh never. Of no"])
def test_words_that_are_not_those_of_the_text_are_joined(text: str) -> None:
    cut = passages(text, word("Oh", 0, "A"), word("no", 100, "B"), word("way.", 200, "B"))
    assert [(passage.speaker, passage.text) for passage in cut] == [("A", "Oh"), ("B", "no way.")]


@given(st.lists(st.tuples(st.text("ab.", min_size=1), st.sampled_from(["A", "B", None])), min_size=1))
def test_nothing_that_is_said_is_lost_or_moved(said: list[tuple[str, str | None]]) -> None:
    text = " ".join(spoken for spoken, _ in said)
    cut = passages(text, *(word(spoken, number * 100, who) for number, (spoken, who) in enumerate(said)))
    assert " ".join(passage.text for passage in cut) == text
    by_word = [passage.speaker for passage in cut for _ in passage.text.split()]
    assert by_word == [who for _, who in said]


@pytest.mark.parametrize("words", [None, "many", [{"start": 1}], [1]])
def test_words_that_cannot_be_read_cost_no_text(words: object) -> None:
    paragraphs = Paragraphs.model_validate({"paragraphs": [{"text": "Hello.", "words": words}]})
    assert of_paragraphs(paragraphs.paragraphs) == (Passage("Hello."),)


@pytest.mark.parametrize(
    ("labels", "speaker"),
    [
        ({"speaker": "1", "channel": "1"}, "Channel 1"),
        ({"speaker": None, "channel": "2"}, "Channel 2"),
        ({"speaker": None, "channel": 2}, "Channel 2"),
        ({"speaker": "1A", "channel": "1"}, "1A"),
        ({"speaker": "Ann", "channel": None}, "Ann"),
        ({"speaker": ""}, None),
        ({}, None),
    ],
)
def test_a_channel_stands_for_a_speaker_where_none_is_told(
    labels: dict[str, object], speaker: str | None
) -> None:
    said: dict[str, object] = {"text": "Hello.", "start": 1, "end": 2}
    sentences = Sentences.model_validate({"sentences": [said | labels]})
    assert of_utterances(sentences.sentences) == (Passage("Hello.", 1, 2, speaker),)


def test_channels_that_speak_at_the_same_time_are_not_cut_by_the_word() -> None:
    assert passages("Hello Hi you", word("Hello", 0, "1", channel="1"), word("Hi", 1, "2", channel="2")) == ()
    assert passages("Hello", word("Hello", 0, "1", channel="1")) == (Passage("Hello", 0, 500, "Channel 1"),)


def test_a_whole_transcript_is_its_turns_or_its_text() -> None:
    def read(utterances: str) -> tuple[Passage, ...]:
        body = f'{{"id": "x", "status": "completed", "text": "Hello. Hi.", "utterances": {utterances}}}'
        return of_transcript(WholeTranscript.read(body.encode()))

    assert read("null") == read('[{"text": 5.5, "start": []}, {}]') == (Passage("Hello. Hi."),)
    assert read('[{"text": "Hello.", "start": 1, "end": 2, "speaker": "A"}]') == (
        Passage("Hello.", 1, 2, "A"),
    )
