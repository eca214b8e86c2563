"""A run over a large bucket: the time to its first submit, to the end of the list, and its memory by then.

Neither may grow with the number of objects, but for the list, which is read page by page meanwhile. Once all
of it is read the run is interrupted, for the rest is the same as for files.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import psutil

from tests.benchmarks.measure import COMMAND, DEADLINE_S, Service
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_SUBMIT_MOST_S = 2.0
MEMORY_MOST = 1.25  # of what the smallest bucket takes


class Round(NamedTuple):
    """What one run took, from the start of its process."""

    first_submit_s: float
    listed_s: float
    memory_mib: float


@contextmanager
def bucket(count: int, answers_in_s: float) -> Iterator[str]:
    """Serve a bucket of so many objects; gives its address."""
    command = [sys.executable, "-m", "tests.benchmarks.store", str(count), "--answers-in", str(answers_in_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("", timeout=DEADLINE_S)


def run_once(count: int, answers_in_s: float) -> Round:
    with tempfile.TemporaryDirectory() as out, Service() as service, bucket(count, answers_in_s) as url:
        environ = {
            **service.environ,
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        began_s = time.monotonic()
        command = [COMMAND, "run", "s3://bench/calls", "-o", out, "--json", "-v"]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        deadline = threading.Timer(DEADLINE_S, process.kill)
        deadline.start()
        assert process.stdout is not None
        first_submit_s = listed_s = memory_mib = None
        for line in process.stdout:
            told = json.loads(line)
            if told["type"] == "submitted" and first_submit_s is None:
                first_submit_s = time.monotonic() - began_s
            if told["type"] == "plan":
                assert told["inputs"] == count
                listed_s = time.monotonic() - began_s
                memory_mib = psutil.Process(process.pid).memory_info().rss / 2**20
            if memory_mib is not None and first_submit_s is not None:
                process.send_signal(signal.SIGINT)
                break
        process.communicate()
        deadline.cancel()
    assert first_submit_s is not None, "nothing was submitted"
    assert listed_s is not None, "the list did not end"
    assert memory_mib is not None
    return Round(first_submit_s, listed_s, memory_mib)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[1000, 100_000], help="how many objects")
    parser.add_argument("--answers-in", type=float, default=0.03, help="of the store, seconds")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    rounds = {
        count: [run_once(count, arguments.answers_in) for _ in range(arguments.rounds)]
        for count in arguments.counts
    }
    title = f"buckets of a store that answers in {arguments.answers_in * 1000:.0f} ms, "
    title += f"medians of {arguments.rounds} rounds"
    sheet = Sheet(title, tuple(f"{count:,}" for count in arguments.counts))
    medians = [Round(*map(statistics.median, zip(*each, strict=True))) for each in rounds.values()]
    sheet.add("first submit, s", *(one.first_submit_s for one in medians))
    sheet.add("all listed, s", *(one.listed_s for one in medians))
    sheet.add("memory then, MiB", *(one.memory_mib for one in medians))
    sheet.print()
    least = medians[0]
    for count, one in zip(arguments.counts[1:], medians[1:], strict=True):
        slowest_s = max(each.first_submit_s for each in rounds[count])
        print(
            f"first submit of {count:,}, slowest: {slowest_s:.2f} s; at most {FIRST_SUBMIT_MOST_S} are wanted"
        )
        share = one.memory_mib / least.memory_mib
        print(f"memory, {count:,} to {arguments.counts[0]:,}: {share:.2f}; at most {MEMORY_MOST} is wanted")


if __name__ == "__main__":
    main()
