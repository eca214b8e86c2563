"""What comes while a thread is busy is done in one go."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.engine.together import Together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Thread:
    """Doubles numbers, once it may; keeps what came together."""

    def __init__(self) -> None:
        self.may_go_on = threading.Semaphore(0)
        self.seen: list[list[int]] = []
        self.together = Together(self.double, name="double")

    def double(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.seen.append(list(numbers))
        assert self.may_go_on.acquire(timeout=10)
        return [ValueError(f"{number} is odd") if number % 2 else 2 * number for number in numbers]


@pytest.fixture
def thread() -> Iterator[Thread]:
    thread = Thread()
    yield thread
    thread.together.close()


async def test_what_comes_while_it_is_busy_is_done_together_and_in_order(thread: Thread) -> None:
    first = [thread.together.add(number) for number in (0, 2)]
    while not thread.seen:  # noqa: ASYNC110 - the thread says so
        await asyncio.sleep(0)
    later = [thread.together.add(number) for number in (4, 6, 8)]
    thread.may_go_on.release(2)
    assert await asyncio.gather(*first, *later) == [0, 4, 8, 12, 16]
    assert thread.seen == [[0, 2], [4, 6, 8]]
    thread.may_go_on.release()
    assert await thread.together.add(10) == 20


async def test_the_trouble_of_one_is_not_that_of_the_others(thread: Thread) -> None:
    thread.may_go_on.release()
    results = await asyncio.gather(*map(thread.together.add, (1, 2)), return_exceptions=True)
    assert repr(results) == "[ValueError('1 is odd'), 4]"


async def test_a_bug_is_told_to_all_who_wait_and_the_next_are_served(thread: Thread) -> None:
    thread.may_go_on.release(2)
    results = await asyncio.gather(*map(thread.together.add, ("x", 2)), return_exceptions=True)  # type: ignore[arg-type]
    assert [type(result) for result in results] == [TypeError, TypeError]
    assert await thread.together.add(2) == 4


async def test_who_does_not_wait_any_more_is_no_trouble(thread: Thread) -> None:
    left, kept = thread.together.add(2), thread.together.add(4)
    left.cancel()
    thread.may_go_on.release()
    assert await kept == 8


async def test_who_waits_when_it_is_closed_is_told_and_what_is_begun_is_done(thread: Thread) -> None:
    begun = thread.together.add(2)
    while not thread.seen:  # noqa: ASYNC110 - the thread says so
        await asyncio.sleep(0)
    waiting, left = thread.together.add(4), thread.together.add(6)
    left.cancel()
    thread.together.close()
    thread.may_go_on.release(2)
    assert await begun == 4
    for refused in (waiting, thread.together.add(8)):
        with pytest.raises(RuntimeError, match="shutdown"):
            await refused
    assert thread.seen == [[2]]


async def test_what_nobody_waits_for_any_more_is_not_begun(thread: Thread) -> None:
    left, kept = thread.together.add(2), thread.together.add(4)
    left.cancel()
    thread.may_go_on.release()
    assert await kept == 8
    assert thread.seen == [[4]]
    thread.together.add(6).cancel()
    thread.may_go_on.release()
    assert await thread.together.add(8) == 16
