"""Events as lines of text."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch_transcriber.events import (
    Completed,
    Event,
    Failed,
    JobFound,
    Notice,
    PlanMeasured,
    Processing,
    Recognising,
    RequestEnded,
    RunStarted,
    Skipped,
    SkipReason,
    Submitted,
    Uploaded,
    UploadProgress,
    UploadsAdapted,
    Waiting,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.telling import Verbosity, tell

JOB = Job(1, "a.mp3", {"txt": Path("out/a.txt")}, 12_000_000)
ERRORS, NORMAL, TRANSITIONS, REQUESTS = Verbosity

TOLD: list[tuple[Event, Verbosity, str]] = [
    (Failed("a.mp3", Stage.PLAN, "gone"), ERRORS, "failed: a.mp3: gone"),
    (Skipped("a.mp3", SkipReason.VANISHED), ERRORS, "skipped: a.mp3: vanished before it was sent"),
    (RunStarted(("x",), Path("t"), "https://h"), NORMAL, "transcribing x to t, with https://h"),
    (
        RunStarted(("x", "y"), Path("t"), "https://h"),
        NORMAL,
        "transcribing x and more to t, with https://h",
    ),
    (PlanMeasured(1234, 5_000_000), NORMAL, "1,234 recordings found, 5.0 MB"),
    (PlanMeasured(1, 0, urls=1), NORMAL, "1 recording found"),
    (Waiting("busy", 65.0), NORMAL, "waiting 1 min 5 s: busy"),
    (Notice("a word"), NORMAL, "a word"),
    (JobFound(JOB), TRANSITIONS, "found: a.mp3"),
    (UploadProgress(JOB, 0, 12_000_000, 1), TRANSITIONS, "uploading: a.mp3 (12 MB)"),
    (UploadProgress(JOB, 0, 12_000_000, 2), TRANSITIONS, "uploading: a.mp3 (12 MB, try 2)"),
    (Uploaded(JOB), TRANSITIONS, "uploaded: a.mp3"),
    (UploadsAdapted(6, 1.5e6), TRANSITIONS, "uploads at a time: 6 (1.5 MB a second so far)"),
    (Submitted(JOB, "t-1"), TRANSITIONS, "submitted: a.mp3 (transcript t-1)"),
    (Submitted(JOB, "t-1", adopted=True), TRANSITIONS, "found again: a.mp3 (transcript t-1)"),
    (Processing(JOB, "t-1"), TRANSITIONS, "processing: a.mp3"),
    (Completed(JOB, "t-1"), TRANSITIONS, "completed: a.mp3"),
    (
        Written(JOB, "t-1", 65.0, None, has_words=True),
        TRANSITIONS,
        "written: a.mp3 to out/a.txt (1 min 5 s of audio)",
    ),
    (Skipped("a.mp3", SkipReason.NAMED_TWICE), TRANSITIONS, "skipped: a.mp3: named twice"),
    (
        Skipped("a.mp3", SkipReason.ALREADY_WRITTEN, (Path("a.txt"),)),
        TRANSITIONS,
        "skipped: a.mp3: already written (a.txt)",
    ),
    (
        RequestEnded("upload", "POST", "/v2/upload", 1.234, 200),
        REQUESTS,
        "request: POST /v2/upload: 200 in 1.23 s",
    ),
    (
        RequestEnded("list", "GET", "/v2/transcript", 0.1, None, "no answer"),
        REQUESTS,
        "request: GET /v2/transcript: no answer in 0.10 s",
    ),
]


@pytest.mark.parametrize(("event", "least", "line"), TOLD, ids=[line for _, _, line in TOLD])
def test_every_event_has_its_line_from_its_verbosity_on(event: Event, least: Verbosity, line: str) -> None:
    told = {verbosity: tell(event, verbosity) for verbosity in Verbosity}
    assert {verbosity for verbosity, text in told.items() if text is not None} == {
        verbosity for verbosity in Verbosity if verbosity >= least
    }
    assert str(told[REQUESTS]) == line


def test_progress_between_begin_and_end_is_for_the_bars() -> None:
    assert tell(UploadProgress(JOB, 5, 10, 1), REQUESTS) is None
    assert tell(Recognising(JOB, "t", 0.5), REQUESTS) is None


@pytest.mark.parametrize("name", ["[red]a.mp3", "[/]b.mp3", "12:cat:30.mp3", "é 😀.mp3", "http://h/a?b=1"])
def test_a_name_is_never_markup(name: str) -> None:
    assert str(tell(Failed(name, Stage.PLAN, "gone"), NORMAL)) == f"failed: {name}: gone"


def test_a_name_with_control_characters_stays_on_its_line() -> None:
    told = tell(Failed("a\n\x1b[31m.mp3", Stage.PLAN, "gone"), NORMAL)
    assert str(told) == r"failed: a\n\x1b[31m.mp3: gone"
