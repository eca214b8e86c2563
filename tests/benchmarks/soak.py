"""Endurance: one run over very many small recordings, through trouble and restarts, watched to its end.

The service and the installed command are processes of their own. A share of all requests fails: errors,
cut connections, halves of replies, lost replies to submits. The command is stopped and killed between the
first fifth of the texts and their half, so that the last of its lives is the longest; each time the same
command goes on. What was paid for is what the service counted by content. At the end every text must be
there and whole, no content paid for twice, and every input told of once by the run that came to the end;
memory must not grow from the first fifth of the texts to the last one. It exits with 1 where that is not so.
"""

from __future__ import annotations

import argparse
import math
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.evidence import PIECES_MAX, Ending, Recordings
from tests.benchmarks.lives import Follower, Life
from tests.benchmarks.measure import COMMAND, Service
from tests.benchmarks.rerun import MEMORY_MOST
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

PIECE_BYTES = 1024
COPIES_EACH = 100  # one of so many recordings is a copy
PARTS = ("first", "second", "third", "fourth", "last")  # fifths of the texts; memory is that of each
RESTARTS_FROM, RESTARTS_TO = 0.2, 0.5  # of the texts
# With how it is ended, and how it is to say so.
SIGNALS = {signal.SIGTERM: 143, signal.SIGKILL: -9, signal.SIGINT: 130}
FAULTS_SHOWN = 20
OPTIONS = ("--max-requests", "1000000")


@dataclass(frozen=True)
class Restart:
    """How a life was to be ended, and that life."""

    signal: signal.Signals
    life: Life

    @property
    def is_right(self) -> bool:
        return self.life.texts_at_signal is not None and self.life.exit_code == SIGNALS[self.signal]


@dataclass(frozen=True)
class Verdict:
    """What came of it all.

    Attributes:
        lives: All but the one after the end; the last of them came to the end.
    """

    restarts: Sequence[Restart]
    lives: Sequence[Life]
    ending: Ending

    def peak_mib(self, part: str | None = None) -> float:
        """Return the most memory, of all or while one of `PARTS` was written; 0 where it was not watched."""
        count = len(self.ending.recordings.texts)
        return max(
            (
                mib
                for life in self.lives
                for texts, mib in life.memory
                if part in {None, PARTS[min(texts * len(PARTS) // count, len(PARTS) - 1)]}
            ),
            default=0.0,
        )

    @property
    def growth(self) -> float:
        """The peak of the last fifth of the texts to that of the first one; NaN where one is not known."""
        first, last = self.peak_mib(PARTS[0]), self.peak_mib(PARTS[-1])
        return last / first if first and last else math.nan

    @property
    def holds(self) -> bool:
        """No promise was broken."""
        return self.growth <= MEMORY_MOST and self.ending.is_cheap_and_whole and not self.faults()

    def faults(self) -> list[str]:
        """Return what is wrong besides payments, losses and growing memory."""
        wanted = {str(self.ending.recordings.folder / path) for path in self._inputs()}
        told = self.lives[-1].outcomes
        return [
            *(
                f"a run that {restart.signal.name} was to end ended with {restart.life.exit_code}"
                for restart in self.restarts
                if not restart.is_right
            ),
            *(
                f"{source} has {count} outcomes in one run"
                for life in self.lives
                for source, count in life.outcomes.items()
                if count > 1
            ),
            *(f"{source} has no outcome" for source in sorted(wanted - told.keys())),
            *(f"{source} is no input" for source in sorted(told.keys() - wanted)),
            *(error for life in self.lives for error in life.errors),
            *self.ending.faults(),
            *["memory was not watched through all of it"] * math.isnan(self.growth),
        ]

    def _inputs(self) -> list[Path]:
        return [text.with_suffix(".mp3") for text in self.ending.recordings.texts]


def endure(
    service: Service,
    recordings: Recordings,
    out: Path,
    *,
    restarts: int,
    lots: Random,
    options: Sequence[str] = OPTIONS,
) -> Verdict:
    """Run to the end through so many restarts.

    Args:
        options: Of our command.
    """
    command = [COMMAND, "run", str(recordings.folder), "-o", str(out), *options]
    follower = Follower(command, service.environ)
    count = len(recordings.texts)
    step = count * (RESTARTS_TO - RESTARTS_FROM) / max(restarts, 1)
    done = []
    for number, sent in enumerate(islice(cycle(SIGNALS), restarts)):
        moment = round(count * RESTARTS_FROM + step * (number + lots.random()))
        done.append(Restart(sent, follower.run_until(moment, sent)))
    ending = Ending.reach(service, recordings, out, follower.run)
    return Verdict(done, follower.lives[:-1], ending)


def figures(verdict: Verdict, title: str, wall_s: float) -> Sheet:
    sheet = Sheet(title, ("how many",))
    books = verdict.ending.books
    for restart in verdict.restarts:
        sheet.add(f"{restart.signal.name}, texts by then", restart.life.texts_at_signal or 0)
    sheet.add("requests", sum(books.requests.values()))
    sheet.add("polls and lookups among them", books.polls)
    for name, count in sorted(books.troubles.items()):
        sheet.add(f"trouble: {name}", count)
    sheet.add("contents", len(verdict.ending.recordings.contents))
    sheet.add("uploads of them", sum(books.uploads_by_content.values()))
    sheet.add("transcripts of them", books.transcripts)
    sheet.add("outcomes of the last run", verdict.lives[-1].outcomes.total())
    sheet.add("longest stop, s", max((life.stopping_s for life in verdict.lives), default=0.0), digits=1)
    for part in PARTS:
        sheet.add(f"peak memory of the {part} fifth, MiB", verdict.peak_mib(part), digits=1)
    sheet.add("peak memory, MiB", verdict.peak_mib(), digits=1)
    sheet.add("CPU, s", sum(life.cpu_s for life in verdict.lives), digits=0)
    sheet.add("wall, s", wall_s, digits=0)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--trouble", type=float, default=0.02, help="share of requests that fail")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="what the service takes for each")
    parser.add_argument("--concurrency", type=int, default=200, help="how many it hears at a time")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    lots = random.Random(arguments.seed)  # noqa: S311 - chance that can be repeated
    names = ("trouble", "seed", "seconds", "concurrency")
    options = [f"--{name}={getattr(arguments, name)}" for name in names]
    with tempfile.TemporaryDirectory() as folder, Service(*options, "--cut-replies") as service:
        sources, out = Path(folder, "recordings"), Path(folder, "transcripts")
        copies = arguments.files // COPIES_EACH
        recordings = Recordings.make(sources, arguments.files, copies, lots, PIECE_BYTES)
        began = time.monotonic()
        verdict = endure(service, recordings, out, restarts=arguments.restarts, lots=lots)
        wall_s = time.monotonic() - began
    title = (
        f"{arguments.files:,} files of 1 to {PIECES_MAX} KiB, {arguments.concurrency} heard at a time, "
        f"{arguments.seconds:g} s each; {100 * arguments.trouble:g} % of requests fail"
    )
    figures(verdict, title, wall_s).print()
    faults = verdict.faults()
    for fault in faults[:FAULTS_SHOWN]:
        print(fault)
    if len(faults) > FAULTS_SHOWN:
        print(f"... and {len(faults) - FAULTS_SHOWN:,} more like these")
    print(f"memory, last fifth to first: {verdict.growth:.2f}; at most {MEMORY_MOST} is wanted")
    print(verdict.ending.sentence(f"{len(verdict.restarts)} restarts"))
    sys.exit(not verdict.holds)


if __name__ == "__main__":
    main()
