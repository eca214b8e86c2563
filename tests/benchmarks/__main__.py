"""Measure us beside everybody else: `make bench`, `make bench SCENARIOS="small large" ROUNDS=5`.

Each scenario runs in a process of its own, every peer of it in turn against a service of its own, which
keeps the books. What is missed of the targets is said, and is no error: figures of a shared machine vary.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.readme import keep
from tests.benchmarks.report import LEGEND, Report
from tests.benchmarks.runs import Result
from tests.benchmarks.scenarios import BY_NAME


def machine() -> str:
    """Return the processor, how many cores of it, and the memory, as far as the system tells."""
    name, memory = platform.machine(), ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), name)
    if "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    return f"{os.cpu_count()} cores of {name}{memory}, {platform.system()}"


def about(scenarios: list[str], rounds: int) -> dict[str, str]:
    try:
        sdk = f"assemblyai {version('assemblyai')}"
    except PackageNotFoundError:
        sdk = "no SDK"
    command = ["make", "bench"]
    if scenarios != list(BY_NAME):
        command.append(f"SCENARIOS={' '.join(scenarios)}")
    command.append(f"ROUNDS={rounds}")
    return {
        "Measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "with": f"Python {platform.python_version()}, {sdk}",
        "command": f"`{shlex.join(command)}`",
    }


def measure(scenario: str, rounds: int, *, small: bool) -> Result:
    command = [sys.executable, "-m", "tests.benchmarks.race", scenario, str(rounds), *["small"] * small]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Result.from_json(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(BY_NAME))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--small", action="store_true", help="look whether it works, at sizes that tell nothing"
    )
    parser.add_argument(
        "--figures", type=Path, help="a file for the figures, as JSON, from scenario to scenario"
    )
    parser.add_argument("--markdown", type=Path, help="a file to write all of it to as well")
    parser.add_argument("--keep", action="store_true", help="renew the figures and the chart of the texts")
    arguments = parser.parse_args()
    scenarios = arguments.scenarios or list(BY_NAME)
    if unknown := set(scenarios) - set(BY_NAME):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")
    began, results = time.monotonic(), []
    for scenario in scenarios:
        results.append(measure(scenario, arguments.rounds, small=arguments.small))
        report = Report(about(scenarios, arguments.rounds), results)
        report.sheets()[-1].print()
        if arguments.figures:
            arguments.figures.write_text(json.dumps(report.to_json(), indent=1) + "\n", encoding="utf-8")
    report.targets().print()
    print(LEGEND)
    print(report.where())
    for missed in report.missed():
        print(f"missed: {missed}")
    print(f"{(time.monotonic() - began) / 60:.0f} min")
    if arguments.markdown:
        arguments.markdown.write_text(report.markdown(), encoding="utf-8")
    if arguments.keep:
        keep(report)


if __name__ == "__main__":
    main()
