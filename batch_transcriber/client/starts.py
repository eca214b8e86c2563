"""When requests started: one by one, or in slices of several."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Starts:
    """So many starts at a time, the oldest first, about; no I/O.

    Attributes:
        slices: A time, on any clock that only goes forward, and how many started until then.
        total: All of them together.
    """

    # Pydantic reads these types, from a file.
    slices: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def add(self, at: float, turns: int = 1) -> None:
        """Note that so many start, the last one at this time."""
        self.slices.append((at, turns))
        self.total += turns

    def settle(self, at: float, turns: int, used: int, used_at: float) -> None:
        """Put right what `add` was told of a slice; one that is forgotten already stays so.

        Args:
            at: As it was told.
            turns: Likewise.
            used: How many really started.
            used_at: When the last of them did.
        """
        try:
            self.slices.remove((at, turns))
        except ValueError:
            return
        self.total -= turns
        if used:
            self.add(used_at, used)

    def forget(self, until: float) -> bool:
        """Drop what started until this time, and return whether there was anything."""
        before = self.total
        while self.slices and self.slices[0][0] <= until:
            self.total -= self.slices.popleft()[1]
        return self.total < before

    def is_sound(self, latest: float) -> bool:
        """Tell whether these can be starts until some time; a file may hold anything."""
        return self.total == sum(turns for _, turns in self.slices) and all(
            turns > 0 and at <= latest for at, turns in self.slices
        )

    def clear(self) -> None:
        """Drop all."""
        self.slices.clear()
        self.total = 0

    def leaves_at(self, most: int) -> float:
        """Return when that slice started without which fewer than `most` starts are left; there is one."""
        left = self.total
        for at, turns in self.slices:
            left -= turns
            if left < most:
                return at
        raise ValueError("there is nothing to leave")
