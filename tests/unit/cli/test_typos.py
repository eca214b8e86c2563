"""What was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_transcriber.cli.options import known_variables
from batch_transcriber.cli.typos import (
    did_you_mean,
    nearest,
    nearest_option,
    no_such_command,
    unread_variables,
)

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ["--offline", "--out", "--output", "--force", "--api-key", "--api-key-file", "--in-flight"]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("--ofline", "--offline"),
        ("--ouput", "--output"),
        ("--api-key-fiel", "--api-key-file"),
        ("--in_flight", "--in-flight"),
        ("--zzz", None),
    ],
)
def test_one_name_is_meant_or_none(typo: str, meant: str | None) -> None:
    assert nearest(typo, OPTIONS) == meant
    assert did_you_mean(typo, OPTIONS) == (f"; did you mean {meant}?" if meant else "")
    assert nearest_option(typo, OPTIONS) == meant


def test_the_dashes_of_an_option_make_no_other_one_like_it() -> None:
    assert nearest("--bogus", OPTIONS) == "--out"
    assert nearest_option("--bogus", OPTIONS) is None


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("rnu", "no such command: rnu; did you mean run?"),
        ("walk", "no such command: walk"),
        ("help", "no such command: help; did you mean --help?"),
        ("versoin", "no such command: versoin; did you mean --version?"),
        ("", "no such command: ''"),
        ("talks/", "talks/ is no command; did you mean: batch-transcriber run talks/"),
        ("talk.mp3", "talk.mp3 is no command; did you mean: batch-transcriber run talk.mp3"),
        ("my talk.mp3", "'my talk.mp3' is no command; did you mean: batch-transcriber run 'my talk.mp3'"),
        ("https://x/y", "https://x/y is no command; did you mean: batch-transcriber run https://x/y"),
        ("x" * 5000 + "/", None),
    ],
)
def test_a_word_where_a_command_belongs_may_be_a_recording(word: str, line: str | None) -> None:
    assert no_such_command(word, ["run"], ["--version", "--help"]) == (
        line or f"{word} is no command; did you mean: batch-transcriber run {word}"
    )


def test_what_is_there_is_a_recording_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert no_such_command("runs", ["run"]).endswith("batch-transcriber run runs")


def test_a_variable_that_nothing_reads_gets_a_line_with_the_nearest_right_one_and_no_value() -> None:
    environ = {
        "BATCH_TRANSCRIBER_UPLAODS": "hush",
        "BATCH_TRANSCRIBER_XYZ": "hush",
        "BATCH_TRANSCRIBER_UPLOADS": "3",
        "BATCH_TRANSCRIBER_EMPTY": " ",
        "_BATCH_TRANSCRIBER_COMPLETE": "x",
        "PATH": "x",
    }
    first, second = unread_variables(environ, known_variables())
    assert first.endswith("did you mean BATCH_TRANSCRIBER_UPLOADS?")
    assert second == "BATCH_TRANSCRIBER_XYZ is set, but nothing reads it"
    assert "hush" not in first + second
