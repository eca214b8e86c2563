"""The closing summary."""

from __future__ import annotations

from pathlib import Path

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Failed, Skipped, SkipReason
from batch_transcriber.model import Stage
from batch_transcriber.ui import summary_lines


def summary(report: BatchReport, out: str = "transcripts") -> list[str]:
    return list(summary_lines(report, Path(out), 65.0))


def test_a_plain_success_is_one_line() -> None:
    report = BatchReport(written=2, audio_duration_s=3900.0)
    assert summary(report) == ["2 texts written to transcripts in 1 min 5 s (1 h 5 min of audio)"]


def test_every_outcome_is_accounted_for_and_failures_come_last() -> None:
    report = BatchReport(
        written=1,
        without_words=1,
        already_written=1234,
        unfinished=2,
        skipped=[Skipped("a.mp3", SkipReason.VANISHED)],
        failed=[Failed("b.mp3", Stage.POLL, "no audio"), Failed("c.mp3", Stage.PLAN, "gone")],
    )
    assert summary(report) == [
        "1 text written to transcripts in 1 min 5 s",
        "1 of them empty: nothing was said",
        "1,234 already written before (--force transcribes again)",
        "1 skipped:",
        "  a.mp3: vanished before it was sent",
        "2 begun and not finished",
        "2 failed:",
        "  b.mp3: no audio",
        "  c.mp3: gone",
    ]


def test_a_run_that_ended_early_says_why_and_how_to_go_on() -> None:
    goes_on = "the same command goes on with what is not written yet"
    fatal = BatchReport(fatal=FatalError("no credit", ExitCode.ACCOUNT))
    assert summary(fatal)[1:] == ["stopped: no credit", goes_on]
    assert summary(BatchReport(stopped=True))[1:] == ["stopped as asked", goes_on]
    fatal.stopped = True
    assert summary(fatal)[1:] == ["stopped: no credit", goes_on]


def test_names_and_reasons_cannot_break_the_lines() -> None:
    report = BatchReport(failed=[Failed("a\n\x1b[2J.mp3", Stage.PLAN, "b\rc")])
    lines = summary(report, "out\n")
    assert lines[-1] == r"  a\n\x1b[2J.mp3: b\rc"
    assert all(line.isprintable() for line in lines)
