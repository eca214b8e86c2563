"""The one retry policy."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.client.retry import retried
from batch_transcriber.errors import ExitCode, FatalError, PermanentError, RetryableError, TranscriberError
from batch_transcriber.settings import Settings
from tests.support.clock import in_no_time

if TYPE_CHECKING:
    from collections.abc import Sequence

BUSY = RetryableError("busy")
RATE_LIMIT = RetryableError("slow down", service_wide=True, maybe_done=False)


def settings(retries: int) -> Settings:
    return Settings.model_validate(
        {"api_key": "k", "retries": retries, "retry_wait_initial_s": 0.5, "retry_wait_max_s": 30.0}
    )


async def tries_of(
    outcomes: Sequence[TranscriberError], retries: int, *, may_repeat: bool = True
) -> list[float]:
    """Meet these failures one after the other, then succeed; return when each try began."""
    times: list[float] = []
    failures = iter(outcomes)

    async def attempt(number: int) -> None:
        times.append(asyncio.get_running_loop().time())
        assert number == len(times)
        if (failure := next(failures, None)) is not None:
            raise failure

    await retried(attempt, settings(retries), lambda _: may_repeat)
    return times


@given(st.integers(0, 8), st.integers(0, 10))
def test_tries_are_bounded_by_the_retries(retries: int, failures: int) -> None:
    if failures > retries:
        with pytest.raises(RetryableError, match="busy"):
            in_no_time(tries_of([BUSY] * failures, retries))
    else:
        assert len(in_no_time(tries_of([BUSY] * failures, retries))) == failures + 1


@given(st.integers(1, 20))
def test_every_wait_is_between_zero_and_its_doubling_cap(failures: int) -> None:
    times = in_no_time(tries_of([BUSY] * failures, 100))
    for number, (before, after) in enumerate(pairwise(times)):
        assert 0 <= after - before <= min(30.0, 0.5 * 2**number) + 1e-6


def test_waits_differ_so_that_clients_do_not_come_back_together() -> None:
    ends = {in_no_time(tries_of([BUSY] * 5, 5))[-1] for _ in range(10)}
    assert len(ends) > 1


def test_a_failure_that_everybody_meets_is_no_try_of_this_request() -> None:
    times = in_no_time(tries_of([RATE_LIMIT] * 50 + [BUSY], retries=1))
    assert len(times) == 52


def test_a_failure_that_everybody_meets_leaves_the_waiting_to_the_gate() -> None:
    times = in_no_time(tries_of([RATE_LIMIT] * 5, retries=0))
    assert times[-1] - times[0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("error", [PermanentError("no"), FatalError("no key", ExitCode.AUTH)])
def test_what_cannot_work_later_is_not_tried_again(error: TranscriberError) -> None:
    with pytest.raises(type(error)) as caught:
        in_no_time(tries_of([error], 6))
    assert caught.value is error


def test_what_must_not_be_repeated_is_handed_to_the_caller_at_once() -> None:
    with pytest.raises(RetryableError):
        in_no_time(tries_of([BUSY], 6, may_repeat=False))
