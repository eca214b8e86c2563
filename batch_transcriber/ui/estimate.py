"""How fast a run goes, and how long the rest of it will take."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.ui.tally import Tally

ENDED_MIN = 2  # outcomes, before anything is said
ELAPSED_MIN_S = 2.0
RECENT_S = 10


class Rate:
    """What an amount gained in a second, over the younger half of the time so far.

    A window that grows with the run is steady in the middle of a long one, and forgets a slow start.
    Two marks are all that it keeps.
    """

    def __init__(self, began_at: float) -> None:
        self._began_at = began_at
        self._older = self._newer = (began_at, 0.0)

    def per_s(self, now: float, amount: float) -> float:
        """Return the rate; to be called often, with times and amounts that do not fall."""
        if now - self._began_at >= 2 * max(self._newer[0] - self._began_at, ELAPSED_MIN_S):
            self._older, self._newer = self._newer, (now, amount)
        then, before = self._older
        return (amount - before) / (now - then) if now > then else 0.0


class RecentRate:
    """What an amount gained in a second, over the last ten seconds."""

    def __init__(self, began_at: float) -> None:
        self._marks = deque([(began_at, 0.0)], maxlen=RECENT_S)

    def per_s(self, now: float, amount: float) -> float:
        """Return the rate; to be called often, with times that do not fall."""
        then, before = self._marks[0]
        if now - self._marks[-1][0] >= 1.0:
            self._marks.append((now, amount))
        return max(0.0, amount - before) / (now - then) if now > then else 0.0


class Estimate:
    """Speed and time to go, from what the events add up to.

    What earlier runs wrote is no work of this one, and tells nothing of its speed. Recordings count by
    their size, unless the size of some is not known.

    Args:
        began_at: Begin of the run, monotonic clock; so are all times here.
    """

    def __init__(self, began_at: float) -> None:
        self._began_at = began_at
        self._speed = RecentRate(began_at)
        self._sending = Rate(began_at)
        self._ending = Rate(began_at)

    def bytes_per_s(self, tally: Tally, now: float) -> float:
        """Return how fast bytes go out, all uploads together."""
        return self._speed.per_s(now, tally.moved_bytes)

    def to_go_s(self, tally: Tally, now: float) -> float | None:
        """Return how long the run will go on; None while nobody can know."""
        if tally.inputs is None:
            return None
        if tally.urls:
            to_do, ended = tally.inputs - tally.left_out, tally.ended
        else:
            # Half-sent recordings count by half, or a few large ones would tell nothing for long.
            to_do = tally.size_bytes - tally.left_out_bytes
            ended = tally.ended_bytes + tally.moved_bytes - tally.sent_bytes
        sent_per_s = self._sending.per_s(now, tally.moved_bytes)
        ended_per_s = self._ending.per_s(now, ended)
        if tally.ended < ENDED_MIN or now - self._began_at < ELAPSED_MIN_S or not ended_per_s:
            return None
        uploads_s = (tally.to_send_bytes - tally.moved_bytes) / sent_per_s if sent_per_s > 0 else 0.0
        return max(0.0, (to_do - ended) / ended_per_s, uploads_s)
