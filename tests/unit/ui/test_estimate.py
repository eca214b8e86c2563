"""Speed and time to go."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch_transcriber.events import (
    Event,
    Failed,
    JobFound,
    PlanMeasured,
    Processing,
    Recognising,
    Skipped,
    SkipReason,
    Uploaded,
    UploadProgress,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.estimate import Estimate, RecentRate
from batch_transcriber.ui.tally import Tally

MB = 10**6


class Watched:
    """A run by a clock of its own, looked at ten times a second."""

    def __init__(self, *events: Event) -> None:
        self.tally = Tally(began_at=0.0)
        self.estimate = Estimate(0.0)
        self.now = 0.0
        self.add(*events)

    def add(self, *events: Event) -> None:
        for event in events:
            self.tally.add(event)

    def pass_s(self, seconds: float) -> float | None:
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.estimate.bytes_per_s(self.tally, self.now)
            to_go_s = self.estimate.to_go_s(self.tally, self.now)
        return to_go_s

    def end(self, job: Job) -> None:
        self.add(Uploaded(job), Written(job, "t", 1.0, None, has_words=True))


def make_job(number: int, size_bytes: int | None = MB) -> Job:
    return Job(number, f"{number}.mp3", {"txt": Path("o")}, size_bytes)


def test_a_steady_run_ends_when_it_was_said_to() -> None:
    run = Watched(PlanMeasured(100, 100 * MB))
    for number in range(1, 100):
        run.end(make_job(number))
        to_go_s = run.pass_s(2.0)
        if number >= 20:  # before, a recording more or less in the window is much
            assert to_go_s == pytest.approx(2.0 * (100 - number), rel=0.12, abs=2.0)


def test_nothing_is_said_before_anything_is_known() -> None:
    run = Watched()
    assert run.pass_s(5.0) is None
    run.add(PlanMeasured(100, 100 * MB))
    run.end(make_job(1))
    assert run.pass_s(5.0) is None  # one outcome is no rate
    run.end(make_job(2))
    run.end(make_job(3))
    assert run.pass_s(5.0) is not None


def test_what_was_written_before_is_no_work_and_no_speed() -> None:
    run = Watched(PlanMeasured(1000, 1000 * MB))
    for number in range(900):
        run.add(Skipped(f"{number}.mp3", SkipReason.ALREADY_WRITTEN, size_bytes=MB))
    for number in range(1, 51):
        run.end(make_job(number))
        to_go_s = run.pass_s(1.0)
    assert to_go_s == pytest.approx(50, rel=0.1)


def test_large_recordings_count_for_more_and_half_sent_ones_by_half() -> None:
    run = Watched(PlanMeasured(12, 1020 * MB))
    for number in (1, 2):
        run.end(make_job(number, 10 * MB))
    large = make_job(3, 1000 * MB)
    run.add(JobFound(large))
    for second in range(1, 51):
        run.add(UploadProgress(large, second * 10 * MB, 1000 * MB, 1))
        to_go_s = run.pass_s(1.0)
    assert to_go_s == pytest.approx(50, rel=0.1)


def test_what_is_sent_but_not_done_is_not_taken_for_done() -> None:
    run = Watched(PlanMeasured(12, 1200 * MB))
    jobs = [make_job(number, 100 * MB) for number in range(1, 13)]
    for job in jobs[:2]:
        run.end(job)
        run.pass_s(10.0)
    for job in jobs[2:]:
        run.add(JobFound(job), Uploaded(job))
    to_go_s = run.pass_s(30.0)
    assert to_go_s is None or to_go_s > 60


def test_half_heard_recordings_count_by_half_and_one_alone_tells_a_time() -> None:
    large = make_job(1, 1000 * MB)
    run = Watched(PlanMeasured(1, 1000 * MB), JobFound(large), Uploaded(large), Processing(large, "t"))
    assert run.pass_s(10.0) is None
    for second in range(1, 51):
        run.add(Recognising(large, "t", second / 100))
        to_go_s = run.pass_s(1.0)
    assert to_go_s == pytest.approx(50, rel=0.1)


def test_recordings_that_fail_unsent_are_no_progress() -> None:
    run = Watched(PlanMeasured(100, 100 * MB))
    for number in range(51, 101):
        job = make_job(number)
        run.add(JobFound(job), Failed(job.source, Stage.UPLOAD, "gone", job))
    for number in range(1, 26):
        run.end(make_job(number))
        to_go_s = run.pass_s(1.0)
    assert to_go_s == pytest.approx(25, rel=0.2)


def test_recordings_of_unknown_size_count_by_number() -> None:
    run = Watched(PlanMeasured(100, MB, urls=99))
    for number in range(1, 51):
        run.end(make_job(number, None))
        to_go_s = run.pass_s(1.0)
    assert to_go_s == pytest.approx(50, rel=0.1)


def test_a_run_that_becomes_faster_is_believed() -> None:
    run = Watched(PlanMeasured(1000, 1000 * MB))
    for number, seconds in enumerate([10.0] * 10 + [1.0] * 190, 1):
        run.end(make_job(number))
        to_go_s = run.pass_s(seconds)
    assert to_go_s == pytest.approx(800, rel=0.25)


def test_the_speed_is_that_of_the_last_seconds() -> None:
    rate = RecentRate(0.0)
    shown = [rate.per_s(second, 100.0 * min(second, 50)) for second in range(1, 100)]
    assert shown[40] == pytest.approx(100.0)
    assert shown[-1] == 0.0
