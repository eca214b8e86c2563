"""Upload slots: as many as make the link faster."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.engine.slots import (
    MAX_SLOTS,
    MIN_SLOTS,
    SETTLED_S,
    STEP,
    WINDOW_S,
    Goodput,
    UploadSlots,
)
from tests.support.clock import in_no_time

rates = st.floats(0, 1e10)
STEP_BYTES = 10_000


@given(st.lists(st.tuples(rates, st.integers(0, 3), st.floats(0, 2 * SETTLED_S))))
def test_the_level_always_stays_between_its_bounds(measured: list[tuple[float, int, float]]) -> None:
    goodput, level, now = Goodput(), MIN_SLOTS, 0.0
    for bytes_per_s, failures, pause_s in measured:
        now += pause_s
        before, level = level, goodput.next_level(level, bytes_per_s, failures, now)
        assert MIN_SLOTS <= level <= min(before + STEP, MAX_SLOTS)
        if failures:
            assert level <= max(MIN_SLOTS, before / 2)


class Link:
    """What so many uploads at a time get: each no more than one connection can, all no more than the link.

    Attributes:
        levels: In each window so far.
        sent: Bytes, likewise.
    """

    def __init__(self, each: float, link: float) -> None:
        self.each, self.link = each, link
        self.levels: list[int] = [MIN_SLOTS]
        self.sent: list[float] = []
        self._goodput = Goodput()

    def run(self, span_s: float, failures: int = 0) -> list[int]:
        """Go on for so long, and return the levels of that time."""
        began = len(self.levels)
        for _ in range(round(span_s / WINDOW_S)):
            level = self.levels[-1]
            rate = min(level * self.each, self.link)
            self.sent.append(rate * WINDOW_S)
            self.levels.append(self._goodput.next_level(level, rate, failures, len(self.sent) * WINDOW_S))
            failures = 0
        return self.levels[began:]


def test_a_link_that_every_slot_makes_faster_gets_all() -> None:
    assert Link(1e6, math.inf).run(4) == [6, 8, 10, 12, 14, 16, 16, 16]


def test_a_link_that_was_full_already_keeps_the_fewest() -> None:
    levels = Link(1e6, 2e6).run(120)
    assert levels[:3] == [6, 4, 4]
    assert levels.count(4) >= 0.95 * len(levels)


@pytest.mark.parametrize("full_at", [6, 8, 11, 14])
def test_a_link_that_fills_half_way_is_filled(full_at: int) -> None:
    link = Link(1e6, full_at * 1e6)
    link.run(120)
    assert sum(link.sent) >= 0.8 * 120 * link.link
    assert max(link.levels) <= full_at + 2 * STEP


def test_a_link_that_gets_faster_is_used_after_a_while() -> None:
    link = Link(1e6, 2e6)
    link.run(60)
    link.link = 16e6
    assert link.run(SETTLED_S + 5)[-1] == MAX_SLOTS


def test_a_link_on_which_uploads_break_off_gets_half_and_climbs_again() -> None:
    link = Link(1e6, math.inf)
    link.run(20)
    levels = link.run(20, failures=2)
    assert levels[:3] == [8, 8, 8]
    assert levels[-1] == MAX_SLOTS


async def upload(slots: UploadSlots, duration_s: float, busy: list[int]) -> None:
    """Take a slot and send steadily; `busy` holds how many do so now, and how many ever did at a time."""
    async with slots:
        busy[0] += 1
        busy[1] = max(busy)
        for _ in range(round(duration_s / 0.1)):
            await asyncio.sleep(0.1)
            slots.moved(STEP_BYTES)
        busy[0] -= 1


async def upload_many(slots: UploadSlots, number: int, duration_s: float) -> int:
    busy = [0, 0]
    async with asyncio.TaskGroup() as group:
        for _ in range(number):
            group.create_task(upload(slots, duration_s, busy))
    return busy[1]


@pytest.mark.parametrize("fixed", [1, 3, 64])
def test_a_fixed_number_is_kept_to(fixed: int) -> None:
    slots = UploadSlots(fixed)
    assert in_no_time(upload_many(slots, 100, 2.0)) == fixed
    assert slots.limit == fixed


def test_many_uploads_on_a_wide_link_climb_to_the_top_and_no_further() -> None:
    slots = UploadSlots()
    assert in_no_time(upload_many(slots, 100, 3.0)) == MAX_SLOTS


def test_machines_that_come_and_go_say_how_many_go_at_a_time() -> None:
    async def main() -> None:
        most, told = 40, []
        slots = UploadSlots(None, lambda limit, _: told.append(limit), lambda: most)
        assert slots.limit == 40
        for most in (2, 24):
            await upload_many(slots, 100, 2.0)
            assert await upload_many(slots, 100, 2.0) == most
        assert told == [2, 24]

    in_no_time(main())


@pytest.mark.parametrize("number", [1, 3])
def test_uploads_that_leave_slots_free_say_nothing_about_the_link(number: int) -> None:
    slots = UploadSlots()
    in_no_time(upload_many(slots, number, 20.0))
    assert slots.limit == MIN_SLOTS


def test_slots_that_do_not_pay_are_taken_back_without_breaking_uploads_off() -> None:
    async def main() -> None:
        slots, busy, began_at = UploadSlots(), [0, 0], asyncio.get_running_loop().time()
        counts: list[tuple[float, int]] = []

        async def upload_on_a_full_link() -> None:
            async with slots:
                busy[0] += 1
                for _ in range(30):
                    await asyncio.sleep(0.1)
                    slots.moved(STEP_BYTES // busy[0])
                    counts.append((asyncio.get_running_loop().time() - began_at, busy[0]))
                busy[0] -= 1

        async with asyncio.TaskGroup() as group:
            for _ in range(60):
                group.create_task(upload_on_a_full_link())
        assert max(count for _, count in counts) == MIN_SLOTS + STEP
        assert max(count for at, count in counts if 10 < at < 25) == MIN_SLOTS
        assert slots.limit == MIN_SLOTS

    in_no_time(main())


def test_a_failed_or_cancelled_upload_gives_its_slot_back() -> None:
    async def main() -> None:
        slots = UploadSlots(1)
        with pytest.raises(ValueError, match="broken"):
            async with slots:
                raise ValueError("broken")
        waiting = asyncio.ensure_future(upload(slots, 100.0, [0, 0]))
        await asyncio.sleep(1.0)
        waiting.cancel()
        await asyncio.wait([waiting])
        async with asyncio.timeout(1.0), slots:
            pass

    in_no_time(main())
