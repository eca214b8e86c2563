"""The figures of `make bench` as sheets: what everybody took, and what of it was wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.peers import is_ours
from tests.benchmarks.runs import Result, spread
from tests.benchmarks.scenarios import BY_NAME
from tests.benchmarks.sheet import Sheet

# Heading, figure and digits; the last ones only where somebody failed at it.
COLUMNS = (
    ("wall, s", "wall_s", 1),
    ("CPU, s", "cpu_s", 2),
    ("peak, MiB", "peak_mib", 0),
    ("requests", "requests_a_file", 2),
    ("polls", "polls_a_file", 2),
    ("late, s", "lateness_s", 2),
)
WHERE_LOST = (("texts", "texts", 0), ("paid for", "paid_for", 0))
LEGEND = (
    "The median of all rounds ± half of the way from the least to the most. Requests and polls are for each "
    "file, a poll being one that only asks for a status; late is from a transcript's completion to its text "
    "on disk, the median of all files."
)


@dataclass(frozen=True)
class Report:
    """Results, and where and when they were measured.

    Attributes:
        about: Date, machine, versions and command, in words.
    """

    about: Mapping[str, str]
    results: Sequence[Result]

    def sheets(self) -> list[Sheet]:
        """Return one for each result."""
        return [_figures(result) for result in self.results]

    def where(self) -> str:
        """Return a sentence on where and when it was measured."""
        return "; ".join(f"{name}: {value}" for name, value in self.about.items()) + "."

    def markdown(self) -> str:
        sheets = [*self.sheets(), self.targets()]
        return "\n".join([self.where(), "", LEGEND, "", *(sheet.markdown() for sheet in sheets)])

    def to_json(self) -> dict[str, Any]:
        return {"about": dict(self.about), "results": [result.to_json() for result in self.results]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Report:
        return cls(plain["about"], [Result.from_json(result) for result in plain["results"]])

    def missed(self) -> list[str]:
        """Return what was wanted and is not so, in words."""
        return [f"{row[0]}: {row[1]}" for row in self.targets().rows if row[-1] == "missed"]

    def targets(self) -> Sheet:
        """Return what was wanted in the scenarios that were measured."""
        sheet = Sheet("What is wanted of us, and what it came to", ("", "wanted", "is", ""), width=WIDTH)
        for result in self.results:
            for target in BY_NAME[result.name].targets:
                values = target.values(result)
                if values:
                    verdict = "ok" if target.is_met(values) else "missed"
                    shown = spread(values, target.digits)
                    sheet.rows.append((result.name, target.what, target.wanted, shown, verdict))
                else:
                    sheet.rows.append((result.name, target.what, target.wanted, "-", "not measured"))
        return sheet


WIDTH = 110  # columns, for all the figures with their spread


def _figures(result: Result) -> Sheet:
    lossy = any(run.texts < run.files for runs in result.rounds.values() for run in runs)
    columns = COLUMNS + (WHERE_LOST if lossy else ())
    rounds = max(len(runs) for runs in result.rounds.values())
    title = f"{result.name}: {BY_NAME[result.name].title}; {rounds} round{'s' * (rounds > 1)}"
    sheet = Sheet(title, tuple(heading for heading, _, _ in columns), width=WIDTH)
    for peer in sorted(result.rounds, key=lambda peer: not is_ours(peer)):
        values = ((result.values(peer, figure), digits) for _, figure, digits in columns)
        sheet.rows.append((peer, *(spread(some, digits) if some else "-" for some, digits in values)))
    return sheet
