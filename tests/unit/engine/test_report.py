"""The account of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import (
    Completed,
    Event,
    Failed,
    JobFound,
    Notice,
    PlanMeasured,
    Skipped,
    SkipReason,
    Written,
)
from batch_transcriber.model import Job, Stage

JOB = Job(1, "a.mp3", {"txt": Path("a.txt")}, 5)
FAILED = Failed("a.mp3", Stage.POLL, "no", JOB)
REFUSED = Failed("gone.mp3", Stage.PLAN, "no such file or folder")
WRITTEN = Written(JOB, "t", 12.5, None, has_words=True)
EMPTY = Written(JOB, "t", None, None, has_words=False)
VANISHED = Skipped("a.mp3", SkipReason.VANISHED, job=JOB)
ALREADY = Skipped("b.mp3", SkipReason.ALREADY_WRITTEN, (Path("b.txt"),))
TWICE = Skipped("a.mp3", SkipReason.NAMED_TWICE)


def report_of(*events: Event) -> BatchReport:
    report = BatchReport()
    for event in events:
        report.note(event)
    return report


@given(st.lists(st.sampled_from([FAILED, WRITTEN, EMPTY, VANISHED, None, REFUSED, ALREADY, TWICE])))
def test_every_input_has_exactly_one_place_in_the_account(outcomes: list[Event | None]) -> None:
    report = BatchReport()
    for outcome in outcomes:
        if outcome is None or getattr(outcome, "job", None) is not None:
            report.note(JobFound(JOB))
        if outcome is not None:
            report.note(outcome)
    assert report.inputs == len(outcomes)
    assert report.unfinished == outcomes.count(None)
    assert report.written == outcomes.count(WRITTEN) + outcomes.count(EMPTY)
    assert len(report.without_words) == outcomes.count(EMPTY)
    assert report.already_written == outcomes.count(ALREADY)
    assert report.failed == [replace(one, job=None) for one in outcomes if isinstance(one, Failed)]
    assert report.skipped == [one for one in outcomes if one in (VANISHED, TWICE)]
    assert report.audio_duration_s == 12.5 * outcomes.count(WRITTEN)


def test_what_is_no_outcome_changes_nothing() -> None:
    assert report_of(Notice("hello"), Completed(JOB, "t")) == BatchReport()


def test_what_is_left_counts_inputs_that_the_run_never_came_to() -> None:
    report = report_of(PlanMeasured(5, 9), JobFound(JOB), REFUSED)
    assert (report.inputs, report.to_go) == (2, 4)
    assert report_of(JobFound(JOB)).to_go == 1


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([], ExitCode.OK),
        ([JobFound(JOB), WRITTEN], ExitCode.OK),
        ([JobFound(JOB), EMPTY], ExitCode.OK),
        ([ALREADY, TWICE], ExitCode.OK),
        ([REFUSED], ExitCode.SOME_FAILED),
        ([JobFound(JOB), FAILED], ExitCode.SOME_FAILED),
        ([JobFound(JOB), VANISHED], ExitCode.SOME_FAILED),
    ],
)
def test_the_exit_code_tells_whether_all_is_written(events: list[Event], code: ExitCode) -> None:
    assert report_of(*events).exit_code is code


def test_what_ended_the_run_early_has_the_last_word() -> None:
    report = report_of(REFUSED)
    report.fatal = FatalError("no credit", ExitCode.ACCOUNT)
    assert report.exit_code is ExitCode.ACCOUNT
