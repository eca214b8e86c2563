"""What a run remembers of its inputs: exactly, on disk, in the same memory for few and for many."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.errors import ExitCode
from batch_transcriber.plan.seen import Seen

MANY = 150_000
GROWTH_MOST_MIB = 8
REMEMBER = f"""
import resource
from batch_transcriber.errors import FatalError
from batch_transcriber.plan.seen import Seen
with Seen() as seen:
    seen.add_source("/calls/first.mp3", b"")
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        for number in range({MANY}):
            assert seen.add_source(f"/calls/{{number}}.mp3", b"")
    except FatalError as error:
        print(error, error.exit_code, sep="\\n")
    else:
        assert not seen.add_source("/calls/first.mp3", b"")
        assert not seen.add_source("/calls/7.mp3", b"")
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024)
"""


def remember(folder: Path, before: str = "") -> str:
    """Have many sources remembered, with the temporary files in a folder; it is empty afterwards."""
    ended = subprocess.run(
        [sys.executable, "-c", before + REMEMBER],
        env={**os.environ, "TMPDIR": str(folder)},
        check=True,
        text=True,
        capture_output=True,
    )
    assert list(folder.iterdir()) == []
    return ended.stdout


@given(st.lists(st.sampled_from(["a", "A", "b", "é", "e\u0301", "\udcff"])))
def test_a_name_is_new_once(names: list[str]) -> None:
    with Seen() as seen:
        assert [seen.add_source(name, b"") for name in names] == [
            name not in names[:number] for number, name in enumerate(names)
        ]
        for name in names:
            seen.add_stem(name)
        for other in ("A", "E\u0301"):  # other spellings of what is in the list, or is not
            is_new = not {"A": {"a", "A"}, "E\u0301": {"é", "e\u0301"}}[other] & set(names)
            assert seen.add_stem(other) is is_new


def test_each_name_is_counted_by_itself() -> None:
    with Seen() as seen:
        assert [seen.next_number(name) for name in "aabab"] == [2, 3, 2, 4, 3]


def test_one_thread_may_go_on_where_another_stopped() -> None:
    with Seen() as seen, ThreadPoolExecutor(1) as another:
        assert seen.add_source("a", b"")
        assert not another.submit(seen.add_source, "a", b"").result()


def test_memory_does_not_grow_with_what_is_remembered(tmp_path: Path) -> None:
    assert float(remember(tmp_path)) < GROWTH_MOST_MIB


def test_a_full_disk_is_one_line_that_says_where_to_make_room(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
    message, exit_code = remember(tmp_path, limit).splitlines()
    assert message.startswith(f"{tmp_path}: the names of so many recordings cannot be kept there (")
    assert message.endswith("make room, or name another folder with TMPDIR, and run the same command again")
    assert int(exit_code) == ExitCode.LOCAL
