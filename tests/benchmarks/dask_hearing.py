"""What it costs to have speech heard by a Dask cluster: two workers of one thread each, beside a pool of two.

All of it on this machine, so that nothing is gained: what is lost is the way to the workers and back. In each
round both hear the same, one after the other, in turns who is first; each is a process of its own. A machine
that does other work favours who has more processes, and then the CPU time tells more: of the service with the
children that decode, and of the workers. Memory is looked at ten times a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from batch_transcriber.cluster import Cluster, Link, Preparation
from batch_transcriber.model import DaskLost
from batch_transcriber.server import Wanted
from batch_transcriber.server.cluster_ears import Help
from batch_transcriber.server.cutting import LONGEST, Piece
from batch_transcriber.server.whisper import WhisperRecogniser
from tests.benchmarks.recogniser import LOOK_S, MIB, make_talk
from tests.benchmarks.sheet import Sheet
from tests.support.cluster import dask_cluster

if TYPE_CHECKING:
    from collections.abc import Sequence

WORKERS = 2
SENT = 20  # pieces whose way is timed


@dataclass(frozen=True)
class Result:
    """What one process heard, and how long that took it once all was loaded."""

    audio_s: float
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Measured:
    """A result, with the most memory that the service took, and each worker."""

    result: Result
    workers_cpu_s: float
    service_mib: float
    workers_mib: tuple[float, ...]

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.result.audio_s / self.result.wall_s

    @property
    def cpu_s(self) -> float:
        """Of all processes."""
        return self.result.cpu_s + self.workers_cpu_s


async def hear(address: str, recording: Path) -> Result:
    recogniser = WhisperRecogniser(workers=WORKERS)
    if address:
        recogniser.hear_on(Help(address, 60.0, DaskLost.STOP, print, lambda error: sys.exit(str(error))))
    async with recogniser:
        began_s, own_s = time.perf_counter(), own_cpu_s()
        heard = await recogniser.hear(recording, Wanted())
        return Result(heard.duration_s, time.perf_counter() - began_s, own_cpu_s() - own_s)


def own_cpu_s() -> float:
    this = psutil.Process()
    return cpu_s([this, *this.children(recursive=True)])


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def measured(address: str, recording: Path, pids: Sequence[int]) -> Measured:
    command = [sys.executable, "-m", "tests.benchmarks.dask_hearing", "--inside", address, str(recording)]
    peak_bytes, workers = 0, [psutil.Process(pid) for pid in pids]
    peaks, workers_s = [0] * len(workers), cpu_s(workers)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            try:
                service = psutil.Process(process.pid)
                tree = [service, *service.children(recursive=True)]
                peak_bytes = max(peak_bytes, sum(each.memory_info().rss for each in tree))
            except psutil.NoSuchProcess:  # one that has just ended
                continue
            peaks = [max(peak, worker.memory_info().rss) for peak, worker in zip(peaks, workers, strict=True)]
            time.sleep(LOOK_S)
        output = process.communicate()[0]
    if process.returncode:
        sys.exit(process.returncode)
    result = Result(**json.loads(output.splitlines()[-1]))
    workers_s = cpu_s(workers) - workers_s
    return Measured(result, workers_s, peak_bytes / MIB, tuple(peak / MIB for peak in peaks))


def prepared(threads: int) -> int:
    return threads


def taken(piece: Piece, _: Link) -> int:
    return piece.samples.nbytes


async def mb_per_s(address: str) -> float:
    """Return how fast the largest pieces come to a worker, one after the other, and the answer back."""
    piece = Piece(0.0, np.random.default_rng(1).integers(-9999, 9999, (LONGEST, 1), np.int16))
    took_s = []
    async with Cluster(address, Preparation("benchmark", prepared)) as cluster:
        for _ in range(SENT):
            began_s = time.perf_counter()
            await cluster.call(taken, piece)
            took_s.append(time.perf_counter() - began_s)
    return piece.samples.nbytes / 1e6 / statistics.median(took_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="of speech, in one file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        address, path = options.inside
        print(json.dumps(asdict(asyncio.run(hear(address, Path(path))))))
        return
    headings = (
        *("here, times real time", "workers, times real time", "ratio"),
        *("here, CPU s", "workers, CPU s", "here, MiB", "service, MiB", "worker, MiB"),
    )
    sheet = Sheet(
        f"Hearing {options.minutes:g} minutes: {WORKERS} threads here, and {WORKERS} Dask workers here",
        headings,
    )
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        talk = make_talk(Path(folder, "talk.wav"), options.minutes * 60)
        with dask_cluster(Path(folder, "dask"), workers=WORKERS) as dask:
            pids = [worker.pid for worker in dask.workers]
            for number in range(options.rounds):
                ways = ["", dask.address] if number % 2 == 0 else [dask.address, ""]
                seen = {way: measured(way, talk, pids) for way in ways}
                here, there = seen[""], seen[dask.address]
                ratios.append(there.speed / here.speed)
                sheet.add(
                    f"round {number + 1}",
                    *(here.speed, there.speed, ratios[-1], here.cpu_s, there.cpu_s),
                    *(here.service_mib, there.service_mib, max(there.workers_mib)),
                    digits=2,
                )
            speed = asyncio.run(mb_per_s(dask.address))
    print(sheet.markdown())
    print(f"ratio, median: {statistics.median(ratios):.2f}")
    print(f"{options.minutes * 60 * 32_000 / 1e6:.1f} MB of samples moved to the workers; {speed:.0f} MB/s")


if __name__ == "__main__":
    main()
