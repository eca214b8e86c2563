"""A folder of small files: wall time against the service's own minimum, requests, CPU, peak memory.

The command runs as a user runs it, in a process of its own; so does the service, which counts what it
was asked. Figures of a shared machine vary: look at the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.service import KEY

COMMAND = str(Path(sys.executable).with_name("batch-transcriber"))
FILE_SIZE_BYTES = 64 * 1024
POLLS = ("GET /v2/transcript", "GET /v2/transcript/{transcript_id}")


@dataclass(frozen=True)
class Figures:
    """Of one run; polls are the requests that only ask for a status."""

    wall_s: float
    cpu_s: float
    peak_memory_mib: float
    requests: int
    polls: int


def make_recordings(folder: Path, count: int) -> None:
    for number in range(count):
        words = f"These are the words of file {number}.".encode()
        (folder / f"{number:06}.mp3").write_bytes(words.ljust(FILE_SIZE_BYTES, b"\0"))


def run_once(recordings: Path, count: int, seconds: float, concurrency: int) -> Figures:
    """Run the command against a service of its own, and check that every text is there, paid for once."""
    service = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.benchmarks.service",
            f"--seconds={seconds}",
            f"--concurrency={concurrency}",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdout is not None
    address = service.stdout.readline().strip()
    with tempfile.TemporaryDirectory() as out:
        environ = os.environ | {"AAI_API_KEY": KEY, "BATCH_TRANSCRIBER_BASE_URL": address}
        began = time.monotonic()
        command = subprocess.Popen(
            [COMMAND, "run", str(recordings), "-o", out, "--max-requests", "1000000"],
            env=environ,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(command.pid, 0)
        wall_s = time.monotonic() - began
        command.returncode = os.waitstatus_to_exitcode(status)
        assert command.returncode == 0, f"the run ended with {command.returncode}"
        assert sum(1 for _ in Path(out).glob("*.txt")) == count
    books = json.loads(service.communicate("\n")[0])
    assert books["transcripts"] == count, "something was paid for twice, or not at all"
    return Figures(
        wall_s,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,  # KiB on Linux
        sum(books["requests"].values()),
        sum(books["requests"].get(name, 0) for name in POLLS),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=2.0, help="what the service takes for each")
    parser.add_argument("--concurrency", type=int, default=200, help="how many it hears at a time")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    minimum_s = arguments.seconds * -(-arguments.files // arguments.concurrency)
    with tempfile.TemporaryDirectory() as folder:
        make_recordings(Path(folder), arguments.files)
        rounds = [
            run_once(Path(folder), arguments.files, arguments.seconds, arguments.concurrency)
            for _ in range(arguments.rounds)
        ]
    table = Table(
        title=f"{arguments.files:,} files of 64 KiB, {arguments.concurrency} heard at a time, "
        f"{arguments.seconds:g} s each; {arguments.rounds} rounds"
    )
    for heading in ("", "median", "least", "most"):
        table.add_column(heading, justify="right" if heading else "left")
    rows = {
        f"wall, of the service's own {minimum_s:g} s": [f.wall_s / minimum_s for f in rounds],
        "wall, s": [f.wall_s for f in rounds],
        "CPU, s": [f.cpu_s for f in rounds],
        "peak memory, MiB": [f.peak_memory_mib for f in rounds],
        "requests a file": [f.requests / arguments.files for f in rounds],
        "polls a file": [f.polls / arguments.files for f in rounds],
    }
    for name, values in rows.items():
        figures = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
