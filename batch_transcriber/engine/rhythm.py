"""When to look for results: soon after the first can be there, often while they come, seldom while not."""

from __future__ import annotations

from collections import deque
from math import inf
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LATENESS = 0.1  # a result is noticed at most a tenth of its own waiting time late
FIRST_LOOK_MAX_S = 60.0
TURNAROUNDS_KEPT = 50
JUST_AFTER_S = 0.05  # what a result takes to be in the list
SHORTEST_S = 1.0
FEW = 10  # transcripts: to ask for them twice as often costs next to nothing
PAGES_MANY = 10  # of the list in one look; so many requests a second are a sixth of what an account may send
SOONEST = 0.2  # of a pause has to be over before a look that comes early


class Rhythm:
    """The times of the poller's looks, on any clock that only goes forward; no I/O.

    Args:
        shortest_s: Between two looks while results come in; None for 1 s, and half of that for a few.
        longest_s: Between two looks while nothing moves.

    Attributes:
        looked_at: Begin of the last look.
        pages: Of the list that it took: many where others of the account have newer transcripts.
    """

    def __init__(self, shortest_s: float | None, longest_s: float) -> None:
        self.looked_at = 0.0
        self.pages = 0
        self._shortest_s = shortest_s or SHORTEST_S
        self._few_s = shortest_s or SHORTEST_S / 2
        self._longest_s = longest_s
        self._moved_at = 0.0
        self._turnarounds_s: deque[float] = deque(maxlen=TURNAROUNDS_KEPT)
        self._s_per_byte: deque[float] = deque(maxlen=TURNAROUNDS_KEPT)

    def moved(self, at: float) -> None:
        """Note that something changed: a result, or the first job to wait for one."""
        self._moved_at = at

    def learn(self, turnaround_s: float, size_bytes: int | None) -> None:
        """Note how long the service took for a recording, its queue included; its size may be unknown."""
        self._turnarounds_s.append(turnaround_s)
        if size_bytes:
            self._s_per_byte.append(turnaround_s / size_bytes)

    def expected_s(self, size_bytes: int | None) -> float:
        """Return how long the service may take for a recording; infinite where nothing is known yet."""
        if size_bytes and self._s_per_byte:
            return median(self._s_per_byte) * size_bytes + JUST_AFTER_S
        return max(self._turnarounds_s, default=inf) + JUST_AFTER_S

    def next_look(self, oldest_at: float, expected_at: Iterable[float], count: int) -> float:
        """Return when to look next.

        Args:
            oldest_at: Since when the oldest job has been waiting.
            expected_at: When results are expected for which an earlier look is worth while: the last ones.
            count: How many are waiting.
        """
        quiet_s = self.looked_at - self._moved_at
        shortest_s = self._few_s if count <= FEW else self._shortest_s
        shortest_s *= max(1.0, self.pages / PAGES_MANY)
        interval_s = max(shortest_s, min(quiet_s * LATENESS, self._longest_s))
        first_result_s = min(min(self._turnarounds_s, default=shortest_s), FIRST_LOOK_MAX_S)
        look_at = max(self.looked_at + interval_s, oldest_at + first_result_s)
        soonest_at = self.looked_at + interval_s * SOONEST
        return min((at for at in expected_at if soonest_at <= at < look_at), default=look_at)
