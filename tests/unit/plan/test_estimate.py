"""The estimate: totals of what is known, and a count of what is not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.plan.estimate import AT_ONCE_FREE, Estimate, cost_usd

PRICE = Decimal("0.21")
LIMIT = {"max_requests": 18_000, "window_s": 300.0}


def test_an_empty_plan_takes_nothing() -> None:
    estimate = Estimate()
    assert estimate.inputs == estimate.audio_s == estimate.cost_usd == 0
    assert estimate.least_s(**LIMIT, bytes_per_s=1.0) == 0  # type: ignore[arg-type]


def test_what_is_known_is_added_up_and_the_rest_is_counted() -> None:
    estimate = Estimate()
    estimate.add(1000, 1800.0, PRICE)
    estimate.add(500, 5400.0, PRICE)
    estimate.add(200, None, PRICE)
    estimate.add(None, None, None)
    estimate.add(100, 60.0, None)
    assert (estimate.inputs, estimate.urls, estimate.size_bytes) == (5, 1, 1800)
    assert (estimate.audio_s, estimate.unknown_lengths, estimate.longest_audio_s) == (7260.0, 2, 5400.0)
    assert (estimate.cost_usd, estimate.unknown_costs) == (2 * PRICE, 3)


def test_what_costs_nothing_is_known_whatever_its_length() -> None:
    estimate = Estimate()
    estimate.add(1, None, Decimal(0))
    estimate.add(1, 10.0, Decimal(0))
    assert estimate.cost_usd == estimate.unknown_costs == 0
    assert estimate.unknown_lengths == 1


@pytest.mark.parametrize(
    ("files", "urls", "windows"),
    [(1, 0, 0), (6000, 0, 0), (6001, 0, 1), (0, 9000, 0), (0, 9001, 1), (100_000, 0, 16)],
)
def test_requests_wait_for_a_window_only_when_the_one_before_is_full(
    files: int, urls: int, windows: int
) -> None:
    estimate = Estimate(inputs=files + urls, urls=urls)
    assert estimate.requests_s(18_000, 300.0) == windows * 300.0


def test_the_service_is_as_slow_as_its_longest_recording_or_its_queue() -> None:
    estimate = Estimate()
    estimate.add(1, 195 * 60.0, PRICE)
    assert estimate.service_s() == pytest.approx(133)
    for _ in range(399):
        estimate.add(1, 195 * 60.0, PRICE)
    assert estimate.service_s() == pytest.approx(2 * 133)
    assert estimate.service_s(AT_ONCE_FREE) == pytest.approx(80 * 133)


def test_the_slowest_of_the_three_sets_the_time() -> None:
    estimate = Estimate(inputs=6001, size_bytes=10**9, audio_s=1e6, longest_audio_s=60)
    assert estimate.least_s(18_000, 300.0) == 300.0
    assert estimate.least_s(18_000, 300.0, at_once=5) == estimate.service_s(5) > 300.0
    assert estimate.least_s(18_000, 300.0, bytes_per_s=1e6) == estimate.upload_s(1e6) == 1000.0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.decimals(0, 1, places=2)), max_size=50))
def test_the_cost_is_that_of_every_input(rows: list[tuple[float, Decimal]]) -> None:
    estimate = Estimate()
    for audio_s, price in rows:
        estimate.add(1, audio_s, price)
    expected = sum(audio_s * float(price) / 3600 for audio_s, price in rows)
    assert float(estimate.cost_usd) == pytest.approx(expected, abs=1e-9)


def test_an_hour_costs_its_price_exactly() -> None:
    assert cost_usd(3600.0, PRICE) == PRICE
