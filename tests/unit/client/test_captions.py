"""Captions as the service sends them, and what a gateway sends in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.client.replies import CaptionKind, read_captions
from batch_transcriber.model import Word
from batch_transcriber.server.captions import srt, vtt

words = st.builds(
    lambda text, start_ms: Word(text, start_ms, start_ms + 300, 0.9),
    st.text(min_size=1),
    st.integers(0, 10**7),
)


@given(st.lists(words))
def test_what_the_local_service_writes_comes_through_unchanged(heard: list[Word]) -> None:
    assert read_captions("srt", srt([heard]).encode("utf-8", "replace")) == srt([heard]).encode(
        "utf-8", "replace"
    ).decode("utf-8")
    assert read_captions("vtt", vtt([heard]).encode("utf-8", "replace")).startswith("WEBVTT\n")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("srt", b""),
        ("srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"),
        ("srt", b"\xef\xbb\xbf1\r\n00:00:00,000 --> 00:00:01,000\r\nHello\r\n"),
        ("vtt", b"WEBVTT"),
        ("vtt", b"\xef\xbb\xbfWEBVTT\r\n\r\n00:00.000 --> 00:01.000\r\nHello\r\n"),
    ],
)
def test_captions_keep_their_mark_and_the_ends_of_their_lines(kind: CaptionKind, body: bytes) -> None:
    assert read_captions(kind, body).encode() == body


@pytest.mark.parametrize("kind", ["srt", "vtt"])
@pytest.mark.parametrize(
    "body",
    [
        b"<html><title>Sign in</title></html>",
        b"<!DOCTYPE html>",
        b'{"error": "busy"}',
        b"404\nnot found\n",
        b"WEBVTTX",
        b"1\n\xff --> ",
    ],
)
def test_a_page_in_the_place_of_captions_is_none(kind: CaptionKind, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"not captions|codec"):
        read_captions(kind, body)


def test_nothing_is_no_vtt_for_its_header_is_always_there() -> None:
    with pytest.raises(ValueError, match="not captions"):
        read_captions("vtt", b"")
