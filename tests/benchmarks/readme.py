"""The figures that are kept, and the README's parts that are made of them.

    python -m tests.benchmarks.readme FIGURES.json

renews all of them from the figures of a run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.benchmarks.chart import draw
from tests.benchmarks.report import LEGEND, Report

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
KEPT = ROOT / "tests" / "data" / "benchmarks"
FIGURES, CHART = KEPT / "figures.json", KEPT / "chart.svg"


def parts(report: Report) -> dict[str, str]:
    """Return what stands between the README's marks, by their names."""
    others = [
        sheet
        for sheet, result in zip(report.sheets(), report.results, strict=False)
        if len(result.rounds) > 1
    ]
    return {
        "targets": f"{report.where()}\n\n{report.targets().markdown()}",
        "tables": "\n".join([LEGEND, "", *(sheet.markdown() for sheet in others)]),
    }


def with_parts(text: str, report: Report) -> str:
    """Return the README's text with these figures in the place of what it has."""
    for name, part in parts(report).items():
        before, mark, rest = text.partition(f"<!-- figures: {name} -->\n")
        _, end, after = rest.partition("<!-- end of figures -->")
        if not end:
            raise ValueError(f"{README} has no place for the figures' {name}")
        text = before + mark + part + end + after
    return text


def keep(report: Report) -> None:
    """Renew everything that shows figures."""
    KEPT.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(report.to_json(), indent=1) + "\n", encoding="utf-8")
    CHART.write_text(draw(report), encoding="utf-8")
    README.write_text(with_parts(README.read_text(encoding="utf-8"), report), encoding="utf-8")


if __name__ == "__main__":
    keep(Report.from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
