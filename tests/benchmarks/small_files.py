"""A folder of small files: wall time against the service's own minimum, requests, CPU, peak memory.

The command runs as a user runs it, in a process of its own; so does the service, which counts what it
was asked. Figures of a shared machine vary: look at the ratios.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.measure import COMMAND, Books, Service, Usage, make_recordings, run_measured
from tests.benchmarks.sheet import Sheet


def run_once(recordings: Path, count: int, seconds: float, concurrency: int) -> tuple[Usage, Books]:
    """Run the command against a service of its own, and check that every text is there, paid for once."""
    with (
        Service(f"--seconds={seconds}", f"--concurrency={concurrency}") as service,
        tempfile.TemporaryDirectory() as out,
    ):
        command = [COMMAND, "run", str(recordings), "-o", out, "--max-requests", "1000000"]
        usage = run_measured(command, service.environ)
        assert usage.exit_code == 0, f"the run ended with {usage.exit_code}"
        assert sum(1 for _ in Path(out).glob("*.txt")) == count
    assert service.books.transcripts == count, "something was paid for twice, or not at all"
    return usage, service.books


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
    sheet = Sheet(
        f"{arguments.files:,} files of 64 KiB, {arguments.concurrency} heard at a time, "
        f"{arguments.seconds:g} s each; {arguments.rounds} rounds",
        ("median", "least", "most"),
    )
    walls_s = [usage.wall_s for usage, _ in rounds]
    sheet.add_spread(
        f"wall, of the service's own {minimum_s:g} s", [wall_s / minimum_s for wall_s in walls_s]
    )
    sheet.add_spread("wall, s", walls_s)
    sheet.add_spread("CPU, s", [usage.cpu_s for usage, _ in rounds])
    sheet.add_spread("peak memory, MiB", [usage.peak_memory_mib for usage, _ in rounds])
    requests = [sum(books.requests.values()) / arguments.files for _, books in rounds]
    sheet.add_spread("requests a file", requests)
    sheet.add_spread("polls a file", [books.polls / arguments.files for _, books in rounds])
    sheet.print()


if __name__ == "__main__":
    main()
