"""When the poller looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.engine.rhythm import FIRST_LOOK_MAX_S, Rhythm

seconds = st.floats(0, 1e6)


@pytest.mark.parametrize(("quiet_s", "pause_s"), [(0, 1), (10, 1), (50, 5), (100, 10), (10_000, 10)], ids=str)
def test_the_longer_nothing_moves_the_longer_is_the_pause(quiet_s: float, pause_s: float) -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(1000)
    rhythm.looked_at = 1000 + quiet_s
    assert rhythm.next_look(oldest_at=0) == pytest.approx(rhythm.looked_at + pause_s)


def test_nobody_looks_before_the_first_result_can_be_there() -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(100)
    rhythm.looked_at = 100
    rhythm.learn(25)
    rhythm.learn(40)
    assert rhythm.next_look(oldest_at=100) == 125
    assert rhythm.next_look(oldest_at=60) == 101


def test_however_long_results_took_the_first_look_is_within_a_minute() -> None:
    rhythm = Rhythm(1, 10)
    rhythm.learn(4000)
    assert rhythm.next_look(oldest_at=50) == 50 + FIRST_LOOK_MAX_S


@given(seconds, seconds, st.lists(seconds), seconds)
def test_a_pause_is_never_shorter_than_asked_for(
    moved_at: float, looked_at: float, turnarounds_s: list[float], oldest_at: float
) -> None:
    rhythm = Rhythm(1, 10)
    rhythm.moved(moved_at)
    rhythm.looked_at = looked_at
    for turnaround_s in turnarounds_s:
        rhythm.learn(turnaround_s)
    pause_s = rhythm.next_look(oldest_at) - max(looked_at, oldest_at)
    assert pause_s <= max(10, FIRST_LOOK_MAX_S)
    assert rhythm.next_look(oldest_at) >= looked_at + 1
