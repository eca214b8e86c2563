"""A command that is followed while it runs: what it tells as JSON, what memory it has, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from tests.benchmarks.measure import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOOK_EVERY_S = 0.1


@dataclass
class Life:
    """One process of our command, with `--json`.

    Attributes:
        outcomes: What it told of each input, by source; more than one of an input is a lie.
        errors: What it said of inputs that failed, and of its own early end.
        memory: How many inputs had their texts then, whoever wrote them, and its resident memory, MiB.
        cpu_s: Its own, about, for it was looked at shortly before the end.
        texts_at_signal: How many texts were there when it was sent a signal; None where it was sent none.
        stopping_s: From the signal to its end.
        exit_code: Negative where a signal ended it.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    memory: list[tuple[int, float]] = field(default_factory=list)
    cpu_s: float = 0.0
    texts_at_signal: int | None = None
    stopping_s: float = 0.0
    exit_code: int = 0


class Follower:
    """Follows one life after another.

    Attributes:
        texts: The sources of which one of the lives told that their text is there.
        lives: All so far.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.texts: set[str] = set()
        self.lives: list[Life] = []
        self._command = [*command, "--json"]
        self._environ = environ

    def run(self) -> int:
        """Let a life come to its own end, and return its exit code."""
        return self.run_until(None, signal.SIGKILL).exit_code

    def run_until(self, texts: int | None, signal_number: int) -> Life:
        """Send a signal once so many texts are there, and return the life that it ended.

        One that ends by itself before that is sent none, and so is every one with None.
        """
        life, signalled_at = Life(), 0.0
        self.lives.append(life)
        with subprocess.Popen(
            self._command, env=self._environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as process:
            is_over = threading.Event()
            watch = threading.Thread(target=self._watch, args=(process, life, is_over))
            watch.start()
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    self._hear(line, life)
                    if texts is not None and len(self.texts) >= texts and life.texts_at_signal is None:
                        process.send_signal(signal_number)
                        life.texts_at_signal, signalled_at = len(self.texts), time.monotonic()
                life.exit_code = process.wait()
            finally:
                is_over.set()
                watch.join()
                process.kill()
        if life.texts_at_signal is not None:
            life.stopping_s = time.monotonic() - signalled_at
        return life

    def _hear(self, line: bytes, life: Life) -> None:
        if not line.endswith(b"\n"):
            return  # the last words of who was killed
        match json.loads(line):
            case {"type": "failed", "source": source, "error": error}:
                life.outcomes[source] += 1
                life.errors.append(f"{source}: {error}")
            case {"type": "written" | "skipped", "source": source, "output": output}:
                life.outcomes[source] += 1
                if output is not None:
                    self.texts.add(source)
            case {"type": "summary", "fatal": str(fatal)}:
                life.errors.append(fatal)

    def _watch(self, process: subprocess.Popen[bytes], life: Life, is_over: threading.Event) -> None:
        """Look at it again and again, and kill it where it does nothing for long."""
        texts, news_at = -1, time.monotonic()
        body = psutil.Process(process.pid)
        while not is_over.wait(LOOK_EVERY_S):
            try:
                with body.oneshot():
                    memory_mib, times = body.memory_info().rss / 2**20, body.cpu_times()
            except psutil.Error:
                return  # it is gone
            if memory_mib:  # or else it is on its way out
                life.memory.append((len(self.texts), memory_mib))
                life.cpu_s = times.user + times.system
            if len(self.texts) != texts:
                texts, news_at = len(self.texts), time.monotonic()
            elif time.monotonic() - news_at > DEADLINE_S:
                process.kill()
