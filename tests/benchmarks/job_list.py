"""A long job list: the time to check it, and the most memory that takes.

Each list is read in a process of its own, whose peak is the measured one.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.sheet import Sheet

FORMATS = ("txt", "srt", "vtt", "json")
LANGUAGES = ("de", "en", "fr", "es")


def sources_alone(number: int) -> str:
    return f"  - recordings/2024/call {number:06}.mp3\n"


def alike(number: int) -> str:
    """Return a job that says all that a job can, with settings that many others have."""
    return (
        f"  - source: recordings/2024/call {number:06}.mp3\n"
        f"    output: calls/{number:06}\n"
        f"    language: {LANGUAGES[number % 4]}\n"
        f"    speakers: {number % 4 + 1}\n"
        "    formats: [txt, srt]\n"
        "    options:\n"
        "      punctuate: true\n"
        "      keyterms_prompt: [harbour, lighthouse]\n"
    )


def different(number: int) -> str:
    """Return a job with a prompt that no other has."""
    return (
        f"  - source: recordings/2024/call {number:06}.mp3\n"
        f"    output: calls/{number:06}\n"
        "    options:\n"
        f"      prompt: A call about order number {number}.\n"
    )


KINDS = {"sources alone": sources_alone, "all keys, alike": alike, "a prompt each": different}


def read(path: Path) -> None:
    """Read a list, and print wall and CPU seconds, and the peak in MiB."""
    from batch_transcriber.plan.lists.job_list import read_job_list

    began_s, cpu_s = time.perf_counter(), time.process_time()
    entries = read_job_list(path, formats=FORMATS).entries
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    print(wall_s, cpu_s, peak_mib, len(entries))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read(arguments.read)
        return
    sheet = Sheet(
        f"A list of {arguments.jobs:,} jobs; the best of {arguments.rounds} rounds",
        ("MB", "wall, s", "CPU, s", "peak, MiB"),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "jobs.yaml")
        for kind, job in KINDS.items():
            path.write_text("version: 1\njobs:\n" + "".join(map(job, range(arguments.jobs))))
            rounds = []
            for _ in range(arguments.rounds):
                done = subprocess.run(
                    [sys.executable, "-m", "tests.benchmarks.job_list", "--read", str(path)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                wall_s, cpu_s, peak_mib, count = map(float, done.stdout.split())
                assert count == arguments.jobs
                rounds.append((wall_s, cpu_s, peak_mib))
            sheet.add(kind, path.stat().st_size / 1e6, *min(rounds))
    sheet.print()


if __name__ == "__main__":
    main()
