"""Lists of sources: whatever a name can be, and read again and again."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.errors import FatalError
from batch_transcriber.plan.files_from import FilesFrom

if TYPE_CHECKING:
    from pathlib import Path


def names_of(path: Path | str, *, is_nul_separated: bool = False) -> list[str]:
    with FilesFrom(str(path), is_nul_separated=is_nul_separated) as names:
        first = list(names)
        assert list(names) == first
        return first


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"", []),
        (b"\n\n", []),
        (b"a.mp3", ["a.mp3"]),
        (b"a.mp3\r\n b.mp3 \n#c.mp3\n", ["a.mp3", " b.mp3 ", "#c.mp3"]),
        (b"caf\xe9.mp3\n", [os.fsdecode(b"caf\xe9.mp3")]),
        (b"https://h/z.mp3\n", ["https://h/z.mp3"]),
        (b"\xef\xbb\xbfa.mp3\r\n\xef\xbb\xbfb.mp3\r\n", ["a.mp3", "\ufeffb.mp3"]),
        (b"\xef\xbb\xbf" + b"a.mp3\n" * 50_000, ["a.mp3"] * 50_000),
    ],
    ids=range(8),
)
def test_each_line_is_a_name(tmp_path: Path, text: bytes, names: list[str]) -> None:
    (tmp_path / "list").write_bytes(text)
    assert names_of(tmp_path / "list") == names


@given(st.lists(st.binary(min_size=1, max_size=5000).filter(lambda name: b"\0" not in name)))
def test_names_that_end_with_a_nul_may_hold_anything_else(
    tmp_path_factory: pytest.TempPathFactory, names: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("list") / "list"
    path.write_bytes(b"".join(name + b"\0" for name in names))
    assert names_of(path, is_nul_separated=True) == [os.fsdecode(name) for name in names]


def test_a_pipe_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write('a\\nb\\n')"])
    try:
        assert names_of(pipe) == ["a", "b"]
    finally:
        writer.wait(10)


def test_stdin_can_be_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    assert names_of("-") == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "No such file"),
        (".", "Is a directory"),
        ("endless", "it holds no names"),
        ("nul", "it holds NULs; add -0"),
        ("utf-16", "it holds NULs; .* save it as UTF-8"),
    ],
)
def test_a_list_that_is_none_is_one_line(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "endless").write_bytes(b"x" * 1_000_000)
    (tmp_path / "nul").write_bytes(b"a.mp3\0b.mp3\0")
    (tmp_path / "utf-16").write_text("a.mp3\nb.mp3\n", encoding="utf-16")
    with pytest.raises(FatalError, match=f"{name}: this list cannot be read .*{reason}"):
        names_of(tmp_path / name)
