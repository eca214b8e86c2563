"""The processes that decode: started when they are needed, looked after, replaced when they are lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.server.framing import BrokenPipesError, receive

if TYPE_CHECKING:
    from batch_transcriber.server.framing import Kind, Request

STALL_S = 180.0
_END_S = 2.0  # that a process takes to end which has closed its pipes, at the most
# A decoder learns nothing that a hostile file could send anywhere: no keys, no settings.
_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")


class Child:
    """A process that decodes one recording at a time."""

    def __init__(self, memory_bytes: int) -> None:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "batch_transcriber.server.decoder", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the parent
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise BrokenPipesError  # never: both were asked for
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self.pid = self._process.pid
        self.stalled = False
        self._waits_since_s: float | None = None

    def ask(self, request: Request) -> None:
        """Send a request.

        Raises:
            BrokenPipesError: The child has gone.
        """
        try:
            self._requests.write(request.line())
            self._requests.flush()
        except OSError as error:
            raise BrokenPipesError from error

    def receive(self) -> tuple[Kind, bytes]:
        """Wait for the next message.

        Raises:
            BrokenPipesError: There is none.
        """
        self._waits_since_s = time.monotonic()
        try:
            return receive(self._replies)
        except OSError as error:
            raise BrokenPipesError from error
        finally:
            self._waits_since_s = None

    def end_if_stalled(self, stall_s: float) -> None:
        """Kill the process if it has let its reader wait for so long; from any thread."""
        since_s = self._waits_since_s
        if since_s is not None and time.monotonic() - since_s > stall_s:
            self.stalled = True
            self._process.kill()

    def kill(self) -> None:
        """Kill the process; from any thread, and more than once."""
        self._process.kill()

    def is_alive(self) -> bool:
        """Return whether the process can be asked."""
        return self._process.poll() is None

    def end(self) -> int:
        """Return the exit code of a process that ends or was killed; one that does neither is killed: 0."""
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = 0
        self._process.communicate()
        return code


class Decoders:
    """All children of a recogniser: as many as there are recordings decoded at a time, started on demand.

    Args:
        memory_bytes: The most that a child may take.
        stall_s: How long a child may say nothing.
    """

    def __init__(self, *, memory_bytes: int, stall_s: float = STALL_S) -> None:
        self._memory_bytes = memory_bytes
        self.stall_s = stall_s
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """The children's process ids; the busy ones first."""
        with self._lock:
            return [child.pid for child in (*self._busy, *self._idle)]

    def take(self) -> Child:
        """Return a child that is ready, for one recording; blocks while one is started."""
        child = None
        with self._lock:
            while child is None and self._idle:
                child = self._idle.pop()
                if not child.is_alive():
                    child.end()
                    child = None
        child = child or Child(self._memory_bytes)
        with self._lock:
            self._busy.add(child)
            if self._closed:
                child.kill()
        return child

    def give_back(self, child: Child) -> None:
        """Take a child back that has ended its work and waits for more."""
        with self._lock:
            self._busy.discard(child)
            self._idle.append(child)

    def end(self, child: Child) -> int:
        """Return the exit code of a child that ends or was killed; blocks for some milliseconds."""
        code = child.end()
        with self._lock:
            self._busy.discard(child)
        return code

    def stop(self) -> None:
        """End all work, and begin none: who waits for a child finds it gone."""
        with self._lock:
            self._closed = True
            for child in self._busy:
                child.kill()

    def close(self) -> None:
        """End the children, when nobody works with them any more; blocks for some milliseconds."""
        with self._lock:
            children = [*self._busy, *self._idle]
            self._busy.clear()
            self._idle.clear()
        for child in children:
            child.kill()
            child.end()
