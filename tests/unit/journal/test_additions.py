"""What the journal has besides: added where it is missing, and never needed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.journal import FOLDER, NAME, Journal, Onlooker, State
from batch_transcriber.journal.journal import KNOWN
from batch_transcriber.journal.overview import Step, count_steps, heard_since, last_run, latest_failures
from batch_transcriber.journal.schema import _TABLES, VERSION
from tests.support.written import SERVICE, bring, journal_in

if TYPE_CHECKING:
    from pathlib import Path

ROW = """
INSERT INTO transcripts (id, content, options, service, state, planned_at, written_at, audio_duration_s)
    VALUES (1, x'aa', x'bb', 'https://h', 'written', 1, 2, 60);
INSERT INTO inputs (source, size_bytes, mtime_ns, transcript) VALUES (x'2f61', 7, 8, 1);
"""


@pytest.fixture
def without(tmp_path: Path) -> Path:
    """A journal of this version, as a program wrote it that knew of no additions."""
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"{_TABLES} {ROW} PRAGMA user_version = {VERSION}; PRAGMA journal_mode = WAL")
    return path


def columns(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {name for _, name, *_ in db.execute("PRAGMA table_info(transcripts)")}


def test_a_journal_without_them_is_looked_at_as_if_they_were_empty_and_stays_as_it_is(without: Path) -> None:
    before = without.read_bytes()
    database = Onlooker(without)
    database.open()
    assert count_steps(database) == {Step.WRITTEN: 1}
    assert heard_since(database).audio_s == 60
    assert last_run(database) is None
    assert latest_failures(database, 5) == []
    database.close()
    assert without.read_bytes() == before
    assert sorted(path.name for path in without.parent.iterdir()) == [NAME]


def test_a_run_adds_them_and_what_was_known_stays_known(without: Path, tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        assert journal.find(b"\xaa", b"\xbb") is not None
        journal.runs.begin()
        bring(journal, "/b", State.FAILED, error="gone")
    with closing(sqlite3.connect(without)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert {"processing_at", "warnings"} <= columns(without)


def test_an_id_is_looked_for_in_indexes_alone_also_in_a_journal_that_had_none(
    without: Path, tmp_path: Path
) -> None:
    """A run over a million rows would stand still for seconds at each lost submit of an address."""
    with journal_in(tmp_path):
        pass
    with closing(sqlite3.connect(without)) as db:
        ways = [way for *_, way in db.execute(f"EXPLAIN QUERY PLAN {KNOWN}", ("a", '%"a"%'))]
    read = [way for way in ways if "transcripts" in way]
    assert len(read) == 2
    assert all(" INDEX " in way for way in read)


def test_an_older_program_writes_on_in_one_that_has_them(tmp_path: Path) -> None:
    with journal_in(tmp_path):
        pass
    path = tmp_path / FOLDER / NAME
    with closing(sqlite3.connect(path)) as db:
        db.executescript(ROW)  # the words of such a program
    with Journal(Onlooker(path), tmp_path, service=SERVICE) as journal:
        assert count_steps(journal.database) == {Step.WRITTEN: 1}


def test_a_look_that_began_before_a_run_added_them_goes_on(without: Path, tmp_path: Path) -> None:
    database = Onlooker(without)
    database.open()
    assert last_run(database) is None
    with journal_in(tmp_path) as journal:
        journal.runs.begin()
        journal.sync().result()
        assert last_run(database) is not None
    assert count_steps(database) == {Step.WRITTEN: 1}
    database.close()
