"""A Dask cluster on this machine: a scheduler and workers, each a process that can be killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

READY_WITHIN_S = 20
ROOT = Path(__file__).parents[2]


@dataclass
class DaskCluster:
    """Processes of a cluster.

    Attributes:
        folder: For what they say and leave behind.
        port: Of the scheduler; the next one has it, too.
        host: Its address.
    """

    folder: Path
    port: int
    host: str = "127.0.0.1"
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _started: int = 0

    @property
    def address(self) -> str:
        return f"tcp://{self.host}:{self.port}"

    def start_scheduler(self, *options: str) -> None:
        """Return once it listens."""
        facts = self.folder / "scheduler.json"
        facts.unlink(missing_ok=True)
        self.scheduler = self._start(
            "scheduler",
            "--host",
            self.host,
            "--port",
            str(self.port),
            "--scheduler-file",
            str(facts),
            *options,
        )
        until(lambda: _is_whole(facts))

    def start_worker(
        self,
        *options: str,
        threads: int = 1,
        env: Mapping[str, str] | None = None,
        through: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        """Return once the scheduler knows it; `through` are words that stand before its command."""
        worker = self._begin_worker(*options, threads=threads, env=env, through=through)
        self._await_worker(worker)
        return worker

    def start_workers(self, count: int, threads: int = 1, env: Mapping[str, str] | None = None) -> None:
        for worker in [self._begin_worker(threads=threads, env=env) for _ in range(count)]:
            self._await_worker(worker)

    def _begin_worker(
        self,
        *options: str,
        threads: int = 1,
        env: Mapping[str, str] | None = None,
        through: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        worker = self._start(
            *("worker", self.address, "--no-nanny", "--nthreads", str(threads), "--host", "127.0.0.1"),
            *("--memory-limit", "0", "--local-directory", str(self.folder), *options),
            env=env,
            through=through,
        )
        self.workers.append(worker)
        return worker

    def _await_worker(self, worker: subprocess.Popen[bytes]) -> None:
        log = self.log(worker)
        until(lambda: "Registered to" in log.read_text())

    def log(self, process: subprocess.Popen[bytes]) -> Path:
        return self.folder / f"{process.pid}.log"

    def kill(self, process: subprocess.Popen[bytes] | None) -> None:
        assert process is not None
        process.kill()
        process.wait(READY_WITHIN_S)

    def close(self) -> None:
        for process in filter(None, (self.scheduler, *self.workers)):
            self.kill(process)

    def _start(
        self,
        kind: str,
        *options: str,
        env: Mapping[str, str] | None = None,
        through: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        self._started += 1
        log = self.folder / f"{self._started}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [*through, sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard", *options],
                stdout=said,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            )
        log.rename(self.log(process))
        return process


def _is_whole(facts: Path) -> bool:
    try:
        return "address" in json.loads(facts.read_text())
    except (OSError, ValueError):  # being written
        return False


def until(is_so: object, within_s: float = READY_WITHIN_S) -> None:
    """Wait for something that another process does."""
    assert callable(is_so)
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.02)


@contextmanager
def dask_cluster(
    folder: Path,
    *,
    workers: int = 2,
    threads: int = 1,
    env: Mapping[str, str] | None = None,
    host: str = "127.0.0.1",
) -> Generator[DaskCluster]:
    """Start a scheduler and workers, and kill them at the end."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind((host, 0))
        port = int(free.getsockname()[1])
    cluster = DaskCluster(folder, port, host)
    try:
        cluster.start_scheduler()
        cluster.start_workers(workers, threads, env)
        yield cluster
    finally:
        cluster.close()
