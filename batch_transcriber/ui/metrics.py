"""Figures of a run in a file for Prometheus, by way of the textfile collector of its node exporter."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import RequestEnded, UploadsAdapted
from batch_transcriber.ui.stall import has_moved
from batch_transcriber.ui.tally import Step, Tally
from batch_transcriber.ui.words import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from batch_transcriber.events import Event
    from batch_transcriber.ui.summary import Ending

INTERVAL_S = 15.0
PREFIX = "batch_transcriber_"


class MetricsFile(Collector):
    """Write the file every 15 seconds and at the end, each time as a whole.

    A file that cannot be written is told once; the run goes on, and the next turn tries again.

    Args:
        path: Of the file; the collector reads those that end in `.prom`.
        out: The output folder, which tells this run's figures from those of another one's file.
        upload_slots: Uploads at a time, until the run says something else.

    Attributes:
        on_trouble: Gets the line that says so.

    Raises:
        FatalError: the file cannot be written from the start, or is another one, such as a recording.
    """

    interval_s = INTERVAL_S

    def __init__(self, path: Path, out: Path, upload_slots: int) -> None:
        self.on_trouble: Callable[[str], None] = lambda _: None
        self._path = path
        self._out = printable(str(out))
        self._upload_slots = upload_slots
        self._tally = Tally()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._began_at = self._moved_at = time.time()
        self._exit_code: int | None = None
        self._is_told = False
        self._registry = CollectorRegistry()
        self._registry.register(self)
        try:
            if path.exists() and not path.is_dir() and not _is_ours(path):
                raise FatalError(
                    f"{path}: holds no metrics of ours, and stays; name another file with --metrics-file",
                    ExitCode.LOCAL,
                )
            self._write()
        except (OSError, ValueError) as error:  # the latter for a name with a NUL
            reason = getattr(error, "strerror", None) or error
            raise FatalError(
                f"{path}: the metrics cannot be written ({reason}); mend that, "
                "or name another file with --metrics-file",
                ExitCode.LOCAL,
            ) from error

    def show(self, event: Event) -> None:
        """Count the event."""
        self._tally.add(event)
        if has_moved(event):
            self._moved_at = time.time()
        if isinstance(event, RequestEnded):
            self._requests[event.call, "none" if event.status is None else str(event.status)] += 1
        elif isinstance(event, UploadsAdapted):
            self._upload_slots = event.at_a_time

    def tick(self) -> None:
        """Write the file."""
        try:
            self._write()
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                self.on_trouble(
                    f"{self._path}: the metrics cannot be written ({error.strerror or error}); "
                    "the run goes on without them"
                )

    def end(self, ending: Ending) -> None:
        """Write how it ended."""
        self.fail(ending.exit_code)

    def fail(self, exit_code: int) -> None:
        """Write that it ended so."""
        self._exit_code = exit_code
        self.tick()

    def close(self) -> None:
        """Do nothing: the file stays."""

    def collect(self) -> Iterator[Metric]:
        """Yield all figures, for the library."""
        tally = self._tally
        states = {
            "written": tally.written,
            "already_written": tally.already_written,
            "skipped": tally.skipped,
            "failed": tally.failed,
            **{step.value: tally.at[step] for step in Step},
        }
        inputs = GaugeMetricFamily(f"{PREFIX}inputs", "Inputs by state.", labels=["out", "state"])
        for state, number in states.items():
            inputs.add_metric([self._out, state], number)
        yield inputs
        requests = CounterMetricFamily(
            f"{PREFIX}requests", "Requests by call and status.", labels=["out", "call", "status"]
        )
        for (call, status), number in sorted(self._requests.items()):
            requests.add_metric([self._out, call, status], number)
        yield requests
        limited = sum(number for (_, status), number in self._requests.items() if status == "429")
        yield self._counter("rate_limited", "Requests answered by 429.", limited)
        yield self._counter("sent_bytes", "Bytes of recordings sent.", tally.moved_bytes)
        yield self._counter("audio_seconds", "Length of all that was written.", tally.audio_duration_s)
        yield self._gauge("inputs_known", "Inputs found so far.", tally.known)
        yield self._gauge("upload_slots", "Uploads at a time, at most.", self._upload_slots)
        yield self._gauge("start_timestamp_seconds", "When the run began.", self._began_at)
        yield self._gauge("last_progress_timestamp_seconds", "When something moved last.", self._moved_at)
        yield self._gauge("running", "1 while the run goes on.", int(self._exit_code is None))
        if self._exit_code is not None:
            yield self._gauge("exit_code", "What the run ended with.", self._exit_code)

    def _counter(self, name: str, words: str, value: float) -> Metric:
        family = CounterMetricFamily(PREFIX + name, words, labels=["out"])
        family.add_metric([self._out], value)
        return family

    def _gauge(self, name: str, words: str, value: float) -> Metric:
        family = GaugeMetricFamily(PREFIX + name, words, labels=["out"])
        family.add_metric([self._out], value)
        return family

    def _write(self) -> None:
        write_to_textfile(str(self._path), self._registry)


def _is_ours(path: Path) -> bool:
    """Tell whether a file may be replaced: one of these, or empty, and never a device."""
    if not path.is_file():
        return False
    mark = f"# HELP {PREFIX}".encode()
    with path.open("rb") as file:
        return file.read(len(mark)) in {b"", mark}
