"""Groups of statements, durable before they count."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.database import Database
from batch_transcriber.journal.schema import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = "INSERT INTO inputs VALUES (?, 1, 1, 1)"


@contextmanager
def opened(path: Path, *, write_ahead: bool = True) -> Iterator[Database]:
    database = Database(path, write_ahead=write_ahead)
    database.open()
    try:
        yield database
    finally:
        database.close()


def sources(database: Database) -> list[bytes]:
    return [row[0] for row in database.read("SELECT source FROM inputs ORDER BY source")]


@pytest.mark.parametrize("write_ahead", [True, False])
def test_what_is_written_can_be_read_once_it_is_durable(tmp_path: Path, *, write_ahead: bool) -> None:
    with opened(tmp_path / "deep" / "journal.db", write_ahead=write_ahead) as database:
        database.write(PLACE, (b"a",), is_urgent=True).result()
        assert sources(database) == [b"a"]
    with opened(tmp_path / "deep" / "journal.db") as database:
        assert sources(database) == [b"a"]


def test_what_nobody_waits_for_is_written_before_the_end(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as database:
        for number in range(100):
            database.write(PLACE, (b"%d" % number,))
    with opened(tmp_path / "journal.db") as database:
        assert len(sources(database)) == 100


def test_many_who_wait_share_few_commits(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as database, ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda number: database.write(PLACE, (b"%d" % number,), is_urgent=True).result(),
                range(320),
            )
        )
        assert len(sources(database)) == 320
        assert database.commits <= 320 / 8


def test_statements_are_carried_out_in_their_order(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as database:
        database.write(PLACE, (b"a",))
        database.write("UPDATE inputs SET size_bytes = 2", ())
        database.write("UPDATE inputs SET size_bytes = size_bytes * 10", (), is_urgent=True).result()
        assert database.read("SELECT size_bytes FROM inputs") == [(20,)]


def test_what_was_waited_for_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from batch_transcriber.journal.database import Database\n"
        f"database = Database(Path({str(path)!r}))\n"
        "database.open()\n"
        f"database.write({PLACE!r}, (b'kept',), is_urgent=True).result()\n"
        "print('written', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with opened(path) as database:
        assert sources(database) == [b"kept"]


def test_a_group_that_fails_is_undone_and_nothing_is_written_after_it(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as database:
        first = database.write(PLACE, (b"a",))
        second = database.write("INSERT INTO nowhere VALUES (1)", (), is_urgent=True)
        for group in (first, second):
            assert isinstance(group.exception(timeout=5), FatalError)
        assert isinstance(database.write(PLACE, (b"b",), is_urgent=True).exception(timeout=5), FatalError)
        assert sources(database) == []


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(FatalError, match="newer batch-transcriber") as raised:
        Database(path).open()
    assert raised.value.exit_code is ExitCode.LOCAL
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["garbage", "torn"])
def test_a_damaged_journal_is_said_and_left_alone(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as database:
        database.write(PLACE, (b"a",))
    whole = path.read_bytes()
    path.write_bytes(b"garbage" * 1000 if damage == "garbage" else whole[: len(whole) // 2])
    before = path.read_bytes()

    def use() -> None:
        with opened(path) as database:
            sources(database)

    with pytest.raises(FatalError, match="it is damaged: put a good copy back, or move it away"):
        use()
    assert path.read_bytes() == before


def test_a_journal_of_the_first_version_keeps_its_outputs(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    first = sqlite3.connect(path)
    first.executescript(
        "CREATE TABLE outputs (path BLOB PRIMARY KEY, source BLOB NOT NULL, size_bytes INTEGER,"
        " mtime_ns INTEGER, text_sha256 BLOB) WITHOUT ROWID;"
        "CREATE INDEX outputs_by_source ON outputs (source);"
        "INSERT INTO outputs VALUES (x'61', x'62', 1, 2, x'63');"
        "PRAGMA user_version = 1"
    )
    first.close()
    with opened(path) as database:
        assert database.read("SELECT path, source, size_bytes, mtime_ns, text_sha256 FROM outputs") == [
            (b"a", b"b", 1, 2, b"c")
        ]
        assert database.read("PRAGMA user_version") == [(VERSION,)]


def test_a_value_that_has_no_place_in_the_file_breaks_the_journal_and_holds_nobody_up(
    tmp_path: Path,
) -> None:
    told: list[FatalError] = []
    with opened(tmp_path / "journal.db") as database:
        database.on_broken = told.append
        group = database.write("UPDATE inputs SET size_bytes = ?", (2**63,), is_urgent=True)
        with pytest.raises(FatalError):
            group.result(10)
    assert len(told) == 1
