"""One frame of the live display."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from batch_transcriber.events import (
    Completed,
    Event,
    Failed,
    JobFound,
    PlanMeasured,
    Processing,
    Recognising,
    RequestEnded,
    Submitted,
    Uploaded,
    UploadProgress,
    Waiting,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.estimate import Estimate
from batch_transcriber.ui.frame import SHOWN_AFTER_S, Window, frame
from batch_transcriber.ui.tally import Tally

LATER_S = 10.0


def drawn(*events: Event, window: Window = Window(79, 23), after_s: float = LATER_S) -> list[str]:  # noqa: B008
    """Return the frame's lines, some seconds after all these events."""
    tally = Tally()
    for event in events:
        tally.add(event)
    return str(frame(tally, Estimate(tally.began_at), monotonic() + after_s, window)).split("\n")


def make_job(number: int = 1, name: str = "", size_bytes: int | None = 10**9) -> Job:
    return Job(number, name or f"{number}.mp3", {"txt": Path("out.txt")}, size_bytes)


def uploads(*names: str) -> list[Event]:
    jobs = [make_job(number, name) for number, name in enumerate(names, 1)]
    return [*map(JobFound, jobs), *(UploadProgress(job, 5 * 10**8, 10**9, 1) for job in jobs)]


def heard(*names: str, part: float = 0.5) -> list[Event]:
    jobs = [make_job(number, name) for number, name in enumerate(names, 1000)]
    begun: list[Event] = [event for job in jobs for event in (JobFound(job), Processing(job, "t"))]
    return [*begun, *(Recognising(job, "t", part) for job in jobs)]


@settings(max_examples=50)
@given(
    st.lists(st.text(max_size=120), max_size=40),
    st.text(max_size=200),
    st.integers(1, 200),
    st.integers(1, 50),
)
def test_it_fits_every_window(names: list[str], reason: str, columns: int, lines: int) -> None:
    failures = [Failed(name, Stage.PLAN, reason) for name in names]
    shown = drawn(
        *uploads(*names), *heard(*names), *failures, Waiting(reason, 20.0), window=Window(columns, lines)
    )
    assert len(shown) <= lines
    if columns >= 20:  # narrower ones are cut by the terminal's side
        assert max(map(cell_len, shown)) <= columns


def test_the_overall_bar_is_followed_by_bytes_and_counts_in_the_order_of_a_jobs_way() -> None:
    jobs = [make_job(number) for number in range(1, 8)]
    events: list[Event] = [PlanMeasured(9, 9 * 10**9), *map(JobFound, jobs)]
    events += [UploadProgress(jobs[0], 10**8, 10**9, 1)]
    events += [Uploaded(job) for job in jobs[1:6]]
    events += [Submitted(job, "t") for job in jobs[2:6]]
    events += [Processing(job, "t") for job in jobs[3:6]]
    events += [Completed(job, "t") for job in jobs[4:6]]
    events += [Written(jobs[5], "t", 3600.0, None, has_words=True), Failed("x", Stage.PLAN, "gone")]
    overall, sizes, counts, *_ = drawn(*events)
    assert overall.endswith("2 of 9 · 10 s")
    assert sizes.startswith("5.1 GB of 9.0 GB sent")
    assert sizes.endswith("1 h of audio transcribed")
    assert (
        counts
        == "1 failed · 1 pending · 1 uploading · 1 submitting · 1 queued · 1 processing · 1 writing"[:78]
        + "…"
    )


def test_done_and_to_do_differ_without_colour() -> None:
    jobs = [make_job(number) for number in (1, 2)]
    (overall, *_) = drawn(
        PlanMeasured(2, 2), *map(JobFound, jobs), Failed("1.mp3", Stage.POLL, "no", jobs[0])
    )
    bar = overall.split(" ")[0]
    assert 0.8 < bar.count("━") / bar.count("─") < 1.2


@pytest.mark.parametrize(
    "name", ["[red]a.mp3", "[/]b.mp3", "a:cat:.mp3", "[link=x]y[/link]", "é 日本 😀.mp3"]
)
def test_a_name_is_shown_exactly_as_it_is(name: str) -> None:
    assert f"↑ {name}" in "\n".join(drawn(*uploads(name)))


def test_an_upload_has_its_name_its_bytes_its_speed_and_its_time_to_go() -> None:
    (line,) = [line for line in drawn(*uploads("x" * 50 + "tail.mp3")) if line.startswith("↑")]
    assert "…" in line
    assert "tail.mp3 ━━━━────" in line
    assert " ".join(line.split("────")[1].split()) in {
        f"500 MB of 1.0 GB 50 MB/s {about} s" for about in (10, 20)
    }


def test_a_repeated_upload_says_so_and_one_that_has_just_begun_is_not_shown() -> None:
    again = UploadProgress(make_job(), 5, 10, 2)
    assert any(line.startswith("↻ 1.mp3") for line in drawn(again))
    assert not any("1.mp3" in line for line in drawn(again, after_s=SHOWN_AFTER_S / 2))


def test_in_a_narrow_window_figures_give_way_to_the_name() -> None:
    (line,) = [
        line for line in drawn(*uploads("a" * 20 + ".mp3"), window=Window(50, 20)) if line.startswith("↑")
    ]
    assert "a" * 20 in line
    assert "━" in line
    assert "MB/s" not in line


def test_uploads_that_find_no_room_are_counted() -> None:
    lines = drawn(*uploads(*(f"{number}.mp3" for number in range(100))), window=Window(79, 11))
    assert len(lines) == 11
    assert sum(line.startswith("↑") for line in lines) == 8
    assert lines[-1] == "↑ 93 more uploads"


def test_what_is_heard_has_its_name_a_bar_and_its_share() -> None:
    lines = drawn(*heard("x" * 80 + "tail.mp3", part=0.437))
    (line,) = [line for line in lines if line.startswith("♪")]
    assert "tail.mp3 ━━━─────  43 %" in line
    assert "0 of 1" in lines[0]
    bar = lines[0].split(" ")[0]
    assert bar.count("━") / len(bar) == pytest.approx(0.437, abs=0.02)


def test_a_service_that_does_not_tell_how_far_it_is_has_no_such_line() -> None:
    job = make_job()
    assert len(drawn(JobFound(job), Processing(job, "t"))) == 3


def test_what_is_heard_and_what_is_sent_share_the_room() -> None:
    names = [f"{number}.mp3" for number in range(3000)]
    lines = drawn(*heard(*names), *uploads(*names[:64]), window=Window(79, 13))
    assert len(lines) == 13
    assert [line.split(" ")[0] for line in lines[3:]] == ["♪"] * 5 + ["↑"] * 5
    assert lines[7] == "♪ 2996 more being heard"
    assert lines[12] == "↑ 60 more uploads"
    lines = drawn(*heard(*names[:2]), *uploads(*names[:64]), window=Window(79, 13))
    assert [line.split(" ")[0] for line in lines[3:]] == ["♪"] * 2 + ["↑"] * 8


def test_the_last_failures_are_shown_with_name_and_reason() -> None:
    failures = [Failed(f"{number}.mp3", Stage.POLL, f"reason {number}") for number in range(10)]
    assert [line for line in drawn(*failures) if line.startswith("failed:")] == [
        f"failed: {number}.mp3: reason {number}" for number in (7, 8, 9)
    ]


def test_a_long_name_leaves_room_for_the_reason() -> None:
    (line,) = [
        line
        for line in drawn(Failed("n" * 200, Stage.PLAN, "the file is empty"))
        if line.startswith("failed:")
    ]
    assert line.endswith(": the file is empty")


def test_what_the_run_waits_for_is_counted_down() -> None:
    wait = Waiting("the service answered 429", 42.0)
    assert "waiting 32 s: the service answered 429" in drawn(wait)
    assert "trying again: the service answered 429" in drawn(wait, after_s=43.0)
    assert "trying again (for 1 min 20 s so far): the service answered 429" in drawn(wait, after_s=80.0)


def test_failing_requests_are_told_only_while_none_gets_through_and_not_at_once() -> None:
    failing = RequestEnded("list", "GET", "/v2/transcript", 0.1, 503)
    assert "trying again: the service answered 503" in drawn(failing)
    assert not any("503" in line for line in drawn(failing, after_s=1.0))
    assert not any("503" in line for line in drawn(failing, RequestEnded("list", "GET", "/", 0.1, 200)))
