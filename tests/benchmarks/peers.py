"""What a user gets from us and from the vendor's own SDK, side by side, on a good day and on a bad one.

Everybody has the same recordings, a service of their own of the same kind, and their own defaults; they
take turns. On the bad day a share of all requests fails, by the same script for everybody: the n-th
request of a call has the same lot whoever sends it. What was paid for is what the service's books say.
How the SDK is used stands in sdk.py.

The vendor's own command line is not here: it knows the addresses of the vendor's own services only, and
cannot be pointed at one on this machine.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.measure import COMMAND, Books, Service, Usage, make_recordings, run_measured
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

SDK = [sys.executable, "-m", "tests.benchmarks.sdk"]
PEERS: dict[str, Callable[[str, str], list[str]]] = {
    "batch-transcriber": lambda recordings, out: [COMMAND, "run", recordings, "-o", out],
    "SDK, as a group": lambda recordings, out: [*SDK, "group", recordings, out],
    "SDK, file by file": lambda recordings, out: [*SDK, "each", recordings, out],
}


@dataclass(frozen=True)
class Outcome:
    """Of one run; `texts` counts those that differ, so that none is counted twice."""

    usage: Usage
    books: Books
    texts: int


def run_once(peer: str, recordings: str, *service_arguments: str) -> Outcome:
    with Service(*service_arguments) as service, tempfile.TemporaryDirectory() as out:
        usage = run_measured(PEERS[peer](recordings, out), service.environ)
        texts = len({path.read_bytes() for path in Path(out).glob("*.txt")})
    return Outcome(usage, service.books, texts)


def good_day(recordings: str, files: int, rounds: int, service_arguments: list[str]) -> Sheet:
    outcomes: dict[str, list[Outcome]] = {peer: [] for peer in PEERS}
    for _ in range(rounds):
        for peer in PEERS:
            outcome = run_once(peer, recordings, *service_arguments)
            assert outcome.texts == outcome.books.transcripts == files, f"{peer}: {outcome}"
            outcomes[peer].append(outcome)
    sheet = Sheet("", ("wall, s", "CPU, s", "peak, MiB", "requests a file", "polls a file"))
    for peer, runs in outcomes.items():
        sheet.add(
            peer,
            median(run.usage.wall_s for run in runs),
            median(run.usage.cpu_s for run in runs),
            round(median(run.usage.peak_memory_mib for run in runs)),
            median(sum(run.books.requests.values()) / files for run in runs),
            median(run.books.polls / files for run in runs),
        )
    return sheet


def bad_day(recordings: str, files: int, service_arguments: list[str]) -> Sheet:
    sheet = Sheet("", ("texts", "lost", "paid for", "paid twice", "paid, no text", "wall, s"))
    for peer in PEERS:
        outcome = run_once(peer, recordings, *service_arguments)
        books = outcome.books
        sheet.add(
            peer,
            outcome.texts,
            files - outcome.texts,
            books.transcripts,
            books.paid_twice,
            books.transcripts - books.paid_twice - outcome.texts,
            outcome.usage.wall_s,
        )
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=2.0, help="what the service takes for each")
    parser.add_argument("--concurrency", type=int, default=200, help="how many it hears at a time")
    parser.add_argument("--rounds", type=int, default=3, help="of the good day; the bad one is run once")
    parser.add_argument("--trouble", type=float, default=0.03, help="share of requests that fail")
    parser.add_argument("--seed", type=int, default=1, help="of the trouble")
    parser.add_argument("--markdown", action="store_true", help="print tables for the README")
    arguments = parser.parse_args()
    service = [f"--seconds={arguments.seconds}", f"--concurrency={arguments.concurrency}"]
    trouble = [f"--trouble={arguments.trouble}", f"--seed={arguments.seed}"]
    with tempfile.TemporaryDirectory() as folder:
        make_recordings(Path(folder), arguments.files)
        good = good_day(folder, arguments.files, arguments.rounds, service)
        bad = bad_day(folder, arguments.files, service + trouble)
    what = f"{arguments.files:,} files of 64 KiB, {arguments.concurrency} heard at a time"
    versions = f"assemblyai {version('assemblyai')}, Python {platform.python_version()}"
    good.title = f"{what}, {arguments.seconds:g} s each; median of {arguments.rounds} rounds; {versions}"
    bad.title = f"{what}; {arguments.trouble:.0%} of all requests fail"
    for sheet in (good, bad):
        sheet.print(markdown=arguments.markdown)


if __name__ == "__main__":
    main()
