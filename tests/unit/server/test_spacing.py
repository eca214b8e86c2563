"""Words of scripts that have no spaces, as whisper's own tokenizer cuts them."""

from __future__ import annotations

import pytest

from batch_transcriber.model import Word
from batch_transcriber.server.captions import captions, srt
from batch_transcriber.server.listening import words_of
from batch_transcriber.server.paragraphs import sentences
from batch_transcriber.server.spacing import joined
from tests.unit.server.test_whisper_words import Part

JAPANESE = [
    "今日は",
    "天",
    "気",
    "が",
    "いい",
    "ですね。",
    "明",
    "日",
    "は",
    "i",
    "Phone",
    "を",
    "買",
    "います!",
]
CHINESE = [
    "你好,",
    "我们",
    "用",
    "P",
    "y",
    "thon",
    " ",
    "写",
    "程",
    "序。",
    "「",
    "你",
    "觉得",
    "」",
    "怎么样\uff1f",
]
THAI = ["ส", "ว", "ั", "ส", "ด", "ี", "คร", "ั", "บ", " ", "ว", "ั", "นน", "ี้"]
KOREAN = ["안녕하세요.", " 오늘", " 날씨가", " 좋네요."]


def spoken(parts: list[str]) -> list[Word]:
    return words_of([Part(part, second, second + 1.0, 0.5) for second, part in enumerate(parts)], start_s=0.0)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (JAPANESE, "今日は 天 気 が いい ですね。 明 日 は iPhone を 買 います!"),
        (CHINESE, "你好, 我们 用 Python 写 程 序。 「你 觉得」 怎么样\uff1f"),
        (THAI, "สวัสดีครับ วันนี้"),  # its spaces are between phrases
        (KOREAN, "안녕하세요. 오늘 날씨가 좋네요."),
    ],
    ids=["ja", "zh", "th", "ko"],
)
def test_a_part_is_a_word_only_where_there_are_no_spaces(parts: list[str], words: str) -> None:
    assert [word.text for word in spoken(parts)] == words.split()


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (JAPANESE, "今日は天気がいいですね。明日はiPhoneを買います!"),
        (CHINESE, "你好,我们用Python写程序。「你觉得」怎么样\uff1f"),
        (THAI, "สวัสดีครับ วันนี้"),
        (KOREAN, "안녕하세요. 오늘 날씨가 좋네요."),
    ],
    ids=["ja", "zh", "th", "ko"],
)
def test_a_text_is_written_as_its_language_is(parts: list[str], text: str) -> None:
    assert joined(word.text for word in spoken(parts)) == text


def test_nothing_is_joined_to_nothing() -> None:
    assert joined([]) == ""


@pytest.mark.parametrize("mark", "\u3002\uff0e\uff61\uff1f\uff01।\u06d4؟\u0589။።!?.")
def test_a_sentence_ends_with_the_mark_of_any_script(mark: str) -> None:
    parts = [f" one{mark}", f" two{mark}」", " three"]
    assert [len(sentence) for sentence in sentences(spoken(parts))] == [1, 1, 1]


def test_captions_count_no_spaces_where_there_are_none() -> None:
    words = spoken(CHINESE)
    assert [joined(word.text for word in caption) for caption in captions(words, 8)] == [
        "你好,我们用",
        "Python写程",
        "序。「你觉得」",
        "怎么样\uff1f",
    ]
    assert "\n你好,我们用\n" in srt([words], 8)
