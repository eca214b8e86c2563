"""A sheet of figures: a table on a terminal, or in Markdown for the README."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

WIDTH = 80  # columns; figures are pasted into places that are no wider


@dataclass
class Sheet:
    """A title over rows, each of a name and one figure for each heading."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, name: str, *figures: float, digits: int = 2) -> None:
        """Add a row; whole numbers stay whole."""
        shown = (f"{figure:,}" if isinstance(figure, int) else f"{figure:,.{digits}f}" for figure in figures)
        self.rows.append((name, *shown))

    def add_spread(self, name: str, values: list[float]) -> None:
        """Add a row of `median`, `least` and `most`."""
        self.add(name, statistics.median(values), min(values), max(values))

    def print(self, *, markdown: bool = False) -> None:
        if markdown:
            print(self._markdown())
            return
        table = Table()
        table.add_column(no_wrap=True)
        for heading in self.headings:
            table.add_column(heading, justify="right")
        for row in self.rows:
            table.add_row(*row)
        console = Console(width=min(WIDTH, Console().width))
        console.print(self.title, highlight=False)
        console.print(table)

    def _markdown(self) -> str:
        lines = [
            f"{self.title}:",
            "",
            f"| | {' | '.join(self.headings)} |",
            "|---|" + "---:|" * len(self.headings),
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
        ]
        return "\n".join(lines)
