"""Ctrl-C and its relatives: the first asks the run to stop, the second ends it at once."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

# From the first signal on. What is left by then, such as a recogniser in the middle of a sentence,
# ends with the process.
STOPPED_WITHIN_S = 4.8
# So close together they are one: `timeout` signals the command, and then its whole group.
ONE_STOP_S = 0.1
LAST_GRACE_S = 1.0  # after the second, or once all is closed: recordings in a temporary folder go away


class Stop:
    """A request to stop, and the exit code that belongs to it.

    Attributes:
        asked: Set by the first signal.
        on_asked: Called at the first signal.
        exit_code: 128 + the signal's number, or that of another reason; None as long as there was none.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.exit_code: int | None = None
        self.on_asked: Callable[[], None] = lambda: None
        self.asked_at: float | None = None  # monotonic clock

    def ask(self, exit_code: int) -> None:
        """Ask for a stop that no signal asked for; in the event loop."""
        self.exit_code = self.exit_code or exit_code
        self.asked.set()

    @property
    def left_s(self) -> float:
        """What is left of the time in which the process must be gone; infinite where nobody asked."""
        return math.inf if self.asked_at is None else self.asked_at + STOPPED_WITHIN_S - monotonic()


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Turn SIGINT, SIGTERM and SIGHUP into a request to stop; use it in the main task.

    A second signal cancels the task, and the context ends it with SystemExit.
    """
    stop = Stop()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    numbers = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    # One that is ignored stays so: that is what nohup asks for.
    signals = [n for n in numbers if n is not None and signal.getsignal(n) is not signal.SIG_IGN]

    def receive(number: int, _: FrameType | None) -> None:
        # Not the loop's own way to hear signals: the loop may be blocked, by a terminal that was stopped.
        is_first = stop.exit_code is None
        if not is_first and not stop.asked.is_set() and monotonic() - (stop.asked_at or 0) < ONE_STOP_S:
            return
        stop.exit_code = stop.exit_code or 128 + number
        stop.asked_at = stop.asked_at or monotonic()
        _end_within(STOPPED_WITHIN_S if is_first else LAST_GRACE_S, stop.exit_code)
        loop.call_soon_threadsafe(ask if is_first else end)

    def ask() -> None:
        stop.asked.set()
        stop.on_asked()

    def end() -> None:
        if task is not None:
            task.cancel()

    before = {number: signal.signal(number, receive) for number in signals}
    try:
        yield stop
    except asyncio.CancelledError:
        if stop.exit_code is None:
            raise
        raise SystemExit(stop.exit_code) from None
    finally:
        if stop.exit_code is not None:  # all is written; threads may still be reading a huge file
            _end_within(LAST_GRACE_S, stop.exit_code)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_within(seconds: float, exit_code: int) -> None:
    """End the process by then, whatever it is blocked in; it may well end before."""
    timer = threading.Timer(seconds, os._exit, [exit_code])  # not the loop's: that may be closed by then
    timer.daemon = True
    timer.start()
