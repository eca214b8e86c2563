"""Outputs of several jobs that are written together."""

from __future__ import annotations

import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.engine.outputs import Output, write_outputs
from batch_transcriber.errors import FatalError, PermanentError
from batch_transcriber.journal import Database, Journal
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batch_transcriber.engine.outputs import Make

TEXT_CHARS = 1_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(Database(tmp_path / "journal.db"), tmp_path, service="") as journal:
        yield journal


def texts_of(journal: Journal, folder: Path, *names: str, text: str = "words") -> Make:
    """Return what makes these outputs of one recording."""
    entry = journal.begin(None, b"options")
    origin = Origin(f"/recordings/{names[0]}.mp3", 1, 1)

    def make() -> Iterator[Output]:
        for name in names:
            yield Output(folder / name, text, origin, entry)

    return make


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("journal"))


def test_the_trouble_of_one_job_leaves_the_others_and_its_own_other_file_alone(
    journal: Journal, tmp_path: Path
) -> None:
    (tmp_path / "b.txt").mkdir()
    makes = [texts_of(journal, tmp_path, f"{name}.txt", f"{name}.srt") for name in "abc"]
    first, second, third = write_outputs(journal, makes)
    assert first is third is None
    assert isinstance(second, PermanentError)
    assert names_in(tmp_path) == ["a.srt", "a.txt", "b.srt", "b.txt", "c.srt", "c.txt"]
    assert (tmp_path / "b.txt").is_dir()


@pytest.mark.parametrize("older", [[], ["a.txt", "b.txt"]])
def test_without_a_journal_no_file_is_written_and_each_job_hears_of_it(
    journal: Journal, tmp_path: Path, older: list[str]
) -> None:
    makes = [texts_of(journal, tmp_path, name) for name in ("a.txt", "b.txt")]
    for name in older:
        (tmp_path / name).write_text("older")
    journal.database.close()
    assert [type(trouble) for trouble in write_outputs(journal, makes)] == [FatalError, FatalError]
    assert names_in(tmp_path) == older
    assert all((tmp_path / name).read_text() == "older" for name in older)


def test_written_again_a_file_is_known_by_its_new_text(journal: Journal, tmp_path: Path) -> None:
    for text in ("older", "newer"):
        assert write_outputs(journal, [texts_of(journal, tmp_path, "a.txt", text=text)]) == [None]
        assert not journal.outputs.is_edited("a.txt")
        (record,) = journal.outputs.of_stem("a").values()
        assert record.origin.size_bytes == 1
    (tmp_path / "a.txt").write_text("edited")
    assert journal.outputs.is_edited("a.txt")


def test_texts_that_wait_to_be_published_are_not_kept_in_memory(journal: Journal, tmp_path: Path) -> None:
    entry, origin = journal.begin(None, b"options"), Origin("/recordings/a.mp3", 1, 1)

    def make(number: int) -> Iterator[Output]:
        yield Output(tmp_path / f"{number}.txt", "x" * TEXT_CHARS, origin, entry)

    makes = [partial(make, number) for number in range(16)]
    tracemalloc.start()
    try:
        assert write_outputs(journal, makes) == [None] * 16
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 6 * TEXT_CHARS
