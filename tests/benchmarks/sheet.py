"""A sheet of figures: a table on a terminal, or in Markdown for the README."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

WIDTH = 80  # columns; figures are pasted into places that are no wider


@dataclass
class Sheet:
    """A title over rows, each of a name and one figure for each heading.

    Attributes:
        width: Columns that it may take on a terminal.
    """

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    width: int = WIDTH

    def add(self, name: str, *figures: float, digits: int = 2) -> None:
        """Add a row; whole numbers stay whole."""
        shown = (f"{figure:,}" if isinstance(figure, int) else f"{figure:,.{digits}f}" for figure in figures)
        self.rows.append((name, *shown))

    def add_spread(self, name: str, values: list[float]) -> None:
        """Add a row of `median`, `least` and `most`."""
        self.add(name, statistics.median(values), min(values), max(values))

    def print(self) -> None:
        table = Table()
        table.add_column(no_wrap=True)
        for heading in self.headings:
            table.add_column(heading, justify="right")
        for row in self.rows:
            table.add_row(*row)
        # A pipe is taken for as wide as it needs.
        console = Console()
        console = Console(width=min(self.width, console.width) if console.is_terminal else self.width)
        console.print(self.title, highlight=False)
        console.print(table)

    def markdown(self) -> str:
        """Return it for the README."""
        lines = [
            f"{self.title}:",
            "",
            f"| | {' | '.join(self.headings)} |",
            "|---|" + "---:|" * len(self.headings),
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
        ]
        return "\n".join(lines)
