"""What the live display costs: a run with its bars against the same run with `-q`, on a real terminal.

Both write to a pty that is read and thrown away at once, as a quick terminal would; they take turns,
and every other round the other one begins. CPU is the command's alone. Other work on the machine makes
the same run cost a third more or less, which hides a display's few percent; so a meter inside the runs
with bars also counts what the display itself takes. That share is the figure to look at. With `--at-once`
both runs of a round run together, and trouble from outside hits them alike.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.measure import COMMAND, Service, Usage, run_measured
from tests.benchmarks.recordings import Recordings
from tests.benchmarks.sheet import Sheet
from tests.support.terminal import open_window

COLUMNS, LINES = 80, 24
# A frame begins by going up over the one before it, in one step or line by line, wiping or not.
GOING_UP = re.compile(rb"(?:\x1b\[\d*[AF](?:\r|\x1b\[\d*[JK])*)+")
MOST = 1.05  # of the CPU of the quiet run


@dataclass
class Window:
    """A terminal that nobody looks at.

    Attributes:
        slave: The command's side.
        shown: All that was written to it.
    """

    slave: int
    master: int
    shown: bytearray = field(default_factory=bytearray)

    def watch(self) -> None:
        """Read until the command has closed its side."""
        os.close(self.slave)
        try:
            while data := os.read(self.master, 65_536):
                self.shown += data
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(self.master)

    @property
    def frames(self) -> int:
        """How often what was shown before was drawn over."""
        return sum(1 for _ in GOING_UP.finditer(self.shown))


@dataclass(frozen=True)
class Figures:
    usage: Usage
    shown_bytes: int
    frames: int
    display_cpu_s: float = 0.0


def run_once(recordings: Path, count: int, service_arguments: tuple[str, ...], *, quiet: bool) -> Figures:
    with Service(*service_arguments) as service, tempfile.TemporaryDirectory() as folder:
        out, meter = Path(folder, "out"), Path(folder, "meter")
        program = [COMMAND] if quiet else [sys.executable, "-m", "tests.benchmarks.display_inside"]
        command = [*program, "run", str(recordings), "-o", str(out), *(["-q"] if quiet else [])]
        master, slave = open_window(COLUMNS, LINES)
        window = Window(slave, master)
        environ = {**service.environ, "TERM": "xterm-256color", "METER_FILE": str(meter)}
        usage = run_measured(command, environ, terminal=slave, meanwhile=window.watch)
        assert usage.exit_code == 0, f"the run ended with {usage.exit_code}"
        assert sum(1 for _ in out.glob("*.txt")) == count
        display_cpu_s = 0.0 if quiet else float(meter.read_text(encoding="utf-8").split()[0])
    return Figures(usage, len(window.shown), window.frames, display_cpu_s)


def compare(bars: list[Figures], quiet: list[Figures]) -> Sheet:
    sheet = Sheet("", ("median", "least", "most"))
    for name, rounds in (("bars", bars), ("-q", quiet)):
        sheet.add_spread(f"CPU of {name}, s", [figures.usage.cpu_s for figures in rounds])
        sheet.add_spread(f"wall of {name}, s", [figures.usage.wall_s for figures in rounds])
    sheet.add_spread("CPU of the display inside it, s", [figures.display_cpu_s for figures in bars])
    shares = [f.display_cpu_s / (f.usage.cpu_s - f.display_cpu_s) for f in bars]
    sheet.add_spread("its share of the rest, %", [100 * share for share in shares])
    pairs = zip(bars, quiet, strict=True)
    sheet.add_spread("CPU, bars to -q in a round", [a.usage.cpu_s / b.usage.cpu_s for a, b in pairs])
    sheet.add_spread("frames a second", [figures.frames / figures.usage.wall_s for figures in bars])
    sheet.add_spread("bytes a frame", [figures.shown_bytes / max(figures.frames, 1) for figures in bars])
    sheet.add_spread("bytes of bars", [figures.shown_bytes for figures in bars])
    sheet.add_spread("bytes of -q", [figures.shown_bytes for figures in quiet])
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1.0, help="what the service takes for each")
    parser.add_argument("--concurrency", type=int, default=200, help="how many it hears at a time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", action="store_true", help="both runs of a round at the same time")
    arguments = parser.parse_args()
    service_arguments = (f"--seconds={arguments.seconds}", f"--concurrency={arguments.concurrency}")
    figures: dict[bool, list[Figures]] = {False: [], True: []}
    hands = ProcessPoolExecutor(2 if arguments.at_once else 1, mp_context=get_context("spawn"))
    with hands, tempfile.TemporaryDirectory() as folder:
        Recordings(arguments.files).make(Path(folder))
        for number in range(arguments.rounds):
            order = (False, True) if number % 2 else (True, False)
            runs = [
                hands.submit(run_once, Path(folder), arguments.files, service_arguments, quiet=quiet)
                for quiet in order
            ]
            for quiet, run in zip(order, runs, strict=True):
                figures[quiet].append(run.result())
    sheet = compare(figures[False], figures[True])
    sheet.title = (
        f"{arguments.files:,} files of 64 KiB, {arguments.concurrency} heard at a time, "
        f"{arguments.seconds:g} s each; {arguments.rounds} rounds"
    )
    sheet.print()
    for name, choose in (("median", statistics.median), ("least", min)):
        bars_s, quiet_s = (choose(run.usage.cpu_s for run in figures[quiet]) for quiet in (False, True))
        print(f"CPU of bars to CPU of -q, {name} of each: {bars_s / quiet_s:.2f}; at most {MOST} is wanted")


if __name__ == "__main__":
    main()
