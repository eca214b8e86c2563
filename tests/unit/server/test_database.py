"""The kept database: what cannot be used is refused in words, and left as it is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server.database import transaction
from batch_transcriber.server.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_written_is_found_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", is_kept=True)
    made, secret = store.create("http://a/1", {"punctuate": True}), store.upload_secret()
    store.close()
    store = Store(tmp_path / "db", is_kept=True)
    assert (store.get(made.id), store.upload_secret()) == (made, secret)
    store.close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b"no database" * 1000), "file is not a database"),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), r"malformed|damaged"),
        (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, damage: object, message: str) -> None:
    store = Store(tmp_path / "db", is_kept=True)
    store.create("http://a/1", {})
    store.close()
    assert callable(damage)
    damage(tmp_path / "db")
    with pytest.raises(FatalError, match=message) as fatal:
        Store(tmp_path / "db", is_kept=True)
    assert fatal.value.exit_code is ExitCode.LOCAL
    assert str(fatal.value).startswith(f"{tmp_path / 'db'}: cannot be used (")


def test_another_programs_database_is_not_begun_in(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "db") as database:
        database.execute("CREATE TABLE transcripts (mine TEXT)")
    database.close()
    with pytest.raises(FatalError, match="already exists") as fatal:
        Store(tmp_path / "db", is_kept=True)
    assert str(fatal.value).endswith("; move it away to begin afresh")


def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(FatalError, match="written by a newer version"):
        Store(tmp_path / "db", is_kept=True)


def test_of_several_statements_all_are_done_or_none(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "db", isolation_level=None)
    database.execute("CREATE TABLE t (x)")
    with pytest.raises(sqlite3.OperationalError), transaction(database):  # noqa: PT012 - it is the law
        database.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
        database.execute("INSERT INTO nowhere VALUES (3)")
    assert database.execute("SELECT count(*) FROM t").fetchone() == (0,)
    database.close()
