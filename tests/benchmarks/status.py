"""`status` over many recordings: wall time and peak memory, with the journal in the system's cache.

The rows are written straight into the tables, as a run leaves them: nearly all written, one in a hundred
failed, some under way.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from batch_transcriber.journal import FOLDER, NAME, Database, Journal
from tests.benchmarks.measure import COMMAND, run_measured
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED_S = 1.0
ROUNDS = 5
UNDER_WAY = 500
SERVICE = "https://service.example"
_COLUMNS = (
    "id, content, options, service, state, error, upload_url, transcript_id, submits, audio_duration_s,"
    " planned_at, uploading_at, uploaded_at, submitted_at, completed_at, written_at, failed_at"
)


def fill(path: Path, count: int) -> None:
    """Leave the journal of a run of eight hours over so many recordings."""
    with Journal(Database(path), path.parent.parent, service=SERVICE) as journal:
        journal.runs.begin()
        journal.runs.count(count, count - UNDER_WAY)
    began_at, step_s = time() - 8 * 3600, 8 * 3600 / count

    def transcripts() -> Iterator[tuple[Any, ...]]:
        for row in range(1, count + 1):
            digest, at = sha256(b"%d" % row), began_at + row * step_s
            state = "failed" if row % 100 == 0 else "submitted" if row > count - UNDER_WAY else "written"
            done = at + 1 if state == "written" else None
            yield (
                *(row, digest.digest(), b"o" * 32, SERVICE, state, "the file is empty"),
                *(f"{SERVICE}/upload/{digest.hexdigest()}", digest.hexdigest()[:36], 1, done and 600.0),
                *(at, at, at, at, done, done, at if state == "failed" else None),
            )

    with closing(sqlite3.connect(path)) as db:
        marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
        db.executemany(f"INSERT INTO transcripts ({_COLUMNS}) VALUES ({marks})", transcripts())  # noqa: S608
        names = (
            (b"/recordings/%04d/a recording %07d.mp3" % (row // 1000, row), row)
            for row in range(1, count + 1)
        )
        db.executemany("INSERT INTO inputs VALUES (?1, 5000000 + ?2, 1, ?2)", names)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1_000_000, help="how many recordings")
    count = parser.parse_args().count
    sheet = Sheet(
        f"status over {count:,} recordings, the median of {ROUNDS}", ("status", "--json", "--failed")
    )
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / FOLDER / NAME, count)
        commands = [[COMMAND, "status", folder, *more] for more in ([], ["--json"], ["--failed"])]
        usages = [[run_measured(command, {}) for _ in range(ROUNDS)] for command in commands]
    assert all(usage.exit_code == 0 for some in usages for usage in some)
    sheet.add("wall, s", *(statistics.median(usage.wall_s for usage in some) for some in usages))
    sheet.add("peak memory, MiB", *(max(usage.peak_memory_mib for usage in some) for some in usages))
    sheet.print()
    print(f"at most {WANTED_S} s is wanted")


if __name__ == "__main__":
    main()
