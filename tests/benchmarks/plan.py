"""A plan on paper for very many hours of audio, and the measurements behind it.

    make bench-plan COUNT=1000000 MINUTES=60
    make bench-plan COUNT=0 KINDS="hours calls"

measures a run over so many addresses, and one over recordings of each kind; what is not measured is what
was kept of an earlier time. Then it prints all of that, and what is reckoned by it: see `reach.py`.
`KEEP=1` renews the figures of the texts, `MARKDOWN=FILE` writes them to a file.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.__main__ import machine
from tests.benchmarks.plan_runs import Rows, measure_kind, measure_rows
from tests.benchmarks.plan_sheets import Far, parts, sheets
from tests.benchmarks.reach import KINDS, Taken
from tests.benchmarks.readme import PLAN, keep_plan

WIDTH = 120  # columns
# Five times what the service hears at once, and as many calls as take it a minute.
COUNTS = {"hours": 1000, "calls": 3000}


def measure(counts: list[int], kinds: list[str], minutes: float, where: Path | None) -> Far:
    """Return what is measured now."""
    rows, taken, about = dict[int, Rows](), dict[str, Taken](), dict[str, str]()
    now = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}"
    for count in counts:
        with tempfile.TemporaryDirectory(dir=where) as folder:
            rows[count] = measure_rows(Path(folder), count, minutes)
        about[f"{count:,} rows"] = f"{now}, `make bench-plan COUNT={count} MINUTES={minutes:g} KINDS=none`"
    for name in kinds:
        with tempfile.TemporaryDirectory(dir=where) as folder:
            taken[name] = measure_kind(Path(folder), KINDS[name], COUNTS[name])
        about[name] = f"{now}, `make bench-plan COUNT=0 KINDS={name}`"
    return Far(about, rows, taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="addresses; 0 for none")
    parser.add_argument("--minutes", type=float, default=60.0, help="for which they may take")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=[*KINDS, "none"])
    parser.add_argument("--where", type=Path, help="an existing folder with room for as many files")
    parser.add_argument("--markdown", type=Path, help="a file to write the sheets to as well")
    parser.add_argument("--keep", action="store_true", help="renew the figures of the texts")
    given = parser.parse_args()
    counts, kinds = [given.count] * bool(given.count), [name for name in given.kinds if name in KINDS]
    measured = measure(counts, kinds, given.minutes, given.where)
    plan = Far.read(PLAN).renewed(measured)  # as it is by now
    for some in sheets(plan).values():
        for sheet in some:
            sheet.width = WIDTH
            sheet.print()
    if given.markdown:
        given.markdown.write_text("\n".join(parts(plan).values()), encoding="utf-8")
    if given.keep:
        keep_plan(plan)


if __name__ == "__main__":
    main()
