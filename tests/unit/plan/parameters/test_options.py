"""Parameters of the API: what may be sent, and what is said of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from batch_transcriber.plan.mistakes import path_text
from batch_transcriber.plan.parameters.check import check_parameters
from batch_transcriber.plan.parameters.form import ApiParameters
from batch_transcriber.plan.parameters.languages import LANGUAGES
from batch_transcriber.plan.parameters.layers import lay_over, spell_out
from batch_transcriber.plan.parameters.words import nearest_language
from tests.support.lists import options

if TYPE_CHECKING:
    from pydantic import JsonValue

EVERYTHING: dict[str, JsonValue] = {
    "audio_end_at": 280,
    "audio_start_from": 10,
    "auto_chapters": False,
    "auto_highlights": True,
    "boost_param": "high",
    "content_safety": True,
    "content_safety_confidence": 25,
    "custom_spelling": [{"from": ["dicarlo", "de carlo"], "to": "Decarlo"}],
    "custom_topics": True,
    "disfluencies": True,
    "domain": "medical-v1",
    "dual_channel": False,
    "entity_detection": True,
    "filter_profanity": True,
    "format_text": True,
    "iab_categories": True,
    "keyterms_prompt": ["Lübeck", "six words are not too many"],
    "keyterms_prompt_options": {"keyterms_match_strength": "high"},
    "language_code": "no",
    "language_codes": ["en", "es"],
    "language_confidence_threshold": 0.7,
    "language_detection": False,
    "language_detection_options": {
        "expected_languages": ["en", "de"],
        "fallback_language": "de",
        "code_switching": True,
        "code_switching_confidence_threshold": 1,
        "on_low_language_confidence": "fallback",
        "language_detection_model": "any",
        "swiss_german": True,
    },
    "multichannel": True,
    "prompt": None,
    "punctuate": True,
    "redact_pii": True,
    "redact_pii_audio": True,
    "redact_pii_audio_options": {
        "return_redacted_no_speech_audio": True,
        "override_audio_redaction_method": "silence",
    },
    "redact_pii_audio_quality": "wav",
    "redact_pii_policies": ["us_social_security_number", "credit_card_number"],
    "redact_pii_return_unredacted": True,
    "redact_pii_sub": "entity_name",
    "redact_static_entities": {"TOOL": ["Bench 7"]},
    "remove_audio_tags": "all",
    "sentiment_analysis": True,
    "speaker_labels": True,
    "speaker_options": {
        "min_speakers_expected": 2,
        "max_speakers_expected": 2,
        "use_two_stage_clustering": True,
        "long_file_diarization_method": "experimental",
    },
    "speakers_expected": 2,
    "speech_models": ["universal-2", "one-of-tomorrow"],
    "speech_threshold": 0.5,
    "speech_understanding": {
        "request": {
            "translation": {"target_languages": ["es"], "formal": True, "match_original_utterance": True},
            "speaker_identification": {
                "speaker_type": "role",
                "known_values": ["agent"],
                "speakers": [{"role": "agent", "description": "calls", "company": "Bench"}],
            },
            "custom_formatting": {"date": "mm/dd/yyyy", "phone_number": "(xxx)", "email": "a@b.c"},
        }
    },
    "summarization": True,
    "summary_model": "catchy",
    "summary_type": "gist",
    "temperature": 0,
    "topics": ["any"],
    "webhook_auth_header_name": "X-Secret",
    "webhook_auth_header_value": "s3cret",
    "webhook_url": "https://example.org/done?id=1",
    "word_boost": ["Lübeck"],
}


def said(parameters: dict[str, Any], *, allow_unknown: bool = False) -> list[str]:
    """Return what is wrong, each as a line."""
    return [
        f"{path_text(wrong.path)}: {wrong.message}"
        for wrong in check_parameters(parameters, allow_unknown=allow_unknown)
    ]


def test_every_parameter_may_be_sent() -> None:
    assert said(EVERYTHING) == []
    assert set(EVERYTHING) == set(ApiParameters.__annotations__)


@given(options)
def test_what_the_schema_allows_may_be_sent(drawn: dict[str, Any]) -> None:
    assert said(drawn) == []


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_a_null_leaves_any_parameter_to_the_service(name: str) -> None:
    assert said({name: None}) == []


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_a_value_of_another_kind_is_wrong_for_every_parameter(name: str) -> None:
    wants_text = isinstance(EVERYTHING[name] or "prompt", str)
    (line,) = said({name: 1.5 if wants_text else "x"})
    assert line.startswith(f"{name}: must be ")


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"speaker_lables": True}, "speaker_lables: no such parameter; did you mean 'speaker_labels'?"),
        ({"diarization": True}, "diarization: no such parameter; did you mean 'speaker_labels'?"),
        ({"xyz": True}, "xyz: no such parameter"),
        ({"formats": ["txt"]}, "formats: no such parameter; did you mean 'format_text'?"),
        (
            {"speaker_options": {"max_speakers": 3}},
            "speaker_options.max_speakers: no such parameter; did you mean 'max_speakers_expected'?",
        ),
        (
            {"speech_model": "best"},
            (
                "speech_model: is retired; name models in speech_models, "
                "such as [universal-3-5-pro, universal-2]"
            ),
        ),
        ({"audio_url": "https://h/a"}, "audio_url: comes from the source of each job"),
        ({"punctuate": 1}, "punctuate: must be true or false; it is 1"),
        ({"punctuate": "yes"}, "punctuate: must be true or false; it is 'yes'"),
        ({"speakers_expected": True}, "speakers_expected: must be a whole number; it is true"),
        ({"speakers_expected": 2.5}, "speakers_expected: must be a whole number; it is 2.5"),
        ({"speakers_expected": 0}, "speakers_expected: must be 1 or more; it is 0"),
        ({"temperature": "0"}, "temperature: must be a number; it is '0'"),
        ({"temperature": 1.5}, "temperature: must be between 0 and 1; it is 1.5"),
        (
            {"content_safety_confidence": 24},
            "content_safety_confidence: must be between 25 and 100; it is 24",
        ),
        (
            {"content_safety_confidence": 101},
            "content_safety_confidence: must be between 25 and 100; it is 101",
        ),
        ({"prompt": 5}, "prompt: must be text; it is 5"),
        ({"prompt": ""}, "prompt: must not be empty"),
        ({"prompt": "word " * 1501}, f"prompt: '{'word ' * 7}wor… has 1501 words; 1500 are the most"),
        (
            {"keyterms_prompt": ["a b c d e f g"]},
            "keyterms_prompt[0]: 'a b c d e f g' has 7 words; 6 are the most",
        ),
        ({"keyterms_prompt": []}, "keyterms_prompt: must not be empty"),
        ({"keyterms_prompt": ["a"] * 1001}, "keyterms_prompt: has 1,001; 1,000 are the most"),
        ({"keyterms_prompt": "a"}, "keyterms_prompt: must be a list; it is 'a'"),
        ({"speaker_options": [1]}, "speaker_options: must be a mapping; it is a list"),
        (
            {"redact_pii_audio_quality": "mp4"},
            "redact_pii_audio_quality: must be mp3 or wav; it is 'mp4'; did you mean 'mp3'?",
        ),
        ({"remove_audio_tags": "some"}, "remove_audio_tags: must be all; it is 'some'"),
        ({"custom_spelling": [{"from": ["a"]}]}, "custom_spelling[0]: to is missing"),
        (
            {"custom_spelling": [{"from": ["a"], "to": "b c"}]},
            "custom_spelling[0].to: 'b c' must be one word",
        ),
        ({"language_code": "enn"}, "language_code: 'enn' is no language code; did you mean 'en'?"),
        ({"language_code": 5}, "language_code: must be text; it is 5"),
        ({"language_code": "%"}, "language_code: '%' is no language code"),
        (
            {"speech_models": ["nano"]},
            (
                "speech_models[0]: 'nano' is no longer a model; choose one or more of "
                "universal-2, universal-3-pro, universal-3-5-pro, assemblyai-stt-3-7"
            ),
        ),
        (
            {"speech_models": ["Universal_2"]},
            "speech_models[0]: 'Universal_2' is no model; did you mean 'universal-2'?",
        ),
        ({"speech_models": []}, "speech_models: must not be empty"),
        ({"speech_models": ["-"]}, "speech_models[0]: '-' is no model"),
        ({"webhook_url": "ftp://h"}, "webhook_url: 'ftp://h' must be an http or https address"),
        (
            {"webhook_auth_header_name": "a b"},
            "webhook_auth_header_name: 'a b' cannot be the name of a header",
        ),
        (
            {
                "speech_understanding": {
                    "request": {
                        "speaker_identification": {"speaker_type": "name", "known_values": ["x" * 36]}
                    }
                }
            },
            (
                "speech_understanding.request.speaker_identification.known_values[0]: "
                "has more than 35 characters"
            ),
        ),
        (
            {"redact_pii_policies": ["persn_name"]},
            "redact_pii_policies[0]: 'persn_name' is not known here; did you mean 'person_name'?",
        ),
    ],
)
def test_a_wrong_parameter_is_told_with_what_was_meant(parameters: dict[str, Any], line: str) -> None:
    assert said(parameters) == [line]


def test_a_secret_is_not_repeated() -> None:
    for value in (["s3cret"], "s3cret\n", {"s3cret": 1}):
        (line,) = said({"webhook_auth_header_value": value})
        assert "s3cret" not in line


def test_what_the_service_may_know_by_now_passes_where_that_is_allowed() -> None:
    new: dict[str, JsonValue] = {
        "brand_new": {"any": "thing"},
        "language_code": "tlh",
        "redact_pii_audio_quality": "flac",
        "speaker_options": {"voices": 2},
    }
    assert len(said(new)) == 4
    assert said(new, allow_unknown=True) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"speech_model": "best"},
        {"audio_url": "https://h/a"},
        {"punctuate": "perhaps"},
        {"temperature": 2},
        {"language_code": 5},
        {"redact_pii_audio_quality": 3},
        {"speech_models": ["nano"]},
        {"prompt": "a", "keyterms_prompt": ["b"]},
    ],
)
def test_what_cannot_be_right_does_not_pass_even_then(parameters: dict[str, Any]) -> None:
    assert len(said(parameters, allow_unknown=True)) == 1


REDACT = {"redact_pii": True, "redact_pii_policies": ["date"]}


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        (
            {"prompt": "a", "keyterms_prompt": ["b"]},
            "prompt: the service takes prompt or keyterms_prompt, not both; leave one of them out",
        ),
        (
            {"language_code": "de", "language_detection": True},
            "language_code: a language cannot be named and detected at once; leave one of them out",
        ),
        ({"language_codes": ["de", "fr"]}, "language_codes: one of the languages must be en"),
        ({"language_codes": ["en", "de", "fr"]}, "language_codes: names 3 languages; two are the most"),
        (
            {"language_detection_options": {"expected_languages": ["de"], "fallback_language": "fr"}},
            "language_detection_options: fallback_language 'fr' must be auto or one of expected_languages",
        ),
        (
            {"word_boost": ["a"], "speech_models": ["universal-2", "universal-3-pro"]},
            "word_boost: universal-3-pro does not take it; use keyterms_prompt instead",
        ),
        (
            {"boost_param": "low", "speech_models": ["universal-3-5-pro"]},
            "boost_param: universal-3-5-pro does not take it; use keyterms_prompt instead",
        ),
        (
            {"audio_start_from": 500, "audio_end_at": 500},
            "audio_end_at: ends at 500 ms, before anything is heard (audio_start_from: 500)",
        ),
        (
            {"speaker_options": {"min_speakers_expected": 3, "max_speakers_expected": 2}},
            "speaker_options: max_speakers_expected (2) is less than min_speakers_expected (3)",
        ),
        (
            {"summarization": True, "punctuate": False},
            "summarization: needs punctuate, which is switched off",
        ),
        (
            {"summarization": True, "format_text": False},
            "summarization: needs format_text, which is switched off",
        ),
        (
            {"auto_chapters": True, "punctuate": False},
            "auto_chapters: needs punctuate, which is switched off",
        ),
        (
            {"auto_chapters": True, "summarization": True},
            "auto_chapters: cannot be had together with summarization",
        ),
        (
            {"redact_pii": True},
            (
                "redact_pii: needs redact_pii_policies, the kinds of data to take out, "
                "such as [person_name, phone_number]"
            ),
        ),
        (
            {"redact_pii_policies": ["date"]},
            "redact_pii_policies: nothing is redacted unless redact_pii is true; say true or false",
        ),
        ({"speech_understanding": {"request": {}}}, "speech_understanding: its request names no task"),
        (
            {"speech_understanding": {"request": {"speaker_identification": {"speaker_type": "role"}}}},
            "speech_understanding: speaker_identification by role needs known_values",
        ),
    ],
)
def test_a_combination_that_is_refused_is_told_with_its_reason(parameters: dict[str, Any], line: str) -> None:
    assert said(parameters) == [line]


@pytest.mark.parametrize(
    "parameters",
    [
        {"prompt": "a", "keyterms_prompt": None},
        {"language_code": "de", "language_detection": False},
        {"language_codes": ["en", "fr"]},
        {"language_detection_options": {"expected_languages": ["all"], "fallback_language": "fr"}},
        {"language_detection_options": {"expected_languages": ["de"], "fallback_language": "auto"}},
        {"language_detection_options": {"fallback_language": "fr"}},
        {"word_boost": ["a"], "speech_models": ["universal-2"]},
        {"audio_end_at": 500},
        {"speaker_options": {"max_speakers_expected": 1}},
        {"summarization": True, "punctuate": True},
        {"summarization": False, "punctuate": False},
        REDACT,
        {"redact_pii": False, "redact_pii_policies": ["date"]},
    ],
)
def test_what_only_looks_like_such_a_combination_may_be_sent(parameters: dict[str, Any]) -> None:
    assert said(parameters) == []


def test_nothing_is_said_of_a_combination_with_a_parameter_that_is_wrong_by_itself() -> None:
    assert said(
        {"redact_pii": True, "redact_pii_policies": "date", "prompt": "a", "keyterms_prompt": ["b"]}
    ) == [
        "redact_pii_policies: must be a list; it is 'date'",
        "prompt: the service takes prompt or keyterms_prompt, not both; leave one of them out",
    ]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("enn", "en"),
        ("EN", "en"),
        ("en-US", "en_us"),
        ("en-GB", "en_uk"),
        ("de_CH", "de"),
        ("deu", "de"),
        ("German", "de"),
        ("ger", "de"),
        ("Norwegian Nynorsk", "nn"),
        ("nb", "no"),
        ("zh-Hans", "zh"),
        ("", None),
        ("klingon", None),
    ],
)
def test_the_language_that_was_meant_is_found(word: str, code: str | None) -> None:
    assert nearest_language(word) == code


def test_there_are_102_languages() -> None:
    assert len(LANGUAGES) == 102
    assert LANGUAGES["no"] == "Norwegian"


@pytest.mark.parametrize(
    ("name", "value", "parameters"),
    [
        ("language", "de", {"language_code": "de"}),
        ("language", "auto", {"language_detection": True}),
        ("speakers", 3, {"speaker_labels": True, "speakers_expected": 3}),
        ("model", "universal-2", {"speech_models": ["universal-2"]}),
        ("model", ["a", "b"], {"speech_models": ["a", "b"]}),
    ],
)
def test_a_shorthand_stands_for_parameters(name: str, value: Any, parameters: dict[str, Any]) -> None:
    assert spell_out(name, value) == parameters


@pytest.mark.parametrize("name", ["language", "speakers", "model"])
def test_a_null_takes_all_of_a_shorthand_back(name: str) -> None:
    for value in ("auto", 3):
        assert lay_over(spell_out(name, None), spell_out(name, value)) == {}


@pytest.mark.parametrize(
    ("upper", "lower", "merged"),
    [
        ({}, {"punctuate": True}, {"punctuate": True}),
        ({"punctuate": False}, {"punctuate": True, "prompt": "a"}, {"punctuate": False, "prompt": "a"}),
        ({"prompt": None}, {"prompt": "a"}, {}),
        ({"language_code": "de"}, {"language_detection": True}, {"language_code": "de"}),
        ({"language_detection": True}, {"language_code": "de"}, {"language_detection": True}),
        ({"prompt": "a"}, {"keyterms_prompt": ["b"]}, {"prompt": "a"}),
        ({"speakers_expected": 2}, {"speaker_options": {}}, {"speakers_expected": 2}),
        ({"speaker_labels": False}, {"speakers_expected": 2}, {"speaker_labels": False}),
        ({"speaker_options": {}}, {"speaker_options": {"min_speakers_expected": 2}}, {"speaker_options": {}}),
    ],
)
def test_an_upper_layer_wins_and_takes_the_place_of_what_says_the_same(
    upper: dict[str, Any], lower: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert lay_over(upper, lower) == merged


@given(options, options)
def test_layers_never_lose_what_the_upper_one_says(upper: dict[str, Any], lower: dict[str, Any]) -> None:
    merged = lay_over(upper, lower)
    wanted = {name: value for name, value in upper.items() if value is not None}
    assert all(merged[name] == value for name, value in wanted.items())
    assert not {name for name, value in upper.items() if value is None} & merged.keys()
    assert merged.keys() <= upper.keys() | lower.keys()
