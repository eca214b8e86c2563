"""Options become the way in which a recording is heard."""

from __future__ import annotations

import pytest

from batch_transcriber.server import Wanted
from batch_transcriber.server.asked import wanted_of


def test_who_asks_for_nothing_is_heard_in_english_and_whole() -> None:
    assert wanted_of({}) == Wanted(language="en")
    nothing = dict.fromkeys(["language_code", "keyterms_prompt", "audio_start_from", "audio_end_at"])
    assert wanted_of(nothing) == Wanted(language="en")


@pytest.mark.parametrize(("code", "language"), [("en_us", "en"), ("de_ch", "de"), ("fr", "fr")])
def test_a_country_does_not_change_the_language(code: str, language: str) -> None:
    assert wanted_of({"language_code": code}).language == language


def test_a_language_to_be_found_out_is_not_named() -> None:
    assert wanted_of({"language_detection": True}).language is None


@pytest.mark.parametrize("option", ["multichannel", "dual_channel"])
def test_everything_else_that_is_asked_for(option: str) -> None:
    options = {"audio_start_from": 500, "audio_end_at": 900, "keyterms_prompt": ["Tölz"], option: True}
    assert wanted_of(options) == Wanted(
        language="en", key_terms=("Tölz",), start_ms=500, end_ms=900, by_channel=True
    )
