"""Parameters as they are typed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan.parameters.assignments import read_assignments
from batch_transcriber.plan.parameters.check import check_parameters
from tests.support.lists import options


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("prompt=42", {"prompt": "42"}),
        ("prompt=true", {"prompt": "true"}),
        ("prompt=a=b, c", {"prompt": "a=b, c"}),
        ("prompt= a ", {"prompt": " a "}),
        ("language_code=no", {"language_code": "no"}),
        ("punctuate=true", {"punctuate": True}),
        ("punctuate=False", {"punctuate": False}),
        ("punctuate=no", {"punctuate": False}),
        ("speakers_expected=3", {"speakers_expected": 3}),
        ("temperature=0.5", {"temperature": 0.5}),
        ("temperature=1", {"temperature": 1}),
        ("temperature=1e-3", {"temperature": 0.001}),
        ("keyterms_prompt=a, b c,", {"keyterms_prompt": ["a", "b c"]}),
        ('keyterms_prompt=["a, b"]', {"keyterms_prompt": ["a, b"]}),
        ("keyterms_prompt=42", {"keyterms_prompt": ["42"]}),
        ("speech_models=universal-2", {"speech_models": ["universal-2"]}),
        ("redact_pii_audio_quality=wav", {"redact_pii_audio_quality": "wav"}),
        ("remove_audio_tags=all", {"remove_audio_tags": "all"}),
        (
            "speaker_options.max_speakers_expected=4",
            {"speaker_options": {"max_speakers_expected": 4}},
        ),
        ('speaker_options={"max_speakers_expected": 4}', {"speaker_options": {"max_speakers_expected": 4}}),
        (
            'custom_spelling=[{"from": ["a"], "to": "b"}]',
            {"custom_spelling": [{"from": ["a"], "to": "b"}]},
        ),
        ("redact_static_entities.TOOL=a,b", {"redact_static_entities": {"TOOL": ["a", "b"]}}),
    ],
)
def test_the_parameter_decides_what_a_value_is(text: str, parameters: dict[str, Any]) -> None:
    assert read_assignments([text]) == parameters


def test_parts_of_a_mapping_come_together_and_the_later_value_counts() -> None:
    typed = [
        "speaker_options.min_speakers_expected=2",
        "speaker_options.max_speakers_expected=3",
        "speaker_options.max_speakers_expected=4",
        "temperature=1",
        "temperature=0",
    ]
    assert read_assignments(typed) == {
        "speaker_options": {"min_speakers_expected": 2, "max_speakers_expected": 4},
        "temperature": 0,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompt", "--set prompt: must look like KEY=VALUE"),
        ("=a", "--set =a: must look like KEY=VALUE"),
        ("a..b=1", "--set a..b=1: must look like KEY=VALUE"),
        ("promt=1", "--set promt: no such parameter; did you mean 'prompt'?"),
        ("prompt=", "--set prompt: must not be empty"),
        ("punctuate=maybe", "--set punctuate: must be true or false; it is 'maybe'"),
        ("speakers_expected=two", "--set speakers_expected: must be a whole number; it is 'two'"),
        ("temperature=NaN", "--set temperature: must be a number; it is 'NaN'"),
        ("temperature=1e999", "--set temperature: must be a number; it is '1e999'"),
        ("temperature=2", "--set temperature: must be between 0 and 1; it is 2"),
        ("speaker_options=4", "--set speaker_options: must be a mapping; it is 4"),
        ("speaker_options.x=4", "--set speaker_options.x: no such parameter"),
        ("keyterms_prompt=", "--set keyterms_prompt: must not be empty"),
        ("custom_spelling=a", "--set custom_spelling[0]: must be a mapping; it is 'a'"),
        ("audio_url=https://h/a", "--set audio_url: comes from the source of each job"),
        (
            "webhook_auth_header_value=\t",
            "--set webhook_auth_header_value: holds characters that no header can have",
        ),
        (
            f"temperature={'[' * 100_000}",
            f"--set temperature: must be a number; it is '{'[' * 38}…",
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(text: str, message: str) -> None:
    with pytest.raises(FatalError) as caught:
        read_assignments([text])
    assert str(caught.value) == message
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_part_of_what_has_a_value_already_is_refused() -> None:
    with pytest.raises(FatalError, match=r"--set prompt\.a: prompt was given a value of its own before"):
        read_assignments(["prompt=b", "prompt.a=1"])


def test_an_unknown_parameter_is_json_or_text_where_it_is_allowed() -> None:
    typed = ["a=1", "b=[true]", "c=x", 'd="2"', "e.f=null", "g=1e999"]
    assert read_assignments(typed, allow_unknown=True) == {
        "a": 1,
        "b": [True],
        "c": "x",
        "d": "2",
        "e": {"f": None},
        "g": "1e999",
    }


@given(options)
def test_whatever_may_be_sent_can_be_typed(drawn: dict[str, Any]) -> None:
    wanted = {name: value for name, value in drawn.items() if value is not None}
    typed = [
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in wanted.items()
    ]
    assert read_assignments(typed) == wanted


@given(st.text(), st.booleans())
def test_any_text_gives_parameters_that_may_be_sent_or_a_line(text: str, allow_unknown: bool) -> None:  # noqa: FBT001
    try:
        parameters = read_assignments([text], allow_unknown=allow_unknown)
    except FatalError:
        return
    assert check_parameters(parameters, allow_unknown=allow_unknown) == []
