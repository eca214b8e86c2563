"""When to look for results: soon after the first can be there, often while they come, seldom while not."""

from __future__ import annotations

from collections import deque

LATENESS = 0.1  # a result is noticed at most a tenth of its own waiting time late
FIRST_LOOK_MAX_S = 60.0
TURNAROUNDS_KEPT = 50
JUST_AFTER_S = 0.05  # what a result takes to be in the list
SHORTEST_S = 1.0
FEW = 10  # transcripts: to ask for them twice as often costs next to nothing
SOONEST = 0.2  # of a pause has to be over before a look that comes early


class Rhythm:
    """The times of the poller's looks, on any clock that only goes forward; no I/O.

    Args:
        shortest_s: Between two looks while results come in; None for 1 s, and half of that for a few.
        longest_s: Between two looks while nothing moves.

    Attributes:
        looked_at: Begin of the last look.
    """

    def __init__(self, shortest_s: float | None, longest_s: float) -> None:
        self.looked_at = 0.0
        self._shortest_s = shortest_s or SHORTEST_S
        self._few_s = shortest_s or SHORTEST_S / 2
        self._longest_s = longest_s
        self._moved_at = 0.0
        self._turnarounds_s: deque[float] = deque(maxlen=TURNAROUNDS_KEPT)

    def moved(self, at: float) -> None:
        """Note that something changed: a result, or the first job to wait for one."""
        self._moved_at = at

    def learn(self, turnaround_s: float) -> None:
        """Note how long the service took for a transcript, its queue included."""
        self._turnarounds_s.append(turnaround_s)

    def next_look(self, oldest_at: float, newest_at: float, count: int) -> float:
        """Return when to look next.

        Args:
            oldest_at: Since when the oldest job has been waiting.
            newest_at: Since when the newest has: the last result is to be expected from it.
            count: How many are waiting.
        """
        quiet_s = self.looked_at - self._moved_at
        shortest_s = self._few_s if count <= FEW else self._shortest_s
        interval_s = max(shortest_s, min(quiet_s * LATENESS, self._longest_s))
        first_result_s = min(min(self._turnarounds_s, default=shortest_s), FIRST_LOOK_MAX_S)
        look_at = max(self.looked_at + interval_s, oldest_at + first_result_s)
        last_result_at = newest_at + max(self._turnarounds_s, default=0.0) + JUST_AFTER_S
        if self.looked_at + interval_s * SOONEST <= last_result_at < look_at:
            return last_result_at  # all are done then, and nobody waits for the rest of the pause
        return look_at
