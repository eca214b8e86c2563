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
    assert summary(report) == ["2 texts written to transcripts in 1 min 5 s, of 1 h 5 min of audio"]


def test_a_run_with_nothing_to_do_says_only_that() -> None:
    assert summary(BatchReport(already_written=2)) == ["2 texts written before (--force transcribes again)"]


def test_every_outcome_is_accounted_for_and_failures_come_last() -> None:
    report = BatchReport(
        written=1,
        without_words=1,
        already_written=1234,
        skipped=[Skipped("a.mp3", SkipReason.VANISHED)],
        failed=[Failed("b.mp3", Stage.POLL, "no audio"), Failed("c.mp3", Stage.PLAN, "gone")],
    )
    assert summary(report) == [
        "1,234 texts written before (--force transcribes again)",
        "1 text written to transcripts in 1 min 5 s",
        "1 text without a word: nothing was said",
        "1 skipped:",
        "  a.mp3: vanished before it was sent",
        "2 failed:",
        "  b.mp3: no audio",
        "  c.mp3: gone",
    ]


def test_a_run_that_ended_early_says_why_what_is_left_and_how_to_go_on() -> None:
    fatal = BatchReport(measured=7, fatal=FatalError("no credit", ExitCode.ACCOUNT))
    assert summary(fatal) == [
        "stopped: no credit",
        "7 recordings to go; run the same command again once that is mended",
    ]
    stopped = BatchReport(written=2, unfinished=3, measured=6, stopped=True)
    assert summary(stopped)[1:] == [
        "stopped as asked",
        "4 recordings to go; run the same command again",
    ]


def test_a_run_that_could_not_begin_promises_nothing() -> None:
    assert summary(BatchReport(fatal=FatalError("x is not a folder", ExitCode.LOCAL))) == [
        "stopped: x is not a folder"
    ]


def test_names_and_reasons_cannot_break_the_lines() -> None:
    report = BatchReport(failed=[Failed("a\n\x1b[2J.mp3", Stage.PLAN, "b\rc")])
    lines = summary(report, "out\n")
    assert lines[-1] == r"  a\n\x1b[2J.mp3: b\rc"
    assert all(line.isprintable() for line in lines)
