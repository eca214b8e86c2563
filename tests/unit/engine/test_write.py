"""Outputs are whole or absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from batch_transcriber.engine.write import Draft, prepare_folder, temporary_of
from batch_transcriber.errors import ExitCode, FatalError, PermanentError

needs_a_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def write_text(path: Path, text: str) -> None:
    with Draft(path, text) as draft:
        draft.publish()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("text", ["", "One.\n\nTwo.\n", "é 😀\n", "a\r\nb\rc\n", "x" * 3_000_000])
def test_a_text_is_written_byte_for_byte_as_utf8(tmp_path: Path, text: str) -> None:
    write_text(tmp_path / "a.txt", text)
    assert (tmp_path / "a.txt").read_bytes() == text.encode()
    assert names_in(tmp_path) == ["a.txt"]


def test_what_utf8_cannot_hold_does_not_lose_the_text(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "one \ud800 two")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "one ? two"


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a/b/c.txt", "words")
    assert (tmp_path / "a/b/c.txt").read_text() == "words"


def test_an_existing_file_is_replaced_and_never_changed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a longer text than the new one")
    with path.open() as reader:
        write_text(path, "new")
        assert reader.read() == "a longer text than the new one"
    assert path.read_text() == "new"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "a.txt").symlink_to("precious")
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "a.txt").is_symlink()


@pytest.mark.parametrize(
    "name", ["x" * 251 + ".txt", "é" * 125 + "a.txt", "a\nb 😀.txt", os.fsdecode(b"\xe9.txt")]
)
def test_any_name_that_the_disk_takes_can_be_written(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "words")
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208 - the bare name


def test_a_folder_in_the_way_fails_this_file_alone_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a.txt/inner").mkdir(parents=True)
    with pytest.raises(PermanentError, match="its text cannot be written"):
        write_text(tmp_path / "a.txt", "words")
    assert names_in(tmp_path) == ["a.txt", "inner"]


@pytest.mark.parametrize("name", ["x" * 256, "x" * 256 + "/a.txt", "file/a.txt"])
def test_a_path_that_cannot_be_fails_this_file_alone_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PermanentError, match="cannot be written"):
        write_text(tmp_path / name, "words")
    assert names_in(tmp_path) == ["file"]


def test_what_a_kill_left_half_written_is_gone_once_the_text_is_written(tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from batch_transcriber.engine.write import Draft
with Draft(Path(sys.argv[1]), "half a text"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "a.txt"
    for other in ("b.txt", ".0123456789abcdef.part"):
        (tmp_path / other).write_text("another's")
    for _ in range(2):
        killed = subprocess.run([sys.executable, "-c", program, path], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert not path.exists()
    assert len(names_in(tmp_path)) == 3
    write_text(path, "words")
    assert path.read_text() == "words"
    assert names_in(tmp_path) == [".0123456789abcdef.part", "a.txt", "b.txt"]


@pytest.mark.parametrize("left", ["link", "hard link"])
def test_what_lies_where_a_text_is_kept_until_it_is_whole_is_not_written_through(
    tmp_path: Path, left: str
) -> None:
    (tmp_path / "precious").write_text("mine")
    temporary = temporary_of(tmp_path / "a.txt")
    if left == "link":
        temporary.symlink_to("precious")
    else:
        temporary.hardlink_to(tmp_path / "precious")
    write_text(tmp_path / "a.txt", "words")
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "a.txt").is_symlink()


@needs_a_user
def test_a_read_only_folder_stops_the_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FatalError) as caught:
        write_text(tmp_path / "a.txt", "words")
    assert caught.value.exit_code is ExitCode.LOCAL
    assert names_in(tmp_path) == []


@needs_a_user
def test_a_read_only_folder_is_found_before_the_run_begins(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FatalError) as caught:
        prepare_folder(tmp_path)
    assert caught.value.exit_code is ExitCode.LOCAL


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc here")
def test_a_place_that_takes_no_files_at_all_stops_the_run() -> None:
    with pytest.raises(FatalError, match="/proc") as caught:
        prepare_folder(Path("/proc/texts"))
    assert caught.value.exit_code is ExitCode.LOCAL


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_is_respected(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_text(tmp_path / "a.txt", "words")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == mode


def test_a_prepared_folder_is_there_and_empty(tmp_path: Path) -> None:
    for _ in range(2):
        prepare_folder(tmp_path / "a/b")
    assert names_in(tmp_path / "a") == ["b"]


@pytest.mark.parametrize("name", ["file", "file/below", "link"])
def test_an_output_folder_that_is_none_stops_the_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(FatalError, match="is not a folder; name another with -o") as caught:
        prepare_folder(tmp_path / name)
    assert caught.value.exit_code is ExitCode.LOCAL
