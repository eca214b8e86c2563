"""Captions: short enough, nothing lost, and in the two formats' own writing."""

from __future__ import annotations

from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.model import Word
from batch_transcriber.server.captions import PAUSE_MS, captions, srt, vtt

HOUR_MS = 3_600_000


@st.composite
def spoken(draw: st.DrawFn) -> list[Word]:
    words, now_ms = [], 0
    for length in draw(st.lists(st.integers(1, 30), max_size=60)):
        now_ms += draw(st.sampled_from([0, 50, PAUSE_MS, PAUSE_MS + 1]))
        words.append(Word("x" * length, now_ms, now_ms + 100, 0.5))
        now_ms += 100
    return words


@given(spoken(), st.integers(1, 80))
def test_captions_hold_all_words_in_order(words: list[Word], limit: int) -> None:
    assert list(chain.from_iterable(captions(words, limit))) == words


@given(spoken(), st.integers(1, 80))
def test_only_a_single_word_is_longer_than_the_limit(words: list[Word], limit: int) -> None:
    for caption in captions(words, limit):
        assert len(caption) == 1 or len(" ".join(word.text for word in caption)) <= limit


@given(spoken(), st.integers(1, 80))
def test_a_caption_ends_only_when_it_is_full_or_at_a_pause(words: list[Word], limit: int) -> None:
    for caption, following in pairwise(captions(words, limit)):
        longer = " ".join(word.text for word in (*caption, following[0]))
        assert len(longer) > limit or following[0].start_ms - caption[-1].end_ms > PAUSE_MS


def test_srt_numbers_its_captions_and_writes_times_with_a_comma() -> None:
    words = [Word("Hello", 0, 400, 0.9), Word("there.", HOUR_MS + 61_005, HOUR_MS + 61_500, 0.9)]
    assert srt([words]) == (
        "1\n00:00:00,000 --> 00:00:00,400\nHello\n\n2\n01:01:01,005 --> 01:01:01,500\nthere.\n\n"
    )


def test_vtt_has_its_header_and_escapes_what_looks_like_markup() -> None:
    assert vtt([[Word("<b>&-->", 0, 1500, 0.9)]]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n&lt;b&gt;&amp;--&gt;\n\n"
    )


def test_no_words_are_valid_files() -> None:
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n\n"


def test_captions_of_turns_that_overlap_come_by_their_start() -> None:
    first = [Word("Hello", 0, 400, 0.9, 1), Word("there.", 3000, 3400, 0.9, 1)]
    second = [Word("Hi!", 500, 900, 0.9, 2)]
    starts = [line.split()[0] for line in vtt([first, second]).splitlines() if "-->" in line]
    assert starts == ["00:00:00.000", "00:00:00.500", "00:00:03.000"]
