"""One run at a time: whatever lies beside the lock, and however its holder ended."""

from __future__ import annotations

import errno
import os
import platform
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.lock import HOLDER, LOCK, LOCK_BY_EXISTENCE, Holder, RunLock, read_holder

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

NOON = datetime(2026, 5, 4, tzinfo=UTC).astimezone().replace(day=4, hour=12)  # wherever this is
GARBAGE = [b"", b"null", b"\0\xff" * 50, b'{"pid": 12', b'{"pid": -1, "host": "h"}', b"9" * 9999]
IN_ANOTHER_PROCESS = """
import pathlib, sys
from batch_transcriber.errors import FatalError
from batch_transcriber.journal import RunLock
out = pathlib.Path(sys.argv[1])
try:
    with RunLock(out / "journal", out):
        print("taken", flush=True)
        sys.stdin.read()
except FatalError as error:
    print(error, flush=True)
"""


class NoLocksHere(FileLock):
    """What a lock finds on a drive that knows none."""

    def _acquire(self) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


KINDS = pytest.mark.parametrize("kind", [FileLock, NoLocksHere], ids=["by the system", "by existence"])


def lock(out: Path, kind: type[BaseFileLock] = FileLock) -> RunLock:
    return RunLock(out / "journal", out, kind=kind)


def refusal(out: Path, kind: type[BaseFileLock] = FileLock) -> str:
    with pytest.raises(FatalError) as caught, lock(out, kind):
        pass
    assert caught.value.exit_code is ExitCode.LOCKED
    return str(caught.value)


def start(out: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    return process


@KINDS
def test_a_second_run_of_one_process_is_told_of_the_first(tmp_path: Path, kind: type[BaseFileLock]) -> None:
    with lock(tmp_path, kind):
        message = refusal(tmp_path, kind)
    who = f"process {os.getpid()} on {platform.node()} since "
    assert message.startswith(f"another run holds {tmp_path} ({who}")
    assert "; wait for it or stop it" in message
    with lock(tmp_path, kind):
        pass


def test_another_thread_is_another_run(tmp_path: Path) -> None:
    refused: list[str] = []
    with lock(tmp_path):
        thread = threading.Thread(target=lambda: refused.append(refusal(tmp_path)))
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_the_context_may_be_left_by_another_thread(tmp_path: Path) -> None:
    held = lock(tmp_path).__enter__()
    thread = threading.Thread(target=held.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    with lock(tmp_path):
        pass


def test_two_folders_do_not_disturb_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with lock(tmp_path / "a"), lock(tmp_path / "b"):
        pass


def test_a_run_of_another_process_keeps_this_one_out_until_it_ends(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert f"(process {process.pid} on {platform.node()} since " in refusal(tmp_path)
    process.communicate("")
    with lock(tmp_path):
        pass


def test_a_killed_run_keeps_nobody_out(tmp_path: Path) -> None:
    process = start(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = read_holder(tmp_path / "journal" / HOLDER)
    assert left is not None
    assert (left.pid, left.is_gone()) == (process.pid, True)
    with lock(tmp_path):
        pass


@pytest.mark.parametrize("left", GARBAGE)
def test_whatever_the_file_of_the_holder_has_become_the_lock_decides(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / HOLDER).write_bytes(left)
    with lock(tmp_path):
        (tmp_path / "journal" / HOLDER).write_bytes(left)
        assert refusal(tmp_path) == f"another run holds {tmp_path}; wait for it or stop it"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_a_process_that_took_over_the_number_of_a_holder_is_not_the_holder() -> None:
    now = datetime.now(UTC)
    assert not Holder(pid=os.getpid(), host=platform.node(), since=now).is_gone()
    assert Holder(pid=os.getpid(), host=platform.node(), since=now - timedelta(days=400)).is_gone()


def test_a_holder_that_is_gone_is_not_named(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    gone = Holder(pid=process.pid, host=platform.node(), since=NOON)
    with lock(tmp_path):
        (tmp_path / "journal" / HOLDER).write_text(gone.model_dump_json())
        assert refusal(tmp_path) == f"another run holds {tmp_path}; wait for it or stop it"


def test_the_file_of_the_lock_stays_so_that_all_runs_lock_the_same_one(tmp_path: Path) -> None:
    with lock(tmp_path):
        before = (tmp_path / "journal" / LOCK).stat().st_ino
    assert [path.name for path in (tmp_path / "journal").iterdir()] == [LOCK]
    with lock(tmp_path):
        assert (tmp_path / "journal" / LOCK).stat().st_ino == before


def test_a_drive_without_locks_gets_a_marker_that_goes_away_and_is_named_with_how_to_remove_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "journal"
    with lock(tmp_path, NoLocksHere):
        assert f"remove {folder / LOCK_BY_EXISTENCE} and {folder / HOLDER}" in refusal(tmp_path, NoLocksHere)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_fork_neither_keeps_the_lock_nor_gives_it_away(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    held = lock(tmp_path).__enter__()
    child = os.fork()
    if child == 0:  # lives until the pipe is closed, whatever happens here
        held.__exit__(None, None, None)
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    try:
        assert "another run holds" in refusal(tmp_path)
        assert (tmp_path / "journal" / HOLDER).exists()
        held.__exit__(None, None, None)
        with lock(tmp_path):
            pass
    finally:
        os.close(writer)
        os.waitpid(child, 0)
        os.close(reader)


def test_a_folder_that_cannot_be_made_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("mine")
    with pytest.raises(FatalError, match="journal: the run cannot take its lock") as caught, lock(tmp_path):
        pass
    assert caught.value.exit_code is ExitCode.LOCAL


@pytest.mark.parametrize(
    ("since", "words"),
    [(NOON, "12:00"), (NOON - timedelta(days=1), "2026-05-03 12:00")],
)
def test_the_day_is_told_where_it_is_another(since: datetime, words: str) -> None:
    holder = Holder(pid=1234, host="there", since=since)
    assert holder.words(NOON) == f"process 1234 on there since {words}"


@given(pid=st.integers(1, 2**31 - 1), host=st.text(max_size=64), since=st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_of_a_holder_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, pid: int, host: str, since: datetime
) -> None:
    path = tmp_path_factory.getbasetemp() / "holder"
    if 2000 <= since.year < 9000:
        holder = Holder(pid=pid, host=host, since=since)
        path.write_text(holder.model_dump_json(), encoding="utf-8")
        assert read_holder(path) == holder
        assert holder.words(NOON)
