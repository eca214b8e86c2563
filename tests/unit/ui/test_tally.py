"""What the events add up to."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.events import (
    Completed,
    Event,
    Failed,
    JobFound,
    Notice,
    PlanMeasured,
    Skipped,
    SkipReason,
    Submitted,
    Uploaded,
    UploadProgress,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.tally import Tally

REFUSED = Failed("gone.mp3", Stage.PLAN, "no such file or folder")
ALREADY = Skipped("b.mp3", SkipReason.ALREADY_WRITTEN, Path("b.txt"))


def make_job(number: int = 1) -> Job:
    return Job(number, f"{number}.mp3", Path(f"{number}.txt"), 100)


def story(job: Job, random: Random) -> list[Event]:
    """Return what may happen to a job: it fails anywhere, vanishes, is uploaded or submitted again."""
    events: list[Event] = [JobFound(job)]
    for _ in range(random.choice([1, 1, 2])):
        for attempt in range(1, random.choice([2, 2, 3])):
            events += [UploadProgress(job, sent, 100, attempt) for sent in (0, 50, 100)]
        events.append(Uploaded(job))
        events += [Submitted(job, "t")] * random.choice([1, 1, 2])
    events.append(Completed(job, "t"))
    kept = events[: random.randint(1, len(events))]
    if kept == events:
        return [*events, Written(job, "t", 1.0, None, has_words=True)]
    failed = Failed(job.source, Stage.POLL, "no", job)
    vanished = Skipped(job.source, SkipReason.VANISHED, job=job)
    return [*kept, failed if random.random() < 0.5 else vanished]


def interleaved(stories: list[list[Event]], random: Random) -> list[Event]:
    turns = [number for number, events in enumerate(stories) for _ in events]
    random.shuffle(turns)
    rest = [iter(events) for events in stories]
    return [next(rest[number]) for number in turns]


@given(st.integers(0, 8), st.integers(0, 3), st.randoms(use_true_random=False))
def test_any_order_of_legal_events_adds_up(jobs: int, others: int, random: Random) -> None:
    stories = [story(make_job(number), random) for number in range(1, jobs + 1)]
    stories += [[REFUSED if random.random() < 0.5 else ALREADY] for _ in range(others)]
    tally, found, outcomes = Tally(), 0, 0
    for event in interleaved(stories, random):
        tally.add(event)
        found += isinstance(event, JobFound)
        ended = isinstance(event, Written | Failed | Skipped)
        outcomes += ended
        found += ended and event.job is None  # type: ignore[union-attr]
        assert min(tally.at.values(), default=0) >= 0
        assert sum(tally.at.values()) == found - outcomes
        assert len(tally.uploads) <= tally.at[Stage.UPLOAD]
        assert (tally.done, tally.known) == (outcomes, found)
    assert tally.done == jobs + others
    assert not tally.uploads
    assert not any(tally.at.values())


def test_a_job_is_in_one_stage_at_a_time() -> None:
    tally, job = Tally(), make_job()
    for event, stage in (
        (JobFound(job), Stage.PLAN),
        (UploadProgress(job, 0, 100, 1), Stage.UPLOAD),
        (Uploaded(job), Stage.SUBMIT),
        (Submitted(job, "t"), Stage.POLL),
        (Completed(job, "t"), Stage.EXPORT),
    ):
        tally.add(event)
        assert +tally.at == {stage: 1}


def test_a_new_attempt_begins_at_zero_again() -> None:
    tally, job = Tally(), make_job()
    for sent_bytes, attempt in ((0, 1), (80, 1), (0, 2), (10, 2)):
        tally.add(UploadProgress(job, sent_bytes, 100, attempt))
    (running,) = tally.uploads.values()
    assert (running.sent_bytes, running.attempt) == (10, 2)
    assert running.bytes_per_s(running.began_at + 5) == pytest.approx(2.0)
    assert running.bytes_per_s(running.began_at) <= 100


def test_the_measured_plan_is_a_lower_bound_of_what_is_known() -> None:
    tally = Tally()
    tally.add(PlanMeasured(2, 100))
    assert tally.known == 2
    for event in (REFUSED, REFUSED, ALREADY):
        tally.add(event)
    assert (tally.known, tally.done) == (3, 3)


def test_a_notice_stays_until_the_next_text_is_written() -> None:
    tally, job = Tally(), make_job()
    tally.add(Notice("waiting"))
    tally.add(JobFound(job))
    assert tally.notice == "waiting"
    tally.add(Written(job, "t", None, None, has_words=False))
    assert tally.notice == ""
