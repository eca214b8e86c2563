"""What it takes until the command answers, beside a Typer app of three lines in the same environment."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

from tests.benchmarks.measure import COMMAND
from tests.benchmarks.sheet import Sheet

THREE_LINES = """
import typer
def main(name: str = "you"): print(name)
typer.run(main)
"""
SMALL_APP = [sys.executable, "-c", THREE_LINES]
COMMANDS = {
    "a Typer app of three lines --help": [*SMALL_APP, "--help"],
    "batch-transcriber --help": [COMMAND, "--help"],
    "batch-transcriber run --help": [COMMAND, "run", "--help"],
    "batch-transcriber --version": [COMMAND, "--version"],
}


def wall_s(command: list[str]) -> float:
    began_s = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    walls: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            walls[name].append(wall_s(command))
    floor_s = statistics.median(next(iter(walls.values())))
    sheet = Sheet(f"Start-up, medians of {rounds} rounds in turn", ("wall, s", "to the first"))
    for name, each in walls.items():
        sheet.add(name, statistics.median(each), statistics.median(each) / floor_s)
    sheet.print()


if __name__ == "__main__":
    main()
