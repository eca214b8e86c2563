"""The log of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import (
    Event,
    Failed,
    Notice,
    RequestEnded,
    RunStarted,
    Skipped,
    SkipReason,
    Submitted,
    Waiting,
)
from batch_transcriber.model import Stage
from batch_transcriber.ui.log_file import KEPT, LogFile
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.telling import Verbosity
from batch_transcriber.ui.words import without_secrets
from tests.unit.ui.test_telling import JOB, TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUEST = RequestEnded("upload", "POST", "/v2/upload", 0.1, 200)


def logged(
    path: Path, events: Iterable[Event], verbosity: Verbosity = Verbosity.ERRORS
) -> list[dict[str, Any]]:
    log = LogFile(path, run="r1", verbosity=verbosity)
    for event in events:
        log.show(event)
    log.tick()
    fatal = FatalError("no credit", ExitCode.ACCOUNT)
    log.end(Ending(BatchReport(fatal=fatal), Path("t"), 1.0, "", ExitCode.ACCOUNT))
    log.close()
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_line_has_time_level_run_event_source_stage_and_transcript(tmp_path: Path) -> None:
    lines = logged(tmp_path / "log", (event for event, _, _ in TOLD), Verbosity.REQUESTS)
    assert len(lines) > len(TOLD) / 2
    for line in lines:
        assert list(line)[:7] == ["time", "level", "run", "event", "source", "stage", "transcript_id"]
        assert line["time"].endswith("+00:00")
        assert line["run"] == "r1"


def test_a_line_says_how_grave_it_is_and_what_of(tmp_path: Path) -> None:
    events: list[Event] = [
        Submitted(JOB, "t-1"),
        Waiting("busy", 1.0),
        Failed("b.mp3", Stage.POLL, "gone", None, "t-2"),
        REQUEST,
    ]
    lines = logged(tmp_path / "log", events, Verbosity.REQUESTS)
    keys = ("level", "event", "source", "stage", "transcript_id")
    assert [tuple(line[key] for key in keys) for line in lines] == [
        ("info", "submitted", "a.mp3", "submit", "t-1"),
        ("warning", "waiting", None, None, None),
        ("error", "failed", "b.mp3", "poll", "t-2"),
        ("debug", "request", None, None, None),
        ("info", "progress", None, None, None),
        ("critical", "summary", None, None, None),
    ]


def test_steps_are_logged_whatever_the_screen_shows_and_requests_are_asked_for(tmp_path: Path) -> None:
    events: list[Event] = [Submitted(JOB, "t-1"), REQUEST]
    assert [line["event"] for line in logged(tmp_path / "log", events)] == [
        "submitted",
        "progress",
        "summary",
    ]


def test_what_each_run_leaves_alone_is_logged_for_those_who_ask(tmp_path: Path) -> None:
    events: list[Event] = [Skipped("a.mp3", reason) for reason in SkipReason]
    left_alone = [
        reason for reason in SkipReason if reason is SkipReason.ALREADY_WRITTEN or reason.is_filtered
    ]
    normal = [line.get("reason") for line in logged(tmp_path / "log", events)[:-2]]
    assert normal == [reason for reason in SkipReason if reason not in left_alone]
    verbose = logged(tmp_path / "other", events, Verbosity.TRANSITIONS)
    assert len(verbose) - 2 == len(SkipReason)


def test_what_opens_an_address_to_others_is_left_out(tmp_path: Path) -> None:
    address = "https://user:word@bucket.example/talk.mp3?X-Signature=abc"
    lines = logged(
        tmp_path / "log", [RunStarted((address,), Path("t"), "https://h"), Failed(address, Stage.POLL, "x")]
    )
    assert lines[0]["sources"] == ["https://bucket.example/talk.mp3?..."]
    assert lines[1]["source"] == "https://bucket.example/talk.mp3?..."
    assert without_secrets("cannot get 'https://cdn.example/upload/abc-1': 403") == (
        "cannot get 'https://cdn.example/upload/...': 403"
    )
    assert without_secrets("a?b@c/upload/d.mp3") == "a?b@c/upload/d.mp3"


def test_the_log_of_an_earlier_run_stays_and_all_together_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log"
    logged(path, [Notice("the first run")])
    log = LogFile(path, run="r2", size_max_bytes=2000)
    for number in range(100):
        log.show(Notice(f"{number} {'x' * 50}"))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == KEPT + 1
    assert all(file.stat().st_size <= 2000 for file in files)
    assert json.loads(path.read_text().splitlines()[-1])["message"].startswith("99 ")


def test_a_disk_that_is_full_is_told_once_and_the_log_goes_on_when_there_is_room(tmp_path: Path) -> None:
    path, told = tmp_path / "log", list[str]()
    path.symlink_to("/dev/full")
    log = LogFile(path, run="r")
    log.on_trouble = told.append
    for _ in range(3):
        log.show(Notice("x" * 20_000))
    assert told == [
        f"{path}: the log cannot be written (No space left on device); the run goes on without it"
    ]
    path.unlink()
    path.write_text('{"half of a li')
    for number in range(2):
        log.show(Notice(str(number)))
    log.close()
    _, *whole = path.read_text().splitlines()
    assert [json.loads(line)["message"] for line in whole] == ["0", "1"]


@pytest.mark.parametrize("content", [b"ID3 a recording", b"SQLite format 3\0"])
def test_nothing_is_added_to_a_file_that_is_no_log(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(FatalError, match=r"a\.mp3: is no log of JSON lines, and stays as it is") as caught:
        LogFile(path, run="r")
    assert caught.value.exit_code is ExitCode.LOCAL
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", [".", "missing/log", "a\0b"])
def test_a_log_that_cannot_be_opened_is_trouble_of_this_machine(tmp_path: Path, name: str) -> None:
    with pytest.raises(FatalError, match="--log-file") as caught:
        LogFile(tmp_path / name, run="r")
    assert caught.value.exit_code is ExitCode.LOCAL
