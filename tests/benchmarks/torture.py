"""A run that is killed again and again, then let to its end: what it paid for twice, and what it lost.

The service and the installed command are processes of their own. The command is killed with SIGKILL at
random moments, and while the service holds the n-th upload, submit, list or export from then on: before
it is carried out, after, or with half of the reply on its way. What was paid for is what the service
counted by content. The seed gives the same recordings, moments and troubles again, though processes on a
busy machine never run twice in exactly the same way.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.evidence import Ending, Leftovers, Recordings
from tests.benchmarks.measure import COMMAND, DEADLINE_S, Service
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from random import Random

AT_ANY_TIME = "at any time"
# When a kill comes: the call and the point of its life, as the service takes them.
MOMENTS = {
    AT_ANY_TIME: (),
    "during an upload": ("UPLOAD", "arriving"),
    "uploaded, reply unread": ("UPLOAD", "carried_out"),
    "at a submit": ("SUBMIT", "arrived"),
    "at a submit, carried out later": ("SUBMIT", "delayed"),
    "submitted, reply unread": ("SUBMIT", "carried_out"),
    "at a list": ("LIST", "arrived"),
    "at an export": ("PARAGRAPHS", "arrived"),
    "exported, half of it read": ("PARAGRAPHS", "half_told"),
}
LATEST_S = 2.0  # a kill at any time comes by then; starting takes about a third of it
MOMENT_WITHIN_S = 8.0  # one that has not come by then is no longer waited for
LOOK_EVERY_S = 0.002
LISTS_MAX = 3
# A few at a time, so that there is always something in every stage, and work left for the last kill.
FEW_AT_A_TIME = ("--in-flight", "12", "--uploads", "4", "--poll-interval", "0.2")


@dataclass
class Torture:
    """A service, recordings, and a command that is run over them again and again.

    Attributes:
        kills: How many there were, by moment.
    """

    service: Service
    recordings: Recordings
    out: Path
    lots: Random
    kills: Counter[str] = field(default_factory=Counter)

    def start(self) -> subprocess.Popen[bytes]:
        command = [COMMAND, "run", str(self.recordings.folder), "-o", str(self.out), *FEW_AT_A_TIME]
        return subprocess.Popen(
            command,
            env=self.service.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run_to_the_end(self) -> int:
        """Return the exit code."""
        process = self.start()
        try:
            return process.wait(DEADLINE_S)
        finally:
            process.kill()
            process.wait()

    def kill_one(self, moment: str, kills_left: int) -> int:
        """Run the command up to a moment, kill it, and return its exit code, negative if that did it."""
        call = MOMENTS[moment][:1]
        share = LISTS_MAX if call == ("LIST",) else self._work_left()[call] // (kills_left + 1)
        number = self.lots.randint(1, max(1, share))
        kill_after_s = self.lots.uniform(0, LATEST_S)
        if moment != AT_ANY_TIME:
            self.service.ask("hold", *MOMENTS[moment], str(number))
            kill_after_s = MOMENT_WITHIN_S
        began = time.monotonic()
        process = self.start()
        try:
            while process.poll() is None and time.monotonic() < began + kill_after_s:
                if moment != AT_ANY_TIME and self.service.ask("books").is_held:
                    break
                time.sleep(LOOK_EVERY_S)
            else:
                moment = AT_ANY_TIME  # it did not come
        finally:
            process.kill()
            exit_code = process.wait()
        self.service.ask("let-go")
        self.kills[moment] += exit_code < 0
        return exit_code

    def _work_left(self) -> dict[tuple[str, ...], int]:
        """Return how many requests of each call are still to come, about."""
        books = self.service.ask("books")
        contents = len(self.recordings.contents)
        return {
            (): 0,
            ("UPLOAD",): contents - len(books.uploads_by_content),
            ("SUBMIT",): contents - len(books.transcripts_by_content),
            ("PARAGRAPHS",): len(Leftovers.find(self.out, self.recordings).missing),
        }


@dataclass(frozen=True)
class Verdict:
    """What came of it all; `before_end` is what lay there after the last kill."""

    kills: Counter[str]
    before_end: Leftovers
    ending: Ending


def torment(service: Service, recordings: Recordings, out: Path, kills: int, lots: Random) -> Verdict:
    torture = Torture(service, recordings, out, lots)
    moments = list(islice(cycle(MOMENTS), kills))
    lots.shuffle(moments)
    exit_codes = []
    for number, moment in enumerate(moments, start=1):
        exit_code = torture.kill_one(moment, kills - number)
        if exit_code >= 0:
            exit_codes.append(exit_code)
            break  # nothing is left to be done
    before_end = Leftovers.find(out, recordings)
    ending = Ending.reach(service, recordings, out, torture.run_to_the_end, exit_codes)
    return Verdict(torture.kills, before_end, ending)


def print_sheet(verdict: Verdict, wall_s: float) -> None:
    sheet = Sheet("What was done, and what it took", ("how many",))
    for moment in MOMENTS:
        sheet.add(f"killed {moment}", verdict.kills[moment])
    books = verdict.ending.books
    sheet.add("contents", len(verdict.ending.recordings.contents))
    sheet.add("uploads of them", sum(books.uploads_by_content.values()))
    sheet.add("transcripts of them", books.transcripts)
    sheet.add("requests", sum(books.requests.values()))
    sheet.add("half files that the kills left", len(verdict.before_end.halves))
    sheet.add("wall, s", wall_s, digits=0)
    sheet.print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=120)
    parser.add_argument("--copies", type=int, default=6, help="how many of them are copies of others")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=0.5, help="what the service takes for each")
    parser.add_argument("--concurrency", type=int, default=6, help="how many it hears at a time")
    parser.add_argument("--list-lag", type=float, default=2.0, help="age at which the list shows one, s")
    parser.add_argument("--trouble", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument(
        "--lose-submits", type=int, default=0, help="one reply to a submit in so many is lost"
    )
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    lots = random.Random(arguments.seed)  # noqa: S311 - chance that can be repeated
    names = ("seconds", "concurrency", "list_lag", "trouble", "lose_submits", "seed")
    options = [f"--{name.replace('_', '-')}={getattr(arguments, name)}" for name in names]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Service(*options) as service:
        sources, out = Path(folder, "recordings"), Path(folder, "transcripts")
        recordings = Recordings.make(sources, arguments.recordings, arguments.copies, lots)
        verdict = torment(service, recordings, out, arguments.kills, lots)
    print_sheet(verdict, time.monotonic() - began)
    faults = verdict.ending.faults()
    for fault in faults:
        print(fault)
    print(verdict.ending.sentence(f"{verdict.kills.total()} kills"))
    sys.exit(bool(faults) or not verdict.ending.is_cheap_and_whole)


if __name__ == "__main__":
    main()
