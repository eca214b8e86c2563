"""A request limit that nobody told us: learned from each refusal that says when to come back."""

from __future__ import annotations

from dataclasses import dataclass, field

from batch_transcriber.client.starts import Starts

PLAUSIBLE = 50  # no service has a lower limit; fewer teach nothing unless it happens twice in a row
MARGIN = 0.95  # of what went through: requests do not arrive as evenly as they leave
EPISODE_MAX_S = 300.0  # what lies longer ago tells nothing of the limit
CLOSED_MAX_S = 1000.0  # no gate is closed for longer than 15 minutes
STEADY_WINDOWS = 5  # without a refusal, until each window adds twice as much to the limit as before
GROWTH_MAX = 0.05  # of the limit, in a window


@dataclass
class LearnedLimit:
    """How many requests a service takes in a window of time, as far as its refusals tell; no I/O.

    Between two refusals so many requests went through, and the later one said when the next may: that is
    one window, and what it held. It is kept to from then on, and tried a little further window by window,
    because limits are raised, and shared with others who come and go: by one request at first, and by
    more the longer nothing is refused. Times are on any clock that only goes forward. Memory is a time
    and a number for each start of an episode.

    Attributes:
        limit: Starts in any window; None until there was a refusal.
        window_s: Length of the window, seconds.
        starts: Of this episode: since the gate was last opened.
        began_at: When the first of them left.
        closed_at: When the gate closed; None while it is open.
        opens_at: When it opens.
        refusals: Of this episode.
        grown_at: When the limit was last learned, or tried further.
        growths: How often it was tried further since it was learned.
        was_strange: The last refusal came after too few requests to be a limit's.
        is_whole: No start since the gate was last opened is forgotten.
    """

    # Pydantic reads these, from a file.
    limit: int | None = None
    window_s: float = 0.0
    starts: Starts = field(default_factory=Starts)
    began_at: float = 0.0
    closed_at: float | None = None
    opens_at: float = 0.0
    refusals: int = 0
    grown_at: float = 0.0
    growths: int = 0
    was_strange: bool = False
    is_whole: bool = True

    @property
    def words(self) -> str:
        """What there is to wait for."""
        if self.closed_at is not None or self.limit is None:
            return "the service takes no requests for now"
        return f"the service takes about {self.limit:,} requests in {self.window_s:.0f} s"

    def wait_s(self, now: float, turns: int = 1) -> float:
        """Return how long so many starts have to wait because of the limit; 0 or less for not at all."""
        self._forget(now)
        if self.closed_at is not None and now < self.opens_at:
            return self.opens_at - now
        if self.limit is None or self.starts.total + turns <= self.limit:
            return 0.0
        self._grow(now)
        return self.starts.leaves_at(max(1, self.limit - turns + 1)) + self.window_s - now

    def is_sound(self, latest: float) -> bool:
        """Tell whether this can be what was learned until some time; a file may hold anything."""
        is_window = 0 < self.window_s <= EPISODE_MAX_S + CLOSED_MAX_S
        is_limit = self.limit is None or (self.limit > 0 and is_window)
        return is_limit and self.opens_at <= latest + CLOSED_MAX_S and self.starts.is_sound(latest)

    def started(self, now: float, turns: int = 1, at: float | None = None) -> None:
        """Note that requests start.

        Args:
            now: The time.
            turns: How many.
            at: When the last of them will have left; None for now.
        """
        if self.closed_at is not None and now >= self.opens_at:
            self._learn(now)
        if not self.starts.total:
            self.began_at = now
        self.starts.add(now if at is None else at, turns)

    def refused(self, now: float, retry_after_s: float) -> None:
        """Note a refusal with the time after which the service takes requests again, seconds."""
        if not self.starts.total:
            return  # of the episode before
        self.refusals += 1
        if self.closed_at is None:
            self.closed_at, self.opens_at = now, now + retry_after_s

    def _learn(self, now: float) -> None:
        """End an episode: all its replies are there."""
        assert self.closed_at is not None  # noqa: S101 - whoever calls has looked
        went_through = self.starts.total - self.refusals
        is_strange = went_through < PLAUSIBLE
        if not is_strange or self.was_strange:
            if self.is_whole or self.limit is None:
                began_at = self.began_at if self.starts.total else self.closed_at
                self.window_s = max(self.opens_at - began_at, 0.1)
            else:
                went_through = self._in_a_window(went_through)
            self.limit = max(1, int(went_through * MARGIN))
        self.was_strange = is_strange
        self.starts.clear()
        self.closed_at, self.refusals, self.is_whole = None, 0, True
        self.grown_at, self.growths = now, 0

    def _in_a_window(self, went_through: int) -> int:
        """Return what went through in a window whose length is known, as refusals go on.

        Where the service counts by the clock, its window ends when the gate opens; what we sent in the one
        before has no part in it. Where it does not, our own window is as good as any, and the gate was
        closed for a while on top.
        """
        closed_s = self.opens_at - (self.closed_at or self.opens_at)
        at_any_time = int(went_through * self.window_s / (self.window_s + closed_s))
        self.starts.forget(self.opens_at - self.window_s / MARGIN)
        return max(at_any_time, self.starts.total - self.refusals)

    def _grow(self, now: float) -> None:
        """Let more through in each window in which the limit held requests back."""
        if self.limit is not None and now - self.grown_at >= self.window_s:
            most = max(1, int(self.limit * GROWTH_MAX))
            self.limit += min(most, 2 ** min(self.growths // STEADY_WINDOWS, most.bit_length()))
            self.grown_at = now
            self.growths += 1

    def _forget(self, now: float) -> None:
        if self.closed_at is not None:
            return
        span_s = self.window_s if self.limit is not None else EPISODE_MAX_S
        if self.starts.forget(now - span_s):
            self.is_whole = False
            self.began_at = min(self.starts.slices[0][0], now) if self.starts.slices else now
