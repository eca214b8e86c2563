"""Several runs at the same time against one request limit, beside one run over all of their recordings.

Together they share the limit by the user's state folder; apart, each has a state folder of its own, as on
machines that know nothing of each other. What is refused in the first window teaches the limit.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measure import COMMAND, Service, Usage, run_measured
from tests.benchmarks.recordings import words_of
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.benchmarks.measure import Books

SIZE_BYTES = 4096
TEACHES_WINDOWS = 2  # who comes a little later is refused in the one after the first


@dataclass(frozen=True)
class Outcome:
    """What runs came to together."""

    books: Books
    usages: list[Usage]
    wall_s: float
    texts: int

    @property
    def refusals(self) -> tuple[int, int]:
        """How many requests were refused in the first windows, and later."""
        refused = [int(window["refused"]) for window in self.books.windows]
        return sum(refused[:TEACHES_WINDOWS]), sum(refused[TEACHES_WINDOWS:])

    @property
    def rate(self) -> float:
        """Requests that were taken in a window, of those that ran their time."""
        taken = [window["taken"] for window in self.books.windows[1:-1]]
        return sum(taken) / max(1, len(taken))


def make(folder: Path, first: int, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        with (folder / f"{number:06}.mp3").open("wb") as file:
            file.write(words_of(number).encode())
            file.truncate(SIZE_BYTES)


def measure(runs: int, files: int, limit: str, *, apart: bool = False) -> Outcome:
    """Let so many runs share so many recordings, and return what they came to."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(runs) as hands:
        folder = Path(name)
        for number in range(runs):
            make(folder / "in" / str(number), number * files // runs, files // runs)

        def run(number: int, environ: Mapping[str, str]) -> Usage:
            state = {"XDG_STATE_HOME": str(folder / "state" / str(number))} if apart else {}
            out = folder / "out" / str(number)
            command = [COMMAND, "run", str(folder / "in" / str(number)), "-o", str(out), "-q"]
            return run_measured(command, {**environ, **state})

        with Service(f"--limit={limit}", "--seconds=0.5") as service:
            began = time.monotonic()
            started = [hands.submit(run, number, service.environ) for number in range(runs)]
            usages = [one.result() for one in started]
            wall_s = time.monotonic() - began
        assert all(usage.exit_code == 0 for usage in usages)
        return Outcome(service.books, usages, wall_s, len(list(folder.glob("out/*/*.txt"))))


def compare(outcomes: Mapping[str, Outcome], title: str) -> Sheet:
    sheet = Sheet(title, tuple(outcomes))
    all_of = outcomes.values()
    sheet.add("wall, s", *(one.wall_s for one in all_of), digits=1)
    sheet.add("first run to end, s", *(min(u.wall_s for u in one.usages) for one in all_of), digits=1)
    sheet.add("CPU of all, s", *(sum(u.cpu_s for u in one.usages) for one in all_of), digits=1)
    sheet.add("texts", *(one.texts for one in all_of))
    sheet.add("paid for", *(one.books.transcripts for one in all_of))
    sheet.add("paid for twice", *(one.books.paid_twice for one in all_of))
    sheet.add("requests", *(sum(one.books.requests.values()) for one in all_of))
    sheet.add("taken in a window", *(one.rate for one in all_of), digits=0)
    sheet.add("429s while it is learned", *(one.refusals[0] for one in all_of))
    sheet.add("429s later", *(one.refusals[1] for one in all_of))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="of all runs together")
    parser.add_argument("--runs", type=int, default=2, help="at the same time")
    parser.add_argument("--limit", default="300/3", help="requests in so many seconds")
    arguments = parser.parse_args()
    runs, files, limit = arguments.runs, arguments.files, arguments.limit
    outcomes = {
        "one run": measure(1, files, limit),
        f"{runs} together": measure(runs, files, limit),
        f"{runs} apart": measure(runs, files, limit, apart=True),
    }
    requests, _, window_s = limit.partition("/")
    compare(outcomes, f"{files:,} files in all, {requests} requests in {window_s} s").print()


if __name__ == "__main__":
    main()
