"""A rerun over finished recordings: wall time, CPU and peak memory, which must not grow with their number.

The recordings are tiny, for none of them is read. The journal says what a finished run would have told it,
through its own calls; nothing is sent for that. Then the command runs as a user runs it, and must find all of
it written without a single request.
"""

from __future__ import annotations

import argparse
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.journal import FOLDER, NAME, Database, Journal, State
from batch_transcriber.model import Origin
from batch_transcriber.settings import Settings
from tests.benchmarks.measure import COMMAND, Service, Usage, run_measured
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_MOST = 1.15  # of what the smallest number of recordings takes
TEXT = "These are the words of it.\n"
DIGEST = sha256(TEXT.encode()).digest()
STEPS = (State.UPLOADING, State.UPLOADED, State.SUBMITTING, State.SUBMITTED, State.COMPLETED, State.WRITTEN)


def finish(recordings: Path, out: Path, count: int, in_folder: int, environ: Mapping[str, str]) -> None:
    """Leave what a run over so many recordings leaves, so many of them in each folder."""
    options = Settings.from_environment(environ).parameters().digest
    out.mkdir()
    database = Database(out / FOLDER / NAME)
    with Journal(database, out, service=environ["ASSEMBLYAI_BASE_URL"]) as journal:
        for number in range(count):
            place = Path(f"{number // in_folder:04}", f"{number:07}.mp3")
            recording, text = recordings / place, (out / place).with_suffix(".txt")
            if number % in_folder == 0:
                recording.parent.mkdir(parents=True)
                text.parent.mkdir()
            recording.write_bytes(b"%d" % number)
            text.write_text(TEXT, encoding="utf-8")
            status = recording.stat()
            origin = Origin.of(str(recording), status.st_size, status.st_mtime_ns)
            entry = journal.begin(sha256(b"%d" % number).digest(), options)
            journal.place(origin, entry)
            for state in STEPS:
                journal.move(entry, state, transcript_id=f"id-{number}")
            journal.outputs.note(text, origin, DIGEST, entry)
            if number % 1000 == 0:
                journal.sync().result()  # or else all of it would wait in memory


def run_once(folder: Path, count: int, in_folder: int) -> tuple[Usage, int]:
    """Return the bill of a rerun, and how many requests it made."""
    recordings, out = folder / "recordings", folder / "out"
    with Service() as service:
        finish(recordings, out, count, in_folder, service.environ)
        command = [COMMAND, "run", str(recordings), "-o", str(out), "-q"]
        usage = run_measured(command, service.environ)
        assert usage.exit_code == 0, f"the run ended with {usage.exit_code}"
    return usage, sum(service.books.requests.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[10_000, 100_000], help="how many recordings")
    parser.add_argument("--in-folder", type=int, default=1000, help="how many of them in each folder")
    parser.add_argument("--where", type=Path, help="an existing folder with room for all these files")
    arguments = parser.parse_args()
    sheet = Sheet("a rerun over finished recordings", tuple(f"{count:,}" for count in arguments.counts))
    usages, requests = [], []
    for count in arguments.counts:
        with tempfile.TemporaryDirectory(dir=arguments.where) as folder:
            usage, asked = run_once(Path(folder), count, arguments.in_folder)
        usages.append(usage)
        requests.append(asked)
    sheet.add("wall, s", *(usage.wall_s for usage in usages))
    sheet.add("CPU, s", *(usage.cpu_s for usage in usages))
    sheet.add("peak memory, MiB", *(usage.peak_memory_mib for usage in usages))
    sheet.add("requests", *requests)
    sheet.print()
    least = usages[0].peak_memory_mib
    for count, usage in zip(arguments.counts[1:], usages[1:], strict=True):
        share = usage.peak_memory_mib / least
        print(f"memory, {count:,} to {arguments.counts[0]:,}: {share:.2f}; at most {MEMORY_MOST} is wanted")


if __name__ == "__main__":
    main()
