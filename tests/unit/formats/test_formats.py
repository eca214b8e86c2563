"""What all formats have in common, and the subtitles, which are the service's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.formats import FORMATS, Format, Parts, srt, vtt


@pytest.mark.parametrize("one", FORMATS.values(), ids=lambda one: str(one.NAME))
def test_a_format_is_found_by_its_name_and_has_a_suffix_of_one_dot(one: Format) -> None:
    assert FORMATS[one.NAME] is one
    assert one.SUFFIX.startswith(".")
    assert one.SUFFIX.count(".") == 1  # two stems never share a file then
    assert one.NEEDS


def test_no_two_formats_share_a_file() -> None:
    assert len({one.SUFFIX.casefold() for one in FORMATS.values()}) == len(FORMATS)


@given(st.text(min_size=1))
def test_subtitles_are_the_services_own(text: str) -> None:
    assert srt.to_text(Parts(srt=text)) == vtt.to_text(Parts(vtt=text)) == text


def test_no_words_are_subtitles_that_players_take() -> None:
    assert srt.to_text(Parts()) == ""
    assert vtt.to_text(Parts()) == "WEBVTT\n"
