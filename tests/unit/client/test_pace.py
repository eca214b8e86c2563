"""The pace of all requests: one budget, one gate."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.client.pace import BACKOFF_INITIAL_S, BACKOFF_MAX_S, RETRY_AFTER_MAX_S, Pace
from tests.support.clock import in_no_time

HARDLY_S = 1e-6  # what arithmetic with floats may lose
delays = st.lists(st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0, 2.5]), max_size=30)


def now() -> float:
    return asyncio.get_running_loop().time()


async def starts_of(pace: Pace, ask_after_s: list[float]) -> list[tuple[float, int]]:
    """Return when each request started, and its number, in the order of the starts."""
    starts: list[tuple[float, int]] = []

    async def request(number: int) -> None:
        await pace.turn()
        starts.append((now(), number))

    async with asyncio.TaskGroup() as group:
        for number, delay_s in enumerate(ask_after_s):
            await asyncio.sleep(delay_s)
            group.create_task(request(number))
    return starts


@given(st.integers(1, 5), st.sampled_from([0.3, 1.0, 7.0]), delays)
def test_no_window_ever_sees_more_starts_than_the_budget(
    most: int, window_s: float, ask_after_s: list[float]
) -> None:
    times = [at for at, _ in in_no_time(starts_of(Pace(most, window_s), ask_after_s))]
    for first, beyond in zip(times, times[most:], strict=False):
        assert beyond - first >= window_s - HARDLY_S


@given(st.integers(1, 5), delays)
def test_requests_start_in_the_order_in_which_they_asked(most: int, ask_after_s: list[float]) -> None:
    numbers = [number for _, number in in_no_time(starts_of(Pace(most, 2.0), ask_after_s))]
    assert numbers == list(range(len(ask_after_s)))


def test_a_burst_within_the_budget_starts_at_once() -> None:
    starts = in_no_time(starts_of(Pace(100, 300.0), [0.0] * 100))
    assert len({at for at, _ in starts}) == 1


def test_the_budget_is_used_up_and_not_spread_out() -> None:
    times = [at for at, _ in in_no_time(starts_of(Pace(3, 10.0), [0.0] * 9))]
    assert [round(at - times[0], 3) for at in times] == [0, 0, 0, 10, 10, 10, 20, 20, 20]


@given(st.floats(0.01, 2 * RETRY_AFTER_MAX_S), delays)
def test_nobody_starts_before_retry_after_is_over(retry_after_s: float, ask_after_s: list[float]) -> None:
    async def main() -> None:
        pace = Pace(1000, 300.0)
        pace.pause("busy", retry_after_s)
        closed_at = now()
        for at, _ in await starts_of(pace, ask_after_s):
            assert at - closed_at >= min(retry_after_s, RETRY_AFTER_MAX_S) - HARDLY_S

    in_no_time(main())


def test_a_gate_that_closes_holds_back_who_already_waits() -> None:
    async def main() -> None:
        pace = Pace(1000, 300.0)
        pace.pause("busy", 5.0)
        began_at = now()
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(starts_of(pace, [0.0, 0.0]))
            await asyncio.sleep(2.0)
            pace.pause("busy", 10.0)
        assert [round(at - began_at, 3) for at, _ in waiting.result()] == [12.0, 12.0]

    in_no_time(main())


def test_a_shorter_pause_does_not_open_a_closed_gate() -> None:
    async def main() -> None:
        pace = Pace(1000, 300.0)
        began_at = now()
        pace.pause("busy", 60.0)
        pace.pause("busy", 1.0)
        await pace.turn()
        assert now() - began_at == pytest.approx(60.0)

    in_no_time(main())


async def backoff_s(pace: Pace, retry_after_s: float | None = None) -> float:
    """Return how long one refusal closes the gate."""
    began_at = now()
    pace.pause("busy", retry_after_s)
    await pace.turn()
    return now() - began_at


@pytest.mark.parametrize("retry_after_s", [None, 0.0])
def test_pauses_double_up_to_a_cap_and_begin_anew_after_a_success(retry_after_s: float | None) -> None:
    async def main() -> None:
        pace = Pace(10_000, 1.0)
        for number in range(12):
            ceiling_s = min(BACKOFF_MAX_S, BACKOFF_INITIAL_S * 2.0**number)
            assert ceiling_s / 2 - HARDLY_S <= await backoff_s(pace, retry_after_s) <= ceiling_s + HARDLY_S
        pace.resume()
        assert await backoff_s(pace, retry_after_s) <= BACKOFF_INITIAL_S + HARDLY_S

    in_no_time(main())


def test_a_service_that_is_away_for_days_is_waited_for() -> None:
    async def main() -> None:
        pace = Pace(10_000, 1.0)
        for _ in range(3000):
            assert await backoff_s(pace) <= BACKOFF_MAX_S + HARDLY_S

    in_no_time(main())


def test_many_refusals_of_one_burst_are_one_pause() -> None:
    async def main() -> None:
        pace = Pace(1000, 300.0)
        began_at = now()
        for _ in range(50):
            pace.pause("busy", None)
        await pace.turn()
        assert now() - began_at <= BACKOFF_INITIAL_S + HARDLY_S

    in_no_time(main())


def test_one_who_gives_up_waiting_holds_nobody_up() -> None:
    async def main() -> None:
        pace = Pace(1, 10.0)
        await pace.turn()
        began_at = now()
        async with asyncio.TaskGroup() as group:
            leaving, staying = group.create_task(pace.turn()), group.create_task(pace.turn())
            await asyncio.sleep(1.0)
            leaving.cancel()
            await staying
        assert now() - began_at == pytest.approx(10.0)

    in_no_time(main())


def test_long_waits_are_said_once_and_short_ones_not() -> None:
    async def main() -> list[tuple[str, float]]:
        told: list[tuple[str, float]] = []
        pace = Pace(2, 60.0, lambda reason, wait_s: told.append((reason, wait_s)))
        pace.pause("hardly busy", 0.5)
        pace.pause("busy", 30.0)
        await starts_of(pace, [0.0] * 4)
        return told

    reasons, waits_s = zip(*in_no_time(main()), strict=True)
    assert reasons == ("busy", "the limit of 2 requests in 60 s is reached (--max-requests)")
    assert waits_s == pytest.approx((30.0, 60.0))
