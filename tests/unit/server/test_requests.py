"""What may be asked for: nothing that the recogniser can't do is ever taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.server import Heard, Wanted
from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.requests import read_submission

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

URL = "https://example.org/talk.mp3"


class English:
    name = "plain"
    languages = frozenset({"en"})

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        raise NotImplementedError


def read(**body: Any) -> dict[str, object]:
    submission = read_submission({"audio_url": URL, "speech_models": ["universal-2"], **body}, English())
    assert submission.audio_url == URL
    return submission.options


def refusal(**body: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        read(**body)
    assert refused.value.http_status == 400
    return str(refused.value)


def test_options_are_kept_as_they_came_unknown_ones_too() -> None:
    assert read(punctuate=True, colour="blue") == {
        "speech_models": ["universal-2"],
        "punctuate": True,
        "colour": "blue",
    }


@pytest.mark.parametrize("models", [None, [], "universal-2", [1], {"a": 1}])
def test_models_must_be_a_list_of_names(models: object) -> None:
    assert refusal(speech_models=models).startswith('"speech_models" must be a non-empty list')


def test_the_old_model_option_is_refused() -> None:
    assert refusal(speech_model="best").startswith("speech_model is deprecated")
    assert read(speech_model=None)


@pytest.mark.parametrize("url", [None, "", 3, "ftp://example.org/a", "/etc/passwd", "http://a/\ud800"])
def test_only_web_addresses_can_be_heard(url: object) -> None:
    assert refusal(audio_url=url) == '"audio_url" must be an http or https URL'


@pytest.mark.parametrize("option", ["format_text", "punctuate", "speaker_labels", "redact_pii"])
def test_a_switch_that_is_no_boolean_is_refused_in_the_services_words(option: str) -> None:
    assert refusal(**{option: "yes"}) == f"{option} must be a Boolean"
    assert refusal(**{option: 1}) == f"{option} must be a Boolean"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("speaker_labels", True),
        ("speakers_expected", 2),
        ("multichannel", True),
        ("language_detection", True),
        ("summarization", True),
        ("sentiment_analysis", True),
        ("entity_detection", True),
        ("auto_chapters", True),
        ("iab_categories", True),
        ("content_safety", True),
        ("redact_pii", True),
        ("speech_understanding", {"request": {}}),
        ("custom_spelling", [{"from": ["a"], "to": "b"}]),
        ("keyterms_prompt", ["Kubernetes"]),
        ("prompt", "A talk about birds."),
        ("disfluencies", True),
        ("filter_profanity", True),
        ("audio_start_from", 1),
        ("audio_end_at", 1000),
        ("webhook_url", URL),
    ],
)
def test_what_the_recogniser_cannot_do_is_refused_by_name(option: str, value: object) -> None:
    message = refusal(**{option: value})
    assert message.startswith(f'"{option}" is not available here: plain cannot ')
    assert option in read(**{option: type(value)()})  # asking for nothing is fine


@pytest.mark.parametrize("option", ["punctuate", "format_text"])
def test_what_it_always_does_cannot_be_switched_off(option: str) -> None:
    assert refusal(**{option: False}).startswith(f'"{option}" cannot be switched off here')


@pytest.mark.parametrize("code", [None, "en", "en_us", "en_uk", "en_au"])
def test_every_english_is_english(code: str | None) -> None:
    assert read(language_code=code)["language_code"] == code


@pytest.mark.parametrize("code", ["de", "eno", "", "es_en"])
def test_another_language_is_refused(code: str) -> None:
    assert "understands only en" in refusal(language_code=code)


def test_a_language_is_a_string() -> None:
    assert refusal(language_code=7) == "language_code must be a String"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values | st.fixed_dictionaries({"audio_url": json_values, "speech_models": json_values}))
def test_any_json_is_read_or_refused(body: object) -> None:
    try:
        read_submission(body, English())
    except RefusedError as refused:
        assert refused.http_status == 400  # noqa: PT017 - both ends are fine
