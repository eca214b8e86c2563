"""When a run has stalled."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch_transcriber.events import (
    Completed,
    Event,
    JobFound,
    Notice,
    Processing,
    Recognising,
    RequestEnded,
    Submitted,
    UploadProgress,
    Waiting,
    Written,
)
from batch_transcriber.model import Job
from batch_transcriber.ui.news import News, Status
from batch_transcriber.ui.stall import StallWatch

JOB = Job(1, "1.mp3", {"txt": Path("1.txt")}, 5)
WRITTEN = Written(JOB, "t", 1.0, None, has_words=True)


class Watched:
    """A watch for stalls of 100 seconds, on a clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[News] = []
        self.watch = StallWatch(Path("texts"), 100.0, self.told.append, lambda: self.now)

    def after(self, seconds: float, *events: Event) -> int:
        """Let time pass, show the events, and return how often a stall was told by then."""
        self.now += seconds
        for event in events:
            self.watch.show(event)
        self.watch.tick()
        return len(self.told)


def test_work_that_does_not_move_is_told_once_and_again_after_it_has_moved() -> None:
    watched = Watched()
    assert watched.after(0, JobFound(JOB), Submitted(JOB, "t")) == 0
    assert [watched.after(99), watched.after(1), watched.after(500)] == [0, 1, 1]
    assert watched.after(1, Completed(JOB, "t")) == 1
    assert watched.after(100) == 2
    news = watched.told[0]
    assert news.status is Status.STALLED
    assert news.text == "texts: nothing has moved for 2 min, 1 recording to go"
    assert (news.to_go, news.exit_code) == (1, None)


def test_a_run_without_work_under_way_does_not_stall() -> None:
    watched = Watched()
    assert watched.after(500) == 0
    assert watched.after(0, JobFound(JOB)) == 0, "it begins to wait when there is work"
    assert watched.after(50, WRITTEN) == 0
    assert watched.after(500) == 0


@pytest.mark.parametrize(
    "event",
    [
        RequestEnded("list", "GET", "/v2/transcript", 0.1, 200),
        Waiting("busy", 60.0),
        Notice("a word"),
        UploadProgress(JOB, 0, 5, 7),
        Recognising(JOB, "t", 0.0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_gets_nothing_further_is_no_progress(event: Event) -> None:
    watched = Watched()
    watched.after(0, JobFound(JOB))
    assert watched.after(100, event) == 1


def test_bytes_that_go_out_are_progress() -> None:
    watched = Watched()
    watched.after(0, JobFound(JOB))
    assert watched.after(99, UploadProgress(JOB, 1, 5, 1)) == 0
    assert watched.after(99) == 0


def test_what_is_heard_of_a_long_recording_is_progress() -> None:
    watched = Watched()
    watched.after(0, JobFound(JOB), Processing(JOB, "t"))
    for percent in range(1, 30):
        assert watched.after(99, Recognising(JOB, "t", percent / 100)) == 0
    assert watched.after(100) == 1


def test_the_news_say_what_is_in_the_way() -> None:
    watched = Watched()
    watched.after(0, JobFound(JOB), Waiting("the service answered 503", 60.0))
    watched.after(100)
    assert watched.told[0].text.endswith("1 recording to go; the service answered 503")
