"""A journal that is not whole is told from a new one."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.database import SPREAD_EVERY, Database
from tests.support.machine import with_small_disk

if TYPE_CHECKING:
    from pathlib import Path

KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from batch_transcriber.journal.database import Database
database = Database(Path(sys.argv[1]))
database.open()
for number in range(int(sys.argv[2])):
    written = database.write("INSERT INTO inputs VALUES (?, 1, 1, 1)", (b"%d" % number,))
    if number % 500 == 0:
        written.result()
database.write("UPDATE inputs SET size_bytes = 2", (), is_urgent=True).result()
os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_run(path: Path, rows: int = 3) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_RUN, path, str(rows)], check=False)
    assert killed.returncode == -signal.SIGKILL


def rows_in(path: Path) -> int:
    database = Database(path)
    database.open()
    try:
        return len(database.read("SELECT source FROM inputs WHERE size_bytes = 2"))
    finally:
        database.close()


def refusal(path: Path) -> str:
    with pytest.raises(FatalError) as caught:
        rows_in(path)
    assert caught.value.exit_code is ExitCode.LOCAL
    return str(caught.value)


@pytest.mark.parametrize("rows", [3, SPREAD_EVERY * 3 // 2])
def test_a_journal_without_its_log_is_refused_and_known_whole_once_that_is_back(
    tmp_path: Path, rows: int
) -> None:
    path, log = tmp_path / "journal.db", tmp_path / "journal.db-wal"
    kill_a_run(path, rows)
    whole = log.read_bytes()
    before = path.read_bytes()
    log.unlink()
    for _ in range(2):
        assert "or its latest part, journal.db-wal, is missing; put that back" in refusal(path)
    log.write_bytes(whole)
    assert path.read_bytes() == before
    assert rows_in(path) == rows


@pytest.mark.parametrize(
    ("kept", "said"), [(0.0, "is missing"), (0.5, "is cut short"), (0.99, "is cut short")]
)
def test_a_journal_whose_log_is_cut_short_is_refused_and_left_alone(
    tmp_path: Path, kept: float, said: str
) -> None:
    path, log = tmp_path / "journal.db", tmp_path / "journal.db-wal"
    kill_a_run(path)
    whole = log.read_bytes()
    log.write_bytes(whole[: int(len(whole) * kept)])
    for _ in range(2):
        assert f"journal.db-wal, {said}; put " in refusal(path)
    log.write_bytes(whole)
    assert rows_in(path) == 3


def test_a_journal_that_somebody_looked_into_after_a_kill_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    kill_a_run(path)
    with closing(sqlite3.connect(path)) as other:  # which leaves no log behind
        assert other.execute("SELECT count(*) FROM inputs").fetchone() == (3,)
    assert not (tmp_path / "journal.db-wal").exists()
    for _ in range(2):
        assert rows_in(path) == 3


def test_a_journal_is_whole_however_often_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for _ in range(3):
        kill_a_run(path, rows=0)
    assert rows_in(path) == 0


@pytest.mark.parametrize("mark", [b"", b"\xff", b"none"])
def test_a_mark_that_cannot_be_read_keeps_nobody_out(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "journal.db"
    kill_a_run(path)
    (tmp_path / "journal.db-mark").write_bytes(mark)
    assert rows_in(path) == 3


def test_an_older_copy_of_a_journal_is_refused_until_a_person_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    kill_a_run(path)
    assert rows_in(path) == 3
    older = path.read_bytes()
    assert rows_in(path) == 3
    path.write_bytes(older)
    assert "the journal is older than it was" in refusal(path)
    (tmp_path / "journal.db-mark").unlink()  # as it is told
    assert rows_in(path) == 3


def test_an_empty_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.touch()
    assert "the journal is empty; put a good copy back" in refusal(path)
    assert [file.name for file in tmp_path.iterdir()] == ["journal.db"]
    assert path.stat().st_size == 0


def test_a_folder_in_the_place_of_the_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    assert "is a folder, not a journal; move it away, or name a file with --journal" in refusal(
        tmp_path / "journal.db"
    )


def test_a_new_journal_takes_nothing_from_what_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    kill_a_run(path)
    path.unlink()
    (tmp_path / "journal.db.new").write_bytes(b"half made")
    (tmp_path / "journal.db.new-journal").write_bytes(b"half made")
    assert rows_in(path) == 0
    assert {file.name for file in tmp_path.iterdir()} == {"journal.db", "journal.db-mark"}


def test_a_link_in_the_place_of_the_journal_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "journal.db"
    path.symlink_to("disk/kept.db")
    kill_a_run(path)
    assert path.is_symlink()
    (tmp_path / "disk" / "kept.db-wal").rename(tmp_path / "away")
    assert "kept.db-wal, is missing" in refusal(path)
    (tmp_path / "away").rename(tmp_path / "disk" / "kept.db-wal")
    assert rows_in(path) == 3


def test_what_is_told_to_a_closed_journal_is_refused_at_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "journal.db")
    database.open()
    database.close()
    late = database.write("INSERT INTO inputs VALUES (x'61', 1, 1, 1)", (), is_urgent=True)
    assert isinstance(late.exception(timeout=5), FatalError)


FULL_DISKS = """
import subprocess, sys
from pathlib import Path
from batch_transcriber.errors import FatalError
from batch_transcriber.journal import database
database.COMMIT_INTERVAL_S = 0.0
database.SPREAD_EVERY = 7
folder = sys.argv[1]
path = Path(folder, "journal.db")
for room_kib in range(8, 400, 8):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room_kib}k", "tmpfs", folder], check=True)
    known = []
    full, is_open = database.Database(path), False
    try:
        full.open()
        is_open = True
        for number in range(10_000):
            one = f"{number}".encode().ljust(900, b".")
            full.write("INSERT INTO inputs VALUES (?, 1, 1, 1)", (one,), is_urgent=True).result()
            known.append((one,))
    except FatalError as error:
        assert "make room" in str(error), error
        if is_open:
            full.close()
    subprocess.run(["mount", "-o", "remount,size=16m", folder], check=True)
    after = database.Database(path)
    after.open()
    assert set(known) <= set(after.read("SELECT source FROM inputs")), room_kib
    after.close()
    subprocess.run(["umount", folder], check=True)
    print(room_kib, len(known), flush=True)
"""


def test_wherever_a_full_disk_came_between_the_journal_is_whole_once_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    through = with_small_disk(disk, 64, 'umount "$0"; exec "$@"')
    done = subprocess.run(
        [*through, sys.executable, "-c", FULL_DISKS, disk], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 49
