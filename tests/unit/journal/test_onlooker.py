"""A look at a journal changes nothing, and sees what is there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal import Database, Journal, Onlooker
from batch_transcriber.journal.schema import VERSION
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = "https://service.example"
OPTIONS = b"o" * 32
# A run at work, or one that was killed: it writes what it is told, a recording a line.
RUN = """
import os, sys
from pathlib import Path
from batch_transcriber.journal import Database, Journal
from batch_transcriber.model import Origin

path = Path(sys.argv[1])
with Journal(Database(path), path.parent, service="https://service.example") as journal:
    for line in sys.stdin:
        name = line.strip()
        if name == "killed":
            os._exit(9)
        entry = journal.begin(name.encode(), b"o" * 32)
        journal.place(Origin("/rec/" + name, 1, 1), entry)
        journal.sync().result()
        print(name, flush=True)
"""


class Run:
    """A journal's owner in a process of its own, as it is on a user's machine."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def write(self, name: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        assert self._process.stdout.readline() == f"{name}\n"

    def end(self, how: str = "") -> None:
        self._process.communicate(how)

    def kill(self) -> None:
        self.end("killed\n")


@contextmanager
def looked_at(path: Path) -> Iterator[Journal]:
    with Journal(Onlooker(path), path.parent, service=SERVICE) as journal:
        yield journal


def knows(journal: Journal, name: str) -> bool:
    content = journal.content_of(Origin(f"/rec/{name}", 1, 1))
    return content == name.encode() and journal.find(content, OPTIONS) is not None


def listing(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "a folder, 50 % of it?" / "journal.db"  # with signs that mean something in an address


def test_where_there_is_no_journal_nothing_is_known_and_none_is_made(journal_path: Path) -> None:
    with looked_at(journal_path) as journal:
        assert not knows(journal, "a")
        assert journal.outputs.of_stem("a") == {}
    assert not journal_path.parent.exists()


def test_a_look_at_what_a_finished_run_left_changes_no_file(journal_path: Path) -> None:
    run = Run(journal_path)
    run.write("a")
    run.end()
    before = listing(journal_path.parent)
    with looked_at(journal_path) as journal:
        assert knows(journal, "a")
        assert not knows(journal, "b")
        assert listing(journal_path.parent) == before
    assert listing(journal_path.parent) == before


def test_a_look_at_what_a_killed_run_left_changes_no_file(journal_path: Path) -> None:
    run = Run(journal_path)
    run.write("a")
    run.kill()
    before = listing(journal_path.parent)
    assert "journal.db-wal" in before
    with looked_at(journal_path) as journal:
        assert knows(journal, "a")
    assert listing(journal_path.parent) == before
    with Journal(Database(journal_path), journal_path.parent, service=SERVICE) as journal:
        assert knows(journal, "a")


def test_a_run_at_work_is_seen_and_not_kept_waiting(journal_path: Path) -> None:
    run = Run(journal_path)
    run.write("a")
    with looked_at(journal_path) as journal:
        assert knows(journal, "a")
        run.write("b")
        assert knows(journal, "b")
        run.end()
        assert knows(journal, "b")


def test_a_run_that_begins_meanwhile_is_seen_and_so_is_the_next(journal_path: Path) -> None:
    first = Run(journal_path)
    first.write("a")
    first.end()
    with looked_at(journal_path) as journal:
        for name in ("b", "c"):
            run = Run(journal_path)
            run.write(name)
            assert knows(journal, name)
            run.end()
        assert knows(journal, "a")


def test_a_journal_of_a_network_drive_is_looked_at_too(journal_path: Path) -> None:
    database = Database(journal_path, write_ahead=False)
    with Journal(database, journal_path.parent, service=SERVICE) as journal:
        journal.place(Origin("/rec/a", 1, 1), journal.begin(b"a", OPTIONS))
    before = listing(journal_path.parent)
    with looked_at(journal_path) as journal:
        assert knows(journal, "a")
    assert listing(journal_path.parent) == before


def test_one_of_the_first_version_is_read_as_far_as_it_goes(journal_path: Path) -> None:
    journal_path.parent.mkdir()
    with closing(sqlite3.connect(journal_path)) as db:
        db.executescript(
            "CREATE TABLE outputs (path BLOB PRIMARY KEY, source BLOB NOT NULL, size_bytes INTEGER,"
            " mtime_ns INTEGER, text_sha256 BLOB) WITHOUT ROWID;"
            "CREATE INDEX outputs_by_source ON outputs (source);"
            "INSERT INTO outputs VALUES (x'612e747874', x'2f612e6d7033', 7, 8, NULL);"
            "PRAGMA user_version = 1"
        )
    before = listing(journal_path.parent)
    with looked_at(journal_path) as journal:
        assert list(journal.outputs.of_source("/a.mp3")) == ["a.txt"]
        assert not knows(journal, "a")
    assert listing(journal_path.parent) == before


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"no database at all" * 100), "damaged"),
        (lambda path: _set_version(path, VERSION + 1), "newer"),
        (lambda path: path.with_name("journal.db-mark").write_text("99999"), "older than it was"),
    ],
    ids=["empty", "damaged", "newer", "behind its mark"],
)
def test_what_a_run_would_refuse_is_refused_in_one_line(journal_path: Path, harm: object, word: str) -> None:
    assert callable(harm)
    run = Run(journal_path)
    run.write("a")
    run.end()
    harm(journal_path)
    before = listing(journal_path.parent)
    with pytest.raises(FatalError, match=word) as raised, looked_at(journal_path):
        pass
    assert raised.value.exit_code is ExitCode.LOCAL
    assert str(journal_path) in str(raised.value)
    assert listing(journal_path.parent) == before


def _set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")


def test_a_log_that_was_cut_short_is_no_journal(journal_path: Path) -> None:
    run = Run(journal_path)
    run.write("a")
    run.kill()
    log = journal_path.with_name("journal.db-wal")
    log.write_bytes(log.read_bytes()[:-4096])
    before = listing(journal_path.parent)
    with pytest.raises(FatalError, match="cut short"), looked_at(journal_path):
        pass
    assert listing(journal_path.parent) == before


def test_nothing_can_be_written_to_it(journal_path: Path) -> None:
    with looked_at(journal_path) as journal, pytest.raises(FatalError):
        journal.sync().result()
