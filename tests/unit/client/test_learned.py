"""A limit that nobody told: learned from refusals, kept to, and tried a little further."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from batch_transcriber.client.learned import LearnedLimit
from batch_transcriber.client.pace import Pace
from tests.support.clock import in_no_time

LATENCY_S = 0.05
WORKERS = 40


def now() -> float:
    return asyncio.get_running_loop().time()


class Service(Protocol):
    """Returns None for a request that it takes, or after how many seconds to come back."""

    def __call__(self, at: float) -> float | None: ...


@dataclass
class FixedWindows:
    """So many requests in each window; the windows follow the service's own clock."""

    most: int
    window_s: float
    window: int = -1
    taken: int = 0

    def __call__(self, at: float) -> float | None:
        window = math.floor(at / self.window_s)
        if window != self.window:
            self.window, self.taken = window, 0
        if self.taken == self.most:
            return math.ceil((window + 1) * self.window_s - at)
        self.taken += 1
        return None


@dataclass
class SlidingWindow:
    """So many requests in any window."""

    most: int
    window_s: float
    taken: list[float] = field(default_factory=list)

    def __call__(self, at: float) -> float | None:
        self.taken = [time for time in self.taken if time > at - self.window_s]
        if len(self.taken) >= self.most:
            return math.ceil(self.taken[0] + self.window_s - at)
        self.taken.append(at)
        return None


@dataclass
class Tokens:
    """So many a second, and so many at once."""

    per_s: float
    most: int
    tokens: float = -1.0
    at: float = 0.0

    def __call__(self, at: float) -> float | None:
        if self.tokens < 0:
            self.tokens = self.most
        self.tokens = min(self.most, self.tokens + (at - self.at) * self.per_s)
        self.at = at
        if self.tokens < 1:
            return 1.0
        self.tokens -= 1
        return None


async def load(service: Service, span_s: float) -> tuple[list[float], list[float]]:
    """Ask as much as the pace lets through, from many sides; return when requests were taken, and refused."""
    pace = Pace(1_000_000, 300.0)
    taken: list[float] = []
    refused: list[float] = []
    end = now() + span_s

    async def worker() -> None:
        while now() < end:
            await pace.turn()
            await asyncio.sleep(LATENCY_S / 2)
            retry_after_s = service(now())
            (taken if retry_after_s is None else refused).append(now())
            await asyncio.sleep(LATENCY_S / 2)
            if retry_after_s is not None:
                pace.learn(retry_after_s)
                pace.pause("busy", retry_after_s)

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(worker())
    return taken, refused


@pytest.mark.parametrize(
    ("service", "rate_per_s", "window_s"),
    [
        (FixedWindows(600, 10.0), 60.0, 10.0),
        (SlidingWindow(600, 10.0), 60.0, 10.0),
        (SlidingWindow(100, 60.0), 100 / 60, 60.0),
        (Tokens(50.0, 500), 50.0, 10.0),
    ],
    ids=["fixed", "sliding", "a minute", "tokens"],
)
def test_after_the_first_refusal_the_limit_is_kept_to_and_used(
    service: Service, rate_per_s: float, window_s: float
) -> None:
    span_s = 30 * window_s
    taken, refused = in_no_time(load(service, span_s))
    assert len(taken) >= 0.8 * rate_per_s * span_s
    first = [time for time in refused if time < refused[0] + LATENCY_S]
    assert len(first) <= WORKERS
    later = len(refused) - len(first)
    assert later <= 0.01 * len(taken)
    assert later <= span_s / window_s * 3


@pytest.mark.parametrize(("times", "share"), [(1, 0.98), (2, 0.12)])
def test_a_refusal_after_hardly_a_request_is_no_limit_unless_it_happens_again(
    times: int, share: float
) -> None:
    answers = iter(([None] * 3 + [1.0] * (WORKERS - 3)) * times)
    taken, _ = in_no_time(load(lambda _: next(answers, None), 100.0))
    unhindered = 100.0 * WORKERS / LATENCY_S
    assert share * unhindered * 0.8 <= len(taken) <= share * unhindered * 1.2


def test_nothing_is_held_back_before_the_first_refusal() -> None:
    limit = LearnedLimit()
    for _ in range(1000):
        limit.started(1.0)
    assert limit.wait_s(1.0) <= 0


def test_what_went_through_between_two_openings_is_what_a_window_takes() -> None:
    limit = LearnedLimit()
    for _ in range(100):
        limit.started(1.0)
    limit.refused(1.1, 5.0)
    limit.started(6.2)
    limit.refused(6.3, 5.0)
    assert limit.limit == 94
    assert limit.window_s == pytest.approx(5.1)


def test_a_late_refusal_of_what_was_learned_already_teaches_nothing_new() -> None:
    limit = LearnedLimit()
    for _ in range(100):
        limit.started(1.0)
    limit.refused(1.1, 5.0)
    limit.started(6.2)
    limit.started(6.2)
    assert limit.limit == 94
