"""The figures of `make bench` as a picture for the README: bars, the shorter the better.

    python -m tests.benchmarks.chart FIGURES.json > chart.svg

The same figures give the same picture, byte for byte.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.benchmarks.peers import is_ours
from tests.benchmarks.report import Report
from tests.benchmarks.scenarios import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.runs import Result

# Scenario, figure, and what the bars show.
GROUPS = (
    ("small", "wall_s", "{:.1f} s", "time"),
    ("small", "cpu_s", "{:.1f} s", "CPU"),
    ("small", "peak_mib", "{:.0f} MiB", "memory"),
    ("large", "wall_s", "{:.1f} s", "time"),
    ("mixed", "lateness_s", "{:.2f} s", "from a transcript's completion to its text"),
    ("slow", "wall_s", "{:.1f} s", "time"),
    ("few", "wall_s", "{:.1f} s", "time"),
)
WIDTH, NAMES, BARS = 820, 190, 520  # pixels
ROW, BAR, HEAD, MARGIN = 20, 13, 30, 12
COLOURS = {True: "#2f7ed8", False: "#b3bac5"}  # ours, others
STYLE = "text{font:12px sans-serif;fill:#24292f}.head{font-weight:bold}"


def draw(report: Report) -> str:
    """Return the picture; groups that were not measured are left out."""
    results = {result.name: result for result in report.results}
    parts, y = [], MARGIN
    for name, figure, shown, what in GROUPS:
        if name not in results:
            continue
        y += HEAD
        parts.append(_text(MARGIN, y - 10, f"{BY_NAME[name].title}: {what}", ' class="head"'))
        parts += _bars(results[name], figure, shown, y)
        y += ROW * len(results[name].rounds)
    height = y + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _bars(result: Result, figure: str, shown: str, y: int) -> Iterator[str]:
    values = {peer: median(some) for peer in result.rounds if (some := result.values(peer, figure))}
    longest = max(values.values(), default=0.0) or 1.0
    for number, peer in enumerate(sorted(values, key=lambda peer: not is_ours(peer))):
        top, length = y + number * ROW, max(1.0, BARS * values[peer] / longest)
        yield _text(NAMES - 8, top + 11, peer, ' text-anchor="end"')
        colour = COLOURS[is_ours(peer)]
        yield f'<rect x="{NAMES}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2" fill="{colour}"/>'
        yield _text(NAMES + length + 6, top + 11, shown.format(values[peer]))


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


if __name__ == "__main__":
    figures = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(draw(Report.from_json(figures)))
