"""The figures that are kept, and the parts of the README and of the page beside us that are made of them.

    python -m tests.benchmarks.readme FIGURES.json

renews all of them from the figures of a run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.benchmarks import plan_sheets
from tests.benchmarks.chart import draw
from tests.benchmarks.plan_sheets import Far
from tests.benchmarks.report import LEGEND, Report

ROOT = Path(__file__).parents[2]
README, PAGE = ROOT / "README.md", Path(__file__).with_name("README.md")
KEPT = ROOT / "tests" / "data" / "benchmarks"
FIGURES, CHART, PLAN = KEPT / "figures.json", KEPT / "chart.svg", KEPT / "plan.json"
_MARK, _END = "<!-- figures: ", "<!-- end of figures -->"


def parts(report: Report, plan: Far) -> dict[str, str]:
    """Return what stands between the marks of the texts, by their names."""
    measured = [
        sheet
        for sheet, result in zip(report.sheets(), report.results, strict=False)
        if len(result.rounds) > 1
    ]
    return {
        "short": measured[0].markdown() if measured else "",
        "targets": f"{report.where()}\n\n{report.targets().markdown()}",
        "tables": "\n".join([LEGEND, "", *(sheet.markdown() for sheet in measured)]),
        **plan_sheets.parts(plan),
    }


def with_parts(text: str, report: Report, plan: Far) -> str:
    """Return a text with these figures in the places that it has for some of them."""
    made = parts(report, plan)
    before, *places = text.split(_MARK)
    filled = [before]
    for place in places:
        name, _, rest = place.partition(" -->\n")
        _, end, after = rest.partition(_END)
        if not end:
            raise ValueError(f"the place for the figures' {name} has no end")
        filled.append(f"{_MARK}{name} -->\n{made[name]}{end}{after}")
    return "".join(filled)


def keep(report: Report) -> None:
    """Renew everything that shows figures of the scenarios."""
    KEPT.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(report.to_json(), indent=1) + "\n", encoding="utf-8")
    CHART.write_text(draw(report), encoding="utf-8")
    _renew(report, Far.read(PLAN))


def keep_plan(plan: Far) -> None:
    """Renew everything that shows how far one run goes."""
    PLAN.write_text(json.dumps(plan.to_json(), indent=1) + "\n", encoding="utf-8")
    _renew(kept_report(), plan)


def kept_report() -> Report:
    """Return what was kept of the scenarios."""
    return Report.from_json(json.loads(FIGURES.read_text(encoding="utf-8")))


def _renew(report: Report, plan: Far) -> None:
    for text in (README, PAGE):
        text.write_text(with_parts(text.read_text(encoding="utf-8"), report, plan), encoding="utf-8")


if __name__ == "__main__":
    keep(Report.from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
