"""How far one run goes: what our side takes for each recording.

Two measurements, both of the installed command against a service that answers from memory, each a process of
its own. *Rows* are addresses, which the service fetches itself, answered at once: the run is watched through
all fifths of it, then the same command must send nothing, and `status` and `report` are timed over what it
left. *Kinds* are files of the size and transcripts of the length that an hour or a call has, heard as long as
the service says it takes, so many at a time: the requests of each recording are those of a real run. Files
are holes on disk, so that no disk is measured. The rest is reckoned: see `reach.py`.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psutil

from batch_transcriber.journal import FOLDER, NAME
from batch_transcriber.plan.estimate import AT_ONCE_PAID, SERVICE_S_PER_AUDIO_S
from tests.benchmarks.measure import COMMAND, Books, Service, Usage, run_measured
from tests.benchmarks.reach import THIN_BIT_PER_S, Kind, Taken
from tests.benchmarks.recordings import Recordings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MODULE = "tests.benchmarks.answers"
LOOK_EVERY_S = 0.5
FIFTHS = 5
TEXTS = "GET /v2/transcript/{transcript_id}/paragraphs"
UPLOADS, SUBMITS = "POST /v2/upload", "POST /v2/transcript"
IN_A_FOLDER = 1000
# The pace of requests is the account's affair, and to look twice as often is the price of such haste. The
# limit is one that is hardly met: the pace keeps a time for each request within it.
HASTE = ("--max-requests", "200000", "--poll-interval", "0.5")
# A reply of the service that its own command line keeps for its tests: 861 words in 282 s.
WORDS_PER_S = 861 / 282
ROW_WORDS = 100


@dataclass(frozen=True)
class Watched:
    """A run that was looked at all the time.

    Attributes:
        memory: How many texts were fetched by then, and its resident memory, MiB.
    """

    usage: Usage
    books: Books
    memory: Sequence[tuple[int, float]]

    def peak_mib(self, fifth: int) -> float:
        """Return the most while one fifth of the texts was fetched, from 0; 0 where nobody looked."""
        most = self.books.requests.get(TEXTS, 0)
        inside = (mib for done, mib in self.memory if fifth * most <= done * FIFTHS <= (fifth + 1) * most)
        return max(inside, default=0.0)


@dataclass(frozen=True)
class Rows:
    """What a run over very many rows took and left.

    Attributes:
        wanted: How many it was given.
        rows: How many it wrote until its time was up.
        fifths_mib: Its memory while each fifth of them was written.
        journal_bytes: When it had ended.
        rerun, status, report: The commands after it.
        rerun_requests: What the first of them sent.
        page_bytes: The page that the last of them made.
    """

    wanted: int
    rows: int
    run: Usage
    fifths_mib: tuple[float, ...]
    journal_bytes: int
    rerun: Usage
    rerun_requests: int
    status: Usage
    report: Usage
    page_bytes: int

    @property
    def journal_row_bytes(self) -> float:
        return self.journal_bytes / self.rows

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        usages = {name: Usage(**kept[name]) for name in ("run", "rerun", "status", "report")}
        return cls(**{**kept, **usages, "fifths_mib": tuple(kept["fifths_mib"])})


def watch(command: Sequence[str], service: Service) -> Watched:
    """Run a command to its end, and look at it meanwhile."""
    began, seen = time.monotonic(), list[tuple[int, float]]()
    process = subprocess.Popen(command, env=service.environ, stdin=subprocess.DEVNULL)
    body = psutil.Process(process.pid)
    while True:
        # Not Popen's own: it would keep the bill.
        pid, status, bill = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        seen.append((service.ask("books").requests.get(TEXTS, 0), body.memory_info().rss / 2**20))
        time.sleep(LOOK_EVERY_S)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s, cpu_s = time.monotonic() - began, bill.ru_utime + bill.ru_stime
    usage = Usage(wall_s, cpu_s, bill.ru_maxrss / 1024, process.returncode)
    return Watched(usage, service.ask("books"), seen)


def measure_rows(folder: Path, count: int, minutes: float) -> Rows:
    """Run over so many addresses, or for so long, and look at what that leaves."""
    addresses, out = folder / "addresses.txt", folder / "out"
    with addresses.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(f"https://recordings.example/{number // IN_A_FOLDER:04}/{number:07}.mp3\n")
    run = [COMMAND, "run", "--files-from", str(addresses), "-o", str(out), "-q", *HASTE]
    with Service(f"--words={ROW_WORDS}", "--at-once=1000", module=MODULE) as service:
        watched = watch([*run, "--max-duration", f"{round(minutes * 60)}s"], service)
        rows, sent = watched.books.requests.get(TEXTS, 0), sum(watched.books.requests.values())
        journal = sum(path.stat().st_size for path in (out / FOLDER).glob(f"{NAME}*"))
        # Where time was up, it would go on: the same over what it took in alone.
        rerun = run_measured([*run, "--limit", str(rows)], service.environ)
        rerun_requests = sum(service.ask("books").requests.values()) - sent
        status, report = (
            run_measured([COMMAND, word, str(out)], service.environ) for word in ("status", "report")
        )
    return Rows(
        wanted=count,
        rows=rows,
        run=watched.usage,
        fifths_mib=tuple(watched.peak_mib(fifth) for fifth in range(FIFTHS)),
        journal_bytes=journal,
        rerun=rerun,
        rerun_requests=rerun_requests,
        status=status,
        report=report,
        page_bytes=(out / "report.html").stat().st_size,
    )


def measure_kind(folder: Path, kind: Kind, count: int) -> Taken:
    """Run over so many files of a kind, at the pace of the service."""
    recordings, out = folder / "recordings", folder / "out"
    Recordings(count, size_bytes=kind.audio_s * THIN_BIT_PER_S // 8).make(recordings)
    given = {
        "seconds": kind.audio_s * SERVICE_S_PER_AUDIO_S,
        "at-once": AT_ONCE_PAID,
        "words": round(kind.audio_s * WORDS_PER_S),
    }
    with Service(*(f"--{name}={value}" for name, value in given.items()), module=MODULE) as service:
        watched = watch([COMMAND, "run", str(recordings), "-o", str(out), "-q"], service)
    assert watched.usage.exit_code == 0, f"the run ended with {watched.usage.exit_code}"
    requests = watched.books.requests
    texts = [path.stat().st_size for path in out.glob("*.txt")]
    return Taken(
        recordings=count,
        uploads=requests[UPLOADS] / count,
        submits=requests[SUBMITS] / count,
        polls=watched.books.polls / count,
        texts=requests[TEXTS] / count,
        cpu_s=watched.usage.cpu_s / count,
        text_bytes=sum(texts) / count,
        peak_memory_mib=watched.usage.peak_memory_mib,
    )
