"""Sources as people type them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batch_transcriber.events import Failed, Notice
from batch_transcriber.model import Stage
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.search import MEDIA_SUFFIXES
from batch_transcriber.plan.sources import read_source


def plant(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"words")


def places(source: object, out: Path | None = None) -> list[str]:
    """Return where the texts of all recordings belong, in the order found."""
    findings = list(read_source(str(source), out.stat() if out else None))
    assert all(isinstance(finding, Found) for finding in findings), findings
    return [str(finding.place) for finding in findings if isinstance(finding, Found)]


def failure(source: object) -> str:
    (finding,) = read_source(str(source))
    assert isinstance(finding, Failed)
    assert (finding.source, finding.stage) == (str(source), Stage.PLAN)
    return finding.error


def test_a_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    plant(tmp_path, "notes.xyz", ".hidden", "noname")
    for name in ("notes.xyz", ".hidden", "noname"):
        assert places(tmp_path / name) == [name]


def test_a_found_file_knows_its_size_and_time(tmp_path: Path) -> None:
    plant(tmp_path, "a.mp3")
    os.utime(tmp_path / "a.mp3", ns=(1, 2_000_000_003))
    assert list(read_source(str(tmp_path / "a.mp3"))) == [
        Found(str(tmp_path / "a.mp3"), "a.mp3", 5, 2_000_000_003)
    ]


def test_a_folder_is_searched_to_its_depths_in_sorted_order(tmp_path: Path) -> None:
    plant(tmp_path, "b.mp3", "a/z.wav", "a/deep/er/y.ogg", "c.mp3", "B.mp3")
    assert places(tmp_path) == ["B.mp3", "a/deep/er/y.ogg", "a/z.wav", "b.mp3", "c.mp3"]


def test_a_folder_gives_media_files_alone_in_any_case(tmp_path: Path) -> None:
    plant(tmp_path, "a.MP3", "b.Wav", "c.txt", "d", "mp3", "e.mp3.part", "f.m4a")
    assert places(tmp_path) == ["a.MP3", "b.Wav", "f.m4a"]
    assert all(suffix.startswith(".") and suffix.islower() for suffix in MEDIA_SUFFIXES)


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    plant(tmp_path, ".a.mp3", "._b.mp3", ".trash/c.mp3", "d.mp3")
    assert places(tmp_path) == ["d.mp3"]


def test_a_folder_that_is_named_like_a_recording_is_a_folder(tmp_path: Path) -> None:
    plant(tmp_path, "x.wav/inner.mp3")
    assert places(tmp_path) == ["x.wav/inner.mp3"]
    assert places(tmp_path / "x.wav") == ["inner.mp3"]


def test_a_folder_without_recordings_is_said_and_no_failure(tmp_path: Path) -> None:
    plant(tmp_path, "notes.txt")
    (finding,) = read_source(str(tmp_path))
    assert isinstance(finding, Notice)
    assert finding.message.startswith(f"{tmp_path}: no recordings in this folder")


def test_linked_files_are_taken_and_linked_folders_are_not(tmp_path: Path) -> None:
    plant(tmp_path, "elsewhere/a.mp3", "calls/b.mp3")
    (tmp_path / "calls/link.mp3").symlink_to(tmp_path / "elsewhere/a.mp3")
    (tmp_path / "calls/folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "calls/folder.mp3").symlink_to(tmp_path / "elsewhere")
    assert places(tmp_path / "calls") == ["b.mp3", "link.mp3"]
    assert places(tmp_path / "calls" / "**") == ["b.mp3", "link.mp3"]


def test_a_linked_folder_that_is_named_is_searched(tmp_path: Path) -> None:
    plant(tmp_path, "elsewhere/a.mp3")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert places(tmp_path / "link") == ["a.mp3"]
    assert places(tmp_path / "l*") == ["link/a.mp3"]


def test_a_link_to_its_own_parent_is_not_walked_round(tmp_path: Path) -> None:
    plant(tmp_path, "a.mp3")
    (tmp_path / "again").symlink_to(tmp_path)
    assert places(tmp_path) == places(tmp_path / "**") == places(tmp_path / "**" / "*.mp3") == ["a.mp3"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere", "a link that leads nowhere; mend or remove it"),
        ("bad.mp3", "a link that leads in circles; mend or remove it"),
    ],
)
def test_a_bad_link_is_a_failure_and_the_others_go_on(tmp_path: Path, target: str, reason: str) -> None:
    plant(tmp_path, "a.mp3", "z.mp3")
    (tmp_path / "bad.mp3").symlink_to(target)
    first, bad, last = read_source(str(tmp_path))
    assert isinstance(first, Found)
    assert isinstance(last, Found)
    assert bad == Failed(str(tmp_path / "bad.mp3"), Stage.PLAN, reason)
    assert failure(tmp_path / "bad.mp3") == reason
    assert list(read_source(str(tmp_path / "b*"))) == [bad]
    assert "no file matches" in failure(tmp_path / "b*" / "x.mp3")


def test_what_is_no_regular_file_is_a_failure(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    assert failure(tmp_path / "pipe.mp3") == "not a regular file; save it to one first"
    assert failure("/dev/null") == "not a regular file; save it to one first"
    assert isinstance(next(read_source(str(tmp_path))), Failed)


@pytest.mark.parametrize("name", ["gone.mp3", "gone/", "", "nul\0.mp3", "a.mp3/b", "x" * 300])
def test_a_source_that_does_not_exist_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plant(tmp_path, "a.mp3")
    monkeypatch.chdir(tmp_path)
    assert failure(name) == "no such file or folder; check the name"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_a_failure_and_the_others_go_on(tmp_path: Path) -> None:
    plant(tmp_path, "a/a.mp3", "b/b.mp3", "c/c.mp3")
    (tmp_path / "b").chmod(0)
    kinds = [type(finding) for finding in read_source(str(tmp_path))]
    (tmp_path / "b").chmod(0o700)
    assert kinds == [Found, Failed, Found]


def test_the_output_folder_is_left_out_of_a_searched_folder(tmp_path: Path) -> None:
    plant(tmp_path, "a.mp3", "sub/texts/old.mp3", "texts/b.mp3")
    assert places(tmp_path, tmp_path / "sub/texts") == ["a.mp3", "texts/b.mp3"]
    assert places(tmp_path / "**", tmp_path / "sub/texts") == ["a.mp3", "texts/b.mp3"]
    assert places(tmp_path / "**" / "*.mp3", tmp_path / "sub/texts") == ["a.mp3", "texts/b.mp3"]


def test_the_first_recording_is_out_before_later_folders_are_read(tmp_path: Path) -> None:
    plant(tmp_path, "a/1.mp3", "b/2.mp3")
    findings = read_source(str(tmp_path), tmp_path.stat())
    assert isinstance(next(findings), Found)
    plant(tmp_path, "b/3.mp3")
    assert [str(rest.place) for rest in findings if isinstance(rest, Found)] == ["b/2.mp3", "b/3.mp3"]


def test_a_folder_that_vanishes_meanwhile_is_a_failure(tmp_path: Path) -> None:
    plant(tmp_path, "a.mp3", "b/2.mp3", "c.mp3")
    findings = read_source(str(tmp_path), tmp_path.stat())
    next(findings)
    (tmp_path / "b/2.mp3").unlink()
    (tmp_path / "b").rmdir()
    assert [type(finding) for finding in findings] == [Failed, Found]
