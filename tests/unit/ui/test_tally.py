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
    PlanMeasured,
    Processing,
    Recognising,
    RequestEnded,
    Skipped,
    SkipReason,
    Submitted,
    Uploaded,
    UploadProgress,
    Waiting,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.moving import Hearing
from batch_transcriber.ui.tally import Step, Tally

REFUSED = Failed("gone.mp3", Stage.PLAN, "no such file or folder")
ALREADY = Skipped("b.mp3", SkipReason.ALREADY_WRITTEN, (Path("b.txt"),))


def make_job(number: int = 1) -> Job:
    return Job(number, f"{number}.mp3", {"txt": Path(f"{number}.txt")}, 100)


def story(job: Job, random: Random) -> list[Event]:
    """Return what may happen to a job: it fails anywhere, vanishes, is uploaded or submitted again."""
    events: list[Event] = [JobFound(job)]
    for _ in range(random.choice([1, 1, 2])):
        for attempt in range(1, random.choice([2, 2, 3])):
            events += [UploadProgress(job, sent, 100, attempt) for sent in (0, 50, 100)]
        events.append(Uploaded(job))
        events += [Submitted(job, "t")] * random.choice([1, 1, 2])
        heard = [Recognising(job, "t", part) for part in (0.0, 0.5, 1.0)]
        events += random.choice([[], [Processing(job, "t")], [Processing(job, "t"), *heard]])
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
        assert len(tally.uploads) <= tally.at[Step.UPLOADING]
        assert len(tally.being_heard) <= tally.at[Step.PROCESSING]
        assert 0 <= tally.heard_parts <= tally.at[Step.PROCESSING] + tally.at[Step.WRITING]
        assert (tally.done, tally.known) == (outcomes, found)
    assert tally.done == jobs + others
    assert not tally.uploads
    assert not tally.hearings
    assert not any(tally.at.values())


def test_a_job_is_in_one_stage_at_a_time() -> None:
    tally, job = Tally(), make_job()
    for event, step in (
        (JobFound(job), Step.PENDING),
        (UploadProgress(job, 0, 100, 1), Step.UPLOADING),
        (Uploaded(job), Step.SUBMITTING),
        (Submitted(job, "t"), Step.QUEUED),
        (Processing(job, "t"), Step.PROCESSING),
        (Completed(job, "t"), Step.WRITING),
    ):
        tally.add(event)
        assert +tally.at == {step: 1}


def test_a_new_attempt_begins_at_zero_again() -> None:
    tally, job = Tally(), make_job()
    for sent_bytes, attempt in ((0, 1), (80, 1), (0, 2), (10, 2)):
        tally.add(UploadProgress(job, sent_bytes, 100, attempt))
    (running,) = tally.uploads.values()
    assert (running.sent_bytes, running.attempt) == (10, 2)
    assert running.bytes_per_s(running.began_at + 5) == pytest.approx(2.0)
    assert running.bytes_per_s(running.began_at) <= 100


def test_what_is_heard_counts_until_its_text_is_there() -> None:
    tally, job = Tally(), make_job()
    for event, parts in (
        (Processing(job, "t"), 0.0),
        (Recognising(job, "t", 0.25), 0.25),
        (Recognising(job, "t", 0.5), 0.5),
        (Submitted(job, "t2"), 0.0),  # anew, for the first one ended in an error
        (Processing(job, "t2"), 0.0),
        (Recognising(job, "t2", 0.75), 0.75),
        (Completed(job, "t2"), 1.0),
        (Written(job, "t2", 1.0, None, has_words=True), 0.0),
    ):
        tally.add(event)
        assert (tally.heard_parts, tally.heard_bytes) == (parts, parts * 100)


def test_the_time_to_go_of_a_recording_follows_the_pace_at_which_it_is_heard() -> None:
    hearing = Hearing(make_job(), began_at=100.0, first_part=0.1, told_at=100.0, part=0.1)
    assert hearing.to_go_s(101.0) is None
    hearing.part, hearing.told_at = 0.4, 130.0
    assert hearing.to_go_s(130.0) == pytest.approx(60.0)
    assert hearing.to_go_s(140.0) == pytest.approx(50.0)
    assert hearing.to_go_s(1000.0) == 0.0


def test_the_measured_plan_is_a_lower_bound_of_what_is_known() -> None:
    tally = Tally()
    tally.add(PlanMeasured(2, 100))
    assert tally.known == 2
    for event in (REFUSED, REFUSED, ALREADY):
        tally.add(event)
    assert (tally.known, tally.done) == (3, 3)


def test_bytes_are_those_sent_those_on_their_way_and_those_still_to_be_sent() -> None:
    tally = Tally()
    sent, running, refused, waiting = map(make_job, range(1, 5))
    already = Skipped("x", SkipReason.ALREADY_WRITTEN, (Path("x.txt"),), size_bytes=100)
    events: list[Event] = [
        PlanMeasured(5, 500),
        already,
        *map(JobFound, (sent, running, refused, waiting)),
        Uploaded(sent),
        UploadProgress(running, 40, 100, 1),
        Failed("3.mp3", Stage.UPLOAD, "the file is empty", refused),
    ]
    for event in events:
        tally.add(event)
    assert (tally.sent_bytes, tally.moved_bytes, tally.to_send_bytes) == (100, 140, 300)
    assert (tally.ended, tally.ended_bytes, tally.left_out, tally.left_out_bytes) == (1, 100, 1, 100)


def test_a_trouble_lasts_until_a_request_gets_through() -> None:
    tally = Tally()
    tally.add(RequestEnded("list", "GET", "/", 0.1, 503))
    assert tally.trouble is not None
    assert tally.trouble.reason == "the service answered 503"
    tally.add(RequestEnded("list", "GET", "/", 0.1, 404))
    assert tally.trouble is None


def test_a_pause_is_not_over_because_an_older_request_gets_through() -> None:
    tally = Tally()
    tally.add(Waiting("busy", 60.0))
    tally.add(RequestEnded("upload", "POST", "/", 0.1, 200))
    assert tally.trouble is not None
    since = tally.trouble.since
    tally.add(Waiting("busy", 0.0))
    assert tally.trouble.since == since
    tally.add(RequestEnded("upload", "POST", "/", 0.1, 200))
    assert tally.trouble is None


def test_only_the_last_failures_are_kept() -> None:
    tally = Tally()
    for number in range(100):
        tally.add(Failed(f"{number}.mp3", Stage.PLAN, "gone"))
    assert [failed.source for failed in tally.last_failures] == ["97.mp3", "98.mp3", "99.mp3"]
