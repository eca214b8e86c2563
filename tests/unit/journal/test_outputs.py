"""The record of outputs: durable, exact, and found under every spelling of a name."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from batch_transcriber.journal import FOLDER, NAME, Database, Journal
from batch_transcriber.model import Origin


def opened(out: Path) -> Journal:
    return Journal(Database(out / FOLDER / NAME), out, service="https://h")


ORIGIN = Origin("/calls/a.mp3", 5, 7)
DIGEST = sha256(b"words").digest()


def origin_of(journal: Journal, output: str) -> Origin | None:
    record = journal.outputs.of_stem(output.rpartition(".")[0]).get(output)
    return record.origin if record else None


def test_what_is_recorded_is_known_to_the_next_run(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.outputs.record(tmp_path / "sub" / "a.txt", ORIGIN, DIGEST)
    with opened(tmp_path) as journal:
        assert origin_of(journal, "sub/a.txt") == ORIGIN
        assert origin_of(journal, "a.txt") is None


def test_names_that_are_no_text_and_web_addresses_are_kept_as_they_are(tmp_path: Path) -> None:
    odd = Origin(os.fsdecode(b"/calls/caf\xe9.mp3"), 5, 7)
    address = Origin("https://h/z.mp3", None, None)
    with opened(tmp_path) as journal:
        journal.outputs.record(tmp_path / os.fsdecode(b"caf\xe9.txt"), odd, DIGEST)
        journal.outputs.record(tmp_path / "z.txt", address, DIGEST)
        assert origin_of(journal, os.fsdecode(b"caf\xe9.txt")) == odd
        assert origin_of(journal, "z.txt") == address


def test_the_last_record_of_an_output_counts(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.outputs.record(tmp_path / "a.txt", ORIGIN, DIGEST)
        journal.outputs.record(tmp_path / "a.txt", Origin("/calls/a.mp3", 6, 8), DIGEST)
        assert origin_of(journal, "a.txt") == Origin("/calls/a.mp3", 6, 8)


def test_an_output_folder_that_moved_takes_its_records_along(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    with opened(tmp_path / "before") as journal:
        journal.outputs.record(tmp_path / "before" / "a.txt", ORIGIN, DIGEST)
    (tmp_path / "before").rename(tmp_path / "after")
    with opened(tmp_path / "after") as journal:
        assert origin_of(journal, "a.txt") == ORIGIN


def test_a_record_survives_a_kill(tmp_path: Path) -> None:
    code = f"""
import os, signal, pathlib
from batch_transcriber.journal import FOLDER, NAME, Database, Journal
from batch_transcriber.model import Origin
out = pathlib.Path({str(tmp_path)!r})
with Journal(Database(out / FOLDER / NAME), out, service="") as journal:
    journal.outputs.record(out / "a.txt", Origin("/calls/a.mp3", 5, 7), b"digest")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    with opened(tmp_path) as journal:
        assert origin_of(journal, "a.txt") == ORIGIN


def test_a_text_that_somebody_corrected_is_told_from_one_that_nobody_did(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_bytes(b"words")
    with opened(tmp_path) as journal:
        assert not journal.outputs.is_edited("a.txt")  # not ours at all
        journal.outputs.record(text, ORIGIN, DIGEST)
        assert not journal.outputs.is_edited("a.txt")
        text.write_bytes(b"better words")
        assert journal.outputs.is_edited("a.txt")
        journal.outputs.record(text, ORIGIN, None)
        assert not journal.outputs.is_edited("a.txt")


def test_a_text_that_cannot_be_read_is_not_written_over_and_stops_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.outputs.record(tmp_path / "a.txt", ORIGIN, DIGEST)
        (tmp_path / "a.txt").mkdir()
        assert journal.outputs.is_edited("a.txt")


def test_the_outputs_of_a_stem_are_found_under_every_spelling(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        for name in ("Straße.txt", "straße.srt", "Straße.b.txt", "sub/Straße.txt"):
            journal.outputs.record(tmp_path / name, ORIGIN, DIGEST)
        assert set(journal.outputs.of_stem("STRASSE")) == {"Straße.txt", "straße.srt"}


def test_what_an_output_was_asked_for_with_is_known(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        entry = journal.begin(b"content", b"options")
        journal.outputs.record(tmp_path / "a.txt", ORIGIN, DIGEST, entry)
        journal.outputs.record(tmp_path / "b.txt", ORIGIN, DIGEST)
        assert journal.outputs.of_stem("a")["a.txt"].options == b"options"
        assert journal.outputs.of_stem("b")["b.txt"].options is None


def test_an_output_is_found_by_its_source_in_whatever_folder(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(Path()) as journal:
        journal.outputs.record(Path("sub/a.txt"), ORIGIN, DIGEST)
        journal.outputs.record(Path("sub/a.srt"), Origin("/before/a.mp3", 5, 7), DIGEST)
        assert set(journal.outputs.of_source(ORIGIN.source)) == {"sub/a.txt", "sub/a.srt"}
        assert journal.outputs.of_source("/calls/b.mp3") == {}
    with opened(tmp_path) as journal:
        assert set(journal.outputs.of_source(ORIGIN.source)) == {"sub/a.txt", "sub/a.srt"}
