"""What uploads by the workers of a Dask cluster cost: the same run with `--dask` and without, in turns.

CPU is that of the command, and that of all who take part in an upload: the command, the scheduler and the
workers. These are there before the run and after it, so what they take to start is in no figure; what they
take without anything to do is measured first, and there is a ratio without it, and without what the command
takes to start, which is that of a run with one upload. The service's own CPU is in no figure, for it is the
same. Every other round the other one begins.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.measure import COMMAND, KEY, Service, Usage, run_measured
from tests.benchmarks.recordings import Recordings
from tests.benchmarks.sheet import Sheet
from tests.support.cluster import DaskCluster, dask_cluster

IDLE_S = 10.0
KINDS = ("here", "by workers")


@dataclass(frozen=True)
class Figures:
    """What one run took."""

    usage: Usage
    scheduler_cpu_s: float
    workers_cpu_s: float

    @property
    def together_cpu_s(self) -> float:
        return self.usage.cpu_s + self.scheduler_cpu_s + self.workers_cpu_s


def cpu_s(*processes: int) -> float:
    """Return what processes took so far, seconds."""
    times = [psutil.Process(process).cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def run_once(recordings: Path, count: int, uploads: int | None, dask: DaskCluster | None) -> Figures:
    with Service("--concurrency=1000", "--seconds=0.01") as service, tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        command = [COMMAND, "run", str(recordings), "-o", str(out), "-q"]
        if uploads is not None:
            command += ["--uploads", str(uploads)]
        if dask is None:
            usage, scheduler_cpu_s, workers_cpu_s = run_measured(command, service.environ), 0.0, 0.0
        else:
            assert dask.scheduler is not None
            scheduler, workers = dask.scheduler.pid, [worker.pid for worker in dask.workers]
            before = cpu_s(scheduler), cpu_s(*workers)
            usage = run_measured([*command, "--dask", dask.address], service.environ)
            scheduler_cpu_s, workers_cpu_s = cpu_s(scheduler) - before[0], cpu_s(*workers) - before[1]
        assert usage.exit_code == 0, f"the run ended with {usage.exit_code}"
        assert sum(1 for _ in out.glob("*.txt")) == count
    assert service.books.requests["POST /v2/upload"] == count
    return Figures(usage, scheduler_cpu_s, workers_cpu_s)


@dataclass(frozen=True)
class Fixed:
    """What is taken whatever is uploaded: by the command for a single one, and by an idle cluster."""

    here_s: float
    by_workers_s: float
    idle_cpu_per_s: float


def idle_cpu_per_s(dask: DaskCluster) -> float:
    """Return what scheduler and workers take of a core while nothing is asked of them."""
    assert dask.scheduler is not None
    processes = [dask.scheduler.pid, *(worker.pid for worker in dask.workers)]
    before = cpu_s(*processes)
    time.sleep(IDLE_S)
    return (cpu_s(*processes) - before) / IDLE_S


def compare(title: str, rounds: list[tuple[Figures, Figures]], fixed: Fixed) -> Sheet:
    sheet = Sheet(title, ("median", "least", "most"))
    for kind, runs in zip(KINDS, zip(*rounds, strict=True), strict=True):
        sheet.add_spread(f"wall {kind}, s", [run.usage.wall_s for run in runs])
        sheet.add_spread(f"CPU of the command, uploads {kind}, s", [run.usage.cpu_s for run in runs])
    sheet.add_spread("CPU of the scheduler, s", [remote.scheduler_cpu_s for _, remote in rounds])
    sheet.add_spread("CPU of the workers, s", [remote.workers_cpu_s for _, remote in rounds])
    own = [remote.usage.cpu_s / here.usage.cpu_s for here, remote in rounds]
    sheet.add_spread("CPU of the command, by workers to here", own)
    beyond = [
        (remote.usage.cpu_s - fixed.by_workers_s) / (here.usage.cpu_s - fixed.here_s)
        for here, remote in rounds
    ]
    sheet.add_spread("the same without its start", beyond)
    together = [remote.together_cpu_s / here.together_cpu_s for here, remote in rounds]
    sheet.add_spread("CPU of all, by workers to here", together)
    moving = [
        (remote.together_cpu_s - fixed.by_workers_s - fixed.idle_cpu_per_s * remote.usage.wall_s)
        / (here.usage.cpu_s - fixed.here_s)
        for here, remote in rounds
    ]
    sheet.add_spread("the same without its start and an idle cluster", moving)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1024 * 1024], help="bytes of each")
    parser.add_argument("--uploads", type=int, help="at a time, in both runs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8, help="of each worker: uploads at a time")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {"AAI_API_KEY": KEY}
        with dask_cluster(
            Path(folder, "dask"), workers=arguments.workers, threads=arguments.threads, env=environ
        ) as dask:
            one = Path(folder, "one")
            Recordings(1, 10_000).make(one)
            starts = [run_once(one, 1, None, cluster).usage.cpu_s for cluster in (None, dask) * 2]
            fixed = Fixed(min(starts[::2]), min(starts[1::2]), idle_cpu_per_s(dask))
            print(
                f"the command with one upload: {fixed.here_s:.2f} s here, "
                f"{fixed.by_workers_s:.2f} s by a worker; scheduler and workers without anything to do: "
                f"{fixed.idle_cpu_per_s:.1%} of a core",
                flush=True,
            )
            for size_bytes in arguments.sizes:
                recordings = Path(folder, str(size_bytes))
                Recordings(arguments.files, size_bytes).make(recordings)
                rounds = []
                for number in range(arguments.rounds):
                    order = (None, dask) if number % 2 else (dask, None)
                    runs = {
                        cluster is not None: run_once(recordings, arguments.files, arguments.uploads, cluster)
                        for cluster in order
                    }
                    rounds.append((runs[False], runs[True]))
                title = f"{arguments.files:,} recordings of {size_bytes:,} bytes"
                compare(title, rounds, fixed).print()


if __name__ == "__main__":
    main()
