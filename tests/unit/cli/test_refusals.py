"""Options that cannot be meant: one line that names what was typed, or the variable that was set."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
import typer

from batch_transcriber.cli.main import app
from batch_transcriber.cli.usage import describe
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from pathlib import Path


OFFLINE, TINY = "--offline cannot be used with", "whisper-tiny.en"
OTHERS = "; --accurate or --model small hear others"


def refusal(*arguments: str) -> str:
    """Return the line that refuses a run."""
    with pytest.raises((typer.TyperException, FatalError)) as caught:
        app(["run", "x.mp3", *arguments], standalone_mode=False)
    if isinstance(caught.value, typer.TyperException):
        return describe(caught.value)
    assert isinstance(caught.value, FatalError)
    assert caught.value.exit_code in {ExitCode.USAGE, ExitCode.LOCAL}
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
        ("--offline --language de", f"{OFFLINE} --language: {TINY} understands only en{OTHERS}"),
        ("--offline --language auto", f"{OFFLINE} --language: {TINY} "),
        ("--offline --redact-pii", f"{OFFLINE} --redact-pii: {TINY} cannot redact"),
        ("--offline --speakers 2", f"{OFFLINE} --speakers: {TINY} cannot tell speakers apart"),
        ("--offline --set summarization=true", f"{OFFLINE} --set summarization: {TINY} cannot summarize"),
        (
            "--offline --accurate --language auto --speaker-labels",
            f"{OFFLINE} --speaker-labels: whisper-base cannot tell speakers apart",
        ),
        (
            "--offline --set speech_models=[whisper-small]",
            f"{OFFLINE} --set speech_models: this run hears with {TINY}; --model names another",
        ),
        ("--offline --fast --accurate", "--fast cannot be used with --accurate: they say the opposite"),
        ("--offline --model a --model b", f"{OFFLINE} --model twice: it hears with one"),
        ("--offline --model best", f"{OFFLINE} --model best: that is the service's; name one of Whisper's"),
        ("--offline --model ./none", "no Whisper model for CTranslate2 in none: config.json is missing"),
        ("--offline --workers 0", "--workers must be between 1 and 64 (it is 0)"),
        ("--accurate", "--accurate needs --offline: it is about the recogniser of this machine"),
        ("--workers 2", "--workers needs --offline: it is about the recogniser of this machine"),
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
    [
        ("LANGUAGE", "de", f"understands only en{OTHERS}"),
        ("REDACT_PII", "1", "cannot redact"),
        ("SPEAKERS", "2", "cannot tell speakers apart"),
    ],
)
def test_offline_refuses_what_it_cannot_do_wherever_it_was_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"BATCH_TRANSCRIBER_{variable}", value)
    assert refusal("--offline") == f"{OFFLINE} BATCH_TRANSCRIBER_{variable}: {TINY} {reason}"
    monkeypatch.delenv(f"BATCH_TRANSCRIBER_{variable}")
    config, key = tmp_path / "config.toml", variable.lower().replace("_", "-")
    config.write_text(f"offline = true\n{key} = {'true' if key == 'redact-pii' else repr(value)}\n")
    monkeypatch.setenv("BATCH_TRANSCRIBER_CONFIG", str(config))
    assert refusal() == f"{config}: offline cannot be used with {config}: {key}: {TINY} {reason}"


def test_a_model_counts_for_offline_only_from_where_offline_was_said_or_nearer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATCH_TRANSCRIBER_MODEL", "universal-2")
    assert (
        refusal("--offline", "--language", "de")
        == f"{OFFLINE} --language: {TINY} understands only en{OTHERS}"
    )
    monkeypatch.setenv("BATCH_TRANSCRIBER_OFFLINE", "1")
    assert refusal().startswith("BATCH_TRANSCRIBER_OFFLINE cannot be used with BATCH_TRANSCRIBER_MODEL uni")


def test_of_two_efforts_the_one_said_nearer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_TRANSCRIBER_ACCURATE", "1")
    assert refusal("--offline", "--speaker-labels").endswith("whisper-base cannot tell speakers apart")
    assert refusal("--offline", "--fast", "--speaker-labels").endswith(f"{TINY} cannot tell speakers apart")
    monkeypatch.setenv("BATCH_TRANSCRIBER_FAST", "1")
    assert refusal("--offline").startswith(
        "BATCH_TRANSCRIBER_FAST cannot be used with BATCH_TRANSCRIBER_ACCURATE"
    )
