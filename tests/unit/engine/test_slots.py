"""Upload slots: as many as make the link faster."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.engine.slots import MAX_SLOTS, MIN_SLOTS, SETTLED_S, WINDOW_S, Climb, UploadSlots
from tests.support.clock import in_no_time

if TYPE_CHECKING:
    from collections.abc import Callable

rates = st.floats(0, 1e10)
STEP_BYTES = 10_000


@given(st.lists(st.tuples(rates, st.floats(0, 2 * SETTLED_S))))
def test_the_level_always_stays_between_its_bounds(measured: list[tuple[float, float]]) -> None:
    climb, level, now = Climb(), MIN_SLOTS, 0.0
    for bytes_per_s, pause_s in measured:
        now += pause_s
        level = climb.next_level(level, bytes_per_s, now)
        assert level in {4, 8, 16}


def levels(gives: Callable[[int], float], windows: int) -> list[int]:
    """Return the levels of a climb over a link that gives a rate for every level."""
    climb, level, seen = Climb(), MIN_SLOTS, [MIN_SLOTS]
    for number in range(windows):
        level = climb.next_level(level, gives(level), number * WINDOW_S)
        seen.append(level)
    return seen


def test_a_link_that_every_slot_makes_faster_gets_all() -> None:
    assert levels(lambda level: level * 1e6, 6) == [4, 8, 16, 16, 16, 16, 16]


def test_a_link_that_was_full_already_goes_back_to_where_it_was() -> None:
    assert levels(lambda _: 1e6, 6) == [4, 8, 4, 4, 4, 4, 4]


def test_a_link_that_fills_half_way_stays_there() -> None:
    assert levels(lambda level: min(level, 8) * 1e6, 6) == [4, 8, 16, 8, 8, 8, 8]


def test_a_level_is_tried_again_after_a_while() -> None:
    seen = levels(lambda _: 1e6, round(SETTLED_S / WINDOW_S) + 5)
    assert seen.count(8) == 2


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
        assert max(count for _, count in counts) == 2 * MIN_SLOTS
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
