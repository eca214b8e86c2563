"""A request limit that nobody told us: learned from each refusal that says when to come back."""

from __future__ import annotations

from collections import deque

PLAUSIBLE = 50  # no service has a lower limit; fewer teach nothing unless it happens twice in a row
MARGIN = 0.95  # of what went through: requests do not arrive as evenly as they leave
EPISODE_MAX_S = 300.0  # what lies longer ago tells nothing of the limit


class LearnedLimit:
    """How many requests a service takes in a window of time, as far as its refusals tell; no I/O.

    Between two refusals so many requests went through, and the later one said when the next may: that is
    one window, and what it held. It is kept to from then on, and tried a little further window by window,
    because limits are raised, and shared with others who come and go. Times are on any clock that only
    goes forward. Memory is one float for each request of an episode.

    Attributes:
        limit: Starts in any window; None until there was a refusal.
        window_s: Length of the window, seconds.
    """

    def __init__(self) -> None:
        self.limit: int | None = None
        self.window_s = 0.0
        self._starts: deque[float] = deque()  # of this episode: since the gate was last opened
        self._closed_at: float | None = None
        self._opens_at = 0.0
        self._refusals = 0
        self._grown_at = 0.0
        self._was_strange = False  # the last refusal came after too few requests to be a limit's

    def wait_s(self, now: float) -> float:
        """Return how long the next start has to wait because of the limit; 0 or less for not at all."""
        self._forget(now)
        if self.limit is None or len(self._starts) < self.limit:
            return 0.0
        self._grow(now)
        return self._starts[-min(self.limit, len(self._starts))] + self.window_s - now

    def started(self, now: float) -> None:
        """Note that a request starts."""
        if self._closed_at is not None and now >= self._opens_at:
            self._learn(now)
        self._starts.append(now)

    def refused(self, now: float, retry_after_s: float) -> None:
        """Note a refusal with the time after which the service takes requests again, seconds."""
        if not self._starts:
            return  # of the episode before
        self._refusals += 1
        if self._closed_at is None:
            self._closed_at, self._opens_at = now, now + retry_after_s

    def _learn(self, now: float) -> None:
        """End an episode: all its replies are there."""
        assert self._closed_at is not None  # noqa: S101 - whoever calls has looked
        began_at = self._starts[0] if self._starts else self._closed_at
        went_through = len(self._starts) - self._refusals
        is_strange = went_through < PLAUSIBLE
        if not is_strange or self._was_strange:
            self.window_s = max(self._opens_at - began_at, 0.1)
            self.limit = max(1, int(went_through * MARGIN))
        self._was_strange = is_strange
        self._starts.clear()
        self._closed_at, self._refusals = None, 0
        self._grown_at = now

    def _grow(self, now: float) -> None:
        """Let one more through in each window in which the limit held requests back."""
        if self.limit is not None and now - self._grown_at >= self.window_s:
            self._grown_at = now
            self.limit += 1

    def _forget(self, now: float) -> None:
        if self._closed_at is not None:
            return
        oldest = now - (self.window_s if self.limit is not None else EPISODE_MAX_S)
        while self._starts and self._starts[0] <= oldest:
            self._starts.popleft()
