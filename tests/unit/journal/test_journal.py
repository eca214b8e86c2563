"""The record of outputs: durable, exact, and never guessed at when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal import FOLDER, NAME, Database, Journal
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from pathlib import Path


def opened(out: Path, options: bytes = b"options") -> Journal:
    return Journal(Database(out / FOLDER / NAME), out, options=options, service="https://h")


ORIGIN = Origin("/calls/a.mp3", 5, 7)
DIGEST = sha256(b"words").digest()


def test_what_is_recorded_is_known_to_the_next_run(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.record(tmp_path / "sub" / "a.txt", ORIGIN, DIGEST)
    with opened(tmp_path) as journal:
        assert journal.origin(tmp_path / "sub" / "a.txt") == ORIGIN
        assert journal.origin(tmp_path / "a.txt") is None


def test_names_that_are_no_text_and_web_addresses_are_kept_as_they_are(tmp_path: Path) -> None:
    odd = Origin(os.fsdecode(b"/calls/caf\xe9.mp3"), 5, 7)
    address = Origin("https://h/z.mp3", None, None)
    with opened(tmp_path) as journal:
        journal.record(tmp_path / os.fsdecode(b"caf\xe9.txt"), odd, DIGEST)
        journal.record(tmp_path / "z.txt", address, DIGEST)
        assert journal.origin(tmp_path / os.fsdecode(b"caf\xe9.txt")) == odd
        assert journal.origin(tmp_path / "z.txt") == address


def test_the_last_record_of_an_output_counts(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.record(tmp_path / "a.txt", ORIGIN, DIGEST)
        journal.record(tmp_path / "a.txt", Origin("/calls/a.mp3", 6, 8), DIGEST)
        assert journal.origin(tmp_path / "a.txt") == Origin("/calls/a.mp3", 6, 8)


def test_an_output_folder_that_moved_takes_its_records_along(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    with opened(tmp_path / "before") as journal:
        journal.record(tmp_path / "before" / "a.txt", ORIGIN, DIGEST)
    (tmp_path / "before").rename(tmp_path / "after")
    with opened(tmp_path / "after") as journal:
        assert journal.origin(tmp_path / "after" / "a.txt") == ORIGIN


def test_a_record_survives_a_kill(tmp_path: Path) -> None:
    code = f"""
import os, signal, pathlib
from batch_transcriber.journal import FOLDER, NAME, Database, Journal
from batch_transcriber.model import Origin
out = pathlib.Path({str(tmp_path)!r})
with Journal(Database(out / FOLDER / NAME), out, options=b"", service="") as journal:
    journal.record(out / "a.txt", Origin("/calls/a.mp3", 5, 7), b"digest")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    with opened(tmp_path) as journal:
        assert journal.origin(tmp_path / "a.txt") == ORIGIN


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


def test_a_text_that_somebody_corrected_is_told_from_one_that_nobody_did(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_bytes(b"words")
    with opened(tmp_path) as journal:
        assert not journal.is_edited(text)  # not ours at all
        journal.record(text, ORIGIN, DIGEST)
        assert not journal.is_edited(text)
        text.write_bytes(b"better words")
        assert journal.is_edited(text)
        journal.record(text, ORIGIN, None)
        assert not journal.is_edited(text)


def test_a_text_that_cannot_be_read_is_not_written_over_and_stops_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.record(tmp_path / "a.txt", ORIGIN, DIGEST)
        (tmp_path / "a.txt").mkdir()
        assert journal.is_edited(tmp_path / "a.txt")
