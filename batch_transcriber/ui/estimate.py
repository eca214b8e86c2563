"""How fast a run goes, and how long the rest of it will take."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.ui.tally import Tally

WRITTEN_MIN = 2  # texts, before anything is said
HEARD_MIN = 0.03  # of a recording, which says as much: two minutes of an hour
ELAPSED_MIN_S = 5.0
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
        self._counting = Rate(began_at)

    def bytes_per_s(self, tally: Tally, now: float) -> float:
        """Return how fast bytes go out, all uploads together."""
        return self._speed.per_s(now, tally.moved_bytes)

    def to_go_s(self, tally: Tally, now: float) -> float | None:
        """Return how long the run will go on; None while nobody can know."""
        ended_bytes = tally.ended_bytes - tally.unsent_bytes + tally.heard_bytes
        sent_per_s = self._sending.per_s(now, tally.moved_bytes)
        ended_bytes_per_s = self._ending.per_s(now, ended_bytes)
        ended = tally.ended + tally.heard_parts
        ended_per_s = self._counting.per_s(now, ended)
        is_early = tally.written < WRITTEN_MIN and tally.heard_parts < HEARD_MIN
        if tally.inputs is None or is_early or now - self._began_at < ELAPSED_MIN_S:
            return None
        if tally.urls:
            return _time(tally.known - tally.left_out - ended, ended_per_s)
        to_send_bytes = tally.to_send_bytes - tally.moved_bytes
        at_service_bytes = max(0.0, tally.sent_bytes - ended_bytes)
        uploads_s = _time(to_send_bytes, sent_per_s)
        endings_s = _time(tally.to_send_bytes - ended_bytes, ended_bytes_per_s)
        if uploads_s is None or endings_s is None:
            return uploads_s if at_service_bytes < to_send_bytes else endings_s
        # The link sets the pace as long as little waits behind it; in the end the service does.
        share = at_service_bytes / max(to_send_bytes + at_service_bytes, 1)
        return uploads_s * (1 - share) + endings_s * share


def _time(amount: float, per_s: float) -> float | None:
    if amount <= 0:
        return 0.0
    return amount / per_s if per_s > 0 else None
