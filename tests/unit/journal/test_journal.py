"""A journal that cannot be used is never guessed at."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal import FOLDER, NAME, Database, Journal

if TYPE_CHECKING:
    from pathlib import Path


def opened(out: Path) -> Journal:
    return Journal(Database(out / FOLDER / NAME), out, service="https://h")


def test_a_damaged_journal_is_an_error_that_names_it_and_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    path = tmp_path / FOLDER / "journal.db"
    path.write_bytes(b"this is no database" * 100)
    with (
        pytest.raises(FatalError, match=r"journal\.db: the journal cannot be used") as caught,
        opened(tmp_path),
    ):
        pass
    assert caught.value.exit_code is ExitCode.LOCAL
    assert path.read_bytes() == b"this is no database" * 100


def test_a_journal_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    database = sqlite3.connect(tmp_path / FOLDER / "journal.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(FatalError, match="newer batch-transcriber"), opened(tmp_path):
        pass
