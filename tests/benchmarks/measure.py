"""What the benchmarks share: recordings, a service for each run, and a command with its bill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

COMMAND = str(Path(sys.executable).with_name("batch-transcriber"))
KEY = "a-key-for-benchmarks"
DEADLINE_S = 300.0  # a command that hangs is a result too, but not one to wait for


@dataclass(frozen=True)
class Usage:
    """What one run of a command took, its own children included."""

    wall_s: float
    cpu_s: float
    peak_memory_mib: float
    exit_code: int


@dataclass(frozen=True)
class Books:
    """What the service counted since it started.

    Attributes:
        transcripts: All that were made, each of which costs money.
        paid_twice: Those made of a content that had one already, whatever it was uploaded as.
        requests: By method and route.
        uploads_by_content: How often each was received, by its digest.
        transcripts_by_content: How many were made of each, likewise.
        is_held: A request has come to the point where it was to be held.
        done_at: When each recording was heard, by its words; UTC, seconds.
        uploaded_bytes: All of them together.
        uploading_s: From the begin of the first upload to the end of the last.
        troubles: How many requests failed, by what happened to them.
        windows: Those of a request limit: see `tests.benchmarks.conditions.Window`.
    """

    transcripts: int
    paid_twice: int
    requests: Mapping[str, int]
    uploads_by_content: Mapping[str, int]
    transcripts_by_content: Mapping[str, int]
    is_held: bool
    done_at: Mapping[str, float] = field(default_factory=dict)
    uploaded_bytes: int = 0
    uploading_s: float = 0.0
    troubles: Mapping[str, int] = field(default_factory=dict)
    windows: Sequence[Mapping[str, float]] = ()

    @property
    def polls(self) -> int:
        """The requests that only ask for a status."""
        calls = ("GET /v2/transcript", "GET /v2/transcript/{transcript_id}")
        return sum(self.requests.get(call, 0) for call in calls)


class Service:
    """The local service in a process of its own, while entered.

    Args:
        arguments: Of the module.
        module: The service: `tests.benchmarks.service`, or one that answers the same lines on its stdin.

    Attributes:
        environ: With which a client finds it, and in which nothing else is set.
        books: There after leaving.
    """

    environ: Mapping[str, str]
    books: Books

    def __init__(self, *arguments: str, module: str = "tests.benchmarks.service") -> None:
        self._arguments = ("-m", module, *arguments)

    def __enter__(self) -> Self:
        self._state = tempfile.TemporaryDirectory(prefix="batch-transcriber-")
        self._process = subprocess.Popen(
            [sys.executable, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip()
        assert address, "the service did not start"
        # The two names that our command and the official SDK both know.
        self.environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
            "ASSEMBLYAI_API_KEY": KEY,
            "ASSEMBLYAI_BASE_URL": address,
            "BATCH_TRANSCRIBER_CONFIG": "",
            "XDG_STATE_HOME": self._state.name,
        }
        return self

    def ask(self, *words: str) -> Books:
        """Say a line to the service while it runs, and return its books: see `tests.benchmarks.service`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*words, file=self._process.stdin, flush=True)
        return Books(**json.loads(self._process.stdout.readline()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        last_words, _ = self._process.communicate("\n", timeout=DEADLINE_S)
        self._state.cleanup()
        if error is None:
            self.books = Books(**json.loads(last_words))


def run_measured(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    terminal: int | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Usage:
    """Run a command to its end, unseen or on a terminal.

    Args:
        command: Program and arguments.
        environ: Its whole environment.
        terminal: The terminal's side for the command, for all of its streams.
        meanwhile: Called once the command runs; may return after its end.
    """
    stream, prepare = subprocess.DEVNULL, None
    if terminal is not None:
        from tests.support.terminal import take_terminal  # here: a child's peak is at least our size

        stream, prepare = terminal, take_terminal
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environ,
        stdin=stream,
        stdout=stream,
        stderr=stream,
        preexec_fn=prepare,  # noqa: PLW1509 - no thread runs yet
    )
    # By its number, for Popen's own kill() might reap the process, and its bill with it.
    deadline = threading.Timer(DEADLINE_S, os.kill, (process.pid, signal.SIGKILL))
    deadline.start()
    try:
        meanwhile()
        _, status, bill = os.wait4(process.pid, 0)
    finally:
        deadline.cancel()
        deadline.join()
    wall_s = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(
        wall_s,
        bill.ru_utime + bill.ru_stime,
        bill.ru_maxrss / 1024,  # KiB on Linux
        process.returncode,
    )
