"""Options that cannot be meant: one line that names what was typed, or the variable that was set."""

from __future__ import annotations

import shlex

import pytest
import typer

from batch_transcriber.cli.main import app
from batch_transcriber.cli.usage import describe
from batch_transcriber.errors import ExitCode, FatalError


def refusal(*arguments: str) -> str:
    """Return the line that refuses a run."""
    with pytest.raises((typer.TyperException, FatalError)) as caught:
        app(["run", "x.mp3", *arguments], standalone_mode=False)
    if isinstance(caught.value, typer.TyperException):
        return describe(caught.value)
    assert isinstance(caught.value, FatalError)
    assert caught.value.exit_code == ExitCode.USAGE
    return str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--language German", "--language: 'German' is no language code; did you mean 'de'?"),
        ("--language ''", "--language: '' is no language code"),
        (
            "--language auto --set language_code=de",
            "--set language_code: a language cannot be named and detected",
        ),
        ("--speakers 0", "--speakers: must be 1 or more; it is 0"),
        ("--keyterm ''", "--keyterm: must not be empty"),
        ("--prompt ''", "--prompt: must not be empty"),
        ("--prompt x --keyterm y", "--prompt cannot be used with --keyterm: the service takes one of them"),
        ("--model best", "--model: 'best' is no longer a model; choose one or more of universal-2, "),
        ("--set punctuate", "--set punctuate: must look like KEY=VALUE"),
        ("--set punctuat=true", "--set punctuat: no such parameter; did you mean 'punctuate'?"),
        ("--set punctuate=maybe", "--set punctuate: must be true or false; it is 'maybe'"),
        ("--set redact_pii=true", "--set redact_pii: needs redact_pii_policies, the kinds of data"),
        ("--set audio_url=x", "--set audio_url: comes from the source of each job"),
        ("--offline --language de", "--offline cannot be used with --language: it hears English only"),
        ("--offline --language auto", "--offline cannot be used with --language: it hears English only"),
        ("--offline --redact-pii", "--offline cannot be used with --redact-pii: it redacts nothing"),
        ("--offline --speakers 2", "--offline cannot be used with --speakers: it tells no speakers apart"),
    ],
)
def test_a_parameter_that_cannot_be_asked_for_names_its_option(arguments: str, line: str) -> None:
    assert refusal(*shlex.split(arguments)).startswith(line)


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("--min-age", "soon", "--min-age must be a time such as 90s, 2m, 1h30m or 7d (it is 'soon')"),
        ("--min-size", "5X", "--min-size must be a size such as 500k, 10MB or 1GiB (it is '5X')"),
        ("--newer-than", "2099-01-01", "--newer-than is still to come, so that no file can be newer"),
        ("--limit", "0", "--limit must be 1 or more (it is 0)"),
        ("--include", "!a", "--include '!a' takes nothing in; use --exclude without the !"),
        ("--exclude", "[z-a]", "--exclude: '[z-a]' is no pattern"),
        ("--language", "xx", "--language: 'xx' is no language code"),
        ("--speakers", "0", "--speakers: must be 1 or more; it is 0"),
    ],
)
def test_a_value_that_cannot_be_meant_names_its_option_or_its_variable(
    monkeypatch: pytest.MonkeyPatch, option: str, value: str, line: str
) -> None:
    assert refusal(option, value).startswith(line)
    variable = "BATCH_TRANSCRIBER_" + option.lstrip("-").replace("-", "_").upper()
    monkeypatch.setenv(variable, value)
    assert refusal().startswith(line.replace(option, variable, 1))


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [("LANGUAGE", "de", "it hears English only"), ("REDACT_PII", "1", "it redacts nothing")],
)
def test_offline_refuses_a_variable_without_which_a_text_would_be_wrong_or_tell_too_much(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"BATCH_TRANSCRIBER_{variable}", value)
    assert refusal("--offline") == f"--offline cannot be used with BATCH_TRANSCRIBER_{variable}: {reason}"
