"""What a watched folder gives, and when."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batch_transcriber.events import Notice, Skipped, SkipReason
from batch_transcriber.model import Parameters, Request
from batch_transcriber.plan.filters import Filters
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR_S = 3600
LONG_AGO = (1_600_000_000, 1_600_000_000)


@contextmanager
def watching(*folders: Path, settle_s: float = HOUR_S, filters: Filters | None = None) -> Iterator[Watch]:
    requests = [Request(str(folder), ("txt",), Parameters.of({})) for folder in folders]
    with Watch(requests, folders[0] / "out", filters or Filters(), settle_s=settle_s) as watch:
        yield watch


def record(path: Path, text: str = "words", *, is_old: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if is_old:
        os.utime(path, LONG_AGO)
    return path


def places(watch: Watch, *paths: Path) -> list[str]:
    """Return the places of what one round takes; of these paths alone, where there are any."""
    found = watch.look([str(path) for path in paths] or None)
    return [finding.place for _, finding in found if isinstance(finding, Found)]


def words(watch: Watch) -> list[str]:
    return [finding.message for _, finding in watch.look() if isinstance(finding, Notice)]


def test_what_lies_there_is_taken_at_once_and_once(tmp_path: Path) -> None:
    record(tmp_path / "a.mp3")
    record(tmp_path / "deep" / "er" / "b.wav")
    record(tmp_path / "notes.txt")
    record(tmp_path / ".hidden" / "c.mp3")
    with watching(tmp_path) as watch:
        assert sorted(places(watch)) == ["a.mp3", "deep/er/b.wav"]
        assert places(watch) == []


def test_a_file_that_was_just_written_is_waited_for_and_one_that_was_moved_in_is_not(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        young = record(tmp_path / "young.mp3", is_old=False)
        moved = record(tmp_path / "moved.mp3")
        assert places(watch, young, moved) == ["moved.mp3"]
        assert watch.unsettled() == [str(young)]
        assert 0 < (watch.settles_in_s() or 0) <= HOUR_S


def test_a_file_is_taken_once_it_stood_still_by_our_own_clock(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp3", is_old=False)
    os.utime(path, (time.time() + 10 * HOUR_S,) * 2)  # the clock of a network drive
    with watching(tmp_path, settle_s=0.05) as watch:
        assert places(watch) == []
        time_left_s = watch.settles_in_s()
        assert time_left_s is not None
        while watch.settles_in_s():
            pass
        assert places(watch) == ["a.mp3"]
        assert watch.settles_in_s() is None


def test_a_file_that_still_grows_begins_anew_however_old_it_says_it_is(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp3", is_old=False)
    with watching(tmp_path) as watch:
        assert places(watch) == []
        record(path, "more words")
        assert places(watch) == []
        assert watch.unsettled() == [str(path)]


def test_an_empty_file_is_waited_for(tmp_path: Path) -> None:
    record(tmp_path / "a.mp3", "")
    with watching(tmp_path) as watch:
        assert places(watch) == []
        record(tmp_path / "b.mp3", "")
        shutil.move(record(tmp_path / "whole.part", "words"), tmp_path / "b.mp3")
        assert places(watch, tmp_path / "b.mp3") == ["b.mp3"]


def test_a_file_that_changes_is_taken_again_but_not_while_it_is_under_way(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp3")
    with watching(tmp_path, settle_s=0.01) as watch:
        assert places(watch) == ["a.mp3"]
        watch.begun(str(path))
        record(path, "other words")
        assert [places(watch) for _ in range(3)] == [[], [], []]
        watch.ended(str(path))
        while not (taken := places(watch)):  # the test's own timeout bounds it
            pass
        assert taken == ["a.mp3"]
        assert places(watch) == []


def test_a_folder_that_is_moved_in_is_walked_and_hidden_and_left_out_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / ".batchignore").write_text("ignored/\nnot-this.mp3\n")
    with watching(tmp_path, filters=Filters(exclude=("drafts/", "*-test.mp3"))) as watch:
        for name in (
            "new/a.mp3",
            "drafts/b.mp3",
            "ignored/c.mp3",
            ".new/d.mp3",
            "out/e.mp3",
            "new/f-test.mp3",
        ):
            record(tmp_path / name)
        names = ("new", "drafts", "ignored", ".new", "out", "drafts/b.mp3", "out/e.mp3", "ignored/c.mp3")
        found = list(watch.look([str(tmp_path / name) for name in names]))
        assert [finding.place for _, finding in found if isinstance(finding, Found)] == ["new/a.mp3"]
        skipped = [finding.reason for _, finding in found if isinstance(finding, Skipped)]
        assert skipped == [SkipReason.EXCLUDED]
        record(tmp_path / "not-this.mp3")
        assert places(watch, tmp_path / "not-this.mp3") == []
        assert places(watch) == []


def test_a_folder_that_goes_away_is_said_once_and_its_files_are_known_when_it_is_back(tmp_path: Path) -> None:
    drive, other = tmp_path / "drive", tmp_path / "other"
    record(drive / "a.mp3")
    record(other / "b.mp3")
    with watching(drive, other) as watch:
        assert places(watch) == ["a.mp3", "b.mp3"]
        drive.rename(tmp_path / "away")
        assert words(watch) == [f"{drive}: not there (any more); waiting for it"]
        assert words(watch) == []
        (tmp_path / "away").rename(drive)
        record(drive / "c.mp3")
        (_, back), (_, found) = list(watch.look())
        assert back == Notice(f"{drive}: there again")
        assert isinstance(found, Found)
        assert found.place == "c.mp3"


def test_one_that_was_away_when_its_turn_came_is_taken_when_it_is_back_as_it_was(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    sent, late = record(drive / "a.mp3"), record(drive / "b.mp3")
    with watching(drive) as watch:
        assert places(watch) == ["a.mp3", "b.mp3"]
        drive.rename(tmp_path / "away")
        assert len(words(watch)) == 1
        watch.ended(str(sent))
        watch.vanished(str(late))
        assert places(watch) == []
        (tmp_path / "away").rename(drive)
        assert places(watch) == ["b.mp3"]
        assert places(watch) == []


def test_a_file_that_vanishes_before_it_was_still_is_forgotten(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp3", is_old=False)
    with watching(tmp_path) as watch:
        assert places(watch) == []
        path.unlink()
        assert places(watch) == []
        assert watch.unsettled() == []
