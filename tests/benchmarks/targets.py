"""What is wanted of us in a scenario, beside what it came to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.peers import OURS

if TYPE_CHECKING:
    from tests.benchmarks.runs import Result


@dataclass(frozen=True)
class Target:
    """A bound of the median of one of our figures, or of its ratio to another peer's.

    Attributes:
        what: In words.
        figure: Name of an attribute of `Run`.
        to: The peer of the ratio.
        most, least: The bound; one of them.
    """

    what: str
    figure: str
    to: str | None = None
    most: float = math.inf
    least: float = -math.inf
    digits: int = 2

    @property
    def wanted(self) -> str:
        word, bound = ("at most", self.most) if self.least == -math.inf else ("at least", self.least)
        return f"{word} {bound:,.{self.digits}f}"

    def values(self, result: Result) -> list[float] | None:
        """Return the figure of each round; None where a peer of the ratio was not there."""
        if self.to is not None and self.to not in result.rounds:
            return None
        return result.values(OURS, self.figure, self.to)

    def is_met(self, values: list[float]) -> bool:
        # As it is shown: 1.104 is a ratio of 1.10.
        return self.least <= round(median(values), self.digits) <= self.most


ALL_WRITTEN = Target("texts, of all", "texts_share", least=1.0)
PAID_ONCE = Target("paid for twice", "paid_twice", most=0, digits=0)
FEW_POLLS = Target("polls a file", "polls_a_file", most=0.5)
CORRECT = (ALL_WRITTEN, PAID_ONCE)
