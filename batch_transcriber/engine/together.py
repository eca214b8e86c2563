"""One thread for many small things: what comes while it is busy is done in one go.

To hand something to a thread and to hear of its end costs more than to read or write a small file; so
many of them share that. The more there is to do, the more is done at once.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """Do things in a thread, in the order in which they come; within one event loop.

    Args:
        do: Does some of them, blocking, and returns for each its result, or the exception it ended with.
        name: Of the thread.
    """

    def __init__(self, do: Callable[[Sequence[Item]], Sequence[Result | Exception]], name: str) -> None:
        self._do = do
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._is_busy = False

    def add(self, item: Item) -> asyncio.Future[Result]:
        """Have one thing done, and return what is done then; to cancel that stops what is not begun."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, done))
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._begin)  # with all that comes in this turn of the loop
        return done

    def close(self) -> None:
        """Let the thread go: what it has begun it does, and who waits for more gets a RuntimeError."""
        self._thread.shutdown(wait=False)

    def _begin(self) -> None:
        together = [(item, done) for item, done in self._waiting if not done.cancelled()]
        self._waiting = []
        self._is_busy = bool(together)
        if not together:
            return
        items, dones = [item for item, _ in together], [done for _, done in together]
        try:
            run = copy_context().run  # as `asyncio.to_thread` has it
            doing = asyncio.get_running_loop().run_in_executor(self._thread, run, self._do, items)
        except RuntimeError as error:  # it is closed, or the machine has no thread to give
            self._is_busy = False
            _tell(dones, [error] * len(dones))
        else:
            doing.add_done_callback(partial(self._end, dones))

    def _end(
        self,
        together: Sequence[asyncio.Future[Result]],
        doing: asyncio.Future[Sequence[Result | Exception]],
    ) -> None:
        bug = doing.exception()
        _tell(together, [bug] * len(together) if bug else doing.result())
        self._begin()


def _tell(dones: Sequence[asyncio.Future[Result]], results: Sequence[Result | BaseException]) -> None:
    for done, result in zip(dones, results, strict=True):
        if done.cancelled():
            continue
        if isinstance(result, BaseException):
            done.set_exception(result)
        else:
            done.set_result(result)
