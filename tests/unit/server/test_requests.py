"""What may be asked for: nothing that can't be done here is ever taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.model import Word
from batch_transcriber.server import Heard, Wanted
from batch_transcriber.server.asked import wanted_of
from batch_transcriber.server.options import OPTIONS
from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.requests import read_submission
from batch_transcriber.server.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from batch_transcriber.server import Recogniser

URL = "https://example.org/talk.mp3"


class English:
    name = "plain"
    languages = frozenset({"en"})

    def takes(self, key_terms: Sequence[str]) -> bool:
        return "too much" not in key_terms

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        raise NotImplementedError


class Polyglot(English):
    name = "many"
    languages = frozenset({"de", "en", "fr"})


ENGLISH = English()


def read(recogniser: Recogniser = ENGLISH, /, **body: Any) -> dict[str, object]:
    asked = {"audio_url": URL, "speech_models": ["universal-2"], **body}
    submission = read_submission(asked, recogniser)
    assert submission.audio_url == URL
    return submission.options


def refusal(recogniser: Recogniser = ENGLISH, /, **body: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        read(recogniser, **body)
    assert refused.value.http_status == 400
    return str(refused.value)


def test_options_are_kept_as_they_came_unknown_ones_too() -> None:
    assert read(punctuate=True, colour="blue") == {
        "speech_models": ["universal-2"],
        "punctuate": True,
        "colour": "blue",
    }


@pytest.mark.parametrize("models", [[], "universal-2", [1], {"a": 1}])
def test_models_are_a_list_of_names(models: object) -> None:
    assert refusal(speech_models=models).startswith('"speech_models" must be a non-empty list')


def test_models_may_be_left_out_and_the_old_option_may_name_one() -> None:
    assert read(speech_models=None, speech_model="best")["speech_model"] == "best"
    assert refusal(speech_model=1) == "speech_model must be a String"


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
        ("summarization", True),
        ("sentiment_analysis", True),
        ("entity_detection", True),
        ("auto_chapters", True),
        ("iab_categories", True),
        ("content_safety", True),
        ("redact_pii", True),
        ("speech_understanding", {"request": {}}),
        ("prompt", "A talk about birds."),
        ("disfluencies", True),
    ],
)
def test_what_the_recogniser_cannot_do_is_refused_by_name(option: str, value: object) -> None:
    message = refusal(**{option: value})
    assert message.startswith(f'"{option}" is not available here: plain cannot ')
    assert option in read(**{option: type(value)()})  # asking for nothing is fine


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("audio_start_from", 0),
        ("audio_end_at", 2**31 - 1),
        ("punctuate", False),
        ("format_text", False),
        ("filter_profanity", True),
        ("custom_spelling", [{"from": ["a b", "c"], "to": "D"}]),
        ("keyterms_prompt", ["Kubernetes", "one two three four five six"]),
        ("word_boost", ["Kubernetes"]),
        ("boost_param", "default"),
        ("multichannel", True),
        ("dual_channel", True),
        ("webhook_url", URL),
        ("remove_audio_tags", "all"),
        ("keyterms_prompt_options", {"keyterms_match_strength": "standard"}),
        ("language_detection_options", {"expected_languages": ["all"], "fallback_language": "auto"}),
        ("redact_pii_sub", "hash"),
    ],
)
def test_what_can_be_done_is_taken(option: str, value: object) -> None:
    assert read(**{option: value})[option] == value


@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [
        ("audio_start_from", -1, "an Integer from 0 to 2147483647"),
        ("audio_start_from", True, "an Integer from 0 to 2147483647"),
        ("audio_end_at", 10**30, "an Integer from 0 to 2147483647"),
        ("audio_end_at", 1.5, "an Integer from 0 to 2147483647"),
        ("audio_end_at", "1", "an Integer from 0 to 2147483647"),
        ("language_confidence_threshold", 1.1, "a Number from 0 to 1"),
        ("keyterms_prompt", "Kubernetes", "an Array of at most 1000 Strings of 1 to 6 words each"),
        ("keyterms_prompt", ["a b c d e f g"], "an Array of at most 1000 Strings of 1 to 6 words each"),
        ("keyterms_prompt", [" "], "an Array of at most 1000 Strings of 1 to 6 words each"),
        ("keyterms_prompt", ["a"] * 1001, "an Array of at most 1000 Strings of 1 to 6 words each"),
        ("redact_pii_sub", "entity_type", "one of: hash, entity_name"),
        ("speech_understanding", [], "an Object"),
        ("redact_pii_policies", [1], "an Array of Strings"),
        ("webhook_url", 1, "a String"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_the_right_one(option: str, value: object, kind: str) -> None:
    assert refusal(**{option: value}) == f"{option} must be {kind}"


@pytest.mark.parametrize(
    "spelling",
    [
        {"from": "a", "to": "b"},
        {"from": [], "to": "b"},
        {"from": ["..."], "to": "b"},
        {"from": ["a"], "to": "b c"},
        {"from": ["a"], "to": ""},
        {"from": ["a"]},
        ["a", "b"],
    ],
)
def test_a_spelling_has_phrases_and_one_word(spelling: object) -> None:
    assert refusal(custom_spelling=[spelling]).startswith("custom_spelling must be an Array of Objects")


def test_a_part_of_the_audio_ends_after_its_start() -> None:
    assert read(audio_start_from=1, audio_end_at=2)
    assert refusal(audio_start_from=2, audio_end_at=2) == "audio_end_at must be greater than audio_start_from"
    assert refusal(audio_end_at=0) == "audio_end_at must be greater than audio_start_from"


def test_more_terms_than_are_listened_for_are_refused() -> None:
    assert "may hold 500 characters together here, and it holds 510" in refusal(word_boost=["x" * 51] * 10)
    assert refusal(keyterms_prompt=["bird", "too much"]) == (
        "keyterms_prompt holds more than plain can listen for; name fewer or shorter terms"
    )
    assert refusal(prompt="A talk.", keyterms_prompt=["bird"]).endswith("cannot be used together")
    assert refusal(word_boost=["bird"], boost_param="high").startswith('"boost_param" is not available here')


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("language_detection_options", {"expected_languages": ["de", "fr"]}),
        ("language_detection_options", {"fallback_language": "de"}),
        ("language_detection_options", {"code_switching": True}),
        ("language_detection_options", {"colour": 1}),
        ("keyterms_prompt_options", {"keyterms_match_strength": "high"}),
    ],
)
def test_options_within_options_are_not_passed_over(option: str, value: dict[str, object]) -> None:
    (name,) = value
    assert refusal(**{option: value}).startswith(f'"{option}" is not available here: {name} cannot be ')


def test_a_language_is_found_out_where_there_is_more_than_one() -> None:
    assert "plain understands only en" in refusal(language_detection=True)
    assert read(Polyglot(), language_detection=True, language_confidence_threshold=0.5)
    assert read(Polyglot(), language_code="de_ch")
    both = refusal(Polyglot(), language_detection=True, language_code="de")
    assert both == "language_code and language_detection cannot be used together"
    assert refusal(language_confidence_threshold=0.5).endswith("needs language_detection")


@pytest.mark.parametrize("language", [{"language_code": "de"}, {"language_detection": True}])
def test_profanity_is_filtered_only_where_it_is_known(language: dict[str, object]) -> None:
    message = refusal(Polyglot(), filter_profanity=True, **language)
    assert message.endswith("there is a list of such words only for language_code en")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"webhook_url": "ftp://example.org"}, '"webhook_url" must be an http or https URL'),
        ({"webhook_auth_header_name": "X-Key"}, "must be given together"),
        ({"webhook_auth_header_value": "secret"}, "must be given together"),
        (
            {"webhook_auth_header_name": "X Key", "webhook_auth_header_value": "v"},
            "the name of an HTTP header",
        ),
        ({"webhook_auth_header_name": "X", "webhook_auth_header_value": "a\r\nB: c"}, "HTTP header can hold"),
    ],
)
def test_a_webhook_is_a_web_address_and_one_whole_header(options: dict[str, object], message: str) -> None:
    refused = refusal(**({"webhook_url": URL} | options))
    assert message in refused
    assert "secret" not in refused


@pytest.mark.parametrize("code", [None, "en", "en_us", "en_uk", "en_au"])
def test_every_english_is_english(code: str | None) -> None:
    assert read(language_code=code)["language_code"] == code


@pytest.mark.parametrize("code", ["de", "eno", "", "es_en"])
def test_another_language_is_refused(code: str) -> None:
    message = refusal(language_code=code)
    assert message.startswith(f'"language_code" {code!r} is not available here: ')
    assert message.endswith("understands only en; --accurate or --model small hear others")


def test_a_language_is_a_string() -> None:
    assert refusal(language_code=7) == "language_code must be a String"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


nearly_right = (
    json_values
    | st.integers(0, 9)
    | st.floats(0, 1)
    | st.lists(st.sampled_from(["a", "a b", "Z.", ""]))
    | st.lists(st.fixed_dictionaries({"from": st.lists(st.sampled_from(["a", "b c", "?"])), "to": st.text()}))
)


@given(json_values | st.fixed_dictionaries({"audio_url": json_values, "speech_models": json_values}))
def test_any_json_is_read_or_refused(body: object) -> None:
    try:
        read_submission(body, ENGLISH)
    except RefusedError as refused:
        assert refused.http_status == 400  # noqa: PT017 - both ends are fine


@given(st.sampled_from(sorted(OPTIONS)), nearly_right)
def test_whatever_is_let_through_can_be_done(option: str, value: object) -> None:
    try:
        options = read(Polyglot(), **{option: value})
    except RefusedError as refused:
        assert option in str(refused)  # noqa: PT017 - both ends are fine
    else:
        heard = [Word("A", 0, 1, 0.9), Word("b", 2, 3, 0.9), Word("c.", 4, 5, 0.9)]
        assert Script(heard, options).words
        assert wanted_of(options).start_ms >= 0
