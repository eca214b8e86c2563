"""When the poller looks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.engine.rhythm import FEW, FIRST_LOOK_MAX_S, JUST_AFTER_S, SOONEST, Rhythm

seconds = st.floats(0, 1e6)


@pytest.mark.parametrize(("quiet_s", "pause_s"), [(0, 1), (10, 1), (50, 5), (100, 10), (10_000, 10)], ids=str)
def test_the_longer_nothing_moves_the_longer_is_the_pause(quiet_s: float, pause_s: float) -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(1000)
    rhythm.looked_at = 1000 + quiet_s
    assert rhythm.next_look(0, [], 100) == pytest.approx(rhythm.looked_at + pause_s)


def test_nobody_looks_before_the_first_result_can_be_there() -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(100)
    rhythm.looked_at = 100
    rhythm.learn(25, None)
    rhythm.learn(40, None)
    assert rhythm.next_look(100, [], 100) == 125
    assert rhythm.next_look(60, [], 100) == 101


def test_however_long_results_took_the_first_look_is_within_a_minute() -> None:
    rhythm = Rhythm(1, 10)
    rhythm.learn(4000, None)
    assert rhythm.next_look(50, [], 100) == 50 + FIRST_LOOK_MAX_S


@pytest.mark.parametrize(("pages", "pause_s"), [(1, 1), (10, 1), (25, 2.5), (60, 6)])
def test_a_look_that_takes_many_pages_is_followed_by_a_longer_pause(pages: int, pause_s: float) -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(100)
    rhythm.looked_at, rhythm.pages = 100, pages
    assert rhythm.next_look(0, [], 100) == 100 + pause_s


def test_a_result_that_is_expected_is_not_kept_waiting() -> None:
    rhythm = Rhythm(1, 10)
    rhythm.looked_at = rhythm_began = 100
    rhythm.moved(rhythm_began)
    assert rhythm.next_look(90, [100.5], 100) == 100.5
    assert rhythm.next_look(90, [100.6, 100.5], 100) == 100.5
    assert rhythm.next_look(90, [100.1], 100) == 101  # so soon after a look that it can wait
    assert rhythm.next_look(90, [99, 101.5], 100) == 101  # late already, or after the next look anyway


def test_what_is_expected_of_a_recording_is_learned_from_others_by_their_size() -> None:
    rhythm = Rhythm(1, 10)
    assert rhythm.expected_s(5000) == math.inf
    rhythm.learn(7, None)
    assert rhythm.expected_s(5000) == pytest.approx(7 + JUST_AFTER_S)
    for size_bytes in (1000, 2000, 4000):
        rhythm.learn(size_bytes / 1000, size_bytes)
    assert rhythm.expected_s(5000) == pytest.approx(5 + JUST_AFTER_S)
    assert rhythm.expected_s(None) == pytest.approx(7 + JUST_AFTER_S)


@given(seconds, seconds, st.lists(seconds), seconds, seconds)
def test_a_pause_is_never_much_shorter_than_asked_for(
    moved_at: float, looked_at: float, turnarounds_s: list[float], oldest_at: float, after_s: float
) -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(moved_at)
    rhythm.looked_at = looked_at
    for turnaround_s in turnarounds_s:
        rhythm.learn(turnaround_s, None)
    look_at = rhythm.next_look(oldest_at, [oldest_at + after_s], 100)
    assert look_at <= max(looked_at, oldest_at) + max(10, FIRST_LOOK_MAX_S)
    assert look_at >= looked_at + SOONEST


@pytest.mark.parametrize(("asked_s", "many_s", "few_s"), [(None, 1, 0.5), (2, 2, 2)])
def test_a_few_are_asked_for_more_often_unless_a_pause_is_asked_for(
    asked_s: float | None, many_s: float, few_s: float
) -> None:
    rhythm = Rhythm(asked_s, 10)
    rhythm.moved(100)
    rhythm.looked_at = 100
    assert rhythm.next_look(90, [90], FEW + 1) == 100 + many_s
    assert rhythm.next_look(90, [90], FEW) == 100 + few_s
