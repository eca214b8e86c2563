"""The closing summary."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Failed, Skipped, SkipReason
from batch_transcriber.model import Stage
from batch_transcriber.ui.summary import Ending, summary_lines

COMMAND = "batch-transcriber run recordings"


def summary(
    report: BatchReport, out: str = "transcripts", command: str = COMMAND, *, everything: bool = False
) -> list[str]:
    ending = Ending(report, Path(out), 65.0, command, 0)
    return [str(line) for line in summary_lines(ending, everything=everything)]


def failures(*errors: str) -> list[Failed]:
    return [Failed(f"{number}.mp3", Stage.POLL, error) for number, error in enumerate(errors)]


def test_a_plain_success_is_two_lines() -> None:
    report = BatchReport(
        written=2, audio_duration_s=3900.0, sent_bytes=12_000_000, requests=Counter(upload=2, submit=2)
    )
    assert summary(report) == [
        "2 texts written to transcripts, of 1 h 5 min of audio",
        "12 MB sent, 4 requests, 1 min 5 s",
    ]


def test_what_stays_on_this_machine_is_read_and_not_sent() -> None:
    report = BatchReport(written=2, sent_bytes=12_000_000, requests=Counter(upload=2))
    ending = Ending(report, Path("t"), 65.0, COMMAND, 0, "http://127.0.0.1:8765")
    assert str(list(summary_lines(ending))[-1]) == "12 MB read, 1 min 5 s"


def test_a_run_with_nothing_to_do_says_only_that() -> None:
    assert summary(BatchReport(already_written=2)) == ["2 texts written before, and left alone"]
    assert summary(BatchReport()) == ["nothing to transcribe"]


def test_every_outcome_is_accounted_for_and_failures_come_last() -> None:
    report = BatchReport(
        written=1,
        without_words=["silence.mp3"],
        already_written=1234,
        skipped=[Skipped("a.mp3", SkipReason.VANISHED)],
        failed=failures("no audio", "gone"),
    )
    assert summary(report) == [
        "1,234 texts written before, and left alone",
        "1 text written to transcripts",
        "no words heard in 1, whose text is empty:",
        "  silence.mp3",
        "1 skipped:",
        "  a.mp3: vanished before it was sent",
        "2 failed:",
        "  0.mp3: no audio",
        "  1.mp3: gone",
        "when they are mended, the same command tries them again:",
        f"  {COMMAND}",
    ]


def test_a_list_of_failures_is_named_with_the_command_that_runs_it() -> None:
    report = BatchReport(failed=failures("gone"), failed_list=Path("texts/failed.yaml"))
    ending = Ending(report, Path("texts"), 65.0, COMMAND, 1, retry="batch-transcriber retry texts")
    lines = [str(line) for line in summary_lines(ending)]
    assert lines == [
        "1 failed, listed in texts/failed.yaml:",
        "  0.mp3: gone",
        "when it is mended, try it again:",
        "  batch-transcriber retry texts",
    ]


def test_failures_of_one_reason_stand_together() -> None:
    report = BatchReport(failed=failures("empty", "gone", "empty", "empty"))
    assert summary(report)[:6] == [
        "4 failed:",
        "  1.mp3: gone",
        "  3 times: empty",
        "    0.mp3",
        "    2.mp3",
        "    3.mp3",
    ]


def test_a_thousand_failures_are_grouped_by_reason_and_fit_a_window() -> None:
    reasons = [f"the file has {number / 10} GB" for number in range(400)] + ["empty"] * 599 + ["gone"]
    report = BatchReport(failed=failures(*reasons))
    lines = summary(report)
    assert len(lines) <= 24
    assert lines[:3] == ["1,000 failed:", "  999.mp3: gone", "  400 times: the file has 0.0 GB"]
    assert "  599 times: empty" in lines
    assert "    and 594 more (-v names them all)" in lines
    named = [line.strip() for line in summary(report, everything=True)]
    assert all(f"{number}.mp3" in named for number in range(999))


def test_a_few_failures_that_differ_in_a_figure_are_named_with_theirs() -> None:
    report = BatchReport(failed=failures("the file has 2.3 GB", "the file has 4.5 GB"))
    assert summary(report)[1:3] == ["  0.mp3: the file has 2.3 GB", "  1.mp3: the file has 4.5 GB"]


def test_a_run_that_ended_early_says_why_what_is_left_and_how_to_go_on() -> None:
    fatal = BatchReport(measured=7, fatal=FatalError("no credit", ExitCode.ACCOUNT))
    assert summary(fatal) == [
        "stopped: no credit",
        "7 recordings to go; once that is mended, the same command goes on:",
        f"  {COMMAND}",
    ]
    stopped = BatchReport(written=2, unfinished=3, measured=6, stopped=True)
    assert summary(stopped)[1:] == [
        "stopped as asked",
        "4 recordings to go; the same command goes on:",
        f"  {COMMAND}",
    ]
    assert summary(stopped, command="")[-1] == "4 recordings to go; the same command goes on"


def test_a_run_that_could_not_begin_promises_nothing() -> None:
    assert summary(BatchReport(fatal=FatalError("x is not a folder", ExitCode.LOCAL))) == [
        "stopped: x is not a folder"
    ]


def test_names_and_reasons_cannot_break_the_lines() -> None:
    report = BatchReport(written=1, failed=[Failed("a\n\x1b[2J.mp3", Stage.PLAN, "b\rc")])
    lines = summary(report, "out\n", "run 'a\nb'")
    assert r"  a\n\x1b[2J.mp3: b\rc" in lines
    assert all(line.isprintable() for line in lines)
